"""Makes everything that students get from `solutions/`: the starter and the kit.

python -m course.release            cuts codes/ and code_analyze/_codes/, packs dist/student-kit.zip
python -m course.release --check    says whether codes/ and code_analyze/_codes/ are up to date
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

from course.starter import cut, find_regions
from hwlib.assignment import all_assignments, load_assignment
from hwlib.errors import HomeworkError, cli_errors
from hwlib.files import atomic_write_bytes

ROOT = Path(__file__).resolve().parents[1]
COPIES = ("codes", "code_analyze/_codes")  # what students edit, and the pristine copy for the code analysis
KIT = "dist/student-kit.zip"


def tracks(root: Path) -> list[str]:
    """The tracks that have a description."""
    return list(all_assignments(root / "handouts"))


def cut_track(root: Path, track: str) -> dict[str, bytes]:
    """The starter of a track: file name -> content."""
    folder = root / "solutions" / track
    assignment = load_assignment(root / "handouts" / track)
    files = {}
    for path in sorted(folder.glob("*")):
        if path.suffix == ".py":
            titles = {
                region.number: region.title.en for region in assignment.regions if region.file == path.name
            }
            files[path.name] = cut(path.read_text(encoding="utf-8"), path.name, titles).encode()
        elif path.name == "README.md":
            files[path.name] = path.read_bytes()
    missing = {region.file for region in assignment.regions} - set(files)
    if missing:
        raise HomeworkError(
            f"{folder} lacks {', '.join(sorted(missing))}, which {track}'s assignment.yaml describes."
        )
    return files


def starter_files(root: Path) -> dict[str, bytes]:
    """Path relative to the root -> content, for both copies of every track's starter."""
    starter = {}
    for track in tracks(root):
        for name, content in cut_track(root, track).items():
            for copy in COPIES:
                starter[f"{copy}/{track}/{name}"] = content
    return starter


def answer_lines(root: Path) -> set[str]:
    """Lines of code that stand in an answer and nowhere in the starter: none of them may reach a student.

    Lines of a word or two (`return z`) are in every program and give nothing away.
    """
    answers: set[str] = set()
    public: set[str] = set()
    for track in tracks(root):
        for path in (root / "solutions" / track).glob("*.py"):
            lines = path.read_text(encoding="utf-8").splitlines()
            for region in find_regions(lines, path.name):
                answers |= {line.strip() for line in lines[region.first + 1 : region.last]}
        for content in cut_track(root, track).values():
            public |= {line.strip() for line in content.decode().splitlines()}
    return {line for line in answers - public if len(line) > 30}


def stale(root: Path, starter: dict[str, bytes]) -> list[str]:
    """Files of the starter that are missing, differ, or don't belong there."""
    wrong = [name for name, content in starter.items() if not _same(root / name, content)]
    for track in tracks(root):
        for copy in COPIES:
            for path in (root / copy / track).glob("*"):
                name = path.relative_to(root).as_posix()
                if path.is_file() and path.suffix in (".py", ".md") and name not in starter:
                    wrong.append(name)
    return sorted(wrong)


def _same(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def build_kit(root: Path, starter: dict[str, bytes]) -> bytes:
    """The kit as a zip; raises HomeworkError if a line of an answer got into it."""
    # The renderer of the handouts is not needed to cut or check the starter.
    from course.kit import answers_in, kit_files, zip_bytes

    files = kit_files(root, starter)
    leaks = answers_in(files, answer_lines(root))
    if leaks:
        raise HomeworkError(
            f"lines of the solution stand in {', '.join(leaks)}; nothing was packed. Take them out."
        )
    return zip_bytes(files)


@cli_errors()
def main(argv: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m course.release", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if the starter is out of date"
    )
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository [this one]")
    args = parser.parse_args(argv)
    starter = starter_files(args.root)
    wrong = stale(args.root, starter)
    if args.check:
        if wrong:
            raise HomeworkError(
                f"{', '.join(wrong)}: not what solutions/ gives. Edit solutions/ only, then run: make release"
            )
        print(f"starter: {len(starter)} files agree with solutions/")
        return
    for name in wrong:
        if name in starter:
            atomic_write_bytes(args.root / name, starter[name])
        else:
            (args.root / name).unlink()
    print(f"starter: {len(wrong)} of {len(starter)} files changed")
    kit = build_kit(args.root, starter)
    atomic_write_bytes(args.root / KIT, kit)
    print(f"kit: {KIT}, {len(kit) / 1e6:.1f} MB, sha256 {hashlib.sha256(kit).hexdigest()}")


if __name__ == "__main__":
    main()
