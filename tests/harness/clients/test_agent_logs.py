"""Recorded logs of agents, and the answers that are read from them."""

from pathlib import Path

import pytest

from mailfault.clients.adapters.exim import configuration_of, transport
from mailfault.clients.adapters.exim import statuses_in as exim_statuses
from mailfault.clients.adapters.postfix import level_of, settings
from mailfault.clients.adapters.postfix import statuses_in as postfix_statuses
from mailfault.clients.client_profile import ClientProfile, shipped_profile
from mailfault.clients.process.mta.agent import complete_statuses, read_statuses
from mailfault.codes.failure import Failure
from mailfault.contract import Answer, DeliveryResult, Outcome, Policy, Route, TlsPolicy
from tests.support.answers import OTHER, USER, answer, target

POSTFIX = "Nov 23 23:16:39 client postfix/smtp[60]: 6CBCC9AA482: to=<{who}>, relay={relay}, delay=0.04, delays=0.02/0.01/0/0, dsn={dsn}, status={status} ({text})\n"
MX1 = "mx1.dest.example[198.18.0.10]"


def postfix(
    tmp_path: Path, *lines: str, recipients: tuple[str, ...] = (USER,), level: str = "may"
) -> DeliveryResult | None:
    log = tmp_path / "mail.log"
    log.write_text("".join(lines))
    found = complete_statuses(postfix_statuses(log, level), recipients)
    return read_statuses(found, shipped_profile("postfix", outcomes_known=True)) if found is not None else None


@pytest.mark.parametrize(
    ("dsn", "status", "text", "outcome", "failure"),
    [
        ("4.4.1", "deferred", f"connect to {MX1}:25: Connection refused", "deferred", "connection-refused"),
        ("4.4.1", "deferred", f"connect to {MX1}:25: Connection timed out", "deferred", "connection-timed-out"),
        ("4.4.1", "deferred", f"connect to {MX1}:25: No route to host", "deferred", "cannot-connect"),
        ("4.4.2", "deferred", f"lost connection with {MX1} while sending RCPT TO", "deferred", "connection-closed"),
        (
            "4.4.2",
            "deferred",
            f"conversation with {MX1} timed out while receiving the initial server greeting",
            "deferred",
            "connection-timed-out",
        ),
        ("4.7.5", "deferred", "Server certificate not trusted", "deferred", "certificate-invalid"),
        ("4.7.4", "deferred", f"TLS is required, but was not offered by host {MX1}", "deferred", "cannot-connect"),
        (
            "4.4.3",
            "deferred",
            "Host or domain name not found. Name service error for name=mx1.dest.example type=AAAA: Host not found, try again",
            "deferred",
            "dns-query-failed",
        ),
        ("5.1.0", "bounced", "Domain dest.example does not accept mail (nullMX)", "failed", "no-mail-service"),
        ("4.0.0", "deferred", f"host {MX1} refused to talk to me: 554 no", "deferred", "cannot-connect"),
        (
            "5.5.0",
            "bounced",
            f"host {MX1} said: 354 Go ahead (in reply to RCPT TO command)",
            "failed",
            "protocol-error",
        ),
    ],
)
def test_postfix_log_lines(tmp_path: Path, dsn: str, status: str, text: str, outcome: str, failure: str) -> None:
    ended = postfix(tmp_path, POSTFIX.format(who=USER, relay="none", dsn=dsn, status=status, text=text))
    assert ended is not None
    read = answer(ended)
    assert (read.outcome, read.failure, read.text) == (Outcome(outcome), Failure(failure), text)


def test_postfix_reply_names_its_host(tmp_path: Path) -> None:
    text = f"host {MX1} said: 550 5.1.1 User unknown (in reply to RCPT TO command)"
    ended = postfix(tmp_path, POSTFIX.format(who=USER, relay=f"{MX1}:25", dsn="5.1.1", status="bounced", text=text))
    assert ended is not None
    read = answer(ended)
    assert (read.failure, read.reply) == (Failure.REMOTE_REPLY, "550 5.1.1 User unknown")
    assert read.server is not None
    assert (read.server.name, read.server.address) == ("mx1.dest.example", "198.18.0.10")


def test_postfix_at_level_dane_speaks_of_the_policy(tmp_path: Path) -> None:
    line = POSTFIX.format(who=USER, relay=MX1, dsn="4.7.5", status="deferred", text="Server certificate not verified")
    ended = postfix(tmp_path, line, level="dane")
    assert ended is not None
    assert answer(ended).failure is Failure.POLICY_FAILED


def test_postfix_is_done_when_each_recipient_has_a_status(tmp_path: Path) -> None:
    sent = POSTFIX.format(who=USER, relay=f"{MX1}:25", dsn="2.0.0", status="sent", text="250 2.0.0 Message accepted")
    busy = POSTFIX.format(
        who=OTHER,
        relay=f"{MX1}:25",
        dsn="4.2.1",
        status="deferred",
        text=f"host {MX1} said: 450 4.2.1 busy (in reply to RCPT TO command)",
    )
    assert postfix(tmp_path, sent, recipients=(USER, OTHER)) is None
    assert postfix(tmp_path, sent, busy[:-1], recipients=(USER, OTHER)) is None  # the line is not whole yet
    ended = postfix(tmp_path, sent, busy, recipients=(USER, OTHER))
    assert ended is not None
    read = answer(ended)
    assert read.outcome is Outcome.DEFERRED
    assert read.recipients is not None
    assert [read.recipients[address].outcome for address in (USER, OTHER)] == [Outcome.DELIVERED, Outcome.DEFERRED]


EXIM = "2026-11-23 23:43:48 1xVdhM-000001-0X "
HOST = "H=mx1.dest.example [198.18.0.10]"


def exim(tmp_path: Path, line: str, *, dane: str = "") -> Answer:
    log = tmp_path / "mainlog"
    log.write_text(f"{EXIM}<= sender@client.example U=root P=local S=1796\n{EXIM}{line}\n{EXIM}Completed\n")
    found = complete_statuses(exim_statuses(log, dane=bool(dane)), (USER,))
    assert found is not None
    return answer(read_statuses(found, shipped_profile("exim", outcomes_known=True)))


@pytest.mark.parametrize(
    ("line", "outcome", "failure"),
    [
        ("== {user} R=remote T=smtp defer (111): Connection refused", "deferred", "connection-refused"),
        ("== {user} R=remote T=smtp defer (110): Connection timed out", "deferred", "connection-timed-out"),
        (
            "== {user} R=remote T=smtp defer (110): Connection timed out {host}: SMTP timeout after initial connection",
            "deferred",
            "connection-timed-out",
        ),
        (
            "== {user} R=remote T=smtp defer (110): Connection timed out {host}: SMTP timeout after RCPT TO:<{user}>",
            "deferred",
            "connection-closed",
        ),
        ("== {user} R=remote T=smtp defer (113): No route to host {host}", "deferred", "cannot-connect"),
        (
            "== {user} R=remote T=smtp defer (-18) {host}: Remote host closed connection in response to end of data",
            "deferred",
            "connection-closed",
        ),
        (
            "== {user} R=remote T=smtp defer (-37) {host}: TLS session: (certificate verification failed)",
            "deferred",
            "certificate-invalid",
        ),
        ("== {user} R=remote defer (-1): host lookup did not complete", "deferred", "dns-query-failed"),
        ("** {user}: Unrouteable address", "failed", "dns-query-failed"),
        ("** {user}: an MX or SRV record indicated no SMTP service", "failed", "no-mail-service"),
    ],
)
def test_exim_log_lines(tmp_path: Path, line: str, outcome: str, failure: str) -> None:
    read = exim(tmp_path, line.format(user=USER, host=HOST))
    assert (read.outcome, read.failure) == (Outcome(outcome), Failure(failure))


def test_exim_reply_is_verbatim(tmp_path: Path) -> None:
    said = r"550-5.1.1 Unbekannter\n550 5.1.1 Empf\303\244nger"
    line = f"** {USER} R=remote T=smtp {HOST}: SMTP error from remote mail server after RCPT TO:<{USER}>: {said}"
    read = exim(tmp_path, line)
    assert (read.failure, read.reply) == (Failure.REMOTE_REPLY, "550-5.1.1 Unbekannter\n550 5.1.1 Empfänger")
    assert read.server is not None
    assert read.server.address == "198.18.0.10"


def test_postfix_is_set_up_as_the_connector_is() -> None:
    told = settings(Path("/spool"), target())
    assert (told["relayhost"], told["smtp_tls_security_level"]) == ("[mx1.dest.example]", "verify")
    assert (told["smtp_connect_timeout"], told["smtp_rcpt_timeout"]) == ("1s", "2s")
    assert "relayhost" not in settings(Path("/spool"), target(route=Route.MX, smart_host=None))
    assert level_of(target(policies=(Policy.DANE,), tls=TlsPolicy.OPPORTUNISTIC)) == "dane"


def test_exim_is_set_up_as_the_connector_is() -> None:
    assert transport(target())["tls_verify_hosts"] == "*"
    assert transport(target(tls=TlsPolicy.NONE))["hosts_avoid_tls"] == "*"
    smart = configuration_of(Path("/spool"), target(), program=Path("/exim"))
    assert "route_list = * mx1.dest.example" in smart
    assert "driver = dnslookup" in configuration_of(
        Path("/spool"), target(route=Route.MX, smart_host=None), program=Path("/exim")
    )


def test_a_map_for_agents_needs_no_outcomes_and_one_for_programs_does() -> None:
    assert all(rule.outcome is None for rule in shipped_profile("postfix", outcomes_known=True).answer)
    with pytest.raises(ValueError, match="say what became of the message"):
        shipped_profile("postfix")
    assert isinstance(shipped_profile("swaks"), ClientProfile)
