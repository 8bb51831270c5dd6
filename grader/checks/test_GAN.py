"""The checks of the GAN. Titles, points, regions and visibility stand in handouts/GAN/assignment.yaml."""

from functools import partial

import numpy as np
import pytest

from grader.checks import GAN_cases as cases
from grader.checks import GAN_mistakes as M
from grader.checks import GAN_standins as standins
from grader.checks import GAN_steps as steps
from grader.checks import GAN_taken as taken_steps
from grader.checks import tolerances
from grader.checks.equivalence import Way, require_equivalent
from grader.checks.inputs import normal, seed_of
from grader.checks.quality import check_fid
from grader.checks.quick import check_quick_run
from grader.checks.submission import Submission, look
from grader.checks.training import Model
from hwlib.checking.compare import as_array, close
from hwlib.checking.expect_numbers import Close
from hwlib.checking.initial import Drawn
from hwlib.checking.steps import Step
from hwlib.checking.words import say


def judge(submission: Submission, name: str) -> dict:
    """Judges the case of that name on inputs of this student."""
    rng = submission.rng(name)
    latent_dim = int(rng.integers(5, 13))
    return submission.judge(cases.build(name, rng, submission.assignment, latent_dim))


# --- initialisation -------------------------------------------------------------------------------------


def test_init_statistics(submission: Submission) -> None:
    """Convolutions and transposed convolutions: N(0, 0.02); BatchNorm2d: N(1, 0.02), biases 0.

    卷积与转置卷积：N(0, 0.02)；BatchNorm2d：N(1, 0.02)，偏置为 0。
    """
    judge(submission, "init_statistics")


@pytest.mark.needs("init_statistics")
def test_init_applied(submission: Submission) -> None:
    """get_generator and get_discriminator give networks that weights_init has gone over.

    get_generator 与 get_discriminator 返回的网络都应经过 weights_init 初始化。
    """
    rng = submission.rng("init_applied")
    latent_dim, hidden_dim = int(rng.integers(16, 24)), 16
    init = submission.assignment.initialisation
    assert init is not None
    # Where weights_init itself is wrong, networks it has gone over are wrong as well: not another mistake.
    otherwise = M.INIT_NOT_APPLIED if submission.passed("init_statistics") else None
    networks = (
        ("get_discriminator", [1, hidden_dim, "cpu"]),
        ("get_generator", [1, latent_dim, hidden_dim, "cpu"]),
    )
    for function, args in networks:
        make = {"file": "GAN", "callable": function, "args": args, "as_": "network", "seed": seed_of(rng)}
        replies = submission.run(
            [
                Step("construct", make),
                Step("describe", {"target": "network"}, "parts"),
                Step("get_state", {"target": "network"}, "state"),
            ]
        )
        modules, state = look(replies, "parts/modules"), submission.as_state(replies["state"], "network")
        kinds = {
            str(item.get("name")): str(item.get("type"))
            for item in (modules if isinstance(modules, (list, tuple)) else ())
            if isinstance(item, dict)
        }
        norms = []
        for name, kind in kinds.items():
            weight = as_array(state.get(f"{name}.weight"))
            if weight is None:
                continue
            if kind in ("Conv2d", "ConvTranspose2d"):
                problem = Drawn(
                    "weight",
                    say(
                        "weights of {layer} ({kind}) of {function}",
                        "{function} 中 {layer}（{kind}）的权重",
                        layer=name,
                        kind=kind,
                        function=function,
                    ),
                    init.conv_mean,
                    init.conv_std,
                    otherwise=otherwise,
                ).judge({"weight": weight})
                submission.require(problem)
            elif kind == "BatchNorm2d":
                norms.append(weight.reshape(-1))
        if norms:
            problem = Drawn(
                "weight",
                say(
                    "weights of the BatchNorm layers of {function}",
                    "{function} 中各 BatchNorm 层的权重",
                    function=function,
                ),
                init.batch_norm_mean,
                init.batch_norm_std,
                otherwise=otherwise,
            ).judge({"weight": np.concatenate(norms)})
            submission.require(problem)


# --- generator ----------------------------------------------------------------------------------------


def test_generator_layers(submission: Submission) -> None:
    """Compare self.decoder row by row with the generator's table: type, volume, kernel, stride, padding,
    BatchNorm, activation.

    把 self.decoder 与生成器的结构表逐行对照：类型、输出大小、卷积核、步长、填充、BatchNorm、激活函数。
    """
    judge(submission, "generator_layers")


def test_generator_equivalence(submission: Submission) -> None:
    """The table's network, built with your weights, gives other images than yours.

    用你的权重构造结构表中的网络，得到的图像与你的网络不同。
    """
    rng = submission.rng("generator_equivalence")
    latent_dim, hidden_dim, channels = int(rng.integers(5, 13)), 6, 3
    settings = {"num_channels": channels, "latent_dim": latent_dim, "hidden_dim": hidden_dim}
    z = normal(rng, 4, latent_dim, 1, 1)
    make = cases.generator_step(rng, latent_dim, hidden_dim, channels)
    ways = (Way("netG.decoder", [z]), Way("netG", [z]))
    require_equivalent(submission, "generator", settings, z, ways, "generator_layers", [make])


@pytest.mark.needs("generator_layers")
def test_generator_forward(submission: Submission) -> None:
    """forward turns latents [B, latent_dim, 1, 1] into self.decoder's images, for any B, in train and eval
    mode.

    forward 把隐变量 [B, latent_dim, 1, 1] 变为 self.decoder 输出的图像，
    适用于任意 B，训练模式与评估模式皆可。
    """
    judge(submission, "generator_forward")


# --- data ---------------------------------------------------------------------------------------------


def test_scale(submission: Submission) -> None:
    """Bytes 0 to 255 become float32 numbers from -1 to 1.

    0 到 255 的字节变为 -1 到 1 的 float32 数。
    """
    judge(submission, "scale")


# --- training steps -------------------------------------------------------------------------------------


def test_discriminator_values(submission: Submission) -> None:
    """loss_D is the sum of the losses of real and fake images; D_x and D_G_z1 are averages from before the
    update.

    loss_D 是真实图像与生成图像的损失之和；D_x 与 D_G_z1 是更新之前的平均值。
    """
    replies = judge(submission, "discriminator_values")
    taken_steps.require_trusted(submission, "discriminator_values", replies)


def test_discriminator_update(submission: Submission) -> None:
    """D's weights after a step: both gradients accumulated, one step of optimD.

    更新之后 D 的权重：累加两次的梯度，optimD 更新一次。
    """
    rng = submission.rng("discriminator_update")
    latent_dim = int(rng.integers(5, 13))
    for number in range(1, 4):
        taken = taken_steps.fresh_step(submission, rng, latent_dim)
        nets = steps.Nets.of(latent_dim, taken.before_G, taken.before_D)
        right = steps.discriminator_gradient(nets, taken.real, taken.z)
        taken_steps.require_discriminator_step(submission, taken)
        if taken_steps.changed_by(taken.before_D, taken.after_D, right):
            continue
        if taken_steps.steps_again(taken, right):  # the generator's part did that; its check says so
            continue
        known = partial(steps.discriminator_mistakes, nets, taken.real, taken.z)
        what = say(
            "change of the discriminator's weights in step {number}",
            "第 {number} 步判别器权重的变化",
            number=number,
        )
        taken_steps.require_change(submission, taken.before_D, taken.after_D, right, known, what)


@pytest.mark.needs("discriminator_update")
def test_discriminator_gradients(submission: Submission) -> None:
    """Call optimD.zero_grad() in every step before D's backward passes: the generator's pass leaves
    gradients in D.

    每一步在 D 的反向传播之前调用 optimD.zero_grad()：生成器的反向传播会在 D 中留下梯度。
    """
    rng = submission.rng("discriminator_gradients")
    latent_dim = int(rng.integers(5, 13))
    first = taken_steps.fresh_step(submission, rng, latent_dim)
    taken_steps.require_discriminator_step(submission, first)
    middle = taken_steps.after(first)
    real, z = standins.batch(rng, latent_dim)
    second = taken_steps.take_step(submission, middle, real, z)
    if second.error is not None and taken_steps.frozen(submission):  # the generator's part; its check says so
        return
    taken_steps.require_discriminator_step(submission, second)
    fresh = taken_steps.first_step(submission, middle, real, z)
    names = sorted(second.before_D)
    # Whatever a step is, the second one must be what a first one would be from the same weights.
    expected = steps.flat(fresh.after_D, names) - steps.flat(second.before_D, names)
    found = steps.flat(second.after_D, names) - steps.flat(second.before_D, names)
    what = say(
        "the second step changes D as it would without the gradients of the first",
        "第二步对 D 的更新不受第一步梯度的影响",
    )
    if not close(found, expected, tolerances.STEP):
        again = taken_steps.first_step(submission, middle, real, z)
        # Steps that are random (other noise, noisy labels) differ without any gradient that was left over.
        same = close(steps.flat(again.after_D, names), steps.flat(fresh.after_D, names), tolerances.STEP)
        left = M.LEFT_OVER_D if same else None
        submission.require(
            Close("found", expected, what, tolerances.STEP, otherwise=left).judge({"found": found})
        )


def test_generator_values(submission: Submission) -> None:
    """loss_G and D_G_z2 come from the discriminator just updated, run on the fake images again.

    loss_G 与 D_G_z2 由刚更新的判别器重新处理生成图像得到。
    """
    replies = judge(submission, "generator_values")
    taken_steps.require_trusted(submission, "generator_values", replies)


def test_generator_update(submission: Submission) -> None:
    """G's weights after a step: maximize log D(G(z)) under the updated D, one step of optimG, D untouched.

    更新之后 G 的权重：在更新后的 D 下最大化 log D(G(z))，optimG 更新一次，D 保持不变。
    """
    rng = submission.rng("generator_update")
    latent_dim = int(rng.integers(5, 13))
    for number in range(1, 4):
        taken = taken_steps.fresh_step(submission, rng, latent_dim)
        if taken.error is not None:
            raise taken.error
        nets = steps.Nets.of(latent_dim, taken.before_G, taken.after_D)
        right = steps.generator_gradient(nets, taken.z)
        known = partial(steps.generator_mistakes, nets, taken.before_D, taken.z)
        what = say(
            "change of the generator's weights in step {number}",
            "第 {number} 步生成器权重的变化",
            number=number,
        )
        start = steps.Nets.of(latent_dim, taken.before_G, taken.before_D)
        first = steps.discriminator_gradient(start, taken.real, taken.z)
        if taken_steps.steps_again(taken, first):
            untouched = say("D as its own part has left it", "D 保持其自身部分更新后的值")
            submission.wrong(untouched, say("D changed once more", "D 又被更新了一次"), M.WRONG_OPTIMIZER)
        taken_steps.require_change(submission, taken.before_G, taken.after_G, right, known, what)
    if taken_steps.left_in_eval_mode(submission, "G"):
        training = say("networks in train mode after the step", "更新之后网络仍处于训练模式")
        submission.wrong(training, say("G in eval mode", "G 处于评估模式"), M.LEFT_IN_EVAL)
    # The last of them goes on for a second step, which must not see the first one's gradients.
    first = right
    second = taken_steps.take_step(submission, taken_steps.after(taken), *standins.batch(rng, latent_dim))
    if second.error is not None and taken_steps.frozen(submission):
        free = say("a discriminator that can learn in the next step", "判别器在下一步中仍能学习")
        submission.wrong(free, say("frozen parameters", "参数仍被冻结"), M.LEFT_FROZEN)
    if second.error is not None:
        raise second.error
    nets = steps.Nets.of(latent_dim, second.before_G, second.after_D)
    right = steps.generator_gradient(nets, second.z)
    left = {name: right[name] + first[name] for name in right}

    def known_after_another() -> steps.Known:
        return *steps.generator_mistakes(nets, second.before_D, second.z), (M.LEFT_OVER_G, left)

    what = say(
        "change of the generator's weights in a step that follows another", "接连两步中第二步生成器权重的变化"
    )
    taken_steps.require_change(submission, second.before_G, second.after_G, right, known_after_another, what)


# --- sampling -----------------------------------------------------------------------------------------


def test_sample(submission: Submission) -> None:
    """sample_images gives num_images images in [0, 1] from latents of shape [num_images, latent_dim, 1,
    1].

    sample_images 由形状为 [num_images, latent_dim, 1, 1] 的隐变量得到 num_images 幅 [0, 1] 内的图像。
    """
    judge(submission, "sample")


def test_sample_prior(submission: Submission) -> None:
    """Latents are drawn from N(0, I), one vector for each image, anew at every call.

    隐变量从 N(0, I) 中采样，每幅图像一个向量，每次调用都重新采样。
    """
    judge(submission, "sample_prior")


# --- the run and its quality ------------------------------------------------------------------------------


@pytest.mark.part("run")
def test_quick_run(submission: Submission) -> None:
    """Run `python main.py --do_train --quick` yourself: it must end, with finite losses.

    请自行运行 `python main.py --do_train --quick`：程序应能运行完，并且损失为有限值。
    """
    check_quick_run(submission)


TRAINED = Model(
    "netG",
    "GAN",
    "get_generator",
    lambda settings: [1, settings["latent_dim"], settings["hidden_dim"], "cpu"],
)


@pytest.mark.part("fid")
def test_fid(submission: Submission) -> None:
    """The FID of the trained model against the handout's threshold.

    训练所得模型的 FID 与作业说明中的阈值相比较。
    """
    check_fid(submission, TRAINED)
