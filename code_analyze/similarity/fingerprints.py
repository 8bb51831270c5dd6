"""The fragments of a submission: for each part and channel, digests with the lines where they stand."""

from __future__ import annotations

import ast
import gc
import warnings
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from code_analyze.similarity.dataflow.fragments import Flow, data_flow
from code_analyze.similarity.dataflow.node import combine
from code_analyze.similarity.dataflow.readings import Outline
from code_analyze.similarity.intake import Entry, Submission, read_submission
from code_analyze.similarity.places import Places
from code_analyze.similarity.regions import Code, Lines, Starter, cut
from code_analyze.similarity.supporting import Habits, habits
from code_analyze.similarity.syntax import Spans, own_names, spellings
from code_analyze.similarity.tokens import form_of, line_digests, runs, tokenize

TOKENS, SPELLING, FLOW = "tokens", "spelling", "flow"
CHANNELS = (TOKENS, SPELLING, FLOW)


@dataclass
class Packed:
    """Fragments of one part and channel, sorted by digest: digests [F], first and last lines [F]."""

    digests: NDArray[np.uint64]
    first: NDArray[np.int32]
    last: NDArray[np.int32]

    @classmethod
    def of(cls, spans: Spans) -> Packed:
        digests = np.fromiter(spans, np.uint64, len(spans))
        lines = np.fromiter(chain.from_iterable(spans.values()), np.int32, 2 * len(spans)).reshape(-1, 2)
        order = np.argsort(digests)
        return cls(digests[order], lines[order, 0], lines[order, 1])


@dataclass
class PartPrint:
    """One part's fragments and forms by channel, with the file that their lines are of.

    A form is a digest of the part as a whole: of what it computes (see `Flow.form`), and of its tokens.
    `digests` are (line, digest, number of tokens) of its lines, for the own share.
    """

    file: str
    channels: dict[str, Packed] = field(default_factory=dict)
    num_lines: int = 0
    forms: dict[str, int] = field(default_factory=dict)
    manners: frozenset[str] = frozenset()
    outline: Outline = field(default_factory=Outline)
    function: str = ""  # the starter's, that all of the part stands in
    digests: list[tuple[int, int, int]] = field(default_factory=list)


@dataclass
class Print:
    """What is kept of one submission: its code, its parts' fragments by key, its habits."""

    code: Code
    parts: dict[str, PartPrint]
    habits: Habits


def parse(text: str) -> ast.Module | None:
    """The syntax tree, or None for a text that isn't Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of invalid escapes in a student's strings
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def fingerprint(code: Code) -> Print:
    """All fragments of a submission. Never fails: what doesn't parse has the channel of tokens alone."""
    parts: dict[str, PartPrint] = {}
    spans: dict[tuple[str, str], Spans] = {}
    for file in code.files:
        if not file.parts:
            continue
        tree = parse("\n".join(file.lines))
        if tree is None and file.lines:
            code.notes.append(f"{file.path}: does not parse, compared by its tokens alone")
        places = Places(file.part_of_line())
        flow: dict[int, Flow] = {}
        spelled: dict[int, Spans] = {}
        own: frozenset[str] = frozenset()
        if tree is not None:
            nodes = list(places.nodes(tree.body))
            own = own_names(nodes, places)
            flow = data_flow(tree, nodes, places, file.given)
            spelled = spellings(tree, places, file.given, own)
        for number, part in enumerate(file.parts, 1):
            mine = parts.setdefault(part.key, PartPrint(part.file))
            mine.num_lines += len(part.lines)
            here = flow.get(number, Flow())
            mine.manners |= here.manners
            mine.outline = here.outline
            mine.function = enclosing(tree, part.lines) if tree is not None else ""
            tokens = tokenize(part.lines, file.given, own)
            mine.digests += line_digests(tokens)
            for channel, form in ((FLOW, here.form), (TOKENS, form_of(tokens))):
                if form:  # a part in several files has the form of them all
                    before = mine.forms.get(channel)
                    mine.forms[channel] = form if before is None else combine("forms", [before, form])
            found = {
                TOKENS: runs(tokens),
                SPELLING: spelled.get(number, {}),
                FLOW: here.pieces,
            }
            for channel, more in found.items():
                known = spans.setdefault((part.key, channel), more)
                if known is more:
                    continue
                if mine.file == part.file:
                    for digest, span in more.items():
                        known.setdefault(digest, span)
                else:  # a second added file: its fragments count, its lines are elsewhere
                    for digest in more:
                        known.setdefault(digest, (0, 0))
    for (key, channel), collected in spans.items():
        parts[key].channels[channel] = Packed.of(collected)
    return Print(code, parts, habits(code))


def enclosing(tree: ast.Module, lines: Lines) -> str:
    """The function or method, "Trainer.train_step", that all of the lines stand in; "" if there is none."""
    stack: list[tuple[str, ast.stmt]] = [("", node) for node in tree.body]
    while stack and lines:
        prefix, node = stack.pop()
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            inside = node.lineno < lines[0][0] and lines[-1][0] <= (node.end_lineno or node.lineno)
            if inside and isinstance(node, ast.FunctionDef):
                return prefix + node.name
            if inside:
                stack = [(f"{node.name}.", each) for each in node.body]
    return ""


def by_function(parts: Sequence[str], prints: Sequence[Print]) -> list[list[str]]:
    """The parts, those together that most submissions have in one function."""
    groups: dict[tuple[str, str], list[str]] = {}
    for part in parts:
        found: list[PartPrint] = [p.parts[part] for p in prints if part in p.parts]
        named = Counter(each.function for each in found)
        function = min(named, key=lambda name: (-named[name], name))
        groups.setdefault((part.rpartition(":")[0], function or part), []).append(part)
    return list(groups.values())


_starter = Starter({})


def _begin(starter: Starter) -> None:
    global _starter
    _starter = starter


def _begin_worker(starter: Starter) -> None:
    _begin(starter)
    gc.disable()  # syntax trees have no cycles, and looking for some takes a tenth of the time


def _one(one: Submission | Entry) -> Print:
    return fingerprint(cut(read_submission(one) if isinstance(one, Entry) else one, _starter))


def fingerprint_all(
    submissions: Sequence[Submission] | Sequence[Entry], starter: Starter, workers: int
) -> list[Print]:
    """The fingerprints in the order of the submissions, read and made by `workers` processes."""
    _begin(starter)
    if workers <= 1 or len(submissions) < 8:
        return [_one(submission) for submission in submissions]
    with ProcessPoolExecutor(workers, initializer=_begin_worker, initargs=(starter,)) as pool:
        return list(pool.map(_one, submissions, chunksize=max(1, min(16, len(submissions) // (4 * workers)))))
