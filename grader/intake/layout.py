"""Where a submission's tracks are, and putting them where they belong: codes/<TRACK>/."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from grader.intake.notes import Notes, some, some_zh
from hwlib.assignment import Assignment

# Folders of the kit whose files are not the student's work.
NOT_WORK = frozenset(
    {"code_analyze", "_codes", "hwlib", "solutions", "handouts", "results", "runs", "data", "__pycache__"}
)


def find_tracks(root: Path, assignments: Mapping[str, Assignment], notes: Notes) -> dict[str, Path]:
    """The folder of each track that is there, moved to root/codes/<TRACK> where it was elsewhere.

    Whatever is repaired or missing becomes a finding.
    """
    folders = _folders(root)
    found = {}
    for track, assignment in assignments.items():
        candidates = sorted(
            (folder for folder in folders if _holds(folder, track, assignment.files)),
            key=lambda folder: _order(folder, root, track, assignment.files),
        )
        if not candidates:
            continue
        if len(candidates) > 1:
            names = [_shown(folder, root) for folder in candidates]
            notes.add(
                "several_copies",
                f"{track} is there {len(names)} times ({some(names)}); {names[0]} was graded.",
                f"{track} 出现 {len(names)} 次（{some_zh(names)}）；批改的是 {names[0]}。",
                rule=notes.content_rule("codes"),
            )
        found[track] = candidates[0]
    placed = {track: _place(folder, root, track, notes) for track, folder in found.items()}
    for track, folder in placed.items():
        _rename_files(folder, track, assignments[track].files, notes)
        _report_missing(folder, track, assignments[track].files, notes)
    if not placed:
        expected = " or ".join(f"codes/{track}/" for track in assignments)
        notes.add(
            "no_track",
            f"No code was found: expected {expected} with main.py and the other files of the starter.",
            f"没有找到代码：应有 {expected.replace(' or ', ' 或 ')}，其中包含 main.py 等文件。",
            severity="error",
            rule=notes.content_rule("codes"),
        )
    return placed


def _folders(root: Path) -> list[Path]:
    found = []
    for folder, folders, _ in os.walk(root):
        folders[:] = sorted(
            name for name in folders if name.lower() not in NOT_WORK and not name.startswith(".")
        )
        found.append(Path(folder))
    return found


def _holds(folder: Path, track: str, files: list[str]) -> bool:
    """Whether a folder is a track's: it has the network's file, or the track's name and some of its files."""
    names = {path.name.lower() for path in folder.iterdir() if path.is_file()}
    own = f"{track}.py".lower()
    common = len(names & {name.lower() for name in files})
    return (own in names and common >= 2) or (folder.name.lower() == track.lower() and common >= 1)


def _order(folder: Path, root: Path, track: str, files: list[str]) -> tuple[bool, bool, int, int, str]:
    names = {path.name.lower() for path in folder.iterdir() if path.is_file()}
    missing = len({name.lower() for name in files} - names)
    parts = folder.relative_to(root).parts
    return parts != ("codes", track), folder.name.lower() != track.lower(), missing, len(parts), str(folder)


def _place(folder: Path, root: Path, track: str, notes: Notes) -> Path:
    target = root / "codes" / track
    if folder == target:
        return target
    place = _shown(folder, root)
    notes.add(
        "layout_repaired",
        f"{track} was found in {place}, expected codes/{track}/; it was graded from there.",
        f"{track} 位于 {place}，应在 codes/{track}/；已按找到的位置批改。",
        rule=notes.content_rule("codes"),
    )
    # A copy: the folder may be another track's as well, or hold another track's.
    copy = root / f".placed-{track}"
    if folder == root:
        copy.mkdir()
        for path in sorted(root.iterdir()):
            if path.is_file():
                shutil.copy2(path, copy)
    else:
        shutil.copytree(folder, copy)
    if target.exists():
        target.rename(target.with_name(f"{track}-not-graded"))
    target.parent.mkdir(exist_ok=True)
    copy.rename(target)
    return target


def _rename_files(folder: Path, track: str, files: list[str], notes: Notes) -> None:
    there = {path.name for path in folder.iterdir() if path.is_file()}
    for name in files:
        other = next((found for found in sorted(there) if found.lower() == name.lower()), None)
        if name in there or other is None:
            continue
        (folder / other).rename(folder / name)
        notes.add(
            "file_renamed",
            f"{track}/{other} is named {name} in the starter; it was graded under that name.",
            f"{track}/{other} 在初始代码中名为 {name}；已按该名称批改。",
            rule=notes.content_rule("codes"),
        )


def _report_missing(folder: Path, track: str, files: list[str], notes: Notes) -> None:
    missing = [name for name in files if not (folder / name).is_file()]
    if missing:
        notes.add(
            "missing_file",
            f"{track} lacks {some(missing)}.",
            f"{track} 缺少 {some_zh(missing)}。",
            severity="error",
            rule=notes.content_rule("codes"),
        )


def _shown(folder: Path, root: Path) -> str:
    place = folder.relative_to(root).as_posix()
    return "the top of the zip" if place == "." else f"{place}/"
