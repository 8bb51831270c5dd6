"""The canonical channel: what a program computes, with the way it is written down left out.

A small abstract interpreter walks a module's syntax tree and builds the values (`node.Node`) that its
effects depend on: what it returns, stores on `self`, or does by a call, and on which conditions. Names and
temporaries vanish because a name is replaced by its value; dead code because no effect reaches it; order
because values depend on their inputs alone; helpers because calls of the student's own functions are
inlined; loops over something known because they are unrolled; spellings by the tables of `spelling`.
Nothing is run.

- `node` is one value, `algebra` and `reductions` make equal formulas equal
- `operations`, `elementary`, `layers`, `kinds` and `distributions` make equal operations of PyTorch equal,
  `choices` equal decisions
- `values` are what a name can stand for; `reader` is the state of reading. On it are built, each on the one
  before: `gradients`, `sequences` and `containers` (lists and dictionaries), `rows` and `comprehensions`
  (loops over a tensor), `inlining` (the student's functions and classes), `known_items`, `builtin_calls`,
  `library_calls`, `invocations` (calls), `conditions`, `expressions`, `bindings`, `branches`, `statements`,
  `results`; `interpreter` reads a file
- `fragments` cuts what was read into the pieces that are compared, `readings` leaves out their coefficients
"""
