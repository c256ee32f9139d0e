from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.smtp.event import ReplyReady
from mailfault_servers.smtp.masking import without_keyword
from mailfault_servers.smtp.reply import Stage


@fault
class KeywordMissing(Fault):
    """Leave one extension out of the EHLO reply (RFC 5321 2.2).

    Extensions are offers. A client that does not need this one does without it and delivers.
    """

    keyword: str = "PIPELINING"
    """The extension: PIPELINING, SIZE, 8BITMIME, SMTPUTF8, ENHANCEDSTATUSCODES."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, ReplyReady) or event.stage is not Stage.EHLO:
            return honest
        return [Send(without_keyword(one.data, self.keyword)) if isinstance(one, Send) else one for one in honest]
