"""Whether summary.txt is there and fits the code."""

from __future__ import annotations

from pathlib import Path

import code_analyze
from code_analyze.summary import Finding as Misfit
from code_analyze.summary import TreeAnalysis, analyze_tree, read_bytes, verify_summary
from code_analyze.summary.differences import BY_HAND, CHANGED
from grader.intake.notes import Notes, some, some_zh

SUMMARY = "summary.txt"
MAX_SUMMARIES = 4  # of one submission that are looked at
_CHANGES = (
    ("changed", "changed", "changed", "有改动"),
    ("was deleted", "was deleted", "were deleted", "被删除"),
    ("was added", "was added", "were added", "为新增"),
)
STARTER = Path(code_analyze.__file__).parent / "_codes"


def check_summary(root: Path, codes: Path, notes: Notes) -> None:
    """Whether summary.txt is there, unchanged, and made from the code that was handed in.

    Of several the one that fits counts. Files that are not compared (pictures, what training writes) may
    have come or gone since: the handout itself asks to leave some out of the zip.
    """
    places = sorted(
        (path for path in root.rglob("*") if path.name.lower() == SUMMARY and path.is_file()),
        key=lambda path: (len(path.parts), str(path)),
    )
    rule = notes.content_rule(SUMMARY)
    if not places:
        notes.add(
            "missing_summary",
            "There is no summary.txt. `python code_analyze/analyze.py` writes it.",
            "没有 summary.txt。请运行 `python code_analyze/analyze.py` 生成。",
            rule=rule,
        )
        return
    tree = analyze_tree(str(STARTER), str(codes))
    candidates = [_misfits(path, tree) for path in places[:MAX_SUMMARIES]]
    found = next((each for each in candidates if not each), candidates[0])
    kinds: dict[str, list[Misfit]] = {}
    for one in found:
        kinds.setdefault(one.kind, []).append(one)
    reasons = [one.message for kind in ("other-starter", "other-version") for one in kinds.get(kind, [])]
    if "no-header" in kinds:
        notes.add(
            "unreadable_summary",
            "summary.txt was not written by this year's analyze.py.",
            "summary.txt 不是由今年的 analyze.py 生成。",
            rule=rule,
        )
    elif reasons:
        notes.add(
            "other_summary",
            f"summary.txt was {some(reasons)}.",
            "summary.txt 由另一版本的初始代码或 analyze.py 生成。",
            rule=rule,
        )
    else:
        absent = {folder.name for folder in STARTER.iterdir() if not (codes / folder.name).is_dir()}
        _report_misfits(kinds, absent, notes, rule)


def _misfits(path: Path, tree: TreeAnalysis) -> list[Misfit]:
    source = read_bytes(path.read_bytes(), room=50)
    text = "\n".join(source.lines) + "\n" if source.status == "text" else ""
    return [one for one in verify_summary(text, tree) if one.kind != "files"]


def _report_misfits(
    kinds: dict[str, list[Misfit]], absent: set[str], notes: Notes, rule: tuple[str, str]
) -> None:
    """A summary of this year's: edited, older than the code, or both.

    `absent` are tracks that the zip lacks and the summary may list: students hand in those they worked on.
    """
    lines, stale = kinds.get("line", []), kinds.get("stale", [])
    rest = [one for one in stale if one.place.split("/")[0] not in absent]
    if stale and not rest:
        lines = [one for one in lines if not one.message.endswith(f"({CHANGED})")]
    by_hand = [one for one in lines if one.message.endswith(f"({BY_HAND})")]
    if "edited" in kinds:
        where = f": {some([one.message for one in by_hand], 3)}" if by_hand else ""
        places = list(dict.fromkeys(one.place for one in by_hand))
        notes.add(
            "edited_summary",
            f"summary.txt was changed after analyze.py wrote it{where}.",
            "summary.txt 在 analyze.py 生成之后被修改过"
            + (f"：第 {some_zh(places)} 行。" if places else "。"),
            rule=rule,
        )
    if rest:
        english, chinese = [], []
        for verb, one, several, zh in _CHANGES:
            files = [misfit.place for misfit in rest if f" {verb} after" in misfit.message]
            if files:
                english.append(f"{some(files)} {one if len(files) == 1 else several}")
                chinese.append(f"{some_zh(files)} {zh}")
        notes.add(
            "stale_summary",
            f"summary.txt is older than the code: since it was made, {'; '.join(english)}.",
            f"summary.txt 早于提交的代码：其后 {'；'.join(chinese)}。",
            rule=rule,
        )
    elif lines and "edited" not in kinds:
        places = list(dict.fromkeys(one.place for one in lines))
        notes.add(
            "stale_summary",
            f"summary.txt does not fit the code: {some([one.message for one in lines], 3)}.",
            f"summary.txt 与提交的代码不符：第 {some_zh(places)} 行。",
            rule=rule,
        )
