"""The pages: what students may see, escaping, two languages; then both pages in headless Chromium."""

from __future__ import annotations

import html.parser
import re
from pathlib import Path

import pytest
from results_tools import ASSIGNMENTS, all_passed, make_results

from grader.feedback.charts import curve_svg, fid_svg, histogram_svg, nice, pair_curves
from grader.feedback.cohort_page import report_html
from grader.feedback.markdown import code_block, feedback_markdown, md
from grader.feedback.page import feedback_html
from grader.feedback.statistics import Cohort
from grader.feedback.texts import TEXTS
from grader.feedback.view import view_page
from grader.pages import gather, grades_csv, write_cohort_pages, write_feedback, write_page
from grader.results import Curve, FIDScore, Finding, SubmissionResult
from grader.sample import MISTAKES, sample_result, sample_table
from grader.totals import ManualMarks
from hwlib.checking.verdict import CheckResult, Location, Misconception, TracebackLine

VAE = ASSIGNMENTS["VAE"]
EVIL = "<script>document.title='taken over'</script><img src=x onerror=\"document.title='taken over'\">"


def with_check(**values: object) -> SubmissionResult:
    """A student whose loss_values check carries `values`."""
    base = all_passed("2026000001", wrong="VAE/loss_values")
    part = base.tracks["VAE"]
    checks = tuple(
        CheckResult.model_validate({**check.model_dump(), **values})
        if check.id == "VAE/loss_values"
        else check
        for check in part.checks
    )
    return base.model_copy(
        update={"tracks": {**base.tracks, "VAE": part.model_copy(update={"checks": checks})}}
    )


def hostile() -> SubmissionResult:
    """Hostile text wherever a submission can put some."""
    result = with_check(
        found=EVIL,
        expected=EVIL,
        hint=EVIL,
        title=EVIL,
        misconception=Misconception(id="x", title=EVIL, explanation=EVIL),
        location=Location(file=EVIL, line=3),
        traceback=(TracebackLine(file=EVIL, line=1, code=EVIL),),
        table=sample_table(VAE).model_copy(update={"title": EVIL}),
    )
    finding = Finding(code="x", severity="error", message=EVIL, rule=EVIL)
    part = result.tracks["VAE"].model_copy(
        update={"curves": (Curve(name=EVIL, steps=(0, 1), values=(0.0, 1.0)),), "flags": (EVIL,)}
    )
    return result.model_copy(
        update={
            "display_name": EVIL,
            "archive": EVIL,
            "findings": (finding,),
            "tracks": {**result.tracks, "VAE": part},
        }
    )


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


@pytest.mark.slow
def test_cohort_page_in_chromium(tmp_path: Path) -> None:
    from pages_browser import browser, console_errors
    from selenium.webdriver.common.by import By

    cohort = make_results(tmp_path, 1000)
    numbers = gather(cohort)
    numbers.add(hostile().model_copy(update={"student": "<b>evil</b>"}))
    path = tmp_path / "report.html"
    path.write_text(
        report_html(numbers, {row.student: f"{row.student}/feedback.html" for row in numbers.rows})
    )
    assert path.stat().st_size < 2_000_000
    with browser() as driver:
        driver.get(path.as_uri())
        assert console_errors(driver) == []
        assert "taken over" not in driver.title

        def shown() -> list[str]:
            return driver.execute_script(
                "return Array.from(document.querySelectorAll('#students tbody tr')).filter(r => !r.hidden)"
                ".map(r => r.cells[0].textContent)"
            )

        assert len(shown()) == 1001
        search = driver.find_element(By.ID, "search")
        search.send_keys("2026000007")
        assert shown() == ["2026000007"]
        assert driver.find_element(By.ID, "shown").text == "1 of 1001"
        driver.find_element(By.ID, "reset").click()
        assert len(shown()) == 1001
        headers = driver.find_elements(By.CSS_SELECTOR, "#students thead button")
        total = next(header for header in headers if header.text.startswith("Total"))

        def totals() -> list[float | None]:
            keys = driver.execute_script(
                "const i = Array.from(document.querySelectorAll('#students thead th'))"
                ".findIndex(h => h.textContent.startsWith('Total'));"
                "const rows = Array.from(document.querySelectorAll('#students tbody tr'));"
                "return rows.map(r => r.cells[i].dataset.key)"
            )
            return [float(key) if key else None for key in keys]

        for descending in (False, True):
            driver.execute_script("arguments[0].click()", total)
            values = totals()
            known = [value for value in values if value is not None]
            assert known == sorted(known, reverse=descending)
            assert values[len(known) :] == [None] * (len(values) - len(known))
        state = driver.find_element(By.ID, "state")
        state.send_keys("ungraded")
        assert len(shown()) == numbers.count("ungraded") > 0
        driver.find_element(By.ID, "reset").click()
        button = driver.find_element(By.CSS_SELECTOR, "button.mistake")
        expected = int(button.text.split()[0])
        driver.execute_script("arguments[0].click()", button)
        assert len(shown()) == expected
        assert console_errors(driver) == []


@pytest.mark.slow
def test_feedback_page_in_chromium_on_a_phone(tmp_path: Path) -> None:
    from pages_browser import browser, console_errors

    cohort = make_results(tmp_path, 0)
    result = sample_result(ASSIGNMENTS, 7, with_run=True)
    write_feedback(cohort, result, "en")
    evil = tmp_path / "evil.html"
    evil.write_text(feedback_html(view_page(hostile(), ASSIGNMENTS)))
    with browser(width=500, height=900) as driver:
        driver.get((tmp_path / result.student / "feedback.html").as_uri())
        assert console_errors(driver) == []
        wide, window = driver.execute_script(
            "return [document.documentElement.scrollWidth, window.innerWidth]"
        )
        assert wide <= window
        assert driver.execute_script("return Array.from(document.images).every(i => i.naturalWidth > 0)")
        driver.get(evil.as_uri())
        assert "taken over" not in driver.title
        assert driver.execute_script("return document.scripts.length") == 0
        assert driver.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")


def test_report_of_nobody(tmp_path: Path) -> None:
    cohort = make_results(tmp_path, 0)
    assert write_cohort_pages(cohort, gather(cohort)).exists()
