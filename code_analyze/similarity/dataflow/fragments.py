"""Fragments of the canonical channel: small pieces of the data flow, and the whole of it."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from code_analyze.similarity.dataflow.interpreter import Interpreter
from code_analyze.similarity.dataflow.node import Node, combine, walk
from code_analyze.similarity.dataflow.readings import Outline, outline
from code_analyze.similarity.given import Given
from code_analyze.similarity.places import Places
from code_analyze.similarity.syntax import Spans

DEPTHS = (1, 2, 3)
SALT = [combine(f"depth {depth}", []) for depth in range(max(DEPTHS) + 1)]


@dataclass
class Flow:
    """The data flow of one part: pieces cut off a few steps down, with their lines, and the form.

    The form is one digest of all that the part does; two parts with the same form compute the same.
    Manners are names of what the form leaves out of how it is written (see `Reader.mark`).
    """

    pieces: Spans = field(default_factory=dict)
    form: int = 0
    manners: frozenset[str] = frozenset()
    outline: Outline = field(default_factory=Outline)


def data_flow(tree: ast.Module, nodes: Iterable[ast.AST], places: Places, given: Given) -> dict[int, Flow]:
    """The data flow of each part of a file. `nodes` are those of `Places.nodes`."""
    reader = Interpreter(places, given)
    effects = reader.run(tree, nodes)
    found: dict[int, Flow] = {}
    for node in walk(effects):
        part, line = node.place
        if not part or not node.args:
            continue
        lines = [line] + [arg.place[1] for arg in node.args if arg.place[0] == part]
        span = (min(lines), max(lines))
        pieces = found.setdefault(part, Flow()).pieces
        for depth in DEPTHS:
            pieces.setdefault(node.digest_to_depth(depth) ^ SALT[depth], span)
    roots: dict[int, dict[int, Node]] = {}
    for effect in effects:
        part = _part(effect)
        if part and counts(effect):
            roots.setdefault(part, {})[effect.digest()] = effect
    for part, by_digest in roots.items():
        flow = found.setdefault(part, Flow())
        flow.form = combine("form", sorted(by_digest))
        flow.outline = outline(by_digest.values(), given.words)
    for part, manners in reader.manners.items():
        found.setdefault(part, Flow()).manners = frozenset(manners)
    return found


def counts(effect: Node) -> bool:
    """Whether an effect is one of what the part computes: values that are kept under names of the student's
    own count where they are used."""
    return effect.op != "set"


def _part(effect: Node) -> int:
    """The part that an effect belongs to: where it stands, or else the first that its values come from."""
    if effect.place[0]:
        return effect.place[0]
    parts, seen, stack = [], set(), [effect]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.place[0]:
            parts.append(node.place[0])
        else:
            stack.extend(node.args)
    return min(parts, default=0)
