"""Packs what is handed in: code, report and summary.txt in one zip named after the student number.

python -m hwlib.pack 2026000000     in any folder of the kit; writes 2026000000.zip into the kit's folder
"""

from __future__ import annotations

import argparse
import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from hwlib.assignment import Assignment, all_assignments, load_assignment
from hwlib.errors import HomeworkError, cli_errors
from hwlib.files import atomic_write_bytes

CODES = "codes"
ANALYZE = "code_analyze/analyze.py"
STARTER = "_codes"  # beside it: what the code is compared with
FIGURES = "figures"  # where hwlib.figures writes; they belong into the report
SUMMARY = "code_analyze/summary.txt"
_BLANK = re.compile(r"raise NotImplementedError\([^\n]*not filled in yet")
_NO_ANSWER = "YOUR ANSWER HERE"


def find_kit(start: Path) -> Path:
    """The folder of the kit that `start` lies in: the one with codes/ and handouts/.

    Raises HomeworkError if there is none.
    """
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / CODES).is_dir() and all_assignments(folder / "handouts"):
            return folder
    raise HomeworkError(
        f"found no {CODES}/ with handouts/ beside it in {start.resolve()} or above. "
        "Go to the folder that the kit was unpacked to, and type the command there."
    )


def code_files(kit: Path, assignment: Assignment) -> dict[str, Path]:
    """Name in the zip -> file, for a track's code without what the handout asks to leave out."""
    limits = assignment.submission.limits
    left_out_folders = {*limits.forbidden_folders, FIGURES}
    folder = kit / CODES / assignment.track
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        left_out = any(part.startswith(".") or part in left_out_folders for part in inside.parts)
        if path.is_file() and not left_out and path.suffix.lower() not in limits.forbidden_suffixes:
            found[path.relative_to(kit).as_posix()] = path
    return found


def report_files(kit: Path, assignment: Assignment) -> dict[str, Path]:
    """Name in the zip -> file: report* beside codes/, and in the track's folder of the handouts."""
    found: dict[str, Path] = {}
    folder = kit / "handouts" / assignment.track
    for suffix in assignment.report.formats:
        found |= {path.name: path for path in kit.glob(f"report*{suffix}")}
        for path in folder.glob(f"report*{suffix}"):
            found[f"report_{assignment.track}{path.stem.removeprefix('report')}{suffix}"] = path
    return found


def collect(kit: Path) -> dict[str, Path]:
    """Name in the zip -> file, for the code and the report.

    Raises HomeworkError if there is no code, or a file is larger than the handout allows.
    """
    files: dict[str, Path] = {}
    for track, path in all_assignments(kit / "handouts").items():
        if not (kit / CODES / track).is_dir():
            continue
        assignment = load_assignment(path)
        files |= code_files(kit, assignment) | report_files(kit, assignment)
        limit = assignment.submission.limits.file_mb
        for name, file in files.items():
            if file.stat().st_size > limit * 1e6:
                size = file.stat().st_size / 1e6
                raise HomeworkError(
                    f"{name} has {size:.0f} MB, at most {limit:g} MB are accepted. Move it away."
                )
    if not any(name.startswith(f"{CODES}/") for name in files):
        raise HomeworkError(f"found no track in {kit / CODES}, expected folders such as VAE. Put them back.")
    return files


def make_summary(kit: Path, files: dict[str, Path]) -> tuple[bytes, list[str]]:
    """summary.txt of the files that are packed, and of no other that lies beside them; and what the code
    analysis says on the terminal.

    Raises HomeworkError if the program is missing or fails.
    """
    for needed in (kit / ANALYZE, (kit / ANALYZE).parent / STARTER):
        if not needed.exists():
            raise HomeworkError(
                f"{needed} is missing; summary.txt can't be made without it. Take it from the kit again."
            )
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copytree((kit / ANALYZE).parent, copy / "code_analyze")
        for name, file in files.items():
            if name.startswith(f"{CODES}/"):
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy / name)
        command = [sys.executable, str(copy / ANALYZE)]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
        if done.returncode:
            reason = (done.stderr.strip() or done.stdout.strip()).removeprefix("error: ").rstrip(".")
            raise HomeworkError(f"summary.txt could not be made: {reason}. Run python {ANALYZE} to see more.")
        said = done.stdout.strip().replace(str(copy / SUMMARY), "summary.txt").split("\n")
        return (copy / SUMMARY).read_bytes(), said


def pack(kit: Path, number: str) -> tuple[Path, list[str], list[str]]:
    """Writes the zip into the kit's folder; returns its path, the names in it, what the code analysis says.

    Raises HomeworkError for a number that is none, and for what `collect` and `make_summary` refuse.
    """
    assignments = [load_assignment(path) for path in all_assignments(kit / "handouts").values()]
    submission = assignments[0].submission
    if not re.fullmatch(submission.student_number, number):
        raise HomeworkError(
            f"found the student number {number!r}, expected digits of the form {submission.student_number}. "
            "Type your own: python -m hwlib.pack 2026000000"
        )
    files = collect(kit)
    contents = {name: file.read_bytes() for name, file in files.items()}
    contents["summary.txt"], said = make_summary(kit, files)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(contents):
            archive.writestr(name, contents[name])
    content = buffer.getvalue()
    if len(content) > submission.limits.archive_mb * 1e6:
        raise HomeworkError(
            f"the zip would have {len(content) / 1e6:.0f} MB, at most {submission.limits.archive_mb:g} MB "
            "are accepted. Move away what does not belong to the code or the report."
        )
    target = kit / f"{number}.zip"
    atomic_write_bytes(target, content)
    return target, sorted(contents), said


def what_is_blank(files: dict[str, Path]) -> list[str]:
    """Sentences on what is packed as the kit came: regions without code, a notebook without answers."""
    found = []
    for track in sorted({name.split("/")[1] for name in files if name.startswith(f"{CODES}/")}):
        sources = [
            file.read_text(encoding="utf-8", errors="replace")
            for name, file in files.items()
            if name.startswith(f"{CODES}/{track}/") and name.endswith(".py")
        ]
        blank = sum(len(_BLANK.findall(source)) for source in sources)
        if blank:
            regions = "region" if blank == 1 else "regions"
            found.append(f"{CODES}/{track}: {blank} {regions} not filled in (fine for optional ones).")
    for name, file in files.items():
        if name.endswith(".ipynb") and not _answered(file):
            found.append(
                f"{name}: the notebook holds no answer yet (fine if your report is another file in the zip)."
            )
    return found


def _answered(notebook: Path) -> bool:
    """Whether a cell for an answer holds something else than the kit put there."""
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        answers = [cell["source"] for cell in cells if cell["metadata"].get("nbgrader", {}).get("solution")]
    except (ValueError, KeyError, TypeError, AttributeError):
        return True  # a notebook of the student's own
    return not answers or any("".join(source).strip() not in ("", _NO_ANSWER) for source in answers)


@cli_errors()
def main(argv: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m hwlib.pack", description=__doc__.splitlines()[0])
    parser.add_argument("number", help="your student number")
    args = parser.parse_args(argv)
    kit = find_kit(Path.cwd())
    target, names, said = pack(kit, args.number)
    for line in [*(f"  {name}" for name in names), *said]:
        print(line)
    print(f"{target}: {len(names)} files, {target.stat().st_size / 1000:,.1f} kB")
    for track in all_assignments(kit / "handouts"):
        if not any(name.startswith(f"{CODES}/{track}/") for name in names):
            print(f"note: {CODES}/{track} is not in it. If you worked on {track}, put the folder back.")
    if not any(name.startswith("report") for name in names):
        print("warning: there is no report in it. Put report.pdf (.docx, .ipynb) beside codes/.")
    for sentence in what_is_blank(collect(kit)):
        print(f"warning: {sentence}")


if __name__ == "__main__":
    main()
