"""Own share: lines of the regions that do not stand in the files of declared references."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from analyze_kit import SOLUTIONS, STARTER, Kit

from code_analyze.summary import limits
from code_analyze.summary.share import OwnShare, ReferenceLines, own_shares, read_references

REFERENCE = """\
def loss(recon, x, mu, log_std):
    n = len(x)
    bce = F.binary_cross_entropy(recon, x, reduction='sum') / n
    kl = -0.5 * torch.sum(1 + 2 * log_std - mu ** 2 - torch.exp(2 * log_std)) / n
    return bce, kl
"""


def share(code: str, reference: str = REFERENCE) -> tuple[int, int]:
    return tuple(ReferenceLines([reference.split("\n")]).share(code.split("\n")))  # type: ignore[return-value]


def test_a_copy_is_not_own() -> None:
    assert share(REFERENCE) == (0, 5)


def test_spacing_comments_quotes_and_trailing_commas_hide_nothing() -> None:
    disguised = REFERENCE.replace("    ", "\t").replace("'", '"').replace(" / n", "/n  # don't ask")
    assert share(disguised) == (0, 5)
    assert share("\n\n# mine\n".join(REFERENCE.split("\n"))) == (0, 5)


def test_other_code_is_own() -> None:
    own = (
        "def step(self, batch):\n    out = self.model(batch)\n    out.loss.backward()\n    self.opt.step()\n"
    )
    assert share(own) == (4, 4)


def test_lines_that_say_too_little_do_not_count() -> None:
    assert share("else:\n)\n    pass\nreturn z\n# bce, kl\n\n") == (0, 0)
    assert OwnShare(0, 0).percent == 100


def test_one_short_line_alone_is_a_coincidence_and_one_long_line_is_not() -> None:
    assert share("x = g(1)\nn = len(x)\ny = h(2)") == (3, 3)
    long_line = REFERENCE.split("\n")[3]
    assert share("x = g(1)\n" + long_line + "\ny = h(2)") == (2, 3)


def test_two_lines_in_a_row_are_taken() -> None:
    assert share("n = len(x)\nbce = F.binary_cross_entropy(recon, x, reduction='sum') / n\ny = h(2)") == (
        1,
        3,
    )


def test_percent_is_rounded_down_for_the_rule() -> None:
    assert OwnShare(699, 1000).percent == 69
    assert OwnShare(7, 10).percent == limits.OWN_SHARE_RULE == 70


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    names = [path.relative_to(STARTER).as_posix() for path in STARTER.glob("*/*.py")]
    return Kit(
        tmp_path,
        {name: (STARTER / name).read_bytes() for name in names},
        {name: (SOLUTIONS / name).read_bytes() for name in names},
    )


def own_share_lines(kit: Kit, *arguments: str) -> list[str]:
    result = kit.run("--reference_dir", "../refs", *arguments)
    assert result.returncode == 0, result.stderr
    text = kit.summary.read_text(encoding="utf-8")
    assert result.stdout.rstrip().endswith(" the 70 % asked for")
    return [line for line in text.split("\n") if line.startswith("#: own-share")]


def test_header_has_the_share_of_every_region_and_over_all(kit: Kit) -> None:
    kit.write(kit.folder / "refs/vae.py", (SOLUTIONS / "VAE/VAE.py").read_bytes())
    lines = own_share_lines(kit)
    regions = {line.rsplit(", ", 1)[1]: line for line in lines[1:]}
    assert "70 % asked for" in lines[0]
    assert regions["VAE/VAE.py:1"].startswith("#: own-share 0 % (0 of ")
    assert regions["VAE/trainer.py:1"].startswith("#: own-share 100 %")
    assert len(regions) == 15
    own = sum(int(line.split("(")[1].split()[0]) for line in regions.values())
    counted = sum(int(line.split(" of ")[1].split()[0]) for line in regions.values())
    verdict = "at least" if own * 100 >= counted * 70 else "below"
    assert (
        lines[0]
        == f"#: own-share {100 * own // counted} % ({own} of {counted} lines), {verdict} the 70 % asked for"
    )


def test_a_copy_of_everything_is_below_the_rule_and_no_reference_is_above(kit: Kit) -> None:
    (kit.folder / "refs").mkdir()
    assert ", at least the 70 %" in own_share_lines(kit)[0]
    for track in ("VAE", "GAN"):
        for path in (SOLUTIONS / track).glob("*.py"):
            kit.write(kit.folder / "refs" / track / path.name, path.read_bytes())
    total, _ = own_shares(kit.tree(), read_references(str(kit.folder / "refs")))
    assert total.percent <= 5  # regions of one short line prove nothing
    assert ", below the 70 %" in own_share_lines(kit)[0]


def test_notebooks_are_read_as_code(kit: Kit) -> None:
    code = (SOLUTIONS / "VAE/VAE.py").read_text(encoding="utf-8").splitlines(keepends=True)
    cells = [{"cell_type": "markdown", "source": "text"}, {"cell_type": "code", "source": code}]
    kit.write(kit.folder / "refs/vae.ipynb", json.dumps({"cells": cells}))
    kit.write(kit.folder / "refs/broken.ipynb", '{"cells": [1]}')
    kit.write(kit.folder / "refs/binary.ipynb", b"\0\0")
    kit.write(
        kit.folder / "refs/pictures.ipynb", json.dumps({"cells": cells[:1], "picture": "A" * (3 << 20)})
    )
    assert any("own-share 0 % (0 of " in line and "VAE/VAE.py:1" in line for line in own_share_lines(kit))
    notes = [
        line for line in kit.run("--reference_dir", "../refs").stdout.split("\n") if "reference " in line
    ]
    assert notes == ["note: reference binary.ipynb is binary, expected text; not compared"]


def test_what_cannot_be_read_of_the_references_is_said(kit: Kit) -> None:
    (kit.folder / "refs/data").mkdir(parents=True)
    (kit.folder / "refs/out.py").symlink_to(kit.program)
    (kit.folder / "refs/paper.pdf").write_bytes(b"%PDF\0")
    own_share_lines(kit)
    said = kit.run("--reference_dir", "../refs").stdout.split("\n")
    assert [line for line in said if line.startswith("note: ")] == [
        "note: reference data: not opened",
        "note: reference out.py: a link that leads out of the folder, not followed",
        "note: reference paper.pdf is binary, expected text; not compared",
        "note: no reference is there: put the files that you took code from into the folder",
    ]


def test_verifying_looks_at_the_share_only_with_the_references(kit: Kit) -> None:
    kit.write(kit.folder / "refs/vae.py", (SOLUTIONS / "VAE/VAE.py").read_bytes())
    own_share_lines(kit)
    assert kit.run("--verify").returncode == 0
    assert kit.run("--verify", "--reference_dir", "../refs").returncode == 0
    kit.write(kit.folder / "refs/more.py", (SOLUTIONS / "VAE/trainer.py").read_bytes())
    result = kit.run("--verify", "--reference_dir", "../refs")
    assert result.returncode == 1
    assert result.stdout.startswith("own-share: the summary has ")


def test_the_starters_own_lines_never_count(kit: Kit) -> None:
    for track in ("VAE", "GAN"):
        for path in (STARTER / track).glob("*.py"):
            kit.write(kit.folder / "refs" / track / path.name, path.read_bytes())
    total, regions = own_shares(kit.tree(), read_references(str(kit.folder / "refs")))
    assert total.percent >= 95
    assert len(regions) == 15
