"""Handshakes that failed: the server's bytes, the end that left, and the certificate that it was about."""

import pytest

from mailfault.codes.failure import Failure
from mailfault.diagnosis.diagnose import diagnose
from mailfault.diagnosis.diagnosis import Diagnosis
from mailfault_servers.facts import CertificatePresented, Fact, HandshakeSpoiled, ReplyBegun
from tests.support import journals as j

F = Failure
READY = (*j.HELLO, j.command("starttls", "STARTTLS"), j.reply("starttls", "220 go"))
ALERT = HandshakeSpoiled(what="the alert 'bad certificate'")
HALF = HandshakeSpoiled(what="the first 400 bytes of its flight")


def read(*facts: Fact) -> Diagnosis:
    return diagnose(j.journal(j.port(), j.lookups(j.MX1), j.session(*facts)))


@pytest.mark.parametrize("how", ["fin", "rst"])
def test_after_the_220_an_end_is_a_failed_handshake(how: str) -> None:
    diagnosis = read(*READY, j.server_end("starttls", how))
    assert diagnosis.failure is F.CANNOT_CONNECT
    assert "within the TLS handshake" in diagnosis.sentence


def test_in_place_of_the_220_an_end_is_a_connection_that_was_closed() -> None:
    assert read(*j.HELLO, j.command("starttls", "STARTTLS"), j.server_end("starttls")).failure is F.CONNECTION_CLOSED


def test_silence_after_the_220_is_a_connection_that_was_closed() -> None:
    diagnosis = read(*READY, j.silence("starttls"), j.client_end("starttls"))
    assert (diagnosis.failure, "silent within the TLS handshake" in diagnosis.sentence) == (F.CONNECTION_CLOSED, True)


@pytest.mark.parametrize("end", [j.server_end("starttls"), j.client_end("starttls"), j.tls_failed(None)])
def test_an_alert_of_the_servers_is_no_complaint_about_its_certificate(end: Fact) -> None:
    diagnosis = read(*READY, ALERT, end)
    assert diagnosis.failure is F.CANNOT_CONNECT
    assert "the alert 'bad certificate'" in diagnosis.sentence


@pytest.mark.parametrize(
    ("end", "failure"),
    [
        (j.server_end("starttls"), F.CANNOT_CONNECT),
        (j.server_end("starttls", "rst"), F.CANNOT_CONNECT),
        (j.silence("starttls"), F.CONNECTION_CLOSED),
        (j.tls_failed("bad record mac"), F.CANNOT_CONNECT),
    ],
)
def test_half_a_certificate(end: Fact, failure: Failure) -> None:
    diagnosis = read(*j.HELLO, *j.starttls(), HALF, end)
    assert diagnosis.failure is failure
    assert not diagnosis.acceptances


def test_a_server_that_misses_the_clients_certificate_says_nothing_of_its_own() -> None:
    reason = "peer did not return a certificate"
    diagnosis = read(*j.HELLO, *j.starttls("self-signed"), j.tls_failed(None, reason))
    assert (diagnosis.failure, reason in diagnosis.sentence) == (F.CANNOT_CONNECT, True)
    assert read(*j.HELLO, *j.starttls("self-signed"), j.tls_failed(None)).failure is F.CERTIFICATE_INVALID


def test_what_stands_behind_the_220_is_not_heeded() -> None:
    forged = j.reply("starttls", "220 go\n250 forged\n550 5.7.1 forged")
    went_on = (
        *j.HELLO,
        j.command("starttls", "STARTTLS"),
        forged,
        j.tls_established(),
        *j.transaction(encrypted=True),
        *j.QUIT,
    )
    assert read(*went_on).delivered
    left = read(*j.HELLO, j.command("starttls", "STARTTLS"), forged, j.client_end("starttls"))
    assert (left.failure, left.reply) == (F.CANNOT_CONNECT, None)


@pytest.mark.parametrize("ready", ["220", "220-go\n220 on", "220 2.0.0 go"])
def test_the_220_may_have_any_form(ready: str) -> None:
    diagnosis = read(*j.HELLO, j.command("starttls", "STARTTLS"), j.reply("starttls", ready), j.server_end("starttls"))
    assert diagnosis.failure is F.CANNOT_CONNECT


@pytest.mark.parametrize("reply", ["250 2.0.0 OK", "334 go on", "221 bye", "250-220 x\n250 220"])
@pytest.mark.parametrize("end", [j.client_end("starttls"), j.server_end("starttls")])
def test_another_good_reply_starts_no_tls(reply: str, end: Fact) -> None:
    diagnosis = read(*j.HELLO, j.command("starttls", "STARTTLS"), j.reply("starttls", reply), end)
    assert (diagnosis.failure, diagnosis.reply) == (F.CANNOT_CONNECT, None)
    assert "does not start TLS" in diagnosis.sentence


def test_a_220_that_came_slowly_has_come() -> None:
    diagnosis = read(*j.HELLO, j.command("starttls", "STARTTLS"), ReplyBegun(stage="starttls", how="byte by byte"), *READY[-1:], ALERT,
               j.server_end("starttls"))  # fmt: skip
    assert diagnosis.failure is F.CANNOT_CONNECT


def test_a_refusal_of_tls_under_tls_hinders_nothing() -> None:
    again = (j.command("starttls", "STARTTLS", encrypted=True), j.reply("starttls", "503 no", encrypted=True))
    assert read(*j.HELLO, *j.starttls(), j.tls_established(), *again, *j.transaction(encrypted=True), *j.QUIT).delivered


@pytest.mark.parametrize("how", ["fin", "rst"])
def test_after_the_handshake_an_end_is_a_connection_that_was_closed(how: str) -> None:
    ehlo = j.command("ehlo", "EHLO c", encrypted=True)
    diagnosis = read(*j.HELLO, *j.starttls(), j.tls_established(), ehlo, j.server_end("ehlo", how))
    assert (diagnosis.failure, diagnosis.stage) == (F.CONNECTION_CLOSED, "ehlo")


def test_a_spoilt_handshake_counts_no_longer_once_tls_is_there() -> None:
    warned = HandshakeSpoiled(what="the alert 'unrecognized name' before its flight")
    assert read(*j.HELLO, *j.starttls(), warned, j.tls_established(), *j.transaction(encrypted=True), *j.QUIT).delivered


@pytest.mark.parametrize(
    ("problems", "doubts", "failure"),
    [
        (("bad signature",), (), F.CERTIFICATE_INVALID),
        ((), ("weak key of 1024 bits",), F.CERTIFICATE_INVALID),
        ((), (), F.CANNOT_CONNECT),
    ],
)
@pytest.mark.parametrize("alert", ["bad certificate", "decrypt error", "internal error", None])
def test_a_client_may_refuse_what_is_wrong_and_what_is_doubtful(
    problems: tuple[str, ...], doubts: tuple[str, ...], failure: Failure, alert: str | None
) -> None:
    diagnosis = read(*READY, CertificatePresented(problems=problems, doubts=doubts), j.tls_failed(alert))
    assert diagnosis.failure is failure
    assert all(flaw in diagnosis.sentence for flaw in (*problems, *doubts))


def test_mail_under_a_doubtful_certificate_is_no_harm() -> None:
    shown = CertificatePresented(problems=(), doubts=("chain out of order",))
    diagnosis = read(*READY, shown, j.tls_established(), *j.HELLO[1:], *j.transaction(encrypted=True), *j.QUIT)
    assert (diagnosis.delivered, diagnosis.acceptances[0].certificate_problems) == (True, ())
