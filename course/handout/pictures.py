"""Diagrams and the gallery: pictures that stand inside the page, so that one file is the whole handout."""

from __future__ import annotations

import base64
import html
import re
from pathlib import Path

from hwlib.assignment import Assignment, Language

from .words import WORDS, word


def data_uri(path: Path) -> str:
    """A PNG as a `data:` address."""
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode("ascii")


def gallery_pictures(folder: Path) -> list[Path]:
    """The gallery's PNG files, sorted by name with numbers in their order."""
    return sorted((folder / "images").glob("*.png"), key=_natural)


def _natural(path: Path) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", path.stem)]


def caption(path: Path, assignment: Assignment, language: Language) -> str:
    """A caption from the file's name: `samples_latent_dim-10.png` are samples at latent_dim 10."""
    stem = re.sub(r"^\d+_", "", path.stem)  # a number in front only sorts
    flags = "|".join(re.escape(flag.name) for flag in assignment.run.flags)
    found = re.compile(rf"_({flags})-([^_]+)")
    group = found.sub("", stem)
    settings = [f"{name} {value}" for name, value in found.findall(stem)]
    what = word(group, language) if group in WORDS else group.replace("_", " ")
    what = what[:1].upper() + what[1:]
    return what + (word("comma", language) + ", ".join(settings) if settings else "")


def gallery(folder: Path, assignment: Assignment, language: Language) -> str:
    """The reference's pictures as figures; an empty text while there are none."""
    figures = []
    paths = gallery_pictures(folder)
    small = [path for path in paths if "curves" not in path.stem]
    for path in paths:
        text = html.escape(caption(path, assignment, language))
        # Three in a row; a first one that would be left over has a row of its own.
        kind = "alone" if len(small) % 3 == 1 and path == small[0] else "" if path in small else "wide"
        name = f' class="{kind}"' if kind else ""
        figures.append(
            f'<figure{name}><img src="{data_uri(path)}" alt="{text}"><figcaption>{text}</figcaption></figure>'
        )
    return '<div class="gallery">\n' + "\n".join(figures) + "\n</div>" if figures else ""


def diagram(folder: Path, name: str, labels: dict[str, str], text: str) -> str:
    """An SVG of the track's images folder with its `[[key]]` places filled in, as a figure."""
    svg = (folder / "images" / name).read_text(encoding="utf-8")
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    for key, value in labels.items():
        svg = svg.replace(f"[[{key}]]", html.escape(value))
    lines = " ".join(line.strip() for line in svg.splitlines() if line.strip())
    return f'<figure class="diagram">{lines}<figcaption>{html.escape(text)}</figcaption></figure>'
