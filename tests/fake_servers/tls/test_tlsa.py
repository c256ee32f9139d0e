"""TLSA records of real certificates."""

import hashlib
import ssl
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from mailfault_servers.tls.authority import Authority
from mailfault_servers.tls.certificate import honest_spec
from mailfault_servers.tls.tlsa import record_for, records_matched

NOW = datetime.now(UTC)


@pytest.fixture
def chain(authority: Authority) -> tuple[x509.Certificate, ...]:
    return authority.chain(honest_spec("mx1.dest.example", NOW))


def test_the_chain_is_leaf_and_intermediate(chain: tuple[x509.Certificate, ...]) -> None:
    leaf, intermediate = chain
    leaf.verify_directly_issued_by(intermediate)


def test_records_by_hand(chain: tuple[x509.Certificate, ...]) -> None:
    leaf, intermediate = chain
    der = ssl.PEM_cert_to_DER_cert(leaf.public_bytes(serialization.Encoding.PEM).decode())
    assert record_for(chain, "3 0 1") == f"3 0 1 {hashlib.sha256(der).hexdigest().upper()}"
    assert record_for(chain, "3 0 0") == f"3 0 0 {der.hex().upper()}"
    key = intermediate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert record_for(chain, "2 1 2") == f"2 1 2 {hashlib.sha512(key).hexdigest().upper()}"
    assert record_for(chain[:1], "2 1 1")[6:] == record_for(chain, "3 1 1")[6:]


def test_a_chain_matches_what_is_made_for_it(chain: tuple[x509.Certificate, ...]) -> None:
    matched = records_matched(chain)
    assert len(matched) == 8
    assert set(matched) == {record_for(chain, f"{u} {s} {m}") for u in (2, 3) for s in (0, 1) for m in (1, 2)}
