"""The control of a scenario: the same world without its faults, in which the client must deliver."""

import threading
from concurrent.futures import Future
from dataclasses import replace

from mailfault.clients import open_client
from mailfault.clients.client import Client
from mailfault.codes.code_map import CodeMap
from mailfault.events import Ending
from mailfault.judging.verdict import Verdict
from mailfault.play.contradiction import without_contradiction
from mailfault.play.options import RunOptions
from mailfault.play.result import ScenarioResult, broken
from mailfault.play.retry import play_with_retries
from mailfault.scenario.model import Scenario
from mailfault.world.plan import WorldPlan, plan_world


class Controls:
    """Plays each distinct control once per client and shares its verdict. Any thread may ask."""

    def __init__(self, options: RunOptions, code_map: CodeMap) -> None:
        self._options = replace(options, captures=None)  # only a scenario's own packets are kept
        self._code_map = code_map
        self._lock = threading.Lock()
        self._verdicts: dict[tuple[str, str], Future[Verdict]] = {}

    def verdict(self, scenario: Scenario, client: Client) -> tuple[Verdict, bool]:
        """Return the control's verdict, and True if this call played it."""
        control = scenario.control()
        hosts = [host.model_dump() for host in control.host]
        key = (client.spec, repr((control.connector, control.dns, control.sts, hosts)))
        with self._lock:
            future = self._verdicts.get(key)
            is_first = future is None
            if future is None:
                future = self._verdicts[key] = Future()
        if is_first:
            try:
                future.set_result(self._play(plan_world(control, self._options.limits), client))
            except BaseException as error:
                future.set_exception(error)
                raise
        return future.result(), is_first

    def _play(self, plan: WorldPlan, client: Client) -> Verdict:
        verdict = play_with_retries(plan, client, self._code_map, self._options).verdict
        if not verdict.ending.is_shortfall or verdict.ending is Ending.BROKEN:
            return verdict
        reference = open_client("reference")
        witness = play_with_retries(plan, reference, self._code_map, self._options).verdict
        reference.close()
        if witness.ending is Ending.PASSED:
            return verdict
        error = RuntimeError(f"the control does not deliver even with the reference client: {witness.sentence}")
        return broken(error).verdict


def play_with_control(
    plan: WorldPlan, client: Client, code_map: CodeMap, options: RunOptions, controls: Controls
) -> tuple[ScenarioResult, str | None]:
    """Play a scenario and its control.

    Return the result, and the ending of the control. That is None if it was not played now.
    """
    scenario = plan.scenario
    result = play_with_retries(plan, client, code_map, options)
    needs_control = options.control and bool(scenario.faults) and result.verdict.ending is not Ending.UNSUPPORTED
    if not needs_control:
        return without_contradiction(result, plan, client, code_map, options), None
    verdict, is_first = controls.verdict(scenario, client)
    if verdict.ending.is_shortfall and verdict.ending.rank > result.verdict.ending.rank:
        result = replace(result, verdict=_without_fault(verdict, result.verdict))
    result = without_contradiction(result, plan, client, code_map, options)
    return result, str(verdict.ending) if is_first else None


def _without_fault(control: Verdict, verdict: Verdict) -> Verdict:
    """Return the verdict on a client that falls short without the fault: it has shown nothing about the fault."""
    return Verdict(
        ending=control.ending,
        sentence=f"without the fault, too, the client falls short: {control.sentence}",
        expected=verdict.expected,
        happened=verdict.happened,
        said=verdict.said,
    )
