"""The format of summary.txt, line by line, and where it is written."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import pytest
from analyze_kit import ROOT, SOLUTIONS, STARTER, Kit, section

STARTER_VAE = """\
import torch


class VAE(torch.nn.Module):
    def __init__(self, latent_dim):
        super().__init__()
        # TODO START
        # self.encoder: images -> (mu, log sigma)
        raise NotImplementedError("VAE.py, TODO 1 (networks): not filled in yet")
        # TODO END

    def forward(self, x):
        # TODO START
        raise NotImplementedError("VAE.py, TODO 2 (forward): not filled in yet")
        # TODO END

    def save(self, path, step):
        torch.save(self.state_dict(), path)
"""


SUBMITTED_VAE = """\
import torch
import numpy


class VAE(torch.nn.Module):
    def __init__(self, latent_dim):
        super().__init__()
        # TODO START
        # Reference: https://github.com/someone/vae
        # Reference: Name: Zhang San Student ID: 2018012345
        # self.encoder: images -> (mu, log sigma)
        self.encoder = torch.nn.Linear(1024, 2 * latent_dim)

        self.decoder = torch.nn.Linear(latent_dim, 1024)
        # TODO END

    def forward(self, x):
        # TODO START
        return self.encoder(x)
        # TODO END

    def save(self, path, step=0):
        torch.save(self.state_dict(), path)
"""


MAIN = "from VAE import VAE\n\nprint(VAE(10))\n"


GOLDEN = """\

########################
# Missing Files
########################
# VAE/data.py

########################
# Additional Files
########################
# VAE/__pycache__
# VAE/plot.py

########################
# Filled Code
########################
# ../codes/VAE/VAE.py:1
        # Reference: https://github.com/someone/vae
        # Reference: Name: Zhang San Student ID: 2018012345
        self.encoder = torch.nn.Linear(1024, 2 * latent_dim)

        self.decoder = torch.nn.Linear(latent_dim, 1024)

# ../codes/VAE/VAE.py:2
        return self.encoder(x)

########################
# References
########################
# https://github.com/someone/vae
# Name: Zhang San Student ID: 2018012345

########################
# Other Modifications
########################
# _codes/VAE/VAE.py -> ../codes/VAE/VAE.py
# 2 + import numpy
# 17 -     def save(self, path, step):
# 22 +     def save(self, path, step=0):
# 22 ?                              ++
# _codes/VAE/main.py -> ../codes/VAE/main.py
# 3 - print(VAE(10))
"""


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    return Kit(
        tmp_path,
        {"VAE/VAE.py": STARTER_VAE, "VAE/main.py": MAIN, "VAE/data.py": "x = 1\n"},
        {
            "VAE/VAE.py": SUBMITTED_VAE,
            "VAE/main.py": MAIN.replace("print(VAE(10))\n", ""),
            "VAE/plot.py": "import matplotlib\n",
            "VAE/__pycache__/VAE.pyc": b"\0\1",
        },
    )


def split(text: str) -> tuple[list[str], str]:
    """Header lines, and the rest."""
    lines = text.split("\n")
    top = next(i for i, line in enumerate(lines) if not line.startswith("#: "))
    return lines[:top], "\n".join(lines[top:])


def test_the_whole_summary_is_as_it_has_been_for_years(kit: Kit) -> None:
    header, body = split(kit.written())
    assert body == GOLDEN
    assert header[0].startswith("#: tool analyze.py ")


def test_header_has_the_digest_of_every_analysed_file(kit: Kit) -> None:
    header, _ = split(kit.written())
    digests = dict(
        re.match(r"#: file sha256 (\w{64})  (.*)$", line).groups()[::-1] for line in header if "file" in line
    )
    assert sorted(digests) == ["VAE/VAE.py", "VAE/main.py", "VAE/plot.py"]
    for path, digest in digests.items():
        assert digest == hashlib.sha256((kit.codes / path).read_bytes()).hexdigest()
    assert len([line for line in header if re.match(r"#: starter sha256 \w{64}$", line)]) == 1


def test_digest_of_the_starter_follows_the_starter_and_not_its_line_ends(kit: Kit) -> None:
    def digest() -> str:
        return next(line for line in kit.written().split("\n") if line.startswith("#: starter"))

    before = digest()
    kit.write(kit.origin / "VAE/main.py", MAIN.replace("\n", "\r\n"))
    assert digest() == before
    kit.write(kit.origin / "VAE/main.py", MAIN + "print(1)\n")
    assert digest() != before


def test_sections_without_content_are_left_out_but_for_the_last_three(tmp_path: Path) -> None:
    kit = Kit(tmp_path, {"VAE/VAE.py": STARTER_VAE}, {"VAE/VAE.py": STARTER_VAE})
    _, body = split(kit.written())
    titles = re.findall(r"^#{24}\n# (.*)\n#{24}$", body, re.MULTILINE)
    assert titles == ["Filled Code", "References", "Other Modifications"]
    assert section(body, "Filled Code") == ["# ../codes/VAE/VAE.py:1", "", "# ../codes/VAE/VAE.py:2"]
    assert section(body, "References") == []
    assert section(body, "Other Modifications") == []


def test_paths_are_relative_to_the_program_from_any_folder(kit: Kit, tmp_path: Path) -> None:
    expected = kit.written()
    elsewhere = tmp_path / "some where" / "else"
    elsewhere.mkdir(parents=True)
    for cwd in (kit.folder / "code_analyze", elsewhere):
        kit.summary.unlink()
        assert kit.run(cwd=cwd).returncode == 0
        assert kit.summary.read_text(encoding="utf-8") == expected


def test_options_name_other_folders_and_another_file(kit: Kit) -> None:
    expected = kit.written()
    kit.summary.unlink()
    shutil.move(str(kit.codes), str(kit.folder / "my work"))
    shutil.move(str(kit.origin), str(kit.folder / "last year"))
    result = kit.run(
        "--target_dir", "../my work/", "--origin_dir", "../last year", "--output_file", "../out.txt"
    )
    assert result.returncode == 0, result.stderr
    assert not kit.summary.exists()
    text = (kit.folder / "out.txt").read_text(encoding="utf-8")
    assert "# ../my work/VAE/VAE.py:1" in text.split("\n")
    assert "# ../last year/VAE/VAE.py -> ../my work/VAE/VAE.py" in text.split("\n")
    _, body = split(text)
    assert body.replace("../my work", "../codes").replace("../last year", "_codes") == split(expected)[1]


def test_same_bytes_in_any_order_of_files_and_with_a_summary_already_there(kit: Kit, tmp_path: Path) -> None:
    first = kit.written()
    assert kit.written() == first
    copy = Kit(tmp_path / "copy", {}, {})
    for source, goal in ((kit.origin, copy.origin), (kit.codes, copy.codes)):
        for path in sorted(source.rglob("*"), reverse=True):
            if path.is_file():
                copy.write(goal / path.relative_to(source), path.read_bytes())
    assert copy.written() == first
    assert "\r" not in first


def test_hints_stand_below_lines_that_are_much_alike(kit: Kit) -> None:
    kit.write(kit.codes / "VAE/main.py", MAIN.replace("print(VAE(10))", "print(VAE(100))"))
    assert section(kit.written(), "Other Modifications")[-4:] == [
        "# _codes/VAE/main.py -> ../codes/VAE/main.py",
        "# 3 - print(VAE(10))",
        "# 3 + print(VAE(100))",
        "# 3 ?             +",
    ]


def test_terminal_says_what_to_look_at(kit: Kit) -> None:
    result = kit.run()
    assert "2 of 2 TODO regions filled in, 2 references" in result.stdout
    assert "missing VAE/data.py" in result.stdout


def test_the_kit_of_this_repository(tmp_path: Path) -> None:
    """The real starter: nothing is filled in; the solutions: everything is, and nothing else changed."""
    for target, filled in ((ROOT / "codes", False), (SOLUTIONS, True)):
        kit = Kit(tmp_path / target.name, {}, {})
        shutil.copytree(STARTER, kit.origin, dirs_exist_ok=True)
        shutil.copytree(target, kit.codes, dirs_exist_ok=True)
        files = [file for file in kit.tree().files if file.regions]
        assert len(files) >= 8
        for file in files:
            assert [region.filled for region in file.regions] == [filled] * len(file.regions), file.path
            assert not file.other_changes
            assert not file.notes
            assert all(region.title for region in file.regions)
            if not filled:
                assert not any(region.added_lines for region in file.regions)
