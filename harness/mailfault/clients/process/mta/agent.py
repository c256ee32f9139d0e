"""Mail transfer agents: laid out in a spool of their own, run in the sandbox until they have said what became of the
message for every recipient, and read through a client profile (TOML)."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mailfault.clients.adapters.command import clean_environment
from mailfault.clients.client_profile import ClientProfile
from mailfault.clients.library.mail_hosts import check_known
from mailfault.clients.library.recipients import whole_of
from mailfault.clients.placement import Placement
from mailfault.clients.process.mta.spool import Spool
from mailfault.clients.process.mta.watch import run_until
from mailfault.contract import (
    Answer,
    Answered,
    Crashed,
    Declined,
    DeliveryResult,
    Hung,
    Outcome,
    Server,
    Target,
    Unsupported,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an agent said of one recipient."""

    outcome: Outcome
    told: str
    """What the rules of its profile are looked for in."""
    text: str
    """Its own words, for a person."""
    server: Server | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """An agent that is ready to be started."""

    command: Sequence[str]
    said: Callable[[], Mapping[str, Said]]
    """What it has said so far, by recipient in lower case. Asked again and again while it runs."""
    words: tuple[Path, ...] = ()
    """Files with what it says besides, for a person."""
    environment: Mapping[str, str] = field(default_factory=dict)
    close: Callable[[], None] = lambda: None


class AgentClient:
    """A mail transfer agent, started anew for each delivery."""

    where = Placement.SANDBOX_ONLY

    def __init__(
        self,
        spec: str,
        name: str,
        *,
        profile: ClientProfile,
        lay_out: Callable[[Spool, Target], Laid],
    ) -> None:
        """`lay_out` makes spool, configuration and message. It raises OSError or KeyError where this user cannot have
        them, and Unsupported for a target that the agent cannot have."""
        self.spec = spec
        self.name = name
        self._profile = profile
        self._lay_out = lay_out

    def supports(self, scenario_id: str, target: Target) -> str | None:
        return self._profile.why_not(scenario_id, target)

    def deliver(self, target: Target, *, deadline_s: float) -> DeliveryResult:
        assert target.launcher is not None, "it needs the sandbox, and says so"
        with Spool(self.spec) as spool:
            try:
                check_known(target)
                laid = self._lay_out(spool, target)
            except Unsupported as refusal:
                return Declined(str(refusal))
            except (OSError, KeyError) as error:
                return Declined(f"{self.name} needs root, and its users: {_why(error)}")
            output = spool.path / "output"
            try:
                said, in_time = run_until(
                    laid.command,
                    lambda: of_all(laid.said(), target.recipients),
                    launcher=target.launcher,
                    environment=clean_environment() | {"LC_ALL": "C"} | dict(laid.environment),
                    output=output,
                    deadline_s=deadline_s,
                )
            finally:
                laid.close()
            if said is None and not in_time:
                return Hung(deadline_s)
            if said is None:
                words = " / ".join(_last_lines((output, *laid.words)))
                return Crashed(f"{self.name} did not come to a delivery: {words}")
            return read(said, self._profile)

    def close(self) -> None:
        pass


def _why(error: OSError | KeyError) -> str:
    """Without the file's name, which is another each time."""
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


def read(said: Mapping[str, Said], profile: ClientProfile) -> DeliveryResult:
    """The answer for all recipients, by the profile's rules."""
    each: dict[str, Answer] = {}
    for recipient, its in said.items():
        if its.outcome is Outcome.DELIVERED:
            each[recipient] = Answer(outcome=its.outcome, server=its.server)
            continue
        answer = profile.read(0, its.told, outcome=its.outcome)
        if answer is None:
            return Crashed(f"no rule of its profile is for this: {its.told}")
        each[recipient] = replace(answer, text=its.text, server=answer.server or its.server, said_by="program")
    return Answered(whole_of(each))


def of_all(said: Mapping[str, Said], recipients: Sequence[str]) -> dict[str, Said] | None:
    """What was said, once something was said of every recipient."""
    if not all(one.lower() in said for one in recipients):
        return None
    return {one: said[one.lower()] for one in recipients}


def _last_lines(files: Sequence[Path]) -> list[str]:
    return "".join(one.read_text("utf-8", "replace") for one in files if one.is_file()).splitlines()[-5:]


def lines_of(log: Path, line: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Where the pattern is found in a log that is still being written; nothing while its last line is unfinished."""
    try:
        text = log.read_text("utf-8", "backslashreplace")
    except OSError:
        return iter(())
    return line.finditer(text) if text.endswith("\n") else iter(())
