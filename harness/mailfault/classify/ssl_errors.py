"""Exceptions of TLS. A certificate error comes before a TLS error."""

import ssl

from mailfault.classify.classified import BEFORE_MAIL, LOOKUP, TLS, Classified, Weighed, Weight, classify_disconnect
from mailfault.codes.failure import Failure
from mailfault_servers.smtp.reply import Stage


def classify_ssl(error: BaseException, stage: str | None) -> Weighed | None:
    """Classify an ssl.SSLError. Return None for all others.

    A certificate that the client rejects is certificate-invalid. A *received* alert about certificates is not: the
    server asks for a client certificate.
    """
    if not isinstance(error, ssl.SSLError):
        return None
    text = str(error)
    if stage == LOOKUP:
        return Classified(failure=Failure.DNS_QUERY_FAILED, text=text), Weight.EXACT
    reason = getattr(error, "reason", None)  # only OpenSSL's own exceptions have it
    if isinstance(error, ssl.SSLCertVerificationError) or reason == "CERTIFICATE_VERIFY_FAILED":
        return Classified(failure=Failure.CERTIFICATE_INVALID, text=text), Weight.DECISIVE
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError | ssl.SSLSyscallError):
        # A reply in clear never raises SSLError, so at STARTTLS the handshake raised it.
        return classify_disconnect(TLS if stage in (None, Stage.STARTTLS) else stage, text, Weight.EXACT)
    if stage is None or stage in BEFORE_MAIL:
        return Classified(failure=Failure.CANNOT_CONNECT, text=text), Weight.EXACT
    return classify_disconnect(stage, text, Weight.EXACT)
