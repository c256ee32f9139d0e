"""Checks of a chain of certificates as it is sent, whatever its spec. Pure.

Two grades: every client that verifies and trusts the given roots alone must refuse a *problem*; about a *doubt* right
clients differ.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_E = TypeVar("_E", bound=x509.ExtensionType)
_UNDERSTOOD = (
    x509.BasicConstraints,
    x509.KeyUsage,
    x509.ExtendedKeyUsage,
    x509.SubjectAlternativeName,
    x509.NameConstraints,
)
"""Extensions that are critical in some certificates, and that every client knows."""
_LONG_PATH = 9
"""The commonest low limit of a path: smtp_tls_scert_verifydepth of Postfix."""
_WEAK_RSA_BITS = 2048


@dataclass(frozen=True, slots=True)
class Findings:
    """Problems and doubts about a certificate as it was presented."""

    problems: tuple[str, ...]
    doubts: tuple[str, ...] = ()

    def __add__(self, other: "Findings") -> "Findings":
        return Findings((*self.problems, *other.problems), (*self.doubts, *other.doubts))


@dataclass(frozen=True, slots=True)
class Presented:
    """A chain that was sent, and the path from its first certificate towards a root."""

    sent: tuple[x509.Certificate, ...]
    path: tuple[x509.Certificate, ...]
    """Certificates from the host's own to the root's, as far as the path leads."""
    lasting: Findings
    """Findings that depend neither on the host name nor on the time."""

    def findings(self, *, host: str, now: datetime) -> Findings:
        """Return all findings for a client that connects to `host` now."""
        problems = list(_out_of_date(self.path, now))
        wrong, doubtful = _wrong_name(self.sent[0], host)
        if wrong:
            problems.append(wrong)
        doubts = Findings((), (doubtful,) if doubtful else ())
        return Findings(tuple(problems)) + doubts + self.lasting


def inspect(
    sent: Sequence[x509.Certificate],
    *,
    roots: Sequence[x509.Certificate],
    known: Iterable[x509.Certificate] = (),
    revoked: x509.CertificateRevocationList | None = None,
) -> Presented:
    """Inspect a chain for a client that trusts the `roots` alone.

    `known` are authorities that the client does not know: they tell a chain with a gap from one to another root.
    """
    path, ends = _path((*sent, *roots), roots)
    if ends != "root" and _path((*sent, *known, *roots), roots)[1] == "root":
        ends = "missing intermediate"
    problems = [] if ends == "root" else [ends]
    doubts: list[str] = []
    if ends != "self-signed":
        for wrong, doubtful in _links(path):
            problems += wrong
            doubts += doubtful
        if revoked is not None and _stands_in(revoked, sent[0], known):
            problems.append("revoked")
    problems += _own_flaws(sent[0])
    doubts += _own_doubts(sent[0])
    if ends == "root":
        doubts += _chain_doubts(sent, path)
    return Presented(tuple(sent), path, Findings(tuple(problems), tuple(doubts)))


def is_weak(certificate: x509.Certificate) -> bool:
    """Tell if its key or its signature is too weak for OpenSSL's default security level."""
    key = certificate.public_key()
    short = isinstance(key, rsa.RSAPublicKey) and key.key_size < _WEAK_RSA_BITS
    return short or isinstance(certificate.signature_hash_algorithm, hashes.MD5 | hashes.SHA1)


# -- from the host to a root -------------------------------------------------------------------------------------------


def _path(
    candidates: Sequence[x509.Certificate], roots: Sequence[x509.Certificate]
) -> tuple[tuple[x509.Certificate, ...], str]:
    """Return the path from the first candidate, and its end: "root", "self-signed" or "unknown authority"."""
    path = [candidates[0]]
    while path[-1] not in roots:
        last = path[-1]
        if last.issuer == last.subject:
            return tuple(path), "self-signed" if len(path) == 1 else "unknown authority"
        named = [
            certificate for certificate in candidates if certificate.subject == last.issuer and certificate not in path
        ]
        if not named:
            return tuple(path), "unknown authority"
        path.append(next((certificate for certificate in named if _is_signed_by(last, certificate)), named[0]))
    return tuple(path), "root"


def _is_signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    key, signed, signature = issuer.public_key(), certificate.tbs_certificate_bytes, certificate.signature
    digest = certificate.signature_hash_algorithm
    try:
        match key:
            case ec.EllipticCurvePublicKey() if digest is not None:
                key.verify(signature, signed, ec.ECDSA(digest))
            case rsa.RSAPublicKey() if digest is not None:
                key.verify(signature, signed, padding.PKCS1v15(), digest)
            case ed25519.Ed25519PublicKey():
                key.verify(signature, signed)
            case _:
                return False
    except InvalidSignature:
        return False
    return True


def _links(path: Sequence[x509.Certificate]) -> Iterator[tuple[list[str], list[str]]]:
    """Yield problems and doubts of each authority of a path and of its signature (RFC 5280 6.1)."""
    for height, (certificate, issuer) in enumerate(pairwise(path)):
        wrong, doubtful = [], []
        if not _is_signed_by(certificate, issuer):
            wrong.append("bad signature")
        if isinstance(certificate.signature_hash_algorithm, hashes.MD5):
            wrong.append("MD5 signature")
        if isinstance(certificate.signature_hash_algorithm, hashes.SHA1):
            doubtful.append("SHA-1 signature")
        constraints = _extension(issuer, x509.BasicConstraints)
        if constraints is None or not constraints.ca:
            wrong.append("issuer is no authority")
        elif constraints.path_length is not None and height > constraints.path_length:
            wrong.append("path too long for its issuer")
        if not _permits(issuer, path[0]):
            wrong.append("name not permitted to its issuer")
        yield wrong, doubtful


def _permits(issuer: x509.Certificate, leaf: x509.Certificate) -> bool:
    """Tell if the issuer may name all DNS names of the leaf (RFC 5280 4.2.1.10)."""
    constraints = _extension(issuer, x509.NameConstraints)
    if constraints is None or constraints.permitted_subtrees is None:
        return True
    within = [name.value.lower() for name in constraints.permitted_subtrees if isinstance(name, x509.DNSName)]
    return all(any(f".{name.lower()}".endswith(f".{domain}") for domain in within) for name in _dns_names(leaf))


def _stands_in(
    revoked: x509.CertificateRevocationList, leaf: x509.Certificate, known: Iterable[x509.Certificate]
) -> bool:
    issuer = next((certificate for certificate in known if certificate.subject == revoked.issuer), None)
    return (
        issuer is not None
        and _is_signed_by(leaf, issuer)
        and revoked.get_revoked_certificate_by_serial_number(leaf.serial_number) is not None
    )


# -- dates and names ---------------------------------------------------------------------------------------------------


def _out_of_date(path: Sequence[x509.Certificate], now: datetime) -> Iterator[str]:
    for certificate in path:
        whose = "" if certificate is path[0] else "issuer "
        if now > certificate.not_valid_after_utc:
            yield f"{whose}expired"
        if now < certificate.not_valid_before_utc:
            yield f"{whose}not yet valid"


def _wrong_name(leaf: x509.Certificate, host: str) -> tuple[str | None, str | None]:
    """Return problem and doubt about the names of a certificate for a client that connects to `host`."""
    wanted = host.lower().rstrip(".")
    names = [name.lower() for name in _dns_names(leaf)]
    if wanted in names or "*." + wanted.partition(".")[2] in names:  # a `*` is one whole label (RFC 6125 6.4.3)
        return None, None
    if any(name.rstrip(".") == wanted for name in names):
        return None, "name ends with a dot"
    if any(_fits_in_part(name, wanted) for name in names):
        return None, "wildcard for a part of a label"
    common = [attribute.value for attribute in leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if wanted in common and _extension(leaf, x509.SubjectAlternativeName) is None:
        return None, "name in the common name only"
    return "wrong name", None


def _fits_in_part(name: str, host: str) -> bool:
    first, _, rest = name.partition(".")
    before, star, after = first.partition("*")
    own, _, domain = host.partition(".")
    return bool(star) and rest == domain and own.startswith(before) and own[len(before) :].endswith(after)


def _dns_names(leaf: x509.Certificate) -> list[str]:
    found = _extension(leaf, x509.SubjectAlternativeName)
    return found.get_values_for_type(x509.DNSName) if found is not None else []


# -- the certificate itself, and what came with it ---------------------------------------------------------------------


def _own_flaws(leaf: x509.Certificate) -> Iterator[str]:
    purposes = _extension(leaf, x509.ExtendedKeyUsage)
    if purposes is not None and ExtendedKeyUsageOID.SERVER_AUTH not in purposes:
        yield "not for servers"
    if any(extension.critical and not isinstance(extension.value, _UNDERSTOOD) for extension in leaf.extensions):
        yield "unknown critical extension"


def _own_doubts(leaf: x509.Certificate) -> Iterator[str]:
    usage = _extension(leaf, x509.KeyUsage)
    if usage is not None and not usage.digital_signature:
        yield "key not for handshakes"
    key = leaf.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _WEAK_RSA_BITS:
        yield f"weak key of {key.key_size} bits"
    if _extension(leaf, x509.TLSFeature) is not None:
        yield "no OCSP answer stapled"
    if leaf.version is x509.Version.v1:
        yield "version 1"


def _chain_doubts(sent: Sequence[x509.Certificate], path: Sequence[x509.Certificate]) -> Iterator[str]:
    if len(path) - 1 > _LONG_PATH:
        yield f"path of {len(path) - 1} authorities"
    places = [path.index(certificate) for certificate in sent if certificate in path]
    if places != sorted(set(places)) or len(places) < len(sent):
        yield "chain out of order"


def _extension(certificate: x509.Certificate, kind: type[_E]) -> _E | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
