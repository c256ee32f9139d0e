from collections.abc import Sequence
from typing import Literal

from mailfault_servers.action import Action, Close, Hang, Reset
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.smtp.event import Arrived
from mailfault_servers.smtp.reply import Stage

_ENDS: dict[str, Action] = {
    "close": Close(close_notify=False), "close-notify": Close(), "reset": Reset(), "silent": Hang()
}  # fmt: skip


@fault
class StarttlsSessionEnded(Fault):
    """Finish the handshake, and then close, reset or say no more, where the EHLO under TLS is to be answered.

    TLS itself was well. What ended is the conversation (RFC 3207 4.2: the client begins it anew with EHLO), so this is
    a connection that was closed and no failed handshake.
    """

    former_ids = ("tls.ends-after-handshake",)

    how: Literal["close", "close-notify", "reset", "silent"] = "close"
    """FIN, FIN announced by the alert close_notify (RFC 8446 6.1), RST, or nothing at all."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        first = isinstance(event, Arrived) and event.encrypted and event.stage is Stage.EHLO
        return (_ENDS[self.how],) if first else honest
