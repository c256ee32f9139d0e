"""s-nail: what it prints, as recorded, what is made of it, and what it is told."""

from pathlib import Path

import pytest

from mailfault.clients.adapters.s_nail import arguments, printed
from mailfault.clients.client_profile import shipped_profile
from mailfault.clients.process.program_client import Invocation, read_by_profile
from mailfault.clients.process.run_program import Finished
from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Outcome, TlsPolicy
from tests.support.answers import USER, answer, target

_BEFORE = "Resolving host mx1.dest.example:25 ... done\ns-nail: Connecting to 198.18.0.10:25 ... "
_GREETED = f"{_BEFORE}connected.\ns-nail: >>> SERVER: 220 mx1.dest.example ESMTP\r"


def made_of(*lines: str) -> Answer:
    stderr = "".join(f"s-nail: {line}\n" for line in (*lines, "... message not sent"))
    finished = Finished(status=4, stdout="", stderr=printed(stderr))
    return answer(read_by_profile(shipped_profile("s_nail"), finished, target()))


@pytest.mark.parametrize(
    ("lines", "outcome", "failure"),
    [
        (
            ("Lookup of mx1.dest.example:25 failed: Name or service not known",),
            "deferred",
            "dns-query-failed",
        ),
        ((f"{_BEFORE} timeout",), "deferred", "connection-timed-out"),
        (
            (f"{_BEFORE}connect(2) failed:: Network is unreachable",),
            "deferred",
            "cannot-connect",
        ),
        ((_GREETED, ">>> HELO client.example", "Unexpected EOF on SMTP connection"), "deferred", "connection-closed"),
        ((f"{_BEFORE}connected.", "SMTP server: 421 4.3.2 Busy\r"), "deferred", "cannot-connect"),
        (
            (_GREETED, ">>> MAIL FROM:<s@client.example>", "SMTP server: 421 4.3.2 Busy\r"),
            "deferred",
            "remote-reply",
        ),
        ((_GREETED, ">>> DATA", "SMTP server: 250 2.0.0 What?\r"), "deferred", "protocol-error"),
        (
            (
                _GREETED,
                ">>> STARTTLS",
                "  err 10: certificate has expired",
                "could not initiate TLS connection: error:0A000086:SSL routines::certificate verify failed",
            ),
            "deferred",
            "certificate-invalid",
        ),
        (
            (
                _GREETED,
                ">>> STARTTLS",
                "could not initiate TLS connection: error:0A000458:SSL routines::tlsv1 unrecognized name",
            ),
            "deferred",
            "cannot-connect",
        ),
    ],
)
def test_s_nail_output(lines: tuple[str, ...], outcome: str, failure: str) -> None:
    its = made_of(*lines)
    assert (its.outcome, its.failure, its.also) == (Outcome(outcome), Failure(failure), ())


def test_s_nail_does_not_say_why_it_could_not_connect() -> None:
    stderr = f"s-nail: {_BEFORE}s-nail: ... message not sent\n"
    finished = Finished(status=4, stdout="", stderr=printed(stderr))
    its = answer(read_by_profile(shipped_profile("s_nail"), finished, target()))
    assert (its.failure, its.also) == (Failure.CONNECTION_REFUSED, (Failure.CANNOT_CONNECT,))


def test_s_nail_reply_keeps_all_lines() -> None:
    its = made_of(
        _GREETED,
        ">>> RCPT TO:<user@dest.example>",
        ">>> SERVER: 550-5.7.1 Your\r",
        "SMTP server: 550-5.7.1 Your\r",
        "SMTP server: 550-5.7.1 address\r",
        "SMTP server: 550 5.7.1 is listed\r",
    )
    assert (its.outcome, its.reply) == (Outcome.FAILED, "550-5.7.1 Your\n550-5.7.1 address\n550 5.7.1 is listed")
    assert its.server is not None
    assert its.server.name == "mx1.dest.example"


def test_s_nail_arguments(tmp_path: Path) -> None:
    def told(tls: TlsPolicy, crl_file: Path | None = None) -> str:
        its = target(tls=tls, crl_file=crl_file)
        return arguments(Invocation(target=its, addresses=(), folder=tmp_path, message=Path("/message")))[2]

    assert "mta=smtp://mx1.dest.example:25 " in told(TlsPolicy.NONE)
    assert "starttls" not in told(TlsPolicy.NONE)
    assert "tls-verify=ignore" in told(TlsPolicy.REQUIRED)
    assert told(TlsPolicy.NONE).endswith(f" -. {USER} < /message")
    listed = "-----BEGIN X509 CRL-----\n{}\n-----END X509 CRL-----\n"
    (tmp_path / "revoked.pem").write_text(listed.format("one") + listed.format("two"))
    assert f"tls-verify=strict -S tls-crl-dir={tmp_path}/lists" in told(TlsPolicy.VERIFIED, tmp_path / "revoked.pem")
    assert {file.read_text() for file in (tmp_path / "lists").iterdir()} == {listed.format("one"), listed.format("two")}
