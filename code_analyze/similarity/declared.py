"""What students declare that has to do with each other: a person, the same source, a given public source."""

from __future__ import annotations

import re

from code_analyze.similarity.intake import Submission
from code_analyze.similarity.regions import Code
from code_analyze.summary import Reference


def persons(code: Code, other: Submission) -> list[Reference]:
    """Where `code` names the student of another submission, by number or name."""
    found = []
    name = other.name.casefold()
    for reference in code.references:
        if reference.kind == "person":
            text = reference.text.casefold()
            number = other.student in re.findall(r"\d{6,}", text)
            if number or other.student.casefold() in text or name in text:
                found.append(reference)
    return found


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
            parts = [_squashed(part) for part in reference.key.removesuffix(".git").split("/")[1:]]
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
