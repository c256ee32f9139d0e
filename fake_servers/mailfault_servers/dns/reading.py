"""How a careful resolver reads the bytes that a name server sent: what of them it can use. Pure."""

import struct

from dnslib import CLASS, QTYPE, RCODE, RR, DNSError, DNSRecord

_MOST_ALIASES = 16
"""Where resolvers give up: BIND, dnspython."""
_ADDRESS_BYTES = {1: 4, 28: 16}
"""Of A and AAAA."""


def read_answer(data: bytes, request: DNSRecord | None = None) -> tuple[str, tuple[str, ...]]:
    """Response code, and those records of the answer section that answer the question: aliases, and what they lead to.

    Records of other names, classes and types count for nothing (RFC 2181 5.4.1). Bytes behind the message do no harm.
    ("MALFORMED", ()) where nobody could read it, ("MISMATCHED", ()) where it does not answer `request` (RFC 5452 4),
    ("TRUNCATED", ()) where it says itself that it is not the answer (TC).
    """
    try:
        record = DNSRecord.parse(data)
        _check_lengths(data, len(record.rr))
        if request is not None and not _answers(record, request):
            return "MISMATCHED", ()
        if record.header.tc:
            return "TRUNCATED", ()
        used = record.rr if request is None else _of_question(record, request)
        return _rcode(record), tuple(f"{QTYPE[one.rtype]} {_without_final_dot(str(one.rdata))}" for one in used)
    except (DNSError, UnicodeError, ValueError, IndexError, AttributeError, TypeError, struct.error):
        return "MALFORMED", ()


def without_length(data: bytes) -> bytes:
    """The message that a reader takes from bytes sent over TCP (RFC 7766 8); b"" where fewer come than announced."""
    if len(data) < 2:
        return b""
    (length,) = struct.unpack("!H", data[:2])
    return data[2 : 2 + length] if len(data) >= 2 + length else b""


def _check_lengths(data: bytes, records: int) -> None:
    """Raise ValueError where an address of the answer section has another length than addresses have (RFC 1035 3.4.1).

    The codec reads four bytes whatever RDLENGTH says.
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
    """Where the name that begins here ends: behind the root's 0, or behind the first pointer (RFC 1035 4.1.4)."""
    while (length := data[place]) and length < 0xC0:
        place += length + 1
    return place + (2 if length else 1)


def _answers(record: DNSRecord, request: DNSRecord) -> bool:
    asked = [(str(one.qname).lower(), one.qtype, one.qclass) for one in request.questions]
    told = [(str(one.qname).lower(), one.qtype, one.qclass) for one in record.questions]
    header = record.header
    return (
        bool(header.qr and header.opcode == request.header.opcode and header.id == request.header.id) and told == asked
    )


def _rcode(record: DNSRecord) -> str:
    """With the upper bits that stand in the OPT record (RFC 6891 6.1.3)."""
    upper = next((one.ttl >> 24 for one in record.ar if one.rtype == QTYPE.OPT), 0)
    number = upper << 4 | record.header.rcode
    try:
        return "BADVERS" if number == 16 else str(RCODE[number])
    except DNSError:
        return f"RCODE{number}"


def _of_question(record: DNSRecord, request: DNSRecord) -> list[RR]:
    """The aliases from the asked name on, and the records of the asked type at their end."""
    name, wanted = str(request.q.qname).lower(), request.q.qtype
    usable = [one for one in record.rr if one.rclass == CLASS.IN]
    chain: list[RR] = []
    while not (found := [one for one in usable if one.rtype == wanted and str(one.rname).lower() == name]):
        alias = [one for one in usable if one.rtype == QTYPE.CNAME and str(one.rname).lower() == name]
        if not alias or alias[0] in chain or len(chain) >= _MOST_ALIASES:
            return chain
        chain.append(alias[0])
        name = str(alias[0].rdata).lower()
    return chain + found


def _without_final_dot(data: str) -> str:
    """Record data as people write it; the root's dot stays, for it is the whole name (RFC 7505)."""
    return data if data.endswith(" .") or data == "." else data.removesuffix(".")
