"""The mistake behind differences from a layer table."""

from __future__ import annotations

from collections.abc import Sequence

from hwlib.checking.layer_differences import Difference, column_words, extra_layer, kind_words
from hwlib.checking.mistakes import Mistake
from hwlib.checking.words import joined, say


def mistake_of(differences: Sequence[Difference], unused: Sequence[str] = ()) -> Mistake | None:
    """The mistake that explains the differences, by the most telling of them; None if it has no name."""
    first = differences[0]
    missing = [d for d in differences if d.column == "layer" and d.layer]
    extra = [d for d in differences if d.column == "layer" and not d.layer]
    if missing:
        return _missing(", ".join(d.layer for d in missing), unused)
    if extra:
        return Mistake(
            "extra_layer",
            extra_layer(extra[0].what),
            say("The network has exactly the layers of the table.", "网络的各层与结构表完全一致，不多不少。"),
        )
    for column in ("type", "output", "padding", "kernel", "stride", "output padding"):
        for difference in differences:
            if difference.column == column:
                return _geometry(difference, differences)
    for rule in (_normalisation, _activation):
        for difference in differences:
            mistake = rule(difference)
            if mistake is not None:
                return mistake
    for difference in differences:
        if difference.column == "weights":
            return _untrained(difference.layer)
    return _bias(first) if first.column == "bias" else None


def _missing(layers: str, unused: Sequence[str]) -> Mistake:
    if unused:
        return Mistake(
            "unused_layers",
            say(
                "{layers} is defined but data does not pass through it",
                "定义了 {layers}，但数据没有经过它",
                layers=layers,
            ),
            say(
                "{count} parameters ({names}) do not take part in the forward pass.",
                "{count} 个参数（{names}）没有参与前向传播。",
                count=len(unused),
                names=", ".join(unused[:3]),
            ),
        )
    return Mistake(
        "layer_missing",
        say("{layers} is missing", "缺少 {layers}", layers=layers),
        say(
            "Every row of the table is one layer, in this order.",
            "结构表的每一行对应一层，顺序也与表中相同。",
        ),
    )


def _untrained(layers: str) -> Mistake:
    return Mistake(
        "untrained_weights",
        say(
            "no optimizer would change the weights of {layers}",
            "优化器不会更新 {layers} 的权重",
            layers=layers,
        ),
        say(
            "model.parameters() finds layers that are attributes of a module or stand in nn.Sequential, "
            "nn.ModuleList or nn.ModuleDict, not those in a Python list or dictionary; and parameters keep "
            "requires_grad=True.",
            "model.parameters() 只能找到作为模块属性的层，或放在 nn.Sequential、nn.ModuleList、"
            "nn.ModuleDict 中的层，找不到放在 Python 列表或字典中的层；参数也要保持 requires_grad=True。",
        ),
    )


def _bias(difference: Difference) -> Mistake:
    asked = say("{layer} should have a bias", "{layer} 应当有偏置", layer=difference.layer)
    if difference.expected != "yes":
        asked = say("{layer} should have no bias", "{layer} 不应有偏置", layer=difference.layer)
    return Mistake(
        "wrong_bias",
        asked,
        say(
            "The handout says which layers have a bias: the argument `bias` of the layer.",
            "作业说明规定了哪些层有偏置，用该层的 `bias` 参数设置。",
        ),
    )


def _geometry(difference: Difference, differences: Sequence[Difference]) -> Mistake:
    layer, found, expected = difference.layer, difference.found, difference.expected
    if difference.column == "type":
        return Mistake(
            "wrong_layer_type",
            say(
                "{layer} is a {found} in place of a {expected}",
                "{layer} 是 {found}，应为 {expected}",
                layer=layer,
                found=kind_words(found),
                expected=kind_words(expected),
            ),
            say(
                "The table's column `type` says which kind of layer each row is.",
                "结构表的“类型”一列说明了每一行是哪种层。",
            ),
        )
    if difference.column == "output" and " x " not in found + expected:
        return Mistake(
            "wrong_channels",
            say(
                "{layer} gives {found} numbers in place of {expected}",
                "{layer} 输出 {found} 个数，应为 {expected} 个",
                layer=layer,
                found=found,
                expected=f"{expected} ({difference.settings})" if difference.settings else expected,
            ),
            say(
                "The table's column `output` says how many; settings such as latent_dim are arguments of "
                "the constructor, and have other values than the defaults, too.",
                "结构表的“输出”一列规定了个数；latent_dim 等设置是构造函数的参数，也会取默认值以外的值。",
            ),
        )
    if difference.column == "output" and found.split(" x ")[1:] == expected.split(" x ")[1:]:
        return Mistake(
            "wrong_channels",
            say(
                "{layer} has {found} output channels in place of {expected}",
                "{layer} 的输出通道数是 {found}，应为 {expected}",
                layer=layer,
                found=found.split(" x ")[0],
                expected=expected.split(" x ")[0],
            ),
            say(
                "The first number of the table's output volume is the number of channels.",
                "结构表“输出”一列的第一个数是通道数。",
            ),
        )
    if difference.column == "output":
        return Mistake(
            "wrong_volume",
            say(
                "{layer} gives {found} in place of {expected}",
                "{layer} 的输出是 {found}，应为 {expected}",
                layer=layer,
                found=found,
                expected=expected,
            ),
            say(
                "Kernel, stride and padding of the row make the table's output volume.",
                "按该行的卷积核、步长和填充，才能得到表中的输出大小。",
            ),
        )
    if difference.column == "padding" and "(" in found:
        return Mistake(
            "padding_mode",
            say("{layer} pads with other numbers than zeros", "{layer} 没有用零填充", layer=layer),
            say("The table's padding is zero padding.", "结构表中的填充是零填充。"),
        )
    columns = sorted({d.column for d in differences if d.layer == layer} - {"output", "type"})
    names = joined([column_words(name) for name in columns], " and ", "、")
    return Mistake(
        "geometry_keeps_shape",
        say(
            "{layer} has another {columns} that happens to give the same volume",
            "{layer} 的{columns}与表中不同，只是输出大小碰巧相同",
            layer=layer,
            columns=names,
        ),
        say(
            "Kernel, stride and padding are those of the table, not others with the same output volume.",
            "卷积核、步长和填充都要与结构表一致，不能换成输出大小相同的其他取值。",
        ),
    )


def _normalisation(difference: Difference) -> Mistake | None:
    layer = difference.layer
    if difference.column == "order":
        return Mistake(
            "batch_norm_after_activation",
            say("BatchNorm stands after the activation in {layer}", "{layer} 的 BatchNorm 放在了激活函数之后",
                layer=layer),
            say("Within a row: the layer, then its normalisation, then its activation.",
                "每一行的顺序：先是该层，再是归一化，最后是激活函数。"),
        )  # fmt: skip
    if difference.column != "normalisation":
        return None
    if difference.expected == "batch_norm" and difference.found.startswith("batch_norm ("):
        return Mistake(
            "batch_norm_settings",
            say("{layer} has a BatchNorm with other settings: {found}",
                "{layer} 的 BatchNorm 设置不同：{found}",
                layer=layer, found=difference.found[len("batch_norm ("):].partition(")")[0]),
            say("nn.BatchNorm2d(channels) takes no other arguments here; its second one is eps, no momentum.",
                "此处写成 nn.BatchNorm2d(通道数) 即可，不带其他参数；第二个参数是 eps，不是动量。"),
        )  # fmt: skip
    if difference.expected == "batch_norm" and difference.found != "none":
        return Mistake(
            "wrong_normalisation",
            say("{layer} has {found} in place of one BatchNorm", "{layer} 用了 {found}，应为一个 BatchNorm",
                layer=layer, found=difference.found),
            say("Rows with the normalisation batch_norm have one BatchNorm2d after the layer.",
                "“归一化”一列为 BatchNorm2d 的行，在该层之后接一个 BatchNorm2d。"),
        )  # fmt: skip
    if difference.expected == "batch_norm":
        return Mistake(
            "batch_norm_missing",
            say("{layer} has no BatchNorm", "{layer} 缺少 BatchNorm", layer=layer),
            say("Rows with the normalisation batch_norm have a BatchNorm2d after the layer.",
                "“归一化”一列为 BatchNorm2d 的行，在该层之后接 BatchNorm2d。"),
        )  # fmt: skip
    return Mistake(
        "batch_norm_extra",
        say("{layer} has a BatchNorm that the table does not have", "{layer} 多了表中没有的 BatchNorm",
            layer=layer),
        say("Rows with the normalisation none have no BatchNorm.", "“归一化”一列为空的行没有 BatchNorm。"),
    )  # fmt: skip


def _activation(difference: Difference) -> Mistake | None:
    if difference.column != "activation":
        return None
    layer, found, expected = difference.layer, difference.found, difference.expected
    asks = say(
        "The table's column `activation` asks for {expected}.",
        "结构表的“激活函数”一列要求 {expected}。",
        expected=expected,
    )
    if expected == "none" and found == "relu" and difference.last:
        return Mistake(
            "relu_after_last_layer",
            say("ReLU after {layer}", "{layer} 之后多了 ReLU", layer=layer),
            say("{layer} has no activation: its output has both signs.",
                "{layer} 没有激活函数：输出可正可负。",
                layer=layer),
        )  # fmt: skip
    if expected == "none":
        return Mistake(
            "extra_activation",
            say("an activation ({found}) after {layer}", "{layer} 之后多了激活函数（{found}）",
                found=found, layer=layer),
            say("{layer} has no activation.", "{layer} 没有激活函数。", layer=layer),
        )  # fmt: skip
    if found == "none":
        return Mistake(
            "activation_missing",
            say("{expected} is missing after {layer}", "{layer} 之后缺少 {expected}",
                expected=expected, layer=layer),
            asks,
        )  # fmt: skip
    if found == f"relu, {expected}":
        return Mistake(
            "relu_before_last_activation",
            say("ReLU before the {expected} of {layer}", "{layer} 的 {expected} 之前多了 ReLU",
                expected=expected, layer=layer),
            say("{layer} has a single activation, {expected}: after a ReLU it can't reach half of its range.",
                "{layer} 只有一个激活函数 {expected}：先经过 ReLU，就取不到值域的另一半。",
                layer=layer, expected=expected),
        )  # fmt: skip
    if found.startswith("leaky_relu") and expected == "relu":
        return Mistake(
            "leaky_relu_for_relu",
            say("LeakyReLU in place of ReLU in {layer}", "{layer} 把 ReLU 写成了 LeakyReLU", layer=layer),
            say("The table asks for ReLU here; LeakyReLU belongs to the discriminator.",
                "此处结构表要求 ReLU；LeakyReLU 用于判别器。"),
        )  # fmt: skip
    return Mistake(
        f"{found.split(' ')[0].strip(',')}_for_{expected.split(' ')[0]}",
        say("{found} in place of {expected} in {layer}", "{layer} 用了 {found}，应为 {expected}",
            found=found, expected=expected, layer=layer),
        asks,
    )  # fmt: skip
