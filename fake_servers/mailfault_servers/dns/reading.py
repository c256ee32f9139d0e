"""Read a name server's bytes as a careful resolver does, and return the records that it can use. Pure."""

import struct
from typing import Literal

from dnslib import CLASS, QTYPE, RCODE, RR, DNSError, DNSRecord

from mailfault_servers.facts import AnswerSent

_AD = 0x20
"""The flag that marks an answer as verified by DNSSEC, in the fourth byte of a message (RFC 4035 3.2.3)."""
_MOST_ALIASES = 16
"""Aliases after which resolvers give up (BIND, dnspython)."""
_ADDRESS_BYTES = {1: 4, 28: 16}
"""Bytes of an address, by record type: A and AAAA."""


def read_answer(data: bytes, request: DNSRecord | None = None) -> tuple[str, tuple[str, ...]]:
    """Return the response code and the records that answer the question: aliases, and the records at their end.

    Records of other names, classes and types are ignored (RFC 2181 5.4.1), and so are bytes behind the message. Return
    ("MALFORMED", ()) if the message cannot be read, ("MISMATCHED", ()) if it does not answer `request` (RFC 5452 4),
    and ("TRUNCATED", ()) if it is marked as truncated (TC).
    """
    try:
        record = DNSRecord.parse(data)
        _check_lengths(data, len(record.rr))
        if request is not None and not _answers(record, request):
            return "MISMATCHED", ()
        if record.header.tc:
            return "TRUNCATED", ()
        used = record.rr if request is None else _of_question(record, request)
        return _rcode(record), tuple(f"{QTYPE[rr.rtype]} {_without_final_dot(str(rr.rdata))}" for rr in used)
    except (DNSError, UnicodeError, ValueError, IndexError, AttributeError, TypeError, struct.error):
        return "MALFORMED", ()


def answer_sent(
    data: bytes, request: DNSRecord, *, name: str, kind: str, transport: Literal["udp", "tcp"]
) -> AnswerSent:
    """Return the fact that these bytes went out as the answer to a question of this name and type."""
    rcode, records = read_answer(data, request)
    return AnswerSent(
        name=name,
        type=kind,
        transport=transport,
        rcode=rcode,
        records=records,
        authenticated=rcode in ("NOERROR", "NXDOMAIN") and bool(data[3] & _AD),
    )


def without_length(data: bytes) -> bytes:
    """Return the message in bytes sent over TCP (RFC 7766 8), or b"" if they are fewer than announced."""
    if len(data) < 2:
        return b""
    (length,) = struct.unpack("!H", data[:2])
    return data[2 : 2 + length] if len(data) >= 2 + length else b""


def _check_lengths(data: bytes, records: int) -> None:
    """Raise ValueError if an address in the answer section has the wrong length (RFC 1035 3.4.1).

    The codec ignores RDLENGTH and always reads four bytes.
    """
    place = 12
    for _ in range(struct.unpack("!H", data[4:6])[0]):
        place = _end_of_name(data, place) + 4
    for _ in range(records):
        place = _end_of_name(data, place)
        kind, _, _, length = struct.unpack("!HHIH", data[place : place + 10])
        if length != _ADDRESS_BYTES.get(kind, length):
            raise ValueError(f"an address of {length} bytes")
        place += 10 + length


def _end_of_name(data: bytes, place: int) -> int:
    """Return the offset behind the name at `place`: behind the root's 0 or the first pointer (RFC 1035 4.1.4)."""
    while (length := data[place]) and length < 0xC0:
        place += length + 1
    return place + (2 if length else 1)


def _answers(record: DNSRecord, request: DNSRecord) -> bool:
    asked = [(str(question.qname).lower(), question.qtype, question.qclass) for question in request.questions]
    answered = [(str(question.qname).lower(), question.qtype, question.qclass) for question in record.questions]
    header = record.header
    is_response = bool(header.qr and header.opcode == request.header.opcode and header.id == request.header.id)
    return is_response and answered == asked


def _rcode(record: DNSRecord) -> str:
    """Return the name of the response code, whose upper bits are in the OPT record (RFC 6891 6.1.3)."""
    upper = next((rr.ttl >> 24 for rr in record.ar if rr.rtype == QTYPE.OPT), 0)
    number = upper << 4 | record.header.rcode
    try:
        return "BADVERS" if number == 16 else str(RCODE[number])
    except DNSError:
        return f"RCODE{number}"


def _of_question(record: DNSRecord, request: DNSRecord) -> list[RR]:
    """Return the aliases of the asked name, and the records of the asked type at their end."""
    name, wanted = str(request.q.qname).lower(), request.q.qtype
    usable = [rr for rr in record.rr if rr.rclass == CLASS.IN]
    chain: list[RR] = []
    while not (found := [rr for rr in usable if rr.rtype == wanted and str(rr.rname).lower() == name]):
        alias = [rr for rr in usable if rr.rtype == QTYPE.CNAME and str(rr.rname).lower() == name]
        if not alias or alias[0] in chain or len(chain) >= _MOST_ALIASES:
            return chain
        chain.append(alias[0])
        name = str(alias[0].rdata).lower()
    return chain + found


def _without_final_dot(data: str) -> str:
    """Return record data without the final dot of a name; the root's dot stays (RFC 7505)."""
    return data if data.endswith(" .") or data == "." else data.removesuffix(".")
