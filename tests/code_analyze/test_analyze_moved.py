"""Regions that were moved, changed or deleted: what is found of them, what is said of their TODO lines."""

from __future__ import annotations

import pytest
from analyze_kit import (
    with_indent,
)

from code_analyze import summary

STARTER = '''\
class VAE:
    def encode(self, x):
        """Encodes."""
        # TODO START
        # images -> mu
        raise NotImplementedError("VAE.py, TODO 1 (encode): not filled in yet")
        # TODO END

    def decode(self, z):
        """Decodes."""
        # TODO START
        # latents -> images
        raise NotImplementedError("VAE.py, TODO 2 (decode): not filled in yet")
        # TODO END

    def save(self, path):
        write(path, self)


def main():
    # TODO START
    raise NotImplementedError("VAE.py, TODO 3 (main): not filled in yet")
    # TODO END
    print("done")
'''


ENCODE = '''\
    def encode(self, x):
        """Encodes."""
        # TODO START
        # images -> mu
        return one(x)
        # TODO END

'''


DECODE = '''\
    def decode(self, z):
        """Decodes."""
        # TODO START
        # latents -> images
        z = two(z)
        return sigmoid(z)
        # TODO END

'''


SAVE = """\
    def save(self, path):
        write(path, self)

"""


MAIN = """\

def main():
    # TODO START
    three()
    # TODO END
    print("done")
"""


def added(text: str) -> dict[int, list[str]]:
    result = summary.analyze_text(STARTER, text, "VAE.py")
    return {region.number: [line.strip() for _, line in region.added_lines] for region in result.regions}


ALL = {1: ["return one(x)"], 2: ["z = two(z)", "return sigmoid(z)"], 3: ["three()"]}


@pytest.mark.parametrize("marks", [True, False], ids=["with TODO lines", "without"])
@pytest.mark.parametrize(
    "parts",
    [
        (ENCODE, DECODE, SAVE),
        (DECODE, ENCODE, SAVE),
        (SAVE, ENCODE, DECODE),
        (SAVE, DECODE, ENCODE),
        (DECODE, SAVE, ENCODE),
    ],
)
def test_functions_in_another_order_keep_their_numbers(parts: tuple[str, ...], marks: bool) -> None:
    text = "class VAE:\n" + "".join(parts) + MAIN
    if not marks:
        text = "\n".join(line for line in text.split("\n") if "TODO" not in line)
    assert added(text) == ALL


def test_a_region_moved_into_a_helper_is_found_by_its_todo_lines() -> None:
    text = "class VAE:\n" + ENCODE + DECODE + SAVE + MAIN
    block = text[
        text.index("        # TODO START\n        # latents") : text.index(
            "        # TODO END\n\n    def save"
        )
    ]
    block += "        # TODO END\n"
    moved = text.replace(block, "        return self._decode(z)\n").replace(
        "    def save", "    def _decode(self, z):\n" + block + "\n    def save"
    )
    result = summary.analyze_text(STARTER, moved, "VAE.py")
    assert added(moved) == ALL
    assert [text for _, text in result.added_outside if "_decode" in text] == [
        "        return self._decode(z)",
        "    def _decode(self, z):",
    ]


def test_numbers_stay_when_a_whole_function_is_deleted() -> None:
    text = "class VAE:\n" + DECODE + SAVE + MAIN
    result = summary.analyze_text(STARTER, text, "VAE.py")
    assert added(text) == {**ALL, 1: []}
    assert result.regions[0].target_range is None
    assert any(note.startswith("region 1 is not there") for note in result.notes)


def test_helpers_after_a_region_without_its_end_are_other_changes() -> None:
    helper = "    def helper(self):\n        return 7\n\n"
    text = "class VAE:\n" + ENCODE.replace("        # TODO END\n", "") + helper + DECODE + SAVE + MAIN
    assert added(text) == ALL
    outside = summary.analyze_text(STARTER, text, "VAE.py").added_outside
    assert [line for _, line in outside if line] == ["    def helper(self):", "        return 7"]


def test_a_changed_signature_is_a_change_and_no_obstacle() -> None:
    text = ("class VAE:\n" + ENCODE + DECODE + SAVE + MAIN).replace(
        "def decode(self, z):", "def decode(self, z: 'torch.Tensor', scale=1.0) -> 'torch.Tensor':"
    )
    text = "\n".join(line for line in text.split("\n") if "TODO" not in line)
    assert added(text) == ALL
    kinds = [
        (c.kind, c.line) for c in summary.analyze_text(STARTER, text).other_changes if "decode" in c.text
    ]
    assert kinds == [("-", 9), ("+", 7)]


def test_a_renamed_function_keeps_its_region() -> None:
    text = ("class VAE:\n" + ENCODE + DECODE + SAVE + MAIN).replace("def decode(", "def decoder_forward(")
    assert added(text) == ALL


def test_todo_lines_of_their_own_are_other_changes() -> None:
    extra = "    def helper(self):\n        # TODO START\n        return 7\n        # TODO END\n\n"
    text = "class VAE:\n" + ENCODE + extra + DECODE + SAVE + MAIN
    result = summary.analyze_text(STARTER, text, "VAE.py")
    assert added(text) == ALL
    assert "        return 7" in [line for _, line in result.added_outside]
    assert any("TODO lines that the starter does not have: line 10, 12" in note for note in result.notes)


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        ("# TODO START\n        # images", "# images", 'region 1: the line "# TODO START" was deleted'),
        ("# TODO START\n        # images", "# todo start\n        # images", "was changed in line 4"),
        (
            "        # TODO START\n        # images",
            "    # TODO START\n        # images",
            "was changed in line 4",
        ),
        (
            "# TODO START\n        # images",
            "# my code starts here\n        # images",
            "was changed in line 4",
        ),
    ],
)
def test_what_happened_to_a_todo_line_is_said(old: str, new: str, note: str) -> None:
    text = "class VAE:\n" + ENCODE + DECODE + SAVE + MAIN
    assert old in text
    changed = text.replace(old, new)
    assert added(changed) == ALL
    assert any(note in one for one in summary.analyze_text(STARTER, changed).notes)


def test_a_file_that_has_nothing_of_the_starter_has_no_regions_and_all_is_shown() -> None:
    text = "\n".join(f"value_{i} = {i}" for i in range(300)) + "\n"
    result = summary.analyze_text(STARTER, text, "VAE.py")
    assert [region.target_range for region in result.regions] == [None, None, None]
    assert len(result.added_outside) == 300
    assert sum(change.kind == "-" for change in result.other_changes) == len(
        [
            line
            for line in STARTER.rstrip("\n").split("\n")
            if not line.strip().startswith(("raise", "# images", "# latents"))
        ]
    )


def test_a_nested_region_line_is_the_students_even_if_it_looks_like_the_starters() -> None:
    text = ("class VAE:\n" + ENCODE + DECODE + SAVE + MAIN).replace(
        "        return one(x)\n", "        write(path, self)\n        return one(x)\n"
    )
    assert added(text) == {**ALL, 1: ["write(path, self)", "return one(x)"]}
    assert with_indent("    x", "y") == "    y"
