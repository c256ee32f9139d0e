from typing import Any

from mailfault.reports.dialogue import dialogue


def told(journal: Any) -> list[str]:
    return [str(line) for line in dialogue(journal)]


def dns(kind: str, **more: Any) -> dict[str, Any]:
    plain = {"server": "dns", "session": None, "kind": kind, "name": "dest.example", "type": "MX", "transport": "udp"}
    return plain | more


def smtp(kind: str, *, session: int = 1, server: str = "mx1.dest.example", **more: Any) -> dict[str, Any]:
    return {"server": server, "session": session, "kind": kind, **more}


def test_a_reply_by_a_fault_and_the_close_that_follows(ehlo_421: Any) -> None:
    assert told(ehlo_421) == [
        "DNS: MX dest.example? MX 10 mx1.dest.example",
        "S: 220 mx1.dest.example ESMTP",
        "C: EHLO client.example",
        "S: 421 4.3.2 Service not available      <- smtp.reply",
        "S: closes",
    ]


def test_nothing_seen_is_nothing_told() -> None:
    assert told([]) == []


def test_dns_answers_of_every_kind() -> None:
    assert told(
        [
            dns("fault-acted", fault="dns.nxdomain", at="MX"),
            dns("answer-sent", rcode="NXDOMAIN", records=[]),
            dns("answer-sent", rcode="NOERROR", records=[], type="AAAA"),
            dns("answer-withheld", type="A", transport="tcp"),
        ]
    ) == [
        "DNS: MX dest.example? NXDOMAIN          <- dns.nxdomain",
        "DNS: AAAA dest.example? no such record",
        "DNS: A dest.example? no answer (over TCP)",
    ]


def test_a_repeated_question_is_told_once() -> None:
    withheld = dns("answer-withheld")
    assert told([withheld, withheld, withheld]) == ["DNS: MX dest.example? no answer (3 times)"]


def test_a_host_that_refuses_stands_where_its_address_was_handed_out() -> None:
    journal = [
        {"server": "mx1.dest.example", "session": None, "kind": "fault-acted", "fault": "tcp.refuse", "at": "connect"},
        {
            "server": "mx1.dest.example",
            "session": None,
            "kind": "port-opened",
            "address": "127.0.0.10",
            "state": "refusing",
        },
        {
            "server": "mx2.dest.example",
            "session": None,
            "kind": "port-opened",
            "address": "127.0.0.11",
            "state": "listening",
        },
        dns("answer-sent", name="mx1.dest.example", type="A", rcode="NOERROR", records=["A 127.0.0.10"]),
        smtp("reply-sent", server="mx2.dest.example", text="220 mx2.dest.example ESMTP"),
    ]
    assert told(journal) == [
        "DNS: A mx1.dest.example? A 127.0.0.10",
        "mx1.dest.example (127.0.0.10) refuses connections  <- tcp.refuse",
        "S: 220 mx2.dest.example ESMTP",
    ]


def test_several_connections_are_told_apart() -> None:
    journal = [
        smtp("reply-sent", text="220 one"),
        smtp("reply-sent", session=2, text="220 two"),
        smtp("ended-by-client", how="fin", stage="greeting"),
    ]
    assert told(journal) == [
        "-- mx1.dest.example, connection 1",
        "S: 220 one",
        "C: closes",
        "-- mx1.dest.example, connection 2",
        "S: 220 two",
    ]


def test_the_message_and_what_breaks_it() -> None:
    journal = [
        smtp("reply-sent", text="354 go on"),
        smtp("fault-acted", fault="smtp.cut-message", at="message"),
        smtp("ended-by-server", how="rst", stage="message", message_bytes=512),
    ]
    assert told(journal)[1:] == ["S: resets the connection, after 512 bytes of the message  <- smtp.cut-message"]


def test_an_accepted_message_whose_reply_is_lost() -> None:
    journal = [
        smtp("command-received", stage="end-of-data", line="."),
        smtp("message-accepted", recipients=["user@dest.example"]),
        smtp("fault-acted", fault="smtp.close", at="end-of-data"),
        smtp("ended-by-server", how="fin", stage="end-of-data"),
    ]
    assert [line.split("  ")[0] for line in told(journal)] == [
        "C: (the message)",
        "C: .",
        "S: (takes the message for user@dest.example)",
        "S: closes",
    ]


def test_what_was_sent_in_place_of_a_handshake() -> None:
    journal = [
        smtp("reply-sent", stage="starttls", text="220 go"),
        smtp("fault-acted", fault="tls.alert", at="starttls"),
        smtp("handshake-spoiled", what="the alert 'unknown ca'"),
        smtp("ended-by-server", how="fin", stage="starttls"),
    ]
    assert told(journal) == [
        "S: 220 go",
        "S: (in the handshake) the alert 'unknown ca'  <- tls.alert",
        "S: closes",
    ]


def test_tls() -> None:
    journal = [
        smtp("fault-acted", fault="tls.expired", at="starttls"),
        smtp("certificate-presented", problems=["expired"]),
        smtp("tls-established", version="TLSv1.3"),
        smtp("tls-failed", reason="tlsv1 alert certificate expired", alert="certificate expired"),
        smtp("certificate-presented", problems=[], session=2),
        smtp("tls-failed", reason="eof", alert=None, session=2),
    ]
    assert told(journal) == [
        "-- mx1.dest.example, connection 1",
        "S: presents a certificate: expired      <- tls.expired",
        "S: TLS established (TLSv1.3)",
        "C: TLS alert: certificate expired",
        "-- mx1.dest.example, connection 2",
        "S: presents a certificate: nothing is wrong with it",
        "S: TLS failed: eof",
    ]


def test_only_the_first_line_of_a_reply_bears_the_fault() -> None:
    journal = [smtp("fault-acted", fault="smtp.masked-keywords", at="ehlo"), smtp("reply-sent", text="250-a\n250 b")]
    assert told(journal) == ["S: 250-a                                <- smtp.masked-keywords", "S: 250 b"]


def test_a_fault_of_which_nothing_is_seen_is_told_all_the_same() -> None:
    assert "smtp.late" in "\n".join(told([smtp("fault-acted", fault="smtp.late", at="mail")]))


def test_deliveries_are_told_apart() -> None:
    journal = [dns("answer-withheld", attempt=1), dns("answer-withheld", attempt=2)]
    assert told(journal) == ["DNS: MX dest.example? no answer", "-- delivery 2", "DNS: MX dest.example? no answer"]


def test_control_characters_do_not_reach_a_terminal() -> None:
    (line,) = told([smtp("reply-sent", text="220 \x1b[2Jgone\r")])
    assert line == "S: 220 \\x1b[2Jgone\\x0d"


def off_the_wire(kind: str, server: str = "mx1.dest.example", **more: Any) -> dict[str, Any]:
    return {"server": server, "session": None, "kind": kind, **more}


def test_packets_that_were_lost_on_the_way() -> None:
    journal = [
        off_the_wire("fault-acted", fault="wire.packet-loss", at="connect"),
        off_the_wire("port-opened", address="198.18.0.10", state="listening"),
        smtp("reply-sent", stage="greeting", text="220 mx1"),
        off_the_wire("packets-lost", address="198.18.0.10", packets=3),
    ]
    lost = "mx1.dest.example (198.18.0.10): 3 packets were lost on the way  <- wire.packet-loss"
    assert told(journal) == ["S: 220 mx1", lost]
    journal[-1]["packets"] = 1
    assert told(journal)[-1] == lost.replace("3 packets were", "one packet was")


def test_a_packet_that_left_for_elsewhere() -> None:
    stray = off_the_wire("stray-packet", server="wire", address="192.0.2.25", protocol="tcp", port=25)
    assert told([stray]) == ["C: a packet for 192.0.2.25 (tcp, port 25)"]
    assert told([{**stray, "protocol": "icmp", "port": None}]) == ["C: a packet for 192.0.2.25 (icmp)"]


def test_a_host_that_cannot_be_reached_says_how() -> None:
    for state, words in (("unreachable", "cannot be reached"), ("prohibited", "forbids"), ("rejecting", "rejects")):
        (line,) = told([off_the_wire("port-opened", address="198.18.0.10", state=state)])
        assert line.startswith("mx1.dest.example (198.18.0.10) ")
        assert words in line
