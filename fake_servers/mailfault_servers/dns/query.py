"""The event of a name server, and the bases of its faults."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from dnslib import DNSRecord
from pydantic import BeforeValidator

from mailfault_servers.action import Action, Send
from mailfault_servers.dns.responder import honest_answer
from mailfault_servers.dns.zone import Zone, normal_name
from mailfault_servers.fault import Event, Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Query(Event):
    """A query came in. Honest: one `Send` of the whole answer."""

    name: str
    """Lower case, without the final dot."""
    type: str
    transport: Literal["udp", "tcp"]
    request: DNSRecord
    zone: Zone

    def honest_record(self) -> DNSRecord:
        """Build an honest answer, which a fault may change and `respond` with."""
        return honest_answer(self.zone, self.request)


def respond(record: DNSRecord) -> Send:
    """Answer with this message."""
    return Send(bytes(record.pack()))  # pack() returns a bytearray, on which dnspython's reader fails


def respond_error(query: Query, rcode: int) -> Send:
    """Answer with a response code (RFC 1035 4.1.1) and no record."""
    reply = query.request.reply(ra=1)
    reply.header.rcode = rcode
    return respond(reply)


def _types(value: object) -> object:
    if isinstance(value, str):
        return (value.upper(),)
    if isinstance(value, list | tuple):
        return tuple(str(name).upper() for name in value)
    return value


class DnsFault(Fault):
    """A fault that can be limited to some queries."""

    name: Annotated[str, BeforeValidator(lambda value: normal_name(str(value)))] | None = None
    """Only questions for this name. Absent: for every name."""
    type: Annotated[tuple[str, ...], BeforeValidator(_types, json_schema_input_type=str | list[str])] | None = None
    """Only questions of these types ("MX", "A", "AAAA"). Absent: of every type."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, Query) or not self.concerns(event.name, event.type):
            return honest
        return self.answer(event, honest)

    def concerns(self, name: str, kind: str) -> bool:
        """Check whether the fault is for questions of this name and type."""
        return self.name in (None, name) and (self.type is None or kind in self.type)

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        """Return the actions for a query that concerns this fault."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it answers")


class MessageFault(DnsFault):
    """A fault that changes the bytes of the honest answer."""

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        return [Send(self.change(action.data)) if isinstance(action, Send) else action for action in honest]

    def change(self, message: bytes) -> bytes:
        """Return the message to send in place of the honest one."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it sends")
