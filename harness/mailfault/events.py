"""What a run tells while it goes on. The run record is these events, one JSON object a line.

Reports read nothing else.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, ClassVar

RECORD_FORMAT = 1


class Ending(StrEnum):
    """How a scenario ended for a client, from best to worst."""

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
        """Place from best (0) to worst."""
        return list(Ending).index(self)

    @property
    def is_shortfall(self) -> bool:
        """Whether it counts against the client or the harness."""
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
    """The same as a person knows them: "smtplib (CPython 3.11.7)"."""
    profile: str
    scenarios: int
    """How many scenarios each client will be taken through."""
    network: str
    """Where the worlds live: "loopback"."""
    record_format: int = RECORD_FORMAT


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioStarted:
    """A client is about to be taken through a scenario."""

    kind: ClassVar[str] = "scenario-started"
    id: str
    client: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioFinished:
    """A verdict, with all that it rests on."""

    kind: ClassVar[str] = "scenario-finished"
    id: str
    client: str
    title: str
    ending: Ending
    sentence: str
    """Why, in one sentence."""
    expected: str
    happened: str
    said: str
    """The three voices, each spelled as briefly as in "450 4.4.316 connection-refused"."""
    grade: str
    """"witnessed" or "inferred"."""
    duration_s: float
    coarser: tuple[str, ...] = ()
    """Where it passed: the other failures that the client's answer may as well stand for."""
    due: str = ""
    """What the client should have named: a failure, or "delivered"; empty where nothing was judged."""
    named: tuple[str, ...] = ()
    """What its answer stands for, in the same words; empty where it named nothing, or gave no answer."""
    failure: str | None = None
    """The failure that decided, for which meaning, causes and fixes are given."""
    meaning: str = ""
    causes: tuple[str, ...] = ()
    fixes: tuple[str, ...] = ()
    evidence: str = ""
    """The diagnosis as a sentence."""
    answer: dict[str, Any] | None = None
    """The client's answer, as the contract writes it."""
    control: str | None = None
    """Ending of the control; None where this client went through the same one before, or the scenario is one."""
    scenario: dict[str, Any] = field(default_factory=dict)
    """The whole scenario, so that it can be played again from the record alone."""
    journal: tuple[dict[str, Any], ...] = ()
    """What the servers saw and did: mailfault_servers.journal.Entry.to_json of each entry."""
    repeat: str = ""
    """The command that plays it again."""
    seed: int = 0
    plays: int = 1
    """How often it was played: more than once where this machine stood still so long that limits passed unduly."""
    messages: tuple[dict[str, Any], ...] = ()
    """Where there were several messages: number, ending, sentence, the three voices and the answer of each. What is
    said above is then that of the message that fared worst."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """A run is over."""

    kind: ClassVar[str] = "run-finished"
    endings: dict[str, int]
    """How many verdicts of each ending, best first; endings that did not occur are absent."""
    duration_s: float
    exit_status: int
    interrupted: bool = False
    """Stopped before all scenarios were played."""


RunEvent = RunStarted | ScenarioStarted | ScenarioFinished | RunFinished
_KINDS: dict[str, type[RunEvent]] = {
    kind.kind: kind for kind in (RunStarted, ScenarioStarted, ScenarioFinished, RunFinished)
}


class BadRecord(ValueError):
    """A run record cannot be read; the message says in which line and why."""


def to_line(event: RunEvent) -> str:
    """One line of the run record, without its newline."""
    return json.dumps({"event": event.kind, **asdict(event)}, ensure_ascii=False, separators=(",", ":"))


def from_lines(lines: Iterable[str]) -> Iterator[RunEvent]:
    """The events of a run record. Raises BadRecord for a line that is none (an unfinished last line included)."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            kind = _KINDS[data.pop("event")]
            known = {one.name for one in fields(kind)}
            values: dict[str, Any] = {
                key: tuple(v) if isinstance(v, list) else v for key, v in data.items() if key in known
            }
            if "ending" in values:
                values["ending"] = Ending(values["ending"])
            yield kind(**values)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadRecord(f"line {number} is no event of a mailfault run record: {error!r}") from error
