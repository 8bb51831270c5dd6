"""Taking one hand-in in, from the zip (or folder) to the folders of its tracks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import grader
from grader.intake import deliverables, layout, sources, summaries
from grader.intake.archives import copy_folder, open_inner, unpack
from grader.intake.notes import Notes, some, some_zh
from grader.intake.refusals import RefusedError
from grader.intake.writer import Unpacked
from grader.results import Finding
from hwlib.assignment import Assignment, all_assignments, load_assignment


@dataclass(frozen=True)
class Intake:
    """A submission that has been taken in.

    Attributes:
        root: the folder with everything that was unpacked.
        tracks: track -> folder with its files, ready for the checks.
        findings: what does not follow the handout, the grave ones first.
        reports: paths of the reports, relative to `root`.
    """

    root: Path
    tracks: dict[str, Path] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    reports: tuple[str, ...] = ()


def take_in(path: Path, scratch: Path, assignments: Mapping[str, Assignment] | None = None) -> Intake:
    """Takes a zip or folder in; only files below `scratch` are written.

    Args:
        path: what was handed in; it is only read.
        scratch: a folder that exists and lives as long as the result.
        assignments: the year's assignments by track; the repository's by default.

    Raises:
        RefusedError: it is no zip, encrypted, damaged or a bomb, or not there.
    """
    notes = Notes(_assignments() if assignments is None else assignments)
    root = scratch / "submission"
    root.mkdir()
    if path.is_dir():
        unpacked = copy_folder(path, root)
    elif path.is_file():
        unpacked = unpack(path, root)
        deliverables.check_size(path, notes)
    else:
        raise RefusedError(f"{path} does not exist.", f"{path} 不存在。")
    _report(unpacked, notes)
    _open_nested(root, scratch, notes)
    deliverables.check_number(path.stem if path.is_file() else path.name, root, notes)
    deliverables.check_files(root, notes)
    reports = deliverables.find_reports(root, notes)
    tracks = layout.find_tracks(root, notes.assignments, notes)
    summaries.check_summary(root, root / "codes", notes)
    for track, folder in tracks.items():
        sources.recode(folder, track, notes)
        sources.report_shadows(folder, track, notes)
    return Intake(root, tracks, notes.findings(), reports)


@cache
def _assignments() -> dict[str, Assignment]:
    handouts = Path(grader.__file__).resolve().parent.parent / "handouts"
    return {track: load_assignment(file) for track, file in all_assignments(handouts).items()}


def _open_nested(root: Path, scratch: Path, notes: Notes) -> None:
    opened = open_inner(root, scratch)
    if opened is None:
        return
    name, unpacked = opened
    _report(unpacked, notes)
    notes.add(
        "zip_in_zip",
        f"The zip holds only another zip, {name}; that one was graded.",
        f"zip 文件中只有另一个 zip 文件 {name}；批改的是其内容。",
        rule=notes.content_rule("codes"),
    )


def _report(unpacked: Unpacked, notes: Notes) -> None:
    if unpacked.unsafe:
        notes.add(
            "unsafe_names",
            f"Left out, their names lead out of the folder or are no file names: {some(unpacked.unsafe)}.",
            f"已忽略，其名称指向文件夹之外或不是合法的文件名：{some_zh(unpacked.unsafe)}。",
            severity="error",
        )
    if unpacked.links:
        notes.add(
            "links",
            f"Left out, links and special files can't be handed in: {some(unpacked.links)}.",
            f"已忽略，不能提交链接和特殊文件：{some_zh(unpacked.links)}。",
            severity="error",
        )
    if unpacked.clashes:
        notes.add(
            "name_clashes",
            f"Left out, another file has the same name (case does not count): {some(unpacked.clashes)}.",
            f"已忽略，存在同名文件（不区分大小写）：{some_zh(unpacked.clashes)}。",
        )
    if unpacked.damaged:
        notes.add(
            "damaged",
            f"Left out, damaged in the zip: {some(unpacked.damaged)}. Hand the zip in again.",
            f"已忽略，在 zip 文件中已损坏：{some_zh(unpacked.damaged)}。请重新提交。",
            severity="error",
        )
    if unpacked.recoded:
        notes.add(
            "names_recoded",
            f"Names in GBK were read as such: {some(unpacked.recoded)}.",
            f"GBK 编码的文件名已转换：{some_zh(unpacked.recoded)}。",
            severity="info",
        )
    if unpacked.system:
        notes.add(
            "system_files",
            f"Files of the operating system were left out: {some(unpacked.system)}.",
            f"已忽略操作系统的文件：{some_zh(unpacked.system)}。",
            severity="info",
        )
