from collections.abc import Sequence
from typing import Literal

from mailfault_servers.action import Action, Close, Send
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.handshake import HandshakeDue, ReadClientHello
from mailfault_servers.tls.record import AlertName, alert_record


@fault
class Alert(Fault):
    """Answer the ClientHello with an alert, and close (RFC 8446 6).

    The server gives up the handshake and says why: no version, no cipher, no name in common, a certificate wanted. It
    has shown no certificate of its own, so even an alert that speaks of one is no complaint of the client's.
    """

    name: AlertName = "handshake_failure"
    """Name of the alert in RFC 8446 6."""
    level: Literal["warning", "fatal"] = "fatal"
    """close_notify and user_canceled are warnings; the rest is fatal whatever its level (TLS 1.3)."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, HandshakeDue):
            return honest
        return ReadClientHello(), Send(alert_record(self.name, level=self.level)), Close()
