"""Exceptions of TLS. Certificate words beat TLS words."""

import ssl

from harness.classify.classified import BEFORE_MAIL, Classified, Weighed, Weight, of_break
from harness.codes.failure import Failure


def classify_ssl(error: BaseException, stage: str | None) -> Weighed | None:
    """What an ssl.SSLError means.

    A certificate that *we* find fault with is certificate-invalid. An alert about certificates that was *received* is not: the
    server wants one of ours.
    """
    if not isinstance(error, ssl.SSLError):
        return None
    text = str(error)
    if isinstance(error, ssl.SSLCertVerificationError) or error.reason == "CERTIFICATE_VERIFY_FAILED":
        return Classified(failure=Failure.CERTIFICATE_INVALID, text=text), Weight.DECISIVE
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError | ssl.SSLSyscallError):
        return of_break(stage if stage is not None else "tls", text, Weight.EXACT)
    if stage is None or stage in BEFORE_MAIL:
        return Classified(failure=Failure.CANNOT_CONNECT, text=text), Weight.EXACT
    return of_break(stage, text, Weight.EXACT)
