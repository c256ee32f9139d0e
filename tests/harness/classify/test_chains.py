"""The decisive exception of a chain."""

import errno
import smtplib
import socket
import ssl

import aiosmtplib
import pytest

from mailfault.classify import classify
from mailfault.codes.failure import Failure

CERTIFICATE = ssl.SSLCertVerificationError(1, "certificate verify failed: certificate has expired")


def failure_of(error: BaseException, stage: str | None = None) -> Failure:
    found = classify(error, stage=stage)
    assert found is not None
    return found.failure


def raised_from(error: BaseException, cause: BaseException | None) -> BaseException:
    with pytest.raises(type(error)) as caught:
        raise error from cause
    return caught.value


def raised_while_handling(error: Exception, earlier: Exception) -> BaseException:
    def handle() -> None:
        try:
            raise earlier
        except type(earlier):
            fail()

    def fail() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        handle()
    assert (caught.value.__context__, caught.value.__cause__) == (earlier, None)
    return caught.value


def test_the_cause_outranks_the_symptom() -> None:
    assert failure_of(raised_from(aiosmtplib.SMTPConnectError("no"), CERTIFICATE)) is Failure.CERTIFICATE_INVALID
    assert failure_of(raised_from(ConnectionResetError(), CERTIFICATE)) is Failure.CERTIFICATE_INVALID


def test_an_exception_of_the_users_own_is_looked_through() -> None:
    refused = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
    assert failure_of(raised_from(RuntimeError("cannot deliver"), refused)) is Failure.CONNECTION_REFUSED
    assert failure_of(raised_while_handling(RuntimeError("cannot deliver"), refused)) is Failure.CONNECTION_REFUSED


def test_the_last_host_decides_not_the_one_before() -> None:
    refused = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
    assert failure_of(raised_while_handling(refused, CERTIFICATE)) is Failure.CONNECTION_REFUSED
    closed = smtplib.SMTPServerDisconnected("Connection unexpectedly closed")
    assert failure_of(raised_while_handling(closed, CERTIFICATE)) is Failure.CONNECTION_CLOSED


def test_a_suppressed_exception_does_not_count() -> None:
    error = raised_while_handling(RuntimeError("something else"), CERTIFICATE)
    error.__suppress_context__ = True  # what `from None` does
    assert classify(error) is None


def test_among_equals_the_outermost_decides() -> None:
    refused = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
    assert failure_of(raised_from(socket.gaierror(-2, "unknown"), refused)) is Failure.DNS_QUERY_FAILED


def test_a_wrapped_time_out_is_of_a_conversation() -> None:
    wrapped = raised_while_handling(
        smtplib.SMTPServerDisconnected("Connection unexpectedly closed: timed out"), TimeoutError("timed out")
    )
    assert failure_of(wrapped) is Failure.CONNECTION_CLOSED
    assert failure_of(wrapped, "greeting") is Failure.CONNECTION_TIMED_OUT


def test_of_a_group_the_last_host_decides() -> None:
    refused = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
    unreachable = OSError(errno.ENETUNREACH, "Network is unreachable")
    assert failure_of(ExceptionGroup("no host", [unreachable, refused])) is Failure.CONNECTION_REFUSED
    assert failure_of(ExceptionGroup("no host", [refused, unreachable])) is Failure.CANNOT_CONNECT
    assert failure_of(ExceptionGroup("no host", [refused, ValueError("odd")])) is Failure.CONNECTION_REFUSED


def test_circles_end() -> None:
    first, second = RuntimeError("first"), RuntimeError("second")
    first.__cause__, second.__cause__ = second, first
    assert classify(first) is None
    group = ExceptionGroup("itself", [second])
    second.__cause__ = group
    assert classify(group) is None
