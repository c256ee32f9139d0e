"""The namespaces of a world: a program is started in them by nsenter(1), or this process enters them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mailfault.sandbox.system import (
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    CLONE_NEWUTS,
    enter,
)

_KINDS = {
    "user": CLONE_NEWUSER,  # first: it gives the rights to enter the others
    "mnt": CLONE_NEWNS,
    "uts": CLONE_NEWUTS,
    "ipc": CLONE_NEWIPC,
    "net": CLONE_NEWNET,
    "pid": CLONE_NEWPID,
}


@dataclass(frozen=True, slots=True)
class Namespaces:
    """The namespaces of one world (a mailfault_servers.network.Launcher)."""

    pid: int
    """The world's first process, by its number outside."""
    user_namespace: bool
    """True if the world belongs to a user namespace of the sandbox."""

    def command(self, arguments: Sequence[str]) -> list[str]:
        """Return the argument list that starts a program inside, in this process's working directory."""
        rights = ["--user", "--preserve-credentials"] if self.user_namespace else []
        nsenter = ["nsenter", f"--target={self.pid}", "--mount", "--uts", "--ipc", "--net", "--pid", *rights, "--"]
        # Entering a mount namespace changes the working directory to its root (setns(2)); env(1) goes back.
        return [*nsenter, "env", f"--chdir={Path.cwd()}", *arguments]

    def enter(self) -> None:
        """Enter with this process, which must have no threads. Its later children have the world's process numbers.

        Raises OSError.
        """
        here = Path.cwd()
        names = [name for name in _KINDS if name != "user" or self.user_namespace]
        opened = [(os.open(f"/proc/{self.pid}/ns/{name}", os.O_RDONLY | os.O_CLOEXEC), _KINDS[name]) for name in names]
        for namespace, kind in opened:
            enter(namespace, kind)
            os.close(namespace)
        os.chdir(here)
