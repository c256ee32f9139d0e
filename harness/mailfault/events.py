"""The events of a run. The run record holds them, one JSON object a line; reports read nothing else."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, ClassVar

from mailfault.errors import MailfaultError

RECORD_FORMAT = 1


class Ending(StrEnum):
    """The end of a scenario for a client, from best to worst."""

    PASSED = "passed"
    TOLERATED = "tolerated"
    UNSUPPORTED = "unsupported"
    NOT_REACHED = "not-reached"
    MISCLASSIFIED = "misclassified"
    UNSAFE = "unsafe"
    CRASHED = "crashed"
    HUNG = "hung"
    BROKEN = "broken"

    @property
    def rank(self) -> int:
        """Position from best (0) to worst."""
        return list(Ending).index(self)

    @property
    def is_shortfall(self) -> bool:
        """True if it counts against the client or the harness."""
        return self.rank > Ending.UNSUPPORTED.rank


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """A run begins."""

    kind: ClassVar[str] = "run-started"
    mailfault: str
    """Version of mailfault."""
    started_at: str
    """RFC 3339, UTC."""
    clients: tuple[str, ...]
    """The --client strings."""
    client_names: tuple[str, ...]
    """Full names of the clients: "smtplib (CPython 3.11.7)"."""
    profile: str
    """Name of the code map (`--profile`)."""
    scenarios: int
    """Number of scenarios for each client."""
    network: str
    """Network of the worlds: "loopback", "sandbox"."""
    software: tuple[dict[str, Any], ...] = ()
    """For each client that is Python code its interpreter, implementation, version of Python, and the versions of the
    mail libraries that it has loaded ("libraries"); empty for a program."""
    record_format: int = RECORD_FORMAT


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioStarted:
    """A client begins a scenario."""

    kind: ClassVar[str] = "scenario-started"
    id: str
    client: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioFinished:
    """A verdict, with all its evidence."""

    kind: ClassVar[str] = "scenario-finished"
    id: str
    client: str
    title: str
    ending: Ending
    sentence: str
    """Reason of the verdict, in one sentence."""
    expected: str
    happened: str
    said: str
    """The three voices in brief, like "450 4.4.316 connection-refused": expectation, diagnosis, answer."""
    grade: str
    """"witnessed" or "inferred"."""
    duration_s: float
    coarser: tuple[str, ...] = ()
    """Further failures that a passing answer may mean."""
    due: str = ""
    """The failure that the client should have named, or "delivered"; empty if nothing was judged."""
    named: tuple[str, ...] = ()
    """The failures that its answer may mean, or "delivered"; empty if it names none, or there is no answer."""
    fault_met: bool | None = None
    """False if no fault acted on the client, True if one did. None if the scenario has none, or nothing was judged."""
    failure: str | None = None
    """The decisive failure, which meaning, causes and fixes explain."""
    meaning: str = ""
    causes: tuple[str, ...] = ()
    fixes: tuple[str, ...] = ()
    evidence: str = ""
    """The diagnosis as a sentence."""
    answer: dict[str, Any] | None = None
    """The client's answer as JSON of the contract."""
    control: str | None = None
    """Ending of the control; None if this client was run through it before, or the scenario is a control."""
    scenario: dict[str, Any] = field(default_factory=dict)
    """The whole scenario, so that `mailfault replay` needs the record alone."""
    journal: tuple[dict[str, Any], ...] = ()
    """Entries of the journal, each as mailfault_servers.journal.Entry.to_json."""
    repeat: str = ""
    """The command that repeats it."""
    seed: int = 0
    plays: int = 1
    """Number of attempts: more than one if this machine stalled so long that time limits expired."""
    processes: tuple[int, ...] = ()
    """Numbers of the client's processes that served, from 1: one, or several if one was replaced. No two plays share a
    process at once. Empty if the client has no processes that are kept."""
    messages: tuple[dict[str, Any], ...] = ()
    """Number, ending, sentence, voices and answer of each of several messages. The attributes above are then those of
    the worst one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """A run is over."""

    kind: ClassVar[str] = "run-finished"
    endings: dict[str, int]
    """Number of verdicts with each ending, best first, without zeros."""
    duration_s: float
    exit_status: int
    interrupted: bool = False
    """Stopped before all scenarios were run."""


RunEvent = RunStarted | ScenarioStarted | ScenarioFinished | RunFinished
_KINDS: dict[str, type[RunEvent]] = {
    kind.kind: kind for kind in (RunStarted, ScenarioStarted, ScenarioFinished, RunFinished)
}


class BadRecord(MailfaultError, ValueError):
    """A run record is unreadable; the message names the line and the cause."""


def to_line(event: RunEvent) -> str:
    """Return the line of the run record, without its newline."""
    return json.dumps({"event": event.kind, **asdict(event)}, ensure_ascii=False, separators=(",", ":"))


def from_lines(lines: Iterable[str]) -> Iterator[RunEvent]:
    """Yield the events of a run record. Raises BadRecord for any other line (an unfinished last line included)."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            kind = _KINDS[data.pop("event")]
            known = {field.name for field in fields(kind)}
            values: dict[str, Any] = {
                key: tuple(v) if isinstance(v, list) else v for key, v in data.items() if key in known
            }
            if "ending" in values:
                values["ending"] = Ending(values["ending"])
            yield kind(**values)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            message = f"line {number} is no event of a mailfault run record"
            raise BadRecord(message, cause=repr(error)) from error
