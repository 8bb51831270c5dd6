"""Decisions that leave what a program computes as it is: where they stand, tables of cases, questions for kinds."""

# ruff: noqa: E501 (one row of a table is one line)
from __future__ import annotations

import pytest

from tests.code_analyze.test_similarity_equivalences import read

EITHER = ["if x is None:", "    return model(mu)", "return model(recon)"]
CONV = ["if isinstance(x, (nn.Conv2d, nn.ConvTranspose2d)):", "    mu.step()"]
WEIGHTS = [
    "if isinstance(x, nn.Conv2d):",
    "    nn.init.normal_(x.weight, 0.0, 0.02)",
    "elif isinstance(x, nn.BatchNorm2d):",
    "    nn.init.normal_(x.weight, 1.0, 0.02)",
]
BUILDERS = [
    "def a(n):",
    "    return nn.Linear(n, 2), nn.Linear(2, n)",
    "def b(n):",
    "    return nn.Linear(n, 3), nn.Linear(3, n)",
]
BUILT = [
    "if x == 'fc':",
    "    return nn.Linear(1, 2), nn.Linear(2, 1)",
    "return nn.Linear(1, 3), nn.Linear(3, 1)",
]

SAME = {
    "choice inside of a value": (["return model(mu if x is None else recon)"], EITHER),
    "choice before": (["if x is None:", "    z = mu", "else:", "    z = recon", "return model(z)"], EITHER),
    "a flag": (["known = x is not None", "if known:", "    z = recon", "else:", "    z = mu", "return model(z)"], EITHER),
    "asked twice": (["known = x is not None", "z = recon if known else mu", "y = model(z)", "if known:", "    return y", "return y"], EITHER),
    "None as a case": (["match x:", "    case None:", "        return model(mu)", "    case _:", "        return model(recon)"], EITHER),
    "a tensor or None": (["if isinstance(x, torch.Tensor):", "    return model(recon)", "return model(mu)"], EITHER),
    "a helper with two returns": (["def pick():", "    if x is None:", "        return mu", "    return recon", "return model(pick())"], EITHER),
    "a helper with an else": (["def pick():", "    if x is not None:", "        return recon", "    else:", "        return mu", "return model(pick())"], EITHER),
    "in a with": (["with torch.no_grad():", "    if x is None:", "        l = [mu]", "    else:", "        l = [recon]", "return model(l[0])"], EITHER),
    "nested branches": (
        ["if x == 1:", "    l = [mu]", "else:", "    if x == 2:", "        l = [recon]", "    else:", "        l = [target]", "return model(l[0])"],
        ["if x == 1:", "    return model(mu)", "elif x == 2:", "    return model(recon)", "return model(target)"],
    ),
    "and that is known": (["if True and 1 == 1:", "    return mu", "return x"], ["return mu"]),
    "or that is known": (["if 1 == 2 or False:", "    return mu", "return x"], ["return x"]),
    "a part of the name": (["if type(x).__name__.find('Conv') != -1:", "    mu.step()"], CONV),
    "a part in the name": (["if 'Conv' in x.__class__.__name__:", "    mu.step()"], CONV),
    "the start of the name": (["if type(x).__name__.startswith('Conv'):", "    mu.step()"], CONV),
    "kinds joined": (["if isinstance(x, nn.Conv2d | nn.ConvTranspose2d):", "    mu.step()"], CONV),
    "subclass": (["if issubclass(type(x), (nn.Conv2d, nn.ConvTranspose2d)):", "    mu.step()"], CONV),
    "any of the kinds": (["if any(isinstance(x, kind) for kind in (nn.Conv2d, nn.ConvTranspose2d)):", "    mu.step()"], CONV),
    "kinds as patterns": (["match x:", "    case nn.Conv2d() | nn.ConvTranspose2d():", "        mu.step()"], CONV),
    "table of kinds": (["table = {nn.Conv2d: 1, nn.ConvTranspose2d: 2}", "if type(x) in table:", "    mu.step()"], CONV),
    "flags of kinds": (
        ["conv, norm = isinstance(x, nn.Conv2d), isinstance(x, nn.BatchNorm2d)", "if conv or norm:", "    nn.init.normal_(x.weight, 1.0 if norm else 0.0, 0.02)"],
        WEIGHTS,
    ),
    "table of means": (
        ["means = {'Conv2d': 0.0, 'BatchNorm2d': 1.0}", "mean = means.get(type(x).__name__)", "if mean is not None:", "    nn.init.normal_(x.weight, mean, 0.02)"],
        WEIGHTS,
    ),
    "table of handlers": (
        ["def conv(m):", "    nn.init.normal_(m.weight, 0.0, 0.02)", "def norm(m):", "    nn.init.normal_(m.weight, 1.0, 0.02)", "handlers = {nn.Conv2d: conv, nn.BatchNorm2d: norm}", "handler = handlers.get(type(x))", "if handler is not None:", "    handler(x)"],
        WEIGHTS,
    ),
    "handlers by their names": (
        ["handlers = {'Conv2d': lambda m: m.weight.data.normal_(0, 0.02), 'BatchNorm2d': lambda m: m.weight.data.normal_(1, 0.02)}", "name = type(x).__name__", "if name in handlers:", "    handlers[name](x)"],
        WEIGHTS,
    ),
    "builders in a table": ([*BUILDERS, "table = {'fc': a, 'conv': b}", "one, other = table[x](1)", "return one, other"], BUILT),
    "builder or None": ([*BUILDERS, "build = {'fc': a, 'conv': b}.get(x)", "if build is None:", "    raise ValueError", "return build(1)"], ["if x == 'fc':", *[f"    {line}" for line in BUILT[1:2]], "elif x == 'conv':", "    return nn.Linear(1, 3), nn.Linear(3, 1)", "raise ValueError"]),
    "one of two builders": ([*BUILDERS, "build = a if x == 'fc' else b", "return build(1)"], BUILT),
    "table by the truth": (["return {True: mu, False: recon}[x is None]"], ["if x is None:", "    return mu", "return recon"]),
    "or as a default": (["return None or 0 or mu or x"], ["return mu or x"]),
    "or of what is known": (["return nn.Linear(2 or x, (None or 3))(mu)"], ["return nn.Linear(2, 3)(mu)"]),
    "and of what is known": (["return 1 and mu"], ["return mu"]),
    "default of a table": (["return {'a': mu}.get('b', recon)"], ["return recon"]),
}  # fmt: skip

DIFFERENT = {
    "the other way": (["return model(recon if x is None else target)"], EITHER),
    "the other of an or": (["return nn.Linear(0 or 3, 2)(mu)"], ["return nn.Linear(0, 2)(mu)"]),
    "another question": (["if mu is None:", "    return model(mu)", "return model(recon)"], EITHER),
    "another part of the name": (["if 'Linear' in x.__class__.__name__:", "    mu.step()"], CONV),
    "one kind": (["if type(x).__name__.startswith('Conv2'):", "    mu.step()"], CONV),
    "other means": (
        ["means = {'Conv2d': 0.0, 'BatchNorm2d': 0.5}", "mean = means.get(type(x).__name__)", "if mean is not None:", "    nn.init.normal_(x.weight, mean, 0.02)"],
        WEIGHTS,
    ),
    "a function that isn't called": (["handlers = {1: lambda m: m.step()}", "if x in handlers:", "    mu.start()"], ["if x == 1:", "    mu.start()", "    x.step()"]),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_similarity_same_decisions(name: str) -> None:
    one, other = SAME[name]
    assert read(*one) == read(*other)


@pytest.mark.parametrize("name", DIFFERENT)
def test_similarity_other_decisions(name: str) -> None:
    one, other = DIFFERENT[name]
    assert read(*one) != read(*other)
