"""Layouts, encodings and deliverables of whole hand-ins, and that the original stays as it was."""

from __future__ import annotations

import io
import os
import tempfile
import zipfile
from pathlib import Path

import pytest

from code_analyze.summary import analyze_tree, summarize
from code_analyze.summary.writing import digest_of
from grader.intake import Intake, RefusedError, take_in

ROOT = Path(__file__).resolve().parents[2]
VAE = {
    name: (ROOT / "solutions" / "VAE" / name).read_bytes()
    for name in ("main.py", "VAE.py", "dataset.py", "trainer.py")
}
GAN = {
    name: (ROOT / "solutions" / "GAN" / name).read_bytes()
    for name in ("main.py", "GAN.py", "dataset.py", "trainer.py")
}


def under(folder: str, files: dict[str, bytes]) -> dict[str, bytes]:
    return {f"{folder}/{name}": data for name, data in files.items()}


def summary(codes: dict[str, bytes]) -> bytes:
    """What analyze.py writes for these files."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in codes.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return summarize(analyze_tree(str(ROOT / "code_analyze" / "_codes"), folder)).encode()


COMPLETE = {
    **under("codes/VAE", VAE), **under("codes/GAN", GAN), "report.ipynb": b"{}",
    "code_analyze/summary.txt": summary({**under("VAE", VAE), **under("GAN", GAN)}),
}  # fmt: skip


def hand_in(tmp_path: Path, files: dict[str, bytes], name: str = "2026000001.zip") -> Intake:
    path = tmp_path / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for entry, data in files.items():
            file.writestr(entry, data)
    before = path.read_bytes(), path.stat().st_mtime_ns
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    taken = take_in(path, scratch)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    return taken


def codes_of(taken: Intake) -> set[str]:
    return {finding.code for finding in taken.findings}


def test_a_hand_in_as_the_handout_wants_it(tmp_path: Path) -> None:
    taken = hand_in(tmp_path, COMPLETE)
    assert taken.findings == ()
    assert list(taken.tracks) == ["GAN", "VAE"] or list(taken.tracks) == ["VAE", "GAN"]
    assert taken.tracks["VAE"] == taken.root / "codes" / "VAE"
    assert taken.reports == ("report.ipynb",)
    assert (taken.tracks["VAE"] / "VAE.py").read_bytes() == VAE["VAE.py"]


@pytest.mark.parametrize(
    "folder",
    ["codes/codes/VAE", "2026000001/codes/VAE", "VAE", "vae", "Codes/Vae", "homework/my code/VAE",
     "codes/VAE_final", "codes/VAE/VAE", "codes"],
)  # fmt: skip
def test_layouts_are_repaired_and_the_repair_is_named(tmp_path: Path, folder: str) -> None:
    taken = hand_in(tmp_path, under(folder, VAE))
    assert {path.name for path in taken.tracks["VAE"].iterdir() if path.is_file()} == set(VAE)
    (repair,) = [finding for finding in taken.findings if finding.code == "layout_repaired"]
    assert folder in repair.message
    assert "codes/VAE/" in repair.message
    assert repair.message_zh
    assert "codes/" in repair.rule


def test_files_at_the_top(tmp_path: Path) -> None:
    taken = hand_in(tmp_path, {**VAE, "report.pdf": b""})
    assert set(VAE) <= {path.name for path in taken.tracks["VAE"].iterdir()}
    assert any("the top of the zip" in finding.message for finding in taken.findings)


def test_file_names_in_other_case(tmp_path: Path) -> None:
    files = {
        "codes/VAE/vae.py": VAE["VAE.py"],
        "codes/VAE/Main.py": VAE["main.py"],
        "codes/VAE/dataset.py": b"",
    }
    taken = hand_in(tmp_path, files)
    assert sorted(path.name for path in taken.tracks["VAE"].iterdir()) == ["VAE.py", "dataset.py", "main.py"]
    assert {"file_renamed", "missing_file"} <= codes_of(taken)
    assert any("trainer.py" in finding.message for finding in taken.findings)


def test_the_kit_s_own_copies_are_not_work(tmp_path: Path) -> None:
    files = {**COMPLETE, **under("code_analyze/_codes/VAE", VAE), **under("hwlib/VAE", VAE)}
    assert "several_copies" not in codes_of(hand_in(tmp_path, files))


def test_several_copies(tmp_path: Path) -> None:
    old = dict.fromkeys(VAE, b"old")
    taken = hand_in(tmp_path, {**under("codes/VAE", VAE), **under("backup/VAE", old)})
    assert "several_copies" in codes_of(taken)
    assert (taken.tracks["VAE"] / "VAE.py").read_bytes() == VAE["VAE.py"]


def test_no_code_at_all(tmp_path: Path) -> None:
    taken = hand_in(tmp_path, {"report.pdf": b""})
    assert taken.tracks == {}
    (finding,) = [finding for finding in taken.findings if finding.code == "no_track"]
    assert finding.severity == "error"
    assert "codes/VAE/" in finding.message


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("name = '变分'\r\n".encode("gbk"), "source_recoded"),
        ("# -*- coding: gbk -*-\nname = '变分'\n".encode("gbk"), "source_recoded"),
        ("name = '变分'\n".encode("utf-16"), "source_recoded"),
        (b"\xef\xbb\xbf" + "name = '变分'\n".encode(), None),
        ("name = '变分'\r\n".encode(), None),
    ],
)
def test_sources_become_utf8(tmp_path: Path, data: bytes, code: str | None) -> None:
    taken = hand_in(tmp_path, {**under("codes/VAE", VAE), "codes/VAE/VAE.py": data})
    text = (taken.tracks["VAE"] / "VAE.py").read_text(encoding="utf-8")
    assert text.endswith("name = '变分'\n")
    assert "gbk" not in text
    assert compile(text.encode(), "VAE.py", "exec")
    assert ("source_recoded" in codes_of(taken)) == (code is not None)


def test_tabs_and_line_numbers_stay(tmp_path: Path) -> None:
    data = b"if True:\r\n\tx = 1\r\n\r\n\ty = 2\r\n"
    taken = hand_in(tmp_path, {**under("codes/VAE", VAE), "codes/VAE/VAE.py": data})
    assert (taken.tracks["VAE"] / "VAE.py").read_bytes() == b"if True:\n\tx = 1\n\n\ty = 2\n"


def test_what_is_no_text_is_left_alone(tmp_path: Path) -> None:
    taken = hand_in(tmp_path, {**under("codes/VAE", VAE), "codes/VAE/VAE.py": b"\0\1\2" * 100})
    assert (taken.tracks["VAE"] / "VAE.py").read_bytes() == b"\0\1\2" * 100


def test_missing_report_and_summary(tmp_path: Path) -> None:
    taken = hand_in(tmp_path, under("codes/VAE", VAE))
    assert {"missing_report", "missing_summary"} <= codes_of(taken)
    rules = {finding.code: finding.rule for finding in taken.findings}
    assert "report" in rules["missing_report"]
    assert "analyze.py" in rules["missing_summary"]


def test_a_stale_summary(tmp_path: Path) -> None:
    files = {**COMPLETE, "codes/VAE/VAE.py": VAE["VAE.py"] + b"# late change\n"}
    taken = hand_in(tmp_path, files)
    (finding,) = taken.findings
    assert finding.code == "stale_summary"
    assert "VAE/VAE.py" in finding.message


def test_a_summary_of_another_kind(tmp_path: Path) -> None:
    for number, text in enumerate((b"I filled everything in.", b"\0\0", b"")):
        folder = tmp_path / str(number)
        folder.mkdir()
        taken = hand_in(folder, {**COMPLETE, "code_analyze/summary.txt": text})
        assert codes_of(taken) == {"unreadable_summary"}


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        (b"# Filled Code", b"# Filled  Code", {"edited_summary"}),
        (b"starter sha256 ", b"starter sha256 0", {"other_summary"}),
        (b"tool analyze.py", b"tool other.py", {"other_summary"}),
        (b"  VAE/VAE.py", b"  ../../../etc/passwd", {"edited_summary", "stale_summary"}),
    ],
)
def test_a_summary_that_was_changed(tmp_path: Path, old: bytes, new: bytes, codes: set[str]) -> None:
    text = COMPLETE["code_analyze/summary.txt"]
    assert old in text
    taken = hand_in(tmp_path, {**COMPLETE, "code_analyze/summary.txt": text.replace(old, new)})
    assert codes_of(taken) == codes


def test_a_summary_made_beside_what_the_zip_must_leave_out(tmp_path: Path) -> None:
    """Most make it where they trained; the zip then lacks what the handout asks to leave out."""
    beside = {"VAE/results/VAE/step-1.pt": b"x", "VAE/runs/VAE/events": b"x", "GAN/best.pth": b"x"}
    text = summary({**under("VAE", VAE), **under("GAN", GAN), **beside})
    taken = hand_in(tmp_path, {**COMPLETE, "code_analyze/summary.txt": text})
    assert codes_of(taken) == set()


def test_a_summary_of_files_that_were_renamed_for_the_student(tmp_path: Path) -> None:
    other = {
        ("GAN/Trainer.py" if name == "trainer.py" else f"GAN/{name}"): data for name, data in GAN.items()
    }
    text = summary({**under("VAE", VAE), **other})
    files = {**under("codes/VAE", VAE), **{f"codes/{name}": data for name, data in other.items()}}
    taken = hand_in(tmp_path, {**files, "report.ipynb": b"{}", "Summary.TXT": text})
    assert codes_of(taken) == {"file_renamed"}


def test_of_several_summaries_the_one_that_fits_counts(tmp_path: Path) -> None:
    taken = hand_in(tmp_path, {**COMPLETE, "summary.txt": b"an old one"})
    assert codes_of(taken) == set()


def test_a_folder_called_like_the_summary(tmp_path: Path) -> None:
    files = {name: data for name, data in COMPLETE.items() if not name.endswith("summary.txt")}
    assert codes_of(hand_in(tmp_path, {**files, "summary.txt/x": b""})) == {"missing_summary"}


def test_what_happened_since_a_summary_was_made(tmp_path: Path) -> None:
    files = {**COMPLETE, "codes/VAE/VAE.py": VAE["VAE.py"] + b"# late\n", "codes/VAE/new.py": b"x = 1\n"}
    del files["codes/GAN/GAN.py"], files["codes/GAN/dataset.py"]
    found = {finding.code: finding for finding in hand_in(tmp_path, files).findings}["stale_summary"]
    assert found.message == (
        "summary.txt is older than the code: since it was made, VAE/VAE.py changed; GAN/GAN.py, "
        "GAN/dataset.py were deleted; VAE/new.py was added."
    )
    assert found.message_zh == (
        "summary.txt 早于提交的代码：其后 VAE/VAE.py 有改动；GAN/GAN.py、GAN/dataset.py 被删除；"
        "VAE/new.py 为新增。"
    )
    assert found.rule == (
        "The zip holds summary.txt, written by python code_analyze/analyze.py from the final code."
    )


def test_a_summary_may_list_a_track_that_is_not_handed_in(tmp_path: Path) -> None:
    """Students hand in the tracks that they worked on; the summary is made where both lie."""
    files = {name: data for name, data in COMPLETE.items() if "GAN" not in name}
    assert codes_of(hand_in(tmp_path, files)) == set()
    edited = files["code_analyze/summary.txt"].replace(b"return recon_loss, kl_loss", b"return kl_loss")
    (tmp_path / "2").mkdir()
    taken = hand_in(tmp_path / "2", {**files, "code_analyze/summary.txt": edited})
    assert codes_of(taken) == {"edited_summary"}


def test_an_edited_and_stale_summary_is_said_to_be_both(tmp_path: Path) -> None:
    text = COMPLETE["code_analyze/summary.txt"].replace(b"return recon_loss, kl_loss", b"return kl_loss")
    assert text != COMPLETE["code_analyze/summary.txt"]
    files = {**COMPLETE, "code_analyze/summary.txt": text, "codes/VAE/VAE.py": VAE["VAE.py"] + b"# late\n"}
    by_code = {finding.code: finding for finding in hand_in(tmp_path, files).findings}
    assert set(by_code) == {"edited_summary", "stale_summary"}
    assert "missing:         return recon_loss, kl_loss (edited by hand)" in by_code["edited_summary"].message
    assert by_code["stale_summary"].message == (
        "summary.txt is older than the code: since it was made, VAE/VAE.py changed."
    )
    assert by_code["stale_summary"].message_zh == "summary.txt 早于提交的代码：其后 VAE/VAE.py 有改动。"
    number = text.split(b"\n").index(b"        return kl_loss") + 1
    assert by_code["edited_summary"].message_zh == (
        f"summary.txt 在 analyze.py 生成之后被修改过：第 {number} 行。"
    )


def test_a_forged_digest_hides_no_line(tmp_path: Path) -> None:
    text = COMPLETE["code_analyze/summary.txt"].replace(b"return recon_loss, kl_loss", b"return kl_loss")
    lines = text.decode().rstrip("\n").split("\n")
    forged = "#: digest sha256 " + digest_of(lines)
    lines = [forged if line.startswith("#: digest") else line for line in lines]
    taken = hand_in(tmp_path, {**COMPLETE, "code_analyze/summary.txt": "\n".join(lines).encode() + b"\n"})
    (finding,) = taken.findings
    assert finding.code == "stale_summary"
    assert "no such line:         return kl_loss (edited by hand)" in finding.message
    assert finding.message_zh.startswith("summary.txt 与提交的代码不符：第 ")


@pytest.mark.slow
def test_weights_data_and_large_files(tmp_path: Path) -> None:
    files = {
        **COMPLETE, "codes/VAE/results/VAE/step-1.pt": b"x", "codes/GAN/best.pth": b"x",
        "codes/data/big": os.urandom(51_000_000), "more.rar": b"x",
    }  # fmt: skip
    taken = hand_in(tmp_path, files)
    sizes = {"file_too_large", "archive_too_large"}
    assert codes_of(taken) == {"weights_or_data", "archive_inside", *sizes}
    by_code = {finding.code: finding for finding in taken.findings}
    assert "codes/VAE/results/" in by_code["weights_or_data"].message
    assert "codes/GAN/best.pth" in by_code["weights_or_data"].message
    assert "51.0 MB" in by_code["file_too_large"].message
    assert "50 MB" in by_code["file_too_large"].rule


def test_a_large_zip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.intake.deliverables._MB", 100)
    taken = hand_in(tmp_path, COMPLETE)
    assert "archive_too_large" in codes_of(taken)


@pytest.mark.parametrize(
    ("name", "files", "code"),
    [
        ("homework.zip", {}, "no_student_number"),
        ("2026000001.zip", {"report_2026000002.pdf": b""}, "other_student_number"),
        ("2026000001_Zhang.zip", {"report_2026000001.pdf": b""}, None),
    ],
)
def test_student_numbers(tmp_path: Path, name: str, files: dict[str, bytes], code: str | None) -> None:
    taken = hand_in(tmp_path, {**COMPLETE, **files}, name)
    assert codes_of(taken) == ({code} if code else set())


def test_a_zip_in_a_zip(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as file:
        for name, data in COMPLETE.items():
            file.writestr(name, data)
    taken = hand_in(tmp_path, {"2026000001.zip": inner.getvalue()})
    assert codes_of(taken) == {"zip_in_zip"}
    assert set(taken.tracks) == {"VAE", "GAN"}


def test_zips_in_zips_in_zips_stay_closed(tmp_path: Path) -> None:
    data = b"x"
    for _ in range(3):
        outer = io.BytesIO()
        with zipfile.ZipFile(outer, "w") as file:
            file.writestr("a.zip", data)
        data = outer.getvalue()
    taken = hand_in(tmp_path, {"a.zip": data})
    assert {"zip_in_zip", "archive_inside", "no_track"} <= codes_of(taken)


def test_files_named_like_libraries_are_reported(tmp_path: Path) -> None:
    files = {"codes/VAE/random.py": b"", "codes/VAE/hwlib/__init__.py": b"", "codes/VAE/helper.py": b""}
    taken = hand_in(tmp_path, {**COMPLETE, **files})
    messages = [finding.message for finding in taken.findings if finding.code == "library_shadowed"]
    assert len(messages) == 2


def test_everything_left_out_is_reported(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    files = {**COMPLETE, "../evil": b"", "codes/vae/MAIN.py": b"", ".DS_Store": b""}
    path = tmp_path / "in" / "2026000001.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as file:
        for entry, data in files.items():
            file.writestr(entry, data)
        file.writestr(link, "/etc/passwd")
    taken = take_in(path, tmp_path / "in")
    assert codes_of(taken) == {"unsafe_names", "links", "name_clashes", "system_files"}
    assert [finding.severity for finding in taken.findings] == ["error", "error", "warning", "info"]
    assert all(finding.message_zh for finding in taken.findings)


def test_names_cannot_write_on_the_terminal_of_the_reader(tmp_path: Path) -> None:
    taken = hand_in(tmp_path, {**COMPLETE, "codes/\u202egnp.exe.rar": b"", "=cmd|'x'!A1.rar": b""})
    assert not any("\u202e" in finding.message for finding in taken.findings)


def test_folders(tmp_path: Path) -> None:
    folder = tmp_path / "2026000001"
    for name, data in COMPLETE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    taken = take_in(folder, scratch)
    assert taken.findings == ()
    assert taken.tracks["VAE"].is_relative_to(scratch)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="does not exist"):
        take_in(tmp_path / "2026000001.zip", tmp_path)
