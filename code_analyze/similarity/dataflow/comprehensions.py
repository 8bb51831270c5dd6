"""Comprehensions: of known items item by item, of a tensor's rows for all rows at once."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from code_analyze.similarity.dataflow.rows import Rows, of_all_rows
from code_analyze.similarity.dataflow.sequences import MAX_UNROLL
from code_analyze.similarity.dataflow.values import Items, Scope, Value

Comprehension = ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp


class NotKnownError(Exception):
    """The items of a comprehension, or which of them it takes, are not known."""


class Comprehensions(Rows):
    """Reads them."""

    def ex_comprehension(self, e: ast.ListComp | ast.GeneratorExp | ast.SetComp, scope: Scope) -> Value:
        try:
            return Items([self.expr(e.elt, each) for each in self.rounds(e, scope)], "list", self.place)
        except NotKnownError:
            value = self.node(self.expr(e.elt, self.any_round(e, scope)))
            some = any(generator.ifs for generator in e.generators)
            return self.make("some", value) if some else self.make("each", of_all_rows(value))

    def ex_dict_comprehension(self, e: ast.DictComp, scope: Scope) -> Value:
        known = Items([], "dict", self.place)
        try:
            for each in self.rounds(e, scope):
                known.put(self.node(self.expr(e.key, each)), self.expr(e.value, each))
            return known
        except NotKnownError:
            return self.make("each", self.node(self.expr(e.value, self.any_round(e, scope))))

    def rounds(self, e: Comprehension, scope: Scope, depth: int = 0) -> Iterator[Scope]:
        """The names of each round, the loops inside each other.

        Raises NotKnownError before the first round.
        """
        generator = e.generators[depth]
        iterable = self.expr(generator.iter, scope)
        if not isinstance(iterable, Items) or len(iterable.items) > MAX_UNROLL:
            raise NotKnownError
        for item in list(iterable.iterated().items):
            inner = Scope({}, scope)
            self.bind(generator.target, item, inner)
            taken = [self.truth(test, inner) for test in generator.ifs]
            if None in taken:
                raise NotKnownError
            if all(taken) and depth + 1 < len(e.generators):
                yield from self.rounds(e, inner, depth + 1)
            elif all(taken):
                yield inner

    def any_round(self, e: Comprehension, scope: Scope) -> Scope:
        """The names of a round of which nothing is known."""
        inner = Scope({}, scope)
        for generator in e.generators:
            self.bind(generator.target, self.element(self.node(self.expr(generator.iter, inner))), inner)
        return inner
