"""The report as a TA sees it: in a browser, with hostile names and code in it."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from similarity_kit import ROOT, browser_dump, clicked, compare, read_cohort, submission

from benchmarks.similarity.plagiarist import disguise
from code_analyze import summary
from code_analyze.similarity import clusters
from code_analyze.similarity.report import write_report
from code_analyze.similarity.report.tables import cell

HOSTILE = "</script><script>document.title='owned'</script>"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """14 submissions; the two that are alike have a hostile name and hostile code."""
    honest = read_cohort("tuning")[:12]
    bad = submission(honest[5], "=cmd()<img src=x onerror=\"document.title='owned'\">")
    text = "\n".join(bad.files["VAE/VAE.py"].lines).replace(
        "# TODO START", f'# TODO START\n        s = "{HOSTILE}"', 1
    )
    bad.files["VAE/VAE.py"] = summary.read_bytes(text.encode())
    copy = submission(disguise(2, "copy", honest[4], None, 0))
    result = compare([*[submission(s) for s in honest], bad, copy])
    out = tmp_path_factory.mktemp("report")
    write_report(result, out, {"VAE/VAE.py:1": "networks"})
    return out


@pytest.mark.slow
def test_similarity_page_works_in_a_browser(report: Path, tmp_path: Path) -> None:
    dom = browser_dump(clicked(report, tmp_path, "button[data-pair]", "#hide"))
    assert "<title>Similarity of 14 submissions</title>" in dom  # nobody's script changed it
    view = dom[dom.index('id="view"') :]
    assert "hidden" not in view[:60]
    assert view.count("<pre>") >= 4  # both sides have files
    assert "data-block" in view
    assert 'class="given"' in view
    assert dom.count("<canvas") > 5
    shown = re.sub(r"<script.*?</script>", "", dom, flags=re.S)
    assert "submission 1" in shown
    assert ">copy<" not in shown  # names are hidden


def test_similarity_page_is_self_contained_and_escaped(report: Path) -> None:
    text = (report / "index.html").read_text(encoding="utf-8")
    assert HOSTILE not in text
    assert "<img" not in text
    assert not re.search(r"(?:src|href)\s*=\s*[\"'](?!#)", text)
    assert "http" not in text.replace("http-equiv", "")
    assert "plagiari" not in text.lower()
    assert text.count("<script") == text.count("</script>") == 2


def test_similarity_tables(report: Path) -> None:
    with open(report / "pairs.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["rank"]) for row in rows] == list(range(1, len(rows) + 1))
    scores = [float(row["score"]) for row in rows if row["b_is"] == "class"]
    assert scores == sorted(scores, reverse=True)
    assert all(not value.startswith(("=", "+", "@")) for row in rows for value in row.values())
    found = json.loads((report / "clusters.json").read_text(encoding="utf-8"))
    assert {"copy", "s05"} in [set(c["members"]) for c in found["clusters"]]


def test_similarity_cells_are_no_formulas() -> None:
    for text in ("=1+1", "+1", "-1", "@x", " =1", "\t=1", "|x"):
        assert cell(text).startswith("'")
    assert cell("VAE/VAE.py:1") == "VAE/VAE.py:1"


def test_similarity_page_of_a_small_class_says_so(tmp_path: Path) -> None:
    honest = read_cohort("tuning")[:3]
    result = compare([submission(s) for s in honest])
    write_report(result, tmp_path, {})
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "too small" in text
    assert clusters.clusters(result)


@pytest.mark.slow
def test_similarity_command(tmp_path: Path) -> None:
    from benchmarks.similarity.cohort import write_submission

    for solution in read_cohort("tuning")[:3]:
        write_submission(solution, tmp_path / "in" / solution.name)
    command = [
        sys.executable,
        "-m",
        "code_analyze.similarity",
        str(tmp_path / "in"),
        "--out",
        str(tmp_path / "out"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert "too small" in done.stdout
    assert (tmp_path / "out" / "index.html").is_file()
    wrong = subprocess.run(
        [*command[:3], str(tmp_path / "no")], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert wrong.returncode == 2
    assert "is not a folder" in wrong.stderr
    assert "Traceback" not in wrong.stderr
    other = subprocess.run(
        [*command, "--starter", "nowhere"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert other.returncode == 2
    assert "--starter" in other.stderr
