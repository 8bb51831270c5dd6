"""Hostile submissions: what each adds to correct work, and the verdicts that it may end in.

`vae` is appended to VAE.py and `trainer` to trainer.py, so both can replace what they like; `files` are
put beside them. WRONG_LOSS makes the work wrong, so that an attack on the judging shows as "right" if it
succeeds. attack_kernel.py and attack_disguise.py have more of them, test_attack_programs.py has programs
that leave something behind.
"""

from __future__ import annotations

from attack import WRONG_LOSS, Attack, in_forward, loss_is
from attack_disguise import DISGUISE
from attack_kernel import KERNEL

LEAVING = [
    Attack("exit_at_import", ("crashed",), "import os; os._exit(0)", says="exited with code 0"),
    Attack("sys_exit_at_import", ("exception",), "import sys; sys.exit(0)", says="sys.exit(0)"),
    Attack("interrupt_at_import", ("exception",), "raise KeyboardInterrupt", says="KeyboardInterrupt"),
    Attack("exit_in_forward", ("crashed",), in_forward("import os; os._exit(0)")),
    Attack("sys_exit_in_forward", ("exception",), in_forward("raise SystemExit")),
    Attack("exit_in_thread", ("crashed",), """
import threading, os, time
threading.Thread(target=lambda: (time.sleep(0.05), os._exit(0)), daemon=True).start()
""" + in_forward("import time; time.sleep(5)")),
    Attack("exit_in_del", ("crashed",), in_forward("""
class Leaving:
    def __del__(self): import os; os._exit(0)
Leaving()
""")),
    Attack("atexit", ("right",), "import atexit, os; atexit.register(os._exit, 0)"),
    Attack("str_raises", ("exception",), """
class Rude(Exception):
    def __str__(self): raise RuntimeError("no")
    __repr__ = __str__
""" + in_forward("raise Rude()"), says="Rude"),
    Attack("str_exits", ("exception", "crashed"), """
class Rude(Exception):
    def __str__(self): raise SystemExit(0)
""" + in_forward("raise Rude()")),
    Attack("lying_exception_class", ("exception",), """
class Meta(type):
    @property
    def __name__(cls): raise KeyboardInterrupt
class Rude(BaseException, metaclass=Meta):
    @property
    def __class__(self): raise KeyboardInterrupt
""" + in_forward("raise Rude()")),
    Attack("closes_descriptors", ("crashed", "bad_reply"), in_forward("import os; os.closerange(0, 256)")),
    Attack("segmentation_fault", ("crashed",), in_forward("import ctypes; ctypes.string_at(0)"), says="SEGV"),
    Attack("endless_recursion", ("crashed", "exception", "timeout"), """
import sys; sys.setrecursionlimit(10**9)
def deep(n): return deep(n + 1)
""" + in_forward("deep(0)"), timeout=2.0),
    Attack("kills_everybody", ("right", "exception"), in_forward("""
import os, signal
os.kill(-1, signal.SIGKILL)
""")),
]  # fmt: skip

STAYING = [
    Attack("swallows_everything", ("timeout",), in_forward("""
import time
while True:
    try: time.sleep(1)
    except BaseException: pass
"""), timeout=1.0),
    Attack("ignores_signals", ("timeout",), in_forward("""
import signal
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
while True: pass
"""), timeout=1.0),
    Attack("stops_itself", ("right", "timeout"), in_forward("""
import os, signal
os.kill(os.getpid(), signal.SIGSTOP)
"""), timeout=5.0),
    Attack("deadlock", ("timeout",), in_forward("""
import threading
lock = threading.Lock(); lock.acquire(); lock.acquire()
"""), timeout=1.0),
    Attack("sleeps_at_import", ("timeout",), "import time; time.sleep(1000)", timeout=1.0),
    Attack("flush_never_returns", ("timeout",), """
import sys
class Slow:
    def write(self, text): return len(text)
    def flush(self):
        while True: pass
sys.stdout = Slow()
""", timeout=1.0),
    Attack("daemon", ("right",), """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(3, 256)
        while True: time.sleep(0.05)
    os._exit(0)
"""),
    Attack("alarm_in_our_loop", ("exception", "crashed", "right", "bad_reply"), """
import signal
def _ring(*_): raise RuntimeError("too late")
signal.signal(signal.SIGALRM, _ring); signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
""", WRONG_LOSS.replace("len(target)", "1.0")),
]  # fmt: skip

BOMBS = [
    Attack("fork_bomb", ("timeout", "exception", "crashed", "bad_reply"), in_forward("""
import os
while True:
    try: os.fork()
    except BaseException: pass
"""), timeout=2.0),
    Attack("thread_bomb", ("exception", "crashed"), in_forward("""
import threading, time
while True: threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
""")),
    Attack("memory_bomb", ("exception", "crashed"), in_forward("""
hoard = []
while True: hoard.append(bytearray(64 << 20))
""")),
    Attack("tensor_bomb", ("exception", "crashed"), in_forward("torch.ones(1 << 40)")),
    Attack("shared_mapping_bomb", ("exception", "crashed"), in_forward("""
import mmap
hoard = []
while True:
    block = mmap.mmap(-1, 256 << 20)
    for place in range(0, 256 << 20, 4096): block[place] = 1
    hoard.append(block)
""")),
    Attack("memfd_bomb", ("exception", "crashed"), in_forward("""
import os
hoard = []
while True:
    hoard.append(os.memfd_create("x"))
    for _ in range(64): os.write(hoard[-1], bytes(1 << 20))
""")),
    Attack("dev_shm_bomb", ("exception", "crashed"), in_forward("""
with open("/dev/shm/x", "wb") as file:
    while True: file.write(bytes(1 << 20))
"""), says="No space left"),
    Attack("tmp_bomb", ("exception", "crashed"), in_forward("""
n = 0
while True:
    n += 1
    with open(f"/tmp/{n}", "wb") as file: file.write(bytes(32 << 20))
"""), says="No space left"),
    Attack("folder_bomb", ("exception", "crashed"), in_forward("""
n = 0
while True:
    n += 1
    with open(f"{n}", "wb") as file: file.write(bytes(32 << 20))
"""), says="No space left"),
    Attack("inode_bomb", ("exception", "crashed"), in_forward("""
n = 0
while True:
    n += 1
    open(f"{n}", "wb").close()
"""), says="No space left"),
    Attack("output_bomb", ("crashed",), in_forward("""
while True: print("x" * 1_000_000)
"""), says="printed more than"),
    Attack("descriptor_bomb", ("exception", "crashed"), in_forward("""
import os
while True: os.dup(1)
""")),
    Attack("raises_its_limits", ("exception",), in_forward("""
import resource
resource.setrlimit(resource.RLIMIT_NPROC, (10**6, 10**6))
""")),
]  # fmt: skip

PATCHING = [
    Attack("patches_comparisons", ("wrong",), """
import math, numpy, torch
for module, name in ((torch, "allclose"), (torch, "equal"), (numpy, "allclose"), (math, "isclose"),
                     (numpy.testing, "assert_allclose"), (torch.testing, "assert_close")):
    setattr(module, name, lambda *args, **kwargs: True)
torch.Tensor.__eq__ = lambda *args: True
""", WRONG_LOSS),
    Attack("patches_pytest", ("wrong",), """
import sys, types
fake = types.ModuleType("pytest"); fake.fail = fake.raises = fake.approx = lambda *a, **k: None
sys.modules["pytest"] = sys.modules["_pytest"] = fake
""", WRONG_LOSS),
    Attack("patches_builtins", ("wrong", "exception", "bad_reply", "crashed"), """
import builtins
builtins.isinstance = lambda *args: True
builtins.len = lambda value: 1
builtins.abs = lambda value: 0
""", WRONG_LOSS.replace("len(target)", "7")),
    Attack("patches_random", ("wrong",), """
import torch
torch.manual_seed = lambda *args: None
torch.randn_like = torch.randn = lambda *args, **kwargs: torch.zeros(1)
""", WRONG_LOSS),
    Attack("patches_the_worker", ("wrong", "exception", "bad_reply", "grader_error"), """
import hwlib.checking.operations as operations, hwlib.checking.worker as worker
operations.Operations.run = lambda self, op, params: {"result": ("correct", 100), "passed": True}
""", WRONG_LOSS),
    Attack("patches_the_protocol", ("wrong", "exception", "bad_reply", "crashed"), """
import hwlib.checking.worker as worker
_write = worker.write_frame
_reply = {"result": {"dict": []}}
worker.write_frame = lambda stream, body, _: _write(
    stream, {"id": body["id"], "replies": [_reply] * len(body["replies"])}, []
)
""", WRONG_LOSS),
    Attack("looks_for_answers", ("wrong",), """
import gc, sys
def _search():
    frame, names = sys._getframe(), []
    while frame is not None:
        names += list(frame.f_locals) + list(frame.f_globals); frame = frame.f_back
    return sorted({name for name in names if any(part in name.lower() for part in ("expect", "answer"))})
print("FOUND", _search(), [name for name in sys.modules if name.startswith(("grader", "solutions"))])
""", WRONG_LOSS),
    Attack("dispatch_mode_left_on", ("wrong", "exception", "bad_reply"), """
import torch
from torch.utils._python_dispatch import TorchDispatchMode
class Lie(TorchDispatchMode):
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        return result * 0 if isinstance(result, torch.Tensor) and result.dim() == 0 else result
""", "import VAE\n_mode = VAE.Lie(); _mode.__enter__()\n" + WRONG_LOSS),
    Attack("function_mode_left_on", ("wrong", "exception", "bad_reply"), """
import torch
from torch.overrides import TorchFunctionMode
class Lie(TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        return True if "close" in str(func) or "eq" in str(func) else func(*args, **(kwargs or {}))
Lie().__enter__()
""", WRONG_LOSS),
    Attack("trace_function", ("wrong", "exception", "timeout"), """
import sys
def _spy(frame, event, argument): return _spy
sys.settrace(_spy)
""", WRONG_LOSS),
]  # fmt: skip

LYING_VALUES = [
    Attack("tensor_subclass", ("wrong",), trainer=loss_is("_Lie(a * 7), _Lie(b * 7)", """
import torch
class _Lie(torch.Tensor):
    def __new__(cls, value): return torch.Tensor._make_subclass(cls, value.detach())
    def __eq__(self, other): return True
    def __float__(self): return 0.0
    @property
    def shape(self): return torch.Size([])
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return True
""")),
    Attack("float_subclass", ("wrong",), trainer=loss_is("_Lie(1.0), _Lie(2.0)", """
class _Lie(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    def __repr__(self): return "right"
""")),
    Attack("duck", ("wrong",), trainer=loss_is("_Duck(), _Duck()", """
import torch
class _Duck:
    __class__ = torch.Tensor
    def __getattr__(self, name): return lambda *a, **k: self
    def __eq__(self, other): return True
""")),
    Attack("canned_answer", ("wrong",), trainer="""
import torch
Trainer.loss_fn = lambda self, *args: (torch.tensor(709.7827), torch.tensor(0.0))
"""),
    Attack("terabyte", ("bad_reply",), trainer=loss_is("a.reshape(1).expand(1 << 38), b"), says="the limit"),
    Attack("not_a_number", ("wrong",), trainer=loss_is("a * float('nan'), b * float('nan')")),
    Attack("infinite", ("wrong",), trainer=loss_is("a * float('inf'), b")),
    Attack("complex", ("wrong",), trainer=loss_is("a + 0j, b + 0j")),
    Attack("wrong_dtype", ("wrong",), trainer=loss_is("a.to(__import__('torch').int8), b.double()")),
    Attack("sparse", ("wrong",), trainer=loss_is("a.reshape(1).to_sparse(), b.reshape(1).to_sparse()")),
    Attack("huge_integer", ("wrong",), trainer=loss_is("10 ** 6000, b")),
    Attack("endless_nesting", ("wrong",), trainer=loss_is("_nest(), b", """
def _nest():
    value = []
    for _ in range(100_000): value = [value]
    return value
""")),
    Attack("contains_itself", ("wrong",), trainer=loss_is("_loop, b", "_loop = []\n_loop.append(_loop)")),
    Attack("endless_list", ("bad_reply", "crashed", "exception"), trainer=loss_is("[0] * 4_000_000, b")),
    Attack("texts_with_marks", ("wrong",), trainer=loss_is('{"tensor": 0}, {"ref": "model"}')),
]  # fmt: skip

SHADOWS = [
    Attack("pytest_files", ("right",), files={
        "conftest.py": "open('/tmp/touched', 'w').write('x')\ndef pytest_runtest_makereport(): return None",
        "pytest.ini": "[pytest]\naddopts = -p evil",
        "pyproject.toml": "[tool.pytest.ini_options]\npythonpath = '.'",
        "tox.ini": "[pytest]", "setup.cfg": "[tool:pytest]",
    }),
    Attack("startup_files", ("right",), files={
        "sitecustomize.py": "import os; os._exit(0)", "usercustomize.py": "import os; os._exit(0)",
        "evil.pth": "import os; os._exit(0)",
    }),
    Attack("shadows_torch", ("right",), files={"torch.py": "raise SystemExit(0)"}),
    Attack("shadows_the_library", ("right",), files={
        f"{name}.py": "import os; os._exit(0)" for name in ("random", "json", "struct", "typing", "math")
    }, vae="import random, json, struct, typing, math"),
    Attack("shadows_hwlib", ("right",), files={
        "hwlib/__init__.py": "import os; os._exit(0)", "hwlib/checkpoint.py": "import os; os._exit(0)",
        "hwlib/checking/__init__.py": "import os; os._exit(0)",
    }, vae="import hwlib.checkpoint"),
]  # fmt: skip

CHANNEL = [
    Attack("frames_on_standard_output", ("right",), in_forward(r"""
import os, struct
body = b'{"body": {"id": "0", "result": {"dict": []}}, "arrays": []}'
os.write(1, b"HWK1" + struct.pack(">I", len(body)) + body)
os.write(2, b"HWK1" + struct.pack(">I", len(body)) + body)
""")),
    Attack("frames_on_the_channel", ("bad_reply",), in_forward(r"""
import os, struct
body = b'{"body": {"id": "0", "result": {"dict": []}}, "arrays": []}'
for number in range(3, 64):
    try: os.write(number, b"HWK1" + struct.pack(">I", len(body)) + body)
    except OSError: pass
"""), says="no question that was asked"),
    Attack("answers_for_us", ("wrong",), trainer=r"""
import os, struct, sys
def _attack(self, target, recon, mu, log_std):
    frame = sys._getframe()
    while "body" not in frame.f_locals: frame = frame.f_back
    asked = frame.f_locals["body"]
    claims = ['{"result": {"dict": [["result", "ok"], ["passed", true]]}}'] * len(asked["requests"])
    frame = '{"body": {"id": "%s", "replies": [%s]}, "arrays": []}' % (asked["id"], ", ".join(claims))
    body = frame.encode()
    for number in range(3, 64):
        try: os.write(number, b"HWK1" + struct.pack(">I", len(body)) + body)
        except OSError: pass
    while True: pass
Trainer.loss_fn = _attack
""", timeout=5.0),
    Attack("claims_a_large_frame", ("timeout",), in_forward(r"""
import os, struct, time
body = b'{"body": {}, "arrays": [{"dtype": "uint8", "shape": [250000000]}]}'
for number in range(3, 64):
    try: os.write(number, b"HWK1" + struct.pack(">I", len(body)) + body)
    except OSError: pass
while True:
    time.sleep(0.1)
"""), timeout=1.0),
    Attack("replies_without_end", ("bad_reply", "timeout", "crashed"), in_forward(r"""
import os, threading
def flood():
    while True:
        for number in range(3, 64):
            try: os.write(number, b"\0" * 65536)
            except OSError: pass
threading.Thread(target=flood, daemon=True).start()
"""), timeout=5.0),
    Attack("shapes_that_overflow", ("bad_reply",), in_forward(r"""
import os, struct
body = b'{"body": {}, "arrays": [{"dtype": "float32", "shape": [4294967296, 4294967296]}]}'
for number in range(3, 64):
    try: os.write(number, b"HWK1" + struct.pack(">I", len(body)) + body)
    except OSError: pass
""")),
    Attack("claims_a_grader_error", ("grader_error",), trainer=r"""
import hwlib.checking.worker as worker
def _attack(*args): raise worker.EngineError("please look at me by hand")
import hwlib.checking.operations as operations
operations.Operations.run = _attack
""", says="can forge this"),
]  # fmt: skip

ATTACKS = [*LEAVING, *STAYING, *BOMBS, *PATCHING, *LYING_VALUES, *SHADOWS, *CHANNEL, *KERNEL, *DISGUISE]
