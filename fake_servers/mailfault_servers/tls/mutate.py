"""Certificates that trustme cannot make: one of trustme's with something changed.

Pure except for keys: two RSA keys are kept, which take 30 ms to make; others take 0.1 ms.
"""

import functools
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mailfault_servers.tls.certificate import AuthoritySpec, CertificateSpec, KeyKind

Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
_CURVES = {"p-256": ec.SECP256R1(), "p-384": ec.SECP384R1(), "p-521": ec.SECP521R1()}
_WITH_SHA256 = bytes.fromhex("300d06092a864886f70d01010b0500")
"""AlgorithmIdentifier sha256WithRSAEncryption (RFC 4055 5)."""
_WEAK = {
    "sha-1": (bytes.fromhex("300d06092a864886f70d0101050500"), hashes.SHA1()),
    "md5": (bytes.fromhex("300d06092a864886f70d0101040500"), hashes.MD5()),
}
_VERSION_3 = bytes.fromhex("a003020102")
_UNHEARD_OF = x509.ObjectIdentifier("2.999.1")
"""An object identifier for examples (ITU-T X.660 A.8)."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """An authority that signs."""

    certificate: x509.Certificate
    key: Key


def new_key(kind: KeyKind) -> Key:
    """Return a new private key, or the process's RSA key of that size."""
    if kind in _CURVES:
        return ec.generate_private_key(_CURVES[kind])
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return _rsa_key(int(kind.removeprefix("rsa-")))


def leaf_like(honest: x509.Certificate, spec: CertificateSpec, issuer: Issuer, key: Key) -> x509.Certificate:
    """Return `honest` with another key, from this issuer, and with all that the spec changes."""
    subject = honest.subject
    if spec.common_name is not None:
        subject = x509.Name([*subject, x509.NameAttribute(NameOID.COMMON_NAME, spec.common_name)])
    builder = x509.CertificateBuilder(
        issuer.certificate.subject,
        subject,
        key.public_key(),
        honest.serial_number,
        honest.not_valid_before_utc,
        honest.not_valid_after_utc,
    )
    for extension in honest.extensions if spec.version == 3 else ():
        value = _leaf_extension(extension.value, spec, issuer, key)
        if value is not None:
            builder = builder.add_extension(value, critical=extension.critical)
    if spec.unknown_critical:
        builder = builder.add_extension(x509.UnrecognizedExtension(_UNHEARD_OF, b"\x05\x00"), critical=True)
    if spec.must_staple:
        builder = builder.add_extension(x509.TLSFeature([x509.TLSFeatureType.status_request]), critical=False)
    made = _signed(builder, issuer.key)
    if spec.version == 1:
        made = _without_version(made, issuer.key)
    if spec.signature == "spoilt":
        return _with_another_end(made)
    return made if spec.signature == "sound" else _signed_weakly(made, issuer.key, spec.signature)


def authority_like(usual: x509.Certificate, spec: AuthoritySpec, parent: Issuer, number: int) -> Issuer:
    """Return an authority like the usual intermediate, below another parent; `number` goes into its name."""
    key = new_key(spec.key)
    builder = x509.CertificateBuilder(
        parent.certificate.subject,
        x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, f"mailfault authority {number:x}")]),
        key.public_key(),
        x509.random_serial_number(),
        spec.not_before or usual.not_valid_before_utc,
        spec.not_after or usual.not_valid_after_utc,
    )
    for extension in usual.extensions:
        value = _authority_extension(extension.value, spec, parent, key)
        builder = builder.add_extension(value, critical=extension.critical)
    if spec.permitted:
        within = x509.NameConstraints([x509.DNSName(domain) for domain in spec.permitted], None)
        builder = builder.add_extension(within, critical=True)
    return Issuer(_signed(builder, parent.key), key)


def reissued(
    leaf: x509.Certificate,
    issuer: x509.Name,
    key: Key,
    *,
    serial: int,
    authority_key: x509.AuthorityKeyIdentifier | None = None,
) -> x509.Certificate:
    """Return the same certificate signed by another issuer."""
    builder = x509.CertificateBuilder(
        issuer, leaf.subject, leaf.public_key(), serial, leaf.not_valid_before_utc, leaf.not_valid_after_utc
    )
    for extension in leaf.extensions:
        value = extension.value
        if authority_key is not None and isinstance(value, x509.AuthorityKeyIdentifier):
            value = authority_key
        builder = builder.add_extension(value, critical=extension.critical)
    return _signed(builder, key)


def signed_by_itself(leaf: x509.Certificate, key: Key) -> x509.Certificate:
    """Return the same certificate signed with its own key."""
    own = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    return reissued(leaf, leaf.subject, key, serial=leaf.serial_number, authority_key=own)


def pem_of(key: Key) -> bytes:
    """Return the private key in PEM, for load_cert_chain."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def revocation_list(
    issuer: Issuer, serials: Sequence[int], *, valid: tuple[datetime, datetime]
) -> x509.CertificateRevocationList:
    """Return the issuer's list of revoked serial numbers (RFC 5280 5), in force during `valid`."""
    began, ends = valid
    identifier = issuer.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return (
        x509.CertificateRevocationListBuilder(
            issuer_name=issuer.certificate.subject,
            last_update=began,
            next_update=ends,
            revoked_certificates=[
                x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(began).build()
                for serial in serials
            ],
        )
        .add_extension(x509.CRLNumber(1), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(issuer.key, _hash_for(issuer.key))
    )


def _leaf_extension(
    value: x509.ExtensionType, spec: CertificateSpec, issuer: Issuer, key: Key
) -> x509.ExtensionType | None:
    match value:
        case x509.SubjectAlternativeName():
            names: list[x509.GeneralName] = [x509.DNSName(name) for name in spec.names]
            names += [x509.IPAddress(ipaddress.ip_address(address)) for address in spec.addresses]
            return x509.SubjectAlternativeName(names) if names else None
        case x509.SubjectKeyIdentifier():
            return x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        case x509.AuthorityKeyIdentifier():
            return _key_of(issuer)
        case x509.ExtendedKeyUsage() if spec.purpose == "client":
            return x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        case x509.KeyUsage() if spec.key_usage == "documents":
            return _key_usage("content_commitment")
    return value


def _authority_extension(
    value: x509.ExtensionType, spec: AuthoritySpec, parent: Issuer, key: Key
) -> x509.ExtensionType:
    match value:
        case x509.SubjectKeyIdentifier():
            return x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        case x509.AuthorityKeyIdentifier():
            return _key_of(parent)
        case x509.BasicConstraints():
            return x509.BasicConstraints(ca=spec.is_authority, path_length=spec.path_length)
        case x509.KeyUsage() if not spec.is_authority:
            return _key_usage("digital_signature")
    return value


def _key_of(issuer: Issuer) -> x509.AuthorityKeyIdentifier:
    identifier = issuer.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _key_usage(allowed: str) -> x509.KeyUsage:
    kinds = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign "
        "crl_sign encipher_only decipher_only"
    )
    return x509.KeyUsage(**{kind: kind == allowed for kind in kinds.split()})


def _signed(builder: x509.CertificateBuilder, key: Key) -> x509.Certificate:
    return builder.sign(key, _hash_for(key))


def _hash_for(key: Key) -> hashes.SHA256 | None:
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


@functools.cache
def _rsa_key(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


# -- certificates that the builder refuses to make, edited as bytes ----------------------------------------------------


def _with_another_end(made: x509.Certificate) -> x509.Certificate:
    """Flip the last bit of the signature; it still parses."""
    der = made.public_bytes(serialization.Encoding.DER)
    return x509.load_der_x509_certificate(der[:-1] + bytes([der[-1] ^ 1]))


def _signed_weakly(made: x509.Certificate, key: Key, how: str) -> x509.Certificate:
    """Sign with SHA-1 or MD5. `cryptography` refuses that, so the algorithm is changed before the key signs."""
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError(f"a signature with {how} needs an authority whose key is RSA")
    algorithm, digest = _WEAK[how]
    body = made.tbs_certificate_bytes.replace(_WITH_SHA256, algorithm, 1)
    return _assembled(body, algorithm, key.sign(body, padding.PKCS1v15(), digest))


def _without_version(made: x509.Certificate, key: Key) -> x509.Certificate:
    """Remove the version field, which makes it version 1 (RFC 5280 4.1.2.1)."""
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    body = made.tbs_certificate_bytes
    assert body.count(_VERSION_3) >= 1
    content = body[_header_length(body) :].removeprefix(_VERSION_3)
    body = _sequence(content)
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")  # ecdsa-with-SHA256
    return _assembled(body, algorithm, key.sign(body, ec.ECDSA(hashes.SHA256())))


def _assembled(body: bytes, algorithm: bytes, signature: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(_sequence(body + algorithm + _der(0x03, b"\0" + signature)))


def _sequence(content: bytes) -> bytes:
    return _der(0x30, content)


def _der(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content


def _header_length(der: bytes) -> int:
    return 2 if der[1] < 0x80 else 2 + (der[1] & 0x7F)
