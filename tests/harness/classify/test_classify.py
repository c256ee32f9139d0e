"""Exceptions at each stage, exceptions of other origin, and the imports that classify needs."""

import doctest
import errno
import smtplib
import ssl
import subprocess
import sys
from pathlib import Path

import aiosmtplib
import dns.resolver
import pytest

import mailfault.classify
from mailfault.classify import classify
from mailfault.classify.classified import reply_of
from mailfault.codes.failure import Failure

ROOT = Path(__file__).parents[3]
LATER = ("mail", "rcpt", "data", "message", "end-of-data")


def test_the_examples_in_its_documentation() -> None:
    tried = doctest.testmod(mailfault.classify)
    assert tried.attempted
    assert not tried.failed


@pytest.mark.parametrize(
    ("stage", "silence", "closed", "broken_tls"),
    [
        ("lookup", Failure.DNS_QUERY_FAILED, Failure.DNS_QUERY_FAILED, Failure.DNS_QUERY_FAILED),
        (None, Failure.CONNECTION_TIMED_OUT, Failure.CONNECTION_CLOSED, Failure.CANNOT_CONNECT),
        ("connect", Failure.CONNECTION_TIMED_OUT, Failure.CONNECTION_CLOSED, Failure.CANNOT_CONNECT),
        ("greeting", Failure.CONNECTION_TIMED_OUT, Failure.CONNECTION_CLOSED, Failure.CANNOT_CONNECT),
        ("ehlo", Failure.CONNECTION_CLOSED, Failure.CONNECTION_CLOSED, Failure.CANNOT_CONNECT),
        ("starttls", Failure.CONNECTION_CLOSED, Failure.CONNECTION_CLOSED, Failure.CANNOT_CONNECT),
        ("tls", Failure.CONNECTION_CLOSED, Failure.CANNOT_CONNECT, Failure.CANNOT_CONNECT),
        *((stage, Failure.CONNECTION_CLOSED, Failure.CONNECTION_CLOSED, Failure.CONNECTION_CLOSED) for stage in LATER),
    ],
)
def test_the_stage_decides(stage: str | None, silence: Failure, closed: Failure, broken_tls: Failure) -> None:
    provoked = (
        (TimeoutError("timed out"), silence),
        (TimeoutError(errno.ETIMEDOUT, "Connection timed out"), silence),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), closed),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), closed),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), broken_tls),
    )
    for error, failure in provoked:
        found = classify(error, stage=stage)
        assert found is not None
        assert (found.failure, found.permanent, found.reply) == (failure, False, None), error


@pytest.mark.parametrize("stage", [None, *LATER])
@pytest.mark.parametrize(("code", "permanent"), [(421, False), (451, False), (550, True)])
def test_a_reply_about_the_message_is_passed_on(stage: str | None, code: int, permanent: bool) -> None:
    for error in (
        smtplib.SMTPResponseException(code, b"4.0.0 So it is"),
        aiosmtplib.SMTPResponseException(code, "4.0.0 So it is"),
    ):
        found = classify(error, stage=stage)
        assert found is not None
        assert (found.failure, found.permanent, str(found.reply)) == (
            Failure.REMOTE_REPLY,
            permanent,
            f"{code} 4.0.0 So it is",
        )


@pytest.mark.parametrize("stage", ["greeting", "ehlo", "starttls"])
@pytest.mark.parametrize("code", [421, 554])
def test_a_reply_before_mail_is_about_the_session(stage: str, code: int) -> None:
    for error in (smtplib.SMTPResponseException(code, b"No"), aiosmtplib.SMTPResponseException(code, "No")):
        found = classify(error, stage=stage)
        assert found is not None
        assert (found.failure, found.permanent, str(found.reply)) == (Failure.CANNOT_CONNECT, False, f"{code} No")


def test_a_refused_login_does_not_return_the_mail() -> None:
    for error in (
        smtplib.SMTPAuthenticationError(535, b"5.7.8 Wrong"),
        aiosmtplib.SMTPAuthenticationError(535, "5.7.8 Wrong"),
        smtplib.SMTPNotSupportedError("SMTP AUTH extension not supported by server."),
        aiosmtplib.SMTPException("The SMTP AUTH extension is not supported by this server."),
    ):
        found = classify(error)
        assert found is not None
        assert (found.failure, found.permanent) == (Failure.CANNOT_CONNECT, False), error


def test_a_host_without_smtputf8_can_never_take_it() -> None:
    for error in (
        smtplib.SMTPNotSupportedError("SMTPUTF8 not supported by server"),
        aiosmtplib.SMTPNotSupported("SMTPUTF8 is not supported by this server"),
    ):
        found = classify(error)
        assert found is not None
        assert (found.failure, found.permanent) == (Failure.MESSAGE_NOT_TRANSFERABLE, True), error


@pytest.mark.parametrize(
    ("codes", "decisive", "permanent"),
    [((550, 550), 550, True), ((450, 550), 450, False), ((550, 450), 450, False), ((552, 553), 553, True)],
)
def test_of_many_refused_recipients_a_temporary_one_keeps_the_mail(
    codes: tuple[int, int], decisive: int, permanent: bool
) -> None:
    refused = {f"{number}@dest.example": (code, b"No") for number, code in enumerate(codes)}
    each = [aiosmtplib.SMTPRecipientRefused(code, "No", recipient) for recipient, (code, _) in refused.items()]
    for error in (smtplib.SMTPRecipientsRefused(refused), aiosmtplib.SMTPRecipientsRefused(each)):
        found = classify(error)
        assert found is not None
        assert found.reply is not None
        assert (found.failure, found.reply.code, found.permanent) == (Failure.REMOTE_REPLY, decisive, permanent)


def test_a_temporary_refusal_of_dns_is_not_a_refused_connection() -> None:
    refused = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
    for error in (refused, OSError(errno.ENETUNREACH, "Network is unreachable"), dns.resolver.NXDOMAIN()):  # type: ignore[no-untyped-call]  # dnspython's exceptions are untyped
        found = classify(error, stage="lookup")
        assert found is not None
        assert (found.failure, found.permanent) == (Failure.DNS_QUERY_FAILED, False)


def test_the_way_to_the_host_can_get_lost_in_the_middle() -> None:
    lost = OSError(errno.EHOSTUNREACH, "No route to host")
    found = classify(lost), classify(lost, stage="data")
    assert [classified and classified.failure for classified in found] == [
        Failure.CANNOT_CONNECT,
        Failure.CONNECTION_CLOSED,
    ]


def test_time_outs_of_the_ssl_module_say_where() -> None:
    for words in ("The handshake operation timed out", "The read operation timed out"):
        found = classify(TimeoutError(f"_ssl.c:989: {words}"))
        assert found is not None
        assert found.failure is Failure.CONNECTION_CLOSED
    aborted = ConnectionAbortedError("SSL handshake is taking longer than 60.0 seconds: aborting the connection")
    found = classify(aborted, stage="tls")
    assert found is not None
    assert found.failure is Failure.CONNECTION_CLOSED


def test_aiosmtplibs_kinds_of_time_out_say_where() -> None:
    connecting = classify(aiosmtplib.SMTPConnectTimeoutError("Timed out connecting"))
    reading = classify(aiosmtplib.SMTPReadTimeoutError("Timed out waiting for server response"))
    assert connecting is not None
    assert reading is not None
    assert (connecting.failure, reading.failure) == (Failure.CONNECTION_TIMED_OUT, Failure.CONNECTION_CLOSED)


def test_an_exception_of_other_origin_is_not_classified(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as missing:
        (tmp_path / "ca.pem").read_bytes()
    forbidden = PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "ca.pem"))
    full = OSError(errno.EMFILE, "Too many open files")
    for error in (missing.value, forbidden, full, ValueError("no"), KeyboardInterrupt(), EOFError(), AssertionError()):
        assert classify(error) is None, error


def test_a_stage_that_there_is_not() -> None:
    with pytest.raises(ValueError, match=r"no stage 'greetings'; did you mean greeting\? known are lookup, connect"):
        classify(TimeoutError(), stage="greetings")


@pytest.mark.parametrize(
    ("code", "words", "reply"),
    [
        (550, b"5.1.1 User unknown", "550 5.1.1 User unknown"),
        (550, "5.1.1 User unknown\n5.1.1 Really", "550 5.1.1 User unknown Really"),
        (421, b"", "421"),
        (550, b"caf\xe9", r"550 caf\xe9"),
    ],
)
def test_replies_from_code_and_words(code: int, words: object, reply: str) -> None:
    assert str(reply_of(code, words)) == reply


@pytest.mark.parametrize("code", [-1, 0, 199, 600, ""])
def test_a_malformed_code_makes_no_reply(code: object) -> None:
    assert reply_of(code, b"whatever") is None


def test_works_without_the_libraries_and_loads_none() -> None:
    program = """
import sys
sys.modules["aiosmtplib"] = sys.modules["dns"] = None
import smtplib
from mailfault.classify import classify
print(classify(smtplib.SMTPConnectError(421, b"Busy")).failure)
print(sorted({name.partition(".")[0] for name in sys.modules} & {"pydantic", "asyncio", "aiosmtpd", "dnslib"}))
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert said.stdout.split("\n") == ["cannot-connect", "[]", ""]
