from collections.abc import Sequence

from mailfault_servers.action import Action, Close, Send
from mailfault_servers.fault import fault
from mailfault_servers.smtp.event import CommandArrived
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.stage_fault import SmtpFault

_ORDER = (Stage.GREETING, Stage.EHLO, Stage.STARTTLS, Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.END_OF_DATA)


@fault
class CommandLimit(SmtpFault):
    """Say 421 and close from one stage on, whatever is asked (RFC 5321 3.8).

    A server that shuts down in mid-session answers 421 to the next command, and to every one that was sent ahead of its
    answer (RFC 2920 3.1). The first 421 is the reply; the rest says nothing new.
    """

    after: Stage = Stage.MAIL
    """The last stage that is served."""

    def on_command(self, event: CommandArrived, honest: Sequence[Action]) -> Sequence[Action]:
        if event.stage not in _ORDER or _ORDER.index(event.stage) <= _ORDER.index(self.after):
            return honest
        return (Send(b"421 4.3.2 Shutting down\r\n"), Close())
