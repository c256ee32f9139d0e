"""Clients that are one program: started for each delivery with arguments and files of its own, and read through a
client profile (TOML). An adapter says what it is told; all the rest is here."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import dns.exception

from mailfault.classify.classified import LOOKUP
from mailfault.clients.adapters.command import clean_environment
from mailfault.clients.client_profile import ClientProfile
from mailfault.clients.library.exception_answer import answer_from
from mailfault.clients.library.mail_hosts import addresses_of, check_known
from mailfault.clients.placement import Placement
from mailfault.clients.process.run_program import Finished, run_program
from mailfault.contract import Answered, Crashed, Declined, DeliveryResult, Hung, Route, Server, Target, Unsupported


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a program is told for one delivery."""

    target: Target
    host: str
    """The smart host's name in the sandbox, where the program looks it up; on loopback its address."""
    folder: Path
    """A folder of this delivery's own: it may write files there."""
    message: Path
    """The message, its lines ended by LF."""


class ProgramClient:
    """A program that hands a message to a smart host."""

    def __init__(
        self,
        spec: str,
        name: str,
        *,
        profile: ClientProfile,
        arguments: Callable[[Told], list[str]],
        read: Callable[[ClientProfile, Finished, Target], DeliveryResult] | None = None,
        where: Placement = Placement.PROGRAM,
    ) -> None:
        """`arguments` gives the program and what it is told. `read` makes an answer of how it ended; absent: the first
        rule of the profile that fits. `where`: SANDBOX_ONLY if it takes no port or no resolver."""
        self.spec = spec
        self.name = name
        self.where = where
        self._profile = profile
        self._arguments = arguments
        self._read = read if read is not None else read_by_profile

    def supports(self, scenario_id: str, target: Target) -> str | None:
        return self._profile.why_not(scenario_id, target)

    def deliver(self, target: Target, *, deadline_s: float) -> DeliveryResult:
        try:
            check_known(target)
            if target.route is not Route.SMART_HOST or target.smart_host is None:
                raise Unsupported(f"{self.name} looks no MX up")
            host = target.smart_host if target.launcher is not None else addresses_of(target, target.smart_host)[0]
        except Unsupported as refusal:
            return Declined(str(refusal))
        except dns.exception.DNSException as error:
            answer = answer_from(error, stage=LOOKUP)
            return Answered(answer) if answer is not None else Crashed(f"{type(error).__name__}: {error}")
        with tempfile.TemporaryDirectory(prefix=f"mailfault-{self.spec}-") as name:
            folder = Path(name)
            message = folder / "message.eml"
            message.write_bytes(target.message.replace(b"\r\n", b"\n"))
            finished = run_program(
                self._arguments(Told(target=target, host=host, folder=folder, message=message)),
                environment=clean_environment() | {"LC_ALL": "C", "HOME": str(folder)},
                folder=folder,
                deadline_s=deadline_s,
                launcher=target.launcher,
            )
        return Hung(deadline_s) if finished.status is None else self._read(self._profile, finished, target)

    def close(self) -> None:
        pass


def version_of(program: str, pattern: str) -> str | None:
    """What `PROGRAM --version` says, as the first group of the pattern; None where it is not on the PATH."""
    if shutil.which(program) is None:
        return None
    shown = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10).stdout
    found = re.search(pattern, shown)
    return found[1] if found is not None else "of unknown version"


def read_by_profile(profile: ClientProfile, finished: Finished, target: Target) -> DeliveryResult:
    """What the profile makes of an exit status, and of what was printed. A program that names no host speaks of the
    only one that it was told of."""
    assert finished.status is not None
    answer = profile.read(finished.status, "\n".join(filter(None, (finished.stdout, finished.stderr))))
    if answer is None:
        return Crashed(f"no rule is for this: {finished.describe()}")
    server = answer.server if answer.server is not None else Server(name=target.smart_host)
    return Answered(replace(answer, server=server, said_by="program"))
