from collections.abc import Sequence

from mailfault_servers.action import Action, Close, SendUnprotected
from mailfault_servers.fault import fault
from mailfault_servers.smtp.stage_fault import IdleFault
from mailfault_servers.tcp.event import Idle

_NOT_OF_THIS_SESSION = b"\x17\x03\x03\x00\x20" + b"\x5a" * 32


@fault
class IdleTlsLost(IdleFault):
    """Lose the keys of a TLS session that the client keeps, before its next delivery begins.

    A load balancer has moved the connection to a machine that does not know its keys: what comes from there cannot be
    decrypted (RFC 8446 5.2: bad_record_mac), and the connection closes. It is no fault of a certificate, and no message
    was under way. A right client connects again and delivers, encrypted as before.
    """

    def on_idle(self, event: Idle, honest: Sequence[Action]) -> Sequence[Action]:
        return (SendUnprotected(_NOT_OF_THIS_SESSION), Close()) if event.encrypted else honest
