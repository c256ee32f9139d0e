from collections.abc import Sequence

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.dns.responder import resource_record
from mailfault_servers.dns.zone import Record
from mailfault_servers.fault import fault


@fault
class WrongGlue(DnsFault):
    """Put a wrong address for the MX host into the additional section.

    Additional data ranks below an answer (RFC 2181 5.4.1). A client asks for the address, and believes that answer.
    """

    address: str = "127.0.0.250"
    """The wrong address: nobody of this world lives there."""

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        if query.type != "MX":
            return honest
        reply = query.honest_record()
        for host in query.zone.mail_targets:
            reply.add_ar(resource_record(Record(host, "A", self.address)))
        return (respond(reply),)
