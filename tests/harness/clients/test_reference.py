from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from mailfault.clients.adapters.reference import ReferenceAdapter, answer_of, settings_of
from mailfault.codes.failure import Failure
from mailfault.contract import Answered, Declined, Outcome, Route, Target
from mailfault.reference_client import Attempt, Result
from mailfault.reference_client.settings import MailHost
from mailfault.scenario.model import Scenario
from mailfault.world.plan import plan_world
from mailfault.world.world import World
from mailfault_servers.smtp.reply import SmtpReply

HOST = MailHost("mx1.dest.example", "127.0.0.10")
REFUSED = Result(
    outcome="failed",
    failure=Failure.REMOTE_REPLY,
    reply=SmtpReply.parse("550 5.1.1 User unknown"),
    text="User unknown",
    host=HOST,
)


def attempt(**results: Result) -> Attempt:
    return Attempt(began=datetime(2023, 1, 2, tzinfo=UTC), results=results)


def test_equal_answers_become_one() -> None:
    answer = answer_of(attempt(one=REFUSED, two=REFUSED))
    assert answer.to_json() == {
        "outcome": "failed",
        "failure": "remote-reply",
        "reply": "550 5.1.1 User unknown",
        "text": "User unknown",
        "server": {"name": "mx1.dest.example", "address": "127.0.0.10"},
    }


def test_different_answers_stay_apart() -> None:
    answer = answer_of(attempt(one=Result(outcome="delivered", host=HOST), two=REFUSED))
    assert answer.outcome is Outcome.FAILED
    assert answer.recipients is not None
    assert answer.recipients["one"].outcome is Outcome.DELIVERED
    assert answer.recipients["two"].failure is Failure.REMOTE_REPLY


def test_settings_are_the_targets(target: Target) -> None:
    settings = settings_of(target)
    assert (settings.route, settings.tls, settings.smart_host) == ("smart-host", "opportunistic", "mx1.dest.example")
    assert (settings.connect_s, settings.command_s, settings.dns_s) == (0.25, 1.5, 0.2)
    assert settings.resolver == target.dns


def test_delivers_and_names_a_fault() -> None:
    scenario: dict[str, Any] = {
        "title": "A story for the reference client",
        "why": "Its adapter has to bring target and answer across.",
        "refs": ["contract"],
        "host": [{"name": "mx1.dest.example"}],
        "expect": {"action": "deliver"},
    }
    with ReferenceAdapter() as client:
        with World(plan_world(Scenario.model_validate(scenario))) as world:
            good = client.deliver(world.target, deadline_s=60)
        scenario["host"] = [{"name": "mx1.dest.example", "faults": [{"use": "tcp.refuse"}]}]
        with World(plan_world(Scenario.model_validate(scenario))) as world:
            refused = client.deliver(world.target, deadline_s=60)
    assert isinstance(good, Answered)
    assert good.answer.outcome is Outcome.DELIVERED
    assert isinstance(refused, Answered)
    assert refused.answer.failure is Failure.CONNECTION_REFUSED


def test_unknown_route_is_refused(target: Target) -> None:
    ended = ReferenceAdapter().deliver(replace(target, route=cast(Route, "x-unknown")), deadline_s=60)
    assert isinstance(ended, Declined)
