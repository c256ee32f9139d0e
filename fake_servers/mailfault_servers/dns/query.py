"""What a name server asks its faults about, and how they answer."""

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
    """A question came in. Honest: one `Send` of the whole answer."""

    name: str
    """Lower case, without the final dot."""
    type: str
    transport: Literal["udp", "tcp"]
    request: DNSRecord
    zone: Zone

    def honest_record(self) -> DNSRecord:
        """What an honest server would answer, made anew: a fault may change it and `respond` with it."""
        return honest_answer(self.zone, self.request)


def respond(record: DNSRecord) -> Send:
    """Answer with this message."""
    return Send(bytes(record.pack()))  # pack() gives a bytearray, which dnspython chokes on at the other end


def _types(value: object) -> object:
    if isinstance(value, str):
        return (value.upper(),)
    if isinstance(value, list | tuple):
        return tuple(str(one).upper() for one in value)
    return value


class DnsFault(Fault):
    """A fault that can be limited to some questions."""

    name: Annotated[str, BeforeValidator(lambda value: normal_name(str(value)))] | None = None
    """Only questions for this name. Absent: for every name."""
    type: Annotated[tuple[str, ...], BeforeValidator(_types, json_schema_input_type=str | list[str])] | None = None
    """Only questions of these types ("MX", "A", "AAAA"). Absent: of every type."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, Query):
            return honest
        if self.name is not None and event.name != self.name:
            return honest
        if self.type is not None and event.type not in self.type:
            return honest
        return self.answer(event, honest)

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        """What to do about a question that concerns this fault."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it answers")
