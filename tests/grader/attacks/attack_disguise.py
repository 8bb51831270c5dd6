"""Submissions that behave for whoever watches, and that reach into what runs around their code.

They look for the judge (by the stack, by modules, by counting calls), leave hooks and modes behind in torch,
Python and its collector, or write replies whose form is the attack.
"""

from __future__ import annotations

from attack import WRONG_LOSS, Attack, in_forward, loss_is


def frame_of(body: str) -> str:
    """Code that writes a frame with this body (a Python expression) to every descriptor there may be."""
    return in_forward(f"""
import os, struct
body = {body}
for number in range(3, 64):
    try: os.write(number, b"HWK1" + struct.pack(">I", len(body)) + body)
    except OSError: pass
""")


def right_if(condition: str) -> str:
    """A loss that is right only where the condition holds."""
    return f"""
import os, sys, time
_right, _calls = Trainer.loss_fn, [0]
def _names():
    found, frame = set(), sys._getframe()
    while frame is not None:
        found |= {{str(frame.f_globals.get("__name__")), frame.f_code.co_filename}}; frame = frame.f_back
    return " ".join(found)
def _loss(self, *args):
    _calls[0] += 1
    a, b = _right(self, *args)
    return (a, b) if {condition} else (a * 3, b)
Trainer.loss_fn = _loss
"""


WATCHED = [
    Attack("looks_at_the_stack", ("wrong",), trainer=right_if(
        "'grader' in _names() or 'pytest' in _names()"
    )),
    Attack("looks_at_modules", ("wrong",), trainer=right_if(
        "[n for n in sys.modules if n.startswith(('grader.', 'solutions', '_pytest'))] or os.getppid() > 1"
    )),
    Attack("looks_for_us_in_proc", ("wrong",), trainer=right_if(
        "any(word in open('/proc/1/environ').read() for word in ('GRADER', 'PYTEST', 'COURSE'))"
    )),
    Attack("right_every_other_time", ("wrong",), trainer=right_if("_calls[0] % 2 == 0")),
    Attack("another_kind_every_other_time", ("wrong",), trainer=loss_is(
        "(a, b) if _calls.pop() else 'again'", "_calls = [True, False]"
    )),
]  # fmt: skip

LEFT_BEHIND = [
    Attack("hooks_of_all_modules", ("wrong",), """
import torch
torch.nn.modules.module.register_module_forward_hook(lambda module, given, result: result)
torch.nn.modules.module.register_module_forward_pre_hook(lambda module, given: None)
""", WRONG_LOSS),
    Attack("a_hook_that_changes_results", ("wrong", "exception"), """
import torch
torch.nn.modules.module.register_module_forward_hook(lambda module, given, result: result.new_ones(1))
"""),
    Attack("profile_function", ("wrong", "exception", "crashed", "bad_reply"), """
import sys, threading
def _spy(frame, event, argument):
    for name in list(frame.f_locals):
        if name in ("passed", "result", "kind"): frame.f_locals[name] = "right"
sys.setprofile(_spy); threading.setprofile(_spy)
""", WRONG_LOSS),
    Attack("audit_hook", ("crashed", "exception"), """
import sys
def _audit(event, arguments):
    if event.startswith(("import", "open")): raise SystemExit(0)
sys.addaudithook(_audit)
""", WRONG_LOSS),
    Attack("collector_calls_back", ("wrong", "exception", "crashed"), """
import gc
def _raise(*_): raise SystemExit(0)
gc.callbacks.append(_raise); gc.set_threshold(50, 2, 2)
""", WRONG_LOSS),
    Attack("collector_finds_the_worker", ("wrong", "grader_error", "bad_reply"), """
import gc
for thing in gc.get_objects():
    if type(thing).__name__ == "Operations": thing.run = lambda op, params: {"result": "right"}
""", WRONG_LOSS),
    Attack("last_words_of_python", ("right",), """
import os, sys, threading
sys.excepthook = sys.unraisablehook = threading.excepthook = sys.displayhook = lambda *_: os._exit(0)
"""),
    Attack("dumps_and_leaves", ("crashed",), """
import faulthandler
faulthandler.dump_traceback_later(0.2, exit=True)
""" + in_forward("import time; time.sleep(10)"), says="exited with code 1"),
    Attack("double_precision_for_all", ("wrong", "exception"), """
import torch
torch.set_default_dtype(torch.float64)
""", WRONG_LOSS),
    Attack("no_device_for_anybody", ("wrong", "exception", "bad_reply"), """
import torch
torch.set_default_device("meta")
""", WRONG_LOSS),
    Attack("inference_mode_left_on", ("right", "exception"), """
import torch
torch.inference_mode().__enter__()
"""),
    Attack("patches_json", ("bad_reply", "exception", "crashed"), """
import json
json.dumps = lambda *a, **k: '{"body": {"id": NaN, "id": 1e999, "replies": [[[]]]}, "arrays": []}'
""", WRONG_LOSS),
]  # fmt: skip

REPLIES = [
    Attack("numbers_that_are_none", ("wrong",), trainer="""
import hwlib.checking.worker as worker
worker.pack = lambda *_: {"dict": [["result", {"tuple": [float("nan"), float("inf")]}], ["result", [1e308]]]}
"""),
    Attack("texts_of_half_characters", ("wrong",), trainer=r"""
import hwlib.checking.worker as worker
worker.pack = lambda *_: {"dict": [["\ud800\0\u202e", {"opaque": "\udfff\x1b[2J"}], ["result", "\ud800"]]}
"""),
    Attack("brackets_without_end", ("bad_reply",), frame_of(
        "b'{\"body\": ' + b'[' * 200_000"
    ), says="RecursionError"),
    Attack("digits_without_end", ("bad_reply",), frame_of(
        "b'{\"arrays\": [], \"body\": ' + b'9' * 100_000 + b'}'"
    ), says="ValueError"),
    Attack("frames_without_end", ("bad_reply",), in_forward(r"""
import os, struct
body = b'{"body": {}, "arrays": []}'
while True:
    for number in range(3, 64):
        try: os.write(number, b"HWK1" + struct.pack(">I", len(body)) + body)
        except OSError: pass
"""), timeout=5.0),
    Attack("a_reply_byte_by_byte", ("timeout",), in_forward(r"""
import os, struct, sys, time
frame = sys._getframe()
while "replies" not in frame.f_locals or "requests" not in frame.f_locals: frame = frame.f_back
channel = frame.f_locals["replies"].fileno()
for byte in b"HWK1" + struct.pack(">I", 1000) + b" " * 1000:
    os.write(channel, bytes([byte])); time.sleep(0.05)
"""), timeout=1.5),
    Attack("a_class_with_a_long_name", ("wrong",), trainer=loss_is(
        'type("\\x1b[31m\\u202e<script>" * 100_000, (), {})(), b'
    )),
    Attack("an_exception_with_a_long_name", ("exception",), in_forward(
        'raise type("\\x1b[31m<b>" * 100_000, (Exception,), {"__str__": lambda s: "\\ud800\\0" * 500_000})()'
    )),
    Attack("output_byte_by_byte", ("right",), in_forward("""
import os
for _ in range(50_000): os.write(2, b"x")
""")),
]  # fmt: skip

DISGUISE = [*WATCHED, *LEFT_BEHIND, *REPLIES]
