from collections.abc import Sequence

from fake_servers.action import Action, Refuse
from fake_servers.fault import Event, Fault, fault
from fake_servers.tcp.port import PortOpening


@fault
class Refuses(Fault):
    """Nothing listens: every connection is answered with RST (RFC 9293 3.10.7.1).

    The machine is up and its mail service is not, or a firewall rejects. The client gets ECONNREFUSED at once. Nothing
    was said about the message, so a client that bounces it has mistaken a closed door for a refusal of the mail.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        return (Refuse(),) if isinstance(event, PortOpening) else honest
