"""Attacks on the machine: what each tries, by which layers it is refused, and whether it works where nothing refuses it.

``works`` says that the attack succeeds in a process that has given up nothing, so that a refusal elsewhere is the
layer's doing; where that takes privileges or a device, it is not known. What would do harm is never run unguarded.
"""

# ruff: noqa: E501 - one attack is one row
from __future__ import annotations

from dataclasses import dataclass

from gradcheck.submissions.isolation.attacks import ATTACKS, Attack

LANDLOCK, SECCOMP, LIMITS, CONTROLLER = ("landlock",), ("seccomp",), ("limits",), ("controller",)
EITHER = ("seccomp", "landlock")
LIBC = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
CALLED = "\nif result < 0:\n    raise OSError(ctypes.get_errno(), 'refused')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One attack, with what a test must know of it.

    Attributes
    ----------
    works : bool or None
        Whether it succeeds unguarded; None where that depends on the machine.
    harmless : bool
        Whether it may be run unguarded.
    machine : str or None
        The processor that it is for.
    """

    name: str
    attack: Attack
    works: bool | None = True
    harmless: bool = True
    machine: str | None = None


def case(name: str, tries: str, text: str, layers: tuple[str, ...], *, landlock: int = 1, **about: object) -> Case:
    """A row of the table."""
    attack = Attack(right="", tries=tries, text=text, layers=layers, landlock=landlock)
    return Case(name=name, attack=attack, **about)  # type: ignore[arg-type]


FILES = (
    case("relative", "read a file by a path with dots", "open(os.path.relpath(SECRET)).read()", LANDLOCK),
    case("root", "list the root of the file system", "os.listdir('/')", LANDLOCK),
    case("hard-link", "make a second name for a file", "os.link(SECRET, 'hard')\nopen('hard').read()", LANDLOCK, works=None),
    case("proc-root", "read a file by way of /proc", "open('/proc/self/root' + SECRET).read()", LANDLOCK),
    case("proc-cwd", "leave the folder by way of /proc", "os.listdir('/proc/self/cwd/../..')", LANDLOCK),
    case(
        "folder-descriptor", "open a folder, then a file in it",
        "folder = os.open(FOLDER, os.O_RDONLY)\nos.open('secret.txt', os.O_RDONLY, dir_fd=folder)", LANDLOCK,
    ),
    case(
        "path-descriptor", "turn a descriptor without rights into one with rights",
        "door = os.open(SECRET, os.O_PATH)\nopen(f'/proc/self/fd/{door}').read()", LANDLOCK,
    ),
    case("fromfile", "read a file by NumPy", "import numpy\nnumpy.fromfile(SECRET, dtype='u1')", LANDLOCK),
    case("memmap", "map a file into memory", "import numpy\nnumpy.memmap(SECRET, dtype='u1', mode='r')", LANDLOCK),
    case("sqlite", "read a file by a library in C", "import sqlite3\nsqlite3.connect(f'file:{SECRET}?mode=ro', uri=True).execute('pragma schema_version')", LANDLOCK, works=None),
    case("import", "import a module from elsewhere", "import sys\nsys.path.insert(0, FOLDER)\nimport hidden_points", LANDLOCK),
    case("append", "write at the end of a file", "open(SECRET, 'a').write('x')", LANDLOCK),
    case("truncate", "cut a file by its path", "os.truncate(SECRET, 1)", ("landlock", "seccomp"), works=True),
    case("remove", "remove a file", "os.remove(SECRET)", LANDLOCK),
    case("rename", "move a file away", "os.rename(SECRET, SECRET + '.moved')", LANDLOCK),
    case("replace", "put a file of its own in another's place", "open('own', 'w').close()\nos.rename('own', SECRET)", LANDLOCK, works=None),
    case("folder", "make a folder elsewhere", "os.mkdir(os.path.join(FOLDER, 'made'))", LANDLOCK),
    case("link-elsewhere", "make a link elsewhere", "os.symlink('/', os.path.join(FOLDER, 'made'))", LANDLOCK),
    case("own-text", "change its own text", "open(__file__, 'a').write('# changed')", LANDLOCK),
    case(
        "empty-own-text", "empty its own text through a descriptor for reading",
        "os.close(os.open(__file__, os.O_RDONLY | os.O_TRUNC))", EITHER, landlock=3,
    ),
    case("shared-memory-file", "leave a message in shared memory", "name = '/dev/shm/gradcheck-attack'\nopen(name, 'w').close()\nos.remove(name)", LANDLOCK, works=None),
    case("mode", "change a file's mode", "os.chmod(SECRET, 0o600)", SECCOMP),
    case("times", "change a file's times", "os.utime(SECRET)", SECCOMP),
    case("owner", "change a file's owner", "os.chown(SECRET, os.getuid(), os.getgid())", SECCOMP),
    case("pipe-file", "make a named pipe", "os.mkfifo('pipe')", EITHER),
    case("device", "make a device", "os.mknod('device', 0o20600, os.makedev(1, 8))", EITHER, works=None),
    case("root-change", "change the root of the file system", "os.chroot(FOLDER)", SECCOMP, works=None),
    case("watch", "watch what others do to files", LIBC + "result = libc.inotify_init()" + CALLED, SECCOMP),
    case("mount", "mount a file system", LIBC + "result = libc.mount(b'none', b'.', b'tmpfs', 0, None)" + CALLED, SECCOMP, works=None, harmless=False),
    case("lease", "keep its controller from opening a file", "import fcntl\nfcntl.fcntl(os.open(__file__, os.O_RDONLY), 1024, fcntl.F_WRLCK)", SECCOMP, works=None),
    case("notice", "watch a folder by a signal", "import fcntl, sysconfig\nfcntl.fcntl(os.open(sysconfig.get_path('stdlib'), os.O_RDONLY), 1026, 1)", SECCOMP, works=None),
    case("lock", "lock a file that it may only read", "import abc, fcntl\nfcntl.flock(open(abc.__file__), fcntl.LOCK_SH)", SECCOMP),
    case("flags", "set a file's flags by a descriptor for reading", "import fcntl, struct\nfcntl.ioctl(os.open(__file__, os.O_RDONLY), 0x40086602, struct.pack('l', 0x40))", SECCOMP, works=None),
    case("more-flags", "set a file's extended flags", "import fcntl\nfile, flags = os.open(__file__, os.O_RDONLY), bytearray(28)\nfcntl.ioctl(file, 0x801C581F, flags)\nfcntl.ioctl(file, 0x401C5820, bytes(flags))", SECCOMP, works=None),
    case("file-handle", "turn a path into a handle", LIBC + "handle, mount = ctypes.create_string_buffer(b'\\x80\\0\\0\\0', 200), ctypes.c_int(0)\nresult = libc.name_to_handle_at(-100, SECRET.encode(), handle, ctypes.byref(mount), 0)" + CALLED, SECCOMP, works=None),
    case("exchange", "exchange its own text for a file of its own", LIBC + "open('own', 'w').close()\nresult = libc.renameat2(-100, __file__.encode(), -100, b'own', 2)" + CALLED, LANDLOCK, works=None),
    case("compiled", "leave compiled code for the next to import", "import gradcheck\nname = os.path.join(os.path.dirname(gradcheck.__file__), '__pycache__', 'attack.pyc')\nopen(name, 'w').close()\nos.remove(name)", LANDLOCK, works=None),
    case("scratch-folders", "look for folders of other submissions", "os.listdir('..')", LANDLOCK),
    case("scratch-beside", "leave a file beside its own folder", "open('../left', 'w').close()\nos.remove('../left')", LANDLOCK),
    case("namespace", "be root in a namespace of its own", LIBC + "result = libc.unshare(0x10000000)" + CALLED, SECCOMP, works=None),
)  # fmt: skip

PROCESSES = (
    case("spawn", "start a program", "os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0)", EITHER),
    case("shell", "run a line in the shell", "if os.system(':') != 0:\n    raise PermissionError(1, 'refused')", EITHER),
    case(
        "multiprocessing", "start a process by multiprocessing",
        "import multiprocessing\nchild = multiprocessing.get_context('fork').Process(target=int)\nchild.start()\nchild.join()", SECCOMP,
    ),
    case("libc-fork", "fork by the C library", LIBC + "result = libc.fork()\nif result == 0:\n    os._exit(0)" + CALLED, SECCOMP),
    case("raw-fork", "fork by a raw system call", LIBC + "result = libc.syscall(57)\nif result == 0:\n    os._exit(0)" + CALLED, SECCOMP, machine="x86_64"),
    case("raw-clone3", "fork by clone3", LIBC + "arguments = (ctypes.c_uint64 * 8)(0, 0, 0, 0, 17)\nresult = libc.syscall(435, arguments, 64)\nif result == 0:\n    os._exit(0)" + CALLED, SECCOMP),
    case("other-numbers", "use another set of numbers for the same calls", LIBC + "result = libc.syscall(0x40000000 | 41, 1, 1, 0)" + CALLED, SECCOMP, works=None, machine="x86_64"),
    case("parent-signal", "send a signal to its parent", "os.kill(os.getppid(), 0)", EITHER, landlock=6),
    case("all-signal", "send a signal to everybody", "os.kill(-1, 0)", SECCOMP, works=None),
    case("group-signal", "send a signal to its group", "os.kill(0, 0)", SECCOMP),
    case("handle", "get hold of its controller by a descriptor", "os.close(os.pidfd_open(CONTROLLER))", SECCOMP),
    case("trace", "trace its controller", LIBC + "result = libc.ptrace(16, CONTROLLER, 0, 0)" + CALLED, EITHER, works=None, harmless=False),
    case("vm-read", "read its controller's memory", LIBC + "room = ctypes.create_string_buffer(8)\nplace = (ctypes.c_size_t * 2)(ctypes.addressof(room), 8)\nresult = libc.process_vm_readv(CONTROLLER, place, 1, place, 1, 0)" + CALLED, EITHER, works=None),
    case("proc-mem", "open its controller's memory as a file", "open(f'/proc/{CONTROLLER}/mem', 'rb')", LANDLOCK, works=None),
    case("proc-parent", "read what its parent was started with", "open(f'/proc/{os.getppid()}/cmdline').read()", LANDLOCK),
    case("proc-self", "read its own environment from the kernel", "open('/proc/self/environ', 'rb').read()", LANDLOCK, works=None),
    case("priority", "change its controller's priority", "os.setpriority(os.PRIO_PROCESS, CONTROLLER, os.getpriority(os.PRIO_PROCESS, CONTROLLER))", SECCOMP, works=None),
    case("owner-of-pipe", "have signals sent to its controller", "import fcntl\nread, write = os.pipe()\nfcntl.fcntl(read, 8, CONTROLLER)", SECCOMP),
    case("orphan", "outlive whoever started it", LIBC + "result = libc.prctl(1, 0, 0, 0, 0)" + CALLED, SECCOMP),
    case("dumpable", "let others look into it again", LIBC + "result = libc.prctl(4, 1, 0, 0, 0)" + CALLED, SECCOMP),
    case("user", "become another user", "os.setuid(os.getuid())", SECCOMP),
    case("groups", "change its groups", "os.setgid(os.getgid())", SECCOMP),
    case("memory-file", "make a file in memory", "os.close(os.memfd_create('x'))", SECCOMP),
    case("segment", "make a shared segment", LIBC + "result = libc.shmget(0, 64, 0o1600)" + CALLED, SECCOMP),
    case("ring", "have the kernel do its work in a ring", LIBC + "room = ctypes.create_string_buffer(120)\nresult = libc.syscall(425, 1, room)" + CALLED, SECCOMP, works=None),
    case("affinity", "pin its controller to a processor", "os.sched_setaffinity(CONTROLLER, os.sched_getaffinity(CONTROLLER))", SECCOMP),
    case("idle", "have its controller run when nothing else does", "os.sched_setscheduler(CONTROLLER, os.SCHED_IDLE, os.sched_param(0))", SECCOMP, harmless=False),
    case("real-time", "run before everything else", "os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))", SECCOMP, works=None),
    case("vm-write", "write its controller's memory", LIBC + "room = ctypes.create_string_buffer(8)\nplace = (ctypes.c_size_t * 2)(ctypes.addressof(room), 8)\nresult = libc.process_vm_writev(CONTROLLER, place, 1, place, 1, 0)" + CALLED, EITHER, works=None),
    case("own-memory", "write its own memory as a file", "os.close(os.open('/proc/self/mem', os.O_RDWR))", LANDLOCK, works=None),
    case("descriptor-of", "take a descriptor of another process", LIBC + "result = libc.syscall(438, 0, 0, 0)" + CALLED, SECCOMP, works=None),
    case("faults", "answer page faults itself", LIBC + "result = libc.syscall(323 if os.uname().machine == 'x86_64' else 282, 1)" + CALLED, SECCOMP, works=None),
    case("counters", "read the processor's counters", LIBC + "wanted = ctypes.create_string_buffer(b'\\1\\0\\0\\0\\x70\\0\\0\\0', 112)\nresult = libc.syscall(298 if os.uname().machine == 'x86_64' else 241, wanted, 0, -1, -1, 0)" + CALLED, SECCOMP, works=None),
    case("queue", "make a queue of messages", LIBC + "result = libc.mq_open(b'/gradcheck-attack', 0o100, 0o600, None)\nlibc.mq_unlink(b'/gradcheck-attack')" + CALLED, SECCOMP, works=None),
    case("shared-name", "make shared memory with a name", "from multiprocessing import shared_memory\nmade = shared_memory.SharedMemory(create=True, size=8)\nmade.unlink()", LANDLOCK, works=None),
    case("requests-of-files", "take what all processes may ask of files at once", LIBC + "ring = ctypes.c_ulong(0)\nresult = libc.syscall(206 if os.uname().machine == 'x86_64' else 0, 60000, ctypes.byref(ring))" + CALLED, SECCOMP, works=None),
    case("capability", "use what root may do", LIBC + "result = libc.mlockall(3)" + CALLED, SECCOMP, works=None),
    case("bpf", "load a program into the kernel", LIBC + "result = libc.syscall(321 if os.uname().machine == 'x86_64' else 280, 0, None, 0)" + CALLED, SECCOMP, works=None),
    case("keys", "read the kernel's keys", LIBC + "result = libc.syscall(250 if os.uname().machine == 'x86_64' else 219, 0, -3, 0)" + CALLED, SECCOMP, works=None),
)  # fmt: skip

NETWORK = (
    case("udp", "send a datagram", "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()", SECCOMP),
    case("pair", "make a pair of sockets", "import socket\nsocket.socketpair()", SECCOMP),
    case("raw", "open a raw socket", "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close()", SECCOMP, works=None),
    case(
        "connect", "connect to a service of this machine",
        "import socket\ntry:\n    socket.create_connection(('127.0.0.1', 9), timeout=1)\nexcept ConnectionRefusedError:\n    pass",
        EITHER, landlock=4,
    ),
    case("abstract", "offer a service within the machine, without a file", "import socket\nsocket.socket(socket.AF_UNIX).bind('\\0gradcheck-attack')", SECCOMP),
    case("kernel-socket", "ask the kernel of its network", "import socket\nsocket.socket(16, socket.SOCK_RAW).close()", SECCOMP, works=None),
    case("host-socket", "talk to the machine around this one", "import socket\nsocket.socket(40, socket.SOCK_STREAM).close()", SECCOMP, works=None),
    case("listen", "offer a service", "import socket\nsocket.create_server(('127.0.0.1', 0)).close()", EITHER, landlock=4),
    case(
        "url", "fetch a page",
        "import urllib.request, urllib.error\ntry:\n    urllib.request.urlopen('http://127.0.0.1:9/', timeout=1)\nexcept urllib.error.URLError as error:\n    if not isinstance(error.reason, ConnectionRefusedError):\n        raise PermissionError(1, str(error.reason))",
        EITHER, landlock=4,
    ),
)  # fmt: skip

RESOURCES = (
    case("files", "open files without end", "held = [open(os.devnull) for _ in range(500)]", LIMITS),
    case("cores", "leave a core file", "import resource\nassert resource.getrlimit(resource.RLIMIT_CORE) != (0, 0)", LIMITS, works=None),
    case("raise-files", "raise a limit that it has", "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (4000, 4000))", ("limits", "seccomp"), works=None),
    case("array", "take an array larger than the limit", "import numpy\nnumpy.ones(1 << 30)", LIMITS, harmless=False),
    case("sparse", "make a file that seems large", "open('sparse', 'wb').truncate(1 << 40)", LIMITS, harmless=False),
    case("reserve", "reserve more of the disk than a file may have, where nobody sees it", LIBC + "file = os.open('large', os.O_CREAT | os.O_RDWR)\nos.unlink('large')\nresult = libc.fallocate(file, 1, ctypes.c_long(0), ctypes.c_long(8 << 20))" + CALLED, SECCOMP, works=None),
    case("pipes", "take all that a user's pipes may hold", "import fcntl\nfor _ in range(20):\n    fcntl.fcntl(os.pipe()[1], 1031, 1 << 20)", SECCOMP, works=None),
    case("shared-map", "take shared memory instead of its own", "import mmap\nheld = [mmap.mmap(-1, 1 << 26) for _ in range(40)]", LIMITS),
    case("stop", "stop itself for ever", "import signal\nos.kill(os.getpid(), signal.SIGSTOP)", CONTROLLER, works=None),
    case("close-all", "close all that it has, and never end", "os.closerange(0, 4096)\nwhile True:\n    pass", CONTROLLER, works=None),
    case("descriptor", "find a descriptor that was left to it", "null = os.stat(os.devnull).st_rdev\nleft = []\nfor number in range(5, 512):\n    try:\n        left.append(os.fstat(number).st_rdev)\n    except OSError:\n        pass\nassert set(left) - {null}", CONTROLLER, works=None),
    case("terminal", "open the terminal of whoever started it", "open('/dev/tty')", CONTROLLER, works=None),
    case("input", "read what was typed", "assert os.read(0, 1)", CONTROLLER, works=None),
    case("environment", "read secrets of the environment", "assert 'GRADCHECK_TEST_SECRET' in os.environ", CONTROLLER, works=None),
    case("folders", "make files without end", "for number in range(10**9):\n    os.mkdir(str(number))", CONTROLLER, works=None),
    case("threads", "start threads without end", "import threading, time\nwait = threading.Event()\nfor _ in range(400):\n    threading.Thread(target=wait.wait, daemon=True).start()\nwait.wait()", CONTROLLER, works=None, harmless=False),
)  # fmt: skip

SHIPPED = tuple(Case(name=f"shipped-{i}", attack=attack, works=None) for i, attack in enumerate(ATTACKS))
CASES = (*SHIPPED, *FILES, *PROCESSES, *NETWORK, *RESOURCES)
