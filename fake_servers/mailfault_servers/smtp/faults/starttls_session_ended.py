from collections.abc import Sequence
from typing import Literal

from mailfault_servers.action import Action, Close, Hang, Reset
from mailfault_servers.fault import fault
from mailfault_servers.smtp.event import CommandArrived
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.stage_fault import SmtpFault

_ENDS: dict[str, Action] = {
    "close": Close(close_notify=False), "close-notify": Close(), "reset": Reset(), "silent": Hang()
}  # fmt: skip


@fault
class StarttlsSessionEnded(SmtpFault):
    """Finish the handshake, and then close, reset or say no more, where the EHLO under TLS is to be answered.

    TLS itself was well. What ended is the conversation (RFC 3207 4.2: the client restarts it with EHLO), so this is
    a connection that was closed and no failed handshake.
    """

    former_ids = ("tls.ends-after-handshake",)

    how: Literal["close", "close-notify", "reset", "silent"] = "close"
    """FIN, FIN announced by the alert close_notify (RFC 8446 6.1), RST, or nothing at all."""

    def on_command(self, event: CommandArrived, honest: Sequence[Action]) -> Sequence[Action]:
        return (_ENDS[self.how],) if event.stage is Stage.EHLO and event.encrypted else honest
