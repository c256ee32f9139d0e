"""`command:./send --to {recipient}`: any program, one process for each delivery, told by its environment.

It answers with one JSON object on stdout or in the file MAILFAULT_RESULT and exits with 0; 127 says that the target is
not supported. A program that only exits and prints is read through a client profile.
"""

import json
import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from mailfault.clients.adapter import Adapter
from mailfault.clients.client import Client
from mailfault.clients.client_profile import ClientProfile
from mailfault.clients.errors import ClientError
from mailfault.clients.placement import Placement
from mailfault.clients.process.run_program import Finished, run_program
from mailfault.clients.process.target_json import PLACEHOLDERS, PREFIX, environment_of
from mailfault.contract import Answer, Answered, BadAnswer, Crashed, Declined, DeliveryResult, Hung, Target

NOT_SUPPORTED = 127
"""Exit status of a program that cannot do what its target asks."""

_USAGE = "./send --to {recipient}"
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class CommandClient:
    """A program, started for each delivery."""

    where = Placement.PROGRAM

    def __init__(self, command: str, *, profile: ClientProfile | None = None) -> None:
        """`command` is an argument list in POSIX quoting, never given to a shell. Raises ClientError."""
        self._arguments = split_command(command, kind="command")
        self._profile = profile
        self.spec = f"command:{command}"
        self.name = (profile.name if profile is not None else None) or Path(self._arguments[0]).name

    def supports(self, scenario_id: str, target: Target) -> str | None:
        return (self._profile or ClientProfile()).why_not(scenario_id, target)

    def deliver(self, target: Target, *, deadline_s: float) -> DeliveryResult:
        with tempfile.TemporaryDirectory(prefix="mailfault-command-") as name:
            folder = Path(name)
            message, result = folder / "message.eml", folder / "result.json"
            message.write_bytes(target.message)
            variables = environment_of(target, message=message, result=result)
            try:
                finished = run_program(
                    [_filled(one, variables) for one in self._arguments],
                    environment=clean_environment() | dict(variables),
                    folder=folder,
                    deadline_s=deadline_s,
                    launcher=target.launcher,
                )
            except OSError as error:
                return Crashed(f"{self._arguments[0]} cannot be started: {error.strerror}")
            if finished.status is None:
                return Hung(deadline_s)
            written = result.read_text("utf-8", "backslashreplace") if result.is_file() else ""
            return self._read(finished, written)

    def close(self) -> None:
        pass

    def _read(self, finished: Finished, written: str) -> DeliveryResult:
        status = finished.status
        assert status is not None
        if status == NOT_SUPPORTED:
            return Declined(finished.stderr.strip() or finished.stdout.strip() or "it exited with status 127")
        if self._profile is not None and self._profile.answer:
            answer = self._profile.read(status, "\n".join(filter(None, (finished.stdout, finished.stderr))))
            if answer is not None:
                return Answered(answer)
        if status != 0:
            return Crashed(finished.describe())
        said = written if written.strip() else finished.stdout
        if not said.strip():
            return Crashed("it exited with status 0 and gave no answer, on stdout or in MAILFAULT_RESULT")
        try:
            return Answered(Answer.from_json(json.loads(said)))
        except BadAnswer as error:
            return Crashed(str(error))
        except ValueError as error:
            return Crashed(f"its answer is not one JSON object: {error}; it begins {said.strip()[:80]!r}")


def split_command(command: str, *, kind: str) -> tuple[str, ...]:
    """The argument list of a command, its program with its full path. Raises ClientError where there is no such program
    or a placeholder is unknown."""
    try:
        arguments = shlex.split(command)
    except ValueError as error:
        raise ClientError(f"--client '{kind}:{command}' is not well quoted: {error}") from None
    if not arguments:
        raise ClientError(f"--client '{kind}:' names no program; write it like {kind}:{_USAGE}")
    for placeholder in _PLACEHOLDER.findall(command):
        if placeholder not in PLACEHOLDERS:
            known = ", ".join(PLACEHOLDERS)
            raise ClientError(f"--client '{kind}:{command}': unknown placeholder {{{placeholder}}}; known are {known}")
    program = shutil.which(arguments[0])
    if program is None:
        raise ClientError(f"--client '{kind}:{command}': {_why_no_program(arguments[0])}")
    return (str(Path(program).absolute()), *arguments[1:])


def _why_no_program(name: str) -> str:
    if os.sep not in name:
        return f"there is no program {name!r} on the PATH; give its path, or install it"
    if Path(name).is_file():
        return f"{name} cannot be executed; try chmod +x {name}"
    return f"there is no file {name}; a path is seen from {Path.cwd()}"


def clean_environment() -> dict[str, str]:
    """The harness's environment without MAILFAULT_ variables that a caller may have set."""
    return {key: value for key, value in os.environ.items() if not key.startswith(PREFIX)}


def _filled(argument: str, variables: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: variables.get(PREFIX + found[1].upper(), ""), argument)


def _open(what: str, profile: ClientProfile | None) -> Client:
    return CommandClient(what, profile=profile)


ADAPTER = Adapter(
    name="command",
    what="any program, one process a delivery, told by its environment",
    usage=_USAGE,
    open=_open,
)
