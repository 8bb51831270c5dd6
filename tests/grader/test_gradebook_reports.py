"""Reports: the notebook made from assignment.yaml, reports out of submissions, nothing active in them."""

from __future__ import annotations

import base64
import json
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbgrader.nbgraderformat import MetadataValidator
from results_tools import ASSIGNMENTS

from grader.gradebook.course import collect, make_course, stand_in
from grader.gradebook.neutral import clean_notebook, neutral
from grader.gradebook.reports import ReportFile, find_reports, tracks_of
from grader.report_cells import STUB, question_cell
from grader.report_notebook import ROOT, build_notebook, main, notebook_text
from grader.submissions import find_submissions
from hwlib.errors import HomeworkError

VAE = ASSIGNMENTS["VAE"]
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n123").decode()


@pytest.mark.parametrize("track", sorted(ASSIGNMENTS))
def test_committed_notebooks_are_those_of_the_yaml(track: str) -> None:
    committed = (ROOT / "handouts" / track / "report.ipynb").read_text(encoding="utf-8")
    assert committed == notebook_text(ASSIGNMENTS[track]), "run python -m grader.report_notebook"


def test_check_mode(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    main(["--check"])
    (tmp_path / "handouts" / "VAE").mkdir(parents=True)
    source = ROOT / "handouts" / "VAE" / "assignment.yaml"
    (tmp_path / "handouts" / "VAE" / "assignment.yaml").write_bytes(source.read_bytes())
    monkeypatch.setattr("grader.report_notebook.ROOT", tmp_path)
    with pytest.raises(SystemExit) as end:
        main(["--check"])
    assert end.value.code == 2
    assert "differ from assignment.yaml" in capsys.readouterr().err
    main([])
    main(["--check"])


@pytest.mark.parametrize("track", sorted(ASSIGNMENTS))
def test_notebook_has_every_question_and_valid_metadata(track: str) -> None:
    assignment = ASSIGNMENTS[track]
    notebook = nbformat.reads(notebook_text(assignment), as_version=4)
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells}
    for question in assignment.report.questions:
        cell = cells[question_cell(question)]
        assert cell.metadata.nbgrader.points == (0 if question.optional else question.points)
        assert cell.metadata.nbgrader.solution
        assert cell.source == STUB
        text = cells[f"text-{question.id}"]
        assert text.metadata.nbgrader.locked
        assert question.text.en in text.source
        assert question.text.zh in text.source
    for cell in notebook.cells:
        if cell.cell_type == "code":
            compile(cell.source, cell.metadata.nbgrader.grade_id, "exec")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "</textarea><svg onload=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt : alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](java&Tab;script:alert(1))",
        r"[x](javascript\:alert(1))",
        "[x]: javascript:alert(1)\n\n[x]",
        "<javascript:alert(1)>",
        "![x](data:text/html;base64,PHNjcmlwdD4=)",
        r"$\href{javascript:alert(1)}{x}$",
        r"$\require{html}\htmlClass{x}{y}$",
        "<!-- --><?php ?>",
    ],
)
def test_markdown_loses_what_acts(text: str) -> None:
    from nbconvert.filters import markdown2html
    from nbconvert.filters.markdown_mistune import markdown2html_mistune

    clean = neutral(text)
    html = markdown2html_mistune(clean).lower() + markdown2html(clean).lower()
    for sign in (
        "<script",
        "<img src=x",
        "<svg",
        "</textarea",
        'href="javascript',
        "href",
        "<?php",
        'src="data:text',
    ):
        if sign == "href" and "href" in text:
            assert "\\href" not in clean
        elif sign != "href":
            assert sign not in html


def test_ordinary_markdown_reads_the_same() -> None:
    text = "**KL** rises, $a < b$ and `x < 3`; see [the figure](figures/loss.png).\n\n- one\n- two & three"
    assert neutral(text) == text


def hostile_notebook() -> dict[str, object]:
    notebook = build_notebook(VAE)
    by_id = {cell["metadata"]["nbgrader"]["grade_id"]: cell for cell in notebook["cells"]}
    by_id["question-curves"]["source"] = "<script>steal()</script> my answer"
    by_id["question-curves"]["metadata"]["nbgrader"]["points"] = 1000
    by_id["intro"]["source"] = "changed <iframe>"
    by_id["records"]["outputs"] = [
        {
            "output_type": "display_data",
            "metadata": {"image/png": {"width": '"><script>'}},
            "data": {"image/png": PNG},
        },
        {"output_type": "display_data", "metadata": {}, "data": {"image/png": '"><script>alert(1)</script>'}},
        {"output_type": "display_data", "metadata": {}, "data": {"text/html": "<script>alert(1)</script>"}},
        {"output_type": "display_data", "metadata": {}, "data": {"application/javascript": "alert(1)"}},
        {"output_type": "display_data", "metadata": {}, "data": {"image/svg+xml": "<svg onload=alert(1)>"}},
        {"output_type": "display_data", "metadata": {}, "data": {"text/markdown": "| a |\n<script>"}},
        {"output_type": "stream", "name": "stdout", "text": ["\x1b[31mred\n", "x"]},
        {"output_type": "error", "ename": "E", "evalue": "<b>", "traceback": ["<script>"]},
        {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/plain": "99"}},
    ]
    cells = [cell for cell in notebook["cells"] if cell is not by_id["question-images"]]
    cells.append(dict(by_id["question-curves"], source="a second one <script>", id="x"))
    cells.append({"cell_type": "raw", "id": "y", "metadata": {}, "source": "<script>raw</script>"})
    notebook["cells"] = cells
    notebook["metadata"]["widgets"] = {"state": "<script>"}
    notebook["metadata"]["kernelspec"]["name"] = "../../evil"
    return notebook


def test_a_hostile_notebook_is_rebuilt() -> None:
    text = clean_notebook(json.dumps(hostile_notebook()).encode(), VAE)
    assert text is not None
    clean = nbformat.reads(text, as_version=4)
    MetadataValidator().validate_nb(clean)
    marked = {cell.metadata.nbgrader.grade_id: cell for cell in clean.cells if "nbgrader" in cell.metadata}
    assert marked["question-curves"].source == "< script>steal()< /script> my answer"
    assert marked["question-curves"].metadata.nbgrader.points == VAE.question("curves").points
    assert "changed" not in marked["intro"].source
    assert marked["question-images"].source == STUB
    assert "widgets" not in clean.metadata
    assert clean.metadata.kernelspec.name == "python3"
    outputs = marked["records"].outputs
    kinds = {name for output in outputs for name in output.get("data", {})}
    assert kinds == {"image/png", "text/plain", "text/markdown"}
    assert [output.data["image/png"] for output in outputs if "image/png" in output.get("data", {})] == [PNG]
    assert all(not output.get("metadata") for output in outputs)
    assert "<script" not in text
    assert "\x1b" not in text
    assert "\\u001b" not in text


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"\xff\xfe", b"[1]", b'{"cells": 3, "nbformat": 4}', b"[" * 100_000]
)
def test_what_is_no_notebook(data: bytes) -> None:
    assert clean_notebook(data, VAE) is None


def test_reports_in_a_zip(tmp_path: Path) -> None:
    path = tmp_path / "2026000001.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("../../report.pdf", "hw/report.ipynb", "__MACOSX/report.pdf", "code_analyze/report.pdf",
                     "codes/VAE/notes.pdf", "实验报告.docx", "report.exe"):  # fmt: skip
            archive.writestr(name, b"x")
        archive.writestr("AAAA.pdf", b"x")
    path.write_bytes(path.read_bytes().replace(b"AAAA", "报告".encode("gbk")))
    found = {report.path for report in find_reports(path)}
    assert found == {"hw/report.ipynb", "实验报告.docx", "报告.pdf"}
    path.write_bytes(b"Rar!")
    with pytest.raises(HomeworkError, match="expected a zip"):
        find_reports(path)


def test_reports_are_found_where_intake_finds_them(tmp_path: Path) -> None:
    """In a zip that holds only a zip, and under a name in UTF-8 that does not say so, as macOS writes it."""
    inner = tmp_path / "inner.zip"
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("AAAAAA.pdf", b"x")
    inner.write_bytes(inner.read_bytes().replace(b"AAAAAA", "报告".encode()))
    path = tmp_path / "2026000001.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hw/homework.zip", inner.read_bytes())
    assert [report.path for report in find_reports(path)] == ["报告.pdf"]


def test_reports_in_a_folder_follow_no_links(tmp_path: Path) -> None:
    (tmp_path / "report.pdf").symlink_to("/etc/passwd")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "report.docx").write_bytes(b"x")
    assert [report.path for report in find_reports(tmp_path)] == ["sub/report.docx"]


@pytest.mark.parametrize(
    ("path", "data", "tracks"),
    [
        ("report.ipynb", notebook_text(ASSIGNMENTS["GAN"]).encode(), ["GAN"]),
        ("report_VAE.pdf", b"", ["VAE"]),
        ("codes/GAN/report.pdf", b"", ["GAN"]),
        ("report.pdf", b"", ["VAE", "GAN"]),
        ("VAE report.ipynb", b'{"metadata": {"homework": {"track": "../x"}}}', ["VAE"]),
        ("report.ipynb", b"not json", ["VAE", "GAN"]),
    ],
)
def test_which_track_a_report_is_for(path: str, data: bytes, tracks: list[str]) -> None:
    assert tracks_of(ReportFile(path, data), ["VAE", "GAN"]) == tracks


def test_collect_lays_out_checked_zips(tmp_path: Path) -> None:
    submissions = tmp_path / "in"
    submissions.mkdir()
    with zipfile.ZipFile(submissions / "2026000001.zip", "w") as archive:
        archive.writestr("report.ipynb", json.dumps(hostile_notebook()))
    with zipfile.ZipFile(submissions / "2026000002.zip", "w") as archive:
        archive.writestr("report.pdf", b"%PDF")
    with zipfile.ZipFile(submissions / "2026000003.zip", "w") as archive:
        archive.writestr("codes/VAE/VAE.py", "")
    (submissions / "2026000004.zip").write_bytes(b"Rar!")
    one = {"VAE": VAE}
    found = collect(find_submissions(submissions, one), tmp_path / "course", one)
    assert found.notebooks == [("2026000001", "VAE")]
    assert found.documents == [("2026000002", "VAE")]
    assert found.without == ["2026000003"]
    assert list(found.refused) == ["2026000004"]
    archives = sorted((tmp_path / "course/downloaded/VAE/archive").iterdir())
    assert [path.name[:12] for path in archives] == ["2026000001__", "2026000002__"]
    second = zipfile.ZipFile(archives[1])
    assert sorted(second.namelist()) == ["report.ipynb", "report.pdf"]
    assert "[report.pdf](report.pdf)" in second.read("report.ipynb").decode()
    collect(find_submissions(submissions, one), tmp_path / "course", one)
    assert len(list((tmp_path / "course/downloaded/VAE/archive").iterdir())) == 2


def test_stand_in_is_a_valid_answer_to_every_question() -> None:
    notebook = nbformat.reads(stand_in(VAE, ["report.pdf"]), as_version=4)
    MetadataValidator().validate_nb(notebook)
    assert STUB not in {cell.source for cell in notebook.cells}


def test_course_folder_keeps_its_configuration(tmp_path: Path) -> None:
    written = make_course(tmp_path, ASSIGNMENTS)
    assert {path.name for path in written} == {"nbgrader_config.py", "report.ipynb"}
    text = (tmp_path / "nbgrader_config.py").read_text()
    assert "c.Execute.enabled = False" in text
    compile(text, "nbgrader_config.py", "exec")
    (tmp_path / "nbgrader_config.py").write_text("# mine\n")
    assert make_course(tmp_path, ASSIGNMENTS) == []
    assert (tmp_path / "nbgrader_config.py").read_text() == "# mine\n"
