"""All recipients were refused: one reply has to stand for all of them."""

from collections.abc import Sequence

from mailfault.classify.classified import Weighed, of_reply, reply_of


def of_refused_recipients(replies: Sequence[tuple[object, object]], text: str) -> Weighed:
    """What the replies (code, words) to several RCPT mean together.

    A temporary one decides where there is one, for the message must then be kept; otherwise the last.
    """
    read = [reply_of(code, words) for code, words in replies]
    temporary = [reply for reply in read if reply is None or reply.code < 500]
    decisive = (temporary or read)[-1] if read else None
    return of_reply(decisive, "rcpt", text)
