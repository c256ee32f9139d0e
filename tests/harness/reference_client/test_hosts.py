"""Hosts that are tried, their order, and the one that is reported."""

from typing import Any

import pytest

from mailfault.codes.failure import Failure
from mailfault.pytest_plugin.mail_world import MailWorld
from mailfault.reference_client import Result
from tests.harness.reference_client.conftest import SHORT, Start, deliver, host

REFUSE = {"use": "tcp.refuse"}


def only(running: MailWorld) -> Result:
    (result,) = deliver(running).results.values()
    return result


def asked(running: MailWorld) -> set[tuple[str, str]]:
    facts = [entry.fact for entry in running.entries() if entry.fact.kind == "query-received"]
    return {(fact.name, fact.type) for fact in facts}  # type: ignore[attr-defined]


def accepted_by(running: MailWorld) -> list[str]:
    return [acceptance.server for acceptance in running.diagnose().acceptances]


def test_hosts_are_tried_in_order_of_preference(world: Start) -> None:
    running = world(host("mx1", preference=30), host("mx2", preference=10), host("mx3", preference=20), route="mx")
    assert only(running).outcome == "delivered"
    assert accepted_by(running) == ["mx2.dest.example"]


@pytest.mark.parametrize(
    "fault",
    [
        REFUSE,
        {"use": "smtp.close", "at": "greeting"},
        {"use": "smtp.reply", "at": "greeting", "reply": "554 5.7.1 Not you"},
        {"use": "smtp.reply", "at": "mail", "reply": "451 4.3.0 Not now"},
        {"use": "smtp.reset", "at": "data"},
    ],
    ids=str,
)
def test_success_at_the_second_host_is_success(world: Start, fault: dict[str, Any]) -> None:
    running = world(host("mx1", fault), host("mx2", preference=20), route="mx")
    result = only(running)
    assert result.outcome == "delivered"
    assert result.host is not None
    assert result.host.name == "mx2.dest.example"
    assert accepted_by(running) == ["mx2.dest.example"]


def test_the_last_host_tried_is_reported(world: Start) -> None:
    busy = {"use": "smtp.reply", "at": "greeting", "reply": "421 4.3.2 Busy"}
    running = world(host("mx1", REFUSE), host("mx2", busy, preference=20), route="mx")
    result = only(running)
    assert (result.outcome, result.failure, str(result.reply)) == ("deferred", Failure.CANNOT_CONNECT, "421 4.3.2 Busy")
    assert result.host is not None
    assert result.host.name == "mx2.dest.example"
    assert running.diagnose().failure is Failure.CANNOT_CONNECT


@pytest.mark.parametrize("use", ["smtp.close", "smtp.reset"])
def test_no_other_host_is_tried_once_the_reply_to_the_message_is_lost(world: Start, use: str) -> None:
    running = world(host("mx1", {"use": use, "at": "end-of-data"}), host("mx2", preference=20), route="mx")
    result = only(running)
    assert (result.outcome, result.possible_duplicate) == ("deferred", True)
    assert accepted_by(running) == ["mx1.dest.example"]


def test_a_5xx_to_the_message_is_final_and_the_other_host_is_not_even_looked_up(world: Start) -> None:
    unknown = {"use": "smtp.reply", "at": "rcpt", "reply": "550 5.1.1 Unknown"}
    running = world(host("mx1", unknown), host("mx2", REFUSE, preference=20), route="mx")
    result = only(running)
    assert (result.outcome, str(result.reply)) == ("failed", "550 5.1.1 Unknown")
    assert ("mx2.dest.example", "A") not in asked(running)
    assert running.diagnose().failure is Failure.REMOTE_REPLY


def test_the_second_host_gets_only_the_recipients_that_are_left(world: Start) -> None:
    refusals = [
        {"use": "smtp.reply", "at": "rcpt", "recipient": "b@dest.example", "reply": "450 4.2.1 Busy"},
        {"use": "smtp.reply", "at": "rcpt", "recipient": "c@dest.example", "reply": "550 5.1.1 Unknown"},
    ]
    running = world(
        host("mx1", *refusals),
        host("mx2", preference=20),
        route="mx",
        recipients=("a@dest.example", "b@dest.example", "c@dest.example"),
    )
    results = deliver(running).results
    assert {who: result.outcome for who, result in results.items()} == {
        "a@dest.example": "delivered",
        "b@dest.example": "delivered",
        "c@dest.example": "failed",
    }
    assert [acceptance.recipients for acceptance in running.diagnose().acceptances] == [
        ("a@dest.example",),
        ("b@dest.example",),
    ]


@pytest.mark.parametrize("route", ["mx", "smart-host"])
@pytest.mark.parametrize("use", ["nxdomain", "servfail", "refused", "silent", "lame", "nodata"])
def test_a_failed_look_up_is_temporary(world: Start, route: str, use: str) -> None:
    running = world(dns=({"use": f"dns.{use}"},), route=route, limits=SHORT if use == "silent" else None)
    result = only(running)
    assert (result.outcome, result.failure, result.host) == ("deferred", Failure.DNS_QUERY_FAILED, None)
    assert result.text


def test_a_lame_answer_to_the_mx_question_is_not_taken_for_no_mx(world: Start) -> None:
    running = world(dns=({"use": "dns.lame", "type": ("MX",)},), route="mx")
    assert only(running).failure is Failure.DNS_QUERY_FAILED
    assert asked(running) == {("dest.example", "MX")}


def test_null_mx_is_final_and_nothing_is_tried(world: Start) -> None:
    running = world(dns=({"use": "dns.null-mx"},), route="mx")
    result = only(running)
    assert (result.outcome, result.failure) == ("failed", Failure.NO_MAIL_SERVICE)
    assert asked(running) == {("dest.example", "MX")}


def test_without_mx_the_domain_itself_is_the_host(world: Start) -> None:
    running = world(
        host("x", mx=False).model_copy(update={"name": "dest.example"}),
        route="mx",
    )
    assert only(running).outcome == "delivered"
    assert accepted_by(running) == ["dest.example"]


def test_an_mx_without_address_is_no_reason_to_use_the_domains_own(world: Start) -> None:
    running = world(
        host("mx1"),
        host("x", mx=False).model_copy(update={"name": "dest.example"}),
        dns=({"use": "dns.no-address", "name": "mx1.dest.example"},),
        route="mx",
    )
    assert only(running).failure is Failure.DNS_QUERY_FAILED
    assert not accepted_by(running)


@pytest.mark.parametrize("broken", ["mx1", "mx2"])
def test_one_host_without_address_does_not_matter(world: Start, broken: str) -> None:
    running = world(
        host("mx1"),
        host("mx2", preference=20),
        dns=({"use": "dns.no-address", "name": f"{broken}.dest.example"},),
        route="mx",
    )
    assert only(running).outcome == "delivered"


def test_a_host_that_was_tried_is_reported_before_one_that_has_no_address(world: Start) -> None:
    running = world(
        host("mx1", REFUSE),
        host("mx2", preference=20),
        dns=({"use": "dns.no-address", "name": "mx2.dest.example"},),
        route="mx",
    )
    assert only(running).failure is Failure.CONNECTION_REFUSED


@pytest.mark.parametrize("use", ["dns.servfail", "dns.silent"])
def test_trouble_with_ipv6_does_not_matter_where_ipv4_works(world: Start, use: str) -> None:
    running = world(dns=({"use": use, "type": ("AAAA",)},), limits=SHORT if use == "dns.silent" else None)
    assert only(running).outcome == "delivered"
