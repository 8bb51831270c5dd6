"""Every word of the feedback pages that does not come from a check, in English and Chinese."""

from __future__ import annotations

from hwlib.checking.verdict import Language

TEXTS: dict[str, tuple[str, str]] = {
    "feedback": ("Feedback", "作业反馈"),
    "student": ("Student", "学号"),
    "total": ("Total", "总分"),
    "and": (", ", "、"),
    "of": ("of", "/"),
    "points": ("points", "分"),
    "all_parts": ("All parts together", "各部分合计"),
    "dropped": (
        "{track} ({points}) is the lowest of {group} and does not count",
        "{track}（{points}）为“{group}”中的最低分，不计入总分",
    ),
    "before_drop": ("before", "去掉最低分之前"),
    "code": ("Code", "代码"),
    "not_run": ("Not run yet, so not in the total", "尚未运行，未计入总分"),
    "report": ("Report", "报告"),
    "bonus": ("Bonus", "附加分"),
    "region": ("Part", "部分"),
    "result": ("Result", "结果"),
    "passed": ("passed", "通过"),
    "partly": ("partly right", "部分正确"),
    "wrong": ("not right yet", "尚不正确"),
    "blank": ("not filled in", "尚未填写"),
    "not_reached": ("not reached", "未能检查"),
    "grader_error": ("our error", "评分系统错误"),
    "public": ("public check", "公开测试"),
    "hidden": ("hidden check", "隐藏测试"),
    "expected": ("Expected", "期望结果"),
    "found": ("Found", "实际结果"),
    "mistake": ("Likely mistake", "可能的错误"),
    "look": ("Where to look", "查看位置"),
    "hint": ("Hint", "提示"),
    "handout": ("Handout", "作业说明"),
    "line": ("line", "第"),
    "line_end": ("", "行"),
    "trace": ("Your lines, innermost last", "你的代码行（最内层在最后）"),
    "layer": ("Layer", "层"),
    "should_be": ("should be", "应为"),
    "missing_layer": ("missing", "缺少"),
    "extra_layer": ("not in the table", "表中没有"),
    "waits_for": ("Could not be checked because this failed first", "因以下测试未通过而无法检查"),
    "grader_error_text": (
        "Our check broke down here. This is not your mistake and costs you nothing; a teaching assistant "
        "has been told.",
        "我们的测试程序在此出错。这不是你的错误，不会扣分；助教已收到通知。",
    ),
    "ungraded": ("not graded yet", "尚未评分"),
    "ungraded_text": (
        "Part of the grading broke down on our side, so there is no total yet. It is not a zero.",
        "评分过程中我们一方出现错误，因此暂无总分。这不是零分。",
    ),
    "missing": ("not handed in", "未提交"),
    "missing_text": (
        "No files of this part were found in your hand-in.",
        "在你的提交中没有找到这一部分的文件。",
    ),
    "refused": ("not accepted", "无法接收"),
    "refused_text": (
        "The file could not be opened for grading. Hand it in again as described.",
        "该文件无法打开评分，请按说明重新提交。",
    ),
    "pending": ("not marked yet", "待评分"),
    "so_far": ("so far; the report is not marked yet", "（目前得分；报告尚未评分）"),
    "hidden_note": (
        "Hidden checks are shown by name and hint only.",
        "隐藏测试只显示名称和提示。",
    ),
    "run": ("Your training run", "你的训练过程"),
    "training": ("training", "训练"),
    "dev": ("validation", "验证"),
    "steps": ("steps", "步"),
    "threshold": ("threshold", "阈值"),
    "reference": (
        "reference: {fid} ± {spread} (2 standard deviations over training seeds)",
        "参考实现：{fid} ± {spread}（多个训练种子的 2 倍标准差）",
    ),
    "yours": ("yours", "你的"),
    "fid_good": ("below the threshold by", "低于阈值"),
    "fid_bad": ("above the threshold by", "高于阈值"),
    "fid_note": (
        "lower is better; measured with the {network} features on {generated} samples and {real} {split} "
        "images",
        "越低越好；使用 {network} 特征，{generated} 张生成图像与 {real} 张 {split} 图像",
    ),
    "memorised": (
        "The samples lie closer to the training images than new images do: they may be copies.",
        "生成样本与训练图像的距离小于新图像与训练图像的距离：可能是复制的。",
    ),
    "findings": ("Your hand-in", "提交内容"),
    "rule": ("Rule", "规定"),
    "in_time": ("in time", "按时"),
    "handed_in": ("Handed in", "提交于"),
    "due": ("Due", "截止时间"),
    "extension": ("your own deadline", "你的个人截止时间"),
    "days_late": ("{days} days late", "迟交 {days} 天"),
    "semicolon": ("; ", "；"),
    "raw_mark": ("Before the late penalty", "扣除迟交分之前"),
    "late_penalty": ("Late penalty", "迟交扣分"),
    "late_refused": ("later than accepted", "超过可接受的时间"),
    "comments": ("Comments", "评语"),
    "severity_info": ("note", "说明"),
    "severity_warning": ("please mind", "请注意"),
    "severity_error": ("problem", "问题"),
    "next": ("What to look at first", "建议首先查看"),
    "all_right": ("Every check passed. Well done!", "所有测试都通过了，做得好！"),
    "details": ("Details", "详情"),
    "checks_passed": ("checks passed", "项测试通过"),
    "made_from": ("graded from", "评分文件"),
    "footer": (
        "Questions about a mark? Name the check, as printed here.",
        "对分数有疑问？请说明这里显示的测试名称。",
    ),
}


class Texts:
    """The texts in one language: `texts("total")`."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self._index = 1 if language == "zh" else 0

    def __call__(self, key: str, **values: object) -> str:
        text = TEXTS[key][self._index]
        return text.format(**values) if values else text

    def pick(self, en: str, zh: str) -> str:
        """`zh` on a Chinese page where there is one, else `en`."""
        return zh if self._index and zh else en
