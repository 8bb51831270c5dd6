"""The mistakes that students make in the VAE, by the name under which the cohort's report counts them."""

from hwlib.checking.mistakes import Mistake

SUMMED_OVER_BATCH = Mistake(
    "summed_over_batch",
    "the sum over the batch was not divided by the batch size",
    "Both losses are averages over the batch: divide the sum by the number of images B.",
    "对批求和后没有除以批大小",
    "两个损失都要对批取平均：把总和除以图像数 B。",
)
PIXEL_MEAN = Mistake(
    "pixel_mean",
    "averaged over the pixels instead of summed over them",
    "Sum over the 1024 pixels of an image, average over the batch only: reduction='sum', then divide by B.",
    "对像素取了平均，而不是求和",
    "对一幅图像的 1024 个像素求和，只对批取平均：使用 reduction='sum'，再除以 B。",
)
DIMENSION_MEAN = Mistake(
    "dimension_mean",
    "averaged over the latent dimensions instead of summed over them",
    "Sum over the latent dimensions, average over the batch only.",
    "对隐变量维度取了平均，而不是求和",
)
SQUARED_ERROR = Mistake(
    "squared_error",
    "squared error in place of binary cross-entropy",
    "The reconstruction loss of the handout is the binary cross-entropy between x and x'.",
    "用平方误差代替了二元交叉熵",
)
SWAPPED_ARGUMENTS = Mistake(
    "swapped_arguments",
    "target and reconstruction are swapped",
    "The logarithm is taken of the reconstruction x', not of the image x: "
    "F.binary_cross_entropy(recon, target).",
    "目标图像与重构图像的位置写反了",
)
HALF_OF_BCE = Mistake(
    "half_of_bce",
    "only the term x log x' is there",
    "The term (1 - x) log(1 - x') belongs to it: dark pixels count, too.",
    "只写了 x log x' 一项",
)
WRONG_SIGN = Mistake(
    "wrong_sign",
    "the sign is wrong",
    "It is a loss: the negative of the log-likelihood, and a KL divergence is >= 0.",
    "符号反了",
)
SUM_OF_BOTH = Mistake(
    "sum_of_both",
    "the sum of both losses is returned",
    "loss_fn returns the two terms apart; train_step adds them.",
)
SWAPPED_RESULTS = Mistake(
    "swapped_results",
    "the two losses are returned in the other order",
    "loss_fn returns (recon_loss, kl_loss).",
    "两个损失的返回顺序反了",
)
LOG_OF_ZERO = Mistake(
    "log_of_zero",
    "log(0): not finite where x' is exactly 0 or 1",
    "F.binary_cross_entropy limits the logarithm; torch.log does not.",
    "出现了 log(0)：x' 恰为 0 或 1 时结果不是有限值",
)
KL_LOG_VARIANCE = Mistake(
    "log_variance",
    "log sigma is read as log variance",
    "The second half of the encoder's output is log sigma: sigma^2 = exp(2 log_std), log "
    "sigma^2 = 2 log_std.",
    "把 log sigma 当成了对数方差",
)
MISSING_HALF = Mistake(
    "missing_half",
    "the factor 1/2 is missing",
    "KL = 1/2 sum(mu^2 + sigma^2 - 2 log sigma - 1).",
    "漏了系数 1/2",
)
MISSING_MINUS_ONE = Mistake(
    "missing_minus_one", "the -1 is missing", "KL = 1/2 sum(mu^2 + sigma^2 - 2 log sigma - 1)."
)
MISSING_MU = Mistake("missing_mu", "mu^2 is missing", "KL = 1/2 sum(mu^2 + sigma^2 - 2 log sigma - 1).")
MU_NOT_SQUARED = Mistake(
    "mu_not_squared", "mu is not squared", "KL = 1/2 sum(mu^2 + sigma^2 - 2 log sigma - 1)."
)
SIGMA_NOT_SQUARED = Mistake(
    "sigma_not_squared", "sigma is not squared", "KL = 1/2 sum(mu^2 + sigma^2 - 2 log sigma - 1)."
)
NOT_TWICE_LOG = Mistake(
    "log_sigma_once",
    "log sigma is subtracted once instead of twice",
    "KL = 1/2 sum(mu^2 + sigma^2 - 2 log sigma - 1): log of sigma^2 is 2 log sigma.",
)
DETACHED = Mistake(
    "detached",
    "no gradient arrives: the value was detached, or computed without autograd",
    "Without gradients to mu and log sigma the encoder does not learn; leave out detach, .data, "
    ".item and no_grad.",
    "梯度没有传回：数值被 detach，或在没有自动求导的情况下计算",
)
CPU_NOISE = Mistake(
    "noise_on_cpu",
    "the noise is always made on the CPU",
    "Make it on the device of mu: torch.randn_like(mu), or device=mu.device.",
    "噪声总是在 CPU 上生成",
)
WRONG_DTYPE = Mistake(
    "wrong_dtype",
    "the number format changes",
    "z has the dtype of mu: torch.randn_like(mu), or dtype=mu.dtype.",
)
HALVES_SWAPPED = Mistake(
    "halves_swapped",
    "mu and log sigma are taken from the wrong halves of the encoder's output",
    "The first half of Enc-6's output is mu, the second half is log sigma.",
    "mu 与 log sigma 取自编码器输出的错误的一半",
)
DECODES_MU = Mistake(
    "decodes_mu",
    "the reconstruction is decoded from mu, without noise",
    "In both modes of the network, the decoder gets z = reparameterize(mu, log_std).",
    "重构图像由 mu 直接解码得到，没有噪声",
)
ARGUMENTS_OF_REPARAMETERIZE = Mistake(
    "reparameterize_arguments",
    "reparameterize gets its arguments in the wrong order",
    "reparameterize(mu, log_std).",
)
RETURNS_ONLY_RECON = Mistake(
    "returns_only_reconstruction",
    "forward returns the reconstruction alone",
    "For images, forward returns three things: (recon, mu, log_std).",
)
RETURNS_STD = Mistake(
    "returns_std", "sigma is returned in place of log sigma", "forward returns (recon, mu, log_std)."
)
NOT_SCALED = Mistake(
    "not_scaled", "the values are not divided by 255", "0 becomes 0.0 and 255 becomes 1.0.", "没有除以 255"
)
SCALED_BY_256 = Mistake("scaled_by_256", "divided by 256 instead of 255", "255 becomes exactly 1.0.")
SCALED_TO_TANH = Mistake(
    "scaled_to_minus_one",
    "scaled to [-1, 1] instead of [0, 1]",
    "The VAE's images lie in [0, 1]; [-1, 1] is the GAN's.",
)
INVERTED = Mistake("inverted", "black and white are exchanged", "0 becomes 0.0 and 255 becomes 1.0.")
LEFT_OVER_GRADIENTS = Mistake(
    "gradients_left_over",
    "gradients of earlier steps are still in this one: zero_grad is missing",
    "Call self.optimizer.zero_grad() once a step, before backward().",
    "上一步的梯度残留到这一步：缺少 zero_grad",
)
NO_UPDATE = Mistake(
    "no_update",
    "the weights do not change",
    "A step is zero_grad(), loss.backward(), optimizer.step(), in this order.",
    "参数没有更新",
)
ONLY_RECONSTRUCTION = Mistake(
    "only_reconstruction", "only the reconstruction loss is minimized", "loss = recon_loss + kl_loss."
)
ONLY_KL = Mistake("only_kl", "only the KL divergence is minimized", "loss = recon_loss + kl_loss.")
ASCENT = Mistake(
    "ascent", "the loss is maximized", "loss.backward() and optimizer.step() go downhill: no minus sign."
)
DOUBLE_STEP = Mistake("double_step", "the optimizer steps twice", "One call of optimizer.step() a step.")
STEP_RETURN_ORDER = Mistake(
    "return_order",
    "the values are returned in another order",
    "train_step returns (loss, recon_loss, kl_loss).",
)
LOSS_IS_PART = Mistake(
    "loss_is_part", "the loss that is returned is not the sum of both terms", "loss = recon_loss + kl_loss."
)
UNIFORM_LATENTS = Mistake(
    "uniform_latents",
    "latents are drawn uniformly from [0, 1]: `rand` in place of `randn`",
    "The prior of the handout is N(0, I).",
    "隐变量服从 [0, 1] 上的均匀分布：把 `randn` 写成了 `rand`",
)
WRONG_COUNT = Mistake(
    "wrong_count", "not as many images as were asked for", "num_images images: one latent vector each."
)
DEVICE_IGNORED = Mistake(
    "device_ignored",
    "the latents are not made on the device",
    "torch.randn(..., device=device).",
    "隐变量没有在指定设备上生成",
)
