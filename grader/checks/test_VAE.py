"""The checks of the VAE. Titles, points, regions and visibility stand in handouts/VAE/assignment.yaml."""

import numpy as np
import pytest

from grader.checks import VAE_cases as cases
from grader.checks import VAE_loss_cases as loss_cases
from grader.checks import VAE_losses as losses
from grader.checks import VAE_mistakes as M
from grader.checks import VAE_steps as steps
from grader.checks import tolerances
from grader.checks.equivalence import Way, require_equivalent
from grader.checks.inputs import images, latent_dim_of, normal, seed_of, uniform
from grader.checks.quality import check_fid
from grader.checks.quick import check_quick_run
from grader.checks.submission import Submission, look
from grader.checks.training import Model
from hwlib.checking.expect import Array, Says
from hwlib.checking.expect_numbers import Close
from hwlib.checking.session import StudentError
from hwlib.checking.steps import Step
from hwlib.checking.words import as_is, say

NONE = say("none", "没有")


def judge(submission: Submission, name: str) -> None:
    """Judges the case of that name on inputs of this student."""
    rng = submission.rng(name)
    latent_dim = latent_dim_of(rng, submission.assignment)
    submission.judge(cases.build(name, rng, submission.assignment, latent_dim))


# --- networks -----------------------------------------------------------------------------------------


def test_encoder_layers(submission: Submission) -> None:
    """Compare self.encoder row by row with the encoder's table: type, volume, kernel, stride, padding,
    activation.

    把 self.encoder 与编码器的结构表逐行对照：类型、输出大小、卷积核、步长、填充、激活函数。
    """
    judge(submission, "encoder_layers")


def test_decoder_layers(submission: Submission) -> None:
    """Compare self.decoder row by row with the decoder's table; mind the output padding.

    把 self.decoder 与解码器的结构表逐行对照，注意输出填充。
    """
    judge(submission, "decoder_layers")


def test_network_equivalence(submission: Submission) -> None:
    """The table's network, built with your weights, gives other outputs than yours.

    用你的权重构造结构表中的网络，得到的输出与你的网络不同。
    """
    rng = submission.rng("network_equivalence")
    latent_dim, channels = latent_dim_of(rng, submission.assignment), 3
    settings = {"num_channels": channels, "latent_dim": latent_dim}
    x, z, seed = images(rng, 3, channels), normal(rng, 3, latent_dim), seed_of(rng)
    arguments = {"args": [channels, latent_dim], "as_": "model", "seed": seed}
    make = [Step("construct", {"file": "VAE", "callable": "VAE", **arguments})]
    for network, inputs, whole, outputs in (("encoder", x, [x], (1, 2)), ("decoder", z, [None, z], (0,))):
        ways = (Way(f"model.{network}", [inputs]), Way("model", whole, outputs))
        require_equivalent(submission, network, settings, inputs, ways, f"{network}_layers", make)
        make = []


# --- reparameterize -----------------------------------------------------------------------------------


def test_reparameterize_statistics(submission: Submission) -> None:
    """z = mu + sigma * eps, with eps from N(0, I) drawn anew for every entry at every call.

    z = mu + sigma * eps，其中 eps 服从 N(0, I)，每次调用、每个元素都重新采样。
    """
    rng = submission.rng("reparameterize_statistics")
    submission.judge(
        cases.reparameterize_statistics(
            rng,
            submission.assignment,
            latent_dim_of(rng, submission.assignment),
            losses.uses_log_variance(submission),
        )
    )


def test_reparameterize_gradients(submission: Submission) -> None:
    """dz/dmu = 1 and dz/dlog_std = z - mu: gradients reach both, and only through z = mu + sigma * eps.

    dz/dmu = 1，dz/dlog_std = z - mu：梯度经由 z = mu + sigma * eps 传到两者。
    """
    rng = submission.rng("reparameterize_gradients")
    latent_dim, factor = (
        latent_dim_of(rng, submission.assignment),
        0.5 if losses.uses_log_variance(submission) else 1.0,
    )
    mu, log_std = normal(rng, 4, latent_dim), uniform(rng, 4, latent_dim, low=-3, high=3)
    slopes = normal(rng, 4, latent_dim)
    _model_or_bare(submission, rng, latent_dim)
    reply = submission.call(
        "gradients",
        target="model",
        method="reparameterize",
        args=[mu, log_std],
        weights=[slopes],
        seed=seed_of(rng),
    )
    submission.require(Array("result", as_is("z"), (4, latent_dim)).judge(reply))
    z = reply["result"]
    right = {"mu": slopes, "log sigma": slopes * (z - mu) * factor}
    for position, (name, expected) in enumerate(right.items()):
        found = look(reply, f"args/{position}")
        if found is None:
            submission.wrong(
                say("a gradient from z to {name}", "z 对 {name} 有梯度", name=name), NONE, M.DETACHED
            )
        submission.require(
            Close(
                "found", expected,
                say("gradient of z with respect to {name}", "z 对 {name} 的梯度", name=name),
                tolerances.GRADIENT,
                (
                    (M.DETACHED, np.zeros_like(mu)), (M.KL_LOG_VARIANCE, expected * 0.5),
                    (M.CLAMPED, np.where(np.asarray(found) == 0, 0, expected)),
                ),
            ).judge({"found": found})
        )  # fmt: skip


def test_reparameterize_device(submission: Submission) -> None:
    """Make the noise where mu is: torch.randn_like(mu), not torch.randn(...) alone.

    在 mu 所在的设备上生成噪声：torch.randn_like(mu)，而不是单独的 torch.randn(...)。
    """
    rng = submission.rng("reparameterize_device")
    latent_dim = latent_dim_of(rng, submission.assignment)
    mu, log_std = normal(rng, 4, latent_dim), normal(rng, 4, latent_dim)
    _model_or_bare(submission, rng, latent_dim)
    reply = submission.call("device_check", target="model", method="reparameterize", args=[mu, log_std])
    submission.require(
        Says(
            "verdict",
            say("noise on the device of mu", "噪声与 mu 在同一设备上"),
            (("mixed", say("noise on the CPU", "噪声在 CPU 上"), M.CPU_NOISE),),
        ).judge(reply)
    )
    double = submission.call(
        "call",
        target="model",
        method="reparameterize",
        args=[mu.astype(np.float64), log_std.astype(np.float64)],
        grad=False,
    )
    found = look(double, "result")
    if isinstance(found, np.ndarray) and found.dtype != np.float64:
        wanted = say("z in the dtype of mu (float64 here)", "z 的 dtype 与 mu 相同（此处为 float64）")
        submission.wrong(wanted, as_is(found.dtype.name), M.WRONG_DTYPE)


def _model_or_bare(submission: Submission, rng: np.random.Generator, latent_dim: int) -> None:
    try:
        submission.call(
            "construct", file="VAE", callable="VAE", args=[1, latent_dim], as_="model", seed=seed_of(rng)
        )
    except StudentError:
        attributes = {"num_channels": 1, "latent_dim": latent_dim}
        submission.call(
            "construct",
            file="hwlib.checking.standins",
            callable="bare",
            args=["VAE", "VAE", attributes],
            as_="model",
        )


# --- forward ------------------------------------------------------------------------------------------


@pytest.mark.needs(
    "encoder_layers", "decoder_layers", "reparameterize_statistics", "reparameterize_gradients"
)
def test_forward_modes(submission: Submission) -> None:
    """forward(x) returns (recon, mu, log_std); forward(z=z) returns the decoded images.

    forward(x) 返回 (recon, mu, log_std)；forward(z=z) 返回解码得到的图像。
    """
    judge(submission, "forward_modes")


@pytest.mark.needs(
    "encoder_layers", "decoder_layers", "reparameterize_statistics", "reparameterize_gradients"
)
def test_forward_batches(submission: Submission) -> None:
    """forward works for batches of any size, also of one image, in train and in eval mode.

    forward 适用于任意批大小（包括只有一幅图像），训练模式与评估模式皆可。
    """
    judge(submission, "forward_batches")


# --- data ---------------------------------------------------------------------------------------------


def test_scale(submission: Submission) -> None:
    """Bytes 0 to 255 become float32 numbers from 0 to 1.

    0 到 255 的字节变为 0 到 1 的 float32 数。
    """
    judge(submission, "scale")


# --- losses -------------------------------------------------------------------------------------------


def test_loss_values(submission: Submission) -> None:
    """Both losses: summed over pixels or latent dimensions of an image, averaged over the batch.

    两个损失都先对一幅图像的像素（或隐变量的各维）求和，再对批取平均。
    """
    rng = submission.rng("loss_values")
    latent_dim = latent_dim_of(rng, submission.assignment, low=loss_cases.MIN_LATENT_DIM)
    submission.judge(
        loss_cases.loss_values(rng, submission.assignment, latent_dim, losses.uses_log_variance(submission))
    )


def test_loss_average(submission: Submission) -> None:
    """The same images twice in a batch change nothing; twice as many pixels or latent dimensions double a
    loss.

    批中的图像重复一遍，损失不变；像素数或隐变量维数加倍，损失也加倍。
    """
    losses.require_averages(submission, submission.rng("loss_average"))


def test_loss_gradients(submission: Submission) -> None:
    """Gradients flow from both losses to recon, mu and log sigma, and stay finite at x' = 0 and x' = 1.

    两个损失的梯度能传到 recon、mu 与 log sigma，并且在 x' = 0 与 x' = 1 处仍为有限值。
    """
    losses.require_gradients(submission, submission.rng("loss_gradients"))


# --- the training step --------------------------------------------------------------------------------


@pytest.mark.needs("loss_values", "loss_average", "loss_gradients")
def test_train_step(submission: Submission) -> None:
    """A step: forward pass, loss = recon_loss + kl_loss, zero_grad, backward, step; returns (loss,
    recon_loss, kl_loss).

    一步训练：前向传播、loss = recon_loss + kl_loss、zero_grad、backward、step；
    返回 (loss, recon_loss, kl_loss)。
    """
    steps.require_steps(submission, submission.rng("train_step"))


# --- sampling -----------------------------------------------------------------------------------------


def test_sample(submission: Submission) -> None:
    """sample_images gives num_images images in [0, 1], decoded from latents of shape [num_images,
    latent_dim].

    sample_images 返回 num_images 幅 [0, 1] 内的图像，由形状为 [num_images, latent_dim] 的隐变量解码得到。
    """
    judge(submission, "sample")


def test_sample_prior(submission: Submission) -> None:
    """Latents are drawn from N(0, I), one vector for each image, anew at every call, on the device given.

    隐变量从 N(0, I) 中采样，每幅图像一个向量，每次调用都重新采样，并在指定设备上生成。
    """
    judge(submission, "sample_prior")


# --- the run and its quality ------------------------------------------------------------------------------


@pytest.mark.part("run")
def test_quick_run(submission: Submission) -> None:
    """Run `python main.py --do_train --quick` yourself: it must end, and the loss must fall.

    请自行运行 `python main.py --do_train --quick`：程序应能运行完，并且损失下降。
    """
    check_quick_run(submission)


TRAINED = Model("model", "VAE", "VAE", lambda settings: [1, settings["latent_dim"]])


@pytest.mark.part("fid")
def test_fid(submission: Submission) -> None:
    """The FID of the trained model against the handout's threshold.

    训练所得模型的 FID 与作业说明中的阈值相比较。
    """
    check_fid(submission, TRAINED)
