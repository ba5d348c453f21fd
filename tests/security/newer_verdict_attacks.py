"""More attacks on the verdict, of the kind of ``verdict_attacks``: by what Python lets a program change while it runs."""

# ruff: noqa: E501 - one attack is one row
from __future__ import annotations

from verdict_attacks import CHANNEL, FRAME, forgery

__all__ = ["NEWER", "TAKEN"]

# A gradient that is right but for the factor 2, under these names.
HALF = "hidden, out = forward(p)\nd2 = (out - Y) / out.size\nd1 = (d2 @ p['W2'].T) * (1 - hidden ** 2)\nhalf = {'W1': X.T @ d1, 'b1': d1.sum(0, keepdims=True), 'W2': hidden.T @ d2, 'b2': d2.sum(0, keepdims=True)}\n"
LOOKED = ("looks-at-checker",)
ENDED = ("ok", "exit", "error", "signal", "protocol", "internal", "time")

VALUES = (
    forgery("flipping", "have a gradient that another thread changes while it is read", before="import threading\nimport numpy as np\nheld = []\ndef flip():\n    while True:\n        for array in held:\n            array *= -1.0\nthreading.Thread(target=flip, daemon=True).start()", gradient=HALF + "held[:] = half.values()\nreturn half"),
    forgery("mapped", "have a gradient in a file that changes between two looks", before="import numpy as np\nopen('gradient', 'wb').write(bytes(8 * 12))\ncalls = []", gradient=HALF + "calls.append(1)\nmapped = np.memmap('gradient', dtype=np.float64, mode='r+', shape=(3, 4))\nmapped[:] = len(calls)\nhalf['W1'] = mapped\nreturn half", statuses=("ok", "error")),
    forgery("generator", "have a gradient that is made while it is walked through", gradient=HALF + "return (value for value in half.values())", statuses=("ok", "error")),
    forgery("lazy-keys", "have a gradient whose entries differ each time they are asked for", before="class Lazy(dict):\n    asked = 0\n    def __getitem__(self, name):\n        Lazy.asked += 1\n        return dict.__getitem__(self, name) * (Lazy.asked % 3)\n    def values(self):\n        return [self[name] for name in self]\n    def items(self):\n        return [(name, self[name]) for name in self]", gradient=HALF + "return Lazy(half)", statuses=("ok", "error")),
    forgery("endless-keys", "have a gradient with blocks without end", before="class Endless(dict):\n    def __iter__(self):\n        n = 0\n        while True:\n            n += 1\n            yield f'W{n}'\n    def __len__(self):\n        return 4\n    def items(self):\n        return ((name, 0.0) for name in self)\n    keys = __iter__\n    def __getitem__(self, name):\n        return 0.0", gradient="return Endless()", statuses=("ok", "error", "time", "memory"), slow=True),
    forgery("loss-object", "have a loss in an array of objects", before="class Same(float):\n    def __sub__(self, other):\n        return 0.0\n    __rsub__ = __sub__", loss="return np.array(Same(np.mean((forward(p)[1] - Y) ** 2)), dtype=object)", statuses=("ok", "error")),
    forgery("loss-fraction", "have a loss that is a fraction", before="from fractions import Fraction", loss="return Fraction(float(np.mean((forward(p)[1] - Y) ** 2)))", statuses=("ok", "error")),
    forgery("loss-text", "have a loss that is a word", loss="return '0.0'", statuses=("ok", "error")),
    forgery("loss-masked", "have a loss that is hidden", loss="return np.ma.masked_array(np.mean((forward(p)[1] - Y) ** 2), mask=True)", statuses=("ok", "error")),
    forgery("masked", "have a gradient that is hidden", gradient=HALF + "return {name: np.ma.masked_array(value, mask=True) for name, value in half.items()}", statuses=("ok", "error")),
    forgery("structured", "have a gradient of records", gradient=HALF + "return {name: value.view([('value', value.dtype)]) for name, value in half.items()}", statuses=("ok", "error")),
    forgery("byte-order", "have a gradient whose bytes are turned round", gradient=HALF + "return {name: value.view(value.dtype.newbyteorder()) for name, value in half.items()}", statuses=("ok", "error")),
    forgery("interface", "have a gradient that says where in memory it is", before="class Elsewhere:\n    def __init__(self, array):\n        self.array = array\n    @property\n    def __array_interface__(self):\n        return {'shape': self.array.shape, 'typestr': '<f8', 'data': (8, False), 'version': 3}", gradient=HALF + "return {name: Elsewhere(value) for name, value in half.items()}", statuses=("ok", "error", "signal")),
    forgery("depends-on-clock", "be right at even milliseconds", before="import time", gradient=HALF + "return {name: value * (2 if time.perf_counter_ns() // 10**6 % 2 else 1) for name, value in half.items()}"),
    forgery("depends-on-count", "be right for those who ask twice in a row", before="seen = []", gradient=HALF + "key = p['W1'].tobytes()\nagain = key in seen\nseen.append(key)\nreturn {name: value * (2 if again else 1) for name, value in half.items()}"),
    forgery("remembers-first", "be wrong far from the first point alone, and say so nowhere", before="first = []", gradient=HALF + "first.append(p['W1'].copy())\nnear = np.abs(p['W1'] - first[0]).max() < 1e-9\nreturn {name: value * (2 if near else 1) for name, value in half.items()}"),
    forgery("moves-loss", "turn its loss to what its gradient says, after it was asked for it", before="scale = [1.0]", loss="return scale[0] * np.mean((forward(p)[1] - Y) ** 2)", gradient=HALF + "scale[0] *= 0.5\nreturn half"),
)  # fmt: skip

CHANGED = (
    forgery("numpy-errors", "be called for every division by zero", middle="np.seterrcall(lambda *a: (_ for _ in ()).throw(SystemExit(0)))\nnp.seterr(all='call')", gradient="np.divide(1.0, 0.0)"),
    forgery("numpy-print", "have all numbers printed alike", middle="np.set_printoptions(formatter={'all': lambda x: '0.0'})"),
    forgery("numpy-buffer", "have NumPy work in pieces of 16", middle="np.setbufsize(16)"),
    forgery("numpy-random", "have the same random numbers drawn for ever", middle="np.random.default_rng = lambda *a, **k: np.random.Generator(np.random.PCG64(0))\nnp.random.seed = lambda *a: None"),
    forgery("numpy-types", "have 64 bits be 16", middle="np.float64 = np.float16\nnp.double = np.float16", statuses=ENDED),
    forgery("numpy-asarray", "have NumPy make zeros of everything", middle="np.asarray = np.ascontiguousarray = lambda value, *a, **k: np.zeros(np.shape(value))", statuses=ENDED),
    forgery("memory", "write over its parameters by their address", before="import ctypes", gradient="ctypes.memset(p['W1'].ctypes.data, 0, p['W1'].nbytes)"),
    forgery("read-only", "write into an array that may only be read", before="import ctypes\nimport numpy as np", gradient="for value in p.values():\n    ctypes.memmove(value.ctypes.data, np.ones_like(value).ctypes.data, value.nbytes)"),
    forgery("numbers", "make 2 a 1 for all of Python", before="import ctypes\nctypes.memmove(id(2) + 24, id(1) + 24, 4)", statuses=(*ENDED, "memory", "output", "forbidden")),
    forgery("garbage-collector", "be called at every collection", before="import gc\ngc.set_threshold(1)\ngc.callbacks.append(lambda *a: (_ for _ in ()).throw(SystemExit(0)))", statuses=("ok", "time", "error", "exit"), slow=True),
    forgery("switching", "have threads take turns all the time", before="import sys, threading\nsys.setswitchinterval(1e-9)\nfor _ in range(8):\n    threading.Thread(target=lambda: [None for _ in iter(int, 1)], daemon=True).start()", statuses=("ok", "time", "memory"), slow=True),
    forgery("audit", "refuse what the checker does", before="import sys\nsys.addaudithook(lambda event, arguments: (_ for _ in ()).throw(SystemExit(0)) if event == 'open' else None)", statuses=ENDED, findings=LOOKED),
    forgery("audit-silent", "hear of all that the checker does", before="import sys\nheard = []\nsys.addaudithook(lambda event, arguments: heard.append(event))", findings=LOOKED, statuses=("ok", "time", "memory"), slow=True),
    forgery("monitoring", "be told of every line that runs", before="import sys\ntool = getattr(sys, 'monitoring', None)\nif tool is not None:\n    tool.use_tool_id(2, 'x')\n    tool.register_callback(2, tool.events.LINE, lambda *a: None)\n    tool.set_events(2, tool.events.LINE)", findings=LOOKED),
    forgery("threads-traced", "have every thread that comes watched", before="import threading\nthreading.settrace(lambda *a: None)\nthreading.setprofile(lambda *a: None)", findings=LOOKED),
    forgery("referrers", "look for who holds its parameters", gradient="import gc\nfor holder in gc.get_referrers(p):\n    if isinstance(holder, dict) and 'numeric' in holder:\n        return holder['numeric']", findings=LOOKED),
    forgery("print", "have a print that ends the process", middle="import builtins\ndef end(*a, **k):\n    raise SystemExit(0)\nbuiltins.print = end", gradient="print('x')", statuses=ENDED),
    forgery("import", "have imports bring something else", middle="import builtins\nreal = builtins.__import__\nbuiltins.__import__ = lambda name, *a, **k: real('math' if 'gradcheck' in name else name, *a, **k)", statuses=ENDED),
    forgery("builtins", "have sums, lengths and numbers be zero", middle="import builtins\nbuiltins.sum = builtins.len = lambda *a: 0\nbuiltins.float = lambda *a: 0.0", statuses=(*ENDED, "memory", "output", "forbidden"), slow=True),
    forgery("stdout", "have an output that raises", middle="import sys\nclass Bad:\n    def __getattr__(self, name):\n        raise SystemExit(0)\nsys.stdout = sys.stderr = sys.stdin = Bad()", gradient="print('x')", statuses=("ok", "exit", "error")),
    forgery("hooks", "be called for every error that nobody catches", middle="import sys\nsys.excepthook = sys.unraisablehook = sys.displayhook = lambda *a: __import__('os')._exit(0)", statuses=("ok", "exit")),
    forgery("locale", "have decimal commas, and another time zone", middle="import locale, os, time\nfor name in ('de_DE.UTF-8', 'C.UTF-8', 'C'):\n    try:\n        locale.setlocale(locale.LC_ALL, name)\n        break\n    except locale.Error:\n        pass\nos.environ['TZ'] = 'Pacific/Chatham'\ntime.tzset()"),
    forgery("warnings", "warn without end", middle="import warnings\nwarnings.simplefilter('always')\nwarnings.showwarning = lambda *a, **k: (_ for _ in ()).throw(SystemExit(0))", gradient="for n in range(2000):\n    warnings.warn(str(n))", statuses=ENDED),
    forgery("warnings-are-errors", "have every warning be an error", middle="import warnings\nwarnings.simplefilter('error')\nnp.seterr(all='raise')", statuses=("ok", "error")),
    forgery("main", "put another program in its own place", middle="import sys, types\nsys.modules['__main__'] = types.ModuleType('__main__')"),
    forgery("module-class", "have its own module be of another kind", middle="import sys, types\nclass Odd(types.ModuleType):\n    def __getattribute__(self, name):\n        return types.ModuleType.__getattribute__(self, name) if name.startswith('__') else 0.0\nsys.modules['__main__'].__class__ = Odd", statuses=ENDED),
    forgery("module-names", "have every name that is asked for", before="def __getattr__(name):\n    if name.startswith('__'):\n        raise AttributeError(name)\n    return lambda *a, **k: 0.0"),
    forgery("globals", "forget all that it had", after="globals().clear()", statuses=("ok", "error")),
    forgery("own-lines", "show other lines than its own", middle="import linecache\nlinecache.cache.clear()\nlinecache.getline = linecache.getlines = lambda *a, **k: 'd2 = 2 * (out - Y) / out.size'\n__file__ = '/elsewhere.py'"),
    forgery("by-attributes", "change the checker by way of its own names", after="", middle="import gradcheck\nimport gradcheck as offered\nserving = offered.submissions.serving.serving\nserving.HANDLERS['loss'] = serving.HANDLERS['gradient'] = lambda network, arrays: serving._pack([np.zeros_like(a) for a in arrays])", findings=LOOKED),
    forgery("by-all-modules", "change the checker among all that is loaded", middle="import sys\nfor name, module in list(sys.modules.items()):\n    if name.endswith('serving.serving'):\n        module.HANDLERS['loss'] = module.HANDLERS['gradient'] = lambda network, arrays, m=module: m._pack([np.zeros_like(a) for a in arrays])", findings=LOOKED),
)  # fmt: skip

ENDS = (
    forgery("alarm", "have the kernel end it when time is up", before="import signal\nsignal.setitimer(signal.ITIMER_REAL, 0.02)\nwhile True:\n    pass", statuses=("signal",)),
    forgery("wake-up", "have signals written where answers go", before=f"import os, signal\nos.set_blocking({CHANNEL}, False)\nsignal.set_wakeup_fd({CHANNEL})\nsignal.signal(signal.SIGALRM, lambda *a: None)\nsignal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)", statuses=("protocol",)),
    forgery("fault-handler", "have tracebacks written where answers go", before=f"import faulthandler\nfaulthandler.dump_traceback_later(0.01, repeat=True, file={CHANNEL})", statuses=("protocol",)),
    forgery("half-answer", "end itself in the middle of an answer", before="import os\nreal = os.write\ndef write(place, data):\n    real(place, bytes(data)[: len(data) // 2])\n    os._exit(0)\nos.write = write", statuses=("exit", "protocol")),
    forgery("last-words", "send a verdict when its objects go", before=FRAME + f"class Last:\n    def __del__(self, write=os.write, said=frame(99, 'done', {{'verdict': 'pass'}})):\n        write({CHANNEL}, said)\nlast = Last()"),
    forgery("thread-words", "send verdicts between the answers", before=FRAME + f"import threading\nsaid = frame(3, 'ok', {{'verdict': 'pass', 'leaves': []}})\ndef talk():\n    while True:\n        os.write({CHANNEL}, said)\nthreading.Thread(target=talk, daemon=True).start()", statuses=("protocol",)),
    forgery("swapped-channel", "answer to itself", before=f"import os\nread, write = os.pipe()\nos.dup2(read, {CHANNEL - 1})\nos.dup2(write, {CHANNEL})", statuses=("time", "exit", "protocol"), slow=True),
    forgery("dead-words", "raise an error whose words never end", before="class Slow(Exception):\n    def __str__(self):\n        while True:\n            pass", forward="raise Slow", statuses=("time",), slow=True),
    forgery("no-words", "raise an error that has no words", before="class Mute(Exception):\n    def __str__(self):\n        raise RuntimeError('mute')\n    __repr__ = __str__", gradient="raise Mute", statuses=("ok", "error", "exit", "internal")),
    forgery("words-end", "raise an error whose words end the process", before="class Last(Exception):\n    def __str__(self):\n        raise SystemExit(0)", gradient="raise Last", statuses=("ok", "error", "exit", "internal")),
    forgery("no-class", "raise an error that says it is another", before="class Other(Exception):\n    @property\n    def __class__(self):\n        return SystemExit\n    __name__ = 'PASS'", gradient="raise Other", statuses=("ok", "error", "exit")),
    forgery("group", "raise many errors at once", before="class Many(BaseExceptionGroup):\n    pass", gradient="raise Many('all', [SystemExit(0), KeyboardInterrupt(), Many('in', [GeneratorExit()])])", statuses=("ok", "error", "exit")),
    forgery("generator-exit", "raise what ends a generator", gradient="raise GeneratorExit", statuses=("ok", "error", "exit")),
    forgery("stop", "raise what ends a loop", gradient="raise StopIteration", statuses=("ok", "error")),
    forgery("own-memory-error", "say that memory is full", gradient="raise MemoryError", statuses=("ok", "error", "memory")),
    forgery("own-refusal", "raise an error of the checker's own", before="from gradcheck.errors import GradcheckError", gradient="raise GradcheckError('passed')", statuses=("ok", "error", "internal")),
    forgery("circle", "raise an error that is its own cause", gradient="error = ValueError('round')\nerror.__cause__ = error.__context__ = error\nraise error", statuses=("ok", "error")),
    forgery("notes", "raise an error with megabytes of notes", gradient="error = ValueError('x')\nfor _ in range(100):\n    error.add_note('PASS ' * 20000)\nraise error", statuses=("ok", "error")),
    forgery("deep-traceback", "raise an error from very far down", before="import sys\nsys.setrecursionlimit(40000)\ndef down(n):\n    if n == 0:\n        raise ValueError('deep')\n    down(n - 1)", gradient="down(20000)", statuses=("ok", "error", "signal", "time"), slow=True),
    forgery("long-traceback", "raise an error again and again", gradient="error = ValueError('again')\nfor _ in range(100000):\n    try:\n        raise error\n    except ValueError:\n        pass\nraise error", statuses=("ok", "error", "time"), slow=True),
    forgery("right-to-left", "raise words that are read from the other end", gradient="raise ValueError('\\u202eSSAP\\u202c \\u2066\\x1b[32mPASS\\x1b[0m \\r\\x08\\x9b2J')", statuses=("ok", "error")),
    forgery("forbidden-name", "raise an error whose name is markup", before="Named = type('[bold]PASS[/]<b>\\u202e', (Exception,), {})", gradient="raise Named('x')", statuses=("ok", "error")),
    forgery("left-folder", "work in a folder that is gone", before="import os\nos.mkdir('gone')\nos.chdir('gone')\nos.rmdir('../gone')", statuses=("ok", "error")),
    forgery("many-loops", "train in a thousand loops", after="\n".join("for step in range(2):\n    value = loss(params)\n    grads = gradient(params)\n    for name in params:\n        params[name] -= 0.1 * grads[name]" for _ in range(60)), statuses=("ok", "time"), slow=True),
)  # fmt: skip

NEWER = (*VALUES, *CHANGED, *ENDS)
# What a check still takes for right: the factor of a loss that cannot be read as a number is not known, and neither is that of
# a loss that is held against a step one of whose blocks is not compared.
TAKEN = ("loss-object", "loss-fraction", "loss-text", "memory")
