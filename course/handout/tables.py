"""The tables of a handout, made from the assignment's description."""

from __future__ import annotations

import html
import re

from .html_table import number, table
from .markdown import inline_html
from .network_tables import NetworkTables


class Tables(NetworkTables):
    """Functions that the text of a handout calls as `{{ layer_table("encoder") }}` and so on."""

    def region_table(self) -> str:
        """The TODO regions with their points and numbers of checks."""
        rows = []
        for region in self.a.regions:
            counts = []
            for visibility in ("public", "hidden"):
                count = sum(check.visibility == visibility for check in region.checks)
                if count:
                    counts.append(f"{count}&nbsp;{self.w(visibility)}")
            points = self.w("optional") if region.optional else number(region.points)
            title, task = region.title.get(self.language), inline_html(region.task.get(self.language))
            rows.append(
                [
                    f"<code>{region.label}</code>",
                    f"<b>{title}</b><br>{task}",
                    self.w("comma").join(counts),
                    points,
                ]
            )
        rows.append([self.w("sum"), "", "", number(self.a.code_points)])
        ids = [*[f"region-{region.id}" for region in self.a.regions], "region-sum"]
        return table([self.w(key) for key in ("region", "task", "checks", "points")], rows, "regions", ids)

    def flag_table(self) -> str:
        """The flags of main.py with their defaults and what --quick makes of them."""
        rows = []
        for flag in self.a.run.flags:
            names = "<br>".join(f"<code>--{name}</code>" for name in [flag.name, *flag.aliases])
            default = (
                "–"
                if flag.default is None or flag.type == "switch"
                else f"<code>{_value(flag.default)}</code>"
            )
            quick = self.a.run.quick.get(flag.name)
            choices = (
                f" ({', '.join(f'<code>{choice}</code>' for choice in flag.choices)})" if flag.choices else ""
            )
            help_text = inline_html(flag.help.get(self.language)) + choices
            rows.append([names, default, "" if quick is None else f"<code>{_value(quick)}</code>", help_text])
        head = [self.w("flag"), self.w("default"), "<code>--quick</code>", self.w("meaning")]
        return table(head, rows, "flags", [f"flag-{flag.name}" for flag in self.a.run.flags])

    def tag_table(self, section: str) -> str:
        """What must appear in TensorBoard: `curves` or `images`."""
        entries = self.a.run.curves if section == "curves" else self.a.run.images
        head = [self.w("curve" if section == "curves" else "images"), self.w("meaning")]
        rows = [
            [f"<code>{html.escape(e.tag)}</code>", inline_html(e.meaning.get(self.language))] for e in entries
        ]
        return table(head, rows, "plain")

    def fid_table(self) -> str:
        """Thresholds of the feature networks, each with its calibration."""
        rows = []
        for entry in self.a.fid.thresholds:
            limit = self.w("no_threshold") if entry.threshold is None else f"<b>{entry.threshold:g}</b>"
            text = inline_html(entry.calibration.text.get(self.language))
            values = entry.calibration.values
            if values:
                seeds = ", ".join(f"{value:.2f} ({seed})" for seed, value in sorted(values.items()))
                text += f" FID (seed): {seeds}"
                if entry.calibration.mean is not None and entry.calibration.spread is not None:
                    text += f"; {entry.calibration.mean:.2f} ± {entry.calibration.spread:.2f}"
                text += "." if self.language == "en" else "。"
            rows.append([f"<code>{entry.network}</code>", limit, text])
        return table([self.w(key) for key in ("network", "threshold", "calibration")], rows, "plain center2")

    def duration_table(self) -> str:
        """Time to expect."""
        entries = self.a.run.durations
        with_gpu = any(entry.gpu for entry in entries)
        rows = []
        for entry in entries:
            gpu = [entry.gpu.get(self.language) if entry.gpu else "–"] if with_gpu else []
            rows.append([entry.what.get(self.language), entry.laptop.get(self.language), *gpu])
        keys = ("run", "laptop", *(["gpu"] if with_gpu else []))
        return table([self.w(key) for key in keys], rows, "plain")

    def deliverable_table(self) -> str:
        """What the zip holds."""
        rows = [
            [f"<code>{html.escape(d.path)}</code>", inline_html(d.what.get(self.language))]
            for d in self.a.submission.deliverables
        ]
        return table([self.w("path"), self.w("what")], rows, "plain")

    def question_table(self) -> str:
        """The report's questions with their points; optional ones at the end."""
        rows, ids = [], []
        for index, question in enumerate([*self.a.report.required, *self.a.report.optional], start=1):
            points = f"+{number(question.points)}" if question.optional else number(question.points)
            mark = f" <em>({self.w('optional')})</em>" if question.optional else ""
            title, body = question.title.get(self.language), inline_html(question.text.get(self.language))
            text = f"<b>{title}</b>{mark}<br>{body}"
            rows.append([str(index), text, points])
            ids.append(f"question-{question.id}")
        return table(["", self.w("question"), self.w("points")], rows, "questions", ids)

    def symptom_list(self) -> str:
        """The page "when it does not work": each symptom with cause and cure."""
        parts = []
        for symptom in self.a.symptoms:
            cause, cure = (
                inline_html(text.get(self.language)) for text in (symptom.cause, symptom.what_to_do)
            )
            # The program prints the English title, whatever language the handout is in.
            printed = symptom.watched and self.language != "en"
            warned = f' <span class="warned">{html.escape(symptom.symptom.en)}</span>' if printed else ""
            parts += [
                f'<section class="symptom" id="trouble-{symptom.id}">',
                f"<h3>{inline_html(symptom.symptom.get(self.language))}{warned}</h3>",
                f"<dl><dt>{self.w('cause')}</dt><dd>{cause}</dd>",
                f"<dt>{self.w('what_to_do')}</dt><dd>{cure}</dd></dl>",
                "</section>",
            ]
        return "\n".join(parts)


def _value(value: object) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return re.sub(r"e-0", "e-", html.escape(text))
