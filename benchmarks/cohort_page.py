"""Milliseconds until the cohort's page is open, filtered and sorted, in headless Chromium.

    python benchmarks/cohort_page.py --students 1000

Aim: a page of 1,000 students opens in under a second. Beside it, in the same browser and taking turns, the
page of 10 students. "Open" is the navigation timing's load event, with the script run and everything laid
out; filter and sort are timed from the input to the finished layout. Needs Chromium, chromedriver, selenium.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from shutil import which
from statistics import median
from tempfile import TemporaryDirectory

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from grader.cohort import load_assignments
from grader.feedback.cohort_page import report_html
from grader.feedback.statistics import Cohort
from grader.sample import sample_result

OPEN = """
const entry = performance.getEntriesByType("navigation")[0];
document.body.getBoundingClientRect();
return [entry.domInteractive, entry.loadEventEnd, document.getElementById("students").tBodies[0].rows.length];
"""
ACT = """
const start = performance.now();
%s
document.body.getBoundingClientRect();
return performance.now() - start;
"""
FILTER = (
    ACT
    % """
const search = document.getElementById("search");
search.value = "wang";
search.dispatchEvent(new Event("input"));
"""
)
SHOW_ALL = ACT % 'document.getElementById("reset").click();'
SORT = ACT % 'document.querySelector("#students th.num button").click();'


def browser() -> webdriver.Chrome:
    """Headless Chromium without a network or a profile."""
    chromium = which("chromium") or which("google-chrome")
    driver = which("chromedriver")
    if chromium is None or driver is None:
        raise SystemExit("Install Chromium and chromedriver (Debian: chromium, chromium-driver).")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1280,1000"):
        options.add_argument(argument)
    return webdriver.Chrome(options=options, service=Service(driver))


def write_page(path: Path, students: int) -> None:
    """The report on a made-up cohort."""
    assignments = load_assignments()
    cohort = Cohort(assignments)
    for number in range(students):
        cohort.add(sample_result(assignments, number))
    links = {row.student: f"{row.student}/feedback.html" for row in cohort.rows}
    path.write_text(report_html(cohort, links), encoding="utf-8")


def thread_time(window: webdriver.Chrome) -> float:
    """Milliseconds of processor time that the page's main thread has taken: true on a busy machine, too."""
    metrics = window.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    return 1000 * next(item["value"] for item in metrics if item["name"] == "ThreadTime")


def measure(window: webdriver.Chrome, page: Path) -> dict[str, float]:
    """One visit: milliseconds of each step."""
    window.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
    window.get("about:blank")
    before = thread_time(window)
    window.get(page.as_uri())
    interactive, loaded, _ = window.execute_script(OPEN)
    after = thread_time(window)
    return {
        "interactive": interactive,
        "open": loaded,
        "open, processor time": after - before if after > before else after,
        "filter": window.execute_script(FILTER),
        "show all": window.execute_script(SHOW_ALL),
        "sort": window.execute_script(SORT),
    }


def main() -> None:
    """Prints medians and ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--students", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    sizes = (args.students, 10)
    with TemporaryDirectory() as folder:
        pages = {size: Path(folder) / f"report-{size}.html" for size in sizes}
        for size, page in pages.items():
            write_page(page, size)
        found: dict[int, list[dict[str, float]]] = {size: [] for size in sizes}
        window = browser()
        try:
            for size in sizes:
                measure(window, pages[size])  # the first visit also starts the browser's processes
            for _ in range(args.rounds):
                for size in sizes:
                    found[size].append(measure(window, pages[size]))
        finally:
            window.quit()
        kilobytes = {size: page.stat().st_size / 1000 for size, page in pages.items()}
    print(f"| medians of {args.rounds} visits | {sizes[0]} students | {sizes[1]} students | ratio |")
    print("|---|---|---|---|")
    print(f"| size | {kilobytes[sizes[0]]:.0f} kB | {kilobytes[sizes[1]]:.0f} kB | |")
    for step in found[sizes[0]][0]:
        large, small = (median(visit[step] for visit in found[size]) for size in sizes)
        print(f"| {step} | {large:.0f} ms | {small:.1f} ms | {large / small:.1f} |")
    slowest = max(visit["open"] for visit in found[sizes[0]])
    print(f"slowest opening: {slowest:.0f} ms")


if __name__ == "__main__":
    main()
