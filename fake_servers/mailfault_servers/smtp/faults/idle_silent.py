from collections.abc import Sequence

from mailfault_servers.action import Action, Hang
from mailfault_servers.fault import fault
from mailfault_servers.smtp.stage_fault import IdleFault
from mailfault_servers.tcp.event import Idle


@fault
class IdleSilent(IdleFault):
    """Never again answer on a connection that the client keeps; new connections are served well.

    A firewall or address translator has dropped the connection from its table and swallows whatever comes (RFC 5382
    REQ-5 lets it do so after two hours; many take minutes). Only the client's own limit tells. A right client asks
    first (RSET), and when nothing comes connects again; no message was under way.
    """

    def on_idle(self, event: Idle, honest: Sequence[Action]) -> Sequence[Action]:
        return (Hang(),)
