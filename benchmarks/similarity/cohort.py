"""The cohort: honest solutions, written by hand as bodies of regions, and submissions built of them.

A file of `cohort/` holds one solution. `@networks` and so on start the body of a region; `@module FILE`,
`@method FILE CLASS` and `@imports FILE` are code that the solution adds outside the regions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
STARTER = ROOT / "code_analyze" / "_codes"
COPIES = "_copies"  # ends the folder of the copies made by hand of a cohort
HAND_COPIED = tuple(
    sorted(path.name.removesuffix(COPIES) for path in (HERE / "cohort").glob(f"*{COPIES}") if path.is_dir())
)
PARTS = ("tuning", "held_out", *(part + end for part in HAND_COPIED for end in ("", COPIES)))

# name of a region in the cohort's files -> (file, number of the region in the file)
REGIONS: dict[str, tuple[str, int]] = {
    "networks": ("VAE/VAE.py", 1),
    "reparameterize": ("VAE/VAE.py", 2),
    "forward": ("VAE/VAE.py", 3),
    "variants": ("VAE/VAE.py", 4),
    "scale_vae": ("VAE/dataset.py", 1),
    "loss": ("VAE/trainer.py", 1),
    "step": ("VAE/trainer.py", 2),
    "sample_vae": ("VAE/main.py", 1),
    "init": ("GAN/GAN.py", 1),
    "generator": ("GAN/GAN.py", 2),
    "generator_forward": ("GAN/GAN.py", 3),
    "scale_gan": ("GAN/dataset.py", 1),
    "discriminator_step": ("GAN/trainer.py", 1),
    "generator_step": ("GAN/trainer.py", 2),
    "sample_gan": ("GAN/main.py", 1),
}


@dataclass
class Solution:
    """One student's own code."""

    name: str
    regions: dict[str, str] = field(default_factory=dict)
    module: dict[str, str] = field(default_factory=dict)  # file -> code at its end
    methods: dict[tuple[str, str], str] = field(default_factory=dict)  # (file, class) -> methods
    imports: dict[str, str] = field(default_factory=dict)


def read_solution(path: Path) -> Solution:
    solution = Solution(path.stem)
    sections: list[tuple[list[str], list[str]]] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line[1:].split()
        if line.startswith("@") and words and words[0] in {*REGIONS, "module", "method", "imports"}:
            sections.append((words, []))
        else:
            sections[-1][1].append(line)
    for words, lines in sections:
        body = "\n".join(lines).rstrip() + "\n"
        if words[0] == "module":
            solution.module[words[1]] = solution.module.get(words[1], "") + body
        elif words[0] == "method":
            solution.methods[(words[1], words[2])] = body
        elif words[0] == "imports":
            solution.imports[words[1]] = solution.imports.get(words[1], "") + body
        else:
            solution.regions[words[0]] = body
    return solution


def read_cohort(part: str) -> list[Solution]:
    """The solutions of one of PARTS, by name."""
    return [read_solution(path) for path in sorted((HERE / "cohort" / part).glob("*.txt"))]


def _indented(text: str, width: int) -> list[str]:
    return [" " * width + line if line.strip() else "" for line in text.splitlines()]


def files_of(solution: Solution, starter: Path = STARTER) -> dict[str, str]:
    """The submitted files: the starter with the regions filled in."""
    by_place = {place: name for name, place in REGIONS.items()}
    files = {}
    for path in sorted({file for file, _ in REGIONS.values()}):
        out: list[str] = []
        number, inside, body = 0, False, None
        for line in (starter / path).read_text(encoding="utf-8").splitlines():
            if line.strip() == "# TODO START":
                number, inside = number + 1, True
                body = solution.regions.get(by_place.get((path, number), ""))
                indent = len(line) - len(line.lstrip())
                out.append(line)
            elif line.strip() == "# TODO END":
                out.extend(_indented(body, indent) if body is not None else [])
                inside = False
                out.append(line)
            elif not (inside and body is not None and line.strip().startswith("raise NotImplementedError")):
                out.append(line)
        files[path] = "\n".join(out) + "\n"
    for path, code in solution.imports.items():
        files[path] = _after_imports(files[path], code)
    for path, code in solution.module.items():
        text = files[path]
        cut = text.find('\n\n\nif __name__ == "__main__"')
        text, tail = (text[:cut], text[cut:]) if cut >= 0 else (text.rstrip("\n"), "\n")
        files[path] = f"{text}\n\n\n{code.rstrip()}{tail}"
    for (path, klass), code in solution.methods.items():
        files[path] = _into_class(files[path], klass, code)
    return files


def _after_imports(text: str, code: str) -> str:
    lines = text.splitlines()
    last = max(i for i, line in enumerate(lines) if line.startswith(("import ", "from ")))
    return "\n".join([*lines[: last + 1], *code.rstrip().splitlines(), *lines[last + 1 :]]) + "\n"


def _into_class(text: str, klass: str, code: str) -> str:
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"class {klass}"))
    end = next(
        (i for i in range(start + 1, len(lines)) if lines[i] and not lines[i].startswith(" ")), len(lines)
    )
    while not lines[end - 1].strip():
        end -= 1
    return "\n".join([*lines[:end], "", *_indented(code, 4), *lines[end:]]) + "\n"


def write_submission(solution: Solution, folder: Path, starter: Path = STARTER) -> None:
    """Writes folder/codes/<TRACK>/*.py."""
    for path, text in files_of(solution, starter).items():
        target = folder / "codes" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
