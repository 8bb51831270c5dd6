"""Public sources with a layout of their own: found in whoever took from them, and no evidence between two."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from similarity_kit import browser_dump, clicked, compare, names, read_cohort, submission

from code_analyze import summary
from code_analyze.similarity.findings import OUTLIER, Pair, Result
from code_analyze.similarity.intake import Submission
from code_analyze.similarity.own_share import own_shares
from code_analyze.similarity.report import write_report

SOURCE = """
import torch
from torch import nn


def start(layer, spread=0.02):
    kind = type(layer).__name__
    if "Norm" in kind:
        torch.nn.init.trunc_normal_(layer.weight, 1.0, spread, 0.9, 1.1)
        layer.bias.detach().mul_(0.0)
    elif kind.startswith("Conv"):
        layer.weight.detach().copy_(spread * torch.randn(layer.weight.shape))


class Painter(nn.Module):
    def __init__(self, noise, width):
        super().__init__()
        sizes = [noise, 8 * width, 4 * width, width]
        self.stack = nn.ModuleList()
        for number, (before, after) in enumerate(zip(sizes, sizes[1:] + [3])):
            later = int(number > 0)
            self.stack.append(nn.ConvTranspose2d(before, after, 4, 1 + later, later, bias=number == 3))


def fit(critic, painter, loader, opt_c, opt_p, measure, noise, where):
    for pictures, _ in loader:
        verdicts, total = [], 0.0
        drawn = painter(torch.randn(len(pictures), noise, 1, 1, device=where))
        opt_c.zero_grad(set_to_none=True)
        for goal, stack in ((1.0, pictures), (0.0, drawn.detach())):
            said = critic(stack).reshape(-1)
            part = measure(said, said.new_full(said.shape, goal))
            part.backward()
            total = total + part.detach()
            verdicts.append(said.detach().mean())
        opt_c.step()
        opt_p.zero_grad(set_to_none=True)
        again = critic(drawn).reshape(-1)
        fooled = measure(again, again.new_full(again.shape, 1.0))
        fooled.backward()
        opt_p.step()
"""

INIT = """kind = type(module).__name__
if "Norm" in kind:
    torch.nn.init.trunc_normal_(module.weight, 1.0, 0.02, 0.9, 1.1)
    module.bias.detach().mul_(0.0)
elif kind.startswith("Conv"):
    module.weight.detach().copy_(0.02 * torch.randn(module.weight.shape))
"""
DISCRIMINATOR = """verdicts, loss_D = [], 0.0
self.optimD.zero_grad(set_to_none=True)
for goal, imgs in ((1.0, real_imgs), (0.0, fake_imgs.detach())):
    said = self.netD(imgs).reshape(-1)
    part = BCE_criterion(said, said.new_full(said.shape, goal))
    part.backward()
    loss_D = loss_D + part.detach()
    verdicts.append(said.detach().mean())
self.optimD.step()
"""
GENERATOR = """self.optimG.zero_grad(set_to_none=True)
again = self.netD(fake_imgs).reshape(-1)
loss_G = BCE_criterion(again, again.new_full(again.shape, 1.0))
loss_G.backward()
self.optimG.step()
return loss_D, loss_G.detach(), verdicts[0], verdicts[1], again.detach().mean()
"""
TAKEN = {"init": INIT, "discriminator_step": DISCRIMINATOR, "generator_step": GENERATOR}
CITE = "# Reference: https://github.com/somebody/painter\n"

HONEST = read_cohort("tuning")[:16]


def taker(index: int, cite: bool = False) -> Submission:
    """An honest solution with what it took from the source in three regions, under the starter's names."""
    regions = {name: (CITE if cite else "") + body for name, body in TAKEN.items()}
    base = HONEST[index]
    return submission(dataclasses.replace(base, regions=base.regions | regions))


def source(name: str = "painter", file: str = "trainer.py", text: str = SOURCE) -> Submission:
    return Submission(name, {file: summary.read_bytes(text.encode())}, (), "reference")


CLASS = [taker(0), taker(1, cite=True), *(submission(each) for each in HONEST[2:])]
TAKERS = {HONEST[0].name, HONEST[1].name}


@pytest.fixture(scope="module")
def without() -> Result:
    return compare(CLASS)


@pytest.fixture(scope="module")
def beside() -> Result:
    return compare([*CLASS, source()])


def pair_of(result: Result, wanted: set[str]) -> Pair:
    return next(p for p in [*result.pairs, *result.references] if names(result, p) == wanted)


def test_similarity_two_who_took_from_an_unknown_source_stand_out_and_its_address_is_told(
    without: Result,
) -> None:
    pair = pair_of(without, TAKERS)
    assert without.pairs[0] is pair
    assert pair.kind == OUTLIER
    assert any(
        reason.startswith(f"{HONEST[1].name} cites https://github.com/somebody/painter.")
        and "--references" in reason
        for reason in pair.reasons
    )


def test_similarity_what_stands_in_a_public_source_is_hardly_evidence(
    without: Result, beside: Result
) -> None:
    before, after = pair_of(without, TAKERS), pair_of(beside, TAKERS)
    assert after.kind != OUTLIER
    assert after.score < 0.5 * before.score
    assert after.near_verbatim < 0.5 * before.near_verbatim
    assert after.public == {
        "GAN/GAN.py:1": "painter",
        "GAN/trainer.py:1": "painter",
        "GAN/trainer.py:2": "painter",
    }
    assert any("stands in the public source painter as well" in reason for reason in after.reasons)


def test_similarity_who_took_from_a_public_source_is_listed_with_the_lines(beside: Result) -> None:
    near = [pair for pair in beside.references if pair.kind == OUTLIER]
    assert [names(beside, pair) for pair in near[:2]] in (
        [{HONEST[0].name, "painter"}, {HONEST[1].name, "painter"}],
        [{HONEST[1].name, "painter"}, {HONEST[0].name, "painter"}],
    )
    assert len(near) == 2
    cited = pair_of(beside, {HONEST[1].name, "painter"})
    assert cited.declared == [f"{HONEST[1].name} declares: https://github.com/somebody/painter"]
    lines = SOURCE.splitlines()
    for block in cited.blocks[:3]:
        assert block.part in {"GAN/GAN.py:1", "GAN/trainer.py:1", "GAN/trainer.py:2"}
        assert block.file_b == "trainer.py"
        assert "".join(lines[block.lines_b[0] - 1 : block.lines_b[1]]).strip()


def test_similarity_a_source_that_nobody_took_from_changes_no_rank(without: Result) -> None:
    other = "def area(width, height):\n    return width * height\n\n\nprint(area(3, 4))\n"
    result = compare([*CLASS, source("geometry", "shapes.py", other)])
    assert [names(result, p) for p in result.pairs[:10]] == [names(without, p) for p in without.pairs[:10]]
    assert pair_of(result, TAKERS).score == pytest.approx(pair_of(without, TAKERS).score, rel=0.02)
    assert not [pair for pair in result.references if pair.kind == OUTLIER]


def test_similarity_a_source_explains_only_the_regions_that_stand_in_it() -> None:
    """A copy of a whole submission stays one, whatever three of its regions were taken from."""
    copied = dataclasses.replace(HONEST[2], regions=HONEST[2].regions | TAKEN)
    whole = [submission(copied, "first"), submission(copied, "second")]
    result = compare([*whole, *(submission(each) for each in HONEST[3:]), source()])
    assert names(result, result.pairs[0]) == {"first", "second"}
    assert result.pairs[0].kind == OUTLIER
    assert "VAE/VAE.py:1" not in result.pairs[0].public


def test_similarity_a_file_of_a_source_that_has_a_starter_s_name_is_no_version_of_it() -> None:
    """`trainer.py` of somebody's repository is public text; a filled-in starter is cut into regions."""
    result = compare([*CLASS, source(), submission(HONEST[2], "filled", role="reference")])
    assert [result.scores.public.names] == [["painter"]]
    filled = next(p for p in result.prints if p.code.submission.name == "filled")
    assert "GAN/trainer.py:1" in filled.parts


def test_similarity_own_share_counts_lines_of_a_public_source() -> None:
    rest = [submission(each) for each in HONEST[2:]]
    alone, given = compare([taker(0), *rest]), compare([taker(0), *rest, source()])
    before, after = (own_shares(result.prints)[0].total for result in (alone, given))
    assert after.counted == before.counted
    assert after.shared > before.shared
    assert given.prints[after.closest or 0].code.submission.name == "painter"


@pytest.mark.slow
def test_similarity_page_shows_the_source_beside_the_student(beside: Result, tmp_path: Path) -> None:
    write_report(beside, tmp_path, {})
    dom = browser_dump(clicked(tmp_path, tmp_path, "#references + .scroll button[data-pair]"))
    sides = dom[dom.index('class="sides"') :].partition("<script")[0]
    source_side = sides[sides.index(">painter<") :]
    assert "trainer.py" in source_side
    assert "def fit(critic, painter, loader" in source_side
    assert 'data-block="' in source_side
