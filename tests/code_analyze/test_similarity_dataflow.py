"""The canonical channel: other spellings of a program give the same fragments, other programs don't."""

# ruff: noqa: E501 (one row of a table is one line)
from __future__ import annotations

import ast

import pytest

from code_analyze.similarity.dataflow.algebra import add, divide, multiply, power
from code_analyze.similarity.dataflow.fragments import data_flow
from code_analyze.similarity.dataflow.interpreter import Interpreter
from code_analyze.similarity.dataflow.node import Node, constant
from code_analyze.similarity.fingerprints import parse
from code_analyze.similarity.given import Given
from code_analyze.similarity.places import Places
from code_analyze.similarity.syntax import spellings
from code_analyze.similarity.tokens import runs, tokenize

HEAD = """
import torch
import torch.nn as nn
import torch.nn.functional as F
"""
NAMES = [
    "f",
    "self",
    "x",
    "mu",
    "log_std",
    "target",
    "recon",
    "imgs",
    "model",
    "optimizer",
    "loss_fn",
    "encoder",
    "forward",
    "__init__",
    "VAE",
]
GIVEN = Given(frozenset(NAMES), frozenset(NAMES))


def effects(body: str, head: str = HEAD) -> list[str]:
    """What a program does, as sorted texts that don't depend on names or order."""
    tree = ast.parse(head + body)
    lines = (head + body).count("\n") + 3
    places = Places([0] + [1] * lines)
    found = Interpreter(places, GIVEN).run(tree, places.nodes(tree.body))
    return sorted(str(node.digest()) for node in found)


def function(*lines: str) -> str:
    return "def f(x, mu, log_std, target, recon, model):\n" + "\n".join("    " + line for line in lines)


SAME = {
    "temporaries": (["a = x.exp()", "b = a + 1", "return b"], ["return x.exp() + 1"]),
    "names": (["sigma = torch.exp(log_std)", "return sigma * mu"], ["q = torch.exp(log_std)", "return q * mu"]),
    "method or function": (["return torch.exp(x)"], ["return x.exp()"]),
    "operands": (["return mu + x * 2"], ["return 2 * x + mu"]),
    "literal": (["return x * 0.5"], ["return x / 2"]),
    "literal product": (["return nn.Linear(16 * 8 * 8, 3)(x)"], ["return nn.Linear(1024, 3)(x)"]),
    "power": (["return mu ** 2"], ["return mu * mu"]),
    "square": (["return mu.pow(2)"], ["return torch.square(mu)"]),
    "exponent": (["return torch.exp(log_std) ** 2"], ["return (2 * log_std).exp()"]),
    "distributed": (["return -0.5 * (1 + 2 * log_std - mu ** 2)"], ["return 0.5 * (mu.pow(2) - 2 * log_std - 1)"]),
    "subtraction": (["return x - mu"], ["return -mu + x"]),
    "mean for sum over n": (["return x.sum() / x.size(0)"], ["return x.sum(1).mean()"]),
    "shape": (["return x.view(-1, 4).exp()"], ["return x.reshape(x.shape[0], 4).exp()"]),
    "relu": (["return F.relu(x)"], ["return nn.ReLU(inplace=True)(x)"]),
    "bce": (["return F.binary_cross_entropy(recon, target, reduction='sum')"], ["return nn.BCELoss(reduction='sum')(recon, target)"]),
    "named arguments": (["return nn.Conv2d(1, 16, 3, 2, 1)(x)"], ["return nn.Conv2d(in_channels=1, out_channels=16, padding=1, stride=2, kernel_size=(3, 3))(x)"]),
    "default arguments": (["return nn.Conv2d(1, 16, 3)(x)"], ["return nn.Conv2d(1, 16, 3, stride=1, padding=0, bias=True)(x)"]),
    "dead code": (["y = x.exp()", "unused = [1, 2]", "print('hello')", "if False:", "    y = None", "return y"], ["return x.exp()"]),
    "helper": (["def g(a, b=2):", "    return a * b", "return g(x) + g(mu, 3)"], ["return 2 * x + 3 * mu"]),
    "lambda": (["g = lambda a: a.exp()", "return g(x)"], ["return x.exp()"]),
    "container": (
        ["net = nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 3))", "return net(x)"],
        ["layers = [nn.Linear(1, 2)]", "layers.append(nn.ReLU())", "layers += [nn.Linear(2, 3)]", "return nn.Sequential(*layers)(x)"],
    ),
    "nested containers": (
        ["return nn.Sequential(nn.Sequential(nn.Linear(1, 2), nn.ReLU()), nn.Linear(2, 3))(x)"],
        ["for m in nn.ModuleList([nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 3)]):", "    x = m(x)", "return x"],
    ),
    "loop unrolled": (
        ["layers = []", "for i, o in zip([1, 2], [2, 3]):", "    layers.append(nn.Linear(i, o))", "return nn.Sequential(*layers)(x)"],
        ["return nn.Linear(2, 3)(nn.Linear(1, 2)(x))"],
    ),
    "while": (
        ["i = 0", "c = [1, 2, 3]", "while i < 2:", "    x = nn.Linear(c[i], c[i + 1])(x)", "    i += 1", "return x"],
        ["for i in range(2):", "    x = nn.Linear(i + 1, i + 2)(x)", "return x"],
    ),
    "normal samples": (
        ["return torch.distributions.Normal(mu, log_std.exp()).rsample()"],
        ["eps = torch.randn_like(mu)", "return eps * torch.exp(log_std) + mu"],
    ),
    "halves": (["h = model(x)", "a, b = h.chunk(2, dim=1)", "return a * b"], ["h = model(x)", "return h[:, :5] * h[:, 5:]"]),
    "statement order": (["a = x.exp()", "b = mu.exp()", "return a / b"], ["b = mu.exp()", "a = x.exp()", "return a / b"]),
    "devices": (["return torch.randn(3, 4).to(x.device) + x.float()"], ["return torch.randn(3, 4, device=x.device) + x"]),
    "divided by twice the batch": (["return x.sum() / (2 * x.size(0))"], ["return 0.5 * x.sum() / x.size(0)"]),
    "times one over the batch": (["n = 1 / len(x)", "return n * x.sum()"], ["return x.sum() / x.shape[0]"]),
    "power of a product": (["return (2 * mu * x) ** 2"], ["return 4 * mu ** 2 * x.pow(2)"]),
    "rounding": (["return x / 255 * 127.5 * 2"], ["return x"]),
    "which branch comes first": (
        ["if x is None:", "    return mu", "return log_std"],
        ["if x is not None:", "    return log_std", "return mu"],
    ),
    "negated condition": (
        ["if not (x is None):", "    return log_std", "else:", "    return mu"],
        ["if x is None:", "    return mu", "return log_std"],
    ),
    "kind of an object": (
        ["if isinstance(x, (nn.Linear, nn.Conv2d)):", "    nn.init.zeros_(x.bias)"],
        ["if type(x) in (nn.Linear, nn.Conv2d):", "    nn.init.zeros_(x.bias)"],
    ),
    "kinds one by one": (
        ["if isinstance(x, nn.Linear) or isinstance(x, nn.Conv2d):", "    nn.init.zeros_(x.bias)"],
        ["if isinstance(x, (nn.Linear, nn.Conv2d)):", "    nn.init.zeros_(x.bias)"],
    ),
    "a condition that decides nothing": (["if x is None:", "    y = 1", "return mu"], ["return mu"]),
    "filled like another": (["return x.new_full((3,), 1.0)"], ["return torch.ones(3)"]),
    "fused product and sum": (["return torch.addcmul(mu, x, log_std)"], ["return mu + x * log_std"]),
    "in place": (["z = torch.empty_like(mu).normal_()", "return z"], ["return torch.randn_like(mu)"]),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_similarity_same_program_other_spelling(name: str) -> None:
    one, other = SAME[name]
    assert effects(function(*one)) == effects(function(*other))


DIFFERENT = {
    "other operation": (["return x.exp()"], ["return x.log()"]),
    "other operand": (["return x - mu"], ["return mu - x"]),
    "other number": (["return nn.Linear(1, 2)(x)"], ["return nn.Linear(1, 3)(x)"]),
    "other argument": (
        ["return nn.Conv2d(1, 2, 3, stride=2)(x)"],
        ["return nn.Conv2d(1, 2, 3, padding=2)(x)"],
    ),
    "other order of layers": (["return F.relu(nn.Linear(1, 1)(x))"], ["return nn.Linear(1, 1)(F.relu(x))"]),
    "other half": (["return x.chunk(2, 1)[0]"], ["return x.chunk(2, 1)[1]"]),
    "other factor": (["return 0.5 * x.sum()"], ["return x.sum()"]),
    "condition": (
        ["if x is None:", "    return mu", "return log_std"],
        ["if recon is None:", "    return mu", "return log_std"],
    ),
    "kind": (
        ["if isinstance(x, nn.Linear):", "    nn.init.zeros_(x.bias)"],
        ["if isinstance(x, nn.Conv2d):", "    nn.init.zeros_(x.bias)"],
    ),
    "small number": (["return x + 1e-12"], ["return x"]),
    "sign": (["return mu ** 2 - log_std"], ["return mu ** 2 + log_std"]),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_similarity_other_program(name: str) -> None:
    one, other = DIFFERENT[name]
    assert effects(function(*one)) != effects(function(*other))


def test_similarity_own_module_class_is_its_forward() -> None:
    inside = """
class VAE(nn.Module):
    def __init__(self):
        self.encoder = nn.Sequential(nn.Linear(1, 2), nn.ReLU())
"""
    own = """
class Block(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.layer = nn.Linear(i, o)

    def forward(self, x):
        return torch.relu(self.layer(x))

class VAE(nn.Module):
    def __init__(self):
        self.encoder = Block(1, 2)
"""
    assert effects(inside) == effects(own)


def test_similarity_hostile_programs_end() -> None:
    deep = "return " + "(" * 80 + "x" + ")" * 80
    wide = "\n    ".join(["for a in [1] * 16:", "  for b in [1] * 16:", "    for c in [1] * 16:",
                          "      for d in [1] * 16:", "        x = nn.Linear(a, b)(x)", "return x"])  # fmt: skip
    recursive = "def g(a):\n        return g(a) + g(a)\n    return g(x)"
    endless = "while True:\n        x = x + 1\n    return x"
    for body in (deep, wide, recursive, endless):
        assert isinstance(effects(function(body)), list)


def test_similarity_arithmetic() -> None:
    x, here = Node("x"), (1, 1)
    assert add(x, multiply(constant(-1), x, here), here).op == "#0"
    assert (
        divide(multiply(x, constant(4), here), constant(2), here).digest()
        == multiply(constant(2), x, here).digest()
    )
    assert power(power(x, 2, here), 3, here).op == "pow:6"
    assert power(constant(0), -1, here).op.startswith("pow")  # no ZeroDivisionError


def test_similarity_starter_lines_have_no_fragments() -> None:
    text = "def f(x):\n    y = x.exp()\n    return y * 2\n"
    tree = parse(text)
    assert tree is not None
    none, one = Places([0, 0, 0, 0, 0]), Places([0, 0, 1, 0, 0])
    assert data_flow(tree, none.nodes(tree.body), none, GIVEN) == {}
    assert spellings(tree, none, GIVEN) == {}
    assert set(data_flow(tree, one.nodes(tree.body), one, GIVEN)) == {1}


def test_similarity_tokens_mask_own_names_and_forms() -> None:
    def digests(text: str) -> set[int]:
        return set(runs(tokenize(list(enumerate(text.splitlines(), 1)), GIVEN)))

    assert digests("abc = mu + 0.50  # note\nreturn abc") == digests("q=mu+.5\n\nreturn q")
    assert digests("q = mu + 0.5\nreturn q") != digests("q = mu + 0.6\nreturn q")
    assert digests("'it''s' \"\"\"unclosed") is not None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("return (mu, x)", "return mu, x", True),
        ("y = (mu +\n     x)\nreturn y", "y = mu + x\nreturn y", True),
        ("if (mu > x): return x", "if mu > x: return x", True),
        ("return (\n    mu,\n    x,\n)", "return mu, x", True),
        ("return f((mu, x))", "return f(mu, x)", False),
        ("y = (mu + x) * 2", "y = mu + x * 2", False),
        ("y = (mu) + (x)", "y = mu + x", False),
        ("return ()", "return", False),
        ("return [(mu)]", "return [mu]", False),
        ("return f(mu)", "return f mu", False),
    ],
)
def test_similarity_tokens_without_parentheses_around_a_whole(one: str, other: str, same: bool) -> None:
    def words(text: str) -> list[str]:
        return [token for token, _ in tokenize(list(enumerate(text.splitlines(), 1)), GIVEN)]

    assert (words(one) == words(other)) is same


def test_similarity_text_that_is_not_python() -> None:
    assert parse("def f(:\n") is None
    assert parse("x = 1\0") is None


def test_similarity_own_attributes_have_no_name_even_if_the_starter_has_the_word() -> None:
    one = "class VAE(nn.Module):\n    def __init__(self):\n        self.{0} = nn.Linear(1, 2)\n        self.encoder = self.{0}\n"
    given = Given.of(["class VAE:  # set self.encoder", "def __init__(self, data):", "    x = data"])
    assert "data" in given.words
    assert given.attributes == {"encoder"}

    def digests(name: str) -> list[int]:
        tree = ast.parse(HEAD + one.format(name))
        places = Places([0] + [1] * 20)
        return sorted(n.digest() for n in Interpreter(places, given).run(tree, places.nodes(tree.body)))

    assert digests("data") == digests("first")
    assert digests("first") != digests("encoder")


def test_similarity_form_is_equal_for_equal_programs_only() -> None:
    def form(*lines: str) -> int:
        tree = ast.parse(HEAD + function(*lines))
        places = Places([0] + [1] * 30)
        return data_flow(tree, places.nodes(tree.body), places, GIVEN)[1].form

    assert form("a = x.exp()", "return a + mu") == form("return mu + torch.exp(x)") != 0
    assert form("return mu + x.exp()") != form("return mu + x.log()")


def test_similarity_values_thousands_of_steps_deep_have_a_digest() -> None:
    node = Node("x")
    for _ in range(20_000):
        node = Node("f", (node,))
    assert node.digest() == node.digest()
