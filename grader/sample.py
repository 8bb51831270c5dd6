"""Made-up results for tests, benchmarks and a look at the pages: seeded, realistic, no submission needed."""

from __future__ import annotations

import hashlib
import io
import math
import random
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from PIL import Image

from grader.results import Curve, FIDScore, Finding, Picture, SubmissionResult, TrackResult
from hwlib.assignment import Assignment, all_assignments, load_assignment
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

ROOT = Path(__file__).resolve().parent.parent

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


def sample_assignments(handouts: Path = ROOT / "handouts") -> dict[str, Assignment]:
    """Track -> assignment, of all tracks in the repository."""
    return {track: load_assignment(path) for track, path in all_assignments(handouts).items()}


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


def sample_track(assignment: Assignment, rng: random.Random, with_run: bool = True) -> TrackResult:
    """One track's result; with curves, pictures and FID if `with_run`."""
    skill = min(0.98, max(0.1, rng.gauss(0.85, 0.15)))
    checks = tuple(
        sample_check(assignment, rng, region.id, index, skill)
        for region in assignment.regions
        for index in range(len(region.checks))
    )
    curves: list[Curve] = []
    fid = None
    pictures: tuple[Picture, ...] = ()
    if with_run:
        steps = tuple(range(0, 600, 5))
        for tag in (curve.tag for curve in assignment.run.curves):
            level = rng.uniform(90, 140)
            values = tuple(round(level + 500 * math.exp(-s / 80) + rng.gauss(0, 6), 3) for s in steps)
            curves.append(Curve(name=tag, steps=steps, values=values))
        pictures = tuple(sample_picture(rng, group.tag) for group in assignment.run.images)
        fid = FIDScore(
            fid=round(rng.gauss(36, 7), 2),
            threshold=40,
            network=assignment.fid.network,
            num_real=3000,
            num_generated=3000,
            spread=0.4,
            reference_fid=31.5,
            reference_spread=1.2,
            memorised=rng.random() < 0.01,
        )
    return TrackResult(
        track=assignment.track,
        checks=checks,
        max_points=assignment.code_points,
        wall="bubblewrap",
        fid=fid,
        curves=tuple(curves),
        pictures=pictures,
        flags=("samples repeat training images",) if fid and fid.memorised else (),
        seconds=round(rng.uniform(0.5, 3), 3),
    )


def sample_result(
    assignments: dict[str, Assignment], number: int, seed: int = 0, with_run: bool = False
) -> SubmissionResult:
    """The result of made-up student `number`: the same for the same arguments."""
    rng = random.Random(f"{seed}/{number}")
    student = f"2026{number:06d}"
    deadline = next(iter(assignments.values())).deadline
    family, given = (
        rng.choice(["Wang", "Li", "Zhang", "Liu", "Chen", "Yang", "Zhao"]),
        rng.choice(["Wei", "Fang", "Min", "Jing", "Lei", "Na"]),
    )
    tracks = {}
    for track, assignment in assignments.items():
        if rng.random() < 0.03:
            tracks[track] = TrackResult(track=track, missing=True, max_points=assignment.code_points)
        else:
            tracks[track] = sample_track(assignment, rng, with_run)
    findings: tuple[Finding, ...] = ()
    if rng.random() < 0.3:
        findings = (
            Finding(
                code="layout_repaired",
                message="The folder codes/ was found one level too deep (hw2/codes) and moved up.",
                rule="The zip holds codes/, the report and summary.txt at the top.",
                message_zh="codes/ 文件夹多了一层(hw2/codes),已上移。",
                rule_zh="压缩包最上层应为 codes/、报告和 summary.txt。",
            ),
        )
    return SubmissionResult(
        student=student,
        display_name=f"{given} {family}",
        archive=f"{student}.zip",
        archive_sha256=hashlib.sha256(student.encode()).hexdigest(),
        submitted_at=deadline + timedelta(hours=min(rng.gauss(-24, 16), 60)),
        tracks=tracks,
        findings=findings,
        versions={"torch": "2.14.0"},
    )
