"""Methods of lists and dictionaries whose items are known."""

from __future__ import annotations

from code_analyze.similarity.dataflow.node import Node, constant, number
from code_analyze.similarity.dataflow.operations import operation
from code_analyze.similarity.dataflow.reader import NOTHING
from code_analyze.similarity.dataflow.sequences import TRANSPARENT_METHODS, Sequences, last_of_pair
from code_analyze.similarity.dataflow.values import Items, Value


class Containers(Sequences):
    """Reads calls of their methods."""

    def dictionary(self, named: dict[str, Value]) -> Items:
        """dict(a=1, b=2)."""
        keys = [constant(key) for key in named]
        return Items(list(named.values()), "dict", self.place, keys)

    def got(self, owner: Items, key: Node, default: Value) -> Value:
        """table.get(key, default)."""
        at = owner.position(key)
        if at is not None:
            return owner.items[at]
        if key.op[0] in "#=":
            return default
        return self.cases(key, owner.keys, [*owner.items, default])

    def list_method(self, owner: Items, method: str, args: list[Value]) -> Value:
        """Methods of a known list; those that change it do so here too."""
        if owner.kind == "dict":
            if method == "values":
                return Items(list(owner.items), "list", self.place)
            if method == "items":
                rows: list[Value] = [Items([k, v]) for k, v in zip(owner.keys, owner.items, strict=True)]
                return Items(rows, "list", self.place)
            if method == "keys":
                return owner.iterated()
            if method == "get" and args:
                return self.got(owner, self.node(args[0]), args[1] if len(args) > 1 else NOTHING)
            if method in TRANSPARENT_METHODS:
                return owner
            return operation(method, [self.node(owner), *map(self.node, args)], {}, self.place)
        if method in ("append", "add_module", "register_module"):
            if method != "append":
                self.mark(method)
            owner.items.append(last_of_pair(args[-1]) if args else NOTHING)
            return owner if owner.kind == "Sequential" else NOTHING
        if method in ("extend", "__iadd__") and args and isinstance(args[0], Items):
            owner.items.extend(args[0].items)
            return owner if owner.kind == "Sequential" else NOTHING
        if method == "reverse":
            owner.items.reverse()
            return NOTHING
        if method in ("children", "modules"):
            return owner.iterated()
        if method == "pop" and owner.items:
            index = int(number(self.node(args[0])) or 0) if args else -1
            return owner.items.pop(index) if -len(owner.items) <= index < len(owner.items) else NOTHING
        if method == "insert" and len(args) == 2:
            position = number(self.node(args[0]))
            owner.items.insert(int(position or 0), args[1])
            return NOTHING
        if method in TRANSPARENT_METHODS:
            return owner
        if method == "forward":
            return self.apply(owner, args)
        return operation(method, [self.node(owner), *map(self.node, args)], {}, self.place)
