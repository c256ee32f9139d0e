from collections.abc import Callable
from dataclasses import dataclass

import pytest

from mailfault.clients.check import check_client
from mailfault.clients.client_profile import ClientProfile
from mailfault.clients.library.callable_client import CallableClient
from mailfault.contract import (
    Answer,
    Answered,
    Crashed,
    Declined,
    DeliveryResult,
    Outcome,
    Route,
    Target,
    TlsPolicy,
    Unsupported,
)
from mailfault.scenario.model import Scenario

DELIVERED = Answered(Answer(outcome=Outcome.DELIVERED))
DEFERRED = Answered(Answer(outcome=Outcome.DEFERRED, text="try again later"))


@dataclass(frozen=True)
class SaysWhy:
    ending: str
    sentence: str = "the server has no such message"


@dataclass(frozen=True)
class Played:
    ended: DeliveryResult | None
    verdict: SaysWhy


def careful(target: Target) -> Answer:
    if target.route not in list(Route) or target.tls not in list(TlsPolicy):
        raise Unsupported("not known to me")
    raise AssertionError("only what must be refused is delivered here")


def careless(target: Target) -> Answer:
    return Answer(outcome=Outcome.DEFERRED, text="something went wrong")


def check(
    ended_by: Callable[[Scenario], DeliveryResult | None], function: Callable[[Target], Answer] = careful
) -> dict[str, tuple[bool, str]]:
    def play(scenario: Scenario) -> Played:
        ended = ended_by(scenario)
        good = scenario.expect.action == "deliver"
        return Played(ended, SaysWhy("passed" if good and ended == DELIVERED else "misclassified"))

    client = CallableClient(function, spec="python:x:y", profile=ClientProfile())
    return {check.title: (check.ok, check.detail) for check in check_client(client, play=play)}


def good_or(otherwise: DeliveryResult | None) -> Callable[[Scenario], DeliveryResult | None]:
    return lambda scenario: DELIVERED if scenario.expect.action == "deliver" else otherwise


def test_good_adapter_passes_everything() -> None:
    checks = check(good_or(DEFERRED))
    assert all(ok for ok, _ in checks.values()), checks
    assert len(checks) == 12
    assert "a good delivery by MX" in checks
    assert checks["an unknown route is refused"] == (True, "not known to me")


def test_every_failure_that_a_world_can_show_is_played() -> None:
    played: list[Scenario] = []

    def note(scenario: Scenario) -> DeliveryResult:
        played.append(scenario)
        return DEFERRED

    check(note)
    failures = [str(scenario.expect.failure) for scenario in played if scenario.expect.failure is not None]
    assert sorted(failures) == [
        "cannot-connect",
        "certificate-invalid",
        "connection-closed",
        "connection-refused",
        "connection-timed-out",
        "dns-query-failed",
        "no-mail-service",
        "remote-reply",
    ]
    for scenario in played:
        assert scenario.expect.failure is None or scenario.dns.faults or scenario.host[0].faults, scenario.id


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        (Crashed("it exited with status 1"), "crashed: it exited with status 1"),
        (DELIVERED, "it says 'delivered' although nothing can arrive"),
        (None, "the server has no such message"),
    ],
)
def test_adapter_without_an_answer_to_faults(ended: DeliveryResult | None, said: str) -> None:
    ok, detail = check(good_or(ended))["an answer where the host refuses the connection"]
    assert not ok
    assert said in detail


def test_a_client_may_ignore_certificates() -> None:
    ok, detail = check(good_or(DELIVERED))["an answer where the certificate has expired"]
    assert ok
    assert "does not check certificates" in detail


def test_good_delivery_that_did_not_arrive() -> None:
    ok, detail = check(lambda _: DEFERRED)["a good delivery by smart host"]
    assert not ok
    assert detail == "deferred: try again later; the server has no such message"


def test_route_may_be_declared_unsupported_but_not_both() -> None:
    def only_smart_host(scenario: Scenario) -> DeliveryResult:
        if scenario.connector.route is Route.MX:
            return Declined("no MX here")
        return DELIVERED if scenario.expect.action == "deliver" else DEFERRED

    checks = check(only_smart_host)
    assert all(ok for ok, _ in checks.values()), checks
    assert checks["a good delivery by MX"] == (True, "declared unsupported: no MX here")
    assert not any(ok for title, (ok, _) in check(lambda _: Declined("no")).items() if "good" in title)


def test_unknown_target_that_is_not_refused() -> None:
    checks = check(good_or(DEFERRED), careless)
    for title in ("an unknown route is refused", "an unknown TLS policy is refused"):
        ok, detail = checks[title]
        assert not ok
        assert "127" in detail
