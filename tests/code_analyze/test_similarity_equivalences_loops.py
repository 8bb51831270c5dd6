"""Loops that leave what a program computes as it is: over rows, over tables, written as comprehensions or generators."""

# ruff: noqa: E501 (one row of a table is one line)
from __future__ import annotations

import pytest

from tests.code_analyze.test_similarity_equivalences import read

SUM_OF_SQUARES = ["return (mu ** 2 + x).sum()"]
TWO_LAYERS = ["return nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 3))(x)"]

SAME = {
    "sum over rows": (["t = 0.0", "for m, v in zip(mu, x):", "    t += (m ** 2 + v).sum()", "return t"], SUM_OF_SQUARES),
    "sum over indices": (["t = 0", "for i in range(mu.shape[0]):", "    t = t + (mu[i] ** 2 + x[i]).sum()", "return t"], SUM_OF_SQUARES),
    "sum over columns": (["t = torch.zeros(())", "for d in range(mu.size(1)):", "    t += (mu[:, d] ** 2 + x[:, d]).sum()", "return t"], SUM_OF_SQUARES),
    "sum of a generator": (["return sum((m ** 2 + v).sum() for m, v in zip(mu, x))"], SUM_OF_SQUARES),
    "rows with their numbers": (["t = 0", "for i, m in enumerate(mu):", "    t += (m ** 2 + x[i]).sum()", "return t"], SUM_OF_SQUARES),
    "appended rows": (["l = []", "for m in mu:", "    l.append(m.exp())", "return torch.stack(l)"], ["return mu.exp()"]),
    "mean of appended rows": (["l = []", "for m in mu:", "    l.append((m ** 2).sum())", "return torch.stack(l).mean()"], ["return (mu ** 2).sum(1).mean()"]),
    "stacked rows": (["return torch.stack([m.exp() for m in mu])"], ["return mu.exp()"]),
    "mapped rows": (["return torch.stack(list(map(torch.exp, mu)))"], ["return mu.exp()"]),
    "parts of a batch": (["return torch.cat([model(part) for part in x.split(100)])"], ["return model(x)"]),
    "noise one by one": (["return torch.cat([model(torch.randn(1, 3)) for _ in range(x)])"], ["return model(torch.randn(x, 3))"]),
    "sum of a stack": (["return torch.stack([mu, x]).sum()"], ["return mu + x"]),
    "children": (["for layer in self.decoder.children():", "    x = layer(x)", "return x"], ["for layer in self.decoder:", "    x = layer(x)", "return x"]),
    "named children": (["for _, layer in self.decoder.named_children():", "    x = layer(x)", "return x"], ["for layer in self.decoder:", "    x = layer(x)", "return x"]),
    "pairs of neighbours": (
        ["l = []", "for a, b in itertools.pairwise([1, 2, 3]):", "    l += [nn.Linear(a, b), nn.ReLU()]", "return nn.Sequential(*l[:-1])(x)"],
        TWO_LAYERS,
    ),
    "neighbours by their index": (
        ["w, l = [1, 2, 3], []", "for k in range(1, len(w)):", "    last = k == len(w) - 1", "    l.append(nn.Linear(w[k - 1], w[k]))", "    if not last:", "        l.append(nn.ReLU())", "return nn.Sequential(*l)(x)"],
        TWO_LAYERS,
    ),
    "loop in a loop": (["return nn.Sequential(*[m for a in (1, 2) for m in (nn.Linear(a, a + 1), nn.ReLU())][:-1])(x)"], TWO_LAYERS),
    "chosen ones": (["return nn.Sequential(*[m for i, m in enumerate((nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 3), nn.Tanh())) if i != 3])(x)"], TWO_LAYERS),
    "lists joined by sum()": (["return nn.Sequential(*sum([[nn.Linear(a, a + 1), nn.ReLU()] for a in (1, 2)], [])[:3])(x)"], TWO_LAYERS),
    "lists chained": (["return nn.Sequential(*itertools.chain.from_iterable([[nn.Linear(1, 2), nn.ReLU()], [nn.Linear(2, 3)]]))(x)"], TWO_LAYERS),
    "backwards": (["l = [nn.Linear(2, 3), nn.ReLU(), nn.Linear(1, 2)]", "return nn.Sequential(*l[::-1])(x)"], TWO_LAYERS),
    "reversed in place": (["l = [nn.Linear(2, 3), nn.ReLU(), nn.Linear(1, 2)]", "l.reverse()", "return nn.Sequential(*l)(x)"], TWO_LAYERS),
    "counted from one": (["l = [nn.Linear(i, i + 1) for i, _ in enumerate([0, 0], start=1)]", "return nn.Sequential(l[0], nn.ReLU(), l[1])(x)"], TWO_LAYERS),
    "last one replaced": (["l = [nn.Linear(1, 2), nn.ReLU(), nn.ReLU()]", "l[-1] = nn.Linear(2, 3)", "return nn.Sequential(*l)(x)"], TWO_LAYERS),
    "the last one is": (
        ["specs = [{'i': 1}, {'i': 2}]", "l = []", "for s in specs:", "    l.append(nn.Linear(s['i'], s['i'] + 1))", "    if s is not specs[-1]:", "        l.append(nn.ReLU())", "return nn.Sequential(*l)(x)"],
        TWO_LAYERS,
    ),
    "generator": (
        ["def block(a):", "    yield nn.Linear(a, a + 1)", "    yield nn.ReLU()", "def blocks():", "    yield from block(1)", "return nn.Sequential(*blocks(), nn.Linear(2, 3))(x)"],
        TWO_LAYERS,
    ),
    "appended to a chain": (["net = nn.Sequential()", "net.append(nn.Linear(1, 2)).append(nn.ReLU())", "net.extend([nn.Linear(2, 3)])", "return net(x)"], TWO_LAYERS),
    "partial": (["layer = functools.partial(nn.Linear, 1)", "two = functools.partial(layer, out_features=2)", "return two()(x)"], ["return nn.Linear(1, 2)(x)"]),
    "class by its name": (["return getattr(nn, 'Linear')(1, 2)(x)"], ["return nn.Linear(1, 2)(x)"]),
    "truth as a number": (["first = True", "return nn.Linear(1 + (not first), 1 + first, int(first))(x)"], ["return nn.Linear(1, 2, 1)(x)"]),
    "comprehension of a dictionary": (["d = {k: v / 2 for k, v in {'a': mu, 'b': x}.items()}", "return d['a'], d['b']"], ["return mu / 2, x / 2"]),
    "dictionary of pairs": (["d = dict(zip(('a', 'b'), (mu, x)))", "return d['b']"], ["return x"]),
    "zip of an unknown value": (["d = dict(zip(('a', 'b'), model(x)))", "return d['b']"], ["a, b = model(x)", "return b"]),
    "counted by hand": (["i, t = 0, 0.0", "while i < mu.shape[0]:", "    t = t + (mu[i] ** 2 + x[i]).sum()", "    i += 1", "return t"], SUM_OF_SQUARES),
    "until there are enough": (["l = []", "while len(l) < x:", "    l.append(model(torch.randn(1, 3)))", "return torch.cat(l)"], ["return model(torch.randn(x, 3))"]),
    "sums in a dictionary": (["t = {'a': 0.0}", "for m, v in zip(mu, x):", "    t['a'] += (m ** 2 + v).sum()", "return t['a']"], SUM_OF_SQUARES),
    "unbound columns": (["return torch.stack([m ** 2 for m in mu.unbind(1)], dim=1).sum()"], ["return (mu ** 2).sum()"]),
    "deleted ones": (["l = [nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 3), nn.ReLU(), nn.Tanh()]", "del l[-2:]", "return nn.Sequential(*l)(x)"], TWO_LAYERS),
    "deleted one": (["l = [nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 3), nn.ReLU()]", "del l[-1]", "return nn.Sequential(*l)(x)"], TWO_LAYERS),
    "replaced ones": (["l = [nn.Linear(1, 2), nn.Tanh()]", "l[-1:] = [nn.ReLU(), nn.Linear(2, 3)]", "return nn.Sequential(*l)(x)"], TWO_LAYERS),
    "next of an iterator": (["w = iter((2, 3))", "return nn.Sequential(nn.Linear(1, next(w)), nn.ReLU(), nn.Linear(2, next(w)))(x)"], TWO_LAYERS),
    "done in a comprehension": (["[v.backward() for v in (mu, x)]"], ["mu.backward()", "x.backward()"]),
    "operators as functions": (["return operator.truediv(operator.mul(mu, x), 2)"], ["return mu * x / 2"]),
    "namespace": (["s = types.SimpleNamespace(a=mu, b=x)", "return s.a + s.b"], ["return mu + x"]),
    "the same parameter": (["return mu if x is x else recon"], ["return mu"]),
    "rest of the arguments": (
        ["def conv(*sizes, **options):", "    return nn.Conv2d(*sizes, kernel_size=3, **options)", "return conv(1, 2, padding=1)(x)"],
        ["return nn.Conv2d(1, 2, 3, padding=1)(x)"],
    ),
    "mapped list": (["a, b = map(lambda v: v * 2, [mu, x])", "return a, b"], ["return 2 * mu, 2 * x"]),
}  # fmt: skip

DIFFERENT = {
    "only the last row": (["for m, v in zip(mu, x):", "    t = (m ** 2 + v).sum()", "return t"], SUM_OF_SQUARES),
    "always the first row": (["t = 0", "for m, v in zip(mu, x):", "    t += (mu[0] ** 2 + v).sum()", "return t"], SUM_OF_SQUARES),
    "some of the rows": (["return torch.stack([m.exp() for m in mu if m.sum() > 0])"], ["return mu.exp()"]),
    "another order": (["l = [nn.Linear(2, 3), nn.ReLU(), nn.Linear(1, 2)]", "return nn.Sequential(*l)(x)"], TWO_LAYERS),
    "every second one": (["return nn.Sequential(*[nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 3)][::2])(x)"], TWO_LAYERS),
    "deleted elsewhere": (["l = [nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 3), nn.ReLU()]", "del l[0]", "return nn.Sequential(*l)(x)"], TWO_LAYERS),
    "overwritten in a dictionary": (["t = {'a': 0.0}", "for m, v in zip(mu, x):", "    t['a'] = (m ** 2 + v).sum()", "return t['a']"], SUM_OF_SQUARES),
    "only the last one counted": (["i, t = 0, 0.0", "while i < mu.shape[0]:", "    t = (mu[i] ** 2 + x[i]).sum()", "    i += 1", "return t"], SUM_OF_SQUARES),
    "another argument": (["return functools.partial(nn.Linear, 1)(3)(x)"], ["return nn.Linear(1, 2)(x)"]),
    "mean of the first half": (["return torch.stack([mu, x])"], ["return mu + x"]),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_similarity_same_loops(name: str) -> None:
    one, other = SAME[name]
    assert read(*one) == read(*other)


@pytest.mark.parametrize("name", DIFFERENT)
def test_similarity_other_loops(name: str) -> None:
    one, other = DIFFERENT[name]
    assert read(*one) != read(*other)
