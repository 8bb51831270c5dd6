"""A sample cohort, made on the spot: `python -m grader.demo FOLDER`.

The reference, correct work written differently, known mistakes, the blank starter and a submission that
tries to end the grader and to read its answers: what a TA's folder looks like, for `make demo` and for
trying out the grader.
"""

from __future__ import annotations

import argparse
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from code_analyze.summary import analyze_tree, summarize
from grader.variants import Kind, Variant, load_variants, write_variant
from hwlib.assignment import all_assignments
from hwlib.errors import HomeworkError, cli_errors
from hwlib.files import atomic_write_bytes

ROOT = Path(__file__).resolve().parents[1]
_HOSTILE = """

import os, pathlib
for folder in pathlib.Path(__file__).resolve().parents:
    for answer in folder.glob("solutions/*/*.py"):
        exec(answer.read_text())
os._exit(0)
"""


@dataclass(frozen=True)
class Member:
    """One submission: its student number and the version of each track (kind, id), None for the reference."""

    number: str
    versions: dict[str, tuple[Kind, str] | None]
    starter: bool = False
    hostile: bool = False
    report: bool = True


COHORT = (
    Member("2026000001", {"VAE": None, "GAN": None}),
    Member(
        "2026000002", {"VAE": ("equivalents", "functional_with_other_names"), "GAN": ("equivalents", "tabs")}
    ),
    Member("2026000003", {"VAE": ("mutants", "relu_after_enc6"), "GAN": ("mutants", "init_never_applied")}),
    Member(
        "2026000004", {"VAE": ("equivalents", "loop_over_module_list"), "GAN": ("mutants", "saturating_loss")}
    ),
    Member("2026000005", {"VAE": ("equivalents", "clamp_for_relu")}, report=False),
    Member("2026000006", {"VAE": None, "GAN": None}, starter=True),
    Member("2026000007", {"VAE": None, "GAN": None}, hostile=True),
)


def version(track: str, chosen: tuple[Kind, str] | None) -> Variant | None:
    """The variant of that name.

    Raises:
        HomeworkError: there is none.
    """
    if chosen is None:
        return None
    kind, name = chosen
    for variant in load_variants(kind, track):
        if variant.id == name:
            return variant
    raise HomeworkError(f"grader/{kind}/{track}.yaml has no entry {name}; bring grader/demo.py up to date.")


def files_of(member: Member, folder: Path) -> dict[str, bytes]:
    """Name in the zip -> content; `folder` is an empty place to write to."""
    for track, chosen in member.versions.items():
        codes = folder / "codes" / track
        write_variant(version(track, chosen), track, codes)
        if member.starter:
            for path in codes.iterdir():
                path.write_bytes((ROOT / "codes" / track / path.name).read_bytes())
        if member.hostile:
            with (codes / f"{track}.py").open("a") as file:
                file.write(_HOSTILE)
        (codes / "README.md").write_bytes((ROOT / "codes" / track / "README.md").read_bytes())
    tree = analyze_tree(str(ROOT / "code_analyze" / "_codes"), str(folder / "codes"))
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.*"))}
    files["summary.txt"] = summarize(tree).encode()
    if member.report:
        files["report.pdf"] = b"%PDF-1.4\n%%EOF\n"
    return files


def make_cohort(folder: Path) -> int:
    """Writes the cohort's zips into a folder; returns how many."""
    tracks = set(all_assignments(ROOT / "handouts"))
    for member in COHORT:
        assert set(member.versions) <= tracks
        with tempfile.TemporaryDirectory() as scratch:
            files = files_of(member, Path(scratch))
            archive = Path(scratch) / "submission.zip"
            with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
                for name, content in files.items():
                    packed.writestr(f"{member.number}/{name}", content)
            atomic_write_bytes(folder / f"{member.number}.zip", archive.read_bytes())
    return len(COHORT)


@cli_errors()
def main(argv: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m grader.demo", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where to write the zips")
    args = parser.parse_args(argv)
    print(f"{make_cohort(args.folder)} submissions in {args.folder}/")


if __name__ == "__main__":
    main()
