"""Cuts the starter that students fill in from the reference solution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hwlib.errors import HomeworkError

START = "# TODO START"
END = "# TODO END"
NOT_FILLED_IN = "not filled in yet"


@dataclass(frozen=True)
class Region:
    """Lines between a pair of TODO markers; `first` and `last` are the markers' own indices, from 0."""

    number: int
    first: int
    last: int
    indent: str


def find_regions(lines: list[str], file: str) -> list[Region]:
    """The TODO regions of a file, numbered from 1.

    Raises:
        HomeworkError: a marker without its partner, a region inside a region, or an empty one.
    """
    regions: list[Region] = []
    first: int | None = None
    for index, line in enumerate(lines):
        text = line.strip()
        if text == START:
            if first is not None:
                raise HomeworkError(
                    f"{file}:{index + 1}: {START} inside the region of line {first + 1}; end that one."
                )
            first = index
        elif text == END:
            if first is None:
                raise HomeworkError(f"{file}:{index + 1}: {END} without a {START} above it.")
            if first + 1 == index:
                raise HomeworkError(
                    f"{file}:{index + 1}: the region is empty; write its answer between the markers."
                )
            indent = lines[first][: len(lines[first]) - len(lines[first].lstrip())]
            regions.append(Region(len(regions) + 1, first, index, indent))
            first = None
    if first is not None:
        raise HomeworkError(f"{file}:{first + 1}: {START} without an {END} below it.")
    return regions


def cut(solution: str, file: str, titles: Mapping[int, str]) -> str:
    """The starter of one file of the solution.

    In each region the comments straight after `# TODO START`, the student's contract, stay; everything
    after them, the answer, becomes a `raise NotImplementedError` that names the file and the region.

    Args:
        solution: source text of the solution.
        file: its name, for the messages.
        titles: title of each region by its number, from the assignment's description.

    Raises:
        HomeworkError: the regions and the titles don't match, or `find_regions` raises.
    """
    lines = solution.splitlines()
    regions = find_regions(lines, file)
    if [region.number for region in regions] != sorted(titles):
        raise HomeworkError(
            f"{file} has {len(regions)} TODO regions, its assignment.yaml describes {sorted(titles)}; "
            "make the two agree."
        )
    for region in reversed(regions):
        inside = lines[region.first + 1 : region.last]
        contract: list[str] = []
        while len(contract) < len(inside) and inside[len(contract)].lstrip().startswith("#"):
            contract.append(inside[len(contract)])
        message = f"{file}, TODO {region.number} ({titles[region.number]}): {NOT_FILLED_IN}"
        blank = f'{region.indent}raise NotImplementedError("{message}")'
        lines[region.first + 1 : region.last] = [*contract, blank]
    return "\n".join(lines) + "\n"
