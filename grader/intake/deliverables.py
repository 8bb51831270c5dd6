"""What the handout asks to be in the zip, and what it asks to leave out."""

from __future__ import annotations

from pathlib import Path

from grader.intake.notes import Notes, some, some_zh
from grader.submissions import student_numbers

REPORTS = (".ipynb", ".pdf", ".docx")
_MB = 1_000_000


def check_size(archive: Path, notes: Notes) -> None:
    """The zip's own size."""
    limits = notes.first.submission.limits if notes.first else None
    size = archive.stat().st_size / _MB
    if limits is not None and size > limits.archive_mb:
        notes.add(
            "archive_too_large",
            f"The zip has {size:.1f} MB, the limit is {limits.archive_mb:g} MB.",
            f"zip 文件有 {size:.1f} MB，上限为 {limits.archive_mb:g} MB。",
            rule=notes.size_rule(),
        )


def check_files(root: Path, notes: Notes) -> None:
    """Large files, weights and data, archives inside."""
    if notes.first is None:
        return
    limits = notes.first.submission.limits
    large, unwanted, archives = [], [], []
    for path in sorted(root.rglob("*")):
        if not path.is_file():
            continue
        place = path.relative_to(root)
        if path.stat().st_size > limits.file_mb * _MB:
            large.append(f"{place.as_posix()} ({path.stat().st_size / _MB:.1f} MB)")
        folder = next((part for part in place.parts[:-1] if part.lower() in limits.forbidden_folders), None)
        if folder is not None:
            unwanted.append("/".join(place.parts[: place.parts.index(folder) + 1]) + "/")
        elif path.suffix.lower() in limits.forbidden_suffixes:
            unwanted.append(place.as_posix())
        if path.suffix.lower() in (".zip", ".rar", ".7z", ".tar"):
            archives.append(place.as_posix())
    if large:
        notes.add(
            "file_too_large",
            f"Over {limits.file_mb:g} MB: {some(large)}.",
            f"超过 {limits.file_mb:g} MB：{some_zh(large)}。",
            rule=notes.size_rule(),
        )
    unwanted = list(dict.fromkeys(unwanted))
    if unwanted:
        notes.add(
            "weights_or_data",
            f"Weights or data in the zip: {some(unwanted)}.",
            f"zip 文件中含有权重或数据：{some_zh(unwanted)}。",
            rule=notes.leave_out_rule(),
        )
    if archives:
        notes.add(
            "archive_inside",
            f"Archives inside the zip are not opened: {some(archives)}.",
            f"zip 文件中的压缩包不会被打开：{some_zh(archives)}。",
            rule=notes.content_rule("codes"),
        )


def find_reports(root: Path, notes: Notes) -> tuple[str, ...]:
    """Paths of the reports, the shallowest first."""
    found = [
        path.relative_to(root)
        for path in root.rglob("*")
        if path.is_file()
        and path.suffix.lower() in REPORTS
        and ("report" in path.stem.lower() or "报告" in path.stem)
        and "code_analyze" not in path.relative_to(root).parts
    ]
    if not found:
        notes.add(
            "missing_report",
            "There is no report: expected report.ipynb, report.pdf or report.docx.",
            "没有实验报告：应有 report.ipynb、report.pdf 或 report.docx。",
            rule=notes.content_rule("report"),
        )
    return tuple(
        path.as_posix() for path in sorted(found, key=lambda path: (len(path.parts), path.as_posix()))
    )


def check_number(name: str, root: Path, notes: Notes) -> None:
    """Whether the zip is named after a student number, and folders and reports inside after the same one."""
    if notes.first is None:
        return
    pattern = notes.first.submission.student_number
    numbers = student_numbers(name, pattern)
    if not numbers:
        notes.add(
            "no_student_number",
            f"{name} holds no student number.",
            f"文件名 {name} 中没有学号。",
            rule=notes.name_rule(),
        )
        return
    inside = [path.name for path in sorted(root.iterdir())]
    inside += [path.name for path in sorted(root.rglob("*")) if path.suffix.lower() in REPORTS]
    others = sorted({number for text in inside for number in student_numbers(text, pattern)} - set(numbers))
    if others:
        notes.add(
            "other_student_number",
            f"The zip is named after {numbers[0]}, but names inside it hold {some(others)}.",
            f"zip 文件以 {numbers[0]} 命名，但其中的文件名含有 {some_zh(others)}。",
            rule=notes.name_rule(),
        )
