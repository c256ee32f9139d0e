from collections.abc import Sequence

from mailfault_servers.action import Action
from mailfault_servers.fault import fault
from mailfault_servers.smtp.event import ReplyReady
from mailfault_servers.smtp.masking import without_keyword
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.stage_fault import SmtpFault, change_replies


@fault
class KeywordMissing(SmtpFault):
    """Leave one extension out of the EHLO reply (RFC 5321 2.2).

    Extensions are offers. A client that does not need this one does without it and delivers.
    """

    keyword: str = "PIPELINING"
    """The extension: PIPELINING, SIZE, 8BITMIME, SMTPUTF8, ENHANCEDSTATUSCODES."""

    def on_reply(self, event: ReplyReady, honest: Sequence[Action]) -> Sequence[Action]:
        if event.stage is not Stage.EHLO:
            return honest
        return change_replies(honest, lambda reply: without_keyword(reply, self.keyword))
