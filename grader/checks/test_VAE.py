"""The checks of the VAE. Titles, points, regions and visibility stand in handouts/VAE/assignment.yaml."""

import numpy as np
import pytest
import torch

from grader.checks import VAE_cases as cases
from grader.checks import VAE_mistakes as M
from grader.checks import VAE_steps as steps
from grader.checks import tolerances
from grader.checks.equivalence import Way, require_equivalent
from grader.checks.inputs import images, normal, seed_of, uniform, weights
from grader.checks.quality import Model, check_fid
from grader.checks.quick import check_quick_run
from grader.checks.submission import Submission, look
from hwlib.checking.compare import as_array
from hwlib.checking.expect import NOT_FINITE, Array, Close, Items, Says
from hwlib.checking.session import StudentError
from hwlib.checking.standins import Maps
from hwlib.checking.words import Words, as_is, say

LOSSES = (cases.RECONSTRUCTION_LOSS, cases.KL_DIVERGENCE)
NONE = say("none", "没有")
STEP_RETURNED = say(
    "train_step returns (loss, recon_loss, kl_loss)", "train_step 返回 (loss, recon_loss, kl_loss)"
)


def judge(submission: Submission, name: str) -> None:
    """Judges the case of that name on inputs of this student."""
    rng = submission.rng(name)
    latent_dim = int(rng.integers(5, 13))
    submission.judge(cases.build(name, rng, submission.assignment, latent_dim))


def uses_log_variance(submission: Submission) -> bool:
    """Whether the year allows log variance and this submission's loss reads it so."""
    latent = submission.assignment.latent
    if latent is None or "log_variance" not in latent.accepted:
        return False
    if latent.accepted == ["log_variance"]:
        return True
    if "log_variance" not in submission.notes:
        submission.notes["log_variance"] = _reads_log_variance(submission)
    return bool(submission.notes["log_variance"])


def _reads_log_variance(submission: Submission) -> bool:
    half = np.full((2, 1, 32, 32), 0.5, dtype=np.float32)
    mu, spread = np.zeros((2, 3), dtype=np.float32), np.ones((2, 3), dtype=np.float32)
    try:
        for step in cases.trainer_steps(3):
            submission.call(step.op, **step.params)
        reply = submission.call("call", target="trainer", method="loss_fn", args=[half, half, mu, spread])
    except StudentError:
        return False
    found = as_array(look(reply, "result/1"))
    right = cases.reference_losses(half, half, mu, spread, log_variance=True)[1]
    return found is not None and found.size == 1 and abs(float(found.reshape(())) - right) < 1e-3


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
    latent_dim, channels = int(rng.integers(5, 13)), 3
    settings = {"num_channels": channels, "latent_dim": latent_dim}
    x, z, seed = images(rng, 3, channels), normal(rng, 3, latent_dim), seed_of(rng)
    submission.call(
        "construct", file="VAE", callable="VAE", args=[channels, latent_dim], as_="model", seed=seed
    )
    for network, inputs, whole, outputs in (("encoder", x, [x], (1, 2)), ("decoder", z, [None, z], (0,))):
        ways = (Way(f"model.{network}", [inputs]), Way("model", whole, outputs))
        require_equivalent(submission, network, settings, inputs, ways, f"{network}_layers")


# --- reparameterize -----------------------------------------------------------------------------------


def test_reparameterize_statistics(submission: Submission) -> None:
    """z = mu + sigma * eps, with eps from N(0, I) drawn anew for every entry at every call.

    z = mu + sigma * eps，其中 eps 服从 N(0, I)，每次调用、每个元素都重新采样。
    """
    rng = submission.rng("reparameterize_statistics")
    submission.judge(
        cases.reparameterize_statistics(
            rng, submission.assignment, int(rng.integers(5, 13)), uses_log_variance(submission)
        )
    )


def test_reparameterize_gradients(submission: Submission) -> None:
    """dz/dmu = 1 and dz/dlog_std = z - mu: gradients reach both, and only through z = mu + sigma * eps.

    dz/dmu = 1，dz/dlog_std = z - mu：梯度经由 z = mu + sigma * eps 传到两者。
    """
    rng = submission.rng("reparameterize_gradients")
    latent_dim, factor = int(rng.integers(5, 13)), 0.5 if uses_log_variance(submission) else 1.0
    mu, log_std = normal(rng, 6, latent_dim), uniform(rng, 6, latent_dim, low=-1, high=1)
    slopes = normal(rng, 6, latent_dim)
    _model_or_bare(submission, rng, latent_dim)
    reply = submission.call(
        "gradients",
        target="model",
        method="reparameterize",
        args=[mu, log_std],
        weights=[slopes],
        seed=seed_of(rng),
    )
    submission.require(Array("result", as_is("z"), (6, latent_dim)).judge(reply))
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
                ((M.DETACHED, np.zeros_like(mu)), (M.KL_LOG_VARIANCE, expected * 0.5)),
            ).judge({"found": found})
        )  # fmt: skip


def test_reparameterize_device(submission: Submission) -> None:
    """Make the noise where mu is: torch.randn_like(mu), not torch.randn(...) alone.

    在 mu 所在的设备上生成噪声：torch.randn_like(mu)，而不是单独的 torch.randn(...)。
    """
    rng = submission.rng("reparameterize_device")
    latent_dim = int(rng.integers(5, 13))
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


@pytest.mark.needs("encoder_layers", "decoder_layers", "reparameterize_statistics")
def test_forward_modes(submission: Submission) -> None:
    """forward(x) returns (recon, mu, log_std); forward(z=z) returns the decoded images.

    forward(x) 返回 (recon, mu, log_std)；forward(z=z) 返回解码得到的图像。
    """
    judge(submission, "forward_modes")


@pytest.mark.needs("encoder_layers", "decoder_layers", "reparameterize_statistics")
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
    latent_dim = int(rng.integers(5, 13))
    submission.judge(cases.loss_values(rng, submission.assignment, latent_dim, uses_log_variance(submission)))


def test_loss_average(submission: Submission) -> None:
    """The same images twice in a batch change nothing; twice as many pixels or latent dimensions double a
    loss.

    批中的图像重复一遍，损失不变；像素数或隐变量维数加倍，损失也加倍。
    """
    rng = submission.rng("loss_average")
    latent_dim = int(rng.integers(5, 13))
    for step in cases.trainer_steps(latent_dim):
        _tried(submission, step)

    def losses(*arrays: np.ndarray) -> list[np.ndarray]:
        reply = submission.call("call", target="trainer", method="loss_fn", args=list(arrays))
        submission.require(Items("result", 2, cases.LOSSES_RETURNED).judge(reply))
        found = [as_array(look(reply, f"result/{position}")) for position in (0, 1)]
        for name, value in zip(LOSSES, found, strict=True):
            if value is None or value.size != 1:
                submission.wrong(
                    say("{loss}: one number", "{loss}：一个数", loss=name),
                    say("an array", "数组") if value is not None else say("no number", "不是数"),
                )
        return [value.reshape(()) for value in found if value is not None]

    def compare(found: np.ndarray, right: np.ndarray, what: Words, mistakes: tuple = ()) -> None:
        submission.require(Close("found", right, what, tolerances.LOSS, mistakes).judge({"found": found}))

    single = [losses(*cases.loss_inputs(rng, 1, latent_dim)) for _ in range(1)][0]
    if not np.isfinite(single).all():
        submission.wrong(say("finite losses of a single image", "单幅图像的损失为有限值"), NOT_FINITE)
    for batch in (7, 64):
        arrays = cases.loss_inputs(rng, batch, latent_dim)
        plain = losses(*arrays)
        twice = losses(*(np.concatenate([array, array]) for array in arrays))
        for position, name in enumerate(LOSSES):
            compare(
                twice[position],
                plain[position],
                say(
                    "{loss} of a batch of {batch}, and of the same images twice",
                    "批大小为 {batch} 时的{loss}，以及同样的图像重复一遍时的{loss}",
                    loss=name,
                    batch=batch,
                ),
                ((M.SUMMED_OVER_BATCH, 2 * plain[position]),),
            )
        if batch == 7:
            apart = np.mean([losses(*(array[i : i + 1] for array in arrays)) for i in range(batch)], 0)
            for position, name in enumerate(LOSSES):
                compare(
                    plain[position], apart[position],
                    say("{loss} of a batch: the average over its images", "一个批的{loss}：各图像的平均",
                        loss=name),
                    ((M.SUMMED_OVER_BATCH, batch * apart[position]),),
                )  # fmt: skip
            target, recon, mu, log_std = arrays
            wide = losses(
                *(np.concatenate([array, array], 1) for array in (target, recon)),
                *(np.concatenate([array, array], 1) for array in (mu, log_std)),
            )
            for position, (name, mistake) in enumerate(
                (
                    (
                        say("reconstruction loss, summed over all pixels", "对所有像素求和的重构损失"),
                        M.PIXEL_MEAN,
                    ),
                    (
                        say("KL divergence, summed over all latent dimensions", "对隐变量各维求和的 KL 散度"),
                        M.DIMENSION_MEAN,
                    ),
                )
            ):
                compare(wide[position], 2 * plain[position], name, ((mistake, plain[position]),))


def test_loss_gradients(submission: Submission) -> None:
    """Gradients flow from both losses to recon, mu and log sigma, and stay finite at x' = 0 and x' = 1.

    两个损失的梯度能传到 recon、mu 与 log sigma，并且在 x' = 0 与 x' = 1 处仍为有限值。
    """
    rng = submission.rng("loss_gradients")
    latent_dim, log_variance = int(rng.integers(5, 13)), uses_log_variance(submission)
    for step in cases.trainer_steps(latent_dim):
        _tried(submission, step)
    arrays = cases.loss_inputs(rng, 5, latent_dim)
    ask = {"target": "trainer", "method": "loss_fn", "weights": [1.0, 1.0]}
    reply = submission.call("gradients", args=list(arrays), **ask)
    tensors = [torch.from_numpy(array.astype(np.float64)).requires_grad_() for array in arrays]
    target, recon, mu, log_std = tensors
    total = sum(cases.trainer("VAE").loss_fn(target, recon, mu, log_std / 2 if log_variance else log_std))
    right = torch.autograd.grad(total, tensors[1:])
    for position, (name, expected) in enumerate(zip(("x'", "mu", "log sigma"), right, strict=True), 1):
        found = look(reply, f"args/{position}")
        if found is None:
            wanted = say("a gradient of the losses with respect to {name}", "损失对 {name} 有梯度", name=name)
            submission.wrong(wanted, NONE, M.DETACHED)
        batch = len(arrays[0])
        size = 1024 if position == 1 else latent_dim
        known = (
            (M.DETACHED, np.zeros(expected.shape)), (M.SUMMED_OVER_BATCH, batch * expected.numpy()),
            (M.PIXEL_MEAN if position == 1 else M.DIMENSION_MEAN, expected.numpy() / size),
            (M.WRONG_SIGN, -expected.numpy()),
        )  # fmt: skip
        submission.require(
            Close(
                "found",
                expected.numpy(),
                say("gradient of the losses with respect to {name}", "损失对 {name} 的梯度", name=name),
                tolerances.LOSS_GRADIENT,
                known,
            ).judge({"found": found})
        )
    target_array = (rng.random((5, 1, 32, 32)) < 0.5).astype(np.float32)
    edges = (rng.random((5, 1, 32, 32)) < 0.5).astype(np.float32)
    reply = submission.call("gradients", args=[target_array, edges, *arrays[2:]], **ask)
    for path, what in (
        (
            "result/0",
            say("a finite reconstruction loss where x' is 0 or 1", "x' 为 0 或 1 时重构损失为有限值"),
        ),
        (
            "args/1",
            say("a finite gradient of it where x' is 0 or 1", "x' 为 0 或 1 时重构损失的梯度为有限值"),
        ),
    ):
        found = as_array(look(reply, path))
        if found is None or not np.isfinite(found).all():
            submission.wrong(what, NOT_FINITE, M.LOG_OF_ZERO)


def _tried(submission: Submission, step: "cases.Step") -> None:
    try:
        submission.call(step.op, **step.params)
    except StudentError:
        if not step.otherwise or not submission.session.alive:
            raise
        submission.call(step.otherwise[0].op, **step.otherwise[0].params)


# --- the training step --------------------------------------------------------------------------------


def test_train_step(submission: Submission) -> None:
    """A step: forward pass, loss = recon_loss + kl_loss, zero_grad, backward, step; returns (loss,
    recon_loss, kl_loss).

    一步训练：前向传播、loss = recon_loss + kl_loss、zero_grad、backward、step；
    返回 (loss, recon_loss, kl_loss)。
    """
    rng = submission.rng("train_step")
    convention = steps.of_log_variance if uses_log_variance(submission) else None
    latent_dim = int(rng.integers(5, 9))
    for step in cases.trainer_steps(latent_dim):
        _tried(submission, step)
    outputs = [((1, 32, 32), "sigmoid"), ((latent_dim,), ""), ((latent_dim,), "")]
    model = Maps(cases.PIXELS, outputs)
    own_loss = not submission.passed("loss_values", "loss_average", "loss_gradients")
    state = weights(rng, {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()})
    submission.call("set_state", target="standin", state=state)
    momentum = {name: np.zeros(value.shape) for name, value in state.items()}
    left_over: steps.State | None = None
    for number in range(1, 4):
        imgs = images(rng, 4)
        model.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
        losses = _own_losses(submission, model, imgs) if own_loss else convention
        right = steps.gradients(model, imgs, losses)
        reply = submission.call("call", target="trainer", method="train_step", args=[imgs])
        after = submission.state_of("standin")
        kept = look(submission.call("optimizer_state", target="optimizer", of=["standin"]), "state")
        _judge_update(submission, number, right, left_over, state, after, momentum)
        values = (right.recon_loss + right.kl_loss, right.recon_loss, right.kl_loss)
        submission.require(Items("result", 3, STEP_RETURNED).judge(reply))
        for position, name in enumerate(("loss", "recon_loss", "kl_loss")):
            others = tuple(
                (M.STEP_RETURN_ORDER if position else M.LOSS_IS_PART, value)
                for i, value in enumerate(values)
                if i != position
            )
            submission.require(
                Close(
                    f"result/{position}",
                    values[position],
                    say(
                        "{name} returned in step {number}",
                        "第 {number} 步返回的 {name}",
                        name=name,
                        number=number,
                    ),
                    tolerances.LOSS,
                    others,
                ).judge(reply)
            )
        momentum = _momentum(submission, right, kept)
        left_over = {n: right.total[n] + (left_over[n] if left_over else 0) for n in right.total}
        state = after


def _momentum(submission: Submission, right: "steps.Gradients", kept: object) -> "steps.State":
    """The optimizer's state after a step; parameters without a gradient have none."""
    found = {}
    for name, gradient in right.total.items():
        value = as_array(look({"kept": kept}, f"kept/standin.{name}/momentum_buffer"))
        if value is None and np.abs(gradient).max() > 0:
            submission.wrong(
                say("every parameter is updated by the optimizer", "优化器更新了所有参数"),
                say("no update of {name}", "{name} 没有更新", name=name),
                M.NO_UPDATE,
            )
        found[name] = np.zeros(gradient.shape) if value is None else value
    return found


def _judge_update(
    submission: Submission, number: int, right: steps.Gradients, left_over: "steps.State | None",
    before: "steps.State", after: "steps.State", momentum: "steps.State",
) -> None:  # fmt: skip
    rate, keep = steps.LEARNING_RATE, steps.MOMENTUM
    if set(after) != set(before) or any(after[name].shape != before[name].shape for name in before):
        submission.wrong(say("the parameters of the model", "模型原有的参数"), say("others", "其他参数"))

    def change(gradient: "steps.State") -> np.ndarray:
        return steps.flat({name: -rate * (keep * momentum[name] + gradient[name]) for name in gradient})

    found = steps.flat(after) - steps.flat(before)
    still = np.zeros_like(found)
    known = tuple((mistake, change(wrong)) for mistake, wrong in steps.wrong_gradients(right, left_over))
    gradient = steps.flat(right.total)
    twice = -rate * ((1 + keep) * (keep * steps.flat(momentum) + gradient) + gradient)
    submission.require(
        Close(
            "found", change(right.total),
            say("change of the weights in step {number}", "第 {number} 步权重的变化", number=number),
            tolerances.STEP,
            ((M.NO_UPDATE, still), *known, (M.DOUBLE_STEP, twice)),
        ).judge({"found": found})
    )  # fmt: skip


def _own_losses(submission: Submission, model: Maps, imgs: np.ndarray) -> "steps.Losses":
    """The submission's own losses: what is wrong with them is judged elsewhere."""
    with torch.no_grad():
        recon, mu, log_std = (tensor.numpy() for tensor in model(torch.from_numpy(imgs)))
    values: list[float] = []
    slopes: list[list[np.ndarray | None]] = []
    for chosen in ([1.0, None], [None, 1.0]):
        reply = submission.call(
            "gradients", target="trainer", method="loss_fn", args=[imgs, recon, mu, log_std], weights=chosen
        )
        position = len(values)
        value = as_array(look(reply, f"result/{position}"))
        if value is None or value.size != 1:
            submission.wrong(
                say("loss_fn returns two numbers", "loss_fn 返回两个数"), say("something else", "其他内容")
            )
        values.append(float(value.reshape(())))  # type: ignore[union-attr]
        slopes.append([look(reply, f"args/{i}") for i in (1, 2, 3)])
    return steps.given_losses((values[0], values[1]), slopes)


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
