"""Play a scenario again if the machine stalled.

A client's limits may pass through no fault of its own: while the machine stands still, or has no time for the client.
"""

import contextlib
import threading
import time
from dataclasses import replace

from mailfault.clients.client import Client
from mailfault.codes.code_map import CodeMap
from mailfault.events import Ending
from mailfault.judging.verdict import Verdict
from mailfault.play.options import RunOptions
from mailfault.play.play import play
from mailfault.play.result import ScenarioResult
from mailfault.world.plan import WorldPlan
from mailfault_servers.loop import longest_pause_s

_MAX_TRIES = 6
"""Maximum tries when the machine stalls during a scenario."""
_DISTURBING_SHARE = 0.3
"""Share of the client's shortest limit from which a pause disturbs a scenario."""
_retrying = threading.Lock()
"""Serialises retries: our own load may be the cause."""


def play_with_retries(plan: WorldPlan, client: Client, code_map: CodeMap, options: RunOptions) -> ScenarioResult:
    """Play a scenario until the machine did not stall, at most _MAX_TRIES times.

    A shortfall in a disturbed last try ends as `broken`: nothing can be concluded from it.
    """
    disturbing_s = _DISTURBING_SHARE * plan.shortest_limit_s
    for number in range(1, _MAX_TRIES + 1):
        with _retrying if number > 1 else contextlib.nullcontext():
            began_s = time.monotonic()
            result = replace(play(plan, client, code_map, options), tries=number)
            lost_s = longest_pause_s(began_s)
        falls_short = result.verdict.ending.is_shortfall
        if falls_short:
            lost_s = max(lost_s, result.cpu_wait_s)
        if lost_s < disturbing_s:
            return result
    return replace(result, verdict=_too_busy(result.verdict, lost_s)) if falls_short else result


def _too_busy(verdict: Verdict, lost_s: float) -> Verdict:
    sentence = (
        f"this machine was too busy: in each of {_MAX_TRIES} plays it took a good part of the client's time limits, "
        f"{lost_s:.1f} s in the last, which ended {verdict.ending} ({verdict.sentence}); try fewer at once (--jobs)"
    )
    return replace(verdict, ending=Ending.BROKEN, sentence=sentence)
