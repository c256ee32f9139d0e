"""How a process gets into a world: by nsenter(1), or by itself."""

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
    """The namespaces of one world: start programs in them, or enter them (a mailfault_servers.network.Launcher)."""

    pid: int
    """The first process of the world, by its number outside."""
    user_namespace: bool
    """Whether the world belongs to a user namespace of the sandbox's own."""

    def command(self, arguments: Sequence[str]) -> list[str]:
        """The argument list that starts a program inside, with this process's working directory."""
        rights = ["--user", "--preserve-credentials"] if self.user_namespace else []
        entry = ["nsenter", f"--target={self.pid}", "--mount", "--uts", "--ipc", "--net", "--pid", *rights, "--"]
        # Entering a mount namespace leaves the working directory for its root (setns(2)); env(1) goes back.
        return [*entry, "env", f"--chdir={Path.cwd()}", *arguments]

    def enter(self) -> None:
        """Take this process inside, which must have no threads; what it forks from then on has the world's process
        numbers, too. Raises OSError."""
        here = Path.cwd()
        kinds = [one for one in _KINDS if one != "user" or self.user_namespace]
        opened = [(os.open(f"/proc/{self.pid}/ns/{one}", os.O_RDONLY | os.O_CLOEXEC), _KINDS[one]) for one in kinds]
        for namespace, kind in opened:
            enter(namespace, kind)
            os.close(namespace)
        os.chdir(here)
