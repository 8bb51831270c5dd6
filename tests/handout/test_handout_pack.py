"""`python -m hwlib.pack`: what is handed in, in one zip that intake has nothing to say about."""

import json
import shutil
import zipfile

import pytest

from hwlib import pack
from hwlib.errors import HomeworkError


@pytest.fixture
def kit(root, tmp_path):
    """A kit with the VAE's code, a report, and what training leaves behind."""
    kit = tmp_path / "kit"
    clutter = shutil.ignore_patterns("results", "runs", "__pycache__", ".*")
    shutil.copytree(root / "solutions/VAE", kit / "codes/VAE", ignore=clutter)
    shutil.copytree(root / "code_analyze/_codes", kit / "code_analyze/_codes", ignore=clutter)
    shutil.copytree(root / "code_analyze/summary", kit / "code_analyze/summary", ignore=clutter)
    shutil.copy(root / "code_analyze/analyze.py", kit / "code_analyze")
    (kit / "handouts/VAE").mkdir(parents=True)
    shutil.copy(root / "handouts/VAE/assignment.yaml", kit / "handouts/VAE")
    (kit / "handouts/VAE/report.ipynb").write_text("{}")
    for name in (
        "results/run/step-1.pt",
        "runs/run/events",
        "__pycache__/VAE.pyc",
        "weights.pth",
        ".DS_Store",
    ):
        (kit / "codes/VAE" / name).parent.mkdir(parents=True, exist_ok=True)
        (kit / "codes/VAE" / name).write_bytes(b"x")
    return kit


def test_the_zip_holds_code_report_and_a_fresh_summary_and_no_weights(kit, capsys, monkeypatch):
    monkeypatch.chdir(kit / "codes/VAE")
    pack.main(["2026012345"])
    with zipfile.ZipFile(kit / "2026012345.zip") as archive:
        names = sorted(archive.namelist())
        summary = archive.read("summary.txt").decode()
    code = ["README.md", "VAE.py", "dataset.py", "main.py", "trainer.py"]
    assert names == [*(f"codes/VAE/{name}" for name in code), "report_VAE.ipynb", "summary.txt"]
    assert "# ../codes/VAE/VAE.py:2" in summary
    assert "VAE/results" not in summary, "only what is packed is analysed"
    out = capsys.readouterr().out
    assert "2026012345.zip: 7 files" in out
    assert "\nsummary.txt: 8 of 8 TODO regions filled in, 0 references\n" in out
    assert "warning" not in out


def test_intake_finds_nothing_to_mend(kit, tmp_path):
    take_in = pytest.importorskip("grader.intake.take_in")
    target, _, _ = pack.pack(kit, "2026012345")
    (tmp_path / "scratch").mkdir()
    taken = take_in.take_in(target, tmp_path / "scratch")
    assert [finding.code for finding in taken.findings if finding.code != "track_missing"] == []
    assert list(taken.tracks) == ["VAE"]
    assert taken.reports == ("report_VAE.ipynb",)


def test_what_the_code_analysis_notes_is_shown(kit, capsys, monkeypatch):
    path = kit / "codes/VAE/VAE.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("# TODO START", "# TODO START\n        # Refrence: https://a.org/b", 1))
    monkeypatch.chdir(kit)
    pack.main(["2026012345"])
    out = capsys.readouterr().out
    assert '\nnote: malformed: # Refrence: https://a.org/b  (write "# Reference: https://a.org/b")\n' in out


def test_a_track_that_is_not_there_is_noted(kit, capsys, monkeypatch, root):
    (kit / "handouts/GAN").mkdir()
    shutil.copy(root / "handouts/GAN/assignment.yaml", kit / "handouts/GAN")
    monkeypatch.chdir(kit)
    pack.main(["2026012345"])
    assert (
        "note: codes/GAN is not in it. If you worked on GAN, put the folder back." in capsys.readouterr().out
    )


def test_a_missing_report_is_a_warning(kit, capsys, monkeypatch):
    (kit / "handouts/VAE/report.ipynb").unlink()
    monkeypatch.chdir(kit)
    pack.main(["2026012345"])
    assert "warning: there is no report in it" in capsys.readouterr().out
    (kit / "report.pdf").write_bytes(b"%PDF")
    pack.main(["2026012345"])
    assert "warning" not in capsys.readouterr().out


def test_what_is_still_blank_is_named(kit, capsys, monkeypatch):
    monkeypatch.chdir(kit)
    answer = {"cell_type": "markdown", "metadata": {"nbgrader": {"solution": True}}}
    notebook = kit / "handouts/VAE/report.ipynb"
    notebook.write_text(json.dumps({"cells": [{**answer, "source": ["YOUR ANSWER HERE"]}]}))
    source = kit / "codes/VAE/VAE.py"
    blank = 'raise NotImplementedError("VAE.py, TODO 1 (X): not filled in yet")\n'
    source.write_text(blank + source.read_text())
    pack.main(["2026012345"])
    said = capsys.readouterr().out
    assert "warning: codes/VAE: 1 region not filled in" in said
    assert "warning: report_VAE.ipynb: the notebook holds no answer yet" in said
    notebook.write_text(json.dumps({"cells": [{**answer, "source": ["It rises because"]}]}))
    source.write_text(source.read_text().replace(blank, ""))
    pack.main(["2026012345"])
    assert "warning" not in capsys.readouterr().out


@pytest.mark.parametrize("number", ["12", "abc", "../2026012345", "2026012345.zip"])
def test_what_is_no_student_number_is_refused(kit, number):
    with pytest.raises(HomeworkError, match="found the student number"):
        pack.pack(kit, number)
    assert not list(kit.parent.rglob("*.zip"))


def test_a_large_file_is_named(kit, monkeypatch):
    with open(kit / "codes/VAE/film.mp4", "wb") as file:
        file.truncate(51_000_000)
    with pytest.raises(HomeworkError, match=r"codes/VAE/film\.mp4 has 51 MB, at most 50 MB"):
        pack.pack(kit, "2026012345")


def test_a_large_zip_is_refused(kit, monkeypatch):
    text = (kit / "handouts/VAE/assignment.yaml").read_text(encoding="utf-8")
    small = text.replace("archive_mb: 50", "archive_mb: 0.001")
    (kit / "handouts/VAE/assignment.yaml").write_text(small, encoding="utf-8")
    with pytest.raises(HomeworkError, match=r"at most 0\.001 MB"):
        pack.pack(kit, "2026012345")


def test_a_folder_that_is_no_kit_is_refused(tmp_path):
    with pytest.raises(HomeworkError, match="Go to the folder that the kit was unpacked to"):
        pack.find_kit(tmp_path)


def test_a_kit_without_code_or_analysis_is_refused(kit):
    (kit / "code_analyze/analyze.py").write_text("import sys; sys.exit('no disk')")
    with pytest.raises(HomeworkError, match=r"summary\.txt could not be made: no disk"):
        pack.pack(kit, "2026012345")
    (kit / "code_analyze/analyze.py").write_text("import sys; sys.stderr.write('error: a, b.'); sys.exit(2)")
    with pytest.raises(HomeworkError, match=r"summary\.txt could not be made: a, b\. Run python"):
        pack.pack(kit, "2026012345")
    shutil.move(kit / "code_analyze/_codes", kit / "elsewhere")
    with pytest.raises(HomeworkError, match=r"_codes is missing"):
        pack.pack(kit, "2026012345")
    (kit / "code_analyze/analyze.py").unlink()
    with pytest.raises(HomeworkError, match=r"analyze\.py is missing"):
        pack.pack(kit, "2026012345")
    shutil.rmtree(kit / "codes/VAE")
    with pytest.raises(HomeworkError, match="found no track"):
        pack.pack(kit, "2026012345")
