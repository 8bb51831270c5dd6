"""python -m course.handout: renders the handouts to dist/handouts/<TRACK>/handout[.zh].{html,pdf}"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import cast

from hwlib.assignment import LANGUAGES, Language
from hwlib.errors import HomeworkError, cli_errors
from hwlib.files import atomic_write_bytes

from .check import check_handout
from .render import render_files
from .source import handout_files

ROOT = Path(__file__).resolve().parents[2]


@cli_errors()
def main(argv: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m course.handout", description=__doc__)
    parser.add_argument("--track", action="append", metavar="VAE", help="only this track; may be repeated")
    parser.add_argument(
        "--lang", action="append", choices=LANGUAGES, help="only this language; may be repeated"
    )
    parser.add_argument("--format", action="append", choices=("html", "pdf"), help="only this format")
    parser.add_argument("--handouts", type=Path, default=ROOT / "handouts", help="folder of the sources")
    parser.add_argument(
        "--out", type=Path, default=Path("dist/handouts"), help="where to write [%(default)s]"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; fail if a handout can't be rendered or its languages differ",
    )
    args = parser.parse_args(argv)
    languages = cast("list[Language] | None", args.lang)
    files = handout_files(args.handouts, args.track, languages)
    if not files:
        raise HomeworkError(
            f"found no */assignment.yaml in {args.handouts}, expected handouts. Choose another --handouts."
        )
    if args.check:
        folders = list(dict.fromkeys(file.folder for file in files))
        found = [sentence for folder in folders for sentence in check_handout(folder)]
        if found:
            raise HomeworkError("\n".join(found))
        print(f"handouts: {len(folders)} tracks, both languages agree")
        return
    formats = tuple(args.format or ("html", "pdf"))
    for file in files:
        for name, content in render_files(args.handouts, [file.track], [file.language], formats).items():
            atomic_write_bytes(args.out / name, content)
            print(f"{args.out / name}  {len(content) / 1000:,.0f} kB", flush=True)


if __name__ == "__main__":
    main()
