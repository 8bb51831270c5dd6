"""The pages: what students may see, escaping, two languages, charts."""

from __future__ import annotations

import html.parser
import re
from pathlib import Path

import pytest
from hostile_results import EVIL, hostile, with_check
from results_tools import ASSIGNMENTS, all_passed, make_results

from grader.feedback.charts import curve_svg, fid_svg, histogram_svg, nice, pair_curves
from grader.feedback.cohort_page import report_html
from grader.feedback.markdown import code_block, feedback_markdown, md
from grader.feedback.page import feedback_html
from grader.feedback.statistics import Cohort
from grader.feedback.texts import TEXTS
from grader.feedback.view import view_page
from grader.pages import gather, grades_csv, write_cohort_pages, write_page
from grader.results import Curve, FIDScore, Finding, SubmissionResult
from grader.sample_checks import MISTAKES, sample_table
from grader.totals import ManualMarks
from hwlib.checking.verdict import Location, TracebackLine

VAE = ASSIGNMENTS["VAE"]


class Tags(html.parser.HTMLParser):
    """All tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def tags(page: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed(page)
    return parser.tags


def test_hidden_checks_show_name_and_hint_only() -> None:
    secret = {"expected": "SECRET-E", "found": "SECRET-F", "private": "SECRET-P", "hint": "look at the batch"}
    trace = (TracebackLine(file="VAE.py", line=1, code="SECRET-T"),)
    result = with_check(visibility="hidden", traceback=trace, table=sample_table(VAE), **secret)
    page = view_page(result, ASSIGNMENTS)
    for text in (feedback_html(page), feedback_markdown(page)):
        assert "SECRET" not in text
        assert "look at the batch" in text
        assert "hidden check" in text
    public = view_page(with_check(visibility="public", traceback=trace, **secret), ASSIGNMENTS)
    for text in (feedback_html(public), feedback_markdown(public)):
        assert all(word in text for word in ("SECRET-E", "SECRET-F", "SECRET-T"))
        assert "SECRET-P" not in text


def test_grader_errors_are_ours_and_not_a_zero() -> None:
    result = with_check(outcome="grader_error", points=None, private="REASON", found="x")
    text = feedback_html(view_page(result, ASSIGNMENTS))
    assert "not your mistake" in text
    assert "It is not a zero" in text
    assert "REASON" not in text


def test_everything_of_a_submission_is_escaped() -> None:
    for language in ("en", "zh"):
        page = feedback_html(view_page(hostile(), ASSIGNMENTS, language=language))  # type: ignore[arg-type]
        names = {tag for tag, _ in tags(page)}
        assert "script" not in names
        assert not any(name.startswith("on") for _, attributes in tags(page) for name in attributes)
        assert all("://" not in (a.get("src") or a.get("href") or "") for _, a in tags(page))
    cohort = Cohort(ASSIGNMENTS)
    cohort.add(hostile())
    report = report_html(cohort, {})
    assert [tag for tag, _ in tags(report)].count("script") == 1
    assert not any(name.startswith("on") for _, attributes in tags(report) for name in attributes)


def test_markdown_is_escaped_too() -> None:
    text = feedback_markdown(view_page(hostile(), ASSIGNMENTS))
    assert re.search(r"(?<!\\)<script", text.replace("```\n" + EVIL, "")) is None or "```" in text
    assert md("a*b_c [x](y) <b> | # `") == r"a\*b\_c \[x\](y) \<b\> \| \# \`"
    assert md("two\nlines") == "two lines"
    assert code_block("has ``` inside")[0] == "````"


def test_both_languages_are_complete() -> None:
    for key, (english, chinese) in TEXTS.items():
        assert english or key == "line_end"
        assert chinese
        assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", chinese))
    page = feedback_html(view_page(with_check(misconception=MISTAKES[0]), ASSIGNMENTS, language="zh"))
    assert MISTAKES[0].title_zh in page
    assert VAE.region("loss").title.zh in page
    assert 'lang="zh-CN"' in page


def test_page_says_which_mistake_and_where() -> None:
    result = with_check(
        misconception=MISTAKES[0], location=Location(file="trainer.py", line=41), handout="region-loss"
    )
    text = feedback_html(view_page(result, ASSIGNMENTS))
    assert MISTAKES[0].title in text
    assert "trainer.py line 41" in text
    assert "Handout: Losses" in text
    assert text.index("What to look at first") < text.index("trainer.py line 41")


def test_layer_table_marks_what_differs() -> None:
    text = feedback_html(view_page(with_check(table=sample_table(VAE)), ASSIGNMENTS))
    assert text.count('class="diff"') == 5
    assert "should be 2" in text
    assert "missing" in text


def test_comments_and_bonus_of_the_ta_are_shown() -> None:
    manual = {
        "VAE": ManualMarks(
            questions={"curves": 6.5, "interpolation": 4}, comments=(("curves", "No legend."),)
        )
    }
    text = feedback_html(view_page(all_passed("1"), ASSIGNMENTS, manual))
    assert "6.5 / 8" in text
    assert "No legend." in text
    assert "4 / 5" in text


def test_charts_with_little_to_draw() -> None:
    assert curve_svg(pair_curves([Curve(name="x", steps=(), values=())])[0], "a", "b") == ""
    flat = curve_svg(pair_curves([Curve(name="x", steps=(5,), values=(2.0,))])[0], "a", "b")
    assert "polyline" in flat
    assert "nan" not in flat
    assert "nan" not in histogram_svg([], 0)
    assert "circle" in fid_svg(FIDScore(fid=0, threshold=40, network="lenet"), "a", "b")
    plots = pair_curves([Curve(name=n, steps=(0,), values=(1.0,)) for n in ("loss", "dev/loss", "dev/only")])
    assert [(p.name, p.train is not None, p.dev is not None) for p in plots] == [
        ("loss", True, True),
        ("only", False, True),
    ]
    assert [nice(value) for value in (0, 0.00001, 12345, 123456, 1.5)] == [
        "0",
        "1.0e-05",
        "12345",
        "1.2e+05",
        "1.5",
    ]


def test_long_curves_are_thinned_and_keep_their_end() -> None:
    steps = tuple(range(10_000))
    svg = curve_svg(pair_curves([Curve(name="x", steps=steps, values=tuple(map(float, steps)))])[0], "a", "b")
    points = re.search(r'points="([^"]+)"', svg).group(1).split()  # type: ignore[union-attr]
    assert len(points) <= 162
    assert points[-1].startswith("312.0,")


def test_cohort_counts_mistakes_and_unknown_marks() -> None:
    cohort = Cohort(ASSIGNMENTS)
    for number in range(3):
        result = with_check(misconception=MISTAKES[0])
        cohort.add(result.model_copy(update={"student": str(number)}))
    cohort.add(with_check(outcome="grader_error", points=None, private="no memory"))
    cohort.add(SubmissionResult(student="9", refused="a rar file"))
    count = cohort.checks["VAE/loss_values"]
    assert (count.reached, count.pass_rate, count.mistakes["summed_over_batch"]) == (3, 0, 3)
    assert [cohort.count(state) for state in ("graded", "ungraded", "refused")] == [3, 1, 1]
    assert cohort.rows[3].total is None
    assert "no memory" in report_html(cohort, {})
    assert "3 of 3: The loss is summed" in report_html(cohort, {})
    assert "'=x" in grades_csv(_named(cohort, "=x"))


def _named(cohort: Cohort, name: str) -> Cohort:
    cohort.add(all_passed("77").model_copy(update={"display_name": name}))
    return cohort


def test_pages_are_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_page(tmp_path / "a" / "x.html", "old")

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fails)
    with pytest.raises(OSError, match="No space"):
        write_page(tmp_path / "a" / "x.html", "new")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["x.html"]
    assert (tmp_path / "a" / "x.html").read_text() == "old"


def test_report_of_nobody(tmp_path: Path) -> None:
    cohort = make_results(tmp_path, 0)
    assert write_cohort_pages(cohort, gather(cohort)).exists()


@pytest.mark.parametrize(("student", "flags"), [("homework_final", ("no number",)), ("2026000001", ())])
def test_a_hand_in_that_belongs_to_nobody_wants_a_human(student: str, flags: tuple[str, ...]) -> None:
    """Not where a folder around the zip, as an LMS makes it, holds the number."""
    finding = Finding(code="no_student_number", message="no number")
    result = all_passed(student).model_copy(update={"findings": (finding,)})
    assert Cohort(ASSIGNMENTS).add(result).flags == flags
