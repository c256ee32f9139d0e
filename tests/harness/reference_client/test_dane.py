"""DANE: what TLSA records vouch for, and what they do not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import dns.rdata
import pytest
from cryptography import x509
from dns.rdtypes.ANY.TLSA import TLSA

from mailfault.reference_client.dane import DaneDemand, is_usable
from mailfault.reference_client.demand import PolicyError
from mailfault_servers.tls.authority import shared_authority
from mailfault_servers.tls.certificate import CertificateSpec, honest_spec
from mailfault_servers.tls.tlsa import record_for

HOST = "mx1.dest.example"
NOW = datetime.now(UTC)
HONEST = honest_spec(HOST, NOW)
EXPIRED = replace(HONEST, not_before=NOW - timedelta(days=9), not_after=NOW - timedelta(days=2))
NOT_YET = replace(HONEST, not_before=NOW + timedelta(days=2), not_after=NOW + timedelta(days=9))
ELSEWHERE = replace(HONEST, names=("other.example",))
OWN = replace(HONEST, issuer="self")
STRANGER = replace(HONEST, issuer="stranger")


def chain(spec: CertificateSpec) -> tuple[x509.Certificate, ...]:
    return shared_authority().chain(spec)


def record(text: str) -> TLSA:
    made = dns.rdata.from_text("IN", "TLSA", text)
    assert isinstance(made, TLSA)
    return made


def check(spec: CertificateSpec, *parameters: str, of: CertificateSpec | None = None) -> str | None:
    """Return the code of the refusal by records about `of`, or None if there is no refusal."""
    records = tuple(record(record_for(chain(of or spec), parameter)) for parameter in parameters)
    try:
        DaneDemand(records).check_presented(chain(spec), names=(HOST, "dest.example"), now=NOW)
    except PolicyError as refusal:
        return str(refusal).split()[0]
    return None


@pytest.mark.parametrize("parameters", [f"{u} {s} {m}" for u in (2, 3) for s in (0, 1) for m in (0, 1, 2)])
def test_every_kind_that_matches(parameters: str) -> None:
    assert check(HONEST, parameters) is None


@pytest.mark.parametrize("spec", [EXPIRED, NOT_YET, ELSEWHERE, OWN, STRANGER])
def test_a_key_that_is_vouched_for_needs_nothing_more(spec: CertificateSpec) -> None:
    assert check(spec, "3 1 1") is None


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        (EXPIRED, "4.7.322"),
        (NOT_YET, "4.7.323"),
        (ELSEWHERE, "4.7.325"),
        (OWN, "4.7.323"),
        (STRANGER, "4.7.323"),
        (replace(HONEST, send_intermediate=False), "4.7.323"),
        (replace(HONEST, names=("*.dest.example",)), None),
        (replace(HONEST, names=("dest.example",)), None),
    ],
)
def test_an_authority_vouches_for_name_and_dates_too(spec: CertificateSpec, code: str | None) -> None:
    assert check(spec, "2 1 1", of=HONEST) == code


def test_one_match_is_enough() -> None:
    assert check(HONEST, "3 1 1", of=OWN) == "4.7.323"
    good, bad = record(record_for(chain(HONEST), "3 1 1")), record(record_for(chain(OWN), "3 1 1"))
    for records in ((good, bad), (bad, good)):
        DaneDemand(records).check_presented(chain(HONEST), names=(HOST,), now=NOW)


@pytest.mark.parametrize(
    ("text", "usable"),
    [("3 1 1", True), ("2 0 2", True), ("3 0 0", True), ("0 1 1", False), ("1 1 1", False), ("3 2 1", False)],
)
def test_usable_kinds(text: str, usable: bool) -> None:
    assert is_usable(record(f"{text} {'ab' * (64 if text.endswith('2') else 32)}")) is usable
