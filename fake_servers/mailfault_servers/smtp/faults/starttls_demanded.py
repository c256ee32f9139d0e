from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import fault
from mailfault_servers.smtp.event import CommandArrived
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.stage_fault import SmtpFault

_FIRST_TLS = Send(b"530 5.7.0 Must issue a STARTTLS command first\r\n")


@fault
class StarttlsDemanded(SmtpFault):
    """Take mail under TLS only: answer MAIL in clear with 530 (RFC 3207 4).

    A client that uses the TLS on offer never meets this. One that is told not to use it is refused for good, in a
    complete reply, and has to pass that on.
    """

    former_ids = ("tls.demanded",)

    def on_command(self, event: CommandArrived, honest: Sequence[Action]) -> Sequence[Action]:
        return (_FIRST_TLS,) if event.stage is Stage.MAIL and not event.encrypted else honest
