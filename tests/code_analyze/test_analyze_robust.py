"""analyze.py never ends in a traceback, and its work stays bounded whatever a file holds."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import pytest
from analyze_kit import (
    real_files,
    scrambled,
)

from code_analyze import summary
from code_analyze.summary import limits, lining_up, pairing

FILES = real_files()


@pytest.mark.parametrize("seeds", [range(60), pytest.param(range(60, 1200), marks=pytest.mark.slow)])
def test_no_accident_raises_and_nothing_is_counted_twice(seeds: range) -> None:
    for seed in seeds:
        rng = random.Random(seed)
        name, starter, solution = rng.choice(FILES)
        origin = summary.read_bytes(starter.encode("utf-8"))
        target = summary.read_bytes(scrambled(rng.choice([starter, solution]), rng))
        result = summary.analyze_file(origin, target, name)
        lines = [at for region in result.regions for at, _ in region.added_lines]
        outside = [at for at, _ in result.added_outside]
        assert len(lines) == len(set(lines))
        assert not set(lines) & set(outside)
        assert all(1 <= at <= len(target.lines) for at in lines + outside)
        assert len(result.regions) == starter.count("# TODO START")
        tree = summary.TreeAnalysis([result], [], [], "0" * 64)
        text = summary.summarize(tree)
        assert summary.verify_summary(text, tree) == []
        text.encode("utf-8")


def test_the_starter_is_never_the_students_work() -> None:
    """However line ends, tabs, byte order marks and white space at line ends come out of an editor."""
    for _, starter, _ in FILES:
        for change in (
            lambda text: text,
            lambda text: text.replace("\n", "\r\n"),
            lambda text: re.sub(
                r"^(?:    )+", lambda found: "\t" * (len(found.group()) // 4), text, flags=re.M
            ),
            lambda text: "\ufeff" + text,
            lambda text: text.replace("\n", "  \n"),
            lambda text: text.rstrip("\n"),
            lambda text: re.sub(
                r"^(?:    )+", lambda found: "  " * (len(found.group()) // 4), text, flags=re.M
            ),
            lambda text: "\n".join(line for line in text.split("\n") if "TODO START" not in line),
        ):
            result = summary.analyze_text(starter, change(starter))
            assert not any(region.added_lines or region.filled for region in result.regions)
            assert not result.added_outside


def cells(monkeypatch: pytest.MonkeyPatch, action: Callable[[], object]) -> int:
    """Cells of the tables that an analysis fills: the part of its work that could grow as a square."""
    total = 0
    real = lining_up.heaviest

    def counting(scores: list[list[int]]) -> list[tuple[int, int]]:
        nonlocal total
        total += len(scores) * len(scores[0])
        return real(scores)

    with monkeypatch.context() as patch:
        for module in (lining_up, pairing):
            patch.setattr(module, "heaviest", counting)
        action()
    return total


@pytest.mark.parametrize(
    "line",
    [
        "x = 1\n",
        "v{0} = {0}\n",
        "        # TODO START\n",
        "        self.encoder_{0} = nn.Linear({0})\n",
        "\n",
        "def f{0}():\n",
    ],
)
def test_work_does_not_grow_as_the_square_of_a_file(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    name, starter, solution = next(file for file in FILES if file[0] == "VAE/VAE.py")
    for place in ("        return mu + log_std.exp() * eps\n", "def build_variant"):
        assert place in solution

        def work(count: int, place: str = place) -> int:
            text = solution.replace(place, "".join(line.format(i) for i in range(count)) + place)
            return cells(monkeypatch, lambda: summary.analyze_text(starter, text))

        small, large = work(500), work(4000)
        assert large <= 9 * small + 4 * limits.MAX_CELLS


@pytest.mark.parametrize(
    "line",
    [
        "#" * 100_000,
        "# " * 50_000,
        "# Reference: https://" + "x" * 90 + "/a",
        "# Reference: " + "name: " * 20_000,
        "reference: student" + " " * 100_000 + "https://a",
        "# Reference: Name: " + "x , " * 20_000 + "Student",
        "x = = " + 'f"{' * 1_500,
        "x = = " + "f'{}" * 1_000,
        "x = = " + "in " * 1_500,
        "x = = " + "a[" * 40 + "a[b," * 9,
    ],
    ids=lambda line: line[:20],
)
def test_no_line_takes_long_however_it_was_made(line: str) -> None:
    """Expressions that go back again and again would take hours here; pytest's time limit catches them."""
    name, starter, solution = next(file for file in FILES if file[0] == "VAE/VAE.py")
    text = solution.replace("        # TODO END\n", f"        {line}\n        # TODO END\n")
    text += "\n".join([line] * (100_000 // len(line)))
    result = summary.analyze_text(starter, text, name)
    assert any(line[:20] in added for _, added in result.regions[0].added_lines)
