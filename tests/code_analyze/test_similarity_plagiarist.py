"""The benchmark's own parts: the cohort, and the program that disguises copies."""

from __future__ import annotations

import ast

import pytest
from similarity_kit import STARTER, files_of, read_cohort

from benchmarks.similarity.cohort import REGIONS, Solution
from benchmarks.similarity.plagiarist import LEVELS, disguise

EVERYBODY = [*read_cohort("tuning"), *read_cohort("held_out")]


def test_similarity_cohort_is_complete_and_parses() -> None:
    assert len(EVERYBODY) >= 36
    for solution in EVERYBODY:
        assert set(REGIONS) - set(solution.regions) <= {"variants"}, solution.name
        for path, text in files_of(solution).items():
            ast.parse(text, f"{solution.name} {path}")
            if "variants" in solution.regions or path != "VAE/VAE.py":
                assert "NotImplementedError" not in text


def test_similarity_regions_stand_where_the_starter_has_them() -> None:
    for path, number in REGIONS.values():
        assert (STARTER / path).read_text(encoding="utf-8").count("# TODO START") >= number


@pytest.mark.parametrize("level", LEVELS)
def test_similarity_disguises_parse_differ_and_repeat(level: int) -> None:
    for index in (0, 7, 12):
        source, second = EVERYBODY[index], EVERYBODY[index + 1]
        copy = disguise(level, "copy", source, second, 3)
        assert copy == disguise(level, "copy", source, second, 3)
        assert copy.regions != source.regions
        for path, text in files_of(copy).items():
            ast.parse(text, f"{source.name} {path}")


def test_similarity_first_level_keeps_the_program() -> None:
    copy = disguise(1, "copy", EVERYBODY[0], None, 0)
    for path, text in files_of(EVERYBODY[0]).items():
        assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(files_of(copy)[path]))


def test_similarity_last_level_needs_two_sources() -> None:
    with pytest.raises(ValueError, match="second"):
        disguise(5, "copy", EVERYBODY[0], None, 0)


PROGRAM = """
from dataclasses import dataclass

@dataclass
class Row:
    width: int
    stride: int = 1

    def double(self):
        return self.width * 2

layers = {}
layers["first"] = 1
layers["second"] = 2
layers["third"] = 3
"""
REGION = """
x = None
value = abs(x.real) if x is not None else sum([1, 2])
return value
"""


@pytest.mark.parametrize("level", [2, 3, 4])
def test_similarity_disguised_programs_compute_the_same(level: int) -> None:
    """Fields are read by name elsewhere, entries keep their order, a condition guards what it guards."""
    file = "VAE/VAE.py"
    source = Solution("source", {"forward": REGION}, {file: PROGRAM})
    for seed in range(12):
        copy = disguise(level, "copy", source, None, seed)
        made: dict[str, object] = {}
        exec(copy.module[file], made)
        rows = [each for each in made.values() if isinstance(each, type) and hasattr(each, "stride")]
        assert rows[0](3).stride == 1
        assert [list(d) for d in made.values() if isinstance(d, dict) and "first" in d] == [
            ["first", "second", "third"]
        ]
        region = "def region():\n" + "".join(f"    {line}\n" for line in copy.regions["forward"].splitlines())
        exec(region, made)
        assert made["region"]() == 3  # type: ignore[operator]
