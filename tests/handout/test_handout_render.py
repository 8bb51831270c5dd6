"""HTML and PDF files of the handouts."""

import re
from pathlib import Path

import pytest
from PIL import Image

from course.handout import render_files
from course.handout.__main__ import main
from course.handout.formulas import display_math, formula_svg, inline_math
from course.handout.markdown import block_html
from course.handout.pictures import caption, diagram, gallery, gallery_pictures
from course.handout.render import render_pdf
from hwlib.assignment import load_assignment
from hwlib.errors import HomeworkError


def test_a_formula_stands_on_the_baseline():
    plain, deep = formula_svg("x"), formula_svg(r"\frac{1}{y_j}")
    depth = [float(re.search(r"vertical-align:(-?[\d.]+)em", svg).group(1)) for svg in (plain, deep)]
    assert depth[1] < depth[0] <= 0
    assert 'fill="currentColor"' in plain
    assert "black" not in plain
    assert 'aria-label="x"' in plain


def test_a_minus_sign_is_set_tighter_than_a_difference():
    def width(latex):
        return float(re.search(r'width="([\d.]+)em"', formula_svg(latex)).group(1))

    assert width("a=-b") < width("a - b") + width("a=b") - width("ab")
    assert width(r"z\sim x") > width("z") + width("x") + 0.8


def test_display_formulas_carry_their_number():
    assert '<span class="number">(3)</span>' in display_math("x", "3")
    assert "number" not in display_math("x")
    page = block_html("$$\nx=y \\tag{7}\n$$\n\nand $z$")
    assert page.count("<svg") == 2
    assert "(7)" in page
    assert "tag" not in page


def test_latex_that_cannot_be_set_is_named():
    with pytest.raises(HomeworkError, match=r"found the formula \$\\frac\{1\}\$"):
        inline_math(r"\frac{1}")


def test_console_blocks_tell_commands_from_output():
    page = block_html("```console\n$ python x.py    # now <b>\nFID 1 < 2\n```\n")
    assert '<span class="command">python x.py</span><span class="c">    # now &lt;b&gt;</span>' in page
    assert '<span class="output">FID 1 &lt; 2</span>' in page


def test_python_blocks_are_coloured_and_plain_ones_escaped():
    assert '<span class="c1">' in block_html("```python\n# TODO START\nx = 1\n```\n")
    assert "<code>a &lt; b\n</code>" in block_html("```\na < b\n```\n")


def test_notes_become_asides():
    assert '<aside class="warning">' in block_html("::: warning\nCareful.\n:::\n")


@pytest.fixture
def pictures(tmp_path: Path):
    (tmp_path / "images").mkdir()
    for name in (
        "10_interpolation_latent_dim-10",
        "2_samples_latent_dim-10_batch_size-32",
        "1_originals",
        "3_look_here",
    ):
        Image.new("L", (8, 8)).save(tmp_path / "images" / f"{name}.png")
    return tmp_path


def test_the_gallery_shows_pictures_in_order_with_captions(pictures, root):
    assignment = load_assignment(root / "handouts/VAE")
    names = [path.stem for path in gallery_pictures(pictures)]
    assert names == [
        "1_originals",
        "2_samples_latent_dim-10_batch_size-32",
        "3_look_here",
        "10_interpolation_latent_dim-10",
    ]
    shown = [caption(path, assignment, "en") for path in gallery_pictures(pictures)]
    assert shown[0] == "Test images"
    assert shown[1] == "Samples, latent_dim 10, batch_size 32"
    assert shown[2:] == ["Look here", "Interpolation, latent_dim 10"]
    assert caption(gallery_pictures(pictures)[3], assignment, "zh") == "插值，latent_dim 10"
    html = gallery(pictures, assignment, "en")
    assert html.count("data:image/png;base64,") == 4
    assert html.count('class="alone"') == 1, "three in a row, the first one above them"
    assert 'class="wide"' not in html
    Image.new("L", (8, 8)).save(pictures / "images" / "90_curves.png")
    assert gallery(pictures, assignment, "zh").count('class="wide"') == 1


def test_no_pictures_no_gallery(tmp_path, root):
    assert gallery(tmp_path, load_assignment(root / "handouts/VAE"), "en") == ""


def test_diagrams_have_every_place_filled_in(root):
    for track in ("VAE", "GAN"):
        for file in render_files(root / "handouts", [track], formats=("html",)).values():
            assert b"[[" not in file
    svg = diagram(root / "handouts/VAE", "pipeline.svg", {"encoder": "<E>"}, "caption")
    assert "&lt;E&gt;" in svg


def test_an_unknown_track_lists_those_there_are(root):
    with pytest.raises(HomeworkError, match=r"found no track 'VEA'.*expected one of GAN, VAE"):
        render_files(root / "handouts", ["VEA"])


def test_nothing_is_fetched_from_outside():
    with pytest.raises(HomeworkError, match=r"found the address https://example\.org/x\.png"):
        render_pdf('<img src="https://example.org/x.png">')


def test_the_command_writes_what_was_asked_for(tmp_path, capsys):
    main(["--track", "VAE", "--lang", "zh", "--format", "html", "--out", str(tmp_path)])
    assert [path.name for path in tmp_path.rglob("*.*")] == ["handout.zh.html"]
    assert "handout.zh.html" in capsys.readouterr().out


def test_a_folder_without_handouts_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit) as left:
        main(["--handouts", str(tmp_path), "--out", str(tmp_path)])
    assert left.value.code == 2
    assert "found no */assignment.yaml" in capsys.readouterr().err


@pytest.mark.slow
def test_pdfs_have_pages_and_are_the_same_bytes_each_time(root):
    once = render_files(root / "handouts", ["GAN"], formats=("pdf",))
    assert sorted(once) == ["GAN/handout.pdf", "GAN/handout.zh.pdf"]
    for content in once.values():
        assert content.startswith(b"%PDF-")
        assert len(content) > 50_000
    assert (
        render_files(root / "handouts", ["GAN"], ["en"], ("pdf",))["GAN/handout.pdf"]
        == once["GAN/handout.pdf"]
    )


def test_punctuation_stays_with_the_formula_before_it():
    assert "</svg>：</span>" in block_html("由噪声算出 $z$：")
    assert "</svg>?</span>" in block_html("Is it $z$? It is.")
    assert "glued" not in block_html("It is $z$ indeed.")
