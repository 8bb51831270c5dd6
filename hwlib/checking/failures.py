"""What is said of code that does not come to its end: by the kind of failure or the exception's type."""

from __future__ import annotations

import re

from hwlib.checking.mistakes import Mistake
from hwlib.checking.words import say

GPU_BY_NAME = Mistake(
    "gpu_by_name",
    say(
        "the code asks for an NVIDIA GPU, whatever the device of the run",
        "无论运行在什么设备上，代码都要求 NVIDIA GPU",
    ),
    say(
        "Make tensors on the device of the arguments (mu.device, imgs.device, device), without .cuda().",
        "在参数所在的设备上创建张量（mu.device、imgs.device、device），不要用 .cuda()。",
    ),
)
NO_GPU = re.compile(r"Found no NVIDIA driver|not compiled with CUDA|No CUDA GPUs are available")
KINDS = {
    "timeout": Mistake(
        "timeout",
        say("the code does not come to an end in time", "代码没有在规定时间内运行完"),
        say(
            "A check waits for seconds where right code takes milliseconds.",
            "正确的代码只需几毫秒，而测试会等待若干秒。",
        ),
    ),
    "crashed": Mistake(
        "crashed",
        say("the code ended the process", "代码使进程提前结束"),
        say(
            "The code is called as a function and returns a value; the program goes on after it.",
            "代码会作为函数被调用并返回结果，之后程序还要继续运行。",
        ),
    ),
    "bad_reply": Mistake(
        "bad_reply",
        say("the code interferes with the checks", "代码干扰了测试程序"),
        say(
            "Leave the process's files, streams and libraries as they are.",
            "不要改动进程的文件、标准流和所用的库。",
        ),
    ),
}
_UNREADABLE = say(
    "Python can't read this line: compare its brackets, colon and indentation with the lines around it.",
    "Python 无法读懂这一行：请对照前后几行检查括号、冒号和缩进。",
)
HINTS = {
    "AttributeError": say(
        "Look for a misspelled name, and assign what __init__ builds to self: self.name = ...",
        "检查名称是否拼错；__init__ 中搭建的模块要赋给 self：self.name = ...",
    ),
    "SyntaxError": _UNREADABLE,
    "IndentationError": _UNREADABLE,
    "TabError": _UNREADABLE,
    "timeout": say(
        "Look for a loop that never ends, or for far more work than the handout asks for.",
        "检查是否有死循环，或者计算量远超作业要求。",
    ),
    "crashed": say(
        "Remove sys.exit, os._exit and the like; PyTorch itself crashes from too much memory.",
        "删去 sys.exit、os._exit 之类的调用；占用内存过多也会使 PyTorch 崩溃。",
    ),
}
