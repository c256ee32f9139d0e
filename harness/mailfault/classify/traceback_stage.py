"""The stage of a session, read from the library calls in an exception's traceback."""

from mailfault.classify.classified import CONNECT, TLS
from mailfault_servers.smtp.reply import Stage

_CALLS: dict[tuple[str, str], str] = {
    ("smtplib", "connect"): CONNECT,
    ("smtplib", "ehlo"): Stage.EHLO,
    ("smtplib", "helo"): Stage.EHLO,
    ("smtplib", "starttls"): Stage.STARTTLS,
    ("smtplib", "login"): Stage.OTHER,
    ("smtplib", "mail"): Stage.MAIL,
    ("smtplib", "rcpt"): Stage.RCPT,
    ("smtplib", "data"): Stage.DATA,
    ("smtplib", "rset"): Stage.RSET,
    ("smtplib", "quit"): Stage.QUIT,
    ("smtplib", "__exit__"): Stage.QUIT,
    ("aiosmtplib", "_create_connection"): CONNECT,
    ("aiosmtplib", "ehlo"): Stage.EHLO,
    ("aiosmtplib", "helo"): Stage.EHLO,
    ("aiosmtplib", "starttls"): Stage.STARTTLS,
    ("aiosmtplib", "login"): Stage.OTHER,
    ("aiosmtplib", "mail"): Stage.MAIL,
    ("aiosmtplib", "rcpt"): Stage.RCPT,
    ("aiosmtplib", "data"): Stage.DATA,
    ("aiosmtplib", "rset"): Stage.RSET,
    ("aiosmtplib", "quit"): Stage.QUIT,
    ("aiosmtplib", "start_tls"): TLS,
    ("ssl", "do_handshake"): TLS,
    ("asyncio", "start_tls"): TLS,
}
_WITHIN: dict[tuple[str, str, str], str] = {
    ("smtplib", "getreply", CONNECT): Stage.GREETING,
    ("aiosmtplib", "read_response", CONNECT): Stage.GREETING,
    ("aiosmtplib", "write", TLS): Stage.STARTTLS,
    ("aiosmtplib", "read_response", TLS): Stage.STARTTLS,
}
"""Calls that mean a stage only inside a call of a known stage."""
_PARTS_OF = {CONNECT: (Stage.GREETING,), Stage.STARTTLS: (TLS,)}
"""Stages that are part of another: a caller that records calls alone knows only the outer one."""


def traceback_stage(error: BaseException, stage: str | None) -> str | None:
    """Return the stage at which an exception was raised: that of the innermost known call, or else `stage`.

    A known stage is only refined (`connect` to `greeting`, `starttls` to `tls`), never replaced.
    """
    innermost = stage
    step = error.__traceback__
    while step is not None:
        library = str(step.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        call = step.tb_frame.f_code.co_name
        found = _CALLS.get((library, call)) or (
            _WITHIN.get((library, call, innermost)) if innermost is not None else None
        )
        if found is not None and (stage is None or found == stage or found in _PARTS_OF.get(stage, ())):
            innermost = found
        step = step.tb_next
    return innermost
