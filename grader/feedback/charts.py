"""Small SVG pictures for the pages: curves, an FID scale, histograms. Plain strings, no script."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from grader.results import Curve, FIDScore

MAX_POINTS = 160
"""More points than this are thinned out: the curve is about twice as wide in pixels."""


def nice(value: float) -> str:
    """A number for an axis: at most 3 significant digits, no exponent where it can be avoided."""
    if value == 0:
        return "0"
    if abs(value) >= 1e5 or abs(value) < 1e-3:
        return f"{value:.1e}"
    if abs(value) >= 1000:
        return f"{value:.0f}"
    return f"{value:.3g}"


@dataclass(frozen=True)
class Plot:
    """One set of axes: a curve and, where it exists, the same one on the validation images."""

    name: str
    train: Curve | None
    dev: Curve | None


def pair_curves(curves: Sequence[Curve]) -> list[Plot]:
    """Puts `dev/loss` on the axes of `loss`, in the order of first appearance."""
    by_name = {curve.name: curve for curve in curves}
    names = dict.fromkeys(name.removeprefix("dev/") for name in by_name)
    return [Plot(name, by_name.get(name), by_name.get(f"dev/{name}")) for name in names]


def curve_svg(plot: Plot, label_train: str, label_dev: str) -> Markup:
    """The axes of one `Plot` as SVG, 320 x 170 units."""
    width, height, left, right, top, bottom = 320, 170, 44, 8, 10, 24
    lines = [
        (c, kind) for c, kind in ((plot.train, "train"), (plot.dev, "dev")) if c is not None and c.values
    ]
    if not lines:
        return Markup("")
    xs = [step for curve, _ in lines for step in curve.steps]
    ys = [value for curve, _ in lines for value in curve.values]
    x0, x1 = min(xs), max(xs)
    y0, y1 = min(ys), max(ys)
    if y1 - y0 < 1e-9 * max(1.0, abs(y1)):
        y0, y1 = y0 - 0.5, y1 + 0.5
    pad = 0.05 * (y1 - y0)
    y0, y1 = y0 - pad, y1 + pad

    def px(step: float) -> float:
        return left + (width - left - right) * ((step - x0) / (x1 - x0) if x1 > x0 else 0.5)

    def py(value: float) -> float:
        return top + (height - top - bottom) * (1 - (value - y0) / (y1 - y0))

    parts = []
    for fraction in (0.0, 0.5, 1.0):
        value = y0 + pad + (y1 - y0 - 2 * pad) * fraction
        y = py(value)
        parts.append(f'<line class="grid" x1="{left}" x2="{width - right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(
            f'<text class="tick" x="{left - 5}" y="{y + 3:.1f}" text-anchor="end">{nice(value)}</text>'
        )
    for step, anchor in ((x0, "start"), (x1, "end")):
        parts.append(
            f'<text class="tick" x="{px(step):.1f}" y="{height - 8}" text-anchor="{anchor}">{step}</text>'
        )
    for curve, kind in lines:
        stride = max(1, math.ceil(len(curve.steps) / MAX_POINTS))
        points = list(zip(curve.steps, curve.values, strict=False))
        kept = points[::stride]
        if points[-1] not in kept:
            kept.append(points[-1])
        path = " ".join(f"{px(step):.1f},{py(value):.1f}" for step, value in kept)
        title = escape(label_train if kind == "train" else label_dev)
        parts.append(f'<polyline class="curve {kind}" points="{path}"><title>{title}</title></polyline>')
    head = f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(plot.name)}">'
    return Markup(f"{head}{''.join(parts)}</svg>")


def fid_svg(score: FIDScore, yours: str, threshold: str) -> Markup:
    """A scale from 0 with the passing side tinted, the reference's spread as a band and the FID as a mark."""
    width, height, left, right, y = 640, 92, 12, 12, 48
    ends = [1.25 * score.threshold, 1.1 * score.fid]
    if score.reference_fid is not None:
        ends.append(score.reference_fid + 4 * (score.reference_spread or 0.0))
    end = max(*ends, 1e-6)

    def px(value: float) -> float:
        return left + (width - left - right) * min(max(value, 0.0), end) / end

    def anchor(x: float) -> str:
        return "start" if x < 70 else "end" if x > width - 70 else "middle"

    limit, here = px(score.threshold), px(score.fid)
    parts = [
        f'<rect class="scale" x="{left}" y="{y - 7}" width="{width - left - right}" height="14" rx="7"/>',
        f'<rect class="good" x="{left}" y="{y - 7}" width="{limit - left:.1f}" height="14" rx="7"/>',
    ]
    if score.reference_fid is not None:
        spread = 2 * (score.reference_spread or 0.0)
        a, b = px(score.reference_fid - spread), px(score.reference_fid + spread)
        parts.append(f'<rect class="band" x="{a:.1f}" y="{y - 7}" width="{max(b - a, 2):.1f}" height="14"/>')
    parts += [
        f'<line class="limit" x1="{limit:.1f}" x2="{limit:.1f}" y1="{y - 14}" y2="{y + 14}"/>',
        f'<text class="tick" x="{limit:.1f}" y="{y + 30}" text-anchor="{anchor(limit)}">'
        f"{escape(threshold)} {score.threshold:g}</text>",
        f'<circle class="{"pass" if score.passed else "fail"}" cx="{here:.1f}" cy="{y}" r="8"/>',
        f'<text class="mark" x="{here:.1f}" y="{y - 18}" text-anchor="{anchor(here)}">'
        f"{escape(yours)} {score.fid:.1f}</text>",
        f'<text class="tick" x="{left}" y="{y + 30}">0</text>',
    ]
    return Markup(
        f'<svg class="fid" viewBox="0 0 {width} {height}" role="img" aria-label="FID">{"".join(parts)}</svg>'
    )


def histogram_svg(values: Sequence[float], end: float, bins: int = 20, line: float | None = None) -> Markup:
    """How many `values` fall into each of `bins` equal parts of [0, end]; a dashed line at `line`."""
    width, height, left, right, top, bottom = 320, 140, 30, 8, 12, 22
    end = end or 1.0
    counts = [0] * bins
    for value in values:
        counts[min(bins - 1, max(0, int(value / end * bins)))] += 1
    most = max([*counts, 1])
    step = (width - left - right) / bins
    parts = []
    for tick in (0, most // 2, most) if most % 2 == 0 else (0, most):  # there is no half a student
        y = top + (height - top - bottom) * (1 - tick / most)
        parts.append(f'<line class="grid" x1="{left}" x2="{width - right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        label = str(tick)
        parts.append(f'<text class="tick" x="{left - 5}" y="{y + 3:.1f}" text-anchor="end">{label}</text>')
    for index, count in enumerate(counts):
        tall = (height - top - bottom) * count / most
        a, b = end * index / bins, end * (index + 1) / bins
        parts.append(
            f'<rect class="hist" x="{left + index * step + 1:.1f}" y="{height - bottom - tall:.1f}" '
            f'width="{step - 2:.1f}" height="{tall:.1f}"><title>{nice(a)} - {nice(b)}: {count}</title></rect>'
        )
    for value, anchor in ((0.0, "start"), (end / 2, "middle"), (end, "end")):
        x = left + (width - left - right) * value / end
        parts.append(
            f'<text class="tick" x="{x:.1f}" y="{height - 8}" text-anchor="{anchor}">{nice(value)}</text>'
        )
    if line is not None and line <= end:
        x = left + (width - left - right) * line / end
        parts.append(f'<line class="limit" x1="{x:.1f}" x2="{x:.1f}" y1="{top - 6}" y2="{height - bottom}"/>')
    return Markup(f'<svg viewBox="0 0 {width} {height}" role="img">{"".join(parts)}</svg>')
