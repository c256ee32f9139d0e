"""The reference client: one attempt at a message, all hosts in order, everything that goes wrong named.

A good delivery client, and the measure of the harness: it passes every scenario. What it decides stands in small
methods of `DeliveryClient` and `Session`; the deliberately wrong clients of the tests each replace one of them.
"""

from dataclasses import replace

import aiosmtplib
import dns.exception

from fake_servers.smtp.reply import SmtpReply
from harness.classify import Classified, classify
from harness.classify.classified import LOOKUP
from harness.codes.failure import Failure
from harness.reference_client.resolve import NullMx, Resolver
from harness.reference_client.result import Attempt, Result, Results
from harness.reference_client.session import ClearOnly, Session, TlsUnavailable
from harness.reference_client.settings import Clock, Envelope, MailHost, Settings


async def deliver(settings: Settings, envelope: Envelope, *, clock: Clock) -> Attempt:
    """Try to deliver once. Raises nothing that a network or a server can cause."""
    return await DeliveryClient(settings, clock=clock).deliver(envelope)


class DeliveryClient:
    """Delivers by one connector."""

    def __init__(self, settings: Settings, *, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock

    async def deliver(self, envelope: Envelope) -> Attempt:
        """One attempt: look up the hosts, try them in order, report the last one tried (Exchange and Postfix do)."""
        began = self.clock.now()
        try:
            hosts = await self.find_hosts(envelope)
        except NullMx as error:
            result = Result(outcome="failed", failure=Failure.NO_MAIL_SERVICE, text=str(error))
            return Attempt(began=began, results=dict.fromkeys(envelope.recipients, result))
        except (dns.exception.DNSException, OSError) as error:
            result = self.result_of(error, LOOKUP, None)
            return Attempt(began=began, results=dict.fromkeys(envelope.recipients, result))
        return Attempt(began=began, results=await self.try_hosts(hosts, envelope))

    async def find_hosts(self, envelope: Envelope) -> tuple[MailHost, ...]:
        """The hosts to try, most preferred first."""
        return await Resolver(self.settings).hosts(envelope.recipients[0].rpartition("@")[2])

    async def try_hosts(self, hosts: tuple[MailHost, ...], envelope: Envelope) -> Results:
        """Each host in order, for the recipients that are still to be served."""
        results: dict[str, Result] = {}
        waiting = envelope.recipients
        for host in hosts:
            results.update(await self.try_host(host, replace(envelope, recipients=waiting)))
            waiting = tuple(one for one in waiting if not self.is_final(results[one]))
            if not waiting:
                break
        return results

    def is_final(self, result: Result) -> bool:
        """Whether no other host may be tried: delivered, given up, or perhaps delivered."""
        return result.outcome != "deferred" or result.possible_duplicate

    async def try_host(self, host: MailHost, envelope: Envelope) -> Results:
        """One host, on a second connection in clear where optional TLS spoilt the first (RFC 7435)."""
        try:
            return await self.converse(host, envelope, encrypt=self.settings.tls != "none")
        except ClearOnly:
            return await self.converse(host, envelope, encrypt=False)

    async def converse(self, host: MailHost, envelope: Envelope, *, encrypt: bool) -> Results:
        """One connection, and what came of it for each recipient. Raises ClearOnly."""
        session = self.session(host)
        try:
            replies = await session.converse(envelope, encrypt=encrypt)
        except TlsUnavailable as error:
            result = self.tls_missing(str(error), host)
            return dict.fromkeys(envelope.recipients, result)
        except (aiosmtplib.SMTPException, OSError, EOFError) as error:
            result = self.result_of(error, session.stage, host)
            if result.outcome == "deferred" and session.message_sent:
                result = self.reply_lost(result)
            return dict.fromkeys(envelope.recipients, result)
        return {recipient: self.result_of_reply(reply, host) for recipient, reply in replies.items()}

    def session(self, host: MailHost) -> Session:
        return Session(host, self.settings)

    # -- what is made of what happened --------------------------------------------------------------------------

    def classify(self, error: BaseException, stage: str) -> Classified:
        """The failure that an exception means; what is not known at all is a connection that broke."""
        found = classify(error, stage=stage)
        return found if found is not None else Classified(failure=Failure.CONNECTION_CLOSED, text=repr(error))

    def result_of(self, error: BaseException, stage: str, host: MailHost | None) -> Result:
        found = self.classify(error, stage)
        return Result(
            outcome="failed" if found.permanent else "deferred",
            failure=found.failure,
            reply=found.reply,
            text=found.text,
            host=host,
        )

    def result_of_reply(self, reply: SmtpReply, host: MailHost) -> Result:
        """2xx: delivered. 4xx: try again. 5xx: give up. The remote's words are passed on (RFC 5321 4.2.1)."""
        if reply.is_positive:
            return Result(outcome="delivered", reply=reply, host=host)
        outcome = "failed" if reply.code >= 500 else "deferred"
        return Result(outcome=outcome, failure=Failure.REMOTE_REPLY, reply=reply, text=reply.text, host=host)  # type: ignore[arg-type]

    def tls_missing(self, text: str, host: MailHost) -> Result:
        """TLS is required and not offered: no session for mail came of the connection."""
        return Result(outcome="deferred", failure=Failure.CANNOT_CONNECT, text=text, host=host)

    def reply_lost(self, result: Result) -> Result:
        """The final dot went out and no reply came back: neither delivered nor refused (RFC 5321 6.1, RFC 1047)."""
        return replace(result, possible_duplicate=True, text=f"{result.text} (may be delivered twice)")
