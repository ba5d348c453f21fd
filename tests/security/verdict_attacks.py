"""Attacks on the verdict: programs with a wrong gradient that try to pass all the same, or to bring the checker down."""

# ruff: noqa: E501 - one attack is one row
from __future__ import annotations

import textwrap
from dataclasses import dataclass

# A network whose gradient lacks the factor 2 of its mean squared error. Attacks replace its parts.
PROGRAM = """\
{before}
import numpy as np

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))


def forward(p):
{forward}
    hidden = np.tanh(X @ p["W1"] + p["b1"])
    return hidden, hidden @ p["W2"] + p["b2"]


def loss(p):
{loss}
    return np.mean((forward(p)[1] - Y) ** 2)


def gradient(p):
{gradient}
    hidden, out = forward(p)
    d2 = (out - Y) / out.size
    d1 = (d2 @ p["W2"].T) * (1 - hidden ** 2)
    return {{"W1": X.T @ d1, "b1": d1.sum(0, keepdims=True), "W2": hidden.T @ d2, "b2": d2.sum(0, keepdims=True)}}


params = {{"W1": rng.normal(size=(3, 4)), "b1": rng.normal(size=(1, 4)),
          "W2": rng.normal(size=(4, 2)), "b2": rng.normal(size=(1, 2))}}
{middle}
for step in range(100):
    value = loss(params)
    grads = gradient(params)
    for name in params:
        params[name] -= 0.1 * grads[name]
{after}
"""
# Where a child's answers go out, and a frame's head.
CHANNEL = 4
FRAME = """\
import json, os, struct
def frame(number, op, data, payload=b"", arrays=()):
    header = json.dumps({"id": number, "op": op, "data": data, "arrays": list(arrays)}).encode()
    return struct.pack(">4sIQ", b"GCK1", len(header), len(payload)) + header + payload
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgery:
    """A program that tries something.

    Attributes
    ----------
    name, tries : str
    text : str
        The program.
    statuses : tuple of str
        How its process may end.
    slow : bool
        Whether it takes seconds.
    findings : tuple of str
        Ids that its record must hold.
    """

    name: str
    tries: str
    text: str
    statuses: tuple[str, ...] = ("ok",)
    slow: bool = False
    findings: tuple[str, ...] = ()


def forgery(
    name: str,
    tries: str,
    *,
    statuses: tuple[str, ...] = ("ok",),
    slow: bool = False,
    findings: tuple[str, ...] = (),
    **parts: str,
) -> Forgery:
    """A row of the table: the parts of the program that it replaces."""
    filled = {part: parts.get(part, "") for part in ("before", "forward", "loss", "gradient", "middle", "after")}
    for part in ("forward", "loss", "gradient"):
        filled[part] = textwrap.indent(filled[part], "    ")
    return Forgery(
        name=name, tries=tries, text=PROGRAM.format(**filled), statuses=statuses, slow=slow, findings=findings
    )


WRITE = f"os.write({CHANNEL}, "
ENDED = ("exit", "signal", "protocol", "ok", "error")
FORGERIES = (
    forgery("plain", "be wrong, and nothing else"),
    # what the checker might be using
    forgery("allclose", "make NumPy find everything close", middle="np.allclose = np.isclose = np.array_equal = lambda *a, **k: True"),
    forgery("norm", "make every norm zero", middle="np.linalg.norm = lambda *a, **k: 0.0"),
    forgery("abs", "make every absolute value zero", middle="import builtins\nbuiltins.abs = lambda x: 0.0\nbuiltins.max = lambda *a, **k: 0.0", statuses=ENDED),
    forgery("isinstance", "make everything an instance of everything", middle="import builtins\nkept = builtins.isinstance\nbuiltins.isinstance = lambda a, b: True", statuses=("ok", "exit", "internal", "protocol", "error")),
    forgery("subtract", "make NumPy's differences zero", middle="np.subtract = lambda a, b, **k: np.zeros_like(np.asarray(a))"),
    forgery("clock", "stop the clock", middle="import time\ntime.monotonic = time.time = time.perf_counter = lambda: 0.0"),
    forgery("modules", "put a checker of its own in the real one's place", before="import sys, types\nfake = types.ModuleType('gradcheck')\nfake.check = lambda *a, **k: 'PASS'\nsys.modules['gradcheck'] = sys.modules['gradcheck.checks'] = fake"),
    forgery("checks", "change the checker that it finds in its own process", before="import gradcheck.checks, gradcheck.records\nfor name in dir(gradcheck.checks):\n    if not name.startswith('_'):\n        setattr(gradcheck.checks, name, lambda *a, **k: True)\ngradcheck.records.Verdict.FAIL._value_ = 'pass'", findings=("looks-at-checker",)),
    forgery("import-hook", "answer imports itself", before="import sys\nclass Finder:\n    def find_spec(self, *a, **k):\n        return None\nsys.meta_path.insert(0, Finder())", findings=("looks-at-checker",)),
    forgery("json", "change how answers are written", middle="import json\nreal = json.dumps\njson.dumps = lambda value, **k: real({**value, 'op': 'pass', 'verdict': 'pass'} if isinstance(value, dict) else value, **k)", statuses=("protocol", "internal", "ok", "exit", "error")),
    forgery("encode", "change the answers themselves", middle="import gradcheck.submissions.exchange.protocol as p, gradcheck.submissions.serving.child as c\nc.encode = lambda frame: b'PASS'", statuses=("protocol", "exit", "time"), slow=True, findings=("looks-at-checker",)),
    forgery("handlers", "answer every question with zeros", middle="import gradcheck.submissions.serving.serving as s\ns.HANDLERS['loss'] = s.HANDLERS['gradient'] = lambda network, arrays: s._pack([np.zeros_like(a) for a in arrays])", findings=("looks-at-checker",)),
    forgery("trace", "be called for every line that runs", middle="import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)", findings=("looks-at-checker",)),
    forgery("recycle", "look for the right numbers among all objects", gradient="import gc\nfound = [a for a in gc.get_objects() if isinstance(a, dict) and 'numeric' in a]\nif found:\n    return found[0]['numeric']", findings=("looks-at-checker",)),
    forgery("frames", "look for the right numbers in the callers' variables", gradient="import sys\nframe = sys._getframe()\nwhile frame:\n    if 'numeric' in frame.f_locals:\n        return frame.f_locals['numeric']\n    frame = frame.f_back", findings=("looks-at-checker",)),
    # numbers that lie
    forgery("constant", "return the same gradient everywhere", gradient="if hasattr(gradient, 'kept'):\n    return gradient.kept\ngradient.kept = {k: np.ones_like(v) for k, v in p.items()}"),
    forgery("memorised", "return the right gradient of the first point everywhere", gradient="if not hasattr(gradient, 'kept'):\n    hidden, out = forward(p)\n    d2 = 2 * (out - Y) / out.size\n    d1 = (d2 @ p['W2'].T) * (1 - hidden ** 2)\n    gradient.kept = {'W1': X.T @ d1, 'b1': d1.sum(0, keepdims=True), 'W2': hidden.T @ d2, 'b2': d2.sum(0, keepdims=True)}\nreturn gradient.kept"),
    forgery("first-call", "be right at the first call alone", before="calls = []", gradient="calls.append(1)\nif len(calls) == 1:\n    hidden, out = forward(p)\n    d2 = 2 * (out - Y) / out.size\n    d1 = (d2 @ p['W2'].T) * (1 - hidden ** 2)\n    return {'W1': X.T @ d1, 'b1': d1.sum(0, keepdims=True), 'W2': hidden.T @ d2, 'b2': d2.sum(0, keepdims=True)}"),
    forgery("noise", "be wrong by chance", gradient="if np.random.rand() < 0.5:\n    return {k: np.zeros_like(v) for k, v in p.items()}"),
    forgery("zero", "have a loss and a gradient that are zero", loss="return 0.0 * np.mean((forward(p)[1] - Y) ** 2)", gradient="return {k: np.zeros_like(v) for k, v in p.items()}"),
    forgery("not-a-number", "have a loss that compares with nothing", loss="return float('nan') * np.mean((forward(p)[1] - Y) ** 2)"),
    forgery("infinite", "have a loss without end", loss="return float('inf') + np.mean((forward(p)[1] - Y) ** 2)"),
    forgery("equal", "have a loss that is equal to everything", before="class Equal(float):\n    __eq__ = __le__ = __ge__ = __lt__ = lambda self, other: True\n    __hash__ = float.__hash__\n    __sub__ = __rsub__ = lambda self, other: Equal(0)\n    __abs__ = lambda self: Equal(0)", loss="return Equal(np.mean((forward(p)[1] - Y) ** 2))", statuses=("ok", "error")),
    forgery("subclass", "have gradients whose functions lie", before="import numpy as np\nclass Liar(np.ndarray):\n    def __array_function__(self, function, types, args, kwargs):\n        return True\n    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):\n        return np.zeros(())\n    def __eq__(self, other):\n        return True", gradient="hidden, out = forward(p)\nd2 = (out - Y) / out.size\nd1 = (d2 @ p['W2'].T) * (1 - hidden ** 2)\nreturn {'W1': (X.T @ d1).view(Liar), 'b1': d1.sum(0, keepdims=True).view(Liar), 'W2': (hidden.T @ d2).view(Liar), 'b2': d2.sum(0, keepdims=True).view(Liar)}", statuses=("ok", "error")),
    forgery("converting", "have numbers that are made when they are asked for", before="class Late:\n    def __array__(self, *a, **k):\n        import numpy\n        return numpy.zeros((3, 4))\n    def __float__(self):\n        return 0.0\n    def __rmul__(self, other):\n        return 0.0", gradient="return {k: Late() for k in p}", statuses=("ok", "error")),
    forgery("strings", "have a gradient of words", gradient="return {k: 'PASS' for k in p}", statuses=("ok", "error")),
    forgery("objects", "have arrays of objects", gradient="return {k: np.array([[object()] * v.shape[1]] * v.shape[0]) for k, v in p.items()}", statuses=("ok", "error")),
    forgery("thread", "change the parameters behind the checker's back", before="import threading", middle="def shake():\n    while True:\n        params['W1'] += 1e-3 * np.random.randn(3, 4)\nthreading.Thread(target=shake, daemon=True).start()", statuses=("ok", "time", "error")),
    forgery("part-nan", "have one entry that compares with nothing, and the others right", gradient="hidden, out = forward(p)\nd2 = 2 * (out - Y) / out.size\nd1 = (d2 @ p['W2'].T) * (1 - hidden ** 2)\nfirst = X.T @ d1\nfirst[0, 0] = np.nan\nreturn {'W1': first, 'b1': d1.sum(0, keepdims=True), 'W2': hidden.T @ d2, 'b2': d2.sum(0, keepdims=True)}", statuses=("ok", "error")),
    forgery("part-infinite", "have one entry without end, and the others right", gradient="hidden, out = forward(p)\nd2 = 2 * (out - Y) / out.size\nd1 = (d2 @ p['W2'].T) * (1 - hidden ** 2)\nfirst = X.T @ d1\nfirst[0, 0] = np.inf\nreturn {'W1': first, 'b1': d1.sum(0, keepdims=True), 'W2': hidden.T @ d2, 'b2': d2.sum(0, keepdims=True)}", statuses=("ok", "error")),
    forgery("imaginary", "have the right real parts beside others", gradient="hidden, out = forward(p)\nd2 = 2 * (out - Y) / out.size\nd1 = (d2 @ p['W2'].T) * (1 - hidden ** 2)\nfirst = X.T @ d1 + 5j\nreturn {'W1': first, 'b1': d1.sum(0, keepdims=True), 'W2': hidden.T @ d2, 'b2': d2.sum(0, keepdims=True)}", statuses=("ok", "error")),
    forgery("low-precision", "have a gradient of which hardly anything can be told", gradient="hidden, out = forward(p)\nd2 = 2 * (out - Y) / out.size\nd1 = (d2 @ p['W2'].T) * (1 - hidden ** 2)\nfirst = (1.05 * X.T @ d1).astype(np.float16)\nreturn {'W1': first, 'b1': d1.sum(0, keepdims=True), 'W2': hidden.T @ d2, 'b2': d2.sum(0, keepdims=True)}"),
    forgery("one-number", "give one entry of the gradient as all of it", gradient="hidden, out = forward(p)\nd2 = 2 * (out - Y) / out.size\nd1 = (d2 @ p['W2'].T) * (1 - hidden ** 2)\nfirst = X.T @ d1\nfirst = np.lib.stride_tricks.as_strided(first, first.shape, (0, 0))\nreturn {'W1': first, 'b1': d1.sum(0, keepdims=True), 'W2': hidden.T @ d2, 'b2': d2.sum(0, keepdims=True)}"),
    forgery("bounds", "announce an error of the gradient that covers everything", middle="import gradcheck.submissions.serving.serving as s\nreal = s.HANDLERS['gradient']\ndef forged(network, arrays):\n    data, packed = real(network, arrays)\n    return {**data, 'errors': [1e300] * len(packed)}, packed\ns.HANDLERS['gradient'] = forged", findings=("looks-at-checker",)),
    forgery("hints", "announce clipping, and constants beside its logarithm", middle="import gradcheck.submissions.serving.serving as s\nreal = s.describe\ndef forged(network):\n    data, arrays = real(network)\n    return {**data, 'clips_gradient': True, 'logarithm': True, 'smoothing': [1e300], 'unsmoothed': True}, arrays\ns.describe = forged", findings=("looks-at-checker",)),
    forgery("sign", "say that its sign is turned round on purpose", gradient="hidden, out = forward(p)\nd2 = 2 * (Y - out) / out.size\nd1 = (d2 @ p['W2'].T) * (1 - hidden ** 2)\nreturn {'W1': X.T @ d1, 'b1': d1.sum(0, keepdims=True), 'W2': hidden.T @ d2, 'b2': d2.sum(0, keepdims=True)}", middle="import gradcheck.submissions.serving.serving as s\nreal = s.describe\ndef forged(network):\n    data, arrays = real(network)\n    return {**data, 'sign': -1}, arrays\ns.describe = forged", findings=("looks-at-checker",)),
    forgery("climbed-names", "say that what it calls its loss is a likelihood", gradient="hidden, out = forward(p)\nd2 = 2 * (Y - out) / out.size\nd1 = (d2 @ p['W2'].T) * (1 - hidden ** 2)\nreturn {'W1': X.T @ d1, 'b1': d1.sum(0, keepdims=True), 'W2': hidden.T @ d2, 'b2': d2.sum(0, keepdims=True)}", middle="import gradcheck.submissions.serving.serving as s\nreal = s.describe\ndef forged(network):\n    data, arrays = real(network)\n    return {**data, 'loss_names': ['log_likelihood']}, arrays\ns.describe = forged", findings=("looks-at-checker",)),
    forgery("climbed-words", "say that its loss is a reward", gradient="hidden, out = forward(p)\nd2 = 2 * (Y - out) / out.size\nd1 = (d2 @ p['W2'].T) * (1 - hidden ** 2)\nreturn {'W1': X.T @ d1, 'b1': d1.sum(0, keepdims=True), 'W2': hidden.T @ d2, 'b2': d2.sum(0, keepdims=True)}", middle="import gradcheck.submissions.serving.serving as s\nreal = s.describe\ndef forged(network):\n    data, arrays = real(network)\n    return {**data, 'loss_names': [], 'loss': 'the reward'}, arrays\ns.describe = forged", findings=("looks-at-checker",)),
    forgery("no-gradient", "say that its step is no gradient, and its loss a likelihood", gradient="hidden, out = forward(p)\nd2 = 2 * (Y - out) / out.size\nd1 = (d2 @ p['W2'].T) * (1 - hidden ** 2)\nreturn {'W1': X.T @ d1, 'b1': d1.sum(0, keepdims=True), 'W2': hidden.T @ d2, 'b2': d2.sum(0, keepdims=True)}", middle="import gradcheck.submissions.serving.serving as s\nreal = s.describe\ndef forged(network):\n    data, arrays = real(network)\n    return {**data, 'no_gradient': 'it is not meant to be one', 'loss_names': ['elbo']}, arrays\ns.describe = forged", findings=("looks-at-checker",)),
    forgery("smoothing", "announce constants of a half beside a logarithm", gradient="hidden, out = forward(p)\nd2 = 2 * (Y - out) / out.size\nd1 = (d2 @ p['W2'].T) * (1 - hidden ** 2)\nreturn {'W1': X.T @ d1, 'b1': d1.sum(0, keepdims=True), 'W2': hidden.T @ d2, 'b2': d2.sum(0, keepdims=True)}", middle="import gradcheck.submissions.serving.serving as s\nreal = s.describe\ndef forged(network):\n    data, arrays = real(network)\n    return {**data, 'logarithm': True, 'smoothing': [0.5], 'unsmoothed': False}, arrays\ns.describe = forged", findings=("looks-at-checker",)),
    forgery("no-parameters", "announce that there are no parameters", middle="import gradcheck.submissions.serving.serving as s\nreal = s.describe\ndef forged(network):\n    data, arrays = real(network)\n    return {**data, 'blocks': []}, []\ns.describe = forged"),
    forgery("empty-parameters", "announce that its parameters are empty", middle="import gradcheck.submissions.serving.serving as s\nreal = s.describe\ndef forged(network):\n    data, arrays = real(network)\n    return data, [array[:0] for array in arrays]\ns.describe = forged", statuses=("ok", "internal", "error")),
    forgery("same-names", "call all its parameters alike", middle="import gradcheck.submissions.serving.serving as s\nreal = s.describe\ndef forged(network):\n    data, arrays = real(network)\n    return {**data, 'blocks': [{**block, 'name': 'W'} for block in data['blocks']]}, arrays\ns.describe = forged", findings=("looks-at-checker",)),
    forgery("half-parameters", "announce parameters of half precision", middle="import gradcheck.submissions.serving.serving as s\nreal = s.describe\ndef forged(network):\n    data, arrays = real(network)\n    return {**data, 'blocks': [{**block, 'dtype': 'float16'} for block in data['blocks']]}, [array.astype('float16') for array in arrays]\ns.describe = forged", findings=("looks-at-checker",)),
    # its own process
    forgery("exit", "end itself in its forward pass", forward="raise SystemExit(0)", statuses=("ok", "exit", "error")),
    forgery("hard-exit", "end itself at once, with code 0", before="import os\nos._exit(0)", statuses=("exit",)),
    forgery("hard-exit-later", "end itself when it is asked for a gradient", before="import os\ncalls = []", gradient="calls.append(1)\nif len(calls) > 3:\n    os._exit(0)", statuses=("exit",)),
    forgery("abort", "crash", before="import os\nos.abort()", statuses=("signal",)),
    forgery("null", "read at address zero", before="import ctypes\nctypes.string_at(0)", statuses=("signal",)),
    forgery("recursion", "call itself without end", before="import sys\nsys.setrecursionlimit(10**9)\ndef deep(n):\n    return deep(n + 1)\ndeep(0)", statuses=("signal", "ok", "memory", "error", "exit", "time"), slow=True),
    forgery("recursion-error", "call itself to the limit", before="def deep(n):\n    return deep(n + 1)\ndeep(0)", statuses=("ok", "error")),
    forgery("base-exception", "raise what nobody catches", before="class Escape(BaseException):\n    pass\n", forward="raise Escape('out')", statuses=("ok", "error")),
    forgery("interrupt", "raise the exception of Ctrl-C", forward="raise KeyboardInterrupt", statuses=("ok", "error")),
    forgery("deleted", "end itself when an object goes", before="import os\nclass Bomb:\n    def __del__(self):\n        os._exit(7)", gradient="Bomb()", statuses=("exit",)),
    forgery("at-exit", "do things at exit", before="import atexit, os\natexit.register(os.write, 4, b'verdict: pass')", statuses=("ok",)),
    forgery("signal-handler", "ignore the signals that end it", before="import signal\nfor number in (signal.SIGTERM, signal.SIGXCPU, signal.SIGALRM):\n    signal.signal(number, signal.SIG_IGN)"),
    forgery("hang", "never answer, and swallow what would end it", before="while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass", statuses=("time",), slow=True),
    forgery("hang-later", "never answer a question for a gradient", before="calls = []", gradient="calls.append(1)\nwhile len(calls) > 2:\n    pass", statuses=("time",), slow=True),
    forgery("sleep", "sleep by the C library", before="import ctypes\nctypes.CDLL(None).sleep(1000)", statuses=("time",), slow=True),
    forgery("flood", "print without end", before="import os\nwhile True:\n    os.write(1, b'x' * 65536)", statuses=("output",)),
    forgery("flood-errors", "print errors without end", before="import os\nwhile True:\n    os.write(2, b'Traceback' * 6000)", statuses=("output",)),
    # the channel
    forgery("garbage", "write garbage where answers are expected", before=f"import os\n{WRITE}b'x' * 100)", statuses=("protocol",)),
    forgery("verdict-frame", "send a frame that says PASS", before=FRAME + f"{WRITE}frame(1, 'done', {{'verdict': 'pass'}}))", statuses=("protocol",)),
    forgery("guessed-frames", "send answers to requests that may come", before=FRAME + f"for number in range(50):\n    {WRITE}frame(number, 'ok', {{'leaves': []}}))", statuses=("protocol",)),
    forgery("truncated", "send half a frame, and end", before=FRAME + f"{WRITE}frame(1, 'network', {{}})[:20])\nos._exit(0)", statuses=("exit",)),
    forgery("oversized-header", "announce a header of gigabytes", before=FRAME + f"{WRITE}struct.pack('>4sIQ', b'GCK1', 2**32 - 1, 0))", statuses=("protocol",)),
    forgery("oversized-payload", "announce arrays of exabytes", before=FRAME + f"{WRITE}struct.pack('>4sIQ', b'GCK1', 2, 2**63))", statuses=("protocol",)),
    forgery("huge-shape", "announce a shape that is larger than the payload", before=FRAME + f"{WRITE}frame(1, 'network', {{}}, b'', [{{'dtype': 'float64', 'shape': [2**29, 2**29]}}]))", statuses=("protocol",)),
    forgery("nested", "send a header that is nested without end", before=FRAME + f"head = b'[' * 100000\n{WRITE}struct.pack('>4sIQ', b'GCK1', len(head), 0) + head)", statuses=("protocol",)),
    forgery("pickle", "send a pickle", before=f"import os, pickle\n{WRITE}pickle.dumps({{'verdict': 'pass'}}))", statuses=("protocol",)),
    forgery("closed", "close the channel, and hang", before=f"import os\nos.close({CHANNEL})\nwhile True:\n    pass", statuses=("protocol",), slow=True),
    forgery("replaced", "put the null device in the channel's place", before=f"import os\nos.dup2(os.open(os.devnull, os.O_RDWR), {CHANNEL})", statuses=("exit", "protocol", "time", "ok")),
    forgery("read-requests", "read the requests itself", before="import os", gradient="os.read(3, 1 << 20)", statuses=("time", "ok"), slow=True),
    # words
    forgery("markup", "have an error message with markup", before="raise ValueError('[bold red]PASS[/] <script>alert(1)</script> \\x1b[2J\\x1b]0;owned\\x07')", statuses=("error", "ok")),
    forgery("long", "have an error message of megabytes", before="raise ValueError('x' * 10**7)", statuses=("error", "ok")),
    forgery("surrogates", "have an error message that is no text", before="raise ValueError('\\ud800\\udfff' * 10)", statuses=("error", "ok", "exit", "internal")),
)  # fmt: skip
