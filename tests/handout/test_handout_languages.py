"""Both languages of a handout say the same, and the Chinese one is Chinese."""

import re
import shutil
from pathlib import Path

import pytest

from course.handout import HandoutFile, check_handout, commands_in, render_markdown
from course.handout.__main__ import main
from course.handout.markdown import close_up, console_blocks, headings
from hwlib.assignment import LANGUAGES, all_assignments, load_assignment
from hwlib.errors import HomeworkError

TRACKS = list(all_assignments(Path(__file__).parents[2] / "handouts"))


def texts(root, track):
    folder = root / "handouts" / track
    assignment = load_assignment(folder)
    return {lang: render_markdown(HandoutFile(track, lang, folder), assignment) for lang in LANGUAGES}


@pytest.mark.parametrize("track", TRACKS)
def test_headings_commands_tables_and_formulas_are_the_same(root, track):
    text = texts(root, track)
    anchors = {lang: [(level, name) for level, name, _ in headings(text[lang])] for lang in LANGUAGES}
    assert anchors["en"] == anchors["zh"]
    assert len(anchors["en"]) > 15
    assert commands_in(text["en"]) == commands_in(text["zh"])
    assert len(commands_in(text["en"])) > 12
    assert text["en"].count("<table") == text["zh"].count("<table") > 8
    display = {
        lang: re.findall(r"^\$\$\n(.*?)\n\$\$$", text[lang], re.MULTILINE | re.DOTALL) for lang in LANGUAGES
    }
    assert display["en"] == display["zh"]
    assert check_handout(root / "handouts" / track) == []


@pytest.mark.parametrize("track", TRACKS)
def test_outputs_of_commands_are_the_same(root, track):
    text = texts(root, track)
    outputs = {
        lang: [
            line for _, block in console_blocks(text[lang]) for line in block.splitlines() if line[:2] != "$ "
        ]
        for lang in LANGUAGES
    }
    assert outputs["en"] == outputs["zh"]


@pytest.mark.parametrize("track", TRACKS)
def test_every_text_of_the_description_is_translated(root, track):
    """No Chinese text without Chinese characters, unless it is code or a number."""

    def walk(value, path):
        if isinstance(value, dict):
            if set(value) == {"en", "zh"}:
                yield path, value["en"], value["zh"]
            else:
                for key, inner in value.items():
                    yield from walk(inner, (*path, key))
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                yield from walk(inner, (*path, index))

    found = list(walk(load_assignment(root / "handouts" / track).model_dump(), ()))
    assert len(found) > 80
    for path, english, chinese in found:
        assert not re.search(r"[\u4e00-\u9fff]", english), path
        prose = re.sub(r"`[^`]*`|torch\.compile", "", chinese)
        if english != chinese and prose.strip():
            assert re.search(r"[\u4e00-\u9fff]", prose), path
        assert english.count("`") == chinese.count("`"), path
        assert english.count("$") == chinese.count("$"), path


def test_spaces_between_chinese_characters_are_taken_out():
    assert close_up("第一行，\n第二行 中文 `code` 中") == "第一行，第二行中文 `code` 中"
    assert close_up("two\nlines") == "two\nlines"


@pytest.fixture
def copied(root, tmp_path):
    shutil.copytree(root / "handouts" / "GAN", tmp_path / "handouts" / "GAN")
    return tmp_path / "handouts" / "GAN"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("{#fid}\n", "", "the headings of handout.md and handout.zh.md differ"),
        ("$ python -m hwlib.check\n", "$ python -m hwlib.check --help\n", "the commands of"),
        ("{{ loss_table() }}", "", "the tables of"),
        ("$$\n\\mathrm{loss}_D", "$$\n0\n$$\n\n$$\n\\mathrm{loss}_D", "the formulas of"),
    ],
)
def test_a_difference_between_the_languages_is_named(copied, old, new, words, capsys):
    file = copied / "handout.zh.md"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert words in "\n".join(check_handout(copied))
    with pytest.raises(SystemExit) as left:
        main(["--check", "--handouts", str(copied.parent)])
    assert left.value.code == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("{{ loss_table() }}", "{{ loss_tables() }}", "does not have ('loss_tables' is undefined)"),
        ("{{ loss_table() }}", "{{ a.region('nothing').title.en }}", "does not have ('nothing')"),
        ("{{ loss_table() }}", "{{ a.nothing }}", "does not have"),
        ("{{ loss_table() }}", "{{ loss_table( }}", "found a template that can't be read"),
        ("{{ loss_table() }}", "$\\frac{1}$", "expected readable LaTeX"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_text_is_named(copied, old, new, words):
    file = copied / "handout.md"
    file.write_text(file.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(HomeworkError) as caught:
        check_handout(copied)
    assert words in str(caught.value)


def test_a_missing_text_is_named(copied):
    (copied / "handout.zh.md").unlink()
    with pytest.raises(HomeworkError, match=r"handout\.zh\.md does not exist"):
        check_handout(copied)
