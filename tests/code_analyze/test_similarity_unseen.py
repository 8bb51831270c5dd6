"""The benchmark's unseen class: honest solutions, copies made by hand, and what is noted about both."""

from __future__ import annotations

import ast

import pytest
from similarity_kit import ROOT, Solution, files_of, read_cohort

from benchmarks.similarity.check_cohort import TRACKS, blank_regions, read_mistakes
from benchmarks.similarity.unseen import LEVELS, is_true, rank, read_copies
from hwlib.assignment import load_assignment

HONEST = {s.name: s for s in read_cohort("unseen")}
COPIES = {s.name: s for s in read_cohort("unseen_copies")}
PUBLIC = {
    track: {
        check.id
        for _, check in load_assignment(ROOT / "handouts" / track / "assignment.yaml").checks.values()
        if check.visibility == "public"
    }
    for track in TRACKS
}


@pytest.mark.parametrize("solution", [*HONEST.values(), *COPIES.values()], ids=lambda s: s.name)
def test_unseen_solutions_are_complete_and_parse(solution: Solution) -> None:
    assert blank_regions(solution) == []
    for path, text in files_of(solution).items():
        ast.parse(text, path)


def test_unseen_copies_name_their_sources() -> None:
    about = read_copies()
    assert set(about) == set(COPIES)
    for name, copy in about.items():
        assert set(copy["sources"]) <= set(HONEST), name
        assert len(copy["sources"]) == (2 if copy["level"] == 5 else 1), name
        assert copy["how"], name
        for source in copy["sources"]:
            assert COPIES[name].regions != HONEST[source].regions
    assert sorted(copy["level"] for copy in about.values()) == sorted([*LEVELS] * 4)


@pytest.mark.parametrize(("part", "solutions"), [("unseen", HONEST), ("unseen_copies", COPIES)])
def test_unseen_mistakes_are_of_solutions_and_public_checks(
    part: str, solutions: dict[str, Solution]
) -> None:
    mistakes = read_mistakes(part)
    assert mistakes
    assert set(mistakes) <= set(solutions)
    for name, mistake in mistakes.items():
        assert mistake["what"], name
        for track in set(mistake) - {"what"}:
            assert mistake[track], name
            assert set(mistake[track]) <= PUBLIC[track], name


def test_unseen_copies_keep_the_mistakes_of_their_sources() -> None:
    # A copied mistake is evidence; one that a copy of this class lost or won would be a slip of its writer.
    wrong, copied = read_mistakes("unseen"), read_mistakes("unseen_copies")
    for name in copied:
        assert any(source in wrong for source in read_copies()[name]["sources"])


def test_unseen_ranks_count_ties_as_last() -> None:
    pairs = {frozenset("ab"): 3.0, frozenset("ac"): 2.0, frozenset("bc"): 2.0}
    assert rank(frozenset("ab"), list(pairs), pairs) == 1
    assert rank(frozenset("ac"), list(pairs), pairs) == 3
    assert rank(frozenset("bd"), [*pairs, frozenset("bd")], pairs) == 4
    assert is_true(frozenset("ab"), {"a": {"b", "c"}})
    assert not is_true(frozenset("bc"), {"a": {"b", "c"}})
