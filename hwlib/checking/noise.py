"""Whether samples are z = mu + sigma * eps with eps ~ N(0, I), drawn anew for every entry and call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwlib.checking.compare import Replies, as_array, describe, look, number
from hwlib.checking.expect import NOT_FINITE, of_shape, with_dtype
from hwlib.checking.mistakes import Mistake, Problem
from hwlib.checking.words import Words, say

SIGMAS = 6.0
"""Statistics may be off by this many standard errors; a right solution fails once in 10^8 runs."""

NO_NOISE = Mistake(
    "no_noise",
    say("no noise is added: z is mu itself", "没有加入噪声：z 就是 mu"),
    say(
        "The handout asks for z = mu + sigma * eps with eps ~ N(0, I), drawn anew at every call.",
        "作业要求 z = mu + sigma * eps，其中 eps ~ N(0, I)，每次调用都重新采样。",
    ),
)
LOG_VARIANCE = Mistake(
    "log_variance",
    say("log sigma is read as log variance", "把 log sigma 当成了对数方差"),
    say(
        "The second half of the encoder's output is log sigma: sigma = exp(log_std), without a factor 1/2.",
        "编码器输出的后一半是 log sigma，因此 sigma = exp(log_std)，没有系数 1/2。",
    ),
)
VARIANCE_AS_SIGMA = Mistake(
    "variance_as_sigma",
    say("the variance is used in place of the standard deviation", "用方差代替了标准差"),
    say(
        "sigma = exp(log_std); exp(2 log_std) is sigma squared.",
        "sigma = exp(log_std)；exp(2 log_std) 是 sigma 的平方。",
    ),
)
LOG_STD_AS_STD = Mistake(
    "log_std_as_std",
    say("log sigma itself multiplies the noise", "直接用 log sigma 乘噪声"),
    say(
        "The encoder gives log sigma; sigma is its exponential.",
        "编码器输出的是 log sigma，取指数才得到 sigma。",
    ),
)
UNIT_SPREAD = Mistake(
    "unit_spread",
    say("the noise is not multiplied by sigma", "噪声没有乘以 sigma"),
    say(
        "z = mu + sigma * eps: the noise is scaled by sigma.",
        "z = mu + sigma * eps：噪声要按 sigma 缩放。",
    ),
)
MU_IGNORED = Mistake(
    "mu_ignored",
    say("mu is not added", "没有加上 mu"),
    say("z = mu + sigma * eps: the mean of z is mu.", "z = mu + sigma * eps：z 的均值是 mu。"),
)
INVERSE_SIGMA = Mistake(
    "inverse_sigma",
    say("the sign of log sigma is wrong", "log sigma 的符号反了"),
    say("sigma = exp(log_std), not exp(-log_std).", "sigma = exp(log_std)，而不是 exp(-log_std)。"),
)
DRAW_ALL = say(
    "eps has a number for every entry: draw it in the shape of mu, [B, latent_dim].",
    "eps 的每个元素都是独立的随机数：按 mu 的形状 [B, latent_dim] 采样。",
)
SHARED_OVER_DIMENSIONS = Mistake(
    "shared_over_dimensions",
    say("one random number is shared by all latent dimensions", "各隐变量维度共用同一个随机数"),
    DRAW_ALL,
)
SHARED_OVER_BATCH = Mistake(
    "shared_over_batch",
    say("the same noise is used for all images of the batch", "批内所有图像共用同一份噪声"),
    DRAW_ALL,
)
UNIFORM = Mistake(
    "uniform_noise",
    say(
        "the noise is uniform on [0, 1]: `rand` in place of `randn`",
        "噪声服从 [0, 1] 上的均匀分布：把 `randn` 写成了 `rand`",
    ),
    say(
        "The handout asks for a standard normal distribution, N(0, I).",
        "作业要求标准正态分布 N(0, I)。",
    ),
)
SAME_EVERY_CALL = Mistake(
    "same_noise_every_call",
    say("the same noise comes back at every call", "每次调用得到的噪声都相同"),
    say(
        "Fresh noise is drawn at every call: no seed is set and no noise is kept.",
        "每次调用都要重新采样噪声：不要在其中设置随机种子，也不要保存噪声重复使用。",
    ),
)
ACROSS_DIMENSIONS = say("noise that is correlated across latent dimensions", "不同隐变量维度的噪声相关")
Fault = tuple[Mistake | None, Words]
"""The mistake behind what was found, if it has a name, and what was found."""


@dataclass(frozen=True)
class Gaussian:
    """Samples `[calls][B, d]` of z for known mu and log sigma.

    Attributes:
        of: path of a list of arrays, one for each call.
        mean, log_std: arrays [B, d].
        log_variance: sigma = exp(log_std / 2), the other convention.
        prior: the samples are latents of N(0, I); there is no mu and sigma to be mistaken about.
    """

    of: str
    what: Words
    mean: Any
    log_std: Any
    log_variance: bool = False
    prior: bool = False

    def judge(self, replies: Replies) -> Problem | None:
        value = look(replies, self.of)
        mean = np.asarray(self.mean, dtype=np.float64)
        log_std = np.asarray(self.log_std, dtype=np.float64) * (0.5 if self.log_variance else 1.0)
        wanted = of_shape(self.what, mean.shape)
        if self.prior and isinstance(value, (list, tuple)) and not value:
            return Problem(wanted, say("none: the model was not called", "没有：未调用模型"))
        calls = [as_array(item) for item in value] if isinstance(value, (list, tuple)) else []
        for item, array in zip(value if calls else [value], calls or [None], strict=False):
            if array is None or array.shape != mean.shape or item.dtype.name != "float32":
                return Problem(with_dtype(wanted, "float32"), describe(item))
            if not np.isfinite(array).all():
                return Problem(say("{what}, finite numbers", "{what}，且为有限值", what=wanted), NOT_FINITE)
        z = np.stack([array for array in calls if array is not None])  # [calls, B, ...]
        z, mean, log_std = (
            array.reshape(*array.shape[: array.ndim - mean.ndim + 1], -1) for array in (z, mean, log_std)
        )
        return self._judge(z, mean, log_std)

    def _judge(self, z: np.ndarray, mean: np.ndarray, log_std: np.ndarray) -> Problem | None:
        sigma = np.exp(log_std)
        eps = (z - mean) / sigma
        fault = fault_of(eps)
        if fault is None:
            return None
        if self.prior:
            prior = say(
                "{what} from N(0, I), independent entries",
                "{what}服从 N(0, I)，各元素相互独立",
                what=self.what,
            )
            if np.ptp(z) == 0:
                return Problem(prior, say("the same number everywhere", "所有的数都相同"))
            return Problem(prior, fault[1], fault[0])
        expected = say(
            "{what}: mean mu and standard deviation sigma = exp(log_std), independent entries",
            "{what}：均值为 mu，标准差为 sigma = exp(log_std)，各元素相互独立",
            what=self.what,
        )
        scale = float(np.abs(mean).max()) + 1e-9
        if np.abs(z - mean).max() < 1e-5 * scale:
            return Problem(expected, say("z equal to mu", "z 等于 mu"), NO_NOISE)
        # What eps would be if the spread had been computed in one of the known wrong ways.
        with np.errstate(all="ignore"):
            known: tuple[tuple[Mistake, np.ndarray], ...] = (
                (LOG_VARIANCE, (z - mean) / np.sqrt(sigma)),
                (VARIANCE_AS_SIGMA, (z - mean) / sigma**2),
                (LOG_STD_AS_STD, (z - mean) / log_std),
                (UNIT_SPREAD, z - mean),
                (MU_IGNORED, z / sigma),
                (INVERSE_SIGMA, (z - mean) * sigma),
            )
        for mistake, candidate in known:
            if np.isfinite(candidate).all() and fault_of(candidate) is None:
                return Problem(expected, fault[1], mistake)
        return Problem(expected, fault[1], fault[0])


def fault_of(eps: np.ndarray) -> Fault | None:
    """What keeps eps [calls, B, d] from being independent standard normal numbers; None if nothing does."""
    calls, batch, dims = eps.shape
    same: Callable[[np.ndarray], bool] = lambda spread: bool(np.abs(spread).max(initial=0.0) < 1e-4)  # noqa: E731
    if calls > 1 and same(eps - eps[:1]):
        return SAME_EVERY_CALL, say("the same noise at every call", "每次调用的噪声都相同")
    if dims > 1 and same(eps - eps[:, :, :1]):
        return SHARED_OVER_DIMENSIONS, say(
            "the same noise in all latent dimensions", "所有隐变量维度的噪声都相同"
        )
    if batch > 1 and same(eps - eps[:, :1]):
        return SHARED_OVER_BATCH, say("the same noise for all samples of a batch", "批内所有样本的噪声都相同")
    count = eps.size
    mean, std = float(eps.mean()), float(eps.std())
    bad_mean = abs(mean) > SIGMAS / np.sqrt(count)
    bad_std = abs(std - 1) > SIGMAS / np.sqrt(2 * count)
    if (bad_mean or bad_std) and eps.min() >= -1e-6 and eps.max() <= 1 + 1e-6 and abs(std - 0.2887) < 0.05:
        return UNIFORM, say("noise that is uniform on [0, 1]", "噪声服从 [0, 1] 上的均匀分布")
    if bad_mean or bad_std:
        return None, say(
            "noise with mean {mean} and standard deviation {std}",
            "噪声的均值为 {mean}，标准差为 {std}",
            mean=number(mean),
            std=number(std),
        )
    per_dim = eps.reshape(-1, dims)
    rows = len(per_dim)
    worst_mean = float(np.abs(per_dim.mean(0)).max())
    worst_std = float(np.abs(per_dim.std(0) - 1).max())
    if worst_mean > SIGMAS / np.sqrt(rows) or worst_std > SIGMAS / np.sqrt(2 * rows):
        return None, say(
            "a latent dimension whose noise is not standard normal", "某个隐变量维度的噪声不服从标准正态分布"
        )
    # Normal numbers have fourth moment 3 (standard error sqrt(96 / n)); uniform ones 1.8, signs 1.
    fourth = fourth_moment((eps - mean) / std)
    if abs(fourth - 3) > SIGMAS * np.sqrt(96 / count):
        return None, say(
            "noise that is not normally distributed (fourth moment {fourth} in place of 3)",
            "噪声不服从正态分布（四阶矩为 {fourth}，应为 3）",
            fourth=number(fourth),
        )
    # Clipping at two or so hardly changes any moment.
    tail, wanted = int((np.abs(eps) > 2.5).sum()), 0.01242 * count
    if tail < wanted - SIGMAS * np.sqrt(wanted):
        return None, say(
            "noise without large numbers ({found} beyond 2.5 standard deviations in place of about {wanted})",
            "噪声中缺少较大的数（超过 2.5 个标准差的有 {found} 个，应约有 {wanted} 个）",
            found=tail,
            wanted=round(wanted),
        )
    return _dependence(eps, rows)


def fourth_moment(numbers: np.ndarray) -> float:
    """The mean of the fourth powers; squared twice, which is many times faster than `** 4`."""
    squares = np.square(numbers)
    return float(np.square(squares).mean())


def _dependence(eps: np.ndarray, rows: int) -> Fault | None:
    calls, batch, dims = eps.shape
    # Averages of k independent numbers have standard deviation 1 / sqrt(k); shared noise does not
    # average out.
    over_dims, over_batch = (
        np.abs(eps.mean(2)).max() * np.sqrt(dims),
        np.abs(eps.mean(1)).max() * np.sqrt(batch),
    )
    if dims > 2 and over_dims > SIGMAS:
        return SHARED_OVER_DIMENSIONS, ACROSS_DIMENSIONS
    if batch > 2 and over_batch > SIGMAS:
        return SHARED_OVER_BATCH, say(
            "noise that is correlated across the samples of a batch", "批内不同样本的噪声相关"
        )
    if dims > 1:
        correlation = np.corrcoef(eps.reshape(-1, dims).T) - np.eye(dims)
        if np.abs(correlation).max() > SIGMAS / np.sqrt(rows):
            return SHARED_OVER_DIMENSIONS, ACROSS_DIMENSIONS
    return None
