"""Whether samples are z = mu + sigma * eps with eps ~ N(0, I), drawn anew for every entry and call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwlib.checking.compare import Replies, as_array, describe, look, number, shape_text
from hwlib.checking.mistakes import Mistake, Problem

SIGMAS = 6.0
"""Statistics may be off by this many standard errors; a right solution fails once in 10^8 runs."""

NO_NOISE = Mistake(
    "no_noise",
    "no noise is added: z is mu itself",
    "The handout asks for z = mu + sigma * eps with eps ~ N(0, I), drawn anew at every call.",
    "没有加入噪声：z 就是 mu",
)
LOG_VARIANCE = Mistake(
    "log_variance",
    "log sigma is read as log variance",
    "The second half of the encoder's output is log sigma, so sigma = exp(log_std), without the factor 1/2.",
    "把 log sigma 当成了对数方差",
)
VARIANCE_AS_SIGMA = Mistake(
    "variance_as_sigma",
    "the variance is used in place of the standard deviation",
    "sigma = exp(log_std); exp(2 log_std) is sigma squared.",
    "用方差代替了标准差",
)
LOG_STD_AS_STD = Mistake(
    "log_std_as_std",
    "log sigma itself multiplies the noise",
    "The encoder gives log sigma; sigma is its exponential.",
    "直接用 log sigma 乘噪声",
)
UNIT_SPREAD = Mistake(
    "unit_spread",
    "the noise is not multiplied by sigma",
    "z = mu + sigma * eps: the noise is scaled by sigma.",
)
MU_IGNORED = Mistake("mu_ignored", "mu is not added", "z = mu + sigma * eps: the mean of z is mu.")
INVERSE_SIGMA = Mistake(
    "inverse_sigma", "the sign of log sigma is wrong", "sigma = exp(log_std), not exp(-log_std)."
)
SHARED_OVER_DIMENSIONS = Mistake(
    "shared_over_dimensions",
    "one random number is shared by all latent dimensions",
    "eps has a number for every entry: draw it in the shape of mu, [B, latent_dim].",
    "各隐变量维度共用同一个随机数",
)
SHARED_OVER_BATCH = Mistake(
    "shared_over_batch",
    "the same noise is used for all images of the batch",
    "eps has a number for every entry: draw it in the shape of mu, [B, latent_dim].",
    "一个批内的所有样本共用同一份噪声",
)
UNIFORM = Mistake(
    "uniform_noise",
    "the noise is uniform on [0, 1]: `rand` in place of `randn`",
    "The handout asks for a standard normal distribution, N(0, I).",
    "使用了 [0, 1] 上的均匀分布：把 `randn` 写成了 `rand`",
)
SAME_EVERY_CALL = Mistake(
    "same_noise_every_call",
    "the same noise comes back at every call",
    "Fresh noise is drawn at every call: no seed is set and no noise is kept.",
    "每次调用得到的噪声都相同",
)


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
    what: str
    mean: Any
    log_std: Any
    log_variance: bool = False
    prior: bool = False

    def judge(self, replies: Replies) -> Problem | None:
        value = look(replies, self.of)
        mean = np.asarray(self.mean, dtype=np.float64)
        log_std = np.asarray(self.log_std, dtype=np.float64) * (0.5 if self.log_variance else 1.0)
        wanted = f"{self.what} of shape {shape_text(mean.shape)}"
        calls = [as_array(item) for item in value] if isinstance(value, (list, tuple)) else []
        for item, array in zip(value if calls else [value], calls or [None], strict=False):
            if array is None or array.shape != mean.shape or item.dtype.name != "float32":
                return Problem(f"{wanted}, float32", describe(item))
            if not np.isfinite(array).all():
                return Problem(f"{wanted}, finite", "NaN or infinite values")
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
            return Problem(f"{self.what} from N(0, I), independent entries", fault[1], fault[0])
        expected = f"{self.what}: mean mu and standard deviation sigma = exp(log_std), independent entries"
        scale = float(np.abs(mean).max()) + 1e-9
        if np.abs(z - mean).max() < 1e-5 * scale:
            return Problem(expected, "z equal to mu", NO_NOISE)
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


def fault_of(eps: np.ndarray) -> tuple[Mistake | None, str] | None:
    """What keeps eps [calls, B, d] from being independent standard normal numbers; None if nothing does."""
    calls, batch, dims = eps.shape
    same: Callable[[np.ndarray], bool] = lambda spread: bool(np.abs(spread).max(initial=0.0) < 1e-4)  # noqa: E731
    if calls > 1 and same(eps - eps[:1]):
        return SAME_EVERY_CALL, "the same noise at every call"
    if dims > 1 and same(eps - eps[:, :, :1]):
        return SHARED_OVER_DIMENSIONS, "the same noise in all latent dimensions"
    if batch > 1 and same(eps - eps[:, :1]):
        return SHARED_OVER_BATCH, "the same noise for all samples of a batch"
    count = eps.size
    mean, std = float(eps.mean()), float(eps.std())
    bad_mean = abs(mean) > SIGMAS / np.sqrt(count)
    bad_std = abs(std - 1) > SIGMAS / np.sqrt(2 * count)
    if (bad_mean or bad_std) and eps.min() >= -1e-6 and eps.max() <= 1 + 1e-6 and abs(std - 0.2887) < 0.05:
        return UNIFORM, "noise that is uniform on [0, 1]"
    if bad_mean or bad_std:
        return None, f"noise with mean {number(mean)} and standard deviation {number(std)}"
    per_dim = eps.reshape(-1, dims)
    rows = len(per_dim)
    worst_mean = float(np.abs(per_dim.mean(0)).max())
    worst_std = float(np.abs(per_dim.std(0) - 1).max())
    if worst_mean > SIGMAS / np.sqrt(rows) or worst_std > SIGMAS / np.sqrt(2 * rows):
        return None, "a latent dimension whose noise is not standard normal"
    # Normal numbers have fourth moment 3 (standard error sqrt(96 / n)); uniform ones 1.8, signs 1.
    fourth = float((((eps - mean) / std) ** 4).mean())
    if abs(fourth - 3) > SIGMAS * np.sqrt(96 / count):
        return None, f"noise that is not normally distributed (fourth moment {number(fourth)} in place of 3)"
    return _dependence(eps, rows)


def _dependence(eps: np.ndarray, rows: int) -> tuple[Mistake | None, str] | None:
    calls, batch, dims = eps.shape
    # Averages of k independent numbers have standard deviation 1 / sqrt(k); shared noise does not
    # average out.
    over_dims, over_batch = (
        np.abs(eps.mean(2)).max() * np.sqrt(dims),
        np.abs(eps.mean(1)).max() * np.sqrt(batch),
    )
    if dims > 2 and over_dims > SIGMAS:
        return SHARED_OVER_DIMENSIONS, "noise that is correlated across latent dimensions"
    if batch > 2 and over_batch > SIGMAS:
        return SHARED_OVER_BATCH, "noise that is correlated across the samples of a batch"
    if dims > 1:
        correlation = np.corrcoef(eps.reshape(-1, dims).T) - np.eye(dims)
        if np.abs(correlation).max() > SIGMAS / np.sqrt(rows):
            return SHARED_OVER_DIMENSIONS, "noise that is correlated across latent dimensions"
    return None
