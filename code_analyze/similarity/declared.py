"""What students declare that has to do with each other: a person, the same source, a given public source."""

from __future__ import annotations

import re

from code_analyze.similarity.intake import Submission
from code_analyze.similarity.regions import Code
from code_analyze.summary import Reference

_ENDING = re.compile(r"\.(?:git|html?|py|ipynb|md)$")


def persons(code: Code, other: Submission) -> list[Reference]:
    """Where `code` names the student of another submission, by number or name."""
    return [one for one in code.references if one.kind == "person" and _is(one.text, other)]


def _is(text: str, other: Submission) -> bool:
    """Whether "Name: ... Student ID: ..." is the student of a submission, which may be named after either.

    Names are compared word by word in any order; a single word must be the whole name.
    """
    if other.student in re.findall(r"\d{6,}", text):
        return True
    name = _words(text.partition(":")[2].rpartition("Student ID:")[0])
    named = _words(other.name)
    return bool(name) and (name == named or (len(name) > 1 and len(named) > 1 and name <= named))


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+", text.casefold()))


def same_sources(code: Code, other: Code) -> list[Reference]:
    """Addresses that both name, as `code` writes them."""
    theirs = {reference.key for reference in other.references if reference.kind == "url"}
    mine = {reference.key: reference for reference in code.references if reference.kind == "url"}
    return [mine[key] for key in sorted(mine.keys() & theirs)]


def sources(code: Code, source: Submission) -> list[Reference]:
    """Addresses that lead to a given public source: its name is the last part of a path in them, such as
    `pytorch-vae` of https://github.com/someone/PyTorch-VAE, or the last two, `someone-pytorch-vae`."""
    wanted = _squashed(source.name)
    found = []
    for reference in code.references:
        if reference.kind == "url":
            parts = [_squashed(part) for part in _ENDING.sub("", reference.key).split("/")[1:]]
            pairs = [one + other for one, other in zip(parts, parts[1:], strict=False)]
            if len(wanted) > 2 and wanted in (*parts, *pairs):
                found.append(reference)
    return found


def _squashed(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def declared(code: Code, other: Code) -> bool:
    """Whether one of the two owns up to the other: names the person, the given source, a source of both."""
    if other.submission.role == "reference":
        return bool(sources(code, other.submission))
    return bool(
        persons(code, other.submission) or persons(other, code.submission) or same_sources(code, other)
    )
