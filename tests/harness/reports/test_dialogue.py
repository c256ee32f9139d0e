"""The dialogue that a person reads."""

import json
from collections.abc import Iterable
from dataclasses import replace

from mailfault.reports.dialogue import dialogue
from mailfault_servers.facts import (
    AnswerSent,
    AnswerWithheld,
    CertificatePresented,
    CommandReceived,
    EndedByClient,
    EndedByServer,
    Fact,
    FaultActed,
    HandshakeSpoiled,
    HttpRequested,
    HttpResponded,
    MessageAccepted,
    PacketsLost,
    PortOpened,
    PortState,
    ReplyBegun,
    ReplySent,
    StrayPacket,
    TlsEstablished,
    TlsFailed,
    WentSilent,
)
from mailfault_servers.journal import Entry

MX1 = "mx1.dest.example"
WITHHELD = AnswerWithheld(name="dest.example", type="MX", transport="udp")


def lines(journal: Iterable[Entry]) -> list[str]:
    recorded = json.loads(json.dumps([entry.to_json() for entry in journal]))
    return [str(line) for line in dialogue(recorded)]


def seen(fact: Fact, *, server: str = MX1, session: int | None = 1, attempt: int = 1) -> Entry:
    return Entry(number=0, at_s=0.0, attempt=attempt, server=server, session=session, fact=fact)


def dns(fact: Fact, *, attempt: int = 1) -> Entry:
    return seen(fact, server="dns", session=None, attempt=attempt)


def port(fact: Fact, *, server: str = MX1) -> Entry:
    return seen(fact, server=server, session=None)


def answer(rcode: str = "NOERROR", *records: str, name: str = "dest.example", of_type: str = "MX") -> AnswerSent:
    return AnswerSent(name=name, type=of_type, transport="udp", rcode=rcode, records=records)


def reply(text: str, stage: str = "greeting") -> ReplySent:
    return ReplySent(stage=stage, text=text, encrypted=False)


def test_a_reply_by_a_fault_and_the_close_that_follows(ehlo_421: tuple[dict[str, object], ...]) -> None:
    assert [str(line) for line in dialogue(ehlo_421)] == [
        "DNS: MX dest.example? MX 10 mx1.dest.example",
        "S: 220 mx1.dest.example ESMTP",
        "C: EHLO client.example",
        "S: 421 4.3.2 Service not available      <- smtp.reply",
        "S: closes",
    ]


def test_an_empty_journal_has_no_lines() -> None:
    assert lines([]) == []


def test_dns_answers_of_every_kind() -> None:
    assert lines(
        [
            dns(FaultActed(fault="dns.nxdomain", at="MX")),
            dns(answer("NXDOMAIN")),
            dns(answer(of_type="AAAA")),
            dns(answer("SERVFAIL", "MX 10 x.example", of_type="TXT")),
            dns(AnswerWithheld(name="dest.example", type="A", transport="tcp")),
        ]
    ) == [
        "DNS: MX dest.example? NXDOMAIN          <- dns.nxdomain",
        "DNS: AAAA dest.example? no such record",
        "DNS: TXT dest.example? SERVFAIL, MX 10 x.example",
        "DNS: A dest.example? no answer (over TCP)",
    ]


def test_a_repeated_query_is_shown_once() -> None:
    assert lines([dns(WITHHELD)] * 3) == ["DNS: MX dest.example? no answer (3 times)"]


def test_a_host_that_refuses_follows_the_look_up_of_its_address() -> None:
    journal = [
        port(FaultActed(fault="tcp.refuse", at="connect")),
        port(PortOpened(address="127.0.0.10", state="refusing")),
        port(PortOpened(address="127.0.0.11", state="listening"), server="mx2.dest.example"),
        dns(answer("NOERROR", "A 127.0.0.10", name="mx1.dest.example", of_type="A")),
        seen(reply("220 mx2.dest.example ESMTP"), server="mx2.dest.example"),
    ]
    assert lines(journal) == [
        "DNS: A mx1.dest.example? A 127.0.0.10",
        "mx1.dest.example (127.0.0.10) refuses connections  <- tcp.refuse",
        "S: 220 mx2.dest.example ESMTP",
    ]


def test_several_connections_have_headings() -> None:
    journal = [
        seen(reply("220 one")),
        seen(reply("220 two"), session=2),
        seen(EndedByClient(how="fin", stage="greeting")),
    ]
    assert lines(journal) == [
        "-- mx1.dest.example, connection 1",
        "S: 220 one",
        "C: closes",
        "-- mx1.dest.example, connection 2",
        "S: 220 two",
    ]


def test_a_message_that_is_cut() -> None:
    journal = [
        seen(reply("354 go on", "data")),
        seen(FaultActed(fault="smtp.cut-message", at="message")),
        seen(EndedByServer(how="rst", stage="message", message_bytes=512)),
    ]
    assert lines(journal)[1:] == ["S: resets the connection, after 512 bytes of the message  <- smtp.cut-message"]


def test_an_accepted_message_whose_reply_is_lost() -> None:
    accepted = MessageAccepted(
        sender="a@b.example", recipients=("user@dest.example",), size=1, digest="", encrypted=False
    )
    journal = [
        seen(CommandReceived(stage="end-of-data", line=".", encrypted=False)),
        seen(accepted),
        seen(FaultActed(fault="smtp.close", at="end-of-data")),
        seen(EndedByServer(how="fin", stage="end-of-data")),
    ]
    assert [line.split("  ")[0] for line in lines(journal)] == [
        "C: (the message)",
        "C: .",
        "S: (takes the message for user@dest.example)",
        "S: closes",
    ]


def test_a_server_that_answers_slowly_and_falls_silent() -> None:
    journal = [
        seen(ReplyBegun(stage="ehlo", how="byte by byte")),
        seen(WentSilent(stage="ehlo")),
    ]
    assert lines(journal) == ["S: (answers byte by byte)", "S: says nothing more"]


def test_a_handshake_that_was_altered() -> None:
    journal = [
        seen(reply("220 go", "starttls")),
        seen(FaultActed(fault="tls.alert", at="starttls")),
        seen(HandshakeSpoiled(what="the alert 'unknown ca'")),
        seen(EndedByServer(how="fin", stage="starttls")),
    ]
    assert lines(journal) == [
        "S: 220 go",
        "S: (in the handshake) the alert 'unknown ca'  <- tls.alert",
        "S: closes",
    ]


def test_tls() -> None:
    journal = [
        seen(FaultActed(fault="tls.expired", at="starttls")),
        seen(CertificatePresented(problems=("expired",))),
        seen(TlsEstablished(version="TLSv1.3")),
        seen(TlsFailed(reason="tlsv1 alert certificate expired", alert="certificate expired")),
        seen(CertificatePresented(problems=()), session=2),
        seen(TlsFailed(reason="eof", alert=None), session=2),
    ]
    assert lines(journal) == [
        "-- mx1.dest.example, connection 1",
        "S: presents a certificate: expired      <- tls.expired",
        "S: TLS established (TLSv1.3)",
        "C: TLS alert: certificate expired",
        "-- mx1.dest.example, connection 2",
        "S: presents a certificate: nothing is wrong with it",
        "S: TLS failed: eof",
    ]


def test_a_policy_that_is_fetched() -> None:
    path = "/.well-known/mta-sts.txt"
    journal = [
        seen(HttpRequested(method="GET", path=path, host="mta-sts.dest.example")),
        seen(
            HttpResponded(path=path, status=200, content_type="text/plain", length=23, text="version: STSv1\nmode: x")
        ),
    ]
    assert lines(journal) == [
        "C: GET /.well-known/mta-sts.txt",
        "S: HTTP 200, text/plain, 23 bytes",
        "S: version: STSv1",
        "S: mode: x",
    ]


def test_only_the_first_line_of_a_reply_bears_the_fault() -> None:
    journal = [seen(FaultActed(fault="smtp.masked-keywords", at="ehlo")), seen(reply("250-a\n250 b", "ehlo"))]
    assert lines(journal) == ["S: 250-a                                <- smtp.masked-keywords", "S: 250 b"]


def test_a_fault_without_a_visible_effect_is_shown() -> None:
    assert "smtp.late" in "\n".join(lines([seen(FaultActed(fault="smtp.late", at="mail"))]))


def test_deliveries_are_shown_apart() -> None:
    journal = [dns(WITHHELD), dns(WITHHELD, attempt=2)]
    assert lines(journal) == ["DNS: MX dest.example? no answer", "-- delivery 2", "DNS: MX dest.example? no answer"]


def test_a_connection_that_was_kept_is_marked() -> None:
    journal = [seen(reply("220 one")), seen(reply("250 ok", "mail"), attempt=2)]
    assert lines(journal) == [
        "-- mx1.dest.example, connection 1",
        "S: 220 one",
        "-- delivery 2",
        "-- mx1.dest.example, connection 1, kept",
        "S: 250 ok",
    ]


def test_control_characters_do_not_reach_a_terminal() -> None:
    (line,) = lines([seen(reply("220 \x1b[2Jgone\r"))])
    assert line == "S: 220 \\x1b[2Jgone\\x0d"


def test_packets_that_were_lost_on_the_way() -> None:
    journal = [
        port(FaultActed(fault="wire.packet-loss", at="connect")),
        port(PortOpened(address="198.18.0.10", state="listening")),
        seen(reply("220 mx1")),
        port(PacketsLost(address="198.18.0.10", packets=3)),
    ]
    lost = "mx1.dest.example (198.18.0.10): 3 packets were lost on the way  <- wire.packet-loss"
    assert lines(journal) == ["S: 220 mx1", lost]
    journal[-1] = port(PacketsLost(address="198.18.0.10", packets=1))
    assert lines(journal)[-1] == lost.replace("3 packets were", "one packet was")


def test_packets_lost_at_a_closed_port_are_not_the_faults_doing() -> None:
    journal = [
        port(FaultActed(fault="tcp.refuse", at="connect")),
        port(PortOpened(address="198.18.0.10", state="refusing")),
        port(PacketsLost(address="198.18.0.10", packets=1)),
    ]
    assert lines(journal)[-1] == "mx1.dest.example (198.18.0.10): one packet was lost on the way"


def test_a_packet_to_an_unexpected_address() -> None:
    stray = StrayPacket(address="192.0.2.25", protocol="tcp", port=25)
    assert lines([port(stray, server="wire")]) == ["C: a packet for 192.0.2.25 (tcp, port 25)"]
    without_port = replace(stray, protocol="icmp", port=None)
    assert lines([port(without_port, server="wire")]) == ["C: a packet for 192.0.2.25 (icmp)"]


def test_a_host_that_cannot_be_reached_says_how() -> None:
    assert _port_line("unreachable").endswith("cannot be reached (ICMP network or host unreachable)")
    assert "forbids" in _port_line("prohibited")
    assert "rejects" in _port_line("rejecting")


def _port_line(state: PortState) -> str:
    (line,) = lines([port(PortOpened(address="198.18.0.10", state=state))])
    assert line.startswith("mx1.dest.example (198.18.0.10) ")
    return line
