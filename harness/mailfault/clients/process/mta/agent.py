"""Mail transfer agents (MTA): each delivery prepares a spool, starts the agent in the sandbox, and ends it once it has
reported a status for every recipient. A client profile (TOML) reads the status.
"""

import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mailfault.clients.adapter import Adapter
from mailfault.clients.client_profile import ClientProfile, shipped_profile
from mailfault.clients.library.mail_hosts import check_known
from mailfault.clients.library.recipients import combine_answers
from mailfault.clients.placement import Placement
from mailfault.clients.process.environment import clean_environment
from mailfault.clients.process.mta.installed import InstalledAgent, find, package_version, unpack_hint
from mailfault.clients.process.mta.run_until import run_until
from mailfault.clients.process.mta.spool import Spool
from mailfault.clients.process.probe import Availability
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
class RecipientStatus:
    """The status that an agent reported for one recipient."""

    outcome: Outcome
    facts: str
    """The text that the rules of its profile are matched against."""
    text: str
    """The agent's own words, for a person."""
    server: Server | None = None


Statuses = Mapping[str, RecipientStatus]
"""Statuses by recipient, in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSetup:
    """An agent that is ready to be started."""

    command: Sequence[str]
    statuses: Callable[[], Statuses]
    """Returns the statuses reported so far. Called again and again while the agent runs."""
    logs: tuple[Path, ...] = ()
    """Further logs, for a person."""
    environment: Mapping[str, str] = field(default_factory=dict)
    close: Callable[[], None] = lambda: None


Prepare = Callable[[InstalledAgent, Spool, Target], AgentSetup]
"""Writes an agent's queue, configuration and message into a spool. Raises OSError or KeyError if this user may not, and
Unsupported for a target that the agent does not support."""


class AgentClient:
    """A mail transfer agent, started for each delivery."""

    where = Placement.SANDBOX_ONLY

    def __init__(
        self, spec: str, name: str, *, profile: ClientProfile, agent: InstalledAgent, prepare: Prepare
    ) -> None:
        self.spec = spec
        self.name = name
        self._profile = profile
        self.composes = self._profile.composes
        self._agent = agent
        self._prepare = prepare

    def supports(self, scenario_id: str, target: Target) -> str | None:
        return self._profile.why_not(scenario_id, target)

    def deliver(self, target: Target, *, deadline_s: float) -> DeliveryResult:
        assert target.launcher is not None, "its placement is SANDBOX_ONLY"
        with Spool(self.spec) as spool:
            try:
                check_known(target)
                setup = self._prepare(self._agent, spool, target)
            except Unsupported as refusal:
                return Declined(str(refusal))
            except (OSError, KeyError) as error:
                return Declined(f"{self.name} needs root, and its users: {_reason(error)}")
            output = spool.path / "output"
            try:
                statuses, is_over = run_until(
                    setup.command,
                    lambda: complete_statuses(setup.statuses(), target.recipients),
                    launcher=target.launcher,
                    environment=clean_environment() | {"LC_ALL": "C"} | dict(setup.environment),
                    output=output,
                    deadline_s=deadline_s,
                )
            finally:
                setup.close()
            if statuses is not None:
                return read_statuses(statuses, self._profile)
            if not is_over:
                return Hung(deadline_s)
            words = " / ".join(_last_lines((output, *setup.logs)))
            return Crashed(f"{self.name} did not come to a delivery: {words}")

    def close(self) -> None:
        pass


def _reason(error: OSError | KeyError) -> str:
    """Omit the file name: it is random."""
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


def read_statuses(statuses: Statuses, profile: ClientProfile) -> DeliveryResult:
    """Read the answer for all recipients by the profile's rules."""
    answers: dict[str, Answer] = {}
    for recipient, status in statuses.items():
        if status.outcome is Outcome.DELIVERED:
            answers[recipient] = Answer(outcome=status.outcome, server=status.server)
            continue
        answer = profile.read(0, status.facts, outcome=status.outcome)
        if answer is None:
            return Crashed(f"no rule of its profile matches this: {status.facts}")
        server = answer.server or status.server
        answers[recipient] = replace(answer, text=status.text, server=server, said_by="program")
    return Answered(combine_answers(answers))


def complete_statuses(statuses: Statuses, recipients: Sequence[str]) -> dict[str, RecipientStatus] | None:
    """Return the status of each recipient; None until all have one."""
    if not all(recipient.lower() in statuses for recipient in recipients):
        return None
    return {recipient: statuses[recipient.lower()] for recipient in recipients}


def _last_lines(files: Sequence[Path]) -> list[str]:
    return "".join(file.read_text("utf-8", "replace") for file in files if file.is_file()).splitlines()[-5:]


def matches_in(log: Path, line: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Yield the pattern's matches in a log that is being written; nothing while its last line is unfinished."""
    try:
        text = log.read_text("utf-8", "backslashreplace")
    except OSError:
        return iter(())
    return line.finditer(text) if text.endswith("\n") else iter(())


def agent_adapter(
    name: str,
    title: str,
    what: str,
    *,
    prepare: Prepare,
    programs: Sequence[str],
    package: str | None = None,
    version: Callable[[InstalledAgent], str | None] | None = None,
    how_to_install: str | None = None,
) -> Adapter:
    """Return the adapter of an agent, with the profile of the same name.

    `programs` are the paths where its program may be. `package` is Debian's (default: `name`), whose version is shown
    unless `version` finds another; `version` returns None if the agent cannot run. `how_to_install` replaces the hint
    to install the package, or to unpack it with ci/unpack-mta.
    """
    package = package or name

    @functools.cache
    def version_of(agent: InstalledAgent) -> str | None:
        return version(agent) if version is not None else package_version(agent, package)

    def check() -> Availability:
        agent = find(name, *programs)
        if agent is None:
            return Availability(missing=f"there is no program {programs[0]}")
        found = version_of(agent)
        return (
            Availability(version=found)
            if found is not None
            else Availability(missing=f"{title} does not tell its version")
        )

    def create(argument: str, profile: ClientProfile | None) -> AgentClient:
        agent = find(name, *programs)
        assert agent is not None, "check() finds it missing first"
        known = profile if profile is not None else shipped_profile(name, outcomes_known=True)
        return AgentClient(name, f"{title} {version_of(agent)}", profile=known, agent=agent, prepare=prepare)

    hint = how_to_install or f"apt-get install {package}, or: {unpack_hint(name)}"
    return Adapter(name=name, what=what, create=create, check=check, how_to_install=hint)
