"""Each fault as events in and actions out, then as a handshake that Python's client refuses for the right reason."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pydantic
import pytest

from mailfault_servers.action import Close
from mailfault_servers.clock import ManualClock
from mailfault_servers.fault import Event, Fault, Faults, all_faults, find_fault
from mailfault_servers.journal import Journal
from mailfault_servers.tls.alert import client_alert
from mailfault_servers.tls.authority import Authority
from mailfault_servers.tls.certificate import CertificateFault, CertificateSpec, CertificateWanted, Present, honest_spec
from mailfault_servers.tls.certificate_checks import Findings
from mailfault_servers.tls.faults.address_for_name import AddressForName
from mailfault_servers.tls.faults.bad_signature import BadSignature
from mailfault_servers.tls.faults.certificate_twice import CertificateTwice
from mailfault_servers.tls.faults.certificate_version_1 import CertificateVersion1
from mailfault_servers.tls.faults.common_name_only import CommonNameOnly
from mailfault_servers.tls.faults.expired import Expired
from mailfault_servers.tls.faults.expired_intermediate import ExpiredIntermediate
from mailfault_servers.tls.faults.extra_certificate import ExtraCertificate
from mailfault_servers.tls.faults.intermediate_not_yet_valid import IntermediateNotYetValid
from mailfault_servers.tls.faults.issuer_no_authority import IssuerNoAuthority
from mailfault_servers.tls.faults.long_chain import LongChain
from mailfault_servers.tls.faults.long_validity import LongValidity
from mailfault_servers.tls.faults.many_names import ManyNames
from mailfault_servers.tls.faults.missing_intermediate import MissingIntermediate
from mailfault_servers.tls.faults.must_staple import MustStaple
from mailfault_servers.tls.faults.name_constraints import NameConstraints
from mailfault_servers.tls.faults.name_spelling import NameSpelling
from mailfault_servers.tls.faults.no_name import NoName
from mailfault_servers.tls.faults.not_yet_valid import NotYetValid
from mailfault_servers.tls.faults.nul_in_name import NulInName
from mailfault_servers.tls.faults.path_length_exceeded import PathLengthExceeded
from mailfault_servers.tls.faults.revoked import Revoked
from mailfault_servers.tls.faults.root_included import RootIncluded
from mailfault_servers.tls.faults.self_signed import SelfSigned
from mailfault_servers.tls.faults.shuffled_chain import ShuffledChain
from mailfault_servers.tls.faults.unknown_critical_extension import UnknownCriticalExtension
from mailfault_servers.tls.faults.untrusted_authority import UntrustedAuthority
from mailfault_servers.tls.faults.unusual_key import UnusualKey
from mailfault_servers.tls.faults.weak_key import WeakKey
from mailfault_servers.tls.faults.weak_signature import WeakSignature
from mailfault_servers.tls.faults.wildcard import Wildcard
from mailfault_servers.tls.faults.wrong_key_usage import WrongKeyUsage
from mailfault_servers.tls.faults.wrong_name import WrongName
from mailfault_servers.tls.faults.wrong_purpose import WrongPurpose

HOST = "mx1.dest.example"
Handshake = Callable[..., Any]
# X509_V_ERR_*, https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/
NO_LOCAL_ISSUER, NOT_YET_VALID, EXPIRED, SELF_SIGNED, REVOKED, WRONG_HOST = 20, 9, 10, 18, 23, 62
BAD_SIGNATURE, TOO_LONG, PATH_LENGTH, PURPOSE, UNKNOWN_CRITICAL = 7, 22, 25, 26, 34
NOT_PERMITTED, WEAK_KEY, WEAK_HASH, NO_AUTHORITY = 47, 66, 68, 79

# fault, what problems() calls it, OpenSSL's verdict, the alert that OpenSSL's client sends for it
STORIES = (
    (Expired(), "expired", EXPIRED, "certificate expired"),
    (NotYetValid(), "not yet valid", NOT_YET_VALID, "bad certificate"),
    (WrongName(), "wrong name", WRONG_HOST, "bad certificate"),
    (UntrustedAuthority(), "unknown authority", NO_LOCAL_ISSUER, "unknown ca"),
    (SelfSigned(), "self-signed", SELF_SIGNED, "unknown ca"),
    (Revoked(), "revoked", REVOKED, "certificate revoked"),
    (MissingIntermediate(), "missing intermediate", NO_LOCAL_ISSUER, "unknown ca"),
    (Wildcard(instead_of="labels"), "wrong name", WRONG_HOST, "bad certificate"),
    (NoName(), "wrong name", WRONG_HOST, "bad certificate"),
    (AddressForName(), "wrong name", WRONG_HOST, "bad certificate"),
    (NulInName(), "wrong name", WRONG_HOST, "bad certificate"),
    (ExpiredIntermediate(), "issuer expired", EXPIRED, "certificate expired"),
    (IntermediateNotYetValid(), "issuer not yet valid", NOT_YET_VALID, "bad certificate"),
    (NameConstraints(), "name not permitted to its issuer", NOT_PERMITTED, "certificate unknown"),
    (IssuerNoAuthority(), "issuer is no authority", NO_AUTHORITY, "unknown ca"),
    (PathLengthExceeded(), "path too long for its issuer", PATH_LENGTH, "unknown ca"),
    (WrongPurpose(), "not for servers", PURPOSE, "unsupported certificate"),
    (UnknownCriticalExtension(), "unknown critical extension", UNKNOWN_CRITICAL, "certificate unknown"),
    (WeakSignature(hash="md5"), "MD5 signature", WEAK_HASH, "bad certificate"),
    (BadSignature(), "bad signature", BAD_SIGNATURE, "decrypt error"),
)
# fault, what findings() doubts about it, and OpenSSL's verdict at level 2 without common names; None: it is taken
DOUBTFUL = (
    (Wildcard(instead_of="part-of-label"), ("wildcard for a part of a label",), WRONG_HOST),
    (CommonNameOnly(), ("name in the common name only",), WRONG_HOST),
    (CertificateVersion1(), ("name in the common name only", "version 1"), WRONG_HOST),
    (NameSpelling(how="final-dot"), ("name ends with a dot",), WRONG_HOST),
    (WrongKeyUsage(), ("key not for handshakes",), PURPOSE),
    (WeakKey(), ("weak key of 1024 bits",), WEAK_KEY),
    (WeakSignature(), ("SHA-1 signature",), WEAK_HASH),
    (LongChain(authorities=105), ("path of 106 authorities",), TOO_LONG),
    (LongChain(), ("path of 11 authorities",), None),
    (MustStaple(), ("no OCSP answer stapled",), None),
    (ShuffledChain(), ("chain out of order",), None),
    (CertificateTwice(), ("chain out of order",), None),
    (ExtraCertificate(), ("chain out of order",), None),
)
GOOD = (
    Wildcard(),
    ManyNames(),
    NameSpelling(),
    NameConstraints(permitted=("dest.example",)),
    LongChain(authorities=8),
    RootIncluded(),
    LongValidity(),
    UnusualKey(),
    UnusualKey(kind="p-384"),
    UnusualKey(kind="p-521"),
    UnusualKey(kind="rsa-2048"),
)
stories = pytest.mark.parametrize(
    ("fault", "problem", "verdict", "alert"), STORIES, ids=[str(story[0].describe()) for story in STORIES]
)


def presented(*faults: Fault, now: datetime) -> CertificateSpec:
    clock = ManualClock(now)
    engine = Faults(faults, server=HOST, journal=Journal(clock), clock=clock)
    event = CertificateWanted(host=HOST, now=now)
    (action,) = engine.react(event, (Present(honest_spec(HOST, now)),))
    assert isinstance(action, Present)
    return action.spec


def test_every_fault_of_certificates_has_its_story() -> None:
    tested = {story[0].id for story in (*STORIES, *DOUBTFUL)} | {fault.id for fault in GOOD}
    assert tested == {identity for identity, cls in all_faults().items() if issubclass(cls, CertificateFault)}


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
    # Only the usual authorities have revocation lists.
    crl = isinstance(fault, Revoked)
    outcome = handshake(authority.context(presented(fault, now=datetime.now(UTC))), crl=crl, strict=strict)
    assert isinstance(outcome.client_error, ssl.SSLCertVerificationError)
    assert outcome.client_error.verify_code == verdict
    assert client_alert(outcome.server_error) == alert


@stories
def test_other_events_and_other_actions_are_left_alone(fault: Fault, problem: str, verdict: int, alert: str) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    honest = (Present(honest_spec(HOST, now)),)
    assert tuple(fault.react(Event(), honest)) == honest
    assert tuple(fault.react(CertificateWanted(host=HOST, now=now), (Close(),))) == (Close(),)


@pytest.mark.parametrize(("fault", "doubts", "verdict"), DOUBTFUL, ids=[str(story[0].describe()) for story in DOUBTFUL])
def test_what_right_clients_differ_about_is_a_doubt(
    authority: Authority, handshake: Handshake, fault: Fault, doubts: tuple[str, ...], verdict: int | None
) -> None:
    now = datetime.now(UTC)
    spec = presented(fault, now=now)
    assert authority.findings(spec, host=HOST, now=now) == Findings((), doubts)
    error = handshake(authority.context(spec), common_name=False).client_error
    assert getattr(error, "verify_code", None) == verdict


@pytest.mark.parametrize("fault", GOOD, ids=[str(fault.describe()) for fault in GOOD])
def test_an_unusual_certificate_that_is_good_is_taken_by_the_strictest_client(
    authority: Authority, handshake: Handshake, fault: Fault
) -> None:
    now = datetime.now(UTC)
    spec = presented(fault, now=now)
    assert spec != honest_spec(HOST, now)
    assert authority.findings(spec, host=HOST, now=now) == Findings(())
    assert handshake(authority.context(spec), strict=True, common_name=False).client_error is None


@pytest.mark.parametrize(
    "fault", [story[0] for story in (*STORIES, *DOUBTFUL)], ids=lambda fault: str(fault.describe())
)
def test_a_client_that_does_not_verify_takes_it(authority: Authority, handshake: Handshake, fault: Fault) -> None:
    outcome = handshake(authority.context(presented(fault, now=datetime.now(UTC))), verify=False)
    assert (outcome.client_error, outcome.server_error) == (None, None)


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


@pytest.mark.parametrize(
    ("faults", "problems"),
    [
        ((WrongPurpose(), SelfSigned()), ("self-signed", "not for servers")),
        ((UnusualKey(kind="rsa-2048"), SelfSigned()), ("self-signed",)),
        ((WrongPurpose(), UntrustedAuthority()), ("unknown authority", "not for servers")),
        ((ExpiredIntermediate(), UntrustedAuthority()), ("unknown authority", "issuer expired")),
        ((UnusualKey(), Revoked()), ("revoked",)),
        ((UnusualKey(), Expired(), MissingIntermediate()), ("expired", "missing intermediate")),
        ((NulInName(), UnknownCriticalExtension()), ("wrong name", "unknown critical extension")),
    ],
    ids=lambda faults: "+".join(str(getattr(fault, "id", fault)) for fault in faults),
)
def test_crafted_certificates_keep_what_other_faults_want(
    authority: Authority, faults: tuple[Fault, ...], problems: tuple[str, ...]
) -> None:
    now = datetime.now(UTC)
    assert set(authority.problems(presented(*faults, now=now), host=HOST, now=now)) == set(problems)
    assert set(authority.problems(presented(*reversed(faults), now=now), host=HOST, now=now)) == set(problems)


@pytest.mark.parametrize("name", ["", "a b.example", "*.*.example", "-a.example", "a.example.", "user@dest.example"])
def test_a_name_that_no_certificate_can_bear_is_refused_at_once(name: str) -> None:
    with pytest.raises(pydantic.ValidationError):
        find_fault("tls.wrong-name").model_validate({"name": name})
