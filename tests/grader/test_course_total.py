"""Dropping the lowest marks: one place applies the policy, every output follows it."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest
from results_tools import ASSIGNMENTS, all_passed

from grader.course_total import FILE, CoursePolicy, course_total, load_policy
from grader.export.course_json import course_json
from grader.feedback.cohort_page import report_html
from grader.feedback.markdown import feedback_markdown
from grader.feedback.page import feedback_html
from grader.feedback.statistics import Cohort
from grader.feedback.view import view_page
from grader.pages import grades_csv
from grader.results import SubmissionResult
from grader.totals import ManualMarks, TrackMark, mark_track
from hwlib.errors import HomeworkError

GROUP = {"title": {"en": "Homework", "zh": "作业"}, "assignments": ["VAE", "GAN"], "drop_lowest": 1}
POLICY = CoursePolicy.model_validate({"groups": [GROUP]})


def marks(**finals: float | None) -> dict[str, TrackMark]:
    """Marks of 100 points each; None stands for a part that was not handed in."""
    made = {}
    for track, final in finals.items():
        mark = mark_track(ASSIGNMENTS["VAE"], None)
        state = "missing" if final is None else "graded"
        made[track] = replace(mark, track=track, state=state, final=final)
    return made


@pytest.mark.parametrize(
    ("finals", "total", "dropped"),
    [
        ({"VAE": 80.0, "GAN": 60.0}, 80, ["GAN"]),
        ({"VAE": 60.0, "GAN": 80.0}, 80, ["VAE"]),
        ({"VAE": 70.0, "GAN": 70.0}, 70, ["GAN"]),
        ({"VAE": None, "GAN": 0.0}, 0, ["VAE"]),
        ({"VAE": None, "GAN": None}, None, ["GAN"]),
        ({"VAE": 60.0, "GAN": 80.0, "AE": 10.0}, 90, ["VAE"]),
        ({"VAE": 60.0}, 60, []),
    ],
)
def test_the_lowest_of_a_group_does_not_count(
    finals: dict[str, float | None], total: float | None, dropped: list[str]
) -> None:
    found = course_total(marks(**finals), POLICY)
    known = [value for value in finals.values() if value is not None]
    assert (found.total, list(found.dropped)) == (total, dropped)
    assert found.before == (sum(known) if known else None)
    assert found.maximum == 100 * (len(finals) - len(dropped))


def test_lowest_means_share_of_the_maximum() -> None:
    pair = marks(VAE=50.0, GAN=40.0)
    pair["GAN"] = replace(pair["GAN"], maximum=50.0)
    assert list(course_total(pair, POLICY).dropped) == ["VAE"]


@pytest.mark.parametrize("state", ["ungraded", "refused"])
def test_nothing_is_dropped_while_a_mark_is_not_known(state: str) -> None:
    pair = marks(VAE=90.0, GAN=None)
    pair["GAN"] = replace(pair["GAN"], state=state)  # type: ignore[arg-type]
    found = course_total(pair, POLICY)
    assert (found.total, found.before, found.dropped) == (None, None, {})


def test_every_output_shows_the_drop_and_the_raw_sum() -> None:
    result = all_passed("1", wrong="GAN/generator_layers").model_copy(update={"display_name": "Ada"})
    cohort = Cohort(ASSIGNMENTS, POLICY)
    row = cohort.add(result)
    gan = row.tracks["GAN"].mark.final
    assert gan is not None
    assert (row.total, row.before_drops, row.dropped) == (60, 60 + gan, ("GAN",))
    line = next(csv.DictReader(io.StringIO(grades_csv(cohort).lstrip("\ufeff"))))
    assert (float(line["total"]), float(line["total_before_drops"]), line["dropped"]) == (60, 60 + gan, "GAN")
    data = json.loads(course_json(cohort, datetime(2026, 12, 25, tzinfo=timezone.utc)))["students"][0]
    assert (data["total"], data["total_before_drops"], data["dropped"]) == (60, 60 + gan, ["GAN"])
    assert f'title="{60 + gan:g} before GAN was dropped">60</td>' in report_html(cohort, {})
    page = view_page(result, ASSIGNMENTS, None, "en", POLICY)
    for text in (feedback_html(page), feedback_markdown(page)):
        assert "All parts together: 60 of 100" in text
        assert f"before: {60 + gan:g}" in text
        assert "is the lowest of Homework and does not count" in text
    chinese = feedback_html(view_page(result, ASSIGNMENTS, None, "zh", POLICY))
    assert "“作业”中的最低分" in chinese


def test_the_total_says_what_it_lacks() -> None:
    only = SubmissionResult(student="1", tracks={"VAE": all_passed("1").tracks["VAE"]})
    total = view_page(only, ASSIGNMENTS).total
    assert total is not None
    assert (total.points, total.maximum, total.before) == ("60", "200", "")
    assert total.notes == ("GAN: not handed in", "so far; the report is not marked yet")
    assert view_page(only, {"VAE": ASSIGNMENTS["VAE"]}).total is None
    done = {t: ManualMarks(questions={q.id: 1 for q in a.report.required}) for t, a in ASSIGNMENTS.items()}
    complete = view_page(all_passed("1"), ASSIGNMENTS, done).total
    assert complete is not None
    assert complete.notes == ()


def test_the_courses_own_policy_names_existing_assignments() -> None:
    named = [track for group in load_policy(FILE).groups for track in group.assignments]
    assert set(named) == set(ASSIGNMENTS)


def test_without_a_file_nothing_is_dropped(tmp_path: Path) -> None:
    assert load_policy(tmp_path / "course.yaml") == CoursePolicy()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("groups:\n  - {title: A, assignments: [VAE], drop_lowest: 1}\n", "drops 1 of 1 assignments"),
        ("groups:\n  - {title: A, assignments: [VAE, GAN], drop: 1}\n", r"line 2, groups\.0\.drop: Extra"),
        (
            "groups:\n  - {title: A, assignments: [VAE]}\n  - {title: B, assignments: [VAE]}\n",
            "VAE in the groups twice",
        ),
        ("groups: [\n", "course.yaml"),
    ],
)
def test_wrong_policies_are_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "course.yaml"
    file.write_text(text)
    with pytest.raises(HomeworkError, match=message):
        load_policy(file)
