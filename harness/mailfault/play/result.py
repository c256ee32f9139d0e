"""The result of a scenario for one client."""

from dataclasses import dataclass

from mailfault.contract import DeliveryResult
from mailfault.diagnosis.diagnosis import Diagnosis
from mailfault.events import Ending
from mailfault.judging.verdict import Verdict
from mailfault_servers.journal import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageResult:
    """One message that the client was given, judged by itself."""

    verdict: Verdict
    diagnosis: Diagnosis
    ended: DeliveryResult


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioResult:
    """All deliveries in one world, judged.

    The message with the worst verdict decides. If all passed, the first one that met a failure does.
    """

    verdict: Verdict
    diagnosis: Diagnosis | None
    ended: DeliveryResult | None
    entries: tuple[Entry, ...]
    messages: tuple[MessageResult, ...] = ()
    tries: int = 1
    """Number of times it was played: more than one if the machine stalled meanwhile."""
    cpu_wait_s: float = 0.0
    """Seconds the client was runnable but not scheduled, if known."""
    processes: tuple[int, ...] = ()
    """The numbers of the client's processes that served; empty if it has none of its own."""


def without_delivery(ending: Ending, reason: str) -> ScenarioResult:
    """Return the result of a scenario in which the client was not judged."""
    return ScenarioResult(verdict=Verdict(ending=ending, sentence=reason), diagnosis=None, ended=None, entries=())


def broken(error: Exception) -> ScenarioResult:
    """Return the result of a failure in the harness itself: it concludes nothing about the client."""
    return without_delivery(Ending.BROKEN, f"the harness itself failed: {type(error).__name__}: {error}")
