"""Remedies for a machine that does not allow namespaces."""

import errno
from pathlib import Path

_LIMITS = (
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "AppArmor forbids user namespaces here (Ubuntu 24.04's default): "
        "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or run as root",
    ),
    (
        "/proc/sys/kernel/unprivileged_userns_clone",
        "0",
        "this kernel allows user namespaces to root only: sudo sysctl -w kernel.unprivileged_userns_clone=1, "
        "or run as root",
    ),
    (
        "/proc/sys/user/max_user_namespaces",
        "0",
        "this kernel's limit of user namespaces is 0: sudo sysctl -w user.max_user_namespaces=10000, or run as root",
    ),
)
_CONTAINER = (
    "this is a container without the rights to make namespaces: start it with "
    "--cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined"
)


def remedy_for(number: int, *, root: Path = Path("/")) -> str:
    """Return the remedy for a failure to make a namespace with this errno. `root` is the root of the file system."""
    if number in (errno.EPERM, errno.EACCES, errno.ENOSPC):
        for file, value, words in _LIMITS:
            try:
                if (root / file.lstrip("/")).read_text().strip() == value:
                    return words
            except OSError:
                continue
        if any((root / mark).exists() for mark in (".dockerenv", "run/.containerenv")):
            return _CONTAINER
        return "run as root, or allow user namespaces (for a container, too)"
    if number in (errno.EINVAL, errno.ENOSYS):
        return "this kernel was built without such namespaces; use another"
    return "see the system's message"
