import ssl
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from mailfault_servers.tls.authority import _REVOKED_SERIALS, Authority, shared_authority
from mailfault_servers.tls.certificate import honest_spec

HOST = "mx1.dest.example"
Handshake = Callable[..., Any]


def now() -> datetime:
    return datetime.now(UTC)


def leaf_of(handshake: Handshake, authority: Authority, **changes: Any) -> x509.Certificate:
    outcome = handshake(authority.context(replace(honest_spec(HOST, now()), **changes)))
    return x509.load_der_x509_certificate(outcome.client.getpeercert(binary_form=True))


@pytest.mark.parametrize("crl", [False, True], ids=["", "crl"])
@pytest.mark.parametrize("strict", [False, True], ids=["", "strict"])
def test_the_honest_certificate_is_taken_by_the_strictest_client(
    authority: Authority, handshake: Handshake, strict: bool, crl: bool
) -> None:
    outcome = handshake(authority.context(honest_spec(HOST, now())), strict=strict, crl=crl)
    assert (outcome.client_error, outcome.server_error) == (None, None)
    assert outcome.client.version() == "TLSv1.3"


def test_the_honest_certificate_has_no_problems(authority: Authority) -> None:
    assert authority.problems(honest_spec(HOST, now()), host=HOST, now=now()) == ()


def test_the_first_and_the_last_second_are_valid(authority: Authority) -> None:
    spec = honest_spec(HOST, now())
    second = timedelta(seconds=1)
    at = [spec.not_before - second, spec.not_before, spec.not_after, spec.not_after + second]
    assert [authority.problems(spec, host=HOST, now=moment) for moment in at] == [
        ("not yet valid",),
        (),
        (),
        ("expired",),
    ]


@pytest.mark.parametrize(
    ("names", "host", "fits"),
    [
        (("mx1.dest.example",), "MX1.dest.example", True),
        (("mx1.dest.example",), "mx1.dest.example.", True),
        (("mail.dest.example", "mx1.dest.example"), "mx1.dest.example", True),
        (("*.dest.example",), "mx1.dest.example", True),
        (("*.dest.example",), "dest.example", False),
        (("*.dest.example",), "a.mx1.dest.example", False),
        (("dest.example",), "mx1.dest.example", False),
        (("mx1.dest.example.evil.example",), "mx1.dest.example", False),
    ],
)
def test_names_are_matched_as_clients_match_them(
    authority: Authority, handshake: Handshake, names: tuple[str, ...], host: str, fits: bool
) -> None:
    spec = replace(honest_spec(HOST, now()), names=names)
    assert authority.problems(spec, host=host, now=now()) == (() if fits else ("wrong name",))
    assert (handshake(authority.context(spec), host=host.rstrip(".")).client_error is None) is fits


def test_a_context_is_made_once_even_by_many_threads() -> None:
    authority = Authority()
    spec = honest_spec(HOST, now())
    together = threading.Barrier(8)
    got: list[ssl.SSLContext] = []

    def ask() -> None:
        together.wait()
        got.append(authority.context(spec))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert len(set(map(id, got))) == 1
    assert authority.context(replace(spec, revoked=True)) is not got[0]


def test_the_process_has_one_authority() -> None:
    assert shared_authority() is shared_authority()


def test_the_revocation_list_knows_of_certificates_revoked_later(handshake: Handshake) -> None:
    authority = shared_authority()  # the one that `handshake` trusts
    before = authority.crl_pem()
    leaf = leaf_of(handshake, authority, names=("revoked-later.example", HOST), revoked=True)
    assert authority.crl_pem() == before
    of_intermediate = _lists(before)[1]
    assert of_intermediate.issuer == leaf.issuer
    assert of_intermediate.get_revoked_certificate_by_serial_number(leaf.serial_number) is not None


def test_revoked_certificates_have_serial_numbers_of_their_own(handshake: Handshake, authority: Authority) -> None:
    leaves = [leaf_of(handshake, authority, names=(f"r{i}.example", HOST), revoked=True) for i in range(3)]
    assert len({leaf.serial_number for leaf in leaves}) == 3
    assert {leaf.serial_number for leaf in leaves} <= set(_REVOKED_SERIALS)


def test_the_revocation_lists_are_those_of_root_and_intermediate_and_in_force(authority: Authority) -> None:
    root = x509.load_pem_x509_certificate(authority.root_pem)
    of_root, of_intermediate = _lists(authority.crl_pem())
    assert of_root.issuer == root.subject
    assert list(of_root) == []
    assert len(list(of_intermediate)) == len(_REVOKED_SERIALS)
    for crl in (of_root, of_intermediate):
        assert crl.next_update_utc
        assert crl.last_update_utc < now() < crl.next_update_utc


def test_a_revoked_certificate_differs_from_an_honest_one_in_its_serial_number_only(
    authority: Authority, handshake: Handshake
) -> None:
    honest, revoked = leaf_of(handshake, authority), leaf_of(handshake, authority, revoked=True)
    own_key = x509.SubjectKeyIdentifier
    assert [(e.oid, e.critical) for e in revoked.extensions] == [(e.oid, e.critical) for e in honest.extensions]
    assert [e.value for e in revoked.extensions if not isinstance(e.value, own_key)] == [
        e.value for e in honest.extensions if not isinstance(e.value, own_key)
    ]
    assert revoked.issuer == honest.issuer


def test_keys_are_elliptic_so_that_they_cost_nothing(authority: Authority, handshake: Handshake) -> None:
    assert isinstance(leaf_of(handshake, authority).public_key(), ec.EllipticCurvePublicKey)


def _lists(pem: bytes) -> list[x509.CertificateRevocationList]:
    end = b"-----END X509 CRL-----\n"
    return [x509.load_pem_x509_crl(part + end) for part in pem.split(end) if part.strip()]
