"""Regions that are the same word for word: what they say of a copy left as it was, and of a disguised one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from similarity_kit import compare, read_cohort, submission, with_bodies
from test_similarity_public import TAKEN

from code_analyze.similarity.findings import OUTLIER, Result
from code_analyze.similarity.fingerprints import FLOW, TOKENS
from code_analyze.similarity.reasons import reasons_of
from code_analyze.similarity.scores import COINCIDENCE, UNTOUCHED

HONEST = read_cohort("tuning")[:16]
SHORT, LONG = "VAE/dataset.py:1", "VAE/trainer.py:2"
SCALE = "return torch.true_divide(imgs.to(torch.float32), 255)\n"
STEP = """outputs = self.model.forward(imgs)
terms = dict(zip(("recon", "kl"), self.loss_fn(imgs, *outputs)))
self.optimizer.zero_grad(set_to_none=False)
objective = torch.stack(tuple(terms.values())).sum()
objective.backward(retain_graph=False)
self.optimizer.step(closure=None)
return objective.detach(), terms["recon"].detach(), terms["kl"].detach()
"""
RENAMED = STEP.replace("terms", "both").replace("objective", "total")
TURNED = "".join(RENAMED.splitlines(keepends=True)[index] for index in (2, 0, 1, 3, 4, 5, 6))


def class_with(region: str, *bodies: str) -> Result:
    return compare(with_bodies(HONEST, region, *bodies))


def evidence(result: Result, part: str) -> tuple[float, float, float]:
    """Of the first two: of a region left as it was, of the same one disguised, and of what it computes."""
    row = np.array([0])
    scores = result.scores
    tokens = scores.fragments[part, TOKENS].evidence(row, 0)
    return (
        float(scores.word_for_word(part, row, 0, tokens)[0, 1]),
        float(scores.region(part, row, 0)[0, 0, 1]),
        float(scores.forms[part, FLOW].evidence(row, 0)[0, 1]),
    )


@pytest.mark.parametrize(("region", "part", "body"), [("scale_vae", SHORT, SCALE), ("step", LONG, STEP)])
def test_similarity_same_words_are_no_evidence_of_a_disguise(region: str, part: str, body: str) -> None:
    _, disguised, form = evidence(class_with(region, body, body), part)
    assert disguised <= form + UNTOUCHED


def test_similarity_other_words_of_the_same_are_evidence_of_a_disguise() -> None:
    left, disguised, form = evidence(class_with("step", STEP, TURNED), LONG)
    assert left < 0
    assert disguised > form + UNTOUCHED


def test_similarity_names_are_no_words() -> None:
    same, renamed = (evidence(class_with("step", STEP, body), LONG) for body in (STEP, RENAMED))
    assert same == renamed


def test_similarity_long_region_counts_for_more_than_that_nobody_else_has_it() -> None:
    short = class_with("scale_vae", SCALE, SCALE)
    long = class_with("step", STEP, STEP)
    tokens = long.scores.fragments[LONG, TOKENS].evidence(np.array([0]), 0)[0, 1]
    assert tokens > COINCIDENCE
    assert evidence(long, LONG)[0] > evidence(short, SHORT)[0] + 1.0


def test_similarity_short_region_that_coincides_takes_off_from_the_whole() -> None:
    result = class_with("scale_vae", SCALE, SCALE)
    apart = class_with("scale_vae", SCALE, "return torch.true_divide(imgs.type(torch.float32), 255)\n")
    pair, other = (next(p for p in r.pairs if (p.a, p.b) == (0, 1)) for r in (result, apart))
    assert pair.score < other.score
    assert pair.kind != OUTLIER


def test_similarity_functions_left_as_they_were_are_found_in_work_that_is_otherwise_their_own() -> None:
    taken = {"step": STEP, **TAKEN}
    result = compare([
        submission(replace(s, regions=s.regions | taken) if index < 2 else s)
        for index, s in enumerate(HONEST)
    ])  # fmt: skip
    assert (result.pairs[0].a, result.pairs[0].b) == (0, 1)
    assert result.pairs[0].kind == OUTLIER
    verbatim = result.verbatim.expected_false(result.pairs[0].near_verbatim)
    canonical = result.canonical.expected_false(result.pairs[0].score)
    assert result.pairs[0].expected_false == verbatim < canonical
    same = "GAN/GAN.py:1, GAN/trainer.py:1, GAN/trainer.py:2, VAE/trainer.py:2"
    assert f"The same word for word, own names aside: {same}." in result.pairs[0].reasons


def test_similarity_outlier_by_its_words_alone_says_so() -> None:
    result = class_with("step", STEP, STEP)
    [pair] = [p for p in result.pairs if (p.a, p.b) == (0, 1)]
    pair.kind, pair.score, pair.expected_false = OUTLIER, result.canonical.line - 1.0, 0.01
    assert any("0.01 (near-verbatim, by which alone it is an outlier)" in r for r in reasons_of(pair, result))
    pair.score = result.canonical.line + 1.0
    assert any(reason.endswith("a class like this one: 0.01.") for reason in reasons_of(pair, result))
