"""Whole classes: what is found, what isn't, and what is told apart."""

from __future__ import annotations

import random
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from similarity_kit import STARTER, compare, files_of, names, read_cohort, submission

from benchmarks.similarity.plagiarist import disguise
from code_analyze import summary
from code_analyze.similarity import clusters, findings, pairs
from code_analyze.similarity import index as fragment_index
from code_analyze.similarity.findings import CANNOT_TELL, OUTLIER, RESUBMISSION, TOO_SMALL
from code_analyze.similarity.intake import Submission, read_submissions, student_of
from code_analyze.similarity.regions import Starter, cut
from code_analyze.similarity.report import write_report
from hwlib.errors import HomeworkError

HONEST = read_cohort("tuning")[:16]


@pytest.fixture(scope="module")
def copied():
    """16 honest submissions, a disguised copy, and a mix of two others."""
    made = [disguise(3, "copy", HONEST[5], None, 1), disguise(5, "mix", HONEST[1], HONEST[6], 2)]
    return compare([submission(s) for s in [*HONEST, *made]])


def test_similarity_copy_is_the_first_pair_and_an_outlier(copied) -> None:
    first = copied.pairs[0]
    assert names(copied, first) == {"copy", HONEST[5].name}
    assert first.kind == OUTLIER
    assert first.expected_false is not None
    assert first.expected_false < 0.05
    assert first.blocks
    assert any("evidence" in reason for reason in first.reasons)
    assert any(re.search(r"compute the same in 1\d of 1\d regions", reason) for reason in first.reasons)


def test_similarity_scores_do_not_depend_on_how_they_are_worked_out(copied, monkeypatch) -> None:
    monkeypatch.setattr(pairs, "BLOCK", 5)
    monkeypatch.setattr(fragment_index, "FEW", 1)  # every shared fragment goes through the dense product
    other = pairs.score(copied.prints)
    upper = np.triu_indices(copied.num_class, 1, len(copied.prints))
    for group, total in copied.scores.total.items():
        np.testing.assert_allclose(total[upper], other.total[group][upper], atol=2e-3)


def test_similarity_lists_the_highest_pairs_of_a_large_class(copied, monkeypatch) -> None:
    monkeypatch.setattr(findings, "MAX_PAIRS", 5)
    few = findings.find(copied.prints, copied.scores)
    assert [(p.a, p.b) for p in few.pairs] == [(p.a, p.b) for p in copied.pairs[:5]]
    assert few.num_in_common == copied.num_in_common > 5
    assert len(few.class_scores) == copied.num_class * (copied.num_class - 1) // 2


def test_similarity_same_tokens_throughout_are_an_outlier_however_ordinary() -> None:
    ordinary = HONEST[4]
    result = compare([submission(s) for s in [*HONEST, disguise(1, "copy", ordinary, None, 0)]])
    first = max(result.pairs, key=lambda pair: pair.near_verbatim)
    assert names(result, first) == {"copy", ordinary.name}
    assert result.verbatim.line is not None
    assert first.near_verbatim > result.verbatim.line
    assert names(result, result.pairs[0]) == {"copy", ordinary.name}  # the ranking is by the other score


def test_similarity_both_sources_of_a_mix_rank_above_other_pairs(copied) -> None:
    rank = {frozenset(names(copied, pair)): n for n, pair in enumerate(copied.pairs)}
    assert rank[frozenset(("mix", HONEST[1].name))] < 8
    assert rank[frozenset(("mix", HONEST[6].name))] < 8


def test_similarity_honest_class_has_no_outlier() -> None:
    result = compare([submission(s) for s in HONEST])
    assert [names(result, p) for p in result.pairs if p.kind == OUTLIER] == []


def test_similarity_blocks_point_at_the_students_own_lines(copied) -> None:
    for pair in copied.pairs[:5]:
        for block in pair.blocks:
            for index, file, lines in (
                (pair.a, block.file_a, block.lines_a),
                (pair.b, block.file_b, block.lines_b),
            ):
                code = next(f for f in copied.prints[index].code.files if f.path == file)
                own = code.part_of_line()
                assert any(own[n] for n in range(lines[0], lines[1] + 1))


def test_similarity_same_report_in_any_order_byte_for_byte(tmp_path: Path) -> None:
    everybody = [submission(s) for s in HONEST[:13]]
    shuffled = list(everybody)
    random.Random(0).shuffle(shuffled)
    shuffled.sort(key=lambda s: s.name)  # as the command reads a folder
    for name, order in ("one", everybody), ("two", shuffled):
        files = [Submission(s.name, dict(sorted(s.files.items(), reverse=name == "two"))) for s in order]
        write_report(compare(files), tmp_path / name, {})
    for file in ("index.html", "pairs.csv", "own_share.csv", "clusters.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_similarity_class_of_three_is_too_small() -> None:
    result = compare([submission(HONEST[0]), submission(HONEST[0], "other"), submission(HONEST[1])])
    assert result.canonical.line is None
    assert {p.kind for p in result.pairs} == {TOO_SMALL}
    assert result.pairs[0].expected_false is None


def test_similarity_resubmission_and_archive() -> None:
    now = [submission(s, f"2026{n:06d}") for n, s in enumerate(HONEST[:13])]
    own = submission(HONEST[0], "2026000000_last_year", "archive")
    bought = submission(HONEST[3], "2019000003", "archive")
    result = compare([*now, own, bought])
    assert [names(result, p) for p in result.resubmissions] == [{"2026000000", "2026000000_last_year"}]
    assert result.resubmissions[0].kind == RESUBMISSION
    first = result.pairs[0]
    assert names(result, first) == {"2026000003", "2019000003"}
    assert first.kind == OUTLIER


def test_similarity_reference_is_listed_apart() -> None:
    public = submission(HONEST[6], "tutorial", "reference")
    result = compare([*[submission(s) for s in HONEST[:13]], public])
    assert names(result, result.references[0]) == {"tutorial", HONEST[6].name}
    assert all("tutorial" not in names(result, p) for p in result.pairs)


def test_similarity_declared_partner_is_shown() -> None:
    one, other = submission(HONEST[2], "2026111111"), submission(HONEST[2], "2026222222")
    source = one.files["VAE/VAE.py"]
    text = "\n".join(source.lines).replace(
        "# TODO START", "# TODO START\n        # Reference: Name: Other Student Student ID: 2026222222", 1
    )
    one.files["VAE/VAE.py"] = summary.read_bytes(text.encode())
    result = compare([*[submission(s) for s in HONEST[3:15]], one, other])
    first = result.pairs[0]
    assert names(result, first) == {"2026111111", "2026222222"}
    assert any("2026222222" in line for line in first.declared)
    assert any("not an accusation" in reason for reason in first.reasons)


def test_similarity_what_everybody_shares_is_no_evidence() -> None:
    # 14 submissions that are the same but for two that each have a region of their own.
    same = [submission(HONEST[0], f"s{n}") for n in range(14)]
    result = compare(same)
    assert not any(p.kind == OUTLIER for p in result.pairs)
    assert all(not p.blocks for p in result.pairs)
    ordinary = [submission(s) for s in HONEST[:13]]
    plain = [p for p in compare([*same, *ordinary]).pairs if p.kind == CANNOT_TELL]
    assert plain
    assert any("Cannot tell" in reason for p in plain for reason in p.reasons)


def test_similarity_starter_never_counts() -> None:
    blank = {
        path.relative_to(STARTER).as_posix(): summary.read_source(str(path))
        for path in sorted(STARTER.rglob("*.py"))
    }
    code = cut(Submission("blank", blank), Starter.read(STARTER))
    assert [part for file in code.files for part in file.parts] == []
    result = compare(
        [*[submission(s) for s in HONEST[:12]], Submission("b1", dict(blank)), Submission("b2", dict(blank))]
    )
    assert all(not names(result, p) & {"b1", "b2"} for p in result.pairs)


def test_similarity_files_that_do_not_parse_are_compared_by_tokens() -> None:
    one, other = submission(HONEST[7], "one"), submission(HONEST[7], "two")
    for each in (one, other):
        lines = each.files["GAN/trainer.py"].lines
        broken = "\n".join(lines).replace("def train_step(self,", "def train_step(self,,", 1)
        each.files["GAN/trainer.py"] = summary.read_bytes(broken.encode())
    result = compare(
        [*[submission(s) for s in HONEST[8:16]], *[submission(s) for s in HONEST[:5]], one, other]
    )
    assert names(result, result.pairs[0]) == {"one", "two"}
    assert any("does not parse" in note for p in result.prints for note in p.code.notes)


def test_similarity_one_file_per_student_without_starter(tmp_path: Path) -> None:
    for solution in HONEST[:13]:
        text = "\n".join(files_of(solution)[f] for f in ("VAE/VAE.py", "GAN/trainer.py"))
        (tmp_path / f"{solution.name}.py").write_text(text, encoding="utf-8")
    (tmp_path / "again.py").write_text(
        (tmp_path / f"{HONEST[4].name}.py").read_text(encoding="utf-8").replace("pred", "answer"),
        encoding="utf-8",
    )
    result = compare(read_submissions(tmp_path), None)
    assert names(result, result.pairs[0]) == {"again", HONEST[4].name}


def test_similarity_forks_make_one_cluster() -> None:
    forks = [disguise(2, f"fork{n}", HONEST[8], None, n) for n in range(4)]
    result = compare([submission(s) for s in [*HONEST, *forks]])
    found = clusters.clusters(result)
    members = [{result.prints[m].code.submission.name for m in c.members} for c in found]
    assert {HONEST[8].name, "fork0", "fork1", "fork2", "fork3"} in members
    assert "versions of one source" in found[0].shape
    places = clusters.layout(found, 900, 420)
    assert set(places) == {m for c in found for m in c.members}


# -- reading


def test_similarity_reads_folders_zips_and_files(tmp_path: Path) -> None:
    (tmp_path / "a" / "codes" / "VAE").mkdir(parents=True)
    (tmp_path / "a" / "codes" / "VAE" / "VAE.py").write_text("x = 1\n")
    (tmp_path / "a" / "results").mkdir()
    (tmp_path / "a" / "results" / "old.py").write_text("x = 1\n")
    (tmp_path / "a" / "loop").symlink_to(tmp_path / "a")
    (tmp_path / "b.py").write_text("y = 2\n")
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("codes/VAE/VAE.py", "z = 3\n")
        archive.writestr("../../escape.py", "z = 4\n")
    (tmp_path / "d.zip").write_bytes(b"no archive")
    (tmp_path / "names.csv").write_text("a,b\n")
    found = {s.name: s for s in read_submissions(tmp_path)}
    assert set(found) == {"a", "b", "c", "d"}
    assert set(found["a"].files) == {"codes/VAE/VAE.py"}
    assert found["c"].files["codes/VAE/VAE.py"].lines == ["z = 3"]
    assert "could not be read" in found["d"].notes[0]


def test_similarity_folder_that_is_missing_or_empty(tmp_path: Path) -> None:
    with pytest.raises(HomeworkError, match="not a folder"):
        read_submissions(tmp_path / "nowhere")
    with pytest.raises(HomeworkError, match="holds no submission"):
        read_submissions(tmp_path)


def test_similarity_student_of_a_name() -> None:
    assert student_of("2026123456_homework2 (1)") == "2026123456" == student_of("HW2-2026123456")
    assert student_of("San Zhang") == student_of("san_zhang")
