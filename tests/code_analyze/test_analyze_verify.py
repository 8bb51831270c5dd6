"""`--verify`: whether a summary still fits the code, and if not, which lines differ and why."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from analyze_kit import SOLUTIONS, STARTER, Kit

from code_analyze import summary
from code_analyze.summary import limits, writing
from code_analyze.summary.writing import digest_of


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    """The real starter with the solutions as the submission, and its summary."""
    names = [path.relative_to(STARTER).as_posix() for path in STARTER.glob("*/*.py")]
    kit = Kit(
        tmp_path,
        {name: (STARTER / name).read_bytes() for name in names},
        {name: (SOLUTIONS / name).read_bytes() for name in names},
    )
    kit.summary.write_text(kit.text(), encoding="utf-8", newline="\n")
    return kit


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8", newline="\n")


def findings(kit: Kit) -> list[tuple[str, str]]:
    text = kit.summary.read_text(encoding="utf-8")
    return [(one.kind, one.message) for one in summary.verify_summary(text, kit.tree())]


def test_a_fresh_summary_fits(kit: Kit, tmp_path: Path) -> None:
    assert findings(kit) == []
    for arguments in (["--verify", "summary.txt"], ["--verify"], ["--verify", str(kit.summary)]):
        result = kit.run(*arguments)
        assert (result.returncode, result.stderr) == (0, "")
        assert "fits the code" in result.stdout
    assert kit.run("--verify", "code_analyze/summary.txt").returncode == 0


def test_line_ends_of_another_system_do_not_matter(kit: Kit) -> None:
    kit.summary.write_bytes(kit.summary.read_bytes().replace(b"\n", b"\r\n"))
    assert kit.run("--verify").returncode == 0
    text = kit.summary.read_bytes().decode("utf-8")
    assert summary.verify_summary(text, kit.tree()) == []


def test_the_folders_of_the_ta_need_not_be_called_like_the_students(kit: Kit) -> None:
    text = summary.summarize(kit.tree(), "starter of 2026", "C:/Users/x/codes")
    assert summary.verify_summary(text, kit.tree()) == []


def test_verifying_writes_nothing(kit: Kit) -> None:
    edit(kit.summary, "# References", "# My References")
    before = kit.summary.read_bytes()
    assert kit.run("--verify").returncode == 1
    assert kit.summary.read_bytes() == before


def test_edited_by_hand(kit: Kit) -> None:
    edit(kit.summary, "        return images.float() / 255\n", "        return images.double() / 255\n")
    number = (
        kit.summary.read_text(encoding="utf-8").split("\n").index("        return images.double() / 255") + 1
    )
    kinds = findings(kit)
    assert [kind for kind, _ in kinds] == ["edited", "line", "line"]
    assert kit.run("--verify").stdout.endswith(
        "summary.txt does not fit the code; analyze.py without --verify makes it again\n"
    )
    assert (
        f"before line {number}: missing:         return images.float() / 255 (edited by hand)" in kinds[1][1]
    )
    assert f"line {number}: the analysis has no such line:         return images.double()" in kinds[2][1]
    result = kit.run("--verify")
    assert result.returncode == 1
    assert "edited by hand" in result.stdout


@pytest.mark.parametrize("line", ["# ../codes/VAE/VAE.py:2", "# References", "    return encoder, decoder"])
def test_a_deleted_or_added_line_is_found(kit: Kit, line: str) -> None:
    edit(kit.summary, line + "\n", "")
    assert any("missing: " + line in message for _, message in findings(kit))
    edit(kit.summary, "# Other Modifications", "# Other Modifications\n# anything")
    assert any("no such line: # anything" in message for _, message in findings(kit))


def test_edited_with_the_digest_made_to_fit(kit: Kit) -> None:
    """The digest is no secret; the lines are compared with the code all the same."""
    edit(kit.summary, "        return images.float() / 255\n", "        return images.double() / 255\n")
    lines = kit.summary.read_text(encoding="utf-8").rstrip("\n").split("\n")
    lines = [
        "#: digest sha256 " + digest_of(lines) if line.startswith("#: digest") else line for line in lines
    ]
    kit.summary.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    assert [kind for kind, _ in findings(kit)] == ["line", "line"]
    assert all("edited by hand" in message for _, message in findings(kit))


def test_a_line_of_code_that_looks_like_a_header_is_compared(kit: Kit) -> None:
    edit(
        kit.codes / "VAE/dataset.py",
        "        return images.float() / 255\n",
        "#: digest 1\n        return images / 255\n",
    )
    kit.summary.write_text(kit.text(), encoding="utf-8", newline="\n")
    assert findings(kit) == []
    edit(kit.summary, "#: digest 1\n", "#: digest 2\n")
    assert [kind for kind, _ in findings(kit)] == ["edited", "line", "line"]


def test_any_edit_of_a_line_is_found_even_with_a_digest_made_to_fit(kit: Kit) -> None:
    tree, rng = kit.tree(), random.Random(0)
    lines = summary.summarize(tree).rstrip("\n").split("\n")
    # The names of the folders may be any; the digest is made to fit below.
    free = ("#: digest", "#: origin", "#: target")
    filled = [at for at, line in enumerate(lines) if line.strip() and not line.startswith(free)]
    for _ in range(300):
        at, edited = rng.choice(filled), list(lines)
        kind = rng.randrange(4)
        if kind == 0:
            del edited[at]
        elif kind == 1:
            edited.insert(at, edited[at])
        elif kind == 2:
            edited[at] += "x"
        else:
            other = rng.choice([other for other in filled if lines[other] != lines[at]])
            edited[at], edited[other] = edited[other], edited[at]
        forged = "#: digest sha256 " + digest_of(edited)
        edited = [forged if line.startswith("#: digest") else line for line in edited]
        found = summary.verify_summary("\n".join(edited) + "\n", tree)
        assert found, (kind, lines[at])


def test_stale(kit: Kit) -> None:
    edit(
        kit.codes / "VAE/dataset.py", "        return images.float() / 255\n", "        return images / 255\n"
    )
    found = findings(kit)
    assert found[0] == ("stale", "VAE/dataset.py changed after the summary was made")
    assert [kind for kind, _ in found] == ["stale", "line", "line"]
    assert all("the code changed" in message for _, message in found[1:])


def test_stale_by_a_file_that_came_or_went(kit: Kit) -> None:
    (kit.codes / "VAE/trainer.py").unlink()
    kit.write(kit.codes / "VAE/new.py", "x = 1\n")
    found = findings(kit)
    assert ("stale", "VAE/new.py was added after the summary was made") in found
    assert ("stale", "VAE/trainer.py was deleted after the summary was made") in found
    assert not any("by hand" in message for _, message in found)


def test_stale_and_edited_are_told_apart(kit: Kit) -> None:
    edit(
        kit.codes / "VAE/dataset.py", "        return images.float() / 255\n", "        return images / 255\n"
    )
    edit(kit.summary, "    return encoder, decoder\n", "    return decoder, encoder\n")
    messages = [message for kind, message in findings(kit) if kind == "line"]
    assert [message for message in messages if "encoder, decoder" in message][0].endswith("(edited by hand)")
    assert [message for message in messages if "images / 255" in message][0].endswith("summary was made)")


def test_another_years_starter(kit: Kit) -> None:
    edit(kit.origin / "VAE/main.py", "import", "import math\nimport")
    found = findings(kit)
    assert found[0][0] == "other-starter"
    assert all("another starter" in message for _, message in found)


def test_against_another_years_starter_no_file_is_said_to_have_come_or_gone(kit: Kit) -> None:
    """A README.md that only one of the starters has stands in one of the headers, and nobody touched it."""
    for path in (kit.origin / "VAE/README.md", kit.codes / "VAE/README.md"):
        kit.write(path, "text\n")
    assert [kind for kind, _ in findings(kit)] == ["other-starter"]
    edit(kit.codes / "VAE/dataset.py", "        return images.float() / 255\n", "        return images\n")
    assert [message for kind, message in findings(kit) if kind == "stale"] == [
        "VAE/dataset.py changed after the summary was made"
    ]


def test_another_version_of_the_tool(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "VERSION", "9.9")
    assert findings(kit) == [("other-version", f"made by analyze.py {_version(kit)}, this is analyze.py 9.9")]


def _version(kit: Kit) -> str:
    found = re.match(r"#: tool analyze.py (\S+)", kit.summary.read_text(encoding="utf-8"))
    assert found
    return found.group(1)


def test_a_summary_of_former_years_has_no_header(kit: Kit) -> None:
    text = kit.summary.read_text(encoding="utf-8")
    body = "\n".join(line for line in text.split("\n") if not line.startswith("#: "))
    kit.summary.write_text(body, encoding="utf-8", newline="\n")
    assert [kind for kind, _ in findings(kit)] == ["no-header"]
    edit(kit.summary, "    return encoder, decoder\n", "")
    assert findings(kit)[1][1].endswith("(no header tells why)")


def test_the_summary_of_somebody_else_is_not_listed_without_end(kit: Kit) -> None:
    kit.summary.write_text("\n".join(f"line {i}" for i in range(5000)), encoding="utf-8")
    found = findings(kit)
    assert len(found) == limits.MAX_FINDINGS + 2
    assert found[-1][1].startswith("... and ")


def test_a_hostile_summary_is_compared_in_bounded_work(kit: Kit) -> None:
    """A header that names more files than there are, and a label as long as a file."""
    head = "".join(f"#: file sha256 {number:064x}  {number}.py\n" for number in range(20_000))
    starter = kit.text().split("\n")[3]
    label = "#: target " + "x" * 1_000_000
    text = f"{head}{starter}\n{label}\n" + "# a/b:1\n# /////////////////////// -> x\n" * 20_000
    found = summary.verify_summary(text, kit.tree())
    assert sum(one.kind == "stale" for one in found) == limits.MAX_FINDINGS + 1
    assert sum(one.kind == "line" for one in found) == limits.MAX_FINDINGS + 1
    assert max(len(one.message) for one in found) < 2_000


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"#: \n#: file\n#: file sha256\n#:", b"\xff\xfe#\0:\0", b"#: digest"]
)
def test_any_text_can_be_verified(kit: Kit, content: bytes) -> None:
    kit.summary.write_bytes(content)
    result = kit.run("--verify")
    assert result.returncode == 1
    assert result.stderr == ""


def test_a_summary_that_is_not_there_or_no_text(kit: Kit) -> None:
    kit.summary.write_bytes(b"\0\0")
    for name in ("summary.txt", "nowhere.txt"):
        result = kit.run("--verify", name)
        assert result.returncode == 2
        assert name in result.stderr
        assert "--verify FILE" in result.stderr
    assert "leave --verify out to write it" in result.stderr


def test_header_is_read_by_name(kit: Kit) -> None:
    header = summary.read_header(kit.summary.read_text(encoding="utf-8"))
    assert header["target"] == ["../codes"]
    assert header["origin"] == ["_codes"]
    assert len(header["file"]) == 8


@pytest.mark.slow
def test_the_summary_of_very_long_files_can_be_verified(kit: Kit) -> None:
    for name in ("VAE/dataset.py", "GAN/dataset.py"):
        path = kit.codes / name
        path.write_text(path.read_text(encoding="utf-8") + "x = 1\n" * 9_000, encoding="utf-8")
    assert kit.run().returncode == 0
    assert kit.run("--verify").returncode == 0
