"""Exceptions of TLS. Certificate words beat TLS words."""

import ssl

from mailfault.classify.classified import BEFORE_MAIL, LOOKUP, TLS, Classified, Weighed, Weight, of_break
from mailfault.codes.failure import Failure
from mailfault_servers.smtp.reply import Stage


def classify_ssl(error: BaseException, stage: str | None) -> Weighed | None:
    """What an ssl.SSLError means.

    A certificate that *we* find fault with is certificate-invalid. An alert about certificates that was *received* is
    not: the server wants one of ours.
    """
    if not isinstance(error, ssl.SSLError):
        return None
    text = str(error)
    if stage == LOOKUP:
        return Classified(failure=Failure.DNS_QUERY_FAILED, text=text), Weight.EXACT
    reason = getattr(error, "reason", None)  # only OpenSSL's own exceptions have one
    if isinstance(error, ssl.SSLCertVerificationError) or reason == "CERTIFICATE_VERIFY_FAILED":
        return Classified(failure=Failure.CERTIFICATE_INVALID, text=text), Weight.DECISIVE
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError | ssl.SSLSyscallError):
        # A reply in clear is never an SSLError: at STARTTLS it comes from the handshake.
        return of_break(TLS if stage in (None, Stage.STARTTLS) else stage, text, Weight.EXACT)
    if stage is None or stage in BEFORE_MAIL:
        return Classified(failure=Failure.CANNOT_CONNECT, text=text), Weight.EXACT
    return of_break(stage, text, Weight.EXACT)
