"""What stands in the rendered handouts is what stands in assignment.yaml, in both languages."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from course.handout.render import render_html
from course.handout.source import HandoutFile
from course.handout.words import SYMBOLS, word
from hwlib.assignment import LANGUAGES, all_assignments, load_assignment

TRACKS = list(all_assignments(Path(__file__).parents[2] / "handouts"))


@pytest.fixture(
    scope="module", params=[(track, lang) for track in TRACKS for lang in LANGUAGES], ids="-".join
)
def page(request, root):
    """(assignment, language, the rendered page)"""
    track, language = request.param
    folder = root / "handouts" / track
    assignment = load_assignment(folder)
    html = render_html(HandoutFile(track, language, folder), assignment)
    return assignment, language, BeautifulSoup(html, "html.parser")


def cells(row):
    return [" ".join(cell.get_text(" ", strip=True).split()) for cell in row.find_all("td")]


def column(row, key, language):
    """The cell of a row under the heading of `key`, None if the table has no such column."""
    heads = [head.get_text(strip=True) for head in row.find_parent("table").find("thead").find_all("th")]
    name = word(key, language)
    return cells(row)[heads.index(name)] if name in heads else None


def test_layer_tables(page):
    assignment, language, soup = page
    for network in assignment.networks:
        for layer in network.layers:
            row = soup.find(id=f"layer-{layer.id}")
            assert cells(row)[0] == layer.id
            assert column(row, "type", language) == word(layer.type, language)
            dims = [re.sub(r"\s", "", part) for part in column(row, "output", language).split("×")]
            expected = []
            for dim in layer.output:
                factor, _, name = str(dim).rpartition("*")
                expected.append(factor + SYMBOLS.get(name, name))
            assert dims == expected
            for key in ("kernel", "stride", "padding", "output_padding"):
                value = getattr(layer, key)
                shown = column(row, key, language)
                if shown is None:
                    assert not value, f"{layer.id} has {key} {value}, and the table no such column"
                else:
                    assert shown == ("" if value is None else str(value))
            assert column(row, "normalisation", language) in (word(layer.normalisation, language), None)
            slope = "" if layer.negative_slope is None else f" {layer.negative_slope:g}"
            assert column(row, "activation", language) == word(layer.activation, language) + slope


def test_regions_with_points_and_checks(page):
    assignment, language, soup = page
    for region in assignment.regions:
        row = soup.find(id=f"region-{region.id}")
        shown = cells(row)
        assert shown[0] == region.label
        assert region.title.get(language) in shown[1]
        assert shown[3] == (word("optional", language) if region.optional else f"{region.points:g}")
        for visibility in ("public", "hidden"):
            count = sum(check.visibility == visibility for check in region.checks)
            assert (f"{count} {word(visibility, language)}" in shown[2].replace("\xa0", " ")) == bool(count)
    assert cells(soup.find(id="region-sum"))[-1] == f"{assignment.code_points:g}"


def test_flags_with_defaults_and_quick_mode(page):
    assignment, language, soup = page
    for flag in assignment.run.flags:
        shown = cells(soup.find(id=f"flag-{flag.name}"))
        assert shown[0].split() == [f"--{name}" for name in [flag.name, *flag.aliases]]
        default = "–" if flag.default is None or flag.type == "switch" else shown[1]
        if default != "–":
            assert type(flag.default)(default) == flag.default
        assert shown[1] == default
        assert shown[2] == str(assignment.run.quick.get(flag.name, ""))
        assert flag.help.get(language) in shown[3]


def test_questions_symptoms_curves_and_images(page):
    assignment, language, soup = page
    text = " ".join(soup.get_text(" ").split())
    for question in assignment.report.questions:
        shown = cells(soup.find(id=f"question-{question.id}"))
        assert shown[2] == f"{'+' if question.optional else ''}{question.points:g}"
        assert question.title.get(language) in shown[1]
    for symptom in assignment.symptoms:
        section = soup.find(id=f"trouble-{symptom.id}")
        assert symptom.symptom.get(language).strip("`") in section.find("h3").get_text()
        if symptom.watched:
            assert symptom.symptom.en in section.find("h3").get_text(), "printed in English by the program"
        assert len(section.find_all("dd")) == 2
    for entry in [*assignment.run.curves, *assignment.run.images]:
        assert entry.tag in text
        assert entry.meaning.get(language) in text


def test_fid_thresholds_with_their_calibration(page):
    assignment, language, soup = page
    rows = {cells(row)[0]: cells(row) for row in soup.find("table", class_="center2").find_all("tr")[1:]}
    assert len(rows) == len(assignment.fid.thresholds)
    for entry in assignment.fid.thresholds:
        limit = word("no_threshold", language) if entry.threshold is None else f"{entry.threshold:g}"
        assert rows[entry.network][1] == limit
        for value in entry.calibration.values.values():
            assert f"{value:.2f}" in rows[entry.network][2]


def test_rules_are_stated(page):
    assignment, language, soup = page
    text = " ".join(soup.get_text(" ").split())
    for number in (
        assignment.late.grace_minutes,
        assignment.late.penalty_percent_per_day,
        assignment.late.max_penalty_percent,
        assignment.submission.limits.archive_mb,
        assignment.citing.own_share_percent,
    ):
        assert re.search(rf"(?<!\d){number:g}(?!\d)", text)
    for example in assignment.citing.examples:
        assert example in text
    for deliverable in assignment.submission.deliverables:
        assert deliverable.path in text
    assert f"{assignment.deadline:%H:%M}" in text
    assert "UTC+08:00" in text


def test_pages_need_nothing_from_outside(page):
    _, _, soup = page
    assert not soup.find_all(["script", "link", "iframe"])
    for tag in soup.find_all(src=True):
        assert tag["src"].startswith("data:")
    for link in soup.select("nav.contents a"):
        assert soup.find(id=link["href"][1:]), link
    assert not re.search(r"url\((?!data:|#)", str(soup))


def test_every_id_is_there_once(page):
    _, _, soup = page
    ids = [tag["id"] for tag in soup.find_all(id=True) if tag.find_parent("svg") is None]
    assert len(ids) == len(set(ids))


def test_formulas_are_drawn_and_named(page):
    _, _, soup = page
    formulas = soup.find_all("svg", class_="math")
    assert len(formulas) > 20
    assert all(formula["aria-label"] and formula.find("path") for formula in formulas)
    main = soup.find("main")
    for pre in main.find_all(["pre", "code"]):
        pre.decompose()
    assert "$" not in main.get_text(), "a formula was left as LaTeX"
