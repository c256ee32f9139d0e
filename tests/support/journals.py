"""Journals written by hand, in the words of the servers. Import it as `j`: `j.journal(j.port(), j.session(*j.HELLO))`.

A `Part` is an entry to be: server, number of the session (None outside of one), fact. `journal` numbers the parts.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from mailfault_servers.facts import (
    AnswerSent,
    AnswerWithheld,
    CertificatePresented,
    CommandReceived,
    ConnectionAccepted,
    EndedByClient,
    EndedByServer,
    Fact,
    HttpResponded,
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
USER, OTHER = "user@dest.example", "other@dest.example"
EHLO = "250-mx\n250-SIZE 1\n250-STARTTLS\n250 PIPELINING"
EHLO_PLAIN = "250-mx\n250 SIZE 1"

Part = tuple[str, int | None, Fact]


# -- journals ---------------------------------------------------------------------------------------------------------


def journal(*parts: Part | Iterable[Part]) -> list[Entry]:
    """Number parts, and lists of parts, as the entries of one delivery."""
    flat: list[Part] = []
    for part in parts:
        flat.extend([part] if isinstance(part, tuple) and len(part) == 3 and isinstance(part[0], str) else part)
    return [
        Entry(number=number, at_s=number / 100, attempt=1, server=server, session=session, fact=fact)
        for number, (server, session, fact) in enumerate(flat)
    ]


def deliveries(*each: Iterable[Any]) -> tuple[Entry, ...]:
    """Number the parts of several deliveries as one journal. Each delivery holds parts and lists of parts, mixed."""
    entries = [
        replace(entry, attempt=delivery) for delivery, parts in enumerate(each, start=1) for entry in journal(*parts)
    ]
    return tuple(replace(entry, number=number) for number, entry in enumerate(entries))


def one_host(*facts: Fact) -> list[Entry]:
    """The journal of one session at the only host of a domain."""
    return journal(port(), lookups(MX1), session(*facts))


def delivered() -> list[Entry]:
    """The journal of a delivery that succeeds."""
    return one_host(*HELLO, *transaction(), *QUIT)


# -- ports and names --------------------------------------------------------------------------------------------------


def port(state: str = "listening", host: str = MX1) -> Part:
    return host, None, PortOpened(address=ADDRESSES[host], state=state)  # type: ignore[arg-type]


def lookup(name: str, kind: str, rcode: str = "NOERROR", *records: str) -> list[Part]:
    """A query and the answer to it."""
    query = QueryReceived(name=name, type=kind, transport="udp")
    answer = AnswerSent(name=name, type=kind, transport="udp", rcode=rcode, records=records)
    return [("dns", None, query), ("dns", None, answer)]


def unanswered_lookup(name: str, kind: str) -> list[Part]:
    return [
        ("dns", None, QueryReceived(name=name, type=kind, transport="udp")),
        ("dns", None, AnswerWithheld(name=name, type=kind, transport="udp")),
    ]


def mx(*targets: tuple[int, str]) -> list[Part]:
    """The look-up of MX records, each given by preference and host."""
    return lookup("dest.example", "MX", "NOERROR", *(f"MX {preference} {host}" for preference, host in targets))


def address(host: str) -> list[Part]:
    return lookup(host, "A", "NOERROR", f"A {ADDRESSES[host]}")


def lookups(*hosts: str) -> list[Part]:
    """The MX and address look-ups that resolve these hosts, in the order of preference."""
    records = tuple(f"MX {10 * number} {host}" for number, host in enumerate(hosts, start=1))
    parts = lookup("dest.example", "MX", "NOERROR", *records)
    for host in hosts:
        parts += lookup(host, "A", "NOERROR", f"A {ADDRESSES[host]}") + lookup(host, "AAAA")
    return parts


# -- sessions ---------------------------------------------------------------------------------------------------------


def session(*facts: Fact, host: str = MX1, number: int = 1) -> list[Part]:
    """A connection that is accepted, and the facts on it."""
    return [(host, number, fact) for fact in (ConnectionAccepted(), *facts)]


def kept(*facts: Fact) -> list[Part]:
    """Further facts on the first connection to the first host."""
    return [(MX1, 1, fact) for fact in facts]


def command(stage: str, line: str, *, encrypted: bool = False) -> Fact:
    return CommandReceived(stage=stage, line=line, encrypted=encrypted)


def reply(stage: str, text: str, *, encrypted: bool = False) -> Fact:
    return ReplySent(stage=stage, text=text, encrypted=encrypted)


GREETED = (reply("greeting", "220 mx ESMTP"),)
HELLO = (*GREETED, command("ehlo", "EHLO c"), reply("ehlo", EHLO))
HELLO_PLAIN = (*GREETED, command("ehlo", "EHLO c"), reply("ehlo", EHLO_PLAIN))
HELLO_INSIDE = (command("ehlo", "EHLO c", encrypted=True), reply("ehlo", EHLO_PLAIN, encrypted=True))
"""EHLO again, after the handshake."""
RSET = (command("rset", "RSET"), reply("rset", "250 OK"))


def mail(*, encrypted: bool = False) -> tuple[Fact, ...]:
    return command("mail", "MAIL FROM:<a@c>", encrypted=encrypted), reply("mail", "250 OK", encrypted=encrypted)


def rcpt(recipient: str = USER, text: str = "250 OK", *, encrypted: bool = False) -> tuple[Fact, ...]:
    return (
        command("rcpt", f"RCPT TO:<{recipient}>", encrypted=encrypted),
        reply("rcpt", text, encrypted=encrypted),
    )


def data(*, encrypted: bool = False) -> tuple[Fact, ...]:
    return command("data", "DATA", encrypted=encrypted), reply("data", "354 go", encrypted=encrypted)


def accepted(*recipients: str, digest: str = "d", encrypted: bool = False) -> tuple[Fact, ...]:
    """The final dot, and a message that the server accepts without a word."""
    return (
        command("end-of-data", ".", encrypted=encrypted),
        MessageAccepted(sender="a@c", recipients=recipients or (USER,), size=1, digest=digest, encrypted=encrypted),
    )


def confirmed(*recipients: str, digest: str = "d", encrypted: bool = False) -> tuple[Fact, ...]:
    """The final dot, and a message that the server accepts and says so."""
    return (
        *accepted(*recipients, digest=digest, encrypted=encrypted),
        reply("end-of-data", "250 taken", encrypted=encrypted),
    )


def transaction(*, digest: str = "d", encrypted: bool = False) -> tuple[Fact, ...]:
    """A transaction that succeeds, from MAIL to the reply to the final dot."""
    return (
        *mail(encrypted=encrypted),
        *rcpt(encrypted=encrypted),
        *data(encrypted=encrypted),
        *confirmed(digest=digest, encrypted=encrypted),
    )


QUIT = (command("quit", "QUIT"), reply("quit", "221 Bye"), EndedByServer(how="fin", stage="quit"))


# -- TLS and ends -----------------------------------------------------------------------------------------------------


def starttls(*problems: str) -> tuple[Fact, ...]:
    """STARTTLS, its 220, and a certificate with these problems."""
    return command("starttls", "STARTTLS"), reply("starttls", "220 go"), CertificatePresented(problems=problems)


def tls_established() -> Fact:
    return TlsEstablished(version="TLSv1.3")


def tls_failed(alert: str | None, reason: str = "x") -> Fact:
    return TlsFailed(reason=reason, alert=alert)


def server_end(stage: str, how: str = "fin") -> Fact:
    return EndedByServer(how=how, stage=stage)  # type: ignore[arg-type]


def client_end(stage: str) -> Fact:
    return EndedByClient(how="fin", stage=stage)


def silence(stage: str) -> Fact:
    return WentSilent(stage=stage)


# -- policies ---------------------------------------------------------------------------------------------------------

POLICY_HOST = "mta-sts.dest.example"
POLICY = "version: STSv1\r\nmode: enforce\r\nmx: mx1.dest.example\r\nmax_age: 60\r\n"


def policy_record(*texts: str) -> list[Part]:
    """The look-up of the TXT record, or records, of an MTA-STS policy."""
    records = [f'TXT "{text}"' for text in texts or ("v=STSv1; id=1;",)]
    return lookup("_mta-sts.dest.example", "TXT", "NOERROR", *records)


def policy_served(
    text: str = POLICY, *problems: str, status: int = 200, content_type: str = "text/plain"
) -> list[Part]:
    """A policy host that serves this text under a certificate with these problems."""
    facts = (
        ConnectionAccepted(),
        CertificatePresented(problems=problems),
        tls_established(),
        HttpResponded(path="/", status=status, content_type=content_type, length=len(text), text=text),
    )
    opened = PortOpened(address="127.0.0.3", state="listening", service="https")
    return [(POLICY_HOST, None, opened), *[(POLICY_HOST, 1, fact) for fact in facts]]


def tlsa_answer(*records: str, host: str = MX1, rcode: str = "NOERROR", is_authentic: bool = True) -> list[Part]:
    """The answer to the question for a host's TLSA records, "3 1 1 AABB..."."""
    answer = AnswerSent(
        name=f"_25._tcp.{host}",
        type="TLSA",
        transport="udp",
        rcode=rcode,
        records=tuple(f"TLSA {record}" for record in records),
        authenticated=is_authentic,
    )
    return [("dns", None, answer)]


def handshake(*problems: str, matches: Iterable[str] = ()) -> tuple[Fact, ...]:
    """A complete handshake, with a certificate that has these problems and matches these TLSA records."""
    return (
        *starttls()[:2],
        CertificatePresented(problems=problems, tlsa=tuple(matches)),
        tls_established(),
    )
