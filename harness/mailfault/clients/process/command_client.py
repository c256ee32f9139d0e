"""Clients that are a program of the user's own, started for each delivery and told its target by its environment."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from mailfault.clients.client_profile import ClientProfile
from mailfault.clients.placement import Placement
from mailfault.clients.process.command_line import PLACEHOLDER, split_command
from mailfault.clients.process.environment import PREFIX, clean_environment
from mailfault.clients.process.run_program import Finished, run_program
from mailfault.clients.process.target_json import target_to_environment
from mailfault.contract import Answer, Answered, BadAnswer, Crashed, Declined, DeliveryResult, Hung, Target

NOT_SUPPORTED = 127
"""Exit status of a program that does not support its target."""


class CommandClient:
    """A program, started for each delivery."""

    where = Placement.PROGRAM

    def __init__(self, command: str, *, profile: ClientProfile | None = None) -> None:
        """`command` is an argument list in POSIX quoting, never given to a shell. Raises ClientError."""
        self._arguments = split_command(command, kind="command")
        self._profile = profile
        self.composes = profile is not None and profile.composes
        self.spec = f"command:{command}"
        self.name = (profile.name if profile is not None else None) or Path(self._arguments[0]).name

    def supports(self, scenario_id: str, target: Target) -> str | None:
        return (self._profile or ClientProfile()).why_not(scenario_id, target)

    def deliver(self, target: Target, *, deadline_s: float) -> DeliveryResult:
        with tempfile.TemporaryDirectory(prefix="mailfault-command-") as name:
            folder = Path(name)
            message, result = folder / "message.eml", folder / "result.json"
            message.write_bytes(target.message)
            variables = target_to_environment(target, message=message, result=result)
            try:
                finished = run_program(
                    [_fill(argument, variables) for argument in self._arguments],
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
        answer_text = written if written.strip() else finished.stdout
        if not answer_text.strip():
            return Crashed("it exited with status 0 and gave no answer, on stdout or in MAILFAULT_RESULT")
        try:
            return Answered(Answer.from_json(json.loads(answer_text)))
        except BadAnswer as error:
            return Crashed(str(error))
        except ValueError as error:
            return Crashed(f"its answer is not one JSON object: {error}; it begins {answer_text.strip()[:80]!r}")


def _fill(argument: str, variables: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: variables.get(PREFIX + found[1].upper(), ""), argument)
