"""The own share against the cohort: whose lines stand in nobody else's region."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from similarity_kit import read_cohort, submission

from benchmarks.similarity.plagiarist import disguise
from code_analyze import summary
from code_analyze.similarity.declared import persons, sources
from code_analyze.similarity.details import explain
from code_analyze.similarity.findings import OUTLIER, find
from code_analyze.similarity.fingerprints import fingerprint_all
from code_analyze.similarity.intake import REFERENCE_SOLUTION, Submission
from code_analyze.similarity.own_share import own_shares
from code_analyze.similarity.pairs import score
from code_analyze.similarity.regions import Starter
from code_analyze.similarity.report import write_report
from code_analyze.similarity.report.own_share import own_share_csv, own_share_rows
from code_analyze.similarity.shares import (
    BELOW,
    BELOW_DECLARED,
    FEW_LINES,
    OWN,
    SMALL_CLASS,
    Share,
    StudentShare,
)

BASE = """\
def f(x):
    # TODO START
    raise NotImplementedError("A/a.py, TODO 1 (f): not filled in yet")
    # TODO END
"""
STARTER = Starter({"A/a.py": summary.read_bytes(BASE.encode())})
OPERATORS = ["+", "-", "*", "/", "//", "%", "**", "@", "&", "|", "^", "<<", ">>"]


def body(seed: int, names: str = "xyz") -> list[str]:
    """Six lines that no other seed has, whatever their names."""
    a, b, c = names
    one, two = OPERATORS[seed % 13], OPERATORS[seed // 13]
    return [f"{a} = {b} {one} {seed}{k} {two} g({c}, {k})" for k in range(6)]


def hand_in(name: str, lines: list[str], role: str = "class", *comments: str) -> Submission:
    inside = "".join(f"    {line}\n" for line in [*comments, *lines, "return None"])
    text = f"def f(x):\n    # TODO START\n{inside}    # TODO END\n"
    return Submission(name, {"A/a.py": summary.read_bytes(text.encode())}, (), role)


def shares(*submissions: Submission) -> dict[str, StudentShare]:
    prints = fingerprint_all(submissions, STARTER, 1)
    return {submissions[share.index].name: share for share in own_shares(prints)}


def honest(count: int = 14) -> list[Submission]:
    return [hand_in(f"s{seed:02d}", body(seed)) for seed in range(count)]


def test_own_work_is_own_and_a_copy_counts_for_both() -> None:
    found = shares(*honest(), hand_in("copy", body(3)))
    assert found["s05"].total == Share(6)
    assert (found["s05"].total.percent, found["s05"].total.verdict(15)) == (100, OWN)
    for one, other in (("copy", 3), ("s03", 14)):
        share = found[one].total
        assert (share.percent, share.closest, share.verdict(15)) == (0, other, BELOW)
        assert found[one].parts == {"A/a.py:1": share}


def test_renaming_and_comments_hide_nothing() -> None:
    lines = [line + "  # mine" for line in body(3, "uvw")]
    assert shares(*honest(), hand_in("copy", lines))["copy"].total.percent == 0


def test_a_line_alone_between_other_lines_is_a_coincidence_unless_it_is_long() -> None:
    mixed = [line for pair in zip(body(20), body(3), strict=True) for line in pair]
    assert shares(*honest(), hand_in("one", mixed))["one"].total.percent == 100
    long = "q = h(1, 2, 3, 4, 5, 6, 7, 8, 9)"
    found = shares(
        *honest(), hand_in("one", [*body(20), long, *body(21)]), hand_in("two", [*body(22), long, *body(23)])
    )
    assert found["one"].total == Share(13, 1.0, 0.0, closest=15)


def test_what_much_of_the_class_has_says_nothing() -> None:
    dictated = [hand_in(f"t{number}", body(50) + body(number + 60)) for number in range(6)]
    found = shares(*honest(), *dictated)  # 6 of 20 have the same six lines
    assert [found[f"t{number}"].total.percent for number in range(6)] == [100] * 6
    two = shares(*honest(), *dictated[:2])["t0"].total
    three = shares(*honest(), *dictated[:3])["t0"].total
    assert two == Share(12, 6.0, 0.0, closest=15)
    assert 0 < three.shared < two.shared  # the more have it, the less it says


def test_what_the_reference_solution_has_says_less_and_blames_nobody() -> None:
    solution = hand_in(REFERENCE_SOLUTION, body(3), "reference")
    assert shares(*honest(), solution)["s03"].total == Share(6)
    found = shares(*honest(), hand_in("copy", body(3)), solution)["copy"].total
    assert 0 < found.shared < 6
    assert found.closest == 3


def test_only_the_closest_other_counts() -> None:
    found = shares(*honest(), hand_in("mix", body(3) + body(4)[:3]))["mix"].total
    assert found == Share(9, 6.0, 0.0, closest=3)


def test_a_student_shares_with_nobody_but_others() -> None:
    """Last year's own work is the student's own; the archive's other work is not."""
    own = hand_in("last 2026000003", body(30), "archive")
    other = hand_in("last 2026000004", body(31), "archive")
    found = shares(
        *honest(), hand_in("2026000003", body(30)), hand_in("again 2026000003", body(30)),
        hand_in("2026000005", body(31)), own, other,
    )  # fmt: skip
    assert found["2026000003"].total.percent == 100
    assert found["2026000005"].total == Share(6, 6.0, 0.0, closest=18)


@pytest.mark.parametrize(
    "line",
    ["# Reference: Name: San Zhang Student ID: 2026000003", "# reference：name：x student id：2026000003"],
)
def test_a_declared_partner_is_shown_and_not_blamed(line: str) -> None:
    source = hand_in("2026000003", body(30))
    found = shares(*honest(), source, hand_in("copy", body(30), "class", line))
    for name, other in (("copy", 14), ("2026000003", 15)):  # the source, too, has nothing to hide
        share = found[name].total
        assert share == Share(6, 0.0, 6.0, closest=None, partner=other)
        assert (share.percent, share.percent_undeclared) == (0, 100)
        assert share.verdict(16) == BELOW_DECLARED


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Zhang San", True),
        ("san_zhang", True),
        ("hw1-Zhang-San", True),
        ("张三", False),
        ("san", False),
        ("---", False),
        ("Zhang Sansan", False),
    ],
)
def test_a_name_is_compared_word_by_word(name: str, known: bool) -> None:
    line = "# Reference: Name: San Zhang Student ID: 2026000999"
    copy = fingerprint_all([hand_in("copy", body(1), "class", line)], STARTER, 1)[0]
    assert bool(persons(copy.code, hand_in(name, body(1)))) == known


@pytest.mark.parametrize(
    ("name", "known"), [("li", True), ("li wei", False), ("oliver", False), ("Li", True)]
)
def test_a_single_word_must_be_the_whole_name(name: str, known: bool) -> None:
    line = "# Reference: Name: Li Student ID: 2026000999"
    copy = fingerprint_all([hand_in("copy", body(1), "class", line)], STARTER, 1)[0]
    assert bool(persons(copy.code, hand_in(name, body(1)))) == known


def test_what_a_declared_and_another_both_have_is_declared() -> None:
    line = "# Reference: Name: San Zhang Student ID: 2026000003"
    both = [hand_in("2026000003", body(30)), hand_in("2026000004", body(30))]
    share = shares(*honest(20), *both, hand_in("copy", body(30) + body(5), "class", line))["copy"].total
    assert (share.partner, share.closest) == (20, 5)
    assert share.shared == 6.0
    assert 0 < share.declared < 6.0  # two others have it


def test_the_same_address_in_both_is_a_declaration() -> None:
    line = "# Reference: https://example.org/vae"
    found = shares(*honest(), *(hand_in(name, body(30), "class", line) for name in ("one", "two")))
    assert found["one"].total == Share(6, 0.0, 6.0, closest=None, partner=15)


@pytest.mark.parametrize(
    ("address", "declared"),
    [
        ("https://github.com/someone/PyTorch-VAE", True),
        ("https://github.com/someone/PyTorch-VAE/blob/main/vae.py", True),
        ("https://github.com/PyTorch/VAE.git", True),
        ("https://github.com/someone/PyTorch-VAEs", False),
        ("https://pytorch-vae.org/index.html", False),
    ],
)
def test_a_public_source_is_declared_by_an_address_that_ends_in_its_name(
    address: str, declared: bool
) -> None:
    source = hand_in("pytorch-vae", body(30), "reference")
    copy = hand_in("copy", body(30), "class", f"# Reference: {address}")
    prints = fingerprint_all([*honest(), copy, source], STARTER, 1)
    share = own_shares(prints)[14].total
    assert (share.partner, share.closest) == ((15, None) if declared else (None, 15))
    assert share.percent == 0
    assert bool(sources(prints[14].code, source)) == declared
    result = find(prints, score(prints))
    explain(result)
    pair = result.references[0]
    assert (pair.a, pair.kind) == (14, OUTLIER)
    assert bool(pair.declared) == declared


def test_no_verdict_on_few_lines_or_in_a_small_class() -> None:
    found = shares(*honest(), hand_in("copy", body(3)[:4]))["copy"].total
    assert (found.counted, found.percent, found.verdict(15)) == (4, 0, FEW_LINES)
    assert Share(10, 9.0).verdict(11) == SMALL_CLASS
    assert shares(hand_in("alone", body(1)))["alone"].total == Share(6)
    assert shares(hand_in("empty", []))["empty"].total == Share(0)
    assert Share(0).percent == 100


def test_percent_is_rounded_down_for_the_rule() -> None:
    assert Share(1000, 300.1).percent == 69
    assert Share(10, 3.0).percent == 70
    assert (Share(10, 3.0).verdict(12), Share(10, 3.1).verdict(12)) == (OWN, BELOW)
    assert Share(10, 3.1, 1.0).verdict(12) == BELOW
    assert Share(10, 2.9, 1.0).verdict(12) == BELOW_DECLARED


@pytest.fixture(scope="module")
def real() -> list[Submission]:
    solutions = read_cohort("tuning")[:16]
    copies = [disguise(1, "=copy", solutions[3], None, 0), disguise(2, "renamed", solutions[5], None, 0)]
    return [submission(each) for each in [*solutions, *copies]]


def test_own_share_in_csv_and_page(real: list[Submission], tmp_path: Path) -> None:
    prints = fingerprint_all(real, Starter.read(Path(__file__).parents[2] / "code_analyze" / "_codes"), 1)
    result = find(prints, score(prints))
    write_report(result, tmp_path, {})
    text = (tmp_path / "own_share.csv").read_text(encoding="utf-8")
    found = own_shares(prints)
    assert text == own_share_csv(found, result)
    rows = list(csv.DictReader(io.StringIO(text)))
    overall = {row["submission"]: row for row in rows if row["region"] == "all"}
    assert len(overall) == 18
    assert overall["'=copy"]["verdict"] == BELOW
    assert overall["'=copy"]["closest"] == real[3].name
    assert overall[real[3].name]["closest"] == "'=copy"
    involved = {"'=copy", "renamed", real[3].name, real[5].name}
    assert {row["verdict"] for name, row in overall.items() if name not in involved} == {OWN}
    assert {row["region"] for row in rows} >= {"VAE/VAE.py:1", "GAN/trainer.py:1"}
    listed = own_share_rows(found, 18)
    assert [row.total.percent for row in listed] == sorted(row.total.percent for row in listed)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    section = page[page.index('<h2 id="own">') :]
    assert section.count("<tr") == 19
    assert section.index("=copy</td>") < section.index(f"{real[0].name}</td>")
