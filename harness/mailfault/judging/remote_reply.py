"""Compare an answer with the remote's reply: its code, its enhanced code and its words."""

import re

from mailfault.codes.failure import Failure
from mailfault.contract import Answer
from mailfault.diagnosis.diagnosis import Diagnosis
from mailfault_servers.smtp.reply import SmtpReply

_JOINT = r"""\s|\\[rn]|[,;|/'"]|[245]\.\d{1,3}\.\d{1,3}(?!\d|\.\d)"""
"""Anything that clients put between the lines of a reply: blanks, line ends (also escaped), punctuation, quotes, and
the enhanced code of the next line."""


def reply_mismatch(diagnosis: Diagnosis, answer: Answer) -> str | None:
    """Explain how the answer differs from the remote's code and text. Return None if it reports them verbatim.

    The lines of a reply may be joined in any usual way, each with or without its codes.
    """
    remote = diagnosis.reply
    if remote is None:
        return None
    if answer.failure not in (None, Failure.REMOTE_REPLY):
        return f"the client named {answer.failure} where the host had answered {str(remote)!r}"
    said = f"{answer.reply or ''} {answer.text or ''}"
    for label, code in (("code", str(remote.code)), ("enhanced code", remote.enhanced)):
        if code is not None and not re.search(rf"(?<![\d.]){re.escape(code)}(?!\d|\.\d)", said):
            return f"the client did not pass on the host's own {label}, {code!r}"
    if _pattern(remote).search(said) is None:
        return f"the client did not pass on the host's own words, {' '.join(remote.text.split())!r}"
    if remote.enhanced is not None and answer.code not in (None, remote.enhanced):
        return f"the client gave {answer.code} where the host had said {remote.enhanced}"
    return None


def passes_on(diagnosis: Diagnosis, answer: Answer) -> bool:
    """Check whether the answer's status line is the remote's reply, whether or not it names a failure."""
    if answer.failure is not None or diagnosis.reply is None or answer.reply is None:
        return False
    return re.match(rf"{diagnosis.reply.code}(?:[ -]|$)", answer.reply) is not None


def _pattern(remote: SmtpReply) -> re.Pattern[str]:
    """Match the words of a reply, line by line."""
    lines = [r"\s+".join(re.escape(word) for word in line.split()) for line in remote.lines if line.strip()]
    return re.compile(rf"(?:{_JOINT}|{remote.code}(?![\d.])-?)*".join(lines))
