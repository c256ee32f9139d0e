"""What is wrong with a chain of certificates: found by looking at those that go out, whatever they were meant to be.

Pure. Two grades: a *problem* is what every client has to refuse that trusts the given roots alone and verifies; a
*doubt* is what some clients that are right refuse, and others that are right do not.
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
"""Extensions that are critical in some certificate, and that every client knows."""
_LONG_PATH = 9
"""The commonest low limit of a path: smtp_tls_scert_verifydepth of Postfix."""
_WEAK_RSA_BITS = 2048


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong with a certificate as it was presented. Both empty: nothing."""

    problems: tuple[str, ...]
    doubts: tuple[str, ...] = ()

    def __add__(self, other: "Findings") -> "Findings":
        return Findings((*self.problems, *other.problems), (*self.doubts, *other.doubts))


@dataclass(frozen=True, slots=True)
class Presented:
    """A chain that went out, and the way from its first certificate to a root, as far as there is one."""

    sent: tuple[x509.Certificate, ...]
    path: tuple[x509.Certificate, ...]
    """From the host's own to the root's."""
    lasting: Findings
    """What is wrong whoever looks at it, and whenever."""

    def findings(self, *, host: str, now: datetime) -> Findings:
        """All that is wrong for somebody who looks for `host` at this moment."""
        problems = list(_out_of_date(self.path, now))
        wrong, doubtful = _wrong_name(self.sent[0], host)
        if wrong:
            problems.append(wrong)
        doubts = Findings((), (doubtful,) if doubtful else ())
        return Findings(tuple(problems)) + doubts + self.lasting


def look_at(
    sent: Sequence[x509.Certificate],
    *,
    roots: Sequence[x509.Certificate],
    known: Iterable[x509.Certificate] = (),
    revoked: x509.CertificateRevocationList | None = None,
) -> Presented:
    """What a chain comes to for somebody who trusts the `roots` alone.

    `known` are authorities that exist and that a client is not told of: one of them tells a chain with a gap from one
    that leads elsewhere.
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
    """Whether its key or its signature is too weak for OpenSSL's usual security level."""
    key = certificate.public_key()
    short = isinstance(key, rsa.RSAPublicKey) and key.key_size < _WEAK_RSA_BITS
    return short or isinstance(certificate.signature_hash_algorithm, hashes.MD5 | hashes.SHA1)


# -- from the host to a root -------------------------------------------------------------------------------------------


def _path(
    candidates: Sequence[x509.Certificate], roots: Sequence[x509.Certificate]
) -> tuple[tuple[x509.Certificate, ...], str]:
    """The path from the first candidate, and where it ends: "root", "self-signed" or "unknown authority"."""
    path = [candidates[0]]
    while path[-1] not in roots:
        last = path[-1]
        if last.issuer == last.subject:
            return tuple(path), "self-signed" if len(path) == 1 else "unknown authority"
        named = [one for one in candidates if one.subject == last.issuer and one not in path]
        if not named:
            return tuple(path), "unknown authority"
        path.append(next((one for one in named if _is_signed_by(last, one)), named[0]))
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
    """Problems and doubts of each authority of a path, and of what it signed (RFC 5280 6.1)."""
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
    """Whether all DNS names of the leaf are within what its issuer may name (RFC 5280 4.2.1.10)."""
    constraints = _extension(issuer, x509.NameConstraints)
    if constraints is None or constraints.permitted_subtrees is None:
        return True
    within = [one.value.lower() for one in constraints.permitted_subtrees if isinstance(one, x509.DNSName)]
    return all(any(f".{name.lower()}".endswith(f".{domain}") for domain in within) for name in _dns_names(leaf))


def _stands_in(
    revoked: x509.CertificateRevocationList, leaf: x509.Certificate, known: Iterable[x509.Certificate]
) -> bool:
    issuer = next((one for one in known if one.subject == revoked.issuer), None)
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
    """Problem and doubt about the names of a certificate for somebody who looks for `host`."""
    wanted = host.lower().rstrip(".")
    names = [name.lower() for name in _dns_names(leaf)]
    if wanted in names or "*." + wanted.partition(".")[2] in names:  # a `*` is one whole label (RFC 6125 6.4.3)
        return None, None
    if any(name.rstrip(".") == wanted for name in names):
        return None, "name ends with a dot"
    if any(_fits_in_part(name, wanted) for name in names):
        return None, "wildcard for a part of a label"
    common = [one.value for one in leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
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
    if any(one.critical and not isinstance(one.value, _UNDERSTOOD) for one in leaf.extensions):
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
    places = [path.index(one) for one in sent if one in path]
    if places != sorted(set(places)) or len(places) < len(sent):
        yield "chain out of order"


def _extension(certificate: x509.Certificate, kind: type[_E]) -> _E | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
