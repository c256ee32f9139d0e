"""The adapters over real client software, against real worlds: each stage and kind of fault once."""

from typing import Any

import pytest

from mailfault.clients import Client, ClientError, open_client
from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Answered, Limits, Outcome
from mailfault.scenario.model import Scenario
from mailfault.world.plan import plan_world
from mailfault.world.world import World
from mailfault_servers.facts import MessageAccepted

NAME, ADDRESS = "mx1.dest.example", "127.0.0.10"
PATIENT = Limits(connect_s=20, command_s=20, dns_s=20)
"""Long limits for tests without a time-out: none may expire on a busy machine."""
BRIEF = Limits(connect_s=0.6, command_s=0.6, dns_s=0.6)


def story(*faults: dict[str, Any], dns: tuple[dict[str, Any], ...] = (), hosts: int = 1, **connector: Any) -> Scenario:
    """A scenario whose faults are those of its first host."""
    names = [f"mx{n}.dest.example" for n in range(1, hosts + 1)]
    return Scenario.model_validate(
        {
            "title": "A story for an adapter",
            "why": "The adapter has to pass on what its library says.",
            "refs": ["contract"],
            "connector": {"route": "smart-host", "tls": "none", **connector},
            "dns": {"faults": dns},
            "host": [
                {"name": name, "preference": 10 * n, "faults": faults if n == 1 else ()}
                for n, name in enumerate(names, start=1)
            ],
            "expect": {"action": "deliver"},
        }
    )


def play(client: Client, scenario: Scenario) -> tuple[Answer, list[MessageAccepted]]:
    waits = any(word in str(scenario.to_json()) for word in ("silent", "unresponsive"))
    with World(plan_world(scenario, BRIEF if waits else PATIENT)) as world:
        ended = client.deliver(world.target, deadline_s=60)
        accepted = [entry.fact for entry in world.entries() if isinstance(entry.fact, MessageAccepted)]
    assert isinstance(ended, Answered), ended
    return ended.answer, accepted


def reply(at: str, text: str, then: str = "continue", **more: Any) -> dict[str, Any]:
    return {"use": "smtp.reply", "at": at, "reply": text, "then": then, **more}


@pytest.fixture(params=["smtplib", "aiosmtplib", "curl"])
def client(request: pytest.FixtureRequest) -> Client:
    try:
        return open_client(request.param)
    except ClientError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("tls", ["none", "opportunistic", "required", "verified"])
def test_good_delivery(client: Client, tls: str) -> None:
    answer, accepted = play(client, story(tls=tls, recipients=("a@dest.example", "b@dest.example")))
    assert answer.outcome is Outcome.DELIVERED
    assert answer.server is not None
    assert (answer.server.name, answer.server.address) == (NAME, ADDRESS)
    (message,) = accepted
    assert message.recipients == ("a@dest.example", "b@dest.example")
    assert message.encrypted is (tls != "none")


def test_revocation_list_is_looked_at(client: Client) -> None:
    answer, _ = play(client, story({"use": "tls.revoked"}, tls="verified", crl=True))
    assert answer.failure is Failure.CERTIFICATE_INVALID
    answer, accepted = play(client, story(tls="verified", crl=True))
    assert (answer.outcome, len(accepted)) == (Outcome.DELIVERED, 1)


@pytest.mark.parametrize(
    ("faults", "settings", "failure"),
    [
        ([{"use": "tcp.refuse"}], {}, Failure.CONNECTION_REFUSED),
        ([{"use": "tcp.unresponsive"}], {}, Failure.CONNECTION_TIMED_OUT),
        ([{"use": "smtp.silent", "at": "greeting"}], {}, Failure.CONNECTION_TIMED_OUT),
        ([reply("greeting", "421 4.3.2 Service not available")], {}, Failure.CANNOT_CONNECT),
        ([{"use": "smtp.close", "at": "ehlo"}], {}, Failure.CONNECTION_CLOSED),
        ([{"use": "smtp.silent", "at": "ehlo"}], {}, Failure.CONNECTION_CLOSED),
        ([{"use": "smtp.starttls-missing"}], {"tls": "required"}, Failure.CANNOT_CONNECT),
        ([reply("starttls", "454 4.7.0 TLS not available")], {"tls": "required"}, Failure.CANNOT_CONNECT),
        ([{"use": "tls.expired"}], {"tls": "verified"}, Failure.CERTIFICATE_INVALID),
        ([{"use": "tls.wrong-name"}], {"tls": "verified"}, Failure.CERTIFICATE_INVALID),
        ([{"use": "smtp.reset", "at": "rcpt"}], {}, Failure.CONNECTION_CLOSED),
        ([{"use": "smtp.garbage", "at": "mail"}], {}, Failure.CONNECTION_CLOSED),
        ([{"use": "smtp.close", "at": "end-of-data"}], {}, Failure.CONNECTION_CLOSED),
    ],
)
def test_failure_that_the_library_knows(
    client: Client, faults: list[dict[str, Any]], settings: dict[str, Any], failure: Failure
) -> None:
    answer, _ = play(client, story(*faults, **settings))
    assert (answer.outcome, answer.failure) == (Outcome.DEFERRED, failure)


@pytest.mark.parametrize("at", ["mail", "rcpt", "data", "end-of-data"])
@pytest.mark.parametrize(
    ("text", "outcome"), [("451 4.3.0 Try again later", Outcome.DEFERRED), ("550 5.7.1 Not you", Outcome.FAILED)]
)
def test_reply_is_passed_on_with_its_host(client: Client, at: str, text: str, outcome: Outcome) -> None:
    answer, accepted = play(client, story(reply(at, text)))
    assert (answer.outcome, answer.failure, answer.reply) == (outcome, Failure.REMOTE_REPLY, text)
    assert answer.server is not None
    assert (answer.server.name, answer.server.address) == (NAME, ADDRESS)
    assert not accepted


def test_each_recipient_has_its_own_answer(client: Client) -> None:
    fault = reply("rcpt", "550 5.1.1 User unknown", times=1)
    answer, (message,) = play(client, story(fault, recipients=("a@dest.example", "b@dest.example")))
    assert message.recipients == ("b@dest.example",)
    assert answer.recipients is not None
    assert answer.recipients["a@dest.example"].reply == "550 5.1.1 User unknown"
    assert answer.recipients["b@dest.example"].outcome is Outcome.DELIVERED


def test_all_recipients_refused(client: Client) -> None:
    fault = reply("rcpt", "550 5.1.1 User unknown")
    answer, _ = play(client, story(fault, recipients=("a@dest.example", "b@dest.example")))
    assert answer.outcome is Outcome.FAILED
    assert answer.recipients is not None
    assert {own.reply for own in answer.recipients.values()} == {"550 5.1.1 User unknown"}


def test_opportunistic_goes_on_in_clear(client: Client) -> None:
    answer, (message,) = play(client, story(reply("starttls", "454 4.7.0 TLS not available"), tls="opportunistic"))
    assert answer.outcome is Outcome.DELIVERED
    assert not message.encrypted


@pytest.fixture(params=["smtplib", "aiosmtplib"])
def library(request: pytest.FixtureRequest) -> Client:
    """The adapters that look MX records up themselves."""
    return open_client(request.param)


def test_opportunistic_tls_reconnects_after_a_failed_handshake(library: Client) -> None:
    fault = {"use": "smtp.reset", "at": "starttls"}
    answer, (message,) = play(library, story(fault, tls="opportunistic"))
    assert answer.outcome is Outcome.DELIVERED
    assert not message.encrypted


def test_next_host_is_tried(library: Client) -> None:
    answer, accepted = play(library, story({"use": "tcp.refuse"}, hosts=2, route="mx"))
    assert (answer.outcome, len(accepted)) == (Outcome.DELIVERED, 1)
    assert answer.server is not None
    assert answer.server.name == "mx2.dest.example"


@pytest.mark.parametrize(
    "fault", [{"use": "smtp.close", "at": "end-of-data"}, {"use": "smtp.silent", "at": "end-of-data"}]
)
def test_next_host_is_not_tried_if_the_first_may_have_the_message(library: Client, fault: dict[str, Any]) -> None:
    answer, accepted = play(library, story(fault, hosts=2, route="mx"))
    assert (answer.outcome, answer.failure) == (Outcome.DEFERRED, Failure.CONNECTION_CLOSED)
    assert len(accepted) == 1


@pytest.mark.parametrize("use", ["dns.nxdomain", "dns.servfail", "dns.refused", "dns.silent", "dns.no-address"])
def test_failed_look_up(library: Client, use: str) -> None:
    answer, _ = play(library, story(dns=({"use": use},), route="mx"))
    assert (answer.outcome, answer.failure) == (Outcome.DEFERRED, Failure.DNS_QUERY_FAILED)


def test_null_mx(library: Client) -> None:
    answer, _ = play(library, story(dns=({"use": "dns.null-mx"},), route="mx"))
    assert (answer.outcome, answer.failure, answer.code) == (Outcome.FAILED, Failure.NO_MAIL_SERVICE, "5.1.10")


def test_curl_declares_unsupported_scenarios() -> None:
    try:
        curl = open_client("curl")
    except ClientError as error:
        pytest.skip(str(error))
    with World(plan_world(story(route="mx"), PATIENT)) as world:
        assert "looks up no MX" in (curl.supports("control/plain", world.target) or "")
    with World(plan_world(story(), PATIENT)) as world:
        assert "system's resolver" in (curl.supports("dns/servfail", world.target) or "")
        assert curl.supports("connect/refused", world.target) is None


def test_smtplib_makes_a_broken_connection_of_421_at_ehlo() -> None:
    """A finding, not a wish: it sends HELO on the dead connection (facts measured with CPython 3.11)."""
    answer, _ = play(open_client("smtplib"), story(reply("ehlo", "421 4.3.2 Service not available", "close")))
    assert answer.failure is Failure.CONNECTION_CLOSED
