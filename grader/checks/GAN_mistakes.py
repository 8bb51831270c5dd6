"""The mistakes that students make in the GAN, by the name under which the cohort's report counts them."""

from hwlib.checking.mistakes import Mistake
from hwlib.checking.words import say

# --- initialisation
INIT_NOT_APPLIED = Mistake(
    "init_not_applied",
    say("weights_init is defined but not applied", "定义了 weights_init，但没有使用"),
    say(
        "The networks still have PyTorch's default weights: get_generator and get_discriminator "
        "apply weights_init.",
        "网络仍是 PyTorch 的默认初始权重：get_generator 与 get_discriminator 中要应用 weights_init。",
    ),
)
CONV_UNTOUCHED = Mistake(
    "conv_not_initialised",
    say("a kind of convolution keeps PyTorch's default weights", "某种卷积层仍是 PyTorch 的默认初始权重"),
    say(
        "Both Conv2d and ConvTranspose2d get weights from N(0, 0.02).",
        "Conv2d 与 ConvTranspose2d 的权重都从 N(0, 0.02) 采样。",
    ),
)
NORM_RULE = say(
    "BatchNorm2d: weights from N(1, 0.02), biases 0.", "BatchNorm2d 的权重从 N(1, 0.02) 采样，偏置为 0。"
)
NORM_UNTOUCHED = Mistake(
    "batch_norm_not_initialised",
    say("BatchNorm keeps its constant weights", "BatchNorm 的权重仍是常数，没有初始化"),
    NORM_RULE,
)
NORM_MEAN_ZERO = Mistake(
    "batch_norm_mean_zero",
    say("BatchNorm's weights have mean 0 instead of 1", "BatchNorm 权重的均值为 0，应为 1"),
    say(
        "BatchNorm2d: weights from N(1, 0.02). With mean 0 the signal is lost.",
        "BatchNorm2d 的权重从 N(1, 0.02) 采样；均值为 0 会使信号消失。",
    ),
)
NORM_BIAS = Mistake(
    "batch_norm_bias", say("BatchNorm's biases are not set to 0", "BatchNorm 的偏置没有置为 0"), NORM_RULE
)
STD_AS_VARIANCE = Mistake(
    "std_as_variance",
    say("0.02 is taken for the variance", "把 0.02 当成了方差"),
    say(
        "0.02 is the standard deviation: nn.init.normal_(weight, 0.0, 0.02).",
        "0.02 是标准差：nn.init.normal_(weight, 0.0, 0.02)。",
    ),
)
VARIANCE_AS_STD = Mistake(
    "squared_std",
    say("0.02 squared is used as the standard deviation", "把 0.02 的平方当成了标准差"),
    say("0.02 is the standard deviation.", "0.02 本身就是标准差。"),
)
OTHERS_TOUCHED = Mistake(
    "others_initialised",
    say("other modules are changed, too", "其他模块也被改动了"),
    say("Other modules stay as they are.", "其他模块应保持不变。"),
)
SEEDED = Mistake(
    "seed_set",
    say(
        "weights_init sets a seed: every layer gets the same numbers",
        "weights_init 中设置了随机种子，每一层得到的数都相同",
    ),
    say(
        "Draw without a seed of your own: main.py sets the seed of the whole run (--seed).",
        "采样时不要自己设置随机种子：整个程序的种子由 main.py 设置（--seed）。",
    ),
)

# --- generator
MOVED_IN_FORWARD = Mistake(
    "moved_to_0_1_in_forward",
    say("the images are moved to [0, 1] in forward", "在 forward 中把图像变换到了 [0, 1]"),
    say(
        "forward gives images in [-1, 1]; only sample_images in main.py changes the range.",
        "forward 输出 [-1, 1] 的图像；只有 main.py 中的 sample_images 才变换取值范围。",
    ),
)
IMAGES_FLATTENED = Mistake(
    "images_flattened",
    say("the images have another shape", "图像的形状不对"),
    say(
        "forward returns images [B, num_channels, 32, 32].",
        "forward 返回形状为 [B, num_channels, 32, 32] 的图像。",
    ),
)
NOT_RESHAPED = Mistake(
    "wrong_images",
    say("forward gives something other than self.decoder(z)", "forward 的输出不是 self.decoder(z)"),
    say("forward returns self.decoder(z).", "forward 返回 self.decoder(z)。"),
)
ALWAYS_EVAL = Mistake(
    "always_in_eval_mode",
    say("forward puts the generator into eval mode", "forward 把生成器切换到了评估模式"),
    say(
        "BatchNorm uses the batch's statistics in training: the training loop chooses the mode, not forward.",
        "训练时 BatchNorm 使用当前批的统计量：模式由训练循环决定，forward 中不要切换。",
    ),
)
CUT_OFF = Mistake(
    "images_cut_off",
    say("the images are cut off from the generator's weights", "图像与生成器的权重之间没有梯度"),
    say(
        "forward returns self.decoder(z) itself: with detach, .data or no_grad the generator can't learn.",
        "forward 直接返回 self.decoder(z)：使用 detach、.data 或 no_grad，生成器就无法学习。",
    ),
)

# --- data and sampling
NOT_SCALED = Mistake(
    "not_scaled",
    say("the values are not scaled", "数值没有归一化"),
    say("0 becomes -1.0 and 255 becomes 1.0.", "0 变为 -1.0，255 变为 1.0。"),
)
SCALED_TO_0_1 = Mistake(
    "scaled_to_0_1",
    say("scaled to [0, 1] instead of [-1, 1]", "归一化到了 [0, 1]，应为 [-1, 1]"),
    say(
        "The generator ends in tanh: real images lie in [-1, 1], too.",
        "生成器以 tanh 结尾，真实图像也要在 [-1, 1] 内。",
    ),
)
SCALED_BY_128 = Mistake(
    "scaled_by_128",
    say("divided by 128 instead of 127.5", "除以了 128，应除以 127.5"),
    say("255 becomes exactly 1.0.", "255 应恰好变为 1.0。"),
)
INVERTED = Mistake(
    "inverted",
    say("black and white are exchanged", "黑白颠倒了"),
    say("0 becomes -1.0 and 255 becomes 1.0.", "0 变为 -1.0，255 变为 1.0。"),
)
OVERFLOW = Mistake(
    "bytes_overflow",
    say(
        "bytes are multiplied before they are floats: above 255 they begin again at 0",
        "字节在转换为浮点数之前就做了乘法，超过 255 会从 0 重新开始",
    ),
    say("Convert first: images.float().", "先转换为浮点数：images.float()。"),
)
STANDARDISED = Mistake(
    "standardised",
    say("MNIST's mean and standard deviation are used", "使用了 MNIST 的均值和标准差"),
    say(
        "Scaling to [-1, 1] needs neither: 0 becomes -1.0 and 255 becomes 1.0.",
        "归一化到 [-1, 1] 用不到它们：0 变为 -1.0，255 变为 1.0。",
    ),
)
OWN_EXTREMES = Mistake(
    "scaled_by_own_extremes",
    say("the images are stretched to their own minimum and maximum", "按图像自身的最小值和最大值进行了拉伸"),
    say(
        "0 becomes -1.0 and 255 becomes 1.0, whatever else is in the batch.",
        "无论批内还有什么图像，0 都变为 -1.0，255 都变为 1.0。",
    ),
)
RANGE_NOT_CHANGED = Mistake(
    "range_not_changed",
    say("the images are still in [-1, 1]", "图像仍在 [-1, 1] 范围内"),
    say(
        "sample_images returns images in [0, 1]: (images + 1) / 2.",
        "sample_images 返回 [0, 1] 的图像：(images + 1) / 2。",
    ),
)
CLAMPED = Mistake(
    "clamped",
    say("the images are cut off at 0 instead of moved to [0, 1]", "图像在 0 处被截断，而不是变换到 [0, 1]"),
    say("The whole range is moved: (images + 1) / 2.", "整个取值范围都要变换：(images + 1) / 2。"),
)
WRONG_COUNT = Mistake(
    "wrong_count",
    say("not as many images as were asked for", "图像数量与要求的不同"),
    say("num_images images: one latent vector each.", "应有 num_images 幅图像，每幅对应一个隐变量。"),
)
FLAT_LATENTS = Mistake(
    "flat_latents",
    say("latents of shape [n, latent_dim]", "隐变量的形状是 [n, latent_dim]"),
    say("The generator takes latents [n, latent_dim, 1, 1].", "生成器的输入形状是 [n, latent_dim, 1, 1]。"),
)
FIXED_LATENTS = Mistake(
    "wrong_latents",
    say(
        "the latents have other sizes than num_images and latent_dim",
        "隐变量的大小与 num_images、latent_dim 不符",
    ),
    say(
        "Use the function's arguments: [num_images, latent_dim, 1, 1], without fixed numbers.",
        "使用函数的参数 [num_images, latent_dim, 1, 1]，不要写成固定的数字。",
    ),
)

# --- the step of the discriminator
LABELS_SWAPPED = Mistake(
    "labels_swapped",
    say("the labels of real and fake images are exchanged", "真实图像与生成图像的标签写反了"),
    say(
        "D(x) is the probability of being real: label 1 for real images, 0 for fake ones.",
        "D(x) 是图像为真的概率：真实图像的标签为 1，生成图像的标签为 0。",
    ),
)
SUM_OF_LOSSES = say("loss_D is the sum of both losses.", "loss_D 是两个损失之和。")
ONLY_REAL = Mistake(
    "only_real", say("only the loss of the real images is used", "只用了真实图像的损失"), SUM_OF_LOSSES
)
ONLY_FAKE = Mistake(
    "only_fake", say("only the loss of the fake images is used", "只用了生成图像的损失"), SUM_OF_LOSSES
)
HALVED = Mistake(
    "halved",
    say("the two losses are averaged", "对两个损失取了平均"),
    say("loss_D is the sum of the two losses, not their average.", "loss_D 是两个损失之和，不是平均值。"),
)
AVERAGES_EXCHANGED = Mistake(
    "averages_exchanged",
    say("D_x and D_G_z1 are exchanged", "D_x 与 D_G_z1 写反了"),
    say(
        "D_x is of the real images, D_G_z1 of the fake ones.",
        "D_x 对应真实图像，D_G_z1 对应生成图像。",
    ),
)
LOSSES_EXCHANGED = Mistake(
    "losses_exchanged",
    say("loss_D and loss_G are exchanged in what is returned", "返回值中 loss_D 与 loss_G 写反了"),
    say(
        "train_step returns (loss_D, loss_G, D_x, D_G_z1, D_G_z2).",
        "train_step 返回 (loss_D, loss_G, D_x, D_G_z1, D_G_z2)。",
    ),
)
AFTER_THE_STEP = Mistake(
    "averages_after_step",
    say("the average is taken after the update of D", "平均值是在更新 D 之后计算的"),
    say(
        "D_x and D_G_z1 are averages from before the update of D, D_G_z2 is from after it.",
        "D_x 与 D_G_z1 是更新 D 之前的平均值，D_G_z2 是更新之后的平均值。",
    ),
)
AVERAGE_IS_SUM = Mistake(
    "average_is_sum",
    say("the sum over the batch in place of the average", "对批求和，而没有取平均"),
    say("D_x, D_G_z1 and D_G_z2 are averages.", "D_x、D_G_z1 与 D_G_z2 都是平均值。"),
)
NO_UPDATE_D = Mistake(
    "discriminator_not_updated",
    say("the discriminator is not updated", "判别器没有更新"),
    say(
        "optimD.zero_grad(), both backward passes, then optimD.step().",
        "依次是 optimD.zero_grad()、两次反向传播、optimD.step()。",
    ),
)
ZERO_GRAD_BETWEEN = Mistake(
    "zero_grad_between",
    say(
        "the gradient of the real images is missing: zero_grad between the two backward passes removes it",
        "缺少真实图像的梯度：两次反向传播之间的 zero_grad 会把它清掉",
    ),
    say(
        "Both gradients are accumulated: one zero_grad, then both backward passes.",
        "两次的梯度要累加：先调用一次 zero_grad，再做两次反向传播。",
    ),
)
WRONG_OPTIMIZER = Mistake(
    "wrong_optimizer",
    say("the generator's part steps the discriminator's optimizer", "生成器部分更新了判别器的优化器"),
    say("Here it is optimG.step(); D was updated before.", "这里应是 optimG.step()；D 在前面已经更新过。"),
)
STEPPED_BETWEEN = Mistake(
    "step_between",
    say("D is updated after the real images already", "处理完真实图像就已经更新了 D"),
    say(
        "One optimD.step(), after the backward passes of the real and of the fake images.",
        "真实图像与生成图像的反向传播都完成之后，只调用一次 optimD.step()。",
    ),
)
SUMMED = Mistake(
    "summed_over_batch",
    say("the sum over the batch was not divided by the batch size", "对批求和后没有除以批大小"),
    say(
        "Both losses are averages over the batch: use BCE_criterion.",
        "两个损失都要对批取平均：使用 BCE_criterion。",
    ),
)
SMOOTHED = Mistake(
    "labels_smoothed",
    say("the labels are 0.9 and 0.1 in place of 1 and 0", "标签用了 0.9 和 0.1，应为 1 和 0"),
    say(
        "Here the labels are 1 for real and 0 for fake images, without smoothing.",
        "这里的标签是 1（真）和 0（假），不做标签平滑。",
    ),
)
SAME_LABEL = Mistake(
    "same_label",
    say("real and fake images have the same label", "真实图像与生成图像用了相同的标签"),
    say(
        "In D's step: label 1 for real images, 0 for fake ones.",
        "更新 D 时：真实图像的标签为 1，生成图像的标签为 0。",
    ),
)
SAME_BATCH = Mistake(
    "same_images_twice",
    say("both losses are of the same images", "两个损失用的是同一批图像"),
    say(
        "One loss is of D(real_imgs), the other one of D(fake_imgs).",
        "一个损失来自 D(real_imgs)，另一个来自 D(fake_imgs)。",
    ),
)
RESCALED = Mistake(
    "images_rescaled",
    say("the real images are rescaled before D gets them", "真实图像在交给 D 之前又做了缩放"),
    say(
        "The data set has scaled them to [-1, 1]: give D the images as they are.",
        "数据集已经把图像缩放到 [-1, 1]：应把图像原样交给 D。",
    ),
)
SIGMOID_TWICE = Mistake(
    "sigmoid_twice",
    say("sigmoid is applied to probabilities", "对概率又做了一次 sigmoid"),
    say(
        "D ends in sigmoid and gives probabilities: nn.BCELoss takes them as they are.",
        "D 以 sigmoid 结尾，输出的就是概率，可直接用于 nn.BCELoss。",
    ),
)
UPDATED_TWICE = Mistake(
    "updated_twice",
    say("the optimizer steps more than once", "优化器更新了不止一次"),
    say("One optimD.step() after both backward passes.", "两次反向传播之后只调用一次 optimD.step()。"),
)
ASCENT = Mistake(
    "ascent",
    say("the loss is maximized", "损失被最大化了"),
    say("BCE is minimized: no minus sign.", "BCE 是要最小化的：不要加负号。"),
)
LEFT_OVER_D = Mistake(
    "gradients_left_over",
    say(
        "gradients of the step before are still in this one: zero_grad is missing or in the wrong place",
        "上一步的梯度残留到这一步：缺少 zero_grad 或位置不对",
    ),
    say(
        "The generator's backward pass leaves gradients in D: call optimD.zero_grad() right before "
        "D's backward passes.",
        "生成器的反向传播会在 D 中留下梯度：请在 D 的反向传播之前调用 optimD.zero_grad()。",
    ),
)

# --- the step of the generator
SATURATING = Mistake(
    "saturating_loss",
    say("log(1 - D(G(z))) is minimized", "最小化的是 log(1 - D(G(z)))"),
    say(
        "The handout maximizes log D(G(z)): BCE of D(G(z)) with label 1. log(1 - D) has hardly any "
        "gradient at the start.",
        "作业要求最大化 log D(G(z))，即标签为 1 时 D(G(z)) 的 BCE；log(1 - D) 在训练初期几乎没有梯度。",
    ),
)
FAKE_LABEL = Mistake(
    "label_0_for_generator",
    say("label 0 for the generator", "生成器使用了标签 0"),
    say(
        "The generator wants its images to be taken for real ones: label 1.",
        "生成器希望自己的图像被当作真实图像：标签为 1。",
    ),
)
REAL_IMAGES = Mistake(
    "real_images_in_generator_step",
    say("the generator's loss is of the real images", "生成器的损失用的是真实图像"),
    say("loss_G is of D(fake_imgs), with label 1.", "loss_G 来自 D(fake_imgs)，标签为 1。"),
)
LAST_EXCHANGED = Mistake(
    "last_averages_exchanged",
    say("D_G_z1 and D_G_z2 are exchanged in what is returned", "返回值中 D_G_z1 与 D_G_z2 写反了"),
    say(
        "train_step returns (loss_D, loss_G, D_x, D_G_z1, D_G_z2).",
        "train_step 返回 (loss_D, loss_G, D_x, D_G_z1, D_G_z2)。",
    ),
)
LEFT_IN_EVAL = Mistake(
    "left_in_eval_mode",
    say("the generator is put into eval mode", "生成器被切换到了评估模式"),
    say(
        "Both networks stay in train mode here: BatchNorm uses the batch's statistics.",
        "这里两个网络都保持训练模式：BatchNorm 使用当前批的统计量。",
    ),
)
LEFT_FROZEN = Mistake(
    "discriminator_left_frozen",
    say("the discriminator stays frozen after the generator's part", "生成器部分结束后判别器仍被冻结"),
    say(
        "requires_grad_(False) holds until it is undone: D can't learn in the next step.",
        "requires_grad_(False) 会一直有效，直到恢复为止：否则下一步 D 无法学习。",
    ),
)
OLD_DISCRIMINATOR = Mistake(
    "old_discriminator",
    say("outputs of D from before its update are used", "使用了 D 更新之前的输出"),
    say(
        "Run the fake images through the discriminator again, after its update.",
        "更新 D 之后，要让生成图像再次通过判别器。",
    ),
)
NO_UPDATE_G = Mistake(
    "generator_not_updated",
    say("the generator is not updated", "生成器没有更新"),
    say(
        "The fake images must not be detached here; optimG.zero_grad(), loss_G.backward(), optimG.step().",
        "此处不能对生成图像使用 detach；依次是 optimG.zero_grad()、loss_G.backward()、optimG.step()。",
    ),
)
LEAKED_INTO_G = Mistake(
    "gradient_of_discriminator_loss",
    say(
        "the gradient of the discriminator's loss is in the generator's update",
        "生成器的更新中混入了判别器损失的梯度",
    ),
    say(
        "The generator gets no gradient in D's part: detach the fake images there, and zero_grad "
        "before loss_G.backward().",
        "更新 D 时生成器不应得到梯度：此时对生成图像使用 detach，并在 loss_G.backward() 之前调用 zero_grad。",
    ),
)
LEFT_OVER_G = Mistake(
    "gradients_left_over",
    say(
        "gradients of the step before are still in this one: optimG.zero_grad() is missing",
        "上一步的梯度残留到这一步：缺少 optimG.zero_grad()",
    ),
    say(
        "Call optimG.zero_grad() before loss_G.backward().",
        "在 loss_G.backward() 之前调用 optimG.zero_grad()。",
    ),
)
DEVICE_IGNORED = Mistake(
    "device_ignored",
    say("the latents are not made on the device", "隐变量没有在指定设备上生成"),
    say("Pass it on: torch.randn(..., device=device).", "把设备传进去：torch.randn(..., device=device)。"),
)
