"""The benchmark's own parts: the cohort, and the program that disguises copies."""

from __future__ import annotations

import ast

import pytest
from similarity_kit import STARTER, files_of, read_cohort

from benchmarks.similarity.cohort import REGIONS
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
