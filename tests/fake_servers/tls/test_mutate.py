"""A crafted certificate differs from the honest one in what was asked for, and in nothing else."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from mailfault_servers.tls.certificate import AuthoritySpec, CertificateSpec, honest_spec
from mailfault_servers.tls.mutate import Issuer, authority_like, leaf_like, new_key, pem_of

HOST = "mx1.dest.example"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CA = trustme.CA()
HONEST = x509.load_pem_x509_certificate(CA.issue_cert(HOST).cert_chain_pems[0].bytes())
USUAL = x509.load_pem_x509_certificate(CA.create_child_ca().cert_pem.bytes())
SAN, OWN_KEY = x509.SubjectAlternativeName, x509.SubjectKeyIdentifier


def issuer() -> Issuer:
    key = load_pem_private_key(CA.private_key_pem.bytes(), None)
    return Issuer(x509.load_pem_x509_certificate(CA.cert_pem.bytes()), key)  # type: ignore[arg-type]


def spec(**changes: Any) -> CertificateSpec:
    return replace(honest_spec(HOST, NOW), **changes)


def leaf(**changes: Any) -> x509.Certificate:
    wanted = spec(**changes)
    return leaf_like(HONEST, wanted, issuer(), new_key(wanted.key))


def extensions(certificate: x509.Certificate) -> dict[type, tuple[x509.ExtensionType, bool]]:
    """All but the key's own identifier."""
    return {
        type(extension.value): (extension.value, extension.critical)
        for extension in certificate.extensions
        if extension.oid != OWN_KEY.oid
    }


def test_without_a_wish_it_is_the_honest_one_with_another_key() -> None:
    made = leaf()
    assert extensions(made) == extensions(HONEST)
    assert (made.subject, made.issuer, made.serial_number) == (HONEST.subject, HONEST.issuer, HONEST.serial_number)
    assert (made.not_valid_before_utc, made.not_valid_after_utc) == (
        HONEST.not_valid_before_utc,
        HONEST.not_valid_after_utc,
    )
    made.verify_directly_issued_by(issuer().certificate)


@pytest.mark.parametrize(
    ("changes", "touched"),
    [
        ({"names": ("a.example", "b.example")}, SAN),
        ({"addresses": ("127.0.0.10", "::1")}, SAN),
        ({"names": ()}, SAN),
        ({"purpose": "client"}, x509.ExtendedKeyUsage),
        ({"key_usage": "documents"}, x509.KeyUsage),
        ({"unknown_critical": True}, x509.UnrecognizedExtension),
        ({"must_staple": True}, x509.TLSFeature),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_one_wish_touches_one_extension(changes: dict[str, Any], touched: type) -> None:
    made, honest = extensions(leaf(**changes)), extensions(HONEST)
    assert made.pop(touched, None) != honest.pop(touched, None)
    assert made == honest


def test_a_common_name_is_added_to_the_subject() -> None:
    assert [attribute.value for attribute in leaf(common_name=HOST).subject][-1] == HOST
    assert extensions(leaf(common_name=HOST)) == extensions(HONEST)


def test_version_1_is_signed_and_has_no_extensions() -> None:
    made = leaf(version=1)
    assert made.version is x509.Version.v1
    assert len(made.extensions) == 0
    made.verify_directly_issued_by(issuer().certificate)


def test_one_bit_of_a_spoilt_signature_is_wrong() -> None:
    made = leaf(signature="spoilt")
    der = made.public_bytes(Encoding.DER)
    with pytest.raises(InvalidSignature):
        made.verify_directly_issued_by(issuer().certificate)
    x509.load_der_x509_certificate(der[:-1] + bytes([der[-1] ^ 1])).verify_directly_issued_by(issuer().certificate)


@pytest.mark.parametrize(("how", "digest"), [("sha-1", hashes.SHA1), ("md5", hashes.MD5)])
def test_a_weak_signature_is_a_real_one(how: str, digest: type[hashes.HashAlgorithm]) -> None:
    parent = authority_like(USUAL, AuthoritySpec(key="rsa-2048"), issuer(), 1)
    made = leaf_like(HONEST, spec(signature=how), parent, new_key("p-256"))
    key = parent.certificate.public_key()
    assert isinstance(made.signature_hash_algorithm, digest)
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(made.signature, made.tbs_certificate_bytes, padding.PKCS1v15(), digest())


def test_a_weak_signature_needs_an_rsa_key() -> None:
    with pytest.raises(ValueError, match="RSA"):
        leaf(signature="md5")


def test_rsa_keys_are_made_once() -> None:
    assert new_key("rsa-1024") is new_key("rsa-1024")
    assert new_key("p-256") is not new_key("p-256")


@pytest.mark.parametrize(("kind", "curve"), [("p-256", "secp256r1"), ("p-384", "secp384r1"), ("p-521", "secp521r1")])
def test_curves(kind: Any, curve: str) -> None:
    key = new_key(kind)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key.curve.name == curve
    assert pem_of(key).startswith(b"-----BEGIN PRIVATE KEY-----")


def test_an_authority_is_like_the_usual_one() -> None:
    made = authority_like(USUAL, AuthoritySpec(), issuer(), 7).certificate
    its, usual = extensions(made), extensions(USUAL)
    assert its.pop(x509.BasicConstraints) == (x509.BasicConstraints(ca=True, path_length=None), True)
    assert usual.pop(x509.BasicConstraints)
    assert its == usual
    made.verify_directly_issued_by(issuer().certificate)


def test_who_is_no_authority_may_not_sign_certificates() -> None:
    its = extensions(authority_like(USUAL, AuthoritySpec(is_authority=False), issuer(), 1).certificate)
    usage = its[x509.KeyUsage][0]
    assert isinstance(usage, x509.KeyUsage)
    assert its[x509.BasicConstraints][0] == x509.BasicConstraints(ca=False, path_length=None)
    assert not usage.key_cert_sign
    assert usage.digital_signature
