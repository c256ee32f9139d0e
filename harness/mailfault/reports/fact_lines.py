"""The words of each fact in a dialogue: C for the client, S for the server."""

from collections.abc import Sequence
from typing import Literal

from mailfault_servers.facts import (
    AnswerSent,
    AnswerWithheld,
    CertificatePresented,
    Closing,
    CommandReceived,
    EndedByClient,
    EndedByServer,
    Fact,
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
from mailfault_servers.smtp.reply import Stage

_BODY_LINES = 8
"""Lines of an HTTP body that are shown: as many as a policy has."""
_CONNECTION_ENDS: dict[Closing | Literal["half-close"], str] = {
    "fin": "closes",
    "rst": "resets the connection",
    "half-close": "closes its side, and goes on reading",
}
_PORT_STATES: dict[PortState, str] = {
    "refusing": "refuses connections",
    "unresponsive": "does not answer a connection attempt",
    "rejecting": "is behind a firewall that rejects connections (ICMP port unreachable)",
    "unreachable": "cannot be reached (ICMP network or host unreachable)",
    "prohibited": "is behind a filter that forbids connections (ICMP administratively prohibited)",
}


def port_line(host: str, fact: PortOpened) -> str | None:
    """Describe a port that takes no connections. Returns None if it listens."""
    state = _PORT_STATES.get(fact.state)
    return f"{host} ({fact.address}) {state}" if state is not None else None


def packet_line(host: str, fact: PacketsLost | StrayPacket) -> str:
    """Describe what no server saw: packets lost on the way to a host, or a packet sent to an unexpected address."""
    if isinstance(fact, StrayPacket):
        port = f", port {fact.port}" if fact.port is not None else ""
        return f"C: a packet for {fact.address} ({fact.protocol}{port})"
    lost = f"{fact.packets} packets were lost" if fact.packets > 1 else "one packet was lost"
    return f"{host} ({fact.address}): {lost} on the way"


def lookup_line(fact: Fact) -> str | None:
    """Describe a DNS query and its answer. Returns None for other facts."""
    if not isinstance(fact, AnswerSent | AnswerWithheld):
        return None
    answer = _records(fact.rcode, fact.records) if isinstance(fact, AnswerSent) else "no answer"
    return f"DNS: {fact.type} {fact.name}? {answer}{' (over TCP)' if fact.transport == 'tcp' else ''}"


def _records(rcode: str, records: Sequence[str]) -> str:
    if records:
        return ", ".join(records) if rcode == "NOERROR" else f"{rcode}, {', '.join(records)}"
    return "no such record" if rcode == "NOERROR" else rcode


def connection_lines(fact: Fact) -> tuple[str, ...]:
    """Describe a fact of a connection. Returns no line if it is not worth one."""
    return _smtp(fact) or _end(fact) or _tls(fact) or _http(fact)


def _smtp(fact: Fact) -> tuple[str, ...]:
    match fact:
        case CommandReceived(stage=Stage.END_OF_DATA):
            return "C: (the message)", f"C: {fact.line}"
        case CommandReceived():
            return (f"C: {fact.line}",)
        case ReplyBegun():
            return (f"S: (answers {fact.how})",)
        case ReplySent():
            return tuple(f"S: {line}" for line in fact.text.split("\n"))
        case MessageAccepted():
            return (f"S: (takes the message for {', '.join(fact.recipients)})",)
    return ()


def _end(fact: Fact) -> tuple[str, ...]:
    match fact:
        case EndedByServer():
            end = f"S: {_CONNECTION_ENDS[fact.how]}"
        case EndedByClient():
            end = f"C: {_CONNECTION_ENDS[fact.how]}"
        case WentSilent():
            end = "S: says nothing more"
        case _:
            return ()
    received = f", after {fact.message_bytes} bytes of the message" if fact.message_bytes else ""
    return (f"{end}{received}",)


def _tls(fact: Fact) -> tuple[str, ...]:
    match fact:
        case CertificatePresented():
            flaws = ", ".join((*fact.problems, *fact.doubts))
            return (f"S: presents a certificate: {flaws or 'nothing is wrong with it'}",)
        case HandshakeSpoiled():
            return (f"S: (in the handshake) {fact.what}",)
        case TlsEstablished():
            return (f"S: TLS established ({fact.version})",)
        case TlsFailed():
            return (f"C: TLS alert: {fact.alert}" if fact.alert else f"S: TLS failed: {fact.reason}",)
    return ()


def _http(fact: Fact) -> tuple[str, ...]:
    match fact:
        case HttpRequested():
            return (f"C: {fact.method} {fact.path}",)
        case HttpResponded():
            head = f"S: HTTP {fact.status}, {fact.content_type}, {fact.length} bytes"
            return head, *(f"S: {line}" for line in fact.text.splitlines()[:_BODY_LINES])
    return ()
