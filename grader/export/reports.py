"""One student's checks as JUnit XML and as CTRF, for the tools that read test reports."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

from grader.results import SubmissionResult
from hwlib.checking.verdict import CheckResult, Outcome

CTRF_STATUS = {
    Outcome.PASSED: "passed",
    Outcome.WRONG: "failed",
    Outcome.NOT_REACHED: "skipped",
    Outcome.GRADER_ERROR: "other",
}
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _xml(text: str) -> str:
    """`text` without characters that XML 1.0 forbids."""
    return _NOT_XML.sub("\ufffd", text)


def _message(check: CheckResult) -> str:
    parts = [check.misconception.title if check.misconception else "", check.found, check.hint]
    return "; ".join(part for part in parts if part) or check.outcome.value


def junit_xml(result: SubmissionResult) -> str:
    """One <testsuite> per track, one <testcase> per check; points as <property> elements."""
    root = ElementTree.Element("testsuites", name=_xml(result.student))
    for track, part in result.tracks.items():
        kinds = [check.outcome for check in part.checks]
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=_xml(track),
            tests=str(len(kinds)),
            failures=str(kinds.count(Outcome.WRONG)),
            errors=str(kinds.count(Outcome.GRADER_ERROR)),
            skipped=str(kinds.count(Outcome.NOT_REACHED)),
            time=f"{part.seconds:.3f}",
        )
        for check in part.checks:
            case = ElementTree.SubElement(
                suite,
                "testcase",
                classname=_xml(f"{track}.{check.region}"),
                name=_xml(check.id),
                time=f"{check.seconds:.3f}",
            )
            properties = ElementTree.SubElement(case, "properties")
            for name, value in (("points", check.points), ("max_points", check.max_points)):
                ElementTree.SubElement(
                    properties, "property", name=name, value="" if value is None else f"{value:g}"
                )
            tag = {Outcome.WRONG: "failure", Outcome.NOT_REACHED: "skipped", Outcome.GRADER_ERROR: "error"}
            if check.outcome in tag:
                private = check.private if check.outcome is Outcome.GRADER_ERROR else _message(check)
                node = ElementTree.SubElement(case, tag[check.outcome], message=_xml(private))
                if check.outcome is Outcome.WRONG:
                    node.text = _xml(f"expected: {check.expected}\nfound: {check.found}")
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def ctrf(result: SubmissionResult, version: str) -> dict[str, Any]:
    """The Common Test Report Format's JSON (reportFormat CTRF, specVersion 1.0.0); times in milliseconds."""
    stop = int(result.graded_at.timestamp() * 1000) if result.graded_at else 0
    duration = int(1000 * sum(part.seconds for part in result.tracks.values()))
    tests = []
    for track, part in result.tracks.items():
        for check in part.checks:
            test: dict[str, Any] = {
                "name": check.id,
                "status": CTRF_STATUS[check.outcome],
                "duration": round(1000 * check.seconds),
                "suite": [track, check.region] if check.region else [track],
                "tags": [check.visibility],
                "extra": {"points": check.points, "max_points": check.max_points, "title": check.title},
            }
            if check.outcome is not Outcome.PASSED:
                test["message"] = check.private if check.outcome is Outcome.GRADER_ERROR else _message(check)
            if check.location is not None:
                test |= {"filePath": check.location.file, "line": check.location.line}
            if check.traceback:
                test["trace"] = "\n".join(f"{line.file}:{line.line}: {line.code}" for line in check.traceback)
            tests.append(test)
    states = [test["status"] for test in tests]
    summary = {state: states.count(state) for state in ("passed", "failed", "pending", "skipped", "other")}
    return {
        "reportFormat": "CTRF",
        "specVersion": "1.0.0",
        "results": {
            "tool": {"name": "grader", "version": version},
            "summary": {"tests": len(tests), **summary, "start": max(0, stop - duration), "stop": stop},
            "tests": tests,
            "extra": {"student": result.student},
        },
    }
