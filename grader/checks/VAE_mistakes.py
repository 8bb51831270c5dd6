"""The mistakes that students make in the VAE, by the name under which the cohort's report counts them."""

from hwlib.checking.mistakes import Mistake
from hwlib.checking.words import say

SUMMED_OVER_BATCH = Mistake(
    "summed_over_batch",
    say("the sum over the batch was not divided by the batch size", "对批求和后没有除以批大小"),
    say(
        "Both losses are averages over the batch: divide the sum by the number of images B.",
        "两个损失都要对批取平均：把总和除以图像数 B。",
    ),
)
PIXEL_MEAN = Mistake(
    "pixel_mean",
    say("averaged over the pixels instead of summed over them", "对像素取了平均，而不是求和"),
    say(
        "Sum over the 1024 pixels of an image, average over the batch only: reduction='sum', "
        "then divide by B.",
        "对一幅图像的 1024 个像素求和，只对批取平均：使用 reduction='sum'，再除以 B。",
    ),
)
DIMENSION_MEAN = Mistake(
    "dimension_mean",
    say(
        "averaged over the latent dimensions instead of summed over them", "对隐变量维度取了平均，而不是求和"
    ),
    say("Sum over the latent dimensions, average over the batch only.", "对隐变量的各维求和，只对批取平均。"),
)
FIXED_PIXELS = Mistake(
    "fixed_pixel_count",
    say("computed for images of 28 x 28 pixels", "按 28 x 28 像素的图像计算"),
    say(
        "The images here have 32 x 32 pixels: sum over all of them, reduction='sum', then divide by B.",
        "这里的图像有 32 x 32 个像素：对所有像素求和，用 reduction='sum'，再除以 B。",
    ),
)
FIXED_BATCH_SIZE = Mistake(
    "fixed_batch_size",
    say(
        "divided by a fixed batch size in place of the number of images in the batch",
        "除以了固定的批大小，而不是这一批的图像数",
    ),
    say(
        "Batches have other sizes, too (the last one of the validation images): divide by target.shape[0].",
        "批的大小会变（例如验证图像的最后一批）：应除以 target.shape[0]。",
    ),
)
WITH_LOGITS = Mistake(
    "probabilities_as_logits",
    say("the sigmoid is applied twice: x' is already a probability", "重复使用了 sigmoid：x' 已经是概率"),
    say(
        "The decoder ends with a sigmoid: F.binary_cross_entropy, not the function `_with_logits`.",
        "解码器的最后已有 sigmoid：应使用 F.binary_cross_entropy，而不是带 `_with_logits` 的函数。",
    ),
)
SQUARED_ERROR = Mistake(
    "squared_error",
    say("squared error in place of binary cross-entropy", "用平方误差代替了二元交叉熵"),
    say(
        "The reconstruction loss of the handout is the binary cross-entropy between x and x'.",
        "作业中的重构损失是 x 与 x' 之间的二元交叉熵。",
    ),
)
SWAPPED_ARGUMENTS = Mistake(
    "swapped_arguments",
    say("target and reconstruction are swapped", "目标图像与重构图像的位置写反了"),
    say(
        "The logarithm is taken of the reconstruction x', not of the image x: "
        "F.binary_cross_entropy(recon, target).",
        "取对数的是重构图像 x'，而不是原图像 x：F.binary_cross_entropy(recon, target)。",
    ),
)
HALF_OF_BCE = Mistake(
    "half_of_bce",
    say("only the term x log x' is there", "只写了 x log x' 一项"),
    say(
        "The term (1 - x) log(1 - x') belongs to it: dark pixels count, too.",
        "还应有 (1 - x) log(1 - x') 一项：暗像素同样要计入。",
    ),
)
WRONG_SIGN = Mistake(
    "wrong_sign",
    say("the sign is wrong", "符号反了"),
    say(
        "It is a loss: the negative of the log-likelihood, and a KL divergence is >= 0.",
        "这是损失：重构损失是负的对数似然，KL 散度不小于 0。",
    ),
)
SUM_OF_BOTH = Mistake(
    "sum_of_both",
    say("the sum of both losses is returned", "返回的是两个损失之和"),
    say(
        "loss_fn returns the two terms apart; train_step adds them.",
        "loss_fn 分别返回两项，由 train_step 相加。",
    ),
)
SWAPPED_RESULTS = Mistake(
    "swapped_results",
    say("the two losses are returned in the other order", "两个损失的返回顺序反了"),
    say("loss_fn returns (recon_loss, kl_loss).", "loss_fn 返回 (recon_loss, kl_loss)。"),
)
LOG_OF_ZERO = Mistake(
    "log_of_zero",
    say("log(0): not finite where x' is exactly 0 or 1", "出现了 log(0)：x' 恰为 0 或 1 时结果不是有限值"),
    say(
        "F.binary_cross_entropy limits the logarithm; torch.log does not.",
        "F.binary_cross_entropy 会截断对数，torch.log 不会。",
    ),
)
KL_LOG_VARIANCE = Mistake(
    "log_variance",
    say("log sigma is read as log variance", "把 log sigma 当成了对数方差"),
    say(
        "The second half of the encoder's output is log sigma: sigma^2 = exp(2 log_std), log "
        "sigma^2 = 2 log_std.",
        "编码器输出的后一半是 log sigma：sigma^2 = exp(2 log_std)，log sigma^2 = 2 log_std。",
    ),
)
KL_FORMULA = say(
    "KL = 1/2 sum(mu^2 + sigma^2 - 2 log sigma - 1).",
    "KL = 1/2 sum(mu^2 + sigma^2 - 2 log sigma - 1)，对各维求和。",
)
SIGN_OF_TERM = Mistake("sign_of_a_term", say("one term has the wrong sign", "有一项的符号错了"), KL_FORMULA)
OTHER_DIRECTION = Mistake(
    "other_direction",
    say(
        "the divergence of N(0, I) from q, not of q from N(0, I)",
        "两个分布的次序反了：算成了 KL(N(0, I) || q)",
    ),
    say(
        "It is KL(N(mu, sigma^2) || N(0, I)): q comes first.", "应为 KL(N(mu, sigma^2) || N(0, I))：q 在前。"
    ),
)
MISSING_HALF = Mistake("missing_half", say("the factor 1/2 is missing", "漏了系数 1/2"), KL_FORMULA)
MISSING_MINUS_ONE = Mistake("missing_minus_one", say("the -1 is missing", "漏了 -1"), KL_FORMULA)
MISSING_MU = Mistake("missing_mu", say("mu^2 is missing", "漏了 mu^2"), KL_FORMULA)
MU_NOT_SQUARED = Mistake("mu_not_squared", say("mu is not squared", "mu 没有平方"), KL_FORMULA)
SIGMA_NOT_SQUARED = Mistake("sigma_not_squared", say("sigma is not squared", "sigma 没有平方"), KL_FORMULA)
NOT_TWICE_LOG = Mistake(
    "log_sigma_once",
    say("log sigma is subtracted once instead of twice", "只减去了一倍的 log sigma，应减去两倍"),
    say(
        "KL = 1/2 sum(mu^2 + sigma^2 - 2 log sigma - 1): log of sigma^2 is 2 log sigma.",
        "KL = 1/2 sum(mu^2 + sigma^2 - 2 log sigma - 1)：sigma^2 的对数是 2 log sigma。",
    ),
)
DETACHED = Mistake(
    "detached",
    say(
        "no gradient arrives: the value was detached, or computed without autograd",
        "梯度没有传回：数值被 detach，或在没有自动求导的情况下计算",
    ),
    say(
        "Without gradients to mu and log sigma the encoder does not learn; leave out detach, .data, "
        ".item and no_grad.",
        "mu 与 log sigma 没有梯度，编码器就无法学习；不要使用 detach、.data、.item 和 no_grad。",
    ),
)
CLAMPED = Mistake(
    "spread_clamped",
    say("log sigma is limited to a range", "限制了 log sigma 的取值范围"),
    say(
        "sigma = exp(log_std) for small and large log sigma alike: no clamp in this range.",
        "无论 log sigma 大小，都有 sigma = exp(log_std)：在这个范围内不应截断。",
    ),
)
CPU_NOISE = Mistake(
    "noise_on_cpu",
    say("the noise is always made on the CPU", "噪声总是在 CPU 上生成"),
    say(
        "Make it on the device of mu: torch.randn_like(mu), or device=mu.device.",
        "在 mu 所在的设备上生成：torch.randn_like(mu)，或者 device=mu.device。",
    ),
)
WRONG_DTYPE = Mistake(
    "wrong_dtype",
    say("the number format changes", "数值类型发生了变化"),
    say(
        "z has the dtype of mu: torch.randn_like(mu), or dtype=mu.dtype.",
        "z 的 dtype 应与 mu 相同：torch.randn_like(mu)，或者 dtype=mu.dtype。",
    ),
)
HALVES_SWAPPED = Mistake(
    "halves_swapped",
    say(
        "mu and log sigma are taken from the wrong halves of the encoder's output",
        "mu 与 log sigma 取反了：各自取自编码器输出的另一半",
    ),
    say(
        "The first half of Enc-6's output is mu, the second half is log sigma.",
        "Enc-6 输出的前一半是 mu，后一半是 log sigma。",
    ),
)
DECODES_MU = Mistake(
    "decodes_mu",
    say("the reconstruction is decoded from mu, without noise", "重构图像由 mu 直接解码得到，没有噪声"),
    say(
        "In both modes of the network, the decoder gets z = reparameterize(mu, log_std).",
        "无论训练模式还是评估模式，送入解码器的都是 z = reparameterize(mu, log_std)。",
    ),
)
ARGUMENTS_OF_REPARAMETERIZE = Mistake(
    "reparameterize_arguments",
    say("reparameterize gets its arguments in the wrong order", "调用 reparameterize 时参数顺序反了"),
    say("It is called as reparameterize(mu, log_std).", "应写成 reparameterize(mu, log_std)。"),
)
RETURNS_ONLY_RECON = Mistake(
    "returns_only_reconstruction",
    say("forward returns the reconstruction alone", "forward 只返回了重构图像"),
    say(
        "For images, forward returns three things: (recon, mu, log_std).",
        "输入为图像时，forward 返回三项：(recon, mu, log_std)。",
    ),
)
RETURNS_STD = Mistake(
    "returns_std",
    say("sigma is returned in place of log sigma", "返回的是 sigma，而不是 log sigma"),
    say("forward returns (recon, mu, log_std).", "forward 返回 (recon, mu, log_std)。"),
)
BATCH_OF_ONE = Mistake(
    "batch_of_one",
    say("a batch of one image loses its batch dimension", "批中只有一幅图像时丢掉了批维度"),
    say(
        "Every result keeps its batch dimension: no squeeze() without a dimension.",
        "所有结果都要保留批维度：不要使用不带维度参数的 squeeze()。",
    ),
)
NOT_SCALED = Mistake(
    "not_scaled",
    say("the values are not divided by 255", "没有除以 255"),
    say("0 becomes 0.0 and 255 becomes 1.0.", "0 变为 0.0，255 变为 1.0。"),
)
SCALED_BY_256 = Mistake(
    "scaled_by_256",
    say("divided by 256 instead of 255", "除以了 256，应除以 255"),
    say("255 becomes exactly 1.0.", "255 应恰好变为 1.0。"),
)
SCALED_TO_TANH = Mistake(
    "scaled_to_minus_one",
    say("scaled to [-1, 1] instead of [0, 1]", "归一化到了 [-1, 1]，应为 [0, 1]"),
    say(
        "The VAE's images lie in [0, 1]; [-1, 1] is the GAN's.",
        "VAE 的图像取值在 [0, 1]；[-1, 1] 是 GAN 的范围。",
    ),
)
SCALED_BY_CONTENT = Mistake(
    "scaled_by_content",
    say("divided by what the images hold in place of 255", "除以的是图像中的最大值（或其范围），而不是 255"),
    say(
        "A dark image stays dark: the same factor for every image.",
        "较暗的图像仍应较暗：所有图像使用同一个系数。",
    ),
)
INVERTED = Mistake(
    "inverted",
    say("black and white are exchanged", "黑白颠倒了"),
    say("0 becomes 0.0 and 255 becomes 1.0.", "0 变为 0.0，255 变为 1.0。"),
)
LEFT_OVER_GRADIENTS = Mistake(
    "gradients_left_over",
    say(
        "gradients of earlier steps are still in this one: zero_grad is missing",
        "之前各步的梯度残留到这一步：缺少 zero_grad",
    ),
    say(
        "Call self.optimizer.zero_grad() once a step, before backward().",
        "每一步在 backward() 之前调用一次 self.optimizer.zero_grad()。",
    ),
)
NO_UPDATE = Mistake(
    "no_update",
    say("the weights do not change", "参数没有更新"),
    say(
        "A step is zero_grad(), loss.backward(), optimizer.step(), in this order.",
        "一步训练依次是 zero_grad()、loss.backward()、optimizer.step()。",
    ),
)
LOSS_IS_SUM = say("loss = recon_loss + kl_loss.", "应有 loss = recon_loss + kl_loss。")
ONLY_RECONSTRUCTION = Mistake(
    "only_reconstruction",
    say("only the reconstruction loss is minimized", "只最小化了重构损失"),
    LOSS_IS_SUM,
)
ONLY_KL = Mistake("only_kl", say("only the KL divergence is minimized", "只最小化了 KL 散度"), LOSS_IS_SUM)
KL_SUBTRACTED = Mistake(
    "kl_subtracted", say("the KL divergence is subtracted", "减去了 KL 散度，而不是加上"), LOSS_IS_SUM
)
LOSS_ARGUMENTS = Mistake(
    "loss_arguments",
    say("loss_fn gets its arguments in the wrong order", "调用 loss_fn 时参数的次序不对"),
    say(
        "The model returns (recon, mu, log_std); the losses are loss_fn(imgs, recon, mu, log_std).",
        "模型依次返回 (recon, mu, log_std)；损失应以 loss_fn(imgs, recon, mu, log_std) 的形式调用。",
    ),
)
ASCENT = Mistake(
    "ascent",
    say("the loss is maximized", "损失被最大化了"),
    say(
        "loss.backward() and optimizer.step() go downhill: no minus sign.",
        "loss.backward() 与 optimizer.step() 本身就使损失下降：不要加负号。",
    ),
)
DOUBLE_STEP = Mistake(
    "double_step",
    say("the optimizer steps twice", "优化器更新了两次"),
    say("One call of optimizer.step() a step.", "每一步只调用一次 optimizer.step()。"),
)
STEP_RETURN_ORDER = Mistake(
    "return_order",
    say("the values are returned in another order", "返回值的顺序不对"),
    say("train_step returns (loss, recon_loss, kl_loss).", "train_step 返回 (loss, recon_loss, kl_loss)。"),
)
LOSS_IS_PART = Mistake(
    "loss_is_part",
    say("the loss that is returned is not the sum of both terms", "返回的 loss 不是两项之和"),
    LOSS_IS_SUM,
)
WRONG_COUNT = Mistake(
    "wrong_count",
    say("not as many images as were asked for", "图像数量与要求的不同"),
    say("num_images images: one latent vector each.", "应有 num_images 幅图像，每幅对应一个隐变量。"),
)
LATENTS_AS_IMAGES = Mistake(
    "latents_as_images",
    say("the latents are passed in the place of the images", "把隐变量传到了图像的位置"),
    say(
        "The model's first argument is x: call it as model(z=z).", "模型的第一个参数是 x：应写成 model(z=z)。"
    ),
)
DEVICE_IGNORED = Mistake(
    "device_ignored",
    say("the latents are not made on the device", "隐变量没有在指定设备上生成"),
    say("Pass it on: torch.randn(..., device=device).", "把设备传进去：torch.randn(..., device=device)。"),
)
