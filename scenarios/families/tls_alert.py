"""Every fatal alert that a server may end a handshake with. None of them is a complaint of the client."""

from collections.abc import Iterator

from mailfault.codes.failure import Failure
from mailfault.contract import Route, TlsPolicy
from mailfault.scenario.family import member
from mailfault.scenario.model import Connector, Expect, Host, Scenario
from mailfault_servers.tls.faults.alert import Alert
from mailfault_servers.tls.record import AlertName

HOST = "mx1.dest.example"
WORDS: dict[AlertName, str] = {
    "unexpected_message": "that came out of turn",
    "bad_record_mac": "what arrives was changed on the way",
    "record_overflow": "that record is too long",
    "unsupported_certificate": "that kind of certificate I do not take",
    "certificate_revoked": "your certificate was revoked",
    "certificate_expired": "your certificate is over",
    "certificate_unknown": "your certificate will not do",
    "illegal_parameter": "that makes no sense",
    "unknown_ca": "I do not know who signed that",
    "access_denied": "I know you, and you may not",
    "decode_error": "that cannot be read",
    "decrypt_error": "that signature is wrong",
    "insufficient_security": "your ciphers are too weak for me",
    "internal_error": "something broke here",
    "inappropriate_fallback": "you can do better than that version",
    "missing_extension": "you left something out that I need",
    "unsupported_extension": "I never asked for that extension",
    "bad_certificate_status_response": "your OCSP answer is bad",
    "unknown_psk_identity": "I do not know that key",
    "no_application_protocol": "we have no application protocol in common",
}
"""Meaning of each alert (RFC 8446 6.2). The most common ones have stories of their own in scenarios/tls."""
_ABOUT_CERTIFICATES = (
    "unsupported_certificate",
    "certificate_revoked",
    "certificate_expired",
    "certificate_unknown",
    "unknown_ca",
    "bad_certificate_status_response",
)


def scenarios() -> Iterator[Scenario]:
    for name, words in WORDS.items():
        yield Scenario(
            id=member(name=name),
            title=f'TLS is required, and the server ends the handshake by {name}: "{words}"'[:100],
            why=_why(name),
            refs=("RFC 8446 6.2", "RFC 3207 4.1"),
            tags=("tls", "handshake"),
            connector=Connector(route=Route.SMART_HOST, tls=TlsPolicy.REQUIRED),
            host=(Host(name=HOST, faults=(Alert(name=name),)),),
            expect=Expect(failure=Failure.CANNOT_CONNECT, action="defer"),
        )


def _why(name: AlertName) -> str:
    if name in _ABOUT_CERTIFICATES:
        return (
            "The alert speaks of a certificate, and it was received: it is the server's word about the client's. The "
            "server had shown none of its own. To say certificate-invalid sends the reader to the wrong side."
        )
    return (
        "The server gave up before it had shown a certificate. No session for mail came of the connection, and nothing "
        "was said about the mail: the client keeps it and says that TLS could not be had."
    )
