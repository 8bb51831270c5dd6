"""What the tests of analyze.py share: a kit on disk, and submissions whose regions are known line by line."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path

from code_analyze import summary

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "code_analyze" / "analyze.py"
PACKAGE = ROOT / "code_analyze" / "summary"
STARTER = ROOT / "code_analyze" / "_codes"
SOLUTIONS = ROOT / "solutions"


def copy_program(folder: Path) -> None:
    """analyze.py and its package, as the kit has them, without what Python caches."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(PROGRAM, folder / "analyze.py")
    shutil.copytree(PACKAGE, folder / "summary", ignore=shutil.ignore_patterns("__pycache__"))


class Kit:
    """A student's copy: code_analyze/ with analyze.py, summary/ and _codes/, and codes/ beside it."""

    def __init__(self, folder: Path, starter: dict[str, str], codes: dict[str, str | bytes]) -> None:
        self.folder = folder
        self.program = folder / "code_analyze" / "analyze.py"
        self.package = folder / "code_analyze" / "summary"
        self.origin = folder / "code_analyze" / "_codes"
        self.codes = folder / "codes"
        self.summary = folder / "code_analyze" / "summary.txt"
        for root, files in ((self.origin, starter), (self.codes, codes)):
            root.mkdir(parents=True, exist_ok=True)
            for path, content in files.items():
                self.write(root / path, content)
        copy_program(folder / "code_analyze")

    @staticmethod
    def write(path: Path, content: str | bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))

    def run(self, *arguments: str, cwd: Path | None = None, python: str = sys.executable):
        """Runs analyze.py as a student does; the result has returncode, stdout and stderr."""
        command = [python, str(self.program), *arguments]
        return subprocess.run(
            command, cwd=cwd or self.folder, capture_output=True, text=True, encoding="utf-8", timeout=60
        )

    def text(self) -> str:
        """The summary of what is there now."""
        return summary.summarize(self.tree())

    def written(self) -> str:
        """The summary that the program writes, started as students start it."""
        result = self.run()
        assert result.returncode == 0, result.stderr
        return self.summary.read_bytes().decode("utf-8")

    def tree(self) -> summary.TreeAnalysis:
        return summary.analyze_tree(str(self.origin), str(self.codes))


def section(text: str, title: str) -> list[str]:
    """The lines below a heading of the summary, without the empty line before the next one."""
    lines = text.split("\n")
    rule = "#" * 24
    for at in range(len(lines) - 2):
        if lines[at : at + 3] == [rule, "# " + title, rule]:
            rest = lines[at + 3 :]
            stop = next((i for i in range(len(rest) - 1) if rest[i : i + 2] == ["", rule]), len(rest) - 1)
            return rest[:stop]
    raise AssertionError(f"no section {title}")


def real_files() -> list[tuple[str, str, str]]:
    """(path, starter, solution) of every file with a TODO region."""
    found = []
    for path in sorted(STARTER.glob("*/*.py")):
        name = path.relative_to(STARTER).as_posix()
        solution = SOLUTIONS / name
        starter = path.read_text(encoding="utf-8")
        if "# TODO START" in starter and solution.is_file():
            found.append((name, starter, solution.read_text(encoding="utf-8")))
    return found


# A line of a submission and what it is: the number of its region, 0 outside, "mark" for a TODO line,
# "given" for a comment of the starter inside a region.
Tagged = list[tuple[str, "int | str"]]


def tagged(starter: str, solution: str) -> Tagged:
    given = set(starter.split("\n"))
    lines: Tagged = []
    number, inside = 0, False
    for line in solution.rstrip("\n").split("\n"):
        if line.strip() == "# TODO START":
            number, inside = number + 1, True
            lines.append((line, "mark"))
        elif line.strip() == "# TODO END":
            inside = False
            lines.append((line, "mark"))
        elif inside and line.strip().startswith("#") and line in given:
            lines.append((line, "given"))
        else:
            lines.append((line, number if inside else 0))
    return lines


def mismatches(starter: str, lines: Tagged) -> tuple[list[str], list[str]]:
    """Lines of a region that were not found in it, and lines that were found in a region they are not of."""
    result = summary.analyze_text(starter, "\n".join(line for line, _ in lines) + "\n", "x.py")
    got = {at: region.number for region in result.regions for at, _ in region.added_lines}
    lost, wrong = [], []
    for at, (line, tag) in enumerate(lines, 1):
        want = tag if isinstance(tag, int) else 0
        if line.strip() and got.get(at, 0) != want:
            (wrong if got.get(at, 0) else lost).append(line)
    return lost, wrong


def with_indent(line: str, text: str) -> str:
    return line[: len(line) - len(line.lstrip())] + text


def randomly_renamed(lines: Tagged, rng: random.Random) -> Tagged:
    """TODO lines as students write them."""
    spellings = [
        "# todo {}", "#TODO {}", "# TODO: {}", "# Todo {}", "## TODO {} ##", "# TO-DO {}", "#  TODO   {}",
        "# {} TODO", "# DONE {}", "# TODO_{}",
    ]  # fmt: skip
    changed: Tagged = []
    for line, tag in lines:
        if tag == "mark" and rng.random() < 0.7:
            word = rng.choice(["START", "Start", "start"] if "START" in line else ["END", "End", "end"])
            line = with_indent(line, rng.choice(spellings).format(word))
        changed.append((line, tag))
    return changed


def without(lines: Tagged, tag: str, rng: random.Random, share: float) -> Tagged:
    return [pair for pair in lines if pair[1] != tag or rng.random() >= share]


def indented(lines: Tagged, unit: str) -> Tagged:
    changed: Tagged = []
    for line, tag in lines:
        body = line.lstrip()
        width = len(line) - len(body)
        changed.append((unit * (width // 4) + " " * (width % 4) + body, tag))
    return changed


def changed_outside(lines: Tagged, rng: random.Random, share: float) -> Tagged:
    """Deletes, changes and adds lines outside the regions; definitions stay where they are."""
    changed: Tagged = []
    for line, tag in lines:
        if tag == 0 and line.strip() and rng.random() < share:
            kind = rng.randrange(3)
            if kind == 0 and not line.strip().startswith(("def ", "class ")):
                continue
            line = line + "  # changed" if kind == 1 else line.replace("self", "self_").replace("(", "( ")
        changed.append((line, tag))
        if tag == 0 and rng.random() < share / 2:
            changed.append((with_indent(line, f"print('debug', {rng.randrange(9)})"), 0))
    return changed


# A file with one region, as handed out and filled in, and the region's lines.
SMALL_STARTER = (
    "def f(x):\n"
    '    """Doubles."""\n'
    "    # TODO START\n"
    '    raise NotImplementedError("a.py, TODO 1 (double): not filled in yet")\n'
    "    # TODO END\n"
    "\n"
    "\n"
    "print(f(1))\n"
)
SMALL_FILLED = SMALL_STARTER.replace(
    '    raise NotImplementedError("a.py, TODO 1 (double): not filled in yet")\n',
    "    return 2 * x  # 两倍\n",
)
SMALL_REGION = ["    return 2 * x  # 两倍"]


def small_kit(folder: Path) -> Kit:
    return Kit(folder, {"VAE/a.py": SMALL_STARTER}, {"VAE/a.py": SMALL_FILLED})


def notes(text: str) -> list[str]:
    """What a summary says about the files themselves."""
    return [line for line in section(text, "Other Modifications") if line.startswith("# ! ")]


def scrambled(text: str, rng: random.Random) -> bytes:
    """A file after an accident: lines and bytes deleted, repeated, exchanged, replaced."""
    lines = text.split("\n")
    for _ in range(rng.randrange(12)):
        at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
        kind = rng.randrange(6)
        if kind == 0:
            del lines[min(at, other) : max(at, other) // 2]
        elif kind == 1:
            lines[at:at] = lines[other : other + rng.randrange(30)]
        elif kind == 2:
            lines[at], lines[other] = lines[other], lines[at]
        elif kind == 3:
            lines[at] = rng.choice(
                ["# TODO START", "        # TODO END", "", "\t", "# Reference:", "'''", "((", "\\"]
            )
        elif kind == 4:
            lines[at] = "".join(rng.sample(lines[at], len(lines[at])))
        else:
            lines[at] += rng.choice(["\r", "\x00", "\u2028", "\x0c", "é", "\U0001f600", "# 引用", "　"])
        lines = lines or [""]
    data = bytearray("\n".join(lines).encode(rng.choice(["utf-8", "utf-8-sig", "gb18030", "utf-16"])))
    for _ in range(rng.choice([0, 0, 0, 1, 5])):
        if data:
            data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)
