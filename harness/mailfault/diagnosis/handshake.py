"""What the facts of one TLS handshake tell: where it began, and why it failed."""

from mailfault.codes.failure import Failure
from mailfault_servers.facts import TlsFailed
from mailfault_servers.smtp.reply import Stage

_ABOUT_CERTIFICATES = frozenset(
    {
        "bad certificate",
        "unsupported certificate",
        "certificate revoked",
        "certificate expired",
        "certificate unknown",
        "unknown ca",
        "decrypt error",
        "handshake failure",
        "internal error",
    }
)
"""Alerts by which a client refuses a certificate (RFC 8446 6.2). "decrypt error" also where its signature is wrong; the
last two are what OpenSSL sends where not itself, but the program's own check (of the name, say) said no
(ssl_x509err2alert: X509_V_ERR_APPLICATION_VERIFICATION, X509_V_ERR_UNSPECIFIED). They tell of the certificate only
where something is wrong with it."""
_THE_CLIENTS_IS_MISSING = "peer did not return a certificate"
"""How OpenSSL's server says that the client has no certificate: it comes after the server's own was shown."""


def starts_tls(text: str) -> bool:
    """Whether the first reply in these lines is the 220 after which TLS begins (RFC 3207 4)."""
    return next((line for line in text.split("\n") if line[3:4] != "-"), "").startswith("220")


def what_is_wrong(stage: str, answer: str) -> str:
    """Why an answer that is no refusal is no good, in words that go after "which"."""
    return "does not start TLS" if stage == Stage.STARTTLS and answer[:1] in ("2", "3") else "is no reply"


def refused_certificate(fact: TlsFailed) -> bool:
    """Whether the client ended TLS as one does that refuses a certificate: by such an alert, or without a word."""
    if fact.alert is None:
        return fact.reason != _THE_CLIENTS_IS_MISSING
    return fact.alert in _ABOUT_CERTIFICATES


def why_tls_failed(fact: TlsFailed, *, server: str, flaws: tuple[str, ...], spoiled: str | None) -> tuple[Failure, str]:
    """Failure and sentence.

    `flaws` are those of the certificate that was shown, `spoiled` is what the server sent in place of its half of the
    handshake, if anything.
    """
    if flaws and refused_certificate(fact):
        how = f"by the alert {fact.alert!r}" if fact.alert else "by leaving"
        sentence = f"{server} presented a certificate ({', '.join(flaws)}); the client refused it {how}"
        return Failure.CERTIFICATE_INVALID, sentence
    sent = f"{server} sent {spoiled}; " if spoiled else ""
    return Failure.CANNOT_CONNECT, f"{sent}the TLS handshake with {server} failed: {fact.reason}"


def why_tls_was_left(*, server: str, flaws: tuple[str, ...] = (), spoiled: str | None = None) -> tuple[Failure, str]:
    """Failure and sentence where the client went without TLS having failed at the server's end."""
    if flaws:
        words = ", ".join(flaws)
        return Failure.CERTIFICATE_INVALID, f"{server} presented a certificate ({words}); the client left upon it"
    why = f"upon {spoiled}" if spoiled else "though the certificate is good"
    return Failure.CANNOT_CONNECT, f"the client left {server} within the TLS handshake, {why}"
