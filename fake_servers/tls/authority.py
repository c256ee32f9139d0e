"""The certificate authority of all worlds, and the server contexts that it issues.

Honest hosts send leaf and intermediate, as hosts on the Internet do. trustme makes every authority, key and
certificate; `cryptography` adds what trustme has no words for: revocation lists, and certificates that are signed anew
to get a serial number chosen beforehand, or the signature of their own key.
"""

import functools
import itertools
import ssl
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import trustme
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from fake_servers.tls.certificate import CertificateSpec
from fake_servers.tls.terms import HONEST_TERMS, Terms, impose

_REVOKED_SERIALS = tuple(range(0x6D61696C66000000, 0x6D61696C66000000 + 64))
"""Serial numbers that are in the revocation list before any certificate has them, so that whoever read the list early
knows of certificates revoked later. Each goes to one certificate (RFC 5280 4.1.2.2), round and round after the last."""
_LISTED = (datetime(2000, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC))
"""The revocation lists are in force for as long as trustme's authorities."""


@dataclass(frozen=True, slots=True)
class _Issued:
    context: ssl.SSLContext
    another_context: Callable[[], ssl.SSLContext]
    """Makes one more for the same certificate."""
    leaf: x509.Certificate
    sent: tuple[x509.Certificate, ...]
    """What goes out in the handshake, leaf first."""
    flaws: tuple[str, ...]
    """What is wrong with the chain, whoever looks at it and whenever."""


class Authority:
    """A root that clients trust, its intermediate, a stranger that nobody was told of, and what they issued."""

    def __init__(self) -> None:
        self._root = trustme.CA(organization_name="mailfault root", key_type=trustme.KeyType.ECDSA)
        self._intermediate = self._root.create_child_ca(key_type=trustme.KeyType.ECDSA)
        self._stranger = trustme.CA(organization_name="mailfault stranger", key_type=trustme.KeyType.ECDSA)
        self._link = _certificate(self._intermediate)
        self._revoked = _revocation_list(self._link, _key(self._intermediate), _REVOKED_SERIALS)
        none_revoked = _revocation_list(_certificate(self._root), _key(self._root), ())
        lists = (none_revoked, self._revoked)
        self._crl_pem = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in lists)
        self._serials = itertools.cycle(_REVOKED_SERIALS)
        self._issued: dict[CertificateSpec, _Issued] = {}
        self._on_terms: dict[tuple[CertificateSpec, Terms], ssl.SSLContext] = {}
        self._lock = threading.RLock()

    @property
    def root_pem(self) -> bytes:
        """The root's certificate: all that a client is to trust."""
        return self._root.cert_pem.bytes()

    def crl_pem(self) -> bytes:
        """The revocation lists of root and intermediate (RFC 5280 5): OpenSSL can be told to want one for each.

        Never changes: it lists certificates that have yet to be made.
        """
        return self._crl_pem

    def context(self, spec: CertificateSpec, terms: Terms = HONEST_TERMS) -> ssl.SSLContext:
        """A server context that presents this certificate on these terms. Made once for each, from any thread."""
        issued = self._issue(spec)
        if terms == HONEST_TERMS:
            return issued.context
        with self._lock:
            if (spec, terms) not in self._on_terms:
                context = issued.another_context()
                impose(context, terms, nameless=lambda: self.context(terms.nameless or spec))
                self._on_terms[spec, terms] = context
            return self._on_terms[spec, terms]

    def chain(self, spec: CertificateSpec) -> tuple[x509.Certificate, ...]:
        """The certificates that go out in the handshake, leaf first."""
        return self._issue(spec).sent

    def problems(self, spec: CertificateSpec, *, host: str, now: datetime) -> tuple[str, ...]:
        """Why nobody who trusts the root alone should accept this certificate for `host` now; empty: all should.

        Found by looking at the certificates that go out, not by asking what they were meant to be.
        """
        issued = self._issue(spec)
        found: list[str] = []
        if now > issued.leaf.not_valid_after_utc:
            found.append("expired")
        if now < issued.leaf.not_valid_before_utc:
            found.append("not yet valid")
        if not _is_for(issued.leaf, host):
            found.append("wrong name")
        return (*found, *issued.flaws)

    def _issue(self, spec: CertificateSpec) -> _Issued:
        with self._lock:
            if spec not in self._issued:
                self._issued[spec] = self._make(spec)
            return self._issued[spec]

    def _make(self, spec: CertificateSpec) -> _Issued:
        issuer = self._intermediate if spec.issuer == "intermediate" else self._stranger
        made = issuer.issue_cert(
            *spec.names, not_before=spec.not_before, not_after=spec.not_after, key_type=trustme.KeyType.ECDSA
        )
        leaf_pem, *rest = (pem.bytes() for pem in made.cert_chain_pems)
        leaf = x509.load_pem_x509_certificate(leaf_pem)
        if spec.issuer == "self":
            leaf = _signed_by_itself(leaf, _load_key(made.private_key_pem))
        elif spec.revoked and spec.issuer == "intermediate":
            leaf = _signed_anew(leaf, leaf.issuer, _key(self._intermediate), serial=next(self._serials))
        sent = (leaf, *map(x509.load_pem_x509_certificate, rest)) if spec.send_intermediate else (leaf,)
        new_context = functools.partial(_server_context, made.private_key_pem.bytes(), sent)
        return _Issued(
            context=new_context(), another_context=new_context, leaf=leaf, sent=sent, flaws=self._flaws(sent)
        )

    def _flaws(self, sent: Sequence[x509.Certificate]) -> tuple[str, ...]:
        leaf = sent[0]
        if _is_signed_by(leaf, leaf):
            return ("self-signed",)
        if not _is_signed_by(leaf, self._link):
            return ("unknown authority",)
        missing = () if self._link in sent else ("missing intermediate",)
        listed = self._revoked.get_revoked_certificate_by_serial_number(leaf.serial_number)
        return missing if listed is None else (*missing, "revoked")


_making = threading.Lock()


def shared_authority() -> Authority:
    """The one authority of this process, made when it is first asked for."""
    with _making:
        return _made()


@functools.cache
def _made() -> Authority:
    return Authority()


def _certificate(authority: trustme.CA) -> x509.Certificate:
    return x509.load_pem_x509_certificate(authority.cert_pem.bytes())


def _key(authority: trustme.CA) -> ec.EllipticCurvePrivateKey:
    return _load_key(authority.private_key_pem)


def _load_key(pem: trustme.Blob) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem.bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def _server_context(key_pem: bytes, sent: Sequence[x509.Certificate]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # From a file, since load_cert_chain takes nothing else: https://github.com/python/cpython/issues/60691
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(key_pem + b"".join(one.public_bytes(serialization.Encoding.PEM) for one in sent))
        file.flush()
        context.load_cert_chain(file.name)
    return context


def _signed_anew(
    leaf: x509.Certificate,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    *,
    serial: int,
    authority_key: x509.AuthorityKeyIdentifier | None = None,
) -> x509.Certificate:
    """The same certificate from another hand; nothing else about it changes."""
    builder = x509.CertificateBuilder(
        issuer, leaf.subject, leaf.public_key(), serial, leaf.not_valid_before_utc, leaf.not_valid_after_utc
    )
    for extension in leaf.extensions:
        value = extension.value
        if authority_key is not None and isinstance(value, x509.AuthorityKeyIdentifier):
            value = authority_key
        builder = builder.add_extension(value, critical=extension.critical)
    return builder.sign(key, hashes.SHA256())


def _signed_by_itself(leaf: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    own = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    return _signed_anew(leaf, leaf.subject, key, serial=leaf.serial_number, authority_key=own)


def _is_signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _is_for(leaf: x509.Certificate, host: str) -> bool:
    """Whether one of the certificate's DNS names is `host`; a `*` stands for one whole label (RFC 6125 6.4.3)."""
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    wanted = host.lower().rstrip(".")
    allowed = {wanted, "*." + wanted.partition(".")[2]}
    return any(name.lower() in allowed for name in names.get_values_for_type(x509.DNSName))


def _revocation_list(
    issuer: x509.Certificate, key: ec.EllipticCurvePrivateKey, serials: Sequence[int]
) -> x509.CertificateRevocationList:
    began, ends = _LISTED
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return (
        x509.CertificateRevocationListBuilder(
            issuer_name=issuer.subject,
            last_update=began,
            next_update=ends,
            revoked_certificates=[
                x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(began).build()
                for serial in serials
            ],
        )
        .add_extension(x509.CRLNumber(1), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(key, hashes.SHA256())
    )
