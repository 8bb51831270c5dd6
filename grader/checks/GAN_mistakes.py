"""The mistakes that students make in the GAN, by the name under which the cohort's report counts them."""

from hwlib.checking.mistakes import Mistake

# --- initialisation
INIT_NOT_APPLIED = Mistake(
    "init_not_applied",
    "weights_init is defined but not applied",
    "The networks still have PyTorch's default weights: get_generator and get_discriminator "
    "apply weights_init.",
    "定义了 weights_init，但没有使用",
)
CONV_UNTOUCHED = Mistake(
    "conv_not_initialised",
    "a kind of convolution keeps PyTorch's default weights",
    "Both Conv2d and ConvTranspose2d get weights from N(0, 0.02).",
    "某种卷积层没有初始化",
)
NORM_UNTOUCHED = Mistake(
    "batch_norm_not_initialised",
    "BatchNorm keeps its constant weights",
    "BatchNorm2d: weights from N(1, 0.02), biases 0.",
    "BatchNorm 没有初始化",
)
NORM_MEAN_ZERO = Mistake(
    "batch_norm_mean_zero",
    "BatchNorm's weights have mean 0 instead of 1",
    "BatchNorm2d: weights from N(1, 0.02). With mean 0 the signal is lost.",
    "BatchNorm 的权重均值为 0 而不是 1",
)
NORM_BIAS = Mistake(
    "batch_norm_bias",
    "BatchNorm's biases are not set to 0",
    "BatchNorm2d: weights from N(1, 0.02), biases 0.",
)
STD_AS_VARIANCE = Mistake(
    "std_as_variance",
    "0.02 is taken for the variance",
    "0.02 is the standard deviation: nn.init.normal_(weight, 0.0, 0.02).",
    "把 0.02 当成了方差",
)
VARIANCE_AS_STD = Mistake(
    "squared_std", "0.02 squared is used as the standard deviation", "0.02 is the standard deviation."
)
UNIFORM_WEIGHTS = Mistake(
    "uniform_weights",
    "the weights are uniform, not normal",
    "nn.init.normal_ draws from a normal distribution.",
)
OTHERS_TOUCHED = Mistake(
    "others_initialised", "other modules are changed, too", "Other modules stay as they are."
)

# --- generator
MOVED_IN_FORWARD = Mistake(
    "moved_to_0_1_in_forward",
    "the images are moved to [0, 1] in forward",
    "forward gives images in [-1, 1]; only sample_images in main.py changes the range.",
)
TANH_TWICE = Mistake(
    "tanh_twice", "tanh is applied twice", "The tanh of Gen-4 belongs to self.decoder alone."
)
IMAGES_FLATTENED = Mistake(
    "images_flattened", "the images have another shape", "forward returns images [B, num_channels, 32, 32]."
)
NOT_RESHAPED = Mistake(
    "wrong_images", "forward gives something other than self.decoder(z)", "forward returns self.decoder(z)."
)

# --- data and sampling
NOT_SCALED = Mistake(
    "not_scaled", "the values are not scaled", "0 becomes -1.0 and 255 becomes 1.0.", "数值没有归一化"
)
SCALED_TO_0_1 = Mistake(
    "scaled_to_0_1",
    "scaled to [0, 1] instead of [-1, 1]",
    "The generator ends in tanh: real images lie in [-1, 1], too.",
    "归一化到了 [0, 1] 而不是 [-1, 1]",
)
SCALED_BY_128 = Mistake("scaled_by_128", "divided by 128 instead of 127.5", "255 becomes exactly 1.0.")
INVERTED = Mistake("inverted", "black and white are exchanged", "0 becomes -1.0 and 255 becomes 1.0.")
RANGE_NOT_CHANGED = Mistake(
    "range_not_changed",
    "the images are still in [-1, 1]",
    "sample_images returns images in [0, 1]: (images + 1) / 2.",
    "图像仍在 [-1, 1] 范围内",
)
CLAMPED = Mistake("clamped", "the images are cut off at 0 instead of moved to [0, 1]", "(images + 1) / 2.")
WRONG_COUNT = Mistake(
    "wrong_count", "not as many images as were asked for", "num_images images: one latent vector each."
)
FLAT_LATENTS = Mistake(
    "flat_latents", "latents of shape [n, latent_dim]", "The generator takes latents [n, latent_dim, 1, 1]."
)

# --- the step of the discriminator
LABELS_SWAPPED = Mistake(
    "labels_swapped",
    "the labels of real and fake images are exchanged",
    "D(x) is the probability of being real: label 1 for real images, 0 for fake ones.",
    "真实图像与生成图像的标签写反了",
)
ONLY_REAL = Mistake(
    "only_real", "only the loss of the real images is used", "loss_D is the sum of both losses."
)
ONLY_FAKE = Mistake(
    "only_fake", "only the loss of the fake images is used", "loss_D is the sum of both losses."
)
HALVED = Mistake(
    "halved", "the two losses are averaged", "loss_D is the sum of the two losses, not their average."
)
AVERAGES_EXCHANGED = Mistake(
    "averages_exchanged",
    "D_x and D_G_z1 are exchanged",
    "D_x is of the real images, D_G_z1 of the fake ones.",
)
AFTER_THE_STEP = Mistake(
    "averages_after_step",
    "the average is taken after the update of D",
    "D_x and D_G_z1 are averages from before the update of D, D_G_z2 is from after it.",
    "平均值是在更新 D 之后计算的",
)
AVERAGE_IS_SUM = Mistake(
    "average_is_sum", "the sum over the batch in place of the average", "D_x, D_G_z1 and D_G_z2 are averages."
)
NO_UPDATE_D = Mistake(
    "discriminator_not_updated",
    "the discriminator is not updated",
    "optimD.zero_grad(), both backward passes, then optimD.step().",
    "判别器没有更新",
)
ZERO_GRAD_BETWEEN = Mistake(
    "zero_grad_between",
    "zero_grad between the two backward passes removes the gradient of the real images",
    "Both gradients are accumulated: one zero_grad before both backward passes.",
)
UPDATED_TWICE = Mistake(
    "updated_twice", "the optimizer steps more than once", "One optimD.step() after both backward passes."
)
ASCENT = Mistake("ascent", "the loss is maximized", "BCE is minimized: no minus sign.")
LEFT_OVER_D = Mistake(
    "gradients_left_over",
    "gradients of the step before are still in this one: zero_grad is missing or in the wrong place",
    "The generator's backward pass leaves gradients in D: call optimD.zero_grad() right before "
    "D's backward passes.",
    "上一步的梯度残留到这一步：缺少 zero_grad 或位置不对",
)

# --- the step of the generator
SATURATING = Mistake(
    "saturating_loss",
    "log(1 - D(G(z))) is minimized",
    "The handout maximizes log D(G(z)): BCE of D(G(z)) with label 1. log(1 - D) has hardly any "
    "gradient at the start.",
    "最小化的是 log(1 - D(G(z)))",
)
FAKE_LABEL = Mistake(
    "label_0_for_generator",
    "label 0 for the generator",
    "The generator wants its images to be taken for real ones: label 1.",
    "生成器使用了标签 0",
)
OLD_DISCRIMINATOR = Mistake(
    "old_discriminator",
    "outputs of D from before its update are used",
    "Run the fake images through the discriminator again, after its update.",
    "使用了 D 更新之前的输出",
)
NO_UPDATE_G = Mistake(
    "generator_not_updated",
    "the generator is not updated",
    "The fake images must not be detached here; optimG.zero_grad(), loss_G.backward(), optimG.step().",
    "生成器没有更新",
)
LEAKED_INTO_G = Mistake(
    "gradient_of_discriminator_loss",
    "the gradient of the discriminator's loss is in the generator's update",
    "The generator gets no gradient in D's part: detach the fake images there, and zero_grad "
    "before loss_G.backward().",
    "生成器的更新中混入了判别器损失的梯度",
)
LEFT_OVER_G = Mistake(
    "gradients_left_over",
    "gradients of the step before are still in this one: optimG.zero_grad() is missing",
    "Call optimG.zero_grad() before loss_G.backward().",
    "上一步的梯度残留到这一步：缺少 optimG.zero_grad()",
)
DEVICE_IGNORED = Mistake(
    "device_ignored",
    "the latents are not made on the device",
    "torch.randn(..., device=device).",
    "隐变量没有在指定设备上生成",
)
RETURN_ORDER = Mistake(
    "return_order",
    "the values are returned in another order",
    "train_step returns (loss_D, loss_G, D_x, D_G_z1, D_G_z2).",
)
STEP_OF_WRONG_OPTIMIZER = Mistake(
    "wrong_optimizer",
    "the discriminator changes in the generator's step",
    "optimG.step() here; D was updated before.",
)
