"""The system users that an agent insists on."""

import pwd
from pathlib import Path

from mailfault.clients.process.mta.spool import Spool

_FIRST = 61180
"""First number for added users: neither Debian (policy 9.2.2) nor systemd assigns numbers from here on."""


class SystemUsers:
    """Users that an agent insists on, each with a group of its name: the system's, or added for this agent alone."""

    def __init__(self, spool: Spool, *names: str) -> None:
        self._numbers: dict[str, int] = {}
        self.mounts: dict[Path, Path] = {}
        """Files with the added users (key), to be mounted over the system's (value)."""
        missing = [name for name in names if not self._is_known(name)]
        self._numbers |= {name: _FIRST + index for index, name in enumerate(missing)}
        if missing:
            rest = {"passwd": "::/nonexistent:/usr/sbin/nologin", "group": ""}
            for file, ends in rest.items():
                path = Path("/etc", file)
                known = path.read_bytes().rstrip(b"\n") + b"\n"
                added = "".join(
                    f"{name}:x:{self._numbers[name]}:{self._numbers[name] if ends else ''}{ends}\n" for name in missing
                )
                self.mounts[spool.file(file, known + added.encode())] = path

    def number(self, name: str) -> int:
        """Return the number of a user, and of its group."""
        return self._numbers[name]

    def _is_known(self, name: str) -> bool:
        try:
            self._numbers[name] = pwd.getpwnam(name).pw_uid
        except KeyError:
            return False
        return True
