"""Journals written by hand: what servers would have seen."""

from collections.abc import Iterable

from mailfault_servers.facts import (
    AnswerSent,
    AnswerWithheld,
    CertificatePresented,
    CommandReceived,
    ConnectionAccepted,
    EndedByClient,
    EndedByServer,
    Fact,
    MessageAccepted,
    PortOpened,
    QueryReceived,
    ReplySent,
    TlsEstablished,
    TlsFailed,
    WentSilent,
)
from mailfault_servers.journal import Entry

MX1, MX2 = "mx1.dest.example", "mx2.dest.example"
ADDRESSES = {MX1: "127.0.0.10", MX2: "127.0.0.11"}
USER = "user@dest.example"
EHLO = "250-mx\n250-SIZE 1\n250-STARTTLS\n250 PIPELINING"
EHLO_PLAIN = "250-mx\n250 SIZE 1"

Part = tuple[str, int | None, Fact]


def journal(*parts: Part | Iterable[Part]) -> list[Entry]:
    flat: list[Part] = []
    for part in parts:
        flat.extend([part] if isinstance(part, tuple) and len(part) == 3 and isinstance(part[0], str) else part)  # type: ignore[arg-type,list-item]
    return [
        Entry(number=n, at_s=n / 100, attempt=1, server=server, session=session, fact=fact)
        for n, (server, session, fact) in enumerate(flat)
    ]


def port(state: str = "listening", host: str = MX1) -> Part:
    return host, None, PortOpened(address=ADDRESSES[host], state=state)  # type: ignore[arg-type]


def asked(name: str, kind: str, rcode: str = "NOERROR", *records: str) -> list[Part]:
    query = QueryReceived(name=name, type=kind, transport="udp")
    answer = AnswerSent(name=name, type=kind, transport="udp", rcode=rcode, records=records)
    return [("dns", None, query), ("dns", None, answer)]


def unanswered(name: str, kind: str) -> list[Part]:
    return [
        ("dns", None, QueryReceived(name=name, type=kind, transport="udp")),
        ("dns", None, AnswerWithheld(name=name, type=kind, transport="udp")),
    ]


def found(*hosts: str) -> list[Part]:
    """The MX and address look-ups that lead to these hosts, in the order of preference."""
    records = tuple(f"MX {10 * n} {host}" for n, host in enumerate(hosts, start=1))
    parts = asked("dest.example", "MX", "NOERROR", *records)
    for host in hosts:
        parts += asked(host, "A", "NOERROR", f"A {ADDRESSES[host]}") + asked(host, "AAAA")
    return parts


def session(*facts: Fact, host: str = MX1, number: int = 1) -> list[Part]:
    return [(host, number, fact) for fact in (ConnectionAccepted(), *facts)]


def said(stage: str, line: str, *, encrypted: bool = False) -> Fact:
    return CommandReceived(stage=stage, line=line, encrypted=encrypted)


def replied(stage: str, text: str, *, encrypted: bool = False) -> Fact:
    return ReplySent(stage=stage, text=text, encrypted=encrypted)


GREETED = (replied("greeting", "220 mx ESMTP"),)
HELLO = (*GREETED, said("ehlo", "EHLO c"), replied("ehlo", EHLO))
HELLO_PLAIN = (*GREETED, said("ehlo", "EHLO c"), replied("ehlo", EHLO_PLAIN))


def to_mail(*, encrypted: bool = False) -> tuple[Fact, ...]:
    return said("mail", "MAIL FROM:<a@c>", encrypted=encrypted), replied("mail", "250 OK", encrypted=encrypted)


def to_rcpt(who: str = USER, reply: str = "250 OK", *, encrypted: bool = False) -> tuple[Fact, ...]:
    return said("rcpt", f"RCPT TO:<{who}>", encrypted=encrypted), replied("rcpt", reply, encrypted=encrypted)


def to_data(*, encrypted: bool = False) -> tuple[Fact, ...]:
    return said("data", "DATA", encrypted=encrypted), replied("data", "354 go", encrypted=encrypted)


def took(*who: str, encrypted: bool = False) -> tuple[Fact, ...]:
    return (
        said("end-of-data", ".", encrypted=encrypted),
        MessageAccepted(sender="a@c", recipients=who or (USER,), size=1, digest="d", encrypted=encrypted),
    )


def confirmed(*who: str, encrypted: bool = False) -> tuple[Fact, ...]:
    return (*took(*who, encrypted=encrypted), replied("end-of-data", "250 taken", encrypted=encrypted))


def transaction(*, encrypted: bool = False) -> tuple[Fact, ...]:
    kept = {"encrypted": encrypted}
    return (*to_mail(**kept), *to_rcpt(**kept), *to_data(**kept), *confirmed(**kept))


QUIT = (said("quit", "QUIT"), replied("quit", "221 Bye"), EndedByServer(how="fin", stage="quit"))


def server_fin(stage: str, how: str = "fin") -> Fact:
    return EndedByServer(how=how, stage=stage)  # type: ignore[arg-type]


def client_fin(stage: str) -> Fact:
    return EndedByClient(how="fin", stage=stage)


def silent(stage: str) -> Fact:
    return WentSilent(stage=stage)


def starttls(*problems: str) -> tuple[Fact, ...]:
    return said("starttls", "STARTTLS"), replied("starttls", "220 go"), CertificatePresented(problems=problems)


def established() -> Fact:
    return TlsEstablished(version="TLSv1.3")


def tls_failed(alert: str | None, reason: str = "x") -> Fact:
    return TlsFailed(reason=reason, alert=alert)


def delivered() -> list[Entry]:
    return journal(port(), found(MX1), session(*HELLO, *transaction(), *QUIT))
