"""What a file does in the end: effects without choices in them, and one for each value that is returned."""

from __future__ import annotations

from code_analyze.similarity.dataflow.choices import taken_apart
from code_analyze.similarity.dataflow.node import Node, Place
from code_analyze.similarity.dataflow.statements import Statements
from code_analyze.similarity.dataflow.values import Value

# Effects that are none: a decision that is made already, and nothing that is done.
DECIDED = {"if": ("=True", "=False"), "do": ("=None",)}


class Results(Statements):
    """Finishes what was read."""

    def finished(self) -> list[Node]:
        """The effects of a file, in no particular order."""
        if self.choices:
            self.take_apart()
        effects = [e for e in self.effects if e.args[:1] and e.args[0].op not in DECIDED.get(e.op, ())]
        return [each for e in effects for each in (self.returns(e) if e.op == "return" else [e])]

    def take_apart(self) -> None:
        """Replaces the effects with choices in them by those on either outcome."""
        effects, self.effects = self.effects, []
        for effect in effects:
            found, tests = taken_apart(effect)
            for test in tests:
                self.place = effect.place
                self.condition(test)
            for each in found:
                if each.op == "if" and tests:
                    self.condition(each.args[0])
                else:
                    self.effects.append(each)

    def at_end(self, value: Value, place: Place) -> None:
        """The effect of returning a value."""
        self.effects.append(Node("return", (self.node(value),), place))

    def returns(self, effect: Node) -> list[Node]:
        """The effects of returning several values, one for each."""
        found: list[Node] = []
        stack = list(effect.args)
        while stack:
            result = stack.pop()
            if result.op == "list":
                stack += result.args
                continue
            # A return of the starter's belongs to the region that made the value.
            where = effect.place if effect.place[0] else result.place
            found.append(Node("return", (self.attached(result, where),), where))
            if result.place[0] not in (0, where[0]):
                returned = f"a value that another region returns ({result.op})"
                self.manners.setdefault(result.place[0], set()).add(returned)
        return found

    def attached(self, result: Node, place: Place) -> Node:
        """A returned value without a detach() or item() around it, which leave the value as it is."""
        if result.op in ("detach", "item") and result.args:
            self.place = place
            self.mark(f"{result.op}() of what is returned")
            return self.attached(result.args[0], place)
        if result.op == "sum" or result.op.startswith("scale:"):
            terms = tuple(self.attached(arg, place) for arg in result.args)
            return Node(result.op, terms, result.place)
        return result
