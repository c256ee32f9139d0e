"""Files laid over those of the system, for the programs of one delivery alone: in a mount namespace of their own."""

import pwd
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from mailfault.clients.process.mta.spool import Spool


def overlaid(over: Mapping[Path, Path], command: Sequence[str], *, stdin: Path | None = None) -> list[str]:
    """The argument list that starts `command` with each file or folder (key) in the place of another (value), which
    has to be there. Only for use with `run_until`, which gives a mount namespace."""
    binds = [f"mount --bind {shlex.quote(str(ours))} {shlex.quote(str(its))}" for ours, its in over.items()]
    start = f"exec {shlex.join(command)}" + (f" < {shlex.quote(str(stdin))}" if stdin is not None else "")
    return ["sh", "-c", " && ".join([*binds, start])]


class Users:
    """Users that an agent insists on, each with a group of its name: the system's own, or added for it alone."""

    def __init__(self, spool: Spool, *names: str) -> None:
        self._numbers: dict[str, int] = {}
        self.over: dict[Path, Path] = {}
        """The files that have to be laid over the system's."""
        missing = [name for name in names if not self._known(name)]
        self._numbers |= {name: _FIRST + place for place, name in enumerate(missing)}
        if missing:
            rest = {"passwd": "::/nonexistent:/usr/sbin/nologin", "group": ""}
            for file, ends in rest.items():
                its = Path("/etc", file)
                known = its.read_bytes().rstrip(b"\n") + b"\n"
                added = "".join(
                    f"{name}:x:{self._numbers[name]}:{self._numbers[name] if ends else ''}{ends}\n" for name in missing
                )
                self.over[spool.file(file, known + added.encode())] = its

    def number(self, name: str) -> int:
        """The number of a user, and of its group."""
        return self._numbers[name]

    def _known(self, name: str) -> bool:
        try:
            self._numbers[name] = pwd.getpwnam(name).pw_uid
        except KeyError:
            return False
        return True


_FIRST = 61180
"""From here on neither Debian (policy 9.2.2) nor systemd gives numbers to users."""
