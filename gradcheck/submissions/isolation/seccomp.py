"""System calls that a process can no longer make: a seccomp filter in classic BPF.

Refused calls return EPERM, so that a learner's program sees a ``PermissionError`` and a report can name the right;
``clone3`` returns ENOSYS, so that the C library falls back on ``clone``, whose flags a filter can read: threads yes,
processes no.

References
----------
Linux kernel documentation, "Seccomp BPF (SECure COMPuting with filters)" (userspace-api/seccomp_filter).
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from pathlib import Path

from gradcheck.language import tr
from gradcheck.submissions.isolation.kernel import UnsupportedError, forbid_new_privileges, machine, prctl

__all__ = ["DECIDED", "REFUSED", "Filter", "is_filtered", "is_offered"]

# Numbers by architecture, (x86_64, aarch64); None where the architecture has no such call. From the kernel's tables
# (arch/x86/entry/syscalls/syscall_64.tbl; include/uapi/asm-generic/unistd.h).
REFUSED: dict[str, tuple[int | None, int | None]] = {
    # new processes and programs
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281),
    # network, also within the machine
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201),
    "accept": (43, 202), "accept4": (288, 242), "sendto": (44, 206), "sendmsg": (46, 211), "sendmmsg": (307, 269),
    # other processes
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424), "process_madvise": (440, 440), "kcmp": (312, 272),
    "setsid": (112, 157), "setpgid": (109, 154), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "migrate_pages": (256, 238), "move_pages": (279, 239),
    # memory shared with other processes
    "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195), "msgget": (68, 186), "msgsnd": (69, 189),
    "msgrcv": (70, 188), "msgctl": (71, 187), "semget": (64, 190), "semop": (65, 193), "semctl": (66, 191),
    "semtimedop": (220, 192),
    "mq_open": (240, 180), "mq_unlink": (241, 181), "memfd_create": (319, 279), "memfd_secret": (447, 447),
    # the machine
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "unshare": (272, 97),
    "setns": (308, 268), "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "open_tree": (428, 428), "move_mount": (429, 429), "mount_setattr": (442, 442), "open_tree_attr": (467, 467),
    "statmount": (457, 457), "listmount": (458, 458),
    "swapon": (167, 224), "swapoff": (168, 225), "reboot": (169, 142), "sethostname": (170, 161),
    "setdomainname": (171, 162), "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "acct": (163, 89), "syslog": (103, 116),
    "quotactl": (179, 60), "quotactl_fd": (443, 443), "fanotify_mark": (301, 263),
    "process_mrelease": (448, 448),
    "modify_ldt": (154, None), "sysfs": (139, None), "uselib": (134, None), "ustat": (136, None),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "clock_adjtime": (305, 266),
    "adjtimex": (159, 171), "iopl": (172, None), "ioperm": (173, None), "mknod": (133, None), "mknodat": (259, 33),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "fanotify_init": (300, 262),
    "lookup_dcookie": (212, 18), "nfsservctl": (180, 42), "vhangup": (153, 58), "personality": (135, 92),
    # identity
    "setuid": (105, 146), "setgid": (106, 144), "setreuid": (113, 145), "setregid": (114, 143),
    "setresuid": (117, 147), "setresgid": (119, 149), "setgroups": (116, 159), "capset": (126, 91),
    "setfsuid": (122, 151), "setfsgid": (123, 152),
    # files' owners, modes, times and attributes: Landlock does not cover them
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None),
    "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54), "utime": (132, None), "utimes": (235, None),
    "futimesat": (261, None), "utimensat": (280, 88), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "fsetxattr": (190, 7), "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "truncate": (76, 45), "setxattrat": (463, 463), "removexattrat": (466, 466), "file_setattr": (469, 469),
    # what other processes do to files
    "inotify_init": (253, None), "inotify_init1": (294, 26), "inotify_add_watch": (254, 27), "flock": (73, 32),
    # the disk beyond the limit of a file's size, and what all processes share
    "fallocate": (285, 47), "sync": (162, 81), "syncfs": (306, 267), "io_setup": (206, 0),
    # limits
    "setrlimit": (160, 164), "setpriority": (141, 140), "sched_setscheduler": (144, 119), "sched_setparam": (142, 118),
    "sched_setattr": (314, 274), "ioprio_set": (251, 30),
}  # fmt: skip
# Calls whose arguments decide.
DECIDED: dict[str, tuple[int | None, int | None]] = {
    "clone": (56, 220), "clone3": (435, 435), "prlimit64": (302, 261), "tgkill": (234, 131), "kill": (62, 129),
    "tkill": (200, 130), "ioctl": (16, 29), "fcntl": (72, 25), "open": (2, None), "openat": (257, 56),
    "openat2": (437, 437), "prctl": (157, 167), "sched_setaffinity": (203, 122),
}  # fmt: skip
AUDIT_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32_BIT = 0x40000000  # x86-64's other set of numbers for the same calls
CLONE_THREAD = 0x00010000
# TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX: others type into terminals, or change a file's attributes
# through a descriptor for reading.
CONTROLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
# F_SETOWN, F_SETSIG, F_SETOWN_EX: signals sent to others by way of a file; F_SETLEASE, F_NOTIFY: others kept from
# opening a file, or watched; F_SETPIPE_SZ: all pipes of a user share one limit.
OF_OTHERS = (8, 10, 15, 1024, 1026, 1031)
# PR_SET_PDEATHSIG: to outlive whoever started it; PR_SET_DUMPABLE: to be looked into; PR_SCHED_CORE: to keep others off
# the other half of a processor.
OF_PROCESSES = (1, 4, 62)
OPEN_FLAGS, EMPTYING = 0o1003, 0o1000  # access mode and O_TRUNC; O_TRUNC of a file opened for reading

LOAD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_BITS, AND, RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
ALLOW, KILL_PROCESS = 0x7FFF0000, 0x80000000
ERROR = 0x00050000
NUMBER, ARCHITECTURE = 0, 4  # offsets in struct seccomp_data
PR_GET_SECCOMP, PR_SET_SECCOMP, MODE_FILTER = 21, 22, 2


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


class Filter:
    """A filter for this machine's processor, built once and laid upon any number of processes.

    Raises
    ------
    UnsupportedError
        On another system or processor, or a kernel without seccomp filters.
    """

    def __init__(self) -> None:
        self._column = {"x86_64": 0, "aarch64": 1}[machine()]
        if not is_offered():
            raise UnsupportedError(tr("this kernel has no seccomp filters"))
        self._fixed = self._head() + self._refusals()

    def install(self) -> None:
        """Give the calls up, for this process and all its threads to come; there is no way back.

        Raises
        ------
        OSError
            If the kernel refuses.
        """
        forbid_new_privileges()
        program = self.program(os.getpid())
        buffer = ctypes.create_string_buffer(program, len(program))
        described = _Program(len(program) // 8, ctypes.addressof(buffer))
        prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.addressof(described))

    def program(self, pid: int) -> bytes:
        """The operations of the filter, for a process of this number."""
        return self._fixed + self._signals(pid) + _operation(RETURN, 0, 0, ALLOW)

    def _head(self) -> bytes:
        """Another architecture's calls are other numbers: such a process is ended."""
        head = _operation(LOAD, 0, 0, ARCHITECTURE)
        head += _operation(JUMP_EQUAL, 1, 0, AUDIT_ARCHITECTURE[machine()])
        head += _operation(RETURN, 0, 0, KILL_PROCESS)
        head += _operation(LOAD, 0, 0, NUMBER)
        if machine() == "x86_64":
            head += _operation(JUMP_AT_LEAST, 0, 1, X32_BIT) + _refuse(errno.EPERM)
        return head

    def _refusals(self) -> bytes:
        program = b""
        for numbers in REFUSED.values():
            number = numbers[self._column]
            if number is not None:
                program += _operation(JUMP_EQUAL, 0, 1, number) + _refuse(errno.EPERM)
        threads_only = _load_argument(0) + _operation(JUMP_BITS, 1, 0, CLONE_THREAD) + _refuse(errno.EPERM)
        program += self._if("clone3", _refuse(errno.ENOSYS))
        program += self._if("openat2", _refuse(errno.ENOSYS))
        program += self._if("clone", threads_only)
        # prlimit64 reads limits where its third argument, the new limit, is null
        program += self._if("prlimit64", _require_argument(2, 0))
        program += self._if("ioctl", _require_values(1, CONTROLS))
        program += self._if("fcntl", _refuse_values(1, OF_OTHERS))
        program += self._if("sched_setaffinity", _require_argument(0, 0))  # its own threads, each by itself
        program += self._if("prctl", _refuse_values(0, OF_PROCESSES))
        # Landlock's first versions do not see that a file opened for reading alone is emptied
        program += self._if("open", _refuse_emptying(1))
        program += self._if("openat", _refuse_emptying(2))
        return program

    def _signals(self, pid: int) -> bytes:
        """Signals reach this process only: ``abort`` and ``faulthandler`` need that."""
        own = _require_argument(0, pid)
        return self._if("kill", own) + self._if("tgkill", own) + self._if("tkill", _refuse(errno.EPERM))

    def _if(self, name: str, body: bytes) -> bytes:
        """``body`` for one call; afterwards that call is allowed."""
        number = DECIDED[name][self._column]
        if number is None:
            return b""
        body += _operation(RETURN, 0, 0, ALLOW)
        return _operation(JUMP_EQUAL, 0, len(body) // 8, number) + body


def is_filtered() -> bool:
    """Whether a filter is upon this process, as the kernel says."""
    try:
        return prctl(PR_GET_SECCOMP) == MODE_FILTER
    except OSError:
        return False


def is_offered() -> bool:
    """Whether this kernel has such filters."""
    if Path("/proc/sys/kernel/seccomp/actions_avail").exists():
        return True
    try:
        prctl(PR_GET_SECCOMP)
    except OSError:
        return False
    return True


def _operation(code: int, if_true: int, if_false: int, value: int) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)


def _refuse(error: int) -> bytes:
    return _operation(RETURN, 0, 0, ERROR | error)


def _load_argument(position: int, *, high: bool = False) -> bytes:
    return _operation(LOAD, 0, 0, 16 + 8 * position + 4 * high)


def _require_argument(position: int, value: int) -> bytes:
    """Refuse unless both halves of an argument are those of ``value``."""
    low = _load_argument(position) + _operation(JUMP_EQUAL, 1, 0, value & 0xFFFFFFFF) + _refuse(errno.EPERM)
    high = _load_argument(position, high=True) + _operation(JUMP_EQUAL, 1, 0, value >> 32) + _refuse(errno.EPERM)
    return low + high


def _refuse_values(position: int, values: tuple[int, ...]) -> bytes:
    """Refuse some values of an argument, of which the kernel reads the lower half."""
    program = _load_argument(position)
    for value in values:
        program += _operation(JUMP_EQUAL, 0, 1, value) + _refuse(errno.EPERM)
    return program


def _require_values(position: int, values: tuple[int, ...]) -> bytes:
    """Refuse all but some values of an argument, of which the kernel reads the lower half."""
    program = _load_argument(position)
    for left, value in zip(range(len(values), 0, -1), values, strict=True):
        program += _operation(JUMP_EQUAL, left, 0, value)
    return program + _refuse(errno.EPERM)


def _refuse_emptying(position: int) -> bytes:
    """Refuse flags that empty a file which is opened for reading alone."""
    flags = _load_argument(position) + _operation(AND, 0, 0, OPEN_FLAGS)
    return flags + _operation(JUMP_EQUAL, 0, 1, EMPTYING) + _refuse(errno.EPERM)
