"""Choose one reply for a message whose recipients were all refused."""

from collections.abc import Sequence

from mailfault.classify.classified import Weighed, classify_reply, reply_of


def classify_refused_recipients(replies: Sequence[tuple[object, object]], text: str) -> Weighed:
    """Classify the replies (code, text) to several RCPT commands.

    The last temporary reply decides, because the message must then be kept. Without one, the last reply does.
    """
    parsed = [reply_of(code, words) for code, words in replies]
    temporary = [reply for reply in parsed if reply is None or reply.code < 500]
    decisive = (temporary or parsed)[-1] if parsed else None
    return classify_reply(decisive, "rcpt", text)
