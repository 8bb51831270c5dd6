"""Level 1: other comments and white space."""

from __future__ import annotations

import random

REMARKS = [
    "compute the output", "as in the lecture", "see handout", "apply the network", "get the result",
    "important!", "step 1", "step 2", "now the loss", "forward pass", "do the update", "shape: batch first",
    "TODO check", "ok", "use pytorch", "here we go", "normalise", "prepare", "this is needed", "final value",
]  # fmt: skip


def remarked(code: str, rng: random.Random, shift: bool) -> str:
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
