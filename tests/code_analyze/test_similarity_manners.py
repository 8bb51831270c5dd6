"""What the form leaves out of how code is written, and what each kind of evidence must and must not catch."""

# ruff: noqa: E501 (one row of a table is one line)
from __future__ import annotations

import ast
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from similarity_kit import compare, names, read_cohort, submission, with_bodies

from code_analyze.similarity.dataflow.fragments import Flow, data_flow
from code_analyze.similarity.findings import CANNOT_TELL, OUTLIER
from code_analyze.similarity.fingerprints import enclosing
from code_analyze.similarity.given import Given
from code_analyze.similarity.index import Manners, Population
from code_analyze.similarity.mixed import mirrored, with_second_source
from code_analyze.similarity.pairs import COMMON
from code_analyze.similarity.places import Places
from code_analyze.similarity.usual import usual_evidence

GIVEN = Given(
    frozenset(
        ["self", "VAE", "__init__", "forward", "loss_fn", "train_step", "x", "z", "imgs", "latent_dim"]
    ),
    frozenset(["encoder", "latent_dim", "loss_fn", "model"]),
)
IMPORTS = "import torch\nfrom torch import nn\nfrom torch.nn import functional as F\n"


def flow(source: str, given_lines: tuple[int, ...] = ()) -> Flow:
    """The data flow of a program; the lines after the imports that are listed, from 1, are the starter's."""
    text = IMPORTS + source
    tree = ast.parse(text)
    first = IMPORTS.count("\n")
    places = Places([0] + [int(n - first not in given_lines) for n in range(1, text.count("\n") + 3)])
    return data_flow(tree, places.nodes(tree.body), places, GIVEN)[1]


def method(*lines: str) -> str:
    return "class VAE(nn.Module):\n    def forward(self, x, z=None):\n" + "\n".join(
        "        " + t for t in lines
    )


def module(*lines: str, rest: str = "") -> str:
    """`__init__` of the VAE with the starter's line that keeps its argument, then code below the class."""
    head = (
        "class VAE(nn.Module):\n    def __init__(self, latent_dim):\n        self.latent_dim = latent_dim\n"
    )
    return head + "\n".join("        " + t for t in lines) + "\n" + rest


HELPER_BELOW = "def block(i, o):\n    return nn.Sequential(nn.Linear(i, o), nn.ReLU())\n"
CLASS_BELOW = """class Net(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.a, self.b = nn.Linear(n, 8), nn.Linear(8, 2)
    def forward(self, x):
        return self.b(F.relu(self.a(x)))
"""
CHAIN_BELOW = """class Block(nn.Sequential):
    def __init__(self, i, o):
        super().__init__(nn.Linear(i, o), nn.ReLU())
"""
STATIC = """    @staticmethod
    def layer(i, o):
        return nn.Linear(i, o)
"""
PLAIN = module("self.encoder = nn.Sequential(nn.Linear(latent_dim, 8), nn.ReLU(), nn.Linear(8, 2))")
STEP = """class Trainer:
    def loss_fn(self, target, recon, mu):
        return F.mse_loss(recon, target), mu.sum()
    def train_step(self, imgs):
"""
STARTER_LINES = (1, 2, 3, 4)


def step(*lines: str) -> str:
    return STEP + "\n".join("        " + t for t in lines)


SAME_FORM = {
    "helper below": (PLAIN, module("self.encoder = nn.Sequential(block(latent_dim, 8), nn.Linear(8, 2))", rest=HELPER_BELOW)),
    "class below": (PLAIN, module("self.encoder = Net(latent_dim)", rest=CLASS_BELOW)),
    "own Sequential": (PLAIN, module("self.encoder = nn.Sequential(Block(latent_dim, 8), nn.Linear(8, 2))", rest=CHAIN_BELOW)),
    "attribute": (PLAIN, module("self.encoder = nn.Sequential(nn.Linear(self.latent_dim, 8), nn.ReLU(True), nn.Linear(8, 2))")),
    "add_module": (PLAIN, module("self.encoder = nn.Sequential()", "self.encoder.add_module('a', nn.Linear(latent_dim, 8))", "self.encoder.add_module('b', nn.ReLU())", "self.encoder.add_module('c', nn.Linear(8, 2))")),
    "static method": (PLAIN, module("self.encoder = nn.Sequential(self.layer(latent_dim, 8), nn.ReLU(), self.layer(8, 2))", rest=STATIC)),
    "known condition": (PLAIN, module("e = []", "for i, (a, b) in enumerate([(latent_dim, 8), (8, 2)]):", "    first = not i", "    e += [nn.Linear(a, b), nn.ReLU()] if first else [nn.Linear(a, b)]", "self.encoder = nn.Sequential(*e)")),
    "quotient of a multiple": (module("self.encoder = nn.Linear(4 * latent_dim // 2, 2)"), module("self.encoder = nn.Linear(latent_dim << 1, 2)")),
    "gradients off": (method("return self.encoder(x)"), method("with torch.no_grad():", "    return self.encoder(x)")),
    "conditions apart": (method("if x is None and z is None:", "    return 1", "return x"), method("if x is None:", "    if z is None:", "        return 1", "return x")),
    "one or the other": (method("return self.encoder(z) if x is None else self.encoder(x)"), method("if x is None:", "    return self.encoder(z)", "return self.encoder(x)")),
    "lists in branches": (
        method("if x is None:", "    return nn.Sequential(nn.Linear(1, 2))(z)", "return nn.Sequential(nn.Linear(3, 4))(z)"),
        method("if x is None:", "    e = [nn.Linear(1, 2)]", "else:", "    e = [nn.Linear(3, 4)]", "return nn.Sequential(*e)(z)"),
    ),
    "kind of an object": (method("return type(x).__name__"), method("return x.__class__.__name__")),
    "attribute by name": (method("return x.weight"), method("return getattr(x, 'weight', None)")),
    "weights set": (method("nn.init.zeros_(x.bias)"), method("x.bias.data.fill_(0)")),
    "detached sum": (method("return (x + z).detach()"), method("return x.detach() + z.detach()")),
    "activation and shape": (method("return torch.sigmoid(x.view(-1, 4))"), method("return torch.sigmoid(x).view(-1, 4)")),
    "padding by name": (method("return nn.Conv2d(1, 2, 3, padding='same')(x)"), method("return nn.Conv2d(1, 2, 3, padding=1)(x)")),
    "layer by layer": (method("return self.encoder(x)"), method("for layer in self.encoder:", "    x = layer(x)", "return x")),
}  # fmt: skip

OTHER_FORM = {
    "other layer in a class below": (module("self.encoder = Net(latent_dim)", rest=CLASS_BELOW), module("self.encoder = Net(latent_dim)", rest=CLASS_BELOW.replace("8, 2", "8, 3"))),
    "other branch": (method("if x is None:", "    e = [nn.Linear(1, 2)]", "else:", "    e = [nn.Linear(3, 4)]", "return nn.Sequential(*e)(z)"), method("if x is None:", "    e = [nn.Linear(1, 2)]", "else:", "    e = [nn.Linear(3, 5)]", "return nn.Sequential(*e)(z)")),
    "activation added": (PLAIN, module("self.encoder = nn.Sequential(nn.Linear(latent_dim, 8), nn.ReLU(), nn.Linear(8, 2), nn.ReLU())")),
    "quotient that is none": (module("self.encoder = nn.Linear(3 * latent_dim // 2, 2)"), module("self.encoder = nn.Linear(latent_dim, 2)")),
    "weights set to another value": (method("nn.init.zeros_(x.bias)"), method("nn.init.ones_(x.bias)")),
    "one layer of a chain": (method("return self.encoder(x)"), method("return self.encoder[0](x)")),
}  # fmt: skip

TRAINING = {
    "named arguments": step(
        "r, m = self.model(imgs)", "a, b = self.loss_fn(imgs, mu=m, recon=r)", "(a + b).backward()"
    ),
    "starred arguments": step(
        "out = self.model(imgs)", "losses = self.loss_fn(imgs, *out)", "sum(losses).backward()"
    ),
    "starred names": step(
        "r, *rest = self.model(imgs)", "a, b = self.loss_fn(imgs, r, *rest)", "(b + a).backward()"
    ),
}


@pytest.mark.parametrize("name", SAME_FORM)
def test_similarity_rewritten_by_hand_has_the_same_form(name: str) -> None:
    one, other = SAME_FORM[name]
    assert flow(one).form == flow(other).form != 0


@pytest.mark.parametrize("name", OTHER_FORM)
def test_similarity_other_computation_has_another_form(name: str) -> None:
    one, other = OTHER_FORM[name]
    assert flow(one).form != flow(other).form


@pytest.mark.parametrize("name", TRAINING)
def test_similarity_arguments_of_the_starters_methods_in_any_form(name: str) -> None:
    plain = step(
        "r, m = self.model(imgs)", "a, b = self.loss_fn(imgs, r, m)", "loss = a + b", "loss.backward()"
    )
    assert flow(TRAINING[name], STARTER_LINES).form == flow(plain, STARTER_LINES).form != 0
    swapped = step("m, r = self.model(imgs)", "a, b = self.loss_fn(imgs, r, m)", "(a + b).backward()")
    assert flow(swapped, STARTER_LINES).form != flow(plain, STARTER_LINES).form


def test_similarity_many_branches_and_recursion_lose_nothing_else() -> None:
    branches = [
        t
        for i in range(20)
        for t in (f"if x == z{i}.q:", f"    a = a + [nn.Linear({i}, 1)]", "else:", "    a = [nn.ReLU()] + a")
    ]
    many = flow(method("a = []", *branches, "self.model = x.exp()", "return nn.Sequential(*a)(x)"))
    assert flow(method("self.model = x.exp()")).pieces.keys() <= many.pieces.keys()
    recursive = flow(
        "def walk(x):\n    return walk(walk(walk(x))) + walk(x.log())\n" + method("return walk(x.exp())")
    )
    assert flow(method("return x.exp()")).pieces.keys() & recursive.pieces.keys()


def test_similarity_manners_name_what_the_form_leaves_out() -> None:
    plain = flow(method("return self.encoder(x)"))
    assert plain.manners == frozenset()
    without = flow(method("with torch.no_grad():", "    return self.encoder(x)"))
    assert without.form == plain.form
    assert without.manners == {"no_grad"}
    assert "halves by slices" in flow(method("h = self.encoder(x)", "return h[:, :2], h[:, 2:]")).manners
    assert "log of exp" in flow(method("s = torch.exp(x)", "return torch.log(s)")).manners
    over = flow(method("return x.sum(dim=(1, 2, 3)).mean()")).manners
    assert over == {"sum over list(1, 2, 3)", "mean"}


def manners(found: list[str], regions: int = 1) -> Manners:
    names = [frozenset(text.split()) for text in found]
    times = [Counter(dict.fromkeys(each, regions)) for each in names]
    return Manners(names, times, Population(np.ones(len(found), bool), len(found)))


def test_similarity_manner_weighs_by_its_rarity_and_once_over_the_regions() -> None:
    found = ["rare usual", "rare usual", *["usual"] * 16, "", "usual"]
    evidence = manners(found).evidence(np.arange(20), 0)
    assert evidence[0, 1] > 3  # they alone share it
    assert abs(evidence[3, 4]) < 0.3  # what nearly all do says nothing
    assert evidence[0, 3] < -2  # one alone has what a copy would keep
    assert np.allclose(evidence, evidence.T)
    thrice = manners(found, 3).evidence(np.arange(20), 0)
    assert 3 * thrice[0, 1] == pytest.approx(evidence[0, 1], rel=1e-5)
    assert manners(found).shared(0, 1) == [(0, "rare"), (17, "usual")]


def test_similarity_manners_of_one_region_count_like_the_strongest() -> None:
    alone = manners(["a", "a", *[""] * 18]).evidence(np.array([0]), 0)[0, 1]
    both = manners(["a b", "a b", *[""] * 18]).evidence(np.array([0]), 0)[0, 1]
    assert both == pytest.approx(np.sqrt(2) * alone)
    one = manners(["a", "", *[""] * 18]).evidence(np.array([0]), 0)[0, 1]
    two = manners(["a b", "", *[""] * 18]).evidence(np.array([0]), 0)[0, 1]
    assert two == pytest.approx(np.sqrt(2) * one)
    assert one < 0


def test_similarity_spelling_counts_beyond_what_is_usual_for_either() -> None:
    evidence = np.zeros((20, 21), np.float32)
    evidence[0, :20] = evidence[:, 0] = 5.0  # one who writes like everybody
    evidence[1, 2] = evidence[2, 1] = 8.0  # two who are alike alone
    present, counted = np.ones(21, bool), np.array([True] * 20 + [False])
    usual = usual_evidence(evidence, present, counted)
    assert usual[0] == pytest.approx(5.0)
    assert usual[1:3].tolist() == pytest.approx(
        [1.0, 1.0]
    )  # between the second and the third of their others
    assert usual[20] == 0.0
    absent = present.copy()
    absent[:3] = False
    assert usual_evidence(evidence, absent, counted)[:3].tolist() == [0.0, 0.0, 0.0]
    assert not usual_evidence(evidence[:1, :1], present[:1], counted[:1]).any()  # one student alone


def mixed_class() -> list:
    """Evidence of 8 functions: 0 has the first half of them from 1 and the other from 2; 3 and 4 are honest."""
    functions = []
    for index in range(8):
        upper = np.full((5, 6), -3.0, np.float32)
        upper[0, 1 if index < 4 else 2] = 3.0
        upper[:, 5] = 2.0 if index >= 4 else -3.0  # a reference like what 0 has from 2, and like everybody
        functions.append(mirrored(upper).astype(np.float16))
    return functions


def test_similarity_second_source_explains_what_the_first_does_not() -> None:
    counted = np.array([True] * 5 + [False])
    found = with_second_source(mixed_class(), counted)
    by_pair = 4 * np.log((1 + np.exp(3)) / 2) + 4 * np.log((1 + np.exp(-3)) / 2)
    assert found[0, 1] > by_pair + 1  # each with the other as the second
    assert found[0, 2] > by_pair + 1
    assert found[0, 1] == found[1, 0] > 10 > 0 > found[3, 4]
    assert found[0, 3] < 0.5  # what 1 and 2 explain is no evidence about another
    assert np.isneginf(with_second_source([e[:2, :2] for e in mixed_class()], counted[:2])).all()


def test_similarity_reference_is_no_second_source() -> None:
    with_reference = with_second_source(mixed_class(), np.ones(6, bool))
    without = with_second_source(mixed_class(), np.array([True] * 5 + [False]))
    assert with_reference[3, 4] > without[3, 4]  # it would explain half of what everybody does


HONEST = read_cohort("held_out")
MISTAKE = (
    "return images.float() / 128 - 1\n",
    "x = images.to(torch.float32)\nx = x * (1 / 128)\nreturn x - 1\n",
    "result = images.float() - 128\nreturn result / 128\n",
)


def class_with(number: int) -> list:
    """The honest class, the first `number` of which scale by 128, each written in one of three ways."""
    changed = [
        replace(s, regions={**s.regions, "scale_gan": MISTAKE[i % 3]}) if i < number else s
        for i, s in enumerate(HONEST)
    ]
    return [submission(s) for s in changed]


def test_similarity_mistake_of_two_is_evidence_and_a_popular_one_is_not() -> None:
    part = "GAN/dataset.py:1"
    two = compare(class_with(2))
    assert two.scores.by_part(np.array([0]))[two.scores.parts.index(part), 0, 1] > 2.5
    pair = next(p for p in two.pairs if (p.a, p.b) == (0, 1))
    assert any(f"in {part} 0 of 14 others do" in reason for reason in pair.reasons)
    many = compare(class_with(8))
    assert many.scores.by_part(np.array([0]))[many.scores.parts.index(part), 0, 1] < 1.0
    for result in (two, many):  # one mistake in common is no finding
        assert not [p for p in result.pairs if p.kind == OUTLIER]


def test_similarity_one_function_alone_is_no_finding() -> None:
    part = "VAE/trainer.py:1"
    rare = "beta = 0.37\nrecon_loss = (target - recon).abs().sum() * beta\nreturn recon_loss, mu.abs().max() * 0.73\n"
    turned = rare.replace("(target - recon).abs().sum() * beta", "beta * (target - recon).abs().sum()")
    classes = (with_bodies(HONEST, "loss", *bodies) for bodies in ((), (rare, turned)))
    plain, same = (compare(each).scores for each in classes)
    found = same.by_part(np.array([0]))[same.parts.index(part), 0, 1]
    assert found > -np.log(COMMON)
    assert same.alone[0, 1] - plain.alone[0, 1] < -np.log(COMMON)


def test_similarity_shared_manners_are_told() -> None:
    changed = [submission(s) for s in HONEST]
    for index in (0, 1):
        body = HONEST[index].regions["sample_vae"]
        inside = "with torch.inference_mode():\n" + "".join(f"    {line}\n" for line in body.splitlines())
        changed[index] = submission(
            replace(HONEST[index], regions={**HONEST[index].regions, "sample_vae": inside})
        )
    result = compare(changed)
    pair = next(p for p in result.pairs if (p.a, p.b) == (0, 1))
    assert any("inference_mode (VAE/main.py:1; 0 of 14 others)" in reason for reason in pair.reasons)


def test_similarity_regions_of_one_function_count_once() -> None:
    source = "class Trainer:\n    def train_step(self):\n        a = 1\n        b = 2\n\n    def save(self):\n        c = 3\n"
    tree = ast.parse(source)
    assert enclosing(tree, [(3, ""), (4, "")]) == "Trainer.train_step"
    assert enclosing(tree, [(7, "")]) == "Trainer.save"
    assert enclosing(tree, [(4, ""), (7, "")]) == ""
    result = compare(class_with(0))
    functions = {
        p.parts[k].function
        for p in result.prints
        for k in ("GAN/trainer.py:1", "GAN/trainer.py:2")
        if k in p.parts
    }
    assert functions == {"Trainer.train_step"}


def test_similarity_cannot_tell_only_where_nothing_tells() -> None:
    copies = [s for s in read_cohort("unseen_copies") if s.name in ("c06", "c08")]
    result = compare([submission(s) for s in [*read_cohort("unseen"), *copies]])
    kinds = {frozenset(names(result, pair)): pair.kind for pair in result.pairs}
    assert kinds[frozenset(("u09", "c08"))] == CANNOT_TELL  # ordinary throughout
    assert kinds[frozenset(("u22", "c06"))] != CANNOT_TELL  # of one form that nobody else has
