"""Both pages in headless Chromium: no script error, filter and sort, phones, paper, hostile names."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hostile_results import hostile, with_check
from pages_browser import browser, console_errors
from results_tools import ASSIGNMENTS, make_results
from selenium.webdriver.common.by import By

from grader.feedback.cohort_page import report_html
from grader.feedback.page import feedback_html
from grader.feedback.view import view_page
from grader.late import late_for
from grader.pages import gather
from grader.results import SubmissionResult
from grader.sample import sample_result
from grader.sample_checks import sample_table

pytestmark = pytest.mark.slow
VAE = ASSIGNMENTS["VAE"]


def test_cohort_page_in_chromium(tmp_path: Path) -> None:
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


def late_with_everything() -> SubmissionResult:
    """Late, a wrong layer table, curves, pictures and FID: all that a page can hold."""
    base, run = with_check(table=sample_table(VAE)), sample_result(ASSIGNMENTS, 7, with_run=True)
    late = late_for(VAE, base.student, VAE.deadline + timedelta(days=2))
    update = {key: getattr(run.tracks["VAE"], key) for key in ("curves", "pictures", "fid")}
    part = base.tracks["VAE"].model_copy(update={**update, "late": late})
    return base.model_copy(update={"tracks": {**base.tracks, "VAE": part}})


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("medium", "width"), [("screen", 390), ("print", 700)])
def test_feedback_fits_phones_and_paper(tmp_path: Path, medium: str, width: int, language: str) -> None:
    pages = {"whole": late_with_everything(), "evil": hostile()}
    with browser() as driver:
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": medium == "screen"}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": medium})
        for name, result in pages.items():
            path = tmp_path / f"{name}.html"
            view = view_page(result, ASSIGNMENTS, None, "zh" if language == "zh" else "en")
            path.write_text(feedback_html(view))
            driver.get(path.as_uri())
            assert console_errors(driver) == []
            assert "taken over" not in driver.title
            assert driver.execute_script("return document.scripts.length") == 0
            assert driver.execute_script("return document.documentElement.scrollWidth") <= width
            assert driver.execute_script("return Array.from(document.images).every(i => i.naturalWidth > 0)")
            if medium == "print":  # on paper nothing can be scrolled into sight
                clipped = driver.execute_script(
                    "return Array.from(document.querySelectorAll('.scroll, pre, .card'))"
                    ".filter(e => e.scrollWidth > e.clientWidth + 1).length"
                )
                assert clipped == 0
