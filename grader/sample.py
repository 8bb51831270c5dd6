"""Made-up results for tests, benchmarks and a look at the pages: seeded, realistic, no submission needed."""

from __future__ import annotations

import hashlib
import math
import random
from datetime import timedelta
from pathlib import Path

from grader.results import Curve, FIDScore, Finding, Picture, SubmissionResult, TrackResult
from grader.sample_checks import sample_check, sample_picture
from hwlib.assignment import Assignment, all_assignments, load_assignment

ROOT = Path(__file__).resolve().parent.parent


def sample_assignments(handouts: Path = ROOT / "handouts") -> dict[str, Assignment]:
    """Track -> assignment, of all tracks in the repository."""
    return {track: load_assignment(path) for track, path in all_assignments(handouts).items()}


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
