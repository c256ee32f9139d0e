"""dma, nullmailer, OpenSMTPD and Sendmail: what they write, as recorded, what is made of it, and how they are set up."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from mailfault.clients.adapters import dma, nullmailer, opensmtpd, sendmail
from mailfault.clients.client_profile import shipped_profile
from mailfault.clients.process.mta.agent import RecipientStatus, complete_statuses, read_statuses
from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Outcome, Route, TlsPolicy
from tests.support.answers import OTHER, USER, answer, target


def made_of(agent: str, said: dict[str, RecipientStatus], recipients: Sequence[str] = (USER,)) -> Answer:
    found = complete_statuses(said, tuple(recipients))
    assert found is not None
    return answer(read_statuses(found, shipped_profile(agent, outcomes_known=True)))


# -- dma

_QUEUED = (
    "Nov 24 05:25:57 dma[a044e3]: new mail from user=root uid=8 envelope_from=<sender@client.example>",
    f"Nov 24 05:25:57 dma[a044e3]: mail to=<{USER}> queued as a044e3.556f",
    f"Nov 24 05:25:57 dma[a044e3]: mail to=<{OTHER}> queued as a044e3.5570",
    f"Nov 24 05:25:57 dma[a044e3.556f]: <{USER}> trying delivery",
    "Nov 24 05:25:57 dma[a044e3.556f]: trying remote delivery to mx1.dest.example [198.18.0.10] pref 10",
)
_GIVEN_UP = "Nov 24 05:25:58 dma[a044e3.556f]: error creating bounce: Success"


def of_dma(*lines: str, over: bool = True) -> dict[str, RecipientStatus]:
    own = [f"Nov 24 05:25:57 dma[a044e3.556f]: {line}" for line in lines]
    return dma.statuses_in([*_QUEUED, *own, *([_GIVEN_UP] if over else [])])


@pytest.mark.parametrize(
    ("line", "outcome", "failure"),
    [
        ("connect to mx1.dest.example [198.18.0.10] failed: Connection refused", "deferred", "connection-refused"),
        ("connect to mx1.dest.example [198.18.0.10] failed: No route to host", "deferred", "cannot-connect"),
        ("remote delivery deferred: DNS lookup failure: host dest.example not found", "deferred", "dns-query-failed"),
        ("remote delivery failed: DNS lookup failure: host dest.example not found", "failed", "dns-query-failed"),
        (
            "Could not perform server greeting at mx1.dest.example [198.18.0.10]: 421 4.3.2 Busy",
            "deferred",
            "cannot-connect",
        ),
        (
            "remote delivery deferred: mx1.dest.example [198.18.0.10] failed after MAIL FROM: Connection reset by peer",
            "deferred",
            "connection-closed",
        ),
    ],
)
def test_dma_log_lines(line: str, outcome: str, failure: str) -> None:
    its = made_of("dma", of_dma(line))
    assert (its.outcome, its.failure, its.text) == (Outcome(outcome), Failure(failure), line)


def test_dma_reply_names_its_host() -> None:
    words = "550 5.1.1 <user@dest.example>: User unknown"
    its = made_of("dma", of_dma(f"remote delivery to mx1.dest.example [198.18.0.10] failed after RCPT TO: {words}"))
    assert (its.outcome, its.failure, its.reply) == (Outcome.FAILED, Failure.REMOTE_REPLY, words)
    assert its.server is not None
    assert its.server.address == "198.18.0.10"


def test_dma_finishes_a_recipient_when_it_logs_so() -> None:
    assert of_dma("Server greeting successfully completed", over=False) == {}
    done = of_dma(f"<{USER}> delivery successful", over=False)
    assert {address: status.outcome for address, status in done.items()} == {USER: Outcome.DELIVERED}


def test_dma_is_set_up_as_the_connector_is() -> None:
    smart = dma.settings(Path("/spool"), target(tls=TlsPolicy.OPPORTUNISTIC)).splitlines()
    assert {"SMARTHOST mx1.dest.example", "PORT 25", "STARTTLS", "OPPORTUNISTIC_TLS"} <= set(smart)
    bare = dma.settings(Path("/spool"), target(route=Route.MX, smart_host=None, tls=TlsPolicy.NONE))
    assert "SMARTHOST" not in bare
    assert "STARTTLS" not in bare


# -- nullmailer


def of_nullmailer(tmp_path: Path, *lines: str, left: int | None = 1) -> dict[str, RecipientStatus]:
    output = tmp_path / "output"
    over = () if left is None else (f"Delivery complete, {left} message(s) remain.",)
    output.write_text("\n".join(("Rescanning queue.", f"From: <s@c.example> to: <{USER}>", *lines, *over, "")))
    return nullmailer.statuses_in(output, target())


@pytest.mark.parametrize(
    ("lines", "outcome", "failure"),
    [
        (("smtp: Failed: Connect failed", "Sending failed: Connection refused"), "deferred", "connection-refused"),
        (("smtp: Failed: Connect failed", "Sending failed: Host not found"), "deferred", "dns-query-failed"),
        (("Sending timed out, killing protocol",), "deferred", "connection-timed-out"),
        (
            ("smtp: Failed: 451 4.3.0 later", "Sending failed: Temporary error in sending the message"),
            "deferred",
            "remote-reply",
        ),
        (
            (
                "smtp: Failed: 550 5.1.1 who?",
                "Sending failed: Permanent error in sending the message",
                "Moving message 1795497959.25 into failed",
                "Generating bounce for 1795497959.25",
            ),
            "failed",
            "remote-reply",
        ),
    ],
)
def test_nullmailer_output(tmp_path: Path, lines: tuple[str, ...], outcome: str, failure: str) -> None:
    its = made_of("nullmailer", of_nullmailer(tmp_path, *lines, left=0 if outcome == "failed" else 1))
    assert (its.outcome, its.failure) == (Outcome(outcome), Failure(failure))


def test_nullmailer_finishes_with_its_queue(tmp_path: Path) -> None:
    sent = ("smtp: Succeeded: 250 2.0.0 Message accepted", "Sent file.")
    assert of_nullmailer(tmp_path, *sent, left=None) == {}
    assert made_of("nullmailer", of_nullmailer(tmp_path, *sent, left=0)).outcome is Outcome.DELIVERED


def test_nullmailer_is_set_up_as_the_connector_is() -> None:
    told = nullmailer.settings(target(), Path("/ca.pem"), Path("/crl.pem"))
    assert told["remotes"] == "mx1.dest.example smtp --port=25 --starttls --x509cafile=/ca.pem --x509crlfile=/crl.pem"
    assert told["sendtimeout"] == "2"
    assert "--insecure" in nullmailer.settings(target(tls=TlsPolicy.REQUIRED), Path("/ca.pem"), None)["remotes"]
    assert "--starttls" not in nullmailer.settings(target(tls=TlsPolicy.NONE), Path("/ca.pem"), None)["remotes"]


# -- OpenSMTPD


def of_opensmtpd(tmp_path: Path, result: str, stat: str, *before: str) -> dict[str, RecipientStatus]:
    log = tmp_path / "output"
    line = (
        f"31d545f1ad73d09d mta delivery evpid=f43eab5c0a494822 from=<sender@client.example> to=<{USER}> rcpt=<-> "
        f'source="198.19.0.2" relay="198.18.0.10 (198.18.0.10)" delay=0s result="{result}" stat="{stat}"'
    )
    log.write_text("\n".join(("info: OpenSMTPD 6.8.0p2 starting", *before, line, "")))
    return opensmtpd.statuses_in(log)


_NETWORK = "Network error on destination MXs"
_ERROR = "31d545f1ad73d09d mta error reason="


@pytest.mark.parametrize(
    ("result", "stat", "reason", "outcome", "failure"),
    [
        ("TempFail", _NETWORK, "IO Error: Connection refused", "deferred", "connection-refused"),
        ("TempFail", _NETWORK, "Connection failed: Network is unreachable", "deferred", "cannot-connect"),
        ("TempFail", _NETWORK, "BANNER rejected: 421 4.3.2 Busy", "deferred", "cannot-connect"),
        ("TempFail", _NETWORK, "SSL certificate check failed", "deferred", "certificate-invalid"),
        ("TempFail", _NETWORK, "TLS required but not supported by remote host", "deferred", "cannot-connect"),
        (
            "TempFail",
            "Connection closed unexpectedly",
            "Connection closed unexpectedly",
            "deferred",
            "connection-closed",
        ),
        ("TempFail", "Temporary failure in MX lookup", "", "deferred", "dns-query-failed"),
        ("PermFail", "Invalid domain name", "", "failed", "dns-query-failed"),
        # What a host said counts for more than what happened at another before it.
        ("TempFail", "451 4.7.1 Greylisted", "IO Error: Connection refused", "deferred", "remote-reply"),
    ],
)
def test_opensmtpd_log_lines(tmp_path: Path, result: str, stat: str, reason: str, outcome: str, failure: str) -> None:
    its = made_of("opensmtpd", of_opensmtpd(tmp_path, result, stat, *([_ERROR + reason] if reason else [])))
    assert (its.outcome, its.failure, its.text) == (Outcome(outcome), Failure(failure), stat)


def test_opensmtpd_passes_a_reply_on_and_names_the_address_alone(tmp_path: Path) -> None:
    its = made_of("opensmtpd", of_opensmtpd(tmp_path, "PermFail", "550 5.1.1 who?"))
    assert (its.outcome, its.reply) == (Outcome.FAILED, "550 5.1.1 who?")
    assert its.server is not None
    assert (its.server.name, its.server.address) == (None, "198.18.0.10")


def test_opensmtpd_is_set_up_as_the_connector_is() -> None:
    assert 'host "smtp+tls://mx1.dest.example:25" tls\n' in opensmtpd.settings(target())
    assert 'host "smtp+notls://mx1.dest.example:25"' in opensmtpd.settings(target(tls=TlsPolicy.NONE))
    assert "tls no-verify" in opensmtpd.settings(target(tls=TlsPolicy.REQUIRED))
    assert "host" not in opensmtpd.settings(target(route=Route.MX, smart_host=None)).replace("helo", "")


# -- Sendmail

_LOGGED = (
    "Nov 28 01:47:54 sendmail[25]: 6AS1lsre000025: to={to}, delay=00:00:00, xdelay=00:00:00, mailer=esmtp, pri=31616, "
    "relay={relay}, dsn={dsn}, stat={stat}"
)
_RELAY = "mx1.dest.example. [198.18.0.10]"


def shown_by_sendmail(*commands: str) -> str:
    """Return the output of -v for one session."""
    begun = f"{USER}... Connecting to mx1.dest.example. port 25 via esmtp...\n220 mx1.dest.example ESMTP\n"
    return begun + "".join(f"{command}\n" for command in commands) + ">>> QUIT\n221 2.0.0 Bye\n-- over --\n"


def of_sendmail(dsn: str, stat: str, *before: str, after: str = "", to: str = USER) -> dict[str, RecipientStatus]:
    line = _LOGGED.format(to=to, relay=_RELAY, dsn=dsn, stat=stat)
    lines = [f"Nov 28 01:47:54 sendmail[25]: {words}" for words in before]
    return sendmail.statuses_in([*lines, line], shown_by_sendmail(*([f">>> {after}"] if after else [])))


_SILENT = "6AS1lsre000025: timeout waiting for input from mx1.dest.example. during client {stage}"


@pytest.mark.parametrize(
    ("after", "dsn", "stat", "before", "outcome", "failure"),
    [
        ("", "4.4.1", "Deferred: Connection refused by mx1.dest.example.", "", "deferred", "connection-refused"),
        ("", "4.4.1", "Deferred: Connection timed out with mx1.dest.example.", "", "deferred", "connection-timed-out"),
        ("", "4.4.1", "Deferred: mx1.dest.example.: No route to host", "", "deferred", "cannot-connect"),
        (
            "",
            "4.4.2",
            "Deferred: Connection timed out with mx1.dest.example.",
            _SILENT.format(stage="greeting"),
            "deferred",
            "connection-timed-out",
        ),
        (
            "EHLO client.example",
            "4.4.2",
            "Deferred: Connection timed out with mx1.dest.example.",
            _SILENT.format(stage="EHLO"),
            "deferred",
            "connection-closed",
        ),
        (
            "DATA",
            "4.4.2",
            "Deferred: Connection reset by mx1.dest.example.",
            "",
            "deferred",
            "connection-closed",
        ),
        ("", "4.4.3", "Deferred: Name server: [mx1.dest.example]: host name lookup failure", "", "deferred", None),
        ("", "5.1.2", "Host unknown (Name server: dest.example: host not found)", "", "failed", None),
        ("", "5.1.10", "Service unavailable", "", "failed", "no-mail-service"),
        ("STARTTLS", "4.7.0", "Deferred: 403 4.7.0 authentication failed", "", "deferred", "certificate-invalid"),
        (
            "STARTTLS",
            "4.7.0",
            "Deferred: 403 4.7.0 CN mx9.dest.example does not match mx1.dest.example",
            "",
            "deferred",
            "certificate-invalid",
        ),
        (
            "EHLO client.example",
            "4.7.0",
            "Deferred: 403 4.7.0 encryption too weak 0 less than 1",
            "",
            "deferred",
            "cannot-connect",
        ),
        (
            "STARTTLS",
            "4.7.0",
            "Deferred: 454 4.7.0 TLS handshake failed.",
            "STARTTLS=client, error: connect failed=-1, reason=wrong version number, SSL_error=1, errno=0, retry=-1",
            "deferred",
            "cannot-connect",
        ),
        (
            "STARTTLS",
            "4.7.0",
            "Deferred: 454 4.7.0 TLS handshake failed.",
            "STARTTLS=client, error: connect failed=-1, reason=unknown, SSL_error=2, errno=11, retry=0",
            "deferred",
            "connection-closed",
        ),
        (
            "DATA",
            "5.0.0",
            "Remote protocol error",
            "6AS1lsre000025: mx1.dest.example.: SMTP DATA-2 protocol error: 354 Go on",
            "failed",
            "protocol-error",
        ),
    ],
)
def test_sendmail_log_lines(after: str, dsn: str, stat: str, before: str, outcome: str, failure: str | None) -> None:
    its = made_of("sendmail", of_sendmail(dsn, stat, *([before] if before else []), after=after))
    assert (its.outcome, its.failure, its.text) == (Outcome(outcome), Failure(failure or "dns-query-failed"), stat)


def test_sendmail_tells_a_host_that_turns_it_away_from_one_that_refuses_the_mail() -> None:
    stat = "4.5.0, reply=421 4.3.2 Busy", "Deferred: 421 4.3.2 Busy"
    assert made_of("sendmail", of_sendmail(*stat)).failure is Failure.CANNOT_CONNECT
    assert made_of("sendmail", of_sendmail(*stat, after="MAIL From:<s@c.example>")).failure is Failure.REMOTE_REPLY


def test_sendmail_reply_keeps_all_lines() -> None:
    shown = shown_by_sendmail(">>> DATA", "550-5.1.1 Unbekannter", "550 5.1.1 Empf\u00e4nger")
    logged = _LOGGED.format(to=USER, relay=_RELAY, dsn="5.1.1, reply=550-5.1.1 Unbekannter", stat="User unknown")
    its = made_of("sendmail", sendmail.statuses_in([logged], shown))
    assert (its.outcome, its.reply) == (Outcome.FAILED, "550-5.1.1 Unbekannter\n550 5.1.1 Empf\u00e4nger")
    assert its.server is not None
    assert (its.server.name, its.server.address) == ("mx1.dest.example", "198.18.0.10")


def test_sendmail_reply_is_verbatim() -> None:
    dsn = r"5.1.1, reply=550 5.1.1 Empf\303\244nger"
    assert made_of("sendmail", of_sendmail(dsn, "User unknown", after="DATA")).reply == "550 5.1.1 Empf\u00e4nger"


def test_sendmail_is_done_when_it_is_over() -> None:
    sent = "Sent (Message accepted)"
    logged = _LOGGED.format(to=f"{OTHER},{USER}", relay=_RELAY, dsn="2.0.0", stat=sent)
    assert sendmail.statuses_in([logged], shown_by_sendmail().removesuffix("-- over --\n")) == {}
    assert made_of("sendmail", of_sendmail("2.0.0", sent, to=f"{OTHER},{USER}"), (USER, OTHER)).recipients is None
    assert of_sendmail("2.0.0", "queued") == {}


def test_sendmail_is_set_up_as_the_connector_is() -> None:
    smart = sendmail.settings(target(crl_file=Path("/crl.pem")))
    assert "$#esmtp $@ [mx1.dest.example] $: $1 < @ $2 >\n" in smart
    assert "O Timeout.connect=1s\n" in smart
    assert "O Timeout.rcpt=2s\n" in smart
    assert "O CRLFile=/etc/mail/revoked.pem\n" in smart
    assert " does not match " in smart
    assert "A=TCP $h 25\n" in smart
    assert "$#esmtp $@ $2 $:" in sendmail.settings(target(route=Route.MX, smart_host=None))


@pytest.mark.parametrize(
    ("tls", "said", "not_said"),
    [
        (TlsPolicy.NONE, "do not try TLS", "encryption too weak"),
        (TlsPolicy.OPPORTUNISTIC, "O TLSFallbacktoClear=True", "encryption too weak"),
        (TlsPolicy.REQUIRED, "encryption too weak", "authentication failed"),
        (TlsPolicy.VERIFIED, "authentication failed", "do not try TLS"),
    ],
)
def test_sendmail_has_the_rules_of_its_tls_policy(tls: TlsPolicy, said: str, not_said: str) -> None:
    written = sendmail.settings(target(tls=tls))
    assert said in written
    assert not_said not in written
