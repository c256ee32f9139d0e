"""The certificate authority of all worlds, made with trustme, and the server contexts that it issues.

Honest hosts send leaf and intermediate, as hosts on the Internet do. `cryptography` makes only what trustme cannot:
revocation lists, and certificates with a serial number chosen beforehand or signed by their own key.
"""

import functools
import ssl
import threading
from datetime import UTC, datetime, timedelta

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fake_servers.tls.certificate import CertificateSpec

_REVOKED_SERIAL = 0x6D61696C6661756C74
"""The serial of the certificates that were revoked: in the list from the start, whoever asks for it first."""
_LIST_VALID = timedelta(days=3650)


class Authority:
    """A root that clients trust, its intermediate, a stranger that nobody was told of, and what they issued."""

    def __init__(self) -> None:
        self._root = trustme.CA(organization_name="mailfault root", key_type=trustme.KeyType.ECDSA)
        self._intermediate = self._root.create_child_ca(key_type=trustme.KeyType.ECDSA)
        self._stranger = trustme.CA(organization_name="an authority of its own", key_type=trustme.KeyType.ECDSA)
        self._lock = threading.Lock()
        self._issued: dict[CertificateSpec, tuple[ssl.SSLContext, tuple[x509.Certificate, ...]]] = {}
        self._problems: dict[tuple[CertificateSpec, str, datetime], tuple[str, ...]] = {}
        self._crl_pem = b"".join(
            _revocation_list(_load(ca.cert_pem.bytes()), _load_key(ca), serials)
            for ca, serials in ((self._root, ()), (self._intermediate, (_REVOKED_SERIAL,)))
        )

    @property
    def root_pem(self) -> bytes:
        """The root's certificate: all that a client is to trust."""
        return self._root.cert_pem.bytes()

    def crl_pem(self) -> bytes:
        """The revocation lists of root and intermediate (RFC 5280 5): OpenSSL can be told to want one for each."""
        return self._crl_pem

    def context(self, spec: CertificateSpec) -> ssl.SSLContext:
        """A server context that presents this certificate. Made once for each spec."""
        return self._issue(spec)[0]

    def problems(self, spec: CertificateSpec, *, host: str, now: datetime) -> tuple[str, ...]:
        """Why nobody who trusts the root alone should accept this certificate for `host` now; empty: all should.

        Found by looking at the certificates that go out, not by asking what they were meant to be.
        """
        chain = self._issue(spec)[1]
        today = now.astimezone(UTC)
        return tuple(
            problem
            for problem, found in (
                ("expired", chain[0].not_valid_after_utc < today),
                ("not yet valid", chain[0].not_valid_before_utc > today),
                ("wrong name", host.lower() not in _names(chain[0])),
                *self._chain_problems(chain),
                ("revoked", self._is_revoked(chain[0])),
            )
            if found
        )

    def _chain_problems(self, chain: tuple[x509.Certificate, ...]) -> tuple[tuple[str, bool], ...]:
        leaf = chain[0]
        root = _load(self.root_pem)
        intermediate = _load(self._intermediate.cert_pem.bytes())
        self_signed = leaf.issuer == leaf.subject
        ours = leaf.issuer == intermediate.subject and intermediate.issuer == root.subject
        return (
            ("self-signed", self_signed),
            ("unknown authority", not self_signed and not ours),
            ("missing intermediate", ours and intermediate not in chain),
        )

    def _is_revoked(self, leaf: x509.Certificate) -> bool:
        lists = self._crl_pem.split(b"-----END X509 CRL-----\n")
        return any(
            found.issuer == leaf.issuer and found.get_revoked_certificate_by_serial_number(leaf.serial_number)
            for found in (x509.load_pem_x509_crl(one + b"-----END X509 CRL-----\n") for one in lists if one.strip())
        )

    def _issue(self, spec: CertificateSpec) -> tuple[ssl.SSLContext, tuple[x509.Certificate, ...]]:
        with self._lock:
            if spec not in self._issued:
                self._issued[spec] = self._make(spec)
            return self._issued[spec]

    def _make(self, spec: CertificateSpec) -> tuple[ssl.SSLContext, tuple[x509.Certificate, ...]]:
        if spec.issuer == "self" or spec.revoked:
            leaf = self._make_by_hand(spec)
        else:
            issuer = self._stranger if spec.issuer == "stranger" else self._intermediate
            leaf = issuer.issue_cert(
                *spec.names, not_before=spec.not_before, not_after=spec.not_after, key_type=trustme.KeyType.ECDSA
            )
        pems = [pem.bytes() for pem in leaf.cert_chain_pems]
        if not spec.send_intermediate:
            pems = pems[:1]
        sent = trustme.LeafCert(leaf.private_key_pem.bytes(), pems[0], pems[1:])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        sent.configure_cert(context)
        return context, tuple(_load(pem) for pem in pems)

    def _make_by_hand(self, spec: CertificateSpec) -> trustme.LeafCert:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, f"mailfault {spec.names[0]}")])
        intermediate_pem = self._intermediate.cert_pem.bytes()
        intermediate = _load(intermediate_pem)
        by_itself = spec.issuer == "self"
        signer = key if by_itself else _load_key(self._intermediate)
        authority_key = (
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
            if by_itself
            else x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
                intermediate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
            )
        )
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if by_itself else intermediate.subject)
            .public_key(key.public_key())
            .serial_number(_REVOKED_SERIAL if spec.revoked else x509.random_serial_number())
            .not_valid_before(spec.not_before)
            .not_valid_after(spec.not_after)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in spec.names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(authority_key, critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .sign(signer, hashes.SHA256())
        )
        return trustme.LeafCert(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
            certificate.public_bytes(serialization.Encoding.PEM),
            [] if by_itself else [intermediate_pem],
        )


@functools.cache
def _made() -> Authority:
    return Authority()


_making = threading.Lock()


def shared_authority() -> Authority:
    """The one authority of this process, made when it is first asked for."""
    with _making:
        return _made()


def _load(pem: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem)


def _load_key(ca: trustme.CA) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(ca.private_key_pem.bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def _names(leaf: x509.Certificate) -> set[str]:
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {name.lower() for name in names.get_values_for_type(x509.DNSName)}


def _revocation_list(issuer: x509.Certificate, key: ec.EllipticCurvePrivateKey, serials: tuple[int, ...]) -> bytes:
    began = datetime(2020, 1, 1, tzinfo=UTC)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(began)
        .next_update(began + 3 * _LIST_VALID)
        .add_extension(x509.CRLNumber(1), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
                issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
            ),
            critical=False,
        )
    )
    for serial in serials:
        revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(began)
        builder = builder.add_revoked_certificate(revoked.build())
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
