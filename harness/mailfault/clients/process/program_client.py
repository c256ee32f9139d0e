"""Clients that are one program, started for each delivery with its own arguments and read through a client profile.

An adapter says how the program is told its target; `program_adapter` does the rest.
"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mailfault.clients.adapter import Adapter
from mailfault.clients.client_profile import ClientProfile, shipped_profile
from mailfault.clients.placement import Placement
from mailfault.clients.process.environment import clean_environment
from mailfault.clients.process.probe import Availability, Lack, check_program
from mailfault.clients.process.run_program import Finished, run_program
from mailfault.clients.process.smart_host import smart_host_addresses
from mailfault.contract import Answered, Crashed, DeliveryResult, Hung, Server, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """The facts that a program is started with, for one delivery."""

    target: Target
    addresses: tuple[str, ...]
    """The smart host's addresses; empty in the sandbox, where the program looks its name up."""
    folder: Path
    """A folder for this delivery alone, where the adapter may write files."""
    message: Path
    """The message, its lines ended by LF."""

    @property
    def host(self) -> str:
        """The host to connect to: the smart host's first address, or its name in the sandbox."""
        if self.addresses:
            return self.addresses[0]
        assert self.target.smart_host is not None
        return self.target.smart_host


Read = Callable[[ClientProfile, Finished, Target], DeliveryResult]
"""Reads the answer from a program's exit status and output."""


class ProgramClient:
    """A program that hands a message to a smart host."""

    where = Placement.PROGRAM

    def __init__(
        self, spec: str, name: str, *, profile: ClientProfile, arguments: Callable[[Invocation], list[str]], read: Read
    ) -> None:
        """`arguments` returns the program and its arguments."""
        self.spec = spec
        self.name = name
        self._profile = profile
        self.composes = self._profile.composes
        self._arguments = arguments
        self._read = read

    def supports(self, scenario_id: str, target: Target) -> str | None:
        return self._profile.why_not(scenario_id, target)

    def deliver(self, target: Target, *, deadline_s: float) -> DeliveryResult:
        addresses = smart_host_addresses(target, client=self.name)
        if not isinstance(addresses, tuple):
            return addresses
        with tempfile.TemporaryDirectory(prefix=f"mailfault-{self.spec}-") as name:
            folder = Path(name)
            message = folder / "message.eml"
            message.write_bytes(target.message.replace(b"\r\n", b"\n"))
            finished = run_program(
                self._arguments(Invocation(target=target, addresses=addresses, folder=folder, message=message)),
                environment=clean_environment() | {"LC_ALL": "C", "HOME": str(folder)},
                folder=folder,
                deadline_s=deadline_s,
                launcher=target.launcher,
            )
        return Hung(deadline_s) if finished.status is None else self._read(self._profile, finished, target)

    def close(self) -> None:
        pass


def read_by_profile(profile: ClientProfile, finished: Finished, target: Target) -> DeliveryResult:
    """Read exit status and output by the first rule that matches. A program that names no host means the smart host."""
    assert finished.status is not None
    answer = profile.read(finished.status, "\n".join(filter(None, (finished.stdout, finished.stderr))))
    if answer is None:
        return Crashed(f"no rule of its profile matches this: {finished.describe()}")
    server = answer.server if answer.server is not None else Server(name=target.smart_host)
    return Answered(replace(answer, server=server, said_by="program"))


def program_adapter(
    name: str,
    what: str,
    *,
    arguments: Callable[[Invocation], list[str]],
    how_to_install: str,
    version: str = r"version (\S+)",
    features: Sequence[str] = (),
    lacks: Sequence[Lack] = (),
    read: Read = read_by_profile,
) -> Adapter:
    """Return the adapter of a program that is called `name` on the PATH, with the profile of the same name.

    `version`, `features` and `lacks` are those of `check_program`.
    """

    def check() -> Availability:
        return check_program(name, version=version, features=features, lacks=lacks)

    def create(argument: str, profile: ClientProfile | None) -> ProgramClient:
        known = profile if profile is not None else shipped_profile(name)
        return ProgramClient(name, f"{name} {check().version}", profile=known, arguments=arguments, read=read)

    return Adapter(name=name, what=what, create=create, check=check, how_to_install=how_to_install)
