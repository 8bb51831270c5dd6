"""Whatever a student reads of a check is there in both languages, with the same placeholders."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from hwlib.assignment import all_assignments
from hwlib.checking.words import NO_WORDS, Words, as_is, joined, say

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path for folder in ("hwlib", "grader") for path in (ROOT / folder).rglob("*.py") if path.is_file()
)
CHINESE = re.compile("[\u4e00-\u9fff]")
TRACKS = tuple(all_assignments(ROOT / "handouts"))


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def fields(template: str) -> list[str]:
    return sorted({name for _, name, _, _ in Formatter().parse(template) if name})


def faults(node: ast.Call) -> list[str]:
    """What is wrong with a call of `say`."""
    if len(node.args) != 2 or not all(
        isinstance(arg, ast.Constant) and isinstance(arg.value, str) and arg.value for arg in node.args
    ):
        return ["expected two texts, English and Chinese, written out"]
    english, chinese = (str(arg.value) for arg in node.args if isinstance(arg, ast.Constant))
    found = []
    given = sorted(str(keyword.arg) for keyword in node.keywords)
    if not (fields(english) == fields(chinese) == given) and given:
        found.append(f"placeholders {fields(english)} and {fields(chinese)}, values {given}")
    if not given and fields(english) != fields(chinese):
        found.append("placeholders without values")
    spoken = re.sub(r"\{[^}]*\}", "", english)
    if re.search(r"[A-Za-z]", spoken) and not CHINESE.search(chinese):
        found.append("no Chinese")
    if CHINESE.search(english):
        found.append("Chinese on the English side")
    return found


def test_every_text_of_a_check_is_said_in_both_languages() -> None:
    said = list(calls("say"))
    assert len(said) > 250
    wrong = [f"{place}: {fault}" for place, node in said for fault in faults(node)]
    assert wrong == []


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ('say("a", name)', "written out"),
        ('say("a")', "written out"),
        ('say("a", "")', "written out"),
        ('say("a {x}", "甲", x=1)', "placeholders"),
        ('say("a {x}", "甲 {x}", y=1)', "placeholders"),
        ('say("a", "a")', "no Chinese"),
        ('say("甲", "甲")', "English side"),
    ],
)
def test_a_text_that_lacks_a_side_is_found(source: str, fault: str) -> None:
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.Expr)
    assert isinstance(node.value, ast.Call)
    assert fault in "; ".join(faults(node.value))


def test_words_are_made_by_say_alone() -> None:
    """`Words` with a written-out text would go around the comparison."""
    written = [
        place
        for place, node in calls("Words")
        for arg in node.args
        if isinstance(arg, (ast.Constant, ast.JoinedStr)) and getattr(arg, "value", "x")
    ]
    assert written == []


@pytest.mark.parametrize("track", TRACKS)
def test_the_hint_of_every_check_is_there_in_both_languages(track: str) -> None:
    module = importlib.import_module(f"grader.checks.test_{track}")
    checks = [value for name, value in vars(module).items() if name.startswith("test_") and callable(value)]
    assert len(checks) > 10
    for function in checks:
        english, _, chinese = (inspect.getdoc(function) or "").partition("\n\n")
        assert english, function.__name__
        assert not CHINESE.search(english), function.__name__
        assert CHINESE.search(chinese), function.__name__


def test_values_are_filled_in_on_both_sides() -> None:
    layer = say("an {kind} layer", "{kind}层", kind=say("extra", "多余"))
    assert layer == Words("an extra layer", "多余层")
    both = joined([layer, as_is("[3, 4]")])
    assert (both.get("en"), both.get("zh"), str(both)) == (
        "an extra layer; [3, 4]",
        "多余层；[3, 4]",
        both.en,
    )
    assert not NO_WORDS
    with pytest.raises(KeyError):
        say("{a}", "{a}", b=1)
