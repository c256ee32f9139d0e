"""`aiosmtplib`: the asyncio SMTP library, used as its documentation shows.

Its exceptions carry neither stage nor host, so the adapter records both.
"""

import asyncio
import importlib.metadata
import platform
from typing import Any

import aiosmtplib

from mailfault.classify.classified import CONNECT
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


class _Session(aiosmtplib.SMTP):
    """aiosmtplib.SMTP that records its stage."""

    def __init__(self, host: MailHost, target: Target) -> None:
        limits = target.limits
        super().__init__(
            hostname=host.address,
            port=target.smtp_port,
            local_hostname=HELLO_NAME,
            # One limit covers connection, greeting and each reply: the longer one, so that no honest host is cut off.
            timeout=max(limits.connect_s, limits.command_s),
            start_tls=False,
        )
        self.stage: str = CONNECT

    def close(self) -> None:
        transport = self.transport
        if not isinstance(transport, asyncio.WriteTransport) or transport.get_extra_info("ssl_object") is None:
            super().close()
        elif transport.is_closing():  # a second close() would find nothing to abort (Python 3.11.2)
            transport.abort()
            super().close()
        else:
            super().close()
            # A TLS transport waits for the other side before it closes; this loop ends with the delivery.
            transport.abort()

    async def ehlo(self, **settings: Any) -> aiosmtplib.SMTPResponse:
        self.stage = Stage.EHLO
        return await super().ehlo(**settings)

    async def mail(self, sender: str, /, **settings: Any) -> aiosmtplib.SMTPResponse:
        self.stage = Stage.MAIL
        return await super().mail(sender, **settings)

    async def rcpt(self, recipient: str, /, **settings: Any) -> aiosmtplib.SMTPResponse:
        self.stage = Stage.RCPT
        return await super().rcpt(recipient, **settings)

    async def data(self, message: str | bytes, /, **settings: Any) -> aiosmtplib.SMTPResponse:
        # One call sends the command and the message, so a lost reply may be the reply to the final dot.
        self.stage = Stage.END_OF_DATA
        return await super().data(message, **settings)


class _NoTls(Exception):
    """STARTTLS failed at a host that offers it, and left the connection unusable."""


def deliver(target: Target) -> Answer:
    """Deliver with aiosmtplib, one host after another, each on its own loop. Raises Unsupported."""
    return deliver_in_order(target, lambda host: asyncio.run(_deliver_to(host, target)))


async def _deliver_to(host: MailHost, target: Target) -> Tried:
    try:
        return await _converse(host, target, encrypt=target.tls is not TlsPolicy.NONE)
    except _NoTls:  # opportunistic: in clear rather than not at all (RFC 7435)
        return await _converse(host, target, encrypt=False)


async def _converse(host: MailHost, target: Target, *, encrypt: bool) -> Tried:
    session = _Session(host, target)
    try:
        async with session:
            if encrypt:
                await _encrypt(session, host, target)
            options = mail_options(target)
            refused, _ = await session.sendmail(target.sender, target.recipients, target.message, mail_options=options)
    except (aiosmtplib.SMTPException, OSError) as error:
        return tried_and_failed(error, stage=session.stage, host=host)
    return Tried(partly_refused(target.recipients, refused, server=host.server), final=True)


async def _encrypt(session: _Session, host: MailHost, target: Target) -> None:
    try:
        await session.ehlo()
    except aiosmtplib.SMTPHeloError:
        if not session.is_connected:  # the library hangs up at a 421
            raise
        await session.helo()
    optional = target.tls is TlsPolicy.OPPORTUNISTIC
    if optional and not session.supports_extension("starttls"):
        return
    session.stage = Stage.STARTTLS
    try:
        await session.starttls(server_hostname=host.name, tls_context=client_context(target))
    except aiosmtplib.SMTPResponseException:
        if not optional:
            raise
        # the host refused by a reply: go on in clear
    except (aiosmtplib.SMTPException, OSError) as error:
        if not optional:
            raise
        raise _NoTls from error


def _version() -> str:
    return importlib.metadata.version("aiosmtplib")


ADAPTER = callable_adapter(
    "aiosmtplib",
    "the asyncio SMTP library, with dnspython for the lookups",
    deliver=deliver,
    title=lambda: f"aiosmtplib {_version()} ({platform.python_implementation()} {platform.python_version()})",
    version=_version,
)
