"""Each fault as events in and actions out, then as a handshake that Python's client refuses for the right reason."""

import ssl
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pydantic
import pytest

from fake_servers.action import Close
from fake_servers.clock import ManualClock
from fake_servers.fault import Event, Fault, Faults, all_faults, find_fault
from fake_servers.journal import Journal
from fake_servers.tls.alert import client_alert
from fake_servers.tls.authority import Authority
from fake_servers.tls.certificate import CertificateSpec, CertificateWanted, Present, honest_spec
from fake_servers.tls.faults.expired import Expired
from fake_servers.tls.faults.missing_intermediate import MissingIntermediate
from fake_servers.tls.faults.not_yet_valid import NotYetValid
from fake_servers.tls.faults.revoked import Revoked
from fake_servers.tls.faults.self_signed import SelfSigned
from fake_servers.tls.faults.untrusted_authority import UntrustedAuthority
from fake_servers.tls.faults.wrong_name import WrongName

HOST = "mx1.dest.example"
Handshake = Callable[..., Any]
# X509_V_ERR_*, https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/
NO_LOCAL_ISSUER, NOT_YET_VALID, EXPIRED, SELF_SIGNED, REVOKED, WRONG_HOST = 20, 9, 10, 18, 23, 62

# fault, what problems() calls it, OpenSSL's verdict, the alert that OpenSSL's client sends for it
STORIES = (
    (Expired(), "expired", EXPIRED, "certificate expired"),
    (NotYetValid(), "not yet valid", NOT_YET_VALID, "bad certificate"),
    (WrongName(), "wrong name", WRONG_HOST, "bad certificate"),
    (UntrustedAuthority(), "unknown authority", NO_LOCAL_ISSUER, "unknown ca"),
    (SelfSigned(), "self-signed", SELF_SIGNED, "unknown ca"),
    (Revoked(), "revoked", REVOKED, "certificate revoked"),
    (MissingIntermediate(), "missing intermediate", NO_LOCAL_ISSUER, "unknown ca"),
)
stories = pytest.mark.parametrize(
    ("fault", "problem", "verdict", "alert"), STORIES, ids=[type(story[0]).__name__ for story in STORIES]
)


def presented(*faults: Fault, now: datetime) -> CertificateSpec:
    clock = ManualClock(now)
    engine = Faults(faults, server=HOST, journal=Journal(clock), clock=clock)
    event = CertificateWanted(host=HOST, now=now)
    (action,) = engine.react(event, (Present(honest_spec(HOST, now)),))
    assert isinstance(action, Present)
    return action.spec


def test_every_fault_of_certificates_has_its_story() -> None:
    told = {story[0].id for story in STORIES}
    of_tls = {identity: cls for identity, cls in all_faults().items() if identity.startswith("tls.")}
    assert told == {one for one, cls in of_tls.items() if hasattr(sys.modules[cls.__module__], "CertificateWanted")}


@stories
def test_the_authority_sees_this_problem_and_no_other(
    authority: Authority, fault: Fault, problem: str, verdict: int, alert: str
) -> None:
    now = datetime.now(UTC)
    assert authority.problems(presented(fault, now=now), host=HOST, now=now) == (problem,)


@pytest.mark.parametrize("strict", [False, True], ids=["", "strict"])
@stories
def test_a_client_that_verifies_refuses_it_and_its_alert_says_why(
    authority: Authority,
    handshake: Handshake,
    fault: Fault,
    problem: str,
    verdict: int,
    alert: str,
    strict: bool,
) -> None:
    outcome = handshake(authority.context(presented(fault, now=datetime.now(UTC))), crl=True, strict=strict)
    assert isinstance(outcome.client_error, ssl.SSLCertVerificationError)
    assert outcome.client_error.verify_code == verdict
    assert client_alert(outcome.server_error) == alert


@stories
def test_other_events_and_other_actions_are_left_alone(fault: Fault, problem: str, verdict: int, alert: str) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    honest = (Present(honest_spec(HOST, now)),)
    assert tuple(fault.react(Event(), honest)) == honest
    assert tuple(fault.react(CertificateWanted(host=HOST, now=now), (Close(),))) == (Close(),)


def test_without_the_revocation_list_nobody_can_tell(authority: Authority, handshake: Handshake) -> None:
    revoked = authority.context(presented(Revoked(), now=datetime.now(UTC)))
    assert handshake(revoked, crl=False).client_error is None


@pytest.mark.parametrize("second", [0, 1, 59])
@pytest.mark.parametrize("by", ["1s", "30s", "1m", "3h", "400d"])
def test_by_is_kept_whatever_the_second(by: str, second: int) -> None:
    now = datetime(2026, 3, 1, 12, 0, second, 7, tzinfo=UTC)
    length = timedelta(seconds=Expired.model_validate({"by": by}).by)
    assert presented(Expired.model_validate({"by": by}), now=now).not_after <= now - length
    assert presented(NotYetValid.model_validate({"by": by}), now=now).not_before >= now + length


def test_faults_add_up(authority: Authority) -> None:
    now = datetime.now(UTC)
    spec = presented(Expired(), WrongName(), UntrustedAuthority(), Revoked(), now=now)
    # A stranger's certificate is in no list of our authority, whatever its serial number.
    assert authority.problems(spec, host=HOST, now=now) == ("expired", "wrong name", "unknown authority")
    spec = presented(MissingIntermediate(), Revoked(), now=now)
    assert authority.problems(spec, host=HOST, now=now) == ("missing intermediate", "revoked")


@pytest.mark.parametrize("name", ["", "a b.example", "*.*.example", "-a.example", "a.example.", "user@dest.example"])
def test_a_name_that_no_certificate_can_bear_is_refused_at_once(name: str) -> None:
    with pytest.raises(pydantic.ValidationError):
        find_fault("tls.wrong-name").model_validate({"name": name})
