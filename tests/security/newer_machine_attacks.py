"""More attacks on the machine, of the kind of ``machine_attacks``: by /proc, by second thoughts, by rarer calls."""

# ruff: noqa: E501 - one attack is one row
from __future__ import annotations

from machine_attacks import CALLED, CONTROLLER, EITHER, LANDLOCK, LIBC, LIMITS, SECCOMP, case

__all__ = ["NEWER"]

# A ruleset of its own that allows everything, laid upon itself after the one that it was given.
RULES = (
    LIBC
    + "import struct\nrules = libc.syscall(444, struct.pack('Q', 0x1fff), 8, 0)\ndoor = os.open('/', os.O_PATH)\n"
    + "libc.syscall(445, rules, 1, struct.pack('=Qi', 0x1fff, door), 0)\nlibc.prctl(38, 1, 0, 0, 0)\nlibc.syscall(446, rules, 0)\n"
)
# A filter of its own that lets every call pass.
FILTER = (
    LIBC
    + "import struct\nbody = ctypes.create_string_buffer(struct.pack('HBBI', 6, 0, 0, 0x7fff0000), 8)\n"
    + "program = struct.pack('HxxxxxxQ', 1, ctypes.addressof(body))\nlibc.prctl(38, 1, 0, 0, 0)\nlibc.prctl(22, 2, program, 0, 0)\n"
)

BY_PROC = (
    case("processes", "see who else runs", "os.listdir('/proc')", LANDLOCK),
    case("descriptors-of", "see what its controller has open", "os.listdir(f'/proc/{CONTROLLER}/fd')", LANDLOCK),
    case("program-of", "see which program its controller is", "os.readlink(f'/proc/{CONTROLLER}/exe')", LANDLOCK, works=None),
    case("folder-of", "go by its controller's own folder", "os.listdir(f'/proc/{CONTROLLER}/cwd/')", LANDLOCK, works=None),
    case("root-of", "go by its controller's root", "open(f'/proc/{CONTROLLER}/root' + SECRET).read()", LANDLOCK, works=None),
    case("maps-of", "see where its controller's memory lies", "open(f'/proc/{CONTROLLER}/maps').read()", LANDLOCK, works=None),
    case("pipe-of", "read from a descriptor of its controller's", "os.close(os.open(f'/proc/{CONTROLLER}/fd/0', os.O_RDONLY | os.O_NONBLOCK))", LANDLOCK, works=None),
    case("sockets-of", "see who talks within the machine", "open('/proc/self/net/unix').read()", LANDLOCK, works=None),
    case("mounted", "see what is mounted where", "open('/proc/self/mountinfo').read()", LANDLOCK),
    case("core-pattern", "have the kernel start a program when something crashes", "os.close(os.open('/proc/sys/kernel/core_pattern', os.O_WRONLY))", LANDLOCK, works=None),
    case("last-to-go", "have others ended before it where memory runs out", "open('/proc/self/oom_score_adj', 'w').write('-1000')", LANDLOCK, works=None),
    case("processor-off", "switch a processor off", "os.close(os.open('/sys/devices/system/cpu/cpu1/online', os.O_WRONLY))", LANDLOCK, works=None),
    case("kernel-messages", "write into the kernel's log", "os.close(os.open('/dev/kmsg', os.O_WRONLY))", LANDLOCK, works=None),
    case("own-program", "become Python anew", "os.execv('/proc/self/exe', ['python', '-c', 'import os; os.write(1, b\"attack \" + b\"succeeded\")'])", EITHER, works=None),
)  # fmt: skip

BY_FILES = (
    case("step-into", "work in a folder that it was not given", "os.chdir(FOLDER)\nopen('secret.txt').read()", LANDLOCK),
    case("others-copies", "look for what others have handed in", "import tempfile\nos.listdir(os.path.dirname(os.path.dirname(FOLDER)))", LANDLOCK),
    case("own-text-again", "write its own text by a second name", "os.link(__file__, 'same')\nopen('same', 'a').write('# changed')", LANDLOCK, works=None),
    case("rules-again", "lay rules of its own upon itself, that allow everything", RULES + "open(SECRET).read()", LANDLOCK, works=None),
    case("attribute", "give a file an attribute", "open('own', 'w').close()\nos.setxattr('own', 'user.gradcheck', b'1')", SECCOMP, works=None),
    case("tree", "take the tree of files with it", LIBC + "result = libc.syscall(428, -100, b'/', 0)" + CALLED, SECCOMP),
    case("file-system", "make a file system of its own", LIBC + "result = libc.syscall(430, b'tmpfs', 0)" + CALLED, SECCOMP, works=None),
    case("mounts-listed", "have the kernel list what is mounted", LIBC + "import struct\nroom = (ctypes.c_uint64 * 64)()\nresult = libc.syscall(458, struct.pack('IIQQ', 24, 0, 0xffffffffffffffff, 0), room, 64, 0)" + CALLED, SECCOMP, works=None),
    case("hidden-folder", "fill a folder that nobody may list", "os.mkdir('shut', 0o300)\nfor number in range(10**9):\n    open(f'shut/{number}', 'w').close()", CONTROLLER, works=None),
    case("deep-folder", "nest folders deeper than a path can be", "for _ in range(10**9):\n    os.mkdir('deeper')\n    os.chdir('deeper')", CONTROLLER, works=None),
    case("odd-names", "make files without end whose names are no text", "for number in range(10**9):\n    open(b'\\xff\\xfe' + str(number).encode(), 'w').close()", CONTROLLER, works=None),
    case("links-without-end", "make links to itself without end", "for number in range(10**9):\n    os.symlink(str(number), str(number))", CONTROLLER, works=None),
)  # fmt: skip

BY_CALLS = (
    case("filter-again", "lay a filter of its own upon itself, that lets everything pass", FILTER + "pid = os.fork()\nif pid == 0:\n    os._exit(0)\nos.waitpid(pid, 0)", SECCOMP, works=None),
    case("raw-clone", "fork by clone, as old C libraries do", LIBC + "result = libc.syscall(56, 17, 0, 0, 0, 0)\nif result == 0:\n    os._exit(0)" + CALLED, SECCOMP, machine="x86_64"),
    case("queued-signal", "send its controller a signal with a value", LIBC + "result = libc.sigqueue(CONTROLLER, 0, ctypes.c_void_p(0))" + CALLED, EITHER, landlock=6),
    case("thread-signal", "send a signal to a thread of its controller", LIBC + "result = libc.tgkill(CONTROLLER, CONTROLLER, 0)" + CALLED, EITHER, landlock=6),
    case("limits-of", "set a limit of its controller", "import resource\nkind = resource.RLIMIT_CORE\nresource.prlimit(CONTROLLER, kind, resource.prlimit(CONTROLLER, kind))", SECCOMP),
    case("threads-of", "learn where its controller keeps its locks", LIBC + "head, length = ctypes.c_void_p(), ctypes.c_size_t()\nresult = libc.syscall(274 if os.uname().machine == 'x86_64' else 100, CONTROLLER, ctypes.byref(head), ctypes.byref(length))" + CALLED, LANDLOCK, works=None),
    case("clock", "set the machine's clock", "import time\ntime.clock_settime(time.CLOCK_REALTIME, time.clock_gettime(time.CLOCK_REALTIME))", SECCOMP, works=None, harmless=False),
    case("name", "give the machine another name", "import socket\nsocket.sethostname(socket.gethostname())", SECCOMP, works=None),
    case("personality", "switch off that addresses are drawn", LIBC + "result = libc.personality(0x0040000)" + CALLED, SECCOMP),
    case("kernel-log", "read the kernel's log by its call", LIBC + "result = libc.klogctl(10, None, 0)" + CALLED, SECCOMP, works=None),
    case("core-scheduling", "have the other half of its processor stand idle", LIBC + "result = libc.prctl(62, 1, 0, 0, 0)" + CALLED, SECCOMP, works=None),
    case("cipher-socket", "have the kernel encrypt", "import socket\nsocket.socket(38, socket.SOCK_SEQPACKET).close()", SECCOMP, works=None),
    case("packet-socket", "hear all that is sent", "import socket\nsocket.socket(17, socket.SOCK_RAW, 0x0300).close()", SECCOMP, works=None),
    case("huge-stack", "start a thread with a stack larger than the limit", "import threading\nthreading.stack_size(1 << 30)\nthread = threading.Thread(target=int)\nthread.start()\nthread.join()", LIMITS, harmless=False),
    case("group-of", "join its controller's group", "os.setpgid(0, os.getpgid(CONTROLLER))", SECCOMP, works=None),
)  # fmt: skip

NEWER = (*BY_PROC, *BY_FILES, *BY_CALLS)
