"""A seeded plagiarist: takes honest solutions and disguises them, at five rising levels.

1. comments and white space
2. and every name of the solution's own renamed
3. and independent statements reordered, operands commuted, literals and arguments written another way
4. and refactored: temporaries extracted and inlined, synonyms of operations, `Sequential` built another
   way, branches turned round, chained calls split, helper functions, loops rewritten, dead code
5. and mixed: each region from one of two sources

Each level does all that the levels below it do. Nothing here knows how the similarity report works.
"""

from __future__ import annotations

import ast
import random
import textwrap
from dataclasses import replace

from benchmarks.similarity.cohort import REGIONS, Solution, files_of
from benchmarks.similarity.rewrites import Refactor, Reformat, reorder

LIBRARIES = {
    "torch": "import torch",
    "nn": "from torch import nn",
    "F": "from torch.nn import functional as F",
    "math": "import math",
}
LEVELS = (1, 2, 3, 4, 5)
# What the starter's signatures fix; a copy can't rename it.
GIVEN = frozenset([
    "self", "num_channels", "latent_dim", "hidden_dim", "x", "z", "mu", "log_std", "target", "recon",
    "imgs", "module", "images", "real_imgs", "fake_imgs", "BCE_criterion", "model", "netG", "netD",
    "num_images", "device", "architecture", "encoder", "decoder", "optimizer", "optimD", "optimG",
    "loss_D", "D_x", "D_G_z1", "nn", "torch", "F", "OrderedDict", "forward", "__init__", "reparameterize",
    "loss_fn",
])  # fmt: skip
NAMES = [
    "out", "result", "res", "feat", "features", "tmp", "buf", "val", "value", "data", "batch_out", "h1",
    "h2", "hid", "vec", "code", "latent_vec", "noise_vec", "sig", "sd", "err", "total", "part", "piece",
    "current", "stage_out", "first", "second", "third", "prob", "score", "pred", "prediction", "tgt",
    "lab", "labels_a", "labels_b", "n_items", "count", "size_b", "net", "stack", "blocks", "seq",
    "modules_list", "unit", "chunk_a", "chunk_b", "q", "w", "y", "u", "v", "r", "s", "t", "k", "a1", "b1",
    "c1", "m1",
]  # fmt: skip
REMARKS = [
    "compute the output", "as in the lecture", "see handout", "apply the network", "get the result",
    "important!", "step 1", "step 2", "now the loss", "forward pass", "do the update", "shape: batch first",
    "TODO check", "ok", "use pytorch", "here we go", "normalise", "prepare", "this is needed", "final value",
]  # fmt: skip


def disguise(level: int, name: str, source: Solution, second: Solution | None, seed: int) -> Solution:
    """A copy of `source` (at level 5 mixed with `second`), called `name`. The same seed, the same copy."""
    rng = random.Random(f"{seed} {level} {name}")
    copy = replace(source, name=name, regions=dict(source.regions))
    if level >= 5:
        if second is None:
            raise ValueError("level 5 mixes two sources: give the second one too")
        copy = _mixed(copy, second, rng)
    if level >= 2:
        copy = _each(copy, level, rng)
    return _each_text(copy, rng, shift=level == 1)


def _mixed(copy: Solution, second: Solution, rng: random.Random) -> Solution:
    """Each region from one of two sources; what the regions need outside comes along."""
    shared = [name for name in REGIONS if name in second.regions]
    rng.shuffle(shared)
    taken = set(shared[: len(shared) // 2])
    # The two halves of one function share their variables, a network its forward.
    for one, other in (
        ("discriminator_step", "generator_step"),
        ("generator", "generator_forward"),
        ("networks", "forward"),
    ):
        if (one in taken) != (other in taken):
            taken ^= {other}
    for name in taken:
        copy.regions[name] = second.regions[name]
    module, methods, imports = dict(copy.module), dict(copy.methods), dict(copy.imports)
    for file, code in second.imports.items():
        if code not in imports.get(file, ""):
            imports[file] = imports.get(file, "") + code
    for file, code in second.module.items():
        if code not in module.get(file, ""):
            module[file] = module.get(file, "") + "\n\n" + code
    for place, code in second.methods.items():
        methods[place] = methods.get(place, "") + "\n" + code
    return replace(copy, module=module, methods=methods, imports=imports)


def _body(code: str, kind: str) -> ast.Module:
    """A section as a module: a region's body as that of a function, so that `return` may stand in it."""
    if kind == "region":
        return ast.parse("def region():\n" + textwrap.indent(code, "    "))
    return ast.parse(code)


def _text(tree: ast.Module, kind: str) -> str:
    if kind == "region":
        function = tree.body[0]
        assert isinstance(function, ast.FunctionDef)
        return "\n".join(ast.unparse(ast.fix_missing_locations(s)) for s in function.body) + "\n"
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _each(copy: Solution, level: int, rng: random.Random) -> Solution:
    """Levels 2 and more: the sections as syntax trees, renamed by file and rewritten one by one."""
    result = replace(copy, regions={}, module={}, methods={})
    for file in sorted({f for f, _ in REGIONS.values()}):
        sections = [("region", name, copy.regions[name]) for name in copy.regions if REGIONS[name][0] == file]
        sections += [("module", f, code) for f, code in copy.module.items() if f == file]
        sections += [("method", place, code) for place, code in copy.methods.items() if place[0] == file]
        trees = [_body(code, kind) for kind, _, code in sections]
        names = _renaming(trees, rng)
        trees = [Renamer(names).visit(tree) for tree in trees]
        used = [
            {n.id for n in ast.walk(t) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
            for t in trees
        ]
        for index, ((kind, key, _), tree) in enumerate(zip(sections, trees, strict=True)):
            needed = frozenset().union(*(u for n, u in enumerate(used) if n != index))
            # What builds layers: sizes stay whole numbers there, and layers in their order.
            networks = key in ("networks", "generator", "variants")
            networks = networks or (kind != "region" and file in ("VAE/VAE.py", "GAN/GAN.py"))
            if level >= 3:
                if level >= 4:
                    tree = Refactor(rng, networks, needed).visit(tree)
                tree = Reformat(rng, networks).visit(tree)
                reorder(tree, rng)
            text = _text(tree, kind)
            target = {"region": result.regions, "module": result.module, "method": result.methods}[kind]
            target[key] = text  # type: ignore[index]
    return _imported(result)


def _imported(copy: Solution) -> Solution:
    """The copy with the imports that its new spellings need."""
    imports = dict(copy.imports)
    for file, text in files_of(copy).items():
        nodes = list(ast.walk(ast.parse(text)))
        used = {n.id for n in nodes if isinstance(n, ast.Name)}
        bound = {
            a.asname or a.name for n in nodes if isinstance(n, (ast.Import, ast.ImportFrom)) for a in n.names
        }
        for name, line in LIBRARIES.items():
            if name in used - bound:
                imports[file] = imports.get(file, "") + line + "\n"
    return replace(copy, imports=imports)


def _renaming(trees: list[ast.Module], rng: random.Random) -> dict[str, str]:
    found: set[str] = set()
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name != "region":
                found.add(node.name)
            elif isinstance(node, ast.arg):
                found.add(node.arg)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _is_self(node.value):
                found.add(node.attr)
    pool = list(NAMES)
    rng.shuffle(pool)
    own = sorted(found - GIVEN)
    return {name: pool.pop() if pool else f"{name}_{index}" for index, name in enumerate(own)}


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


class Renamer(ast.NodeTransformer):
    """Other names for what the solution named itself."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = self.names.get(node.arg, node.arg)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if _is_self(node.value):
            node.attr = self.names.get(node.attr, node.attr)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        func = node.func
        of_self = isinstance(func, ast.Attribute) and _is_self(func.value)
        called = func.id if isinstance(func, ast.Name) else func.attr if of_self else ""  # type: ignore[attr-defined]
        self.generic_visit(node)
        if called in self.names:  # arguments by the names that the parameters have now
            for keyword in node.keywords:
                keyword.arg = self.names.get(keyword.arg, keyword.arg) if keyword.arg else None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.name = self.names.get(node.name, node.name)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        node.name = self.names.get(node.name, node.name)
        return node


def _each_text(copy: Solution, rng: random.Random, shift: bool) -> Solution:
    """Level 1: other comments and white space."""
    return replace(
        copy,
        regions={k: _remarked(v, rng, shift) for k, v in copy.regions.items()},
        module={k: _remarked(v, rng, shift) for k, v in copy.module.items()},
        methods={k: _remarked(v, rng, shift) for k, v in copy.methods.items()},
    )


def _remarked(code: str, rng: random.Random, shift: bool) -> str:
    out: list[str] = []
    depth = 0
    for line in code.splitlines():
        bare = line.split("  #")[0].rstrip()
        if not bare.strip() or bare.strip().startswith("#"):
            continue
        indent = bare[: len(bare) - len(bare.lstrip())]
        if (
            depth == 0
            and rng.random() < 0.2
            and not bare.strip().startswith(("elif", "else", "case", "except"))
        ):
            out.append(f"{indent}# {rng.choice(REMARKS)}")
        if shift and rng.random() < 0.5:
            bare = indent + bare.strip().replace(", ", ",")
        if depth == 0 and rng.random() < 0.1:
            out.append("")
        depth += sum(bare.count(c) for c in "([{") - sum(bare.count(c) for c in ")]}")
        out.append(bare + (f"  # {rng.choice(REMARKS)}" if rng.random() < 0.15 else ""))
    return "\n".join(out) + "\n"
