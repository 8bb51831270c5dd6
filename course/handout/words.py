"""What the tables of a handout say around the assignment's own words, in both languages."""

from __future__ import annotations

from hwlib.assignment import Language

WORDS: dict[str, dict[Language, str]] = {
    # layer tables
    "layer": {"en": "Layer", "zh": "层"},
    "network_column": {"en": "Network", "zh": "网络"},
    "type": {"en": "Type", "zh": "类型"},
    "output": {"en": "Output", "zh": "输出"},
    "kernel": {"en": "Kernel", "zh": "卷积核"},
    "stride": {"en": "Stride", "zh": "步长"},
    "padding": {"en": "Padding", "zh": "填充"},
    "output_padding": {"en": "Output padding", "zh": "输出填充"},
    "normalisation": {"en": "Normalisation", "zh": "归一化"},
    "activation": {"en": "Activation", "zh": "激活函数"},
    "conv": {"en": "convolution", "zh": "卷积"},
    "transposed_conv": {"en": "transposed convolution", "zh": "转置卷积"},
    "linear": {"en": "fully connected", "zh": "全连接"},
    "none": {"en": "–", "zh": "–"},
    "batch_norm": {"en": "BatchNorm2d", "zh": "BatchNorm2d"},
    "relu": {"en": "ReLU", "zh": "ReLU"},
    "leaky_relu": {"en": "LeakyReLU", "zh": "LeakyReLU"},
    "sigmoid": {"en": "sigmoid", "zh": "sigmoid"},
    "tanh": {"en": "tanh", "zh": "tanh"},
    "input": {"en": "Input", "zh": "输入"},
    # other tables
    "region": {"en": "Region", "zh": "区域"},
    "task": {"en": "What to do", "zh": "任务"},
    "points": {"en": "Points", "zh": "分值"},
    "checks": {"en": "Checks", "zh": "测试"},
    "public": {"en": "public", "zh": "公开"},
    "hidden": {"en": "hidden", "zh": "隐藏"},
    "optional": {"en": "optional", "zh": "选做"},
    "sum": {"en": "Sum", "zh": "合计"},
    "flag": {"en": "Flag", "zh": "参数"},
    "default": {"en": "Default", "zh": "默认值"},
    "meaning": {"en": "Meaning", "zh": "含义"},
    "curve": {"en": "Curve", "zh": "曲线"},
    "images": {"en": "Images", "zh": "图像"},
    "network": {"en": "Feature network", "zh": "特征网络"},
    "threshold": {"en": "Threshold", "zh": "阈值"},
    "calibration": {"en": "Where it comes from", "zh": "依据"},
    "no_threshold": {"en": "none yet", "zh": "暂无"},
    "loss": {"en": "Loss", "zh": "损失"},
    "summed": {"en": "Summed over", "zh": "求和"},
    "averaged": {"en": "Averaged over", "zh": "取平均"},
    "at_zero": {"en": "If all parameters are 0", "zh": "所有参数为 0 时"},
    "channels": {"en": "channels", "zh": "通道"},
    "height": {"en": "height", "zh": "高"},
    "width": {"en": "width", "zh": "宽"},
    "batch": {"en": "batch", "zh": "批"},
    "path": {"en": "In the zip", "zh": "压缩包中的内容"},
    "what": {"en": "What it is", "zh": "说明"},
    "run": {"en": "Run", "zh": "运行"},
    "laptop": {"en": "Laptop (CPU)", "zh": "笔记本电脑（CPU）"},
    "gpu": {"en": "GPU", "zh": "GPU"},
    "settings": {"en": "Settings", "zh": "设置"},
    "parameters": {"en": "Parameters", "zh": "参数量"},
    # page furniture
    "contents": {"en": "Contents", "zh": "目录"},
    "deadline": {"en": "Deadline", "zh": "截止时间"},
    "code": {"en": "code", "zh": "代码"},
    "report": {"en": "report", "zh": "报告"},
    "bonus": {"en": "up to {} bonus", "zh": "附加分至多 {}"},
    "cause": {"en": "Cause", "zh": "原因"},
    "what_to_do": {"en": "What to do", "zh": "解决办法"},
    "page": {"en": "Page", "zh": "第"},
    "other_language": {"en": "中文版", "zh": "English"},
    "question": {"en": "Question", "zh": "问题"},
    "originals": {"en": "test images", "zh": "测试图像"},
    "reconstructions": {"en": "reconstructions", "zh": "重构图像"},
    "samples": {"en": "samples", "zh": "采样图像"},
    "interpolation": {"en": "interpolation", "zh": "插值"},
    "curves": {"en": "curves", "zh": "曲线"},
    "comma": {"en": ", ", "zh": "，"},
}

SYMBOLS = {"latent_dim": "d", "hidden_dim": "h", "num_channels": "C"}  # of settings in the layer tables


def word(key: str, language: Language) -> str:
    """The word in that language. Raises KeyError if there is none."""
    return WORDS[key][language]
