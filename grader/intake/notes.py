"""The findings of intake, in both languages, each with the rule of the handout that it is about."""

from __future__ import annotations

from collections.abc import Mapping

from grader.results import Finding, Severity
from hwlib.assignment import Assignment
from hwlib.checking.errors import printable


class Notes:
    """Collects findings; each code at most once with its first few places.

    Args:
        assignments: the year's assignments by track, which hold the rules.
    """

    def __init__(self, assignments: Mapping[str, Assignment]) -> None:
        self.assignments = assignments
        self._found: dict[tuple[str, str], Finding] = {}

    def add(
        self,
        code: str,
        message: str,
        message_zh: str,
        *,
        severity: Severity = "warning",
        rule: tuple[str, str] = ("", ""),
    ) -> None:
        """Adds a finding; what a student named a file is made printable."""
        message, message_zh = printable(message), printable(message_zh)
        self._found.setdefault(
            (code, message),
            Finding(
                code=code,
                severity=severity,
                message=message,
                message_zh=message_zh,
                rule=rule[0],
                rule_zh=rule[1],
            ),
        )

    def findings(self) -> tuple[Finding, ...]:
        """All findings, the grave ones first."""
        order = {"error": 0, "warning": 1, "info": 2}
        return tuple(sorted(self._found.values(), key=lambda finding: order[finding.severity]))

    # --- rules, worded from assignment.yaml ---------------------------------------------------------

    @property
    def first(self) -> Assignment | None:
        """Rules about the zip as a whole are the same in every track."""
        return next(iter(self.assignments.values()), None)

    def name_rule(self) -> tuple[str, str]:
        """How the zip is to be named."""
        if self.first is None:
            return "", ""
        name = self.first.submission.archive_name
        return (
            f"Hand in one zip named after your student number, {name.get('en')}.",
            f"提交一个以学号命名的 zip 文件：{name.get('zh')}。",
        )

    def content_rule(self, path: str) -> tuple[str, str]:
        """What the deliverable at `path` is."""
        for deliverable in self.first.submission.deliverables if self.first else ():
            if deliverable.path.rstrip("/") == path:
                what = deliverable.what
                named = what.en if path in what.en else f"{path}, {what.en}"
                return f"The zip holds {named}.", f"zip 文件中应有 {path}：{what.zh}。"
        return "", ""

    def size_rule(self) -> tuple[str, str]:
        """How large the zip and its files may be."""
        if self.first is None:
            return "", ""
        limits = self.first.submission.limits
        return (
            f"The zip is at most {limits.archive_mb:g} MB, each file in it at most {limits.file_mb:g} MB.",
            f"zip 文件不超过 {limits.archive_mb:g} MB，其中每个文件不超过 {limits.file_mb:g} MB。",
        )

    def leave_out_rule(self) -> tuple[str, str]:
        """What does not belong into the zip."""
        if self.first is None:
            return "", ""
        limits = self.first.submission.limits
        names = ", ".join(
            [*limits.forbidden_folders, *(f"*{suffix}" for suffix in limits.forbidden_suffixes)]
        )
        return f"Leave out weights and data: {names}.", f"不要提交权重和数据：{names}。"


def some(names: list[str], limit: int = 5) -> str:
    """A few names for a sentence: "a, b, c and 12 more"."""
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"


def some_zh(names: list[str], limit: int = 5) -> str:
    """`some`, in Chinese."""
    shown = "、".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} 等 {len(names)} 个"
