"""Results for the tests of pages: one check as a test wants it, and hostile text in every place."""

from __future__ import annotations

from results_tools import ASSIGNMENTS, all_passed

from grader.results import Curve, Finding, SubmissionResult
from grader.sample_checks import sample_table
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
