"""Made-up verdicts: mistakes, layer tables and pictures, for `grader.sample`."""

from __future__ import annotations

import io
import math
import random
from typing import Any, Literal

from PIL import Image

from grader.results import Picture
from hwlib.assignment import Assignment
from hwlib.checking.verdict import (
    CheckResult,
    LayerTable,
    Location,
    Misconception,
    Outcome,
    TableCell,
    TableRow,
    TracebackLine,
    Translation,
)

MISTAKES = (
    Misconception(
        id="summed_over_batch",
        title="The loss is summed over the batch instead of averaged.",
        explanation="The value grows with the batch size: at 64 images it is 64 times too large.",
        title_zh="损失对批求和，而没有取平均。",
        explanation_zh="数值随批大小增长：批大小为 64 时放大了 64 倍。",
    ),
    Misconception(
        id="mean_over_pixels",
        title="The reconstruction loss is averaged over the pixels.",
        explanation="It is 1024 times too small; the KL divergence then outweighs it.",
        title_zh="重构损失对像素取了平均。",
        explanation_zh="数值小了 1024 倍，KL 散度因此占据主导。",
    ),
    Misconception(
        id="log_variance",
        title="log sigma is read as the log of the variance.",
        explanation="The handout's second half of Enc-6 is log sigma: sigma = exp(log sigma).",
        title_zh="把 log sigma 当成了对数方差。",
        explanation_zh="Enc-6 输出的后一半是 log sigma：sigma = exp(log sigma)。",
    ),
    Misconception(
        id="relu_after_last",
        title="There is a ReLU after the last encoder layer.",
        explanation="mu and log sigma can then never be negative.",
        title_zh="编码器最后一层之后多了 ReLU。",
        explanation_zh="mu 和 log sigma 因此不可能为负。",
    ),
)


def sample_table(assignment: Assignment) -> LayerTable:
    """The first network's table with a wrong stride, a missing activation and a missing layer."""
    rows = []
    layers = assignment.networks[0].layers
    for index, layer in enumerate(layers):
        volume = " x ".join(str(size) for size in layer.output)
        wrong = index == 1
        missing = index == len(layers) - 1
        cells = (
            TableCell(found="" if missing else layer.type, expected=layer.type, differs=missing),
            TableCell(found="" if missing else volume, expected=volume, differs=missing),
            TableCell(
                found="" if missing else "1" if wrong else str(layer.stride or "-"),
                expected=str(layer.stride or "-"),
                differs=wrong or missing,
            ),
            TableCell(
                found="" if missing else str(layer.activation),
                expected=str(layer.activation),
                differs=missing,
            ),
        )
        state: Literal["same", "differs", "missing"] = (
            "missing" if missing else "differs" if wrong else "same"
        )
        rows.append(TableRow(layer=layer.id, state=state, cells=cells))
    return LayerTable(columns=("type", "output", "stride", "activation"), rows=tuple(rows))


def sample_picture(rng: random.Random, title: str) -> Picture:
    """A grid of 8 x 2 grey blobs, 32 pixels each."""
    image = Image.new("L", (8 * 34 + 2, 2 * 34 + 2), 40)
    for column in range(8):
        for row in range(2):
            x, y = rng.uniform(10, 22), rng.uniform(10, 22)
            for i in range(32):
                for j in range(32):
                    value = 255 * math.exp(-((i - x) ** 2 + (j - y) ** 2) / 60)
                    image.putpixel((2 + 34 * column + i, 2 + 34 * row + j), int(value))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return Picture(title=title, png=buffer.getvalue())


def sample_check(
    assignment: Assignment, rng: random.Random, region_id: str, index: int, skill: float
) -> CheckResult:
    """One verdict; the better the student (`skill` in [0, 1]), the more likely it passes."""
    region = assignment.region(region_id)
    check = region.checks[index]
    roll = rng.random()
    common: dict[str, Any] = {
        "id": f"{assignment.track}/{check.id}",
        "title": check.title.en,
        "track": assignment.track,
        "region": region.id,
        "max_points": check.points,
        "visibility": check.visibility,
        "zh": Translation(title=check.title.zh),
        "handout": region.title.en,
        "seconds": round(rng.uniform(0.01, 0.2), 4),
    }
    if roll < skill:
        return CheckResult(**common, outcome=Outcome.PASSED, points=check.points)
    if roll > 0.995:
        return CheckResult(
            **common, outcome=Outcome.GRADER_ERROR, points=None, private="reference ran out of memory"
        )
    if roll < skill + 0.08:
        return CheckResult(
            **common, outcome=Outcome.NOT_REACHED, points=0, needs=(f"{assignment.track}/forward_modes",)
        )
    if rng.random() < 0.15:
        return CheckResult(
            **common,
            outcome=Outcome.WRONG,
            points=0,
            blank=True,
            found=f"{region.file}, TODO {region.number} ({region.id}): not filled in yet",
            expected="your own code between # TODO START and # TODO END",
            location=Location(file=region.file, line=40 + index),
        )
    mistake = rng.choice(MISTAKES)
    layers = "layers" in check.id or "table" in check.title.en
    return CheckResult(
        **common,
        outcome=Outcome.WRONG,
        points=round(check.points * rng.choice((0, 0, 0.5)), 2),
        expected="709.78 for a batch of 64",
        found=f"{709.78 * 64:.2f} for a batch of 64",
        misconception=mistake,
        hint="Compare a batch of 1 with the same image 64 times.",
        location=Location(file=region.file, line=rng.randrange(30, 90)),
        traceback=(TracebackLine(file=region.file, line=57, code="recon = self.decoder(z)"),)
        if rng.random() < 0.3
        else (),
        table=sample_table(assignment) if layers else None,
    )
