"""`smtplib`: Python's own SMTP library, used as its documentation shows.

Its exceptions carry neither stage nor host, so the adapter records both. Its account of a failure is not corrected: it
reports time-outs, and a 421 at EHLO, as "unexpectedly closed".
"""

import contextlib
import platform
import smtplib
import socket
from typing import Any

from mailfault.classify.classified import CONNECT, TLS
from mailfault.clients.library.callable_client import callable_adapter
from mailfault.clients.library.exception_answer import partly_refused
from mailfault.clients.library.mail_hosts import (
    HELLO_NAME,
    MailHost,
    Tried,
    deliver_in_order,
    mail_options,
    tried_and_failed,
)
from mailfault.clients.library.tls_context import client_context
from mailfault.contract import Answer, Target, TlsPolicy
from mailfault_servers.smtp.reply import Stage

_STAGES = {
    "ehlo": Stage.EHLO,
    "helo": Stage.EHLO,
    "starttls": Stage.STARTTLS,
    "mail": Stage.MAIL,
    "rcpt": Stage.RCPT,
    "data": Stage.DATA,
}


class _Session(smtplib.SMTP):
    """smtplib.SMTP that connects to an address, checks the certificate against a name, and records its stage."""

    def __init__(self, host: MailHost, target: Target) -> None:
        super().__init__(local_hostname=HELLO_NAME, timeout=target.limits.connect_s)
        self._host = host.name  # starttls() checks the certificate against it; connect() does not set it
        self._command_s = target.limits.command_s
        self.stage: str = CONNECT

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connected = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        assert isinstance(connected, socket.socket)
        connected.settimeout(self._command_s)
        self.stage = Stage.GREETING
        return connected

    def putcmd(self, cmd: str, args: str = "") -> None:
        self.stage = _STAGES.get(cmd.partition(" ")[0].lower(), self.stage)
        super().putcmd(cmd, args)

    def getreply(self) -> tuple[int, bytes]:
        code, words = super().getreply()
        if self.stage == Stage.STARTTLS and code == 220:
            self.stage = TLS
        return code, words

    def send(self, s: Any) -> None:
        super().send(s)
        if self.stage == Stage.DATA and isinstance(s, (bytes, bytearray)):
            self.stage = Stage.END_OF_DATA  # data() sends its command as str, the message with its final dot as bytes


class _NoTls(Exception):
    """STARTTLS failed at a host that offers it, and left the connection unusable."""


def deliver(target: Target) -> Answer:
    """Deliver with smtplib, one host after another. Raises Unsupported."""
    return deliver_in_order(target, lambda host: _deliver_to(host, target))


def _deliver_to(host: MailHost, target: Target) -> Tried:
    try:
        return _converse(host, target, encrypt=target.tls is not TlsPolicy.NONE)
    except _NoTls:  # opportunistic: in clear rather than not at all (RFC 7435)
        return _converse(host, target, encrypt=False)


def _converse(host: MailHost, target: Target, *, encrypt: bool) -> Tried:
    session = _Session(host, target)
    try:
        code, words = session.connect(host.address, target.smtp_port)
        if code != 220:  # as the constructor does if it connects itself
            raise smtplib.SMTPConnectError(code, words)
        if encrypt:
            _encrypt(session, target)
        refused = session.sendmail(target.sender, target.recipients, target.message, mail_options=mail_options(target))
        tried = Tried(partly_refused(target.recipients, refused, server=host.server), final=True)
        _leave(session)
    except OSError as error:  # smtplib's and ssl's own exceptions included
        tried = tried_and_failed(error, stage=session.stage, host=host)
        if isinstance(error, smtplib.SMTPException):
            _leave(session)
    finally:
        session.close()
    return tried


def _encrypt(session: _Session, target: Target) -> None:
    session.ehlo_or_helo_if_needed()
    if target.tls is not TlsPolicy.OPPORTUNISTIC:
        session.starttls(context=client_context(target))
    elif session.has_extn("starttls"):
        try:
            session.starttls(context=client_context(target))
        except smtplib.SMTPResponseException:
            pass  # the host refused by a reply: go on in clear
        except OSError as error:
            raise _NoTls from error


def _leave(session: _Session) -> None:
    """Send QUIT if the connection is open. Its failure does not matter."""
    with contextlib.suppress(OSError):
        session.quit()


ADAPTER = callable_adapter(
    "smtplib",
    "Python's own SMTP library, with dnspython for the lookups",
    deliver=deliver,
    title=lambda: f"smtplib ({platform.python_implementation()} {platform.python_version()})",
    version=platform.python_version,
)
