"""References: what counts as one, how it is listed, and what is said about a malformed one."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from analyze_kit import ROOT, Kit, section

from code_analyze import summary
from code_analyze.summary import limits, references
from code_analyze.summary.share import LONG


def listed(line: str) -> list[str]:
    return [reference.text for reference in references.parse_references(1, line)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("# Reference: https://github.com/a/b", ["https://github.com/a/b"]),
        ("    # reference: https://github.com/a/b", ["https://github.com/a/b"]),
        ("# REFERENCE: http://a.org/b", ["http://a.org/b"]),
        ("#Reference:https://github.com/a/b", ["https://github.com/a/b"]),
        ("##  References :  https://github.com/a/b  ", ["https://github.com/a/b"]),
        ("# Reference：https://github.com/a/b", ["https://github.com/a/b"]),
        ("# Reference: https：//github.com/a/b", ["https://github.com/a/b"]),
        ("# Reference: https://github.com/a/b (the encoder)", ["https://github.com/a/b (the encoder)"]),
        ("# Reference: https://a.org/1, https://b.org/2", ["https://a.org/1", "https://b.org/2"]),
        ("# Reference: https://a.org/1 and https://b.org/2", ["https://a.org/1", "https://b.org/2"]),
        ("x = f(y)  # Reference: https://a.org/1", ["https://a.org/1"]),
        (
            "# Reference: Name: Zhang San Student ID: 2018012345",
            ["Name: Zhang San Student ID: 2018012345"],
        ),
        ("#reference:name:张三 student id:2018012345", ["Name: 张三 Student ID: 2018012345"]),
        ("# Reference：Name：张三，Student ID：2018012345", ["Name: 张三 Student ID: 2018012345"]),
        ("# Reference: Name: Zhang San, StudentID: 2018012345", ["Name: Zhang San Student ID: 2018012345"]),
        (
            "# Reference: Name: A B Student ID: 1 Name: C Student ID: 2",
            ["Name: A B Student ID: 1", "Name: C Student ID: 2"],
        ),
        (
            "# Reference: https://a.org/1; Name: C Student ID: 2",
            ["https://a.org/1", "Name: C Student ID: 2"],
        ),
    ],
)
def test_recognised(line: str, expected: list[str]) -> None:
    assert listed(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        "# Reference: https://github.com/xxxxx",
        "# Reference: https://github.com/xxx/xxxxx",
        "# reference：https://github.com/xxxxx/",
        "# Reference: https://...",
        "# Reference: Name: Xiao Ming Student ID: 2018xxxxxx",
        "# Reference: Name: Xiao Ming Student ID: 2025xxxxxx",
        "# Reference: Name: ... Student ID: ...",
        "# Reference: e.g. https://github.com/a/b",
        "# Refrence: https://github.com/xxxxx",
        "# Reference: https://github.com/name/repository",
        "# Reference: Name: San Zhang Student ID: 2027000000",
    ],
)
def test_the_example_of_the_handout_is_no_reference(line: str) -> None:
    assert listed(line) == []


@pytest.mark.parametrize(
    "path", sorted((ROOT / "handouts").glob("*/assignment.yaml")), ids=lambda path: path.parent.name
)
def test_the_examples_of_this_years_handouts_are_known(path: Path) -> None:
    examples = yaml.safe_load(path.read_text(encoding="utf-8"))["citing"]["examples"]
    assert len(examples) >= 2
    for example in examples:
        assert listed(example) == []
        real = example.replace("name/repository", "zhangsan/vae").replace("000000", "012345")
        assert [one.kind for one in references.parse_references(1, real)] in (["url"], ["person"])


def test_the_page_on_integrity_agrees_with_the_handouts_and_the_program() -> None:
    page = (ROOT / "docs" / "academic-integrity.md").read_text(encoding="utf-8")
    for path in (ROOT / "handouts").glob("*/assignment.yaml"):
        citing = yaml.safe_load(path.read_text(encoding="utf-8"))["citing"]
        assert citing["own_share_percent"] == limits.OWN_SHARE_RULE
        assert f"At least {limits.OWN_SHARE_RULE} % of your code" in page
        assert all(example in page.split("\n") for example in citing["examples"])
    assert f"({LONG} words and signs" in page


def test_an_example_beside_a_real_one() -> None:
    line = "# Reference: https://github.com/xxxxx, https://a.org/1, Name: San Zhang Student ID: 2026000000"
    assert listed(line) == ["https://a.org/1"]


@pytest.mark.parametrize(
    "line",
    [
        "x = 1",
        "# the reference distribution is N(0, I)",
        "# sources: mu, log_std",
        "# reference frame of the camera",
        "# name: the layer's name",
        "self.reference = x  # kept for later",
        "# credit to nobody",
        "reference: torch.Tensor = x",
        "    reference: str",
    ],
)
def test_ordinary_comments_are_no_references(line: str) -> None:
    assert listed(line) == []


@pytest.mark.parametrize(
    ("line", "write"),
    [
        ("# Reference: github.com/a/b", '"# Reference: https://github.com/a/b"'),
        ("# Reference https://a.org/b", '"# Reference: https://a.org/b"'),
        ("# Refrence: https://a.org/b", '"# Reference: https://a.org/b"'),
        ("# Ref: https://a.org/b", '"# Reference: https://a.org/b"'),
        ("# referred to https://a.org/b", '"# Reference: https://a.org/b"'),
        ("# 参考：https://a.org/b", '"# Reference: https://a.org/b"'),
        ("# https://a.org/b", '"# Reference: https://a.org/b"'),
        ("# code from https://a.org/b", '"# Reference: https://a.org/b"'),
        ("# source: www.a.org/b", '"# Reference: https://www.a.org/b"'),
        ("# Reference: 姓名：张三 学号：2018012345", '"# Reference: Name: 张三 Student ID: 2018012345"'),
        ("# Name: Zhang San Student ID: 2018012345", '"# Reference: Name: Zhang San Student ID: 2018012345"'),
        ("# Reference:", references.HOW_TO_CITE),
        ("# Reference: my friend", references.HOW_TO_CITE),
        ("# Reference: Name: Zhang San", references.HOW_TO_CITE),
        ('"""Reference: https://a.org/b"""', '"# Reference: https://a.org/b"'),
    ],
)
def test_malformed_ones_are_listed_with_how_to_write_them(line: str, write: str) -> None:
    [reference] = references.parse_references(3, line)
    assert reference.kind == "malformed"
    assert reference.text.startswith("malformed: ")
    assert reference.text.endswith(f"(write {write})")
    advice = write.strip('"')
    if write is not references.HOW_TO_CITE:  # what we tell people to write is what we read
        assert [one.kind for one in references.parse_references(3, advice)] in (["url"], ["person"])


STARTER = (
    "def f(x):\n    # TODO START\n    # 1. see the handout\n    raise NotImplementedError\n"
    "    # TODO END\n\n\n"
    "def g(x):\n    # TODO START\n    raise NotImplementedError\n    # TODO END\n"
)


def test_listed_in_order_of_appearance_each_once(tmp_path: Path) -> None:
    filled = STARTER.replace(
        "    # 1. see",
        "    # Reference: https://b.org/2\n    # Reference: https://github.com/xxxxx\n"
        "    # reference: Name: Zhang San Student ID: 7\n    # 1. see",
        1,
    ).replace(
        "    raise NotImplementedError\n    # TODO END\n\n\ndef g",
        "    return x\n    # TODO END\n\n\n# Reference: https://c.org/3\ndef g",
    )
    filled = filled.replace(
        "    raise NotImplementedError",
        "    # Reference: http://www.b.org/2/\n    # Reference: https://a.org/1\n"
        "    # Reference: NAME: zhang  san STUDENT ID: 7\n"
        "    # Reference: a.org\n    return x",
    )
    kit = Kit(
        tmp_path,
        {"VAE/a.py": STARTER, "GAN/a.py": STARTER},
        {"VAE/a.py": filled, "GAN/a.py": STARTER, "VAE/z.py": "# Reference: https://z.org/9\nx = 1\n"},
    )
    assert section(kit.text(), "References") == [
        "# https://b.org/2",
        "# Name: Zhang San Student ID: 7",
        "# https://c.org/3",
        "# https://a.org/1",
        f"# malformed: # Reference: a.org  (write {references.HOW_TO_CITE})",
        "# https://z.org/9",
    ]
    assert "malformed" in kit.run().stdout


def test_references_belong_to_their_region() -> None:
    filled = STARTER.replace(
        "    raise NotImplementedError", "    # Reference: https://a.org/1\n    return x", 1
    )
    result = summary.analyze_text(STARTER, filled)
    assert [[one.text for one in region.references] for region in result.regions] == [["https://a.org/1"], []]
    assert result.regions[0].references[0].line == 4


def test_the_starters_own_lines_declare_nothing() -> None:
    starter = STARTER.replace("# 1. see the handout", "# Reference: https://arxiv.org/abs/1312.6114")
    assert summary.analyze_text(starter, starter).references == []
