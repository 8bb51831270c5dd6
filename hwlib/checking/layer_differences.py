"""What may differ from a layer table, in words: the table's columns, their values, and one difference."""

from __future__ import annotations

from dataclasses import dataclass

from hwlib.checking.words import NO_WORDS, Words, as_is, say

COLUMNS: dict[str, Words] = {
    "type": say("type", "类型"),
    "output": say("output", "输出"),
    "kernel": say("kernel", "卷积核"),
    "stride": say("stride", "步长"),
    "padding": say("padding", "填充"),
    "output padding": say("output padding", "输出填充"),
    "normalisation": say("normalisation", "归一化"),
    "activation": say("activation", "激活函数"),
}
"""The columns of a layer table that are compared; in Chinese as in the handout."""
VALUES: dict[str, Words] = {
    "conv": say("conv", "卷积"),
    "transposed_conv": say("transposed_conv", "转置卷积"),
    "linear": say("linear", "全连接"),
    "none": say("none", "无"),
    "registered": say("among the model's trained parameters", "在模型的可训练参数之中"),
    "unregistered": say("not among the model's trained parameters", "不在模型的可训练参数之中"),
    "batch_norm, then the activation": say("batch_norm, then the activation", "先 batch_norm，再激活函数"),
}
"""What may stand in a column and is no number and no name of a PyTorch function."""
_OTHERS = {"bias": say("bias", "偏置"), "order": say("order", "顺序"),
           "weights": say("weights", "权重")}  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """One property of one layer that is not as in the table.

    Attributes:
        layer: the handout's id; "" for a layer that the table lacks.
        column: the property, "layer" for a layer that is missing or too much; `what` then describes it.
        last: whether it is the table's last layer.
        settings: those that its output depends on.
    """

    layer: str
    column: str
    found: str
    expected: str
    last: bool = False
    what: Words = NO_WORDS
    settings: str = ""

    @property
    def expected_text(self) -> Words:
        if self.column == "layer" and self.layer:
            return say("{layer} ({what})", "{layer}（{what}）", layer=self.layer, what=self.what)
        if self.column == "layer":
            return say("no further layer", "没有更多的层")
        return self._property(self.expected) if self.column != "output" else self._expected_output()

    @property
    def found_text(self) -> Words:
        if self.column == "layer" and self.layer:
            return say("no {layer}", "缺少 {layer}", layer=self.layer)
        if self.column == "layer":
            return extra_layer(self.what)
        return self._property(self.found)

    def _expected_output(self) -> Words:
        shown = self._property(self.expected)
        if not self.settings:
            return shown
        return say("{shown} ({settings})", "{shown}（{settings}）", shown=shown, settings=self.settings)

    def _property(self, value: str) -> Words:
        column = column_words(self.column)
        shown = VALUES.get(value or "none") or as_is(value)
        return say("{layer}: {column} {value}", "{layer}：{column} {value}",
                   layer=self.layer, column=column, value=shown)  # fmt: skip


def column_words(column: str) -> Words:
    """A column of the table, or what else of a layer may differ."""
    return COLUMNS.get(column) or _OTHERS[column]


def kind_words(kind: str) -> Words:
    """The kind of a layer, for a sentence."""
    words = VALUES.get(kind) or as_is(kind)
    return Words(words.en.replace("_", " "), words.zh)


def extra_layer(found: Words) -> Words:
    """What is said of a layer that the table lacks."""
    return say("a layer that the table does not have: {layer}", "结构表中没有的层：{layer}", layer=found)
