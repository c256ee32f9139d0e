"""Linux system calls without a function in Python 3.11: unshare(2), setns(2), mount(2), prctl(2)."""

import ctypes
import os
import signal

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
MS_NOSUID, MS_NODEV, MS_NOEXEC = 0x2, 0x4, 0x8
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def unshare(flags: int) -> None:
    """Move this process to new namespaces, named by `flags` (unshare(2)). Raises OSError."""
    _checked(_libc.unshare(flags), "unshare")


def enter(namespace: int, kind: int) -> None:
    """Enter the namespace of a descriptor (setns(2)). Raises OSError."""
    _checked(_libc.setns(namespace, kind), "setns")


def mount(source: str, target: str, kind: str | None, flags: int) -> None:
    """Mount a file system (mount(2)). Raises OSError with the target's path."""
    done = _libc.mount(source.encode(), target.encode(), kind.encode() if kind else None, ctypes.c_ulong(flags), None)
    _checked(done, f"mount {target}")


def set_host_name(name: str) -> None:
    """Set the host name of this UTS namespace. Raises OSError."""
    _checked(_libc.sethostname(name.encode(), len(name.encode())), "sethostname")


def die_with_parent() -> None:
    """Make the kernel kill this process when its parent ends. Raises OSError."""
    _checked(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
