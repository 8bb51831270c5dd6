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
from benchmarks.similarity.disguises.refactor import Refactor
from benchmarks.similarity.disguises.reformat import Reformat, reorder
from benchmarks.similarity.disguises.remarks import remarked
from benchmarks.similarity.disguises.renaming import Renamer, renaming

LIBRARIES = {
    "torch": "import torch",
    "nn": "from torch import nn",
    "F": "from torch.nn import functional as F",
    "math": "import math",
}
LEVELS = (1, 2, 3, 4, 5)
# What the starter's signatures fix; a copy can't rename it.


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
        names = renaming(trees, rng)
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
                    # The discriminator gives one number for each image.
                    tree = Refactor(rng, networks, file.startswith("VAE"), needed).visit(tree)
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


def _each_text(copy: Solution, rng: random.Random, shift: bool) -> Solution:
    """Level 1: other comments and white space."""
    return replace(
        copy,
        regions={k: remarked(v, rng, shift) for k, v in copy.regions.items()},
        module={k: remarked(v, rng, shift) for k, v in copy.module.items()},
        methods={k: remarked(v, rng, shift) for k, v in copy.methods.items()},
    )
