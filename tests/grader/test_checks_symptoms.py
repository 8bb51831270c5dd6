"""Hints at an error message, in the handout's own words."""

import pytest

from grader.checks.reference import HANDOUTS
from hwlib.assignment import load_assignment
from hwlib.checking.symptoms import hint_of


@pytest.mark.parametrize(
    ("message", "symptom"),
    [
        ("Trying to backward through the graph a second time (or directly access ...", "second_backward"),
        (
            "Using a target size (torch.Size([6, 1])) that is different to the input size (torch.Size([6]))",
            "shapes",
        ),
        ("one of the variables ... has been modified by an inplace operation: [...]", "changed_in_place"),
        ("element 0 of tensors does not require grad and does not have a grad_fn", "no_graph"),
    ],
)
def test_a_message_that_the_handout_quotes_is_explained(message: str, symptom: str) -> None:
    assignment = load_assignment(HANDOUTS / "GAN")
    hint = hint_of(assignment, message)
    known = assignment.symptom(symptom)
    assert hint is not None
    assert hint.en == f"{known.cause.en} {known.what_to_do.en}"
    assert hint.zh == f"{known.cause.zh}{known.what_to_do.zh}"


def test_other_messages_have_no_hint_of_the_handouts() -> None:
    assert hint_of(load_assignment(HANDOUTS / "GAN"), "name 'lable' is not defined") is None
