"""The benchmark's classes with copies made by hand: honest solutions, copies, and what is noted of both."""

from __future__ import annotations

import ast

import pytest
from similarity_kit import ROOT, files_of, read_cohort

from benchmarks.similarity.accuracy import measures
from benchmarks.similarity.check_cohort import TRACKS, blank_regions, read_mistakes
from benchmarks.similarity.cohort import COPIES, HAND_COPIED, PARTS
from benchmarks.similarity.sources import is_true, of_one_source
from benchmarks.similarity.unseen import LEVELS, rank, read_copies
from hwlib.assignment import load_assignment
from hwlib.errors import HomeworkError

COHORTS = {part: {s.name: s for s in read_cohort(part)} for part in PARTS if part.startswith(HAND_COPIED)}
PUBLIC = {
    track: {
        check.id
        for _, check in load_assignment(ROOT / "handouts" / track / "assignment.yaml").checks.values()
        if check.visibility == "public"
    }
    for track in TRACKS
}


@pytest.mark.parametrize("part", COHORTS)
def test_unseen_solutions_are_complete_and_parse(part: str) -> None:
    assert COHORTS[part]
    for name, solution in COHORTS[part].items():
        assert blank_regions(solution) == [], name
        for path, text in files_of(solution).items():
            ast.parse(text, f"{name} {path}")


@pytest.mark.parametrize("cohort", HAND_COPIED)
def test_unseen_copies_name_their_sources(cohort: str) -> None:
    honest, copies, about = COHORTS[cohort], COHORTS[cohort + COPIES], read_copies(cohort)
    assert set(about) == set(copies)
    for name, copy in about.items():
        assert set(copy["sources"]) <= set(honest), name
        assert len(copy["sources"]) == (2 if copy["level"] == 5 else 1), name
        assert copy["how"], name
        for source in copy["sources"]:
            assert copies[name].regions != honest[source].regions
    assert {copy["level"] for copy in about.values()} == set(LEVELS)


@pytest.mark.parametrize("part", COHORTS)
def test_unseen_mistakes_are_of_solutions_and_public_checks(part: str) -> None:
    mistakes = read_mistakes(part)
    assert set(mistakes) <= set(COHORTS[part])
    assert mistakes or part != "unseen"
    for name, mistake in mistakes.items():
        assert mistake["what"], name
        assert set(mistake) > {"what"}, name
        for track in set(mistake) - {"what"}:
            # None where only hidden checks see it.
            assert set(mistake[track]) <= PUBLIC[track], name


@pytest.mark.parametrize("cohort", HAND_COPIED)
def test_unseen_copies_keep_the_mistakes_of_their_sources(cohort: str) -> None:
    # A copied mistake is evidence; one that a copy of this class lost or won would be a slip of its writer.
    wrong, copied = read_mistakes(cohort), read_mistakes(cohort + COPIES)
    for name in copied:
        assert any(source in wrong for source in read_copies(cohort)[name]["sources"])


def test_unseen_cohort_without_copies_says_which_have_some() -> None:
    with pytest.raises(HomeworkError, match=r"'tuning' has no copies made by hand.*expected one of unseen"):
        read_copies("tuning")


def test_unseen_ranks_count_ties_as_last() -> None:
    pairs = {frozenset("ab"): 3.0, frozenset("ac"): 2.0, frozenset("bc"): 2.0}
    assert rank(frozenset("ab"), list(pairs), pairs) == 1
    assert rank(frozenset("ac"), list(pairs), pairs) == 3
    assert rank(frozenset("bd"), [*pairs, frozenset("bd")], pairs) == 4
    assert is_true(frozenset("ab"), {"a": {"b", "c"}})
    assert not is_true(frozenset("bc"), {"a": {"b", "c"}})


def test_unseen_two_copies_of_one_source_are_neither_hit_nor_honest() -> None:
    sources = {"a": {"c"}, "b": {"c", "d"}}
    assert of_one_source(frozenset("ab"), sources)
    assert not of_one_source(frozenset("ac"), sources)
    assert not of_one_source(frozenset("cd"), sources)


def test_unseen_measures_without_pairs_of_two_copies() -> None:
    # Two copies of different sources, by one hand, are the most alike; then come the two true pairs.
    sources = {"c": {"a"}, "d": {"b"}}
    pairs = {frozenset("cd"): 9.0, frozenset("ac"): 5.0, frozenset("bd"): 4.0, frozenset("ab"): 1.0}
    many = [*"abcd", *"efgh"]  # the sixth false pair must exist
    assert measures(many, sources, pairs)[2:] == [0.0, 1.0]
    assert measures(many, sources, pairs, without_two_copies=True) == [1.0, 1.0, 1.0, 1.0]
