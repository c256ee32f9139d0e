"""TLSA answers for faults to change: the records of an honest answer as values, and an answer made of others."""

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
    """The records that an honest server answers this question with; none where it asks for something else."""
    if query.type != "TLSA":
        return ()
    words = (one.data.split() for one in query.zone.lookup(query.name, "TLSA"))
    return tuple(Tlsa(usage=int(u), selector=int(s), matching=int(m), data=data) for u, s, m, data in words)


def respond_tlsa(query: Query, records: Iterable[Tlsa]) -> Send:
    """Answer with these, as authentic as an honest answer."""
    reply = query.honest_record()
    reply.rr.clear()
    for one in records:
        data = f"{one.usage} {one.selector} {one.matching} {one.data}"
        reply.add_answer(resource_record(Record(query.name, "TLSA", data)))
    return respond(reply)
