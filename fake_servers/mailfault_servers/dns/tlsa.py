"""TLSA answers for faults to change: read the records of an honest answer, and answer with others."""

from collections.abc import Iterable
from dataclasses import dataclass

from mailfault_servers.action import Send
from mailfault_servers.dns.query import Query, respond
from mailfault_servers.dns.responder import resource_record
from mailfault_servers.dns.zone import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Tlsa:
    """One TLSA record (RFC 6698 2.1)."""

    usage: int
    selector: int
    matching: int
    data: str
    """Hexadecimal."""


def honest_tlsa(query: Query) -> tuple[Tlsa, ...]:
    """Return the TLSA records of the honest answer; none if the query is for another type."""
    if query.type != "TLSA":
        return ()
    words = (record.data.split() for record in query.zone.lookup(query.name, "TLSA"))
    return tuple(Tlsa(usage=int(u), selector=int(s), matching=int(m), data=data) for u, s, m, data in words)


def respond_tlsa(query: Query, records: Iterable[Tlsa]) -> Send:
    """Answer with these records; AD is set as in the honest answer."""
    reply = query.honest_record()
    reply.rr.clear()
    for record in records:
        data = f"{record.usage} {record.selector} {record.matching} {record.data}"
        reply.add_answer(resource_record(Record(query.name, "TLSA", data)))
    return respond(reply)
