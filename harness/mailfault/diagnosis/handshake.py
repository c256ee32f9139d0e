"""TLS handshakes: where one began, and why it failed. Pure."""

from mailfault_servers.facts import TlsFailed

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
"""Alerts by which a client refuses a certificate (RFC 8446 6.2). A wrong signature brings "decrypt error". The last two
are OpenSSL's if the program's own check failed, of the name, say (ssl_x509err2alert:
X509_V_ERR_APPLICATION_VERIFICATION, X509_V_ERR_UNSPECIFIED). They concern the certificate only if something is wrong
with it."""
_CLIENT_CERTIFICATE_MISSING = "peer did not return a certificate"
"""Reason in OpenSSL's server if the client has no certificate: the server's own was shown before."""


def starts_tls(text: str) -> bool:
    """Check that the first reply in these lines is the 220 after which TLS begins (RFC 3207 4)."""
    return next((line for line in text.split("\n") if line[3:4] != "-"), "").startswith("220")


def is_certificate_refusal(fact: TlsFailed) -> bool:
    """Check that the client ended TLS as if to refuse a certificate: by such an alert, or without any."""
    if fact.alert is None:
        return fact.reason != _CLIENT_CERTIFICATE_MISSING
    return fact.alert in _ABOUT_CERTIFICATES
