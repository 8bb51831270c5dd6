"""Rewritings that leave what a program computes as it is: tables, loops, distributions, weights set in place."""

# ruff: noqa: E501 (one row of a table is one line)
from __future__ import annotations

import pytest

from tests.code_analyze.test_similarity_dataflow import effects, function

TWO_CASES = [
    "if x == 'fc':",
    "    return nn.Linear(1, 2), nn.Linear(2, 1)",
    "return nn.Linear(1, 3), nn.Linear(3, 1)",
]

SAME = {
    "forward by its name": (["return model.forward(x)"], ["return model(x)"]),
    "one backward of a sum": (["(x + mu).backward()"], ["x.backward()", "mu.backward()"]),
    "equal to one of them": (["if x in (1, 2):", "    mu.step()"], ["if x == 1 or x == 2:", "    mu.step()"]),
    "equal to none of them": (["if x not in [1]:", "    return mu", "return recon"], ["if x == 1:", "    return recon", "return mu"]),
    "kind by its name": (["if type(x).__name__ == 'Conv2d':", "    mu.step()"], ["if isinstance(x, nn.Conv2d):", "    mu.step()"]),
    "kind is": (["if type(x) is nn.Conv2d:", "    mu.step()"], ["if isinstance(x, nn.Conv2d):", "    mu.step()"]),
    "kinds by their names": (
        ["if x.__class__.__name__ in ('Conv2d', 'Linear'):", "    mu.step()"],
        ["if isinstance(x, (nn.Linear, nn.Conv2d)):", "    mu.step()"],
    ),
    "which case is asked for": (
        ["if x == 'fc':", "    return mu", "return recon"],
        ["if x == 'shallow':", "    return recon", "elif x == 'fc':", "    return mu", "raise ValueError"],
    ),
    "match": (
        ["match x:", "    case 'fc':", "        return mu", "    case 'shallow' | 'conv':", "        return recon", "    case _:", "        raise ValueError"],
        ["if x == 'fc':", "    return mu", "elif x == 'shallow' or x == 'conv':", "    return recon"],
    ),
    "lists made in a match": (
        ["match x:", "    case 'fc':", "        a = [nn.Linear(1, 2)]", "    case _:", "        a = [nn.Linear(1, 3)]", "return nn.Sequential(*a)"],
        ["if x == 'fc':", "    a = [nn.Linear(1, 2)]", "else:", "    a = [nn.Linear(1, 3)]", "return nn.Sequential(*a)"],
    ),
    "dictionary of cases": (
        ["return {'fc': (nn.Linear(1, 2), nn.Linear(2, 1)), 'shallow': (nn.Linear(1, 3), nn.Linear(3, 1))}[x]"],
        TWO_CASES,
    ),
    "dictionary of functions": (
        ["def a(n):", "    return nn.Linear(n, 2), nn.Linear(2, n)", "def b(n):", "    return nn.Linear(n, 3), nn.Linear(3, n)", "return {'fc': a, 'shallow': b}[x](1)"],
        TWO_CASES,
    ),
    "case unpacked": (
        ["a, b = {'fc': (nn.Linear(1, 2), nn.Linear(2, 1)), 'shallow': (nn.Linear(1, 3), nn.Linear(3, 1))}[x]", "return a, b"],
        TWO_CASES,
    ),
    "ordered dictionary": (
        ["d = OrderedDict()", "d['a'] = nn.Linear(1, 2)", "d['b'] = nn.ReLU()", "return nn.Sequential(d)(x)"],
        ["return nn.Sequential(nn.Linear(1, 2), nn.ReLU())(x)"],
    ),
    "ordered dictionary by names": (
        ["d = OrderedDict(a=nn.Linear(1, 2), b=nn.ReLU())", "return nn.Sequential(d)(x)"],
        ["return nn.Sequential(nn.Linear(1, 2), nn.ReLU())(x)"],
    ),
    "numbered keys": (
        ["d = OrderedDict()", "for i in range(2):", "    d[f'l{i}'] = nn.Linear(1, i)", "return nn.Sequential(d)(x)"],
        ["return nn.Sequential(nn.Linear(1, 0), nn.Linear(1, 1))(x)"],
    ),
    "values of a dictionary": (
        ["d = dict(a=x, b=mu)", "d['a'] = recon", "for v in d.values():", "    v.backward()", "return [k for k in d.keys()]"],
        ["recon.backward()", "mu.backward()", "return ['a', 'b']"],
    ),
    "items of a dictionary": (
        ["for k, v in {1: x, 2: mu}.items():", "    (k * v).step()"],
        ["x.step()", "(2 * mu).step()"],
    ),
    "loop over the keys": (
        ["d = {**{1: x}, 2: mu}", "for k in d:", "    d.get(k).step()", "for k in list(d):", "    d[k].start()"],
        ["x.step()", "mu.step()", "x.start()", "mu.start()"],
    ),
    "arguments of a dictionary": (
        ["kw = dict(kernel_size=3, padding=1)", "return nn.Conv2d(1, 2, **kw)(x)"],
        ["return nn.Conv2d(1, 2, 3, 1, 1)(x)"],
    ),
    "pop": (["l = [x, mu]", "l.pop()", "return l"], ["return [x]"]),
    "behind a starred name": (["*a, b = [x, mu, recon]", "return b"], ["return recon"]),
    "fold": (
        ["return functools.reduce(lambda h, layer: layer(h), [nn.Linear(1, 2), torch.relu], x)"],
        ["return torch.relu(nn.Linear(1, 2)(x))"],
    ),
    "fold without a start": (["return functools.reduce(lambda a, b: a + b, [x, mu, recon])"], ["return x + mu + recon"]),
    "greatest": (["return nn.Linear(max(1, 2), min(3, 2))(x)"], ["return nn.Linear(2, 2)(x)"]),
    "shape of what is compared": (
        ["return F.binary_cross_entropy(recon.view(4, -1), target.flatten(1), reduction='sum')"],
        ["return nn.BCELoss(reduction='sum')(recon, target)"],
    ),
    "shape of what is compared with labels": (["y = model(x)", "return mu(y.view(-1), torch.ones(3))"], ["return mu(model(x), torch.ones(3, 1))"]),
    "number of values": (
        ["return 0.5 * ((mu ** 2).sum() - mu.numel()) / mu.size(0)"],
        ["return 0.5 * (mu ** 2 - 1).sum(1).mean()"],
    ),
    "mean by the number of values": (["return x.sum() / x.numel()"], ["return x.mean()"]),
    "einsum": (["return torch.einsum('bd, bd ->', mu, mu)"], ["return (mu ** 2).sum()"]),
    "einsum of one": (["return torch.einsum('bchw->', x)"], ["return x.sum()"]),
    "gradients set to None": (["for p in model.parameters():", "    p.grad = None"], ["model.zero_grad()"]),
    "weight copied": (
        ["x.weight.copy_(1 + 0.02 * torch.randn_like(x.weight))"],
        ["nn.init.normal_(x.weight, 1, std=0.02)"],
    ),
    "weight in place": (["x.weight.data.normal_().mul_(0.02).add_(1)"], ["nn.init.normal_(x.weight.data, mean=1.0, std=0.02)"]),
    "sample of a standard normal": (
        ["return torch.distributions.Normal(torch.zeros(3), torch.ones(3)).sample()"],
        ["return torch.randn(3)"],
    ),
    "divergence": (
        ["q = torch.distributions.Normal(mu, log_std.exp())", "p = torch.distributions.Normal(0, 1)", "return torch.distributions.kl_divergence(q, p).sum()"],
        ["return 0.5 * (mu ** 2 + torch.exp(2 * log_std) - 2 * log_std - 1).sum()"],
    ),
    "divergence of a standard deviation": (
        ["D = torch.distributions", "q = D.Independent(D.Normal(mu, x), 1)", "p = D.Independent(D.Normal(torch.zeros(3), torch.ones(3)), 1)", "return D.kl_divergence(q, p).mean()"],
        ["return (0.5 * mu ** 2 + 0.5 * x ** 2 - x.log() - 0.5).mean()"],
    ),
    "log probability": (
        ["return -torch.distributions.Bernoulli(probs=recon).log_prob(target).sum()"],
        ["return F.binary_cross_entropy(recon, target, reduction='sum')"],
    ),
    "rows as halves": (["h = model(x).view(-1, 2, 5)", "return h[:, 0] - h[:, 1, :]"], ["a, b = model(x).chunk(2, 1)", "return a - b"]),
    "unflattened halves": (["a, b = model(x).unflatten(1, (2, 5)).unbind(1)", "return a - b"], ["a, b = model(x).chunk(2, 1)", "return a - b"]),
    "narrow": (["h = model(x)", "return h.narrow(1, 0, 5) - h.narrow(1, 5, 5)"], ["a, b = model(x).chunk(2, 1)", "return a - b"]),
    "half up to the end": (["h = model(x)", "return h[..., :mu] - h[:, mu:2 * mu]"], ["a, b = model(x).hsplit(2)", "return a - b"]),
    "starred halves": (["s = model(x).chunk(2, 1)", "return (mu, *s)"], ["a, b = model(x).chunk(2, 1)", "return mu, a, b"]),
    "halves added to a tuple": (["return (mu,) + tuple(model(x).chunk(2, 1))"], ["a, b = model(x).chunk(2, 1)", "return mu, a, b"]),
    "shape of noise": (["return model(torch.randn(5, 3)[:, :, None, None])"], ["return model(torch.randn(5, 3, 1, 1))"]),
    "noise of numpy": (["return torch.from_numpy(np.random.randn(5, 3)).float()"], ["return torch.randn(5, 3)"]),
    "normals of numpy": (["return torch.tensor(np.random.normal(0, 1, (5, 3)))"], ["return torch.randn(5, 3)"]),
    "initialised noise": (["z = torch.empty(5, 3)", "nn.init.normal_(z)", "return z"], ["return torch.randn(5, 3)"]),
    "in place": (["y = x.float()", "y.div_(127.5)", "y.sub_(1)", "return y"], ["return x / 127.5 - 1"]),
    "into another tensor": (["y = torch.empty(x.shape)", "torch.div(x, 255, out=y)", "return y"], ["return x / 255"]),
    "copied into a tensor": (["y = torch.empty(x.shape)", "y.copy_(x)", "y /= 255", "return y"], ["return x / 255"]),
    "greatest of a type": (["return x / torch.iinfo(torch.uint8).max"], ["return x / 255"]),
    "lerp": (["return torch.lerp(torch.tensor(-1.0), torch.tensor(1.0), x / 255)"], ["return x / 127.5 - 1"]),
    "lerp by names": (["return torch.lerp(torch.tensor(0.5), end=torch.tensor(1.0), weight=x)"], ["return x / 2 + 0.5"]),
    "alpha": (["return torch.sub(x, 0.5, alpha=2)"], ["return x - 1"]),
    "rsub": (["return torch.rsub(x, 1)"], ["return 1 - x"]),
    "expm1": (["return torch.expm1(x) + torch.log1p(mu)"], ["return x.exp() - 1 + (1 + mu).log()"]),
    "norm": (["return mu.norm() ** 2"], ["return (mu ** 2).sum()"]),
    "product of sizes": (["return nn.Linear(5, math.prod((16, 8, 8)))(x)"], ["return nn.Linear(5, 16 * 8 * 8)(x)"]),
    "the same size by a square kernel": (["return nn.Conv2d(1, 2, kernel_size=(3, 3), padding='same')(x)"], ["return nn.Conv2d(1, 2, 3, padding=1)(x)"]),
    "ones in a sum": (["return 1 - torch.ones_like(x) + mu"], ["return mu"]),
    "labels as a number": (["return mu(x, torch.tensor(1.0).expand_as(x))"], ["return mu(x, torch.ones_like(x))"]),
    "mean times the number": (["return F.mse_loss(x, mu) * x.numel()"], ["return F.mse_loss(x, mu, reduction='sum')"]),
    "cross-entropy written out": (
        ["return -(target * torch.log(recon) + (1 - target) * torch.log(1 - recon)).sum()"],
        ["return F.binary_cross_entropy(recon, target, reduction='sum')"],
    ),
    "weight's data": (["x.weight.data = torch.randn_like(x.weight) * 0.02"], ["nn.init.normal_(tensor=x.weight, std=0.02)"]),
    "all of a weight": (["x.bias.data[:] = 0"], ["nn.init.zeros_(x.bias)"]),
    "copied zeros": (["x.bias.copy_(torch.zeros_like(x.bias))"], ["nn.init.zeros_(x.bias)"]),
    "half from zero on": (["h = model(x)", "return h[:, 0:5] - h[:, 5:]"], ["a, b = model(x).chunk(2, 1)", "return a - b"]),
    "named axis": (["return x.unbind(1)[0]"], ["return x.unbind(dim=1)[0]"]),
}  # fmt: skip
IMPORTS = "import functools\nimport itertools\nimport math\nimport operator\nimport types\nimport numpy as np\nimport torch\nimport torch.nn as nn\nimport torch.nn.functional as F\nfrom collections import OrderedDict\n"


def read(*lines: str) -> set[str]:
    return set(effects(function(*lines), IMPORTS))


@pytest.mark.parametrize("name", SAME)
def test_similarity_same_effects(name: str) -> None:
    one, other = SAME[name]
    assert read(*one) == read(*other)


DIFFERENT = {
    "product of other sizes": (["return nn.Linear(5, math.prod((16, 8)))(x)"], ["return nn.Linear(5, 16 * 8 * 8)(x)"]),
    "the same size by a wider kernel": (["return nn.Conv2d(1, 2, kernel_size=(5, 5), padding='same')(x)"], ["return nn.Conv2d(1, 2, 5, padding=1)(x)"]),
    "forward of another": (["return model.forward(x)"], ["return mu(x)"]),
    "backward of a difference": (["(x - mu).backward()"], ["x.backward()", "mu.backward()"]),
    "another kind by its name": (["if type(x).__name__ == 'Conv2d':", "    mu.step()"], ["if isinstance(x, nn.Linear):", "    mu.step()"]),
    "another value of a dictionary": (["return {'a': x, 'b': mu}['a']"], ["return {'a': x, 'b': mu}['b']"]),
    "not in the dictionary": (["return {'a': x}['b']"], ["return x"]),
    "other order of the layers": (
        ["d = OrderedDict()", "d['a'] = nn.Linear(1, 2)", "d['b'] = nn.Linear(2, 1)", "return nn.Sequential(d)(x)"],
        ["d = OrderedDict()", "d['a'] = nn.Linear(2, 1)", "d['b'] = nn.Linear(1, 2)", "return nn.Sequential(d)(x)"],
    ),
    "einsum over one index": (["return torch.einsum('bd,bd->b', mu, mu)"], ["return (mu ** 2).sum()"]),
    "einsum of an outer product": (["return torch.einsum('b,d->', mu, x)"], ["return (mu * x).sum()"]),
    "number of values alone": (["return mu.numel() * x"], ["return x"]),
    "an attribute of one parameter": (["x.grad = None"], ["x.zero_grad()"]),
    "other deviation": (["x.weight.copy_(0.2 * torch.randn_like(x.weight))"], ["nn.init.normal_(x.weight, 0, 0.02)"]),
    "divergence from another normal": (
        ["D = torch.distributions", "return D.kl_divergence(D.Normal(mu, x), D.Normal(0, 2))"],
        ["D = torch.distributions", "return D.kl_divergence(D.Normal(mu, x), D.Normal(0, 1))"],
    ),
    "logits": (
        ["return torch.distributions.Bernoulli(logits=recon).log_prob(target).sum()"],
        ["return torch.distributions.Bernoulli(probs=recon).log_prob(target).sum()"],
    ),
    "every second column": (["h = model(x)", "return h[:, ::2], h[:, 1::2]"], ["return model(x).chunk(2, 1)"]),
    "rows of two": (["h = model(x).view(-1, 5, 2)", "return h[:, :, 0] - h[:, :, 1]"], ["a, b = model(x).chunk(2, 1)", "return a - b"]),
    "other half": (["return model(x).narrow(1, 5, 5)"], ["return model(x).narrow(1, 0, 5)"]),
    "uniform noise of numpy": (["return torch.from_numpy(np.random.rand(5, 3))"], ["return torch.randn(5, 3)"]),
    "norm without the square": (["return mu.norm()"], ["return (mu ** 2).sum()"]),
    "cross-entropy with other targets": (
        ["return -(target * torch.log(recon) + (1 - mu) * torch.log(1 - recon)).sum()"],
        ["return F.binary_cross_entropy(recon, target, reduction='sum')"],
    ),
    "rounded down": (["return x // 255"], ["return x / 255"]),
    "some of a weight": (["x.bias.data[:2] = 0"], ["nn.init.zeros_(x.bias)"]),
    "guarded case": (["match x:", "    case 1 if mu:", "        recon.step()"], ["match x:", "    case 1:", "        recon.step()"]),
}  # fmt: skip


@pytest.mark.parametrize("name", DIFFERENT)
def test_similarity_other_effects(name: str) -> None:
    one, other = DIFFERENT[name]
    assert read(*one) != read(*other)


def test_similarity_dataclass_and_table_below_their_use() -> None:
    table = """
class VAE(nn.Module):
    def __init__(self):
        self.encoder = nn.Sequential(*[nn.Linear(s.i, s.o) for s in TABLE])

@dataclass
class Size:
    i: int
    o: int = 2

TABLE = (Size(1), Size(2, o=3))
"""
    plain = """
class VAE(nn.Module):
    def __init__(self):
        self.encoder = nn.Sequential(nn.Linear(1, 2), nn.Linear(2, 3))
"""
    assert effects(table, IMPORTS) == effects(plain, IMPORTS)


def test_similarity_attribute_by_its_name() -> None:
    text = "class VAE(nn.Module):\n    def __init__(self):\n        {}\n"
    by_name, plain = (
        text.format("setattr(self, 'encoder', nn.Linear(1, 2))"),
        text.format("self.encoder = nn.Linear(1, 2)"),
    )
    assert effects(by_name, IMPORTS) == effects(plain, IMPORTS)
    assert effects(by_name, IMPORTS) != effects(plain.replace("encoder", "decoder"), IMPORTS)


def test_similarity_object_that_is_called() -> None:
    classes = "class Twice:\n    def __call__(self, x):\n        return 2 * x\n"
    assert effects(classes + function("return Twice()(mu)"), IMPORTS) == effects(
        function("return 2 * mu"), IMPORTS
    )
