"""The four TLS policies, and what each makes of TLS that goes wrong."""

from typing import Any

import pytest

from mailfault.codes.failure import Failure
from tests.harness.reference_client.conftest import SHORT, Start, deliver, host

MISSING: dict[str, Any] = {"use": "smtp.starttls-missing"}
MASKED: dict[str, Any] = {"use": "smtp.masked-keywords"}
NOT_NOW: dict[str, Any] = {"use": "smtp.reply", "at": "starttls", "reply": "454 4.7.0 TLS not available"}
GOING_AWAY: dict[str, Any] = {"use": "smtp.reply", "at": "starttls", "reply": "421 4.3.2 Going away"}
BREAKS: tuple[dict[str, Any], ...] = (
    {"use": "smtp.close", "at": "starttls"},
    {"use": "smtp.reset", "at": "starttls"},
    {"use": "smtp.silent", "at": "starttls"},
    {"use": "smtp.garbage", "at": "starttls"},
)
NOT_SPOKEN: dict[str, Any] = {"use": "smtp.garbage", "at": "starttls", "line": "220 2.0.0 Go ahead\r\nno TLS here"}
BAD_CERTIFICATES = (
    "expired",
    "not-yet-valid",
    "wrong-name",
    "self-signed",
    "untrusted-authority",
    "missing-intermediate",
    "common-name-only",
    "wrong-key-usage",
    "bad-signature",
)


@pytest.mark.parametrize("certificate", [*BAD_CERTIFICATES, "revoked"])
def test_verified_takes_no_bad_certificate(world: Start, certificate: str) -> None:
    running = world(host("mx1", {"use": f"tls.{certificate}"}), tls="verified", crl=certificate == "revoked")
    (result,) = deliver(running).results.values()
    assert (result.outcome, result.failure) == ("deferred", Failure.CERTIFICATE_INVALID)
    assert result.host is not None
    assert not running.diagnose().acceptances


@pytest.mark.parametrize("tls", ["opportunistic", "required"])
@pytest.mark.parametrize("certificate", ["expired", "self-signed", "wrong-name"])
def test_any_certificate_will_do_for_the_others(world: Start, tls: str, certificate: str) -> None:
    running = world(host("mx1", {"use": f"tls.{certificate}"}), tls=tls)
    (result,) = deliver(running).results.values()
    assert result.outcome == "delivered"
    assert [acceptance.encrypted for acceptance in running.diagnose().acceptances] == [True]


@pytest.mark.parametrize("fault", [MISSING, MASKED, NOT_NOW, GOING_AWAY, *BREAKS, NOT_SPOKEN], ids=str)
def test_opportunistic_goes_in_clear_rather_than_not_at_all(world: Start, fault: dict[str, Any]) -> None:
    running = world(host("mx1", fault), limits=SHORT if fault["use"] == "smtp.silent" else None)
    (result,) = deliver(running).results.values()
    assert result.outcome == "delivered"
    assert [acceptance.encrypted for acceptance in running.diagnose().acceptances] == [False]


@pytest.mark.parametrize("tls", ["required", "verified"])
@pytest.mark.parametrize("fault", [MISSING, MASKED, NOT_NOW, GOING_AWAY, *BREAKS, NOT_SPOKEN], ids=str)
def test_nothing_goes_in_clear_where_tls_is_demanded(world: Start, tls: str, fault: dict[str, Any]) -> None:
    broken = fault["use"] in ("smtp.close", "smtp.reset", "smtp.silent")
    running = world(host("mx1", fault), tls=tls, limits=SHORT if fault["use"] == "smtp.silent" else None)
    (result,) = deliver(running).results.values()
    assert (result.outcome, result.failure) == (
        "deferred",
        Failure.CONNECTION_CLOSED if broken else Failure.CANNOT_CONNECT,
    )
    assert not running.diagnose().clear_mail


def test_the_remotes_refusal_of_tls_is_kept(world: Start) -> None:
    (result,) = deliver(world(host("mx1", NOT_NOW), tls="required")).results.values()
    assert str(result.reply) == "454 4.7.0 TLS not available"


def test_none_never_asks_for_tls(world: Start) -> None:
    running = world(tls="none")
    deliver(running)
    assert not [e for e in running.entries() if e.fact.kind == "command-received" and e.fact.line == "STARTTLS"]  # type: ignore[attr-defined]


NEITHER: dict[str, Any] = {"use": "smtp.reply", "at": "starttls", "reply": "250 2.0.0 OK"}
UNDER_TLS = tuple({"use": "smtp.starttls-session-ended", "how": how} for how in ("close", "close-notify", "reset"))
WANTS_ONE: dict[str, Any] = {"use": "tls.client-certificate"}
REFUSES: dict[str, Any] = {"use": "smtp.starttls-hello-refused"}


@pytest.mark.parametrize("fault", [NEITHER, *UNDER_TLS, WANTS_ONE], ids=str)
def test_optional_tls_that_does_not_hold_is_given_up_for_a_new_connection(world: Start, fault: dict[str, Any]) -> None:
    running = world(host("mx1", fault))
    (result,) = deliver(running).results.values()
    assert result.outcome == "delivered"
    assert [acceptance.encrypted for acceptance in running.diagnose().acceptances] == [False]
    assert [e.session for e in running.entries() if e.fact.kind == "connection-accepted"] == [1, 2]


@pytest.mark.parametrize("tls", ["opportunistic", "required"])
def test_a_refusal_under_tls_is_no_reason_to_go_on_in_clear(world: Start, tls: str) -> None:
    running = world(host("mx1", REFUSES), tls=tls)
    (result,) = deliver(running).results.values()
    assert (result.outcome, result.failure) == ("deferred", Failure.CANNOT_CONNECT)
    assert str(result.reply) == "550 5.7.1 Access denied"
    assert not running.diagnose().clear_mail


def test_a_good_reply_that_starts_no_tls_is_not_passed_on(world: Start) -> None:
    (result,) = deliver(world(host("mx1", NEITHER), tls="required")).results.values()
    assert (result.outcome, result.failure, result.reply) == ("deferred", Failure.CANNOT_CONNECT, None)
    assert "250" in result.text
