"""`feedback.md`: the same content as the page, for a terminal, a mail or a code host."""

from __future__ import annotations

import re

from grader.feedback.check_view import CheckView
from grader.feedback.texts import Texts
from grader.feedback.track_view import TrackView
from grader.feedback.view import PageView

SPECIAL = re.compile(r"([\\`*_\[\]<>#!|~$&])")


def md(text: str) -> str:
    """`text` as one line of Markdown that means nothing but itself."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))


def code_block(text: str) -> list[str]:
    """`text` in a fence longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [fence, text, fence]


def _check_lines(check: CheckView, t: Texts) -> list[str]:
    hidden = f" ({t('hidden')})" if check.hidden else ""
    lines = [f"- **{t(check.kind)}** {md(check.title)}{hidden}: {check.points} / {check.max_points}"]
    details = [
        (t("waits_for"), check.needs),
        (t("expected"), check.expected),
        (t("found"), check.found),
        (t("mistake"), f"{check.mistake} {check.mistake_text}".strip()),
        (t("hint"), check.hint),
        (t("look"), check.look),
        (t("handout"), check.handout),
    ]
    if check.kind == "grader_error":
        lines.append(f"  - {t('grader_error_text')}")
    lines += [f"  - {label}: {md(text)}" for label, text in details if text]
    if check.table is not None:
        for row in check.table.rows:
            if row.state == "missing":
                lines.append(f"  - {md(row.layer)}: {t('missing_layer')}")
            elif row.state == "extra":
                lines.append(f"  - {t('extra_layer')}: {md(', '.join(cell.found for cell in row.cells))}")
            for column, cell in zip(check.table.columns, row.cells, strict=True):
                if cell.differs and row.state == "differs":
                    should = f"{t('should_be')} {md(cell.expected)}"
                    lines.append(f"  - {md(row.layer)}, {md(column)}: {md(cell.found)}; {should}")
    if check.trace:
        lines += ["", *code_block(check.trace), ""]
    return lines


def _track_lines(track: TrackView, t: Texts) -> list[str]:
    lines = [f"## {md(track.title)}", ""]
    if track.final is None:
        lines.append(f"**{t('total')}: {t(track.state)}**")
        lines.append(t(f"{track.state}_text") if track.state in ("ungraded", "missing") else "")
    else:
        note = f" {t('so_far')}" if track.so_far else ""
        lines.append(f"**{t('total')}: {track.final} {t('of')} {track.maximum}**{note}")
    if track.penalty:
        lines.append(f"({t('raw_mark')}: {track.raw}, {t('late_penalty')}: -{track.penalty} %)")
    if track.not_run:
        lines += ["", f"{t('not_run')}: {md(track.not_run)}"]
    if track.late_text:
        lines += ["", md(track.late_text)]
    lines += ["", f"| {t('region')} | | {t('points')} |", "|---|---|---:|"]
    for row in track.rows:
        lines.append(f"| {md(row.title)} | {md(row.where)} | {row.points or row.note} / {row.maximum} |")
    if track.comments:
        lines += ["", f"### {t('comments')}", ""]
        lines += [f"- {f'**{md(place)}:** ' if place else ''}{md(text)}" for place, text in track.comments]
    for group in track.groups:
        where = f" ({md(group.where)})" if group.where else ""
        lines += ["", f"### {md(group.title)}{where}", ""]
        for check in group.checks:
            lines += _check_lines(check, t)
    if track.fid:
        if t("run") not in {group.title for group in track.groups}:
            lines += ["", f"### {t('run')}"]
        lines += ["", f"FID {track.fid['value']}, {track.fid['verdict']}"]
        if track.fid["memorised"]:
            lines += ["", t("memorised")]
    return [*lines, ""]


def feedback_markdown(page: PageView) -> str:
    """The page as CommonMark."""
    t = Texts(page.language)
    lines = [
        f"# {t('feedback')}: {md(page.name or page.student)}",
        "",
        f"{t('student')} {md(page.student)}",
        "",
    ]
    if page.refused:
        lines += [f"**{t('refused')}**: {md(page.refused)}", "", t("refused_text"), ""]
    if page.total is not None:
        before = f" ({t('before_drop')}: {page.total.before})" if page.total.before else ""
        lines.append(f"**{t('all_parts')}: {page.total.points} {t('of')} {page.total.maximum}**{before}")
        lines += [*(f"- {md(note)}" for note in page.total.notes), ""]
    for track in page.tracks:
        lines += _track_lines(track, t)
    if page.findings:
        lines += [f"## {t('findings')}", ""]
        for finding in page.findings:
            lines.append(f"- **{t('severity_' + finding['severity'])}** {md(finding['message'])}")
            if finding["rule"]:
                lines.append(f"  - {t('rule')}: {md(finding['rule'])}")
        lines.append("")
    lines += [f"{t('hidden_note')} {t('footer')}", ""]
    return "\n".join(lines)
