"""The reference client: one attempt at a message, all hosts in order, everything that goes wrong named.

A good delivery client, and the measure of the harness: it passes every scenario. What it decides stands in small
methods; the deliberately wrong clients of the tests each replace one of them.
"""

import ssl
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import TypeVar

import aiosmtplib

from mailfault.classify import Classified, classify
from mailfault.classify.classified import CONNECT, LOOKUP
from mailfault.codes.failure import Failure
from mailfault.reference_client.dane import TlsaFinder
from mailfault.reference_client.demand import Demand, PolicyError
from mailfault.reference_client.mta_sts import PolicyFinder, StsPolicy
from mailfault.reference_client.resolve import NullMx, Resolver
from mailfault.reference_client.result import Attempt, Result, Results
from mailfault.reference_client.session import Session
from mailfault.reference_client.settings import Clock, Envelope, MailHost, Settings
from mailfault.reference_client.tls import client_context
from mailfault_servers.smtp.reply import SmtpReply, Stage

T = TypeVar("T")


class ClearOnly(Exception):
    """TLS was optional and went wrong: this connection is spoilt, a new one may go on in clear."""


async def deliver(settings: Settings, envelope: Envelope, *, clock: Clock) -> Attempt:
    """Try to deliver once. Raises nothing that a network or a server can cause."""
    return await DeliveryClient(settings, clock=clock).deliver(envelope)


class DeliveryClient:
    """Delivers by one connector. Nothing is kept from one delivery to the next. Time limits are the event loop's."""

    def __init__(self, settings: Settings, *, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self._resolver: Resolver | None = None
        self._sts: StsPolicy | None = None
        """Of the domain that is being delivered to."""

    async def deliver(self, envelope: Envelope) -> Attempt:
        """One attempt. Raises only what no host can cause, such as OSError for a ca_file that cannot be read."""
        began = self.clock.now()
        domain = envelope.recipients[0].rpartition("@")[2]
        try:
            names = await self.find_hosts(domain)
            self._sts = await self.find_sts_policy(self.settings.smart_host or domain)
        except Exception as error:
            return Attempt(began=began, results=_for_all(envelope, self.result_of(error, LOOKUP, None)))
        results = await self.try_each(names, self.try_host, envelope)
        return Attempt(began=began, results={one: results[one] for one in envelope.recipients})

    # -- what it is made of -------------------------------------------------------------------------------------

    def resolver(self) -> Resolver:
        """Where names are looked up: one for all questions, since it knows which answers were verified."""
        if self._resolver is None:
            self._resolver = Resolver(self.settings)
        return self._resolver

    def policy_finder(self) -> PolicyFinder:
        """Where MTA-STS policies come from."""
        return PolicyFinder(resolver=self.resolver(), settings=self.settings)

    def tlsa_finder(self) -> TlsaFinder:
        """Where DANE's demands come from."""
        return TlsaFinder(resolver=self.resolver(), port=self.settings.port)

    def session(self, host: MailHost) -> Session:
        """A session with one host, not yet connected."""
        return Session(host, self.settings)

    def tls_context(self) -> ssl.SSLContext:
        """The context of one handshake: which certificates will do."""
        return client_context(self.settings)

    def demanded_context(self, demand: Demand) -> ssl.SSLContext:
        """The context of one handshake where a policy of the domain says which certificates will do."""
        return client_context(self.settings, verified=demand.verified)

    # -- which hosts, in what order -----------------------------------------------------------------------------

    async def find_hosts(self, domain: str) -> tuple[str, ...]:
        """The names of the hosts to try, most preferred first. Raises NullMx, DNSException."""
        if self.settings.route == "smart-host":
            return (str(self.settings.smart_host),)
        return await self.resolver().mail_exchangers(domain)

    async def try_host(self, name: str, envelope: Envelope) -> Results:
        """The addresses of one host. They are looked up only now: a host that is not needed is not asked about."""
        try:
            hosts = await self.resolver().addresses(name)
            demand = await self.demand_on(name, envelope.recipients[0].rpartition("@")[2])
        except Exception as error:
            return _for_all(envelope, self.result_of(error, LOOKUP, None))
        return await self.try_each([replace(host, demand=demand) for host in hosts], self.try_address, envelope)

    # -- what the domain's policies demand ------------------------------------------------------------------------

    async def find_sts_policy(self, domain: str) -> StsPolicy | None:
        """The MTA-STS policy in force for the recipients' domain; of a smart host, it is its own name that counts
        (RFC 8461 3.4)."""
        if "mta-sts" not in self.settings.policies:
            return None
        return await self.policy_finder().find(domain)

    async def demand_on(self, name: str, domain: str) -> Demand | None:
        """What policies demand of a host whose address was looked up; where there is DANE, MTA-STS has no say (RFC 8461
        2). Raises PolicyError where the host may not be used."""
        by_mx = self.settings.route == "mx"
        if "dane" in self.settings.policies and (not by_mx or self.tlsa_finder().is_secure(domain, "MX")):
            demand = await self.tlsa_finder().demand_on(name)
            if demand is not None:
                return demand
        if self._sts is None or not self._sts.is_enforced:
            return None
        if not self._sts.allows(name):
            raise PolicyError(f"{name} is none of the hosts that the MTA-STS policy names", code="4.4.8")
        return self._sts.demand

    async def try_each(
        self, places: Iterable[T], attempt: Callable[[T, Envelope], Awaitable[Results]], envelope: Envelope
    ) -> dict[str, Result]:
        """Each place in order, for the recipients that are still to be served (RFC 5321 5.1)."""
        results: dict[str, Result] = {}
        for place in places:
            waiting = tuple(one for one in envelope.recipients if one not in results or not self.is_final(results[one]))
            if not waiting:
                break
            latest = await attempt(place, replace(envelope, recipients=waiting))
            results |= {one: self.reported(results.get(one), result) for one, result in latest.items()}
        return results

    def is_final(self, result: Result) -> bool:
        """Whether no other host may be tried: delivered, given up, or perhaps delivered."""
        return result.outcome != "deferred" or result.possible_duplicate

    def reported(self, earlier: Result | None, latest: Result) -> Result:
        """Which of two results counts: the latest (Exchange and Postfix do so), unless no host was reached for then."""
        if earlier is None:
            return latest
        passed_over = latest.host is None and earlier.host is not None
        return earlier if passed_over or latest.failure is Failure.DNS_QUERY_FAILED else latest

    # -- one address of one host --------------------------------------------------------------------------------

    async def try_address(self, host: MailHost, envelope: Envelope) -> Results:
        """One session, and a second one in clear where optional TLS spoilt the first (RFC 7435)."""
        try:
            wanted = self.settings.tls != "none" or host.demand is not None
            return await self.converse(host, envelope, encrypt=wanted)
        except ClearOnly:
            return await self.converse(host, envelope, encrypt=False)

    async def converse(self, host: MailHost, envelope: Envelope, *, encrypt: bool) -> Results:
        """One connection, and what came of it for each recipient. Raises ClearOnly."""
        context = self.tls_context() if encrypt and host.demand is None else None
        session = self.session(host)
        try:
            try:
                await session.connect()
                await session.hello()
                if host.demand is not None:
                    await self.encrypt_as_demanded(session, host.demand, envelope)
                elif context is not None:
                    await self.encrypt(session, context)
            except ClearOnly:
                raise
            except Exception as error:
                results: Results = _for_all(envelope, self.result_of(error, session.stage, host))
            else:
                results = await self.transact(session, envelope)
            return await self.leave(session, results)
        finally:
            await session.hang_up()

    async def encrypt(self, session: Session, context: ssl.SSLContext) -> None:
        """TLS on this session, or not, as the policy allows. Raises ClearOnly, and what Session raises."""
        if "starttls" not in session.extensions:
            if self.clear_will_do():
                return
            session.stage = Stage.STARTTLS
            raise aiosmtplib.SMTPNotSupported(f"{session.host.name} does not offer STARTTLS, and TLS is demanded")
        try:
            await session.start_tls(context)
        except (aiosmtplib.SMTPException, OSError) as error:
            if not self.clear_will_do():
                raise
            if not session.in_step:
                raise ClearOnly from error
            return  # refused in so many words: the conversation goes on as it was (RFC 3207 4)
        try:
            await session.hello()
        except (aiosmtplib.SMTPException, OSError) as error:
            # With TLS 1.3 the server may refuse the handshake after the client's end of it is over (RFC 8446 4.4.2.4).
            if self.clear_will_do() and not session.in_step:
                raise ClearOnly from error
            raise

    async def encrypt_as_demanded(self, session: Session, demand: Demand, envelope: Envelope) -> None:
        """TLS on this session, and with whom the domain's policy says. Raises PolicyError, and what Session raises."""
        if "starttls" not in session.extensions:
            session.stage = Stage.STARTTLS
            name = session.host.name
            raise PolicyError(f"{name} does not offer STARTTLS, and {demand.what} demands it", code=demand.no_tls_code)
        await session.start_tls(self.demanded_context(demand))
        assert session.tls is not None
        names = (session.host.name, envelope.recipients[0].rpartition("@")[2])
        demand.check(session.tls, names=names, now=self.clock.now())
        await session.hello()

    def clear_will_do(self) -> bool:
        """Whether mail may go in clear where TLS cannot be had."""
        return self.settings.tls == "opportunistic"

    async def transact(self, session: Session, envelope: Envelope) -> Results:
        """MAIL, RCPT and DATA (RFC 5321 3.3). A recipient that was refused stays so, whatever becomes of the others."""
        refused: dict[str, Result] = {}
        try:
            await session.mail(envelope.sender, message=envelope.message, recipients=envelope.recipients)
            for one in envelope.recipients:
                try:
                    await session.recipient(one)
                except aiosmtplib.SMTPResponseException as error:
                    if not session.in_step or error.code < 400:
                        raise  # a 421, or what is no reply at all, concerns everyone
                    refused[one] = self.result_of(error, session.stage, session.host)
            if len(refused) == len(envelope.recipients):
                return refused
            await session.data()
            reply = await session.message(envelope.message)
        except Exception as error:
            others = self.result_of(error, session.stage, session.host)
        else:
            others = self.accepted(reply, session.host)
        return _for_all(envelope, others) | refused

    async def leave(self, session: Session, results: Results) -> Results:
        """Take leave of the host. What was to be said about the message has been said: the results stay as they are."""
        await session.leave()
        return results

    # -- what is made of what happened --------------------------------------------------------------------------

    def classify(self, error: Exception, stage: str) -> Classified | None:
        """The failure that an exception means at this stage; None where no host can have caused it."""
        if isinstance(error, NullMx):
            return Classified(failure=Failure.NO_MAIL_SERVICE, permanent=True, text=str(error))
        if isinstance(error, PolicyError):
            return Classified(failure=Failure.POLICY_FAILED, text=str(error))
        found = classify(error, stage=stage)
        if found is None and isinstance(error, OSError) and stage not in (LOOKUP, CONNECT):
            return Classified(failure=Failure.CONNECTION_CLOSED, text=str(error))  # the route was lost, for example
        return found

    def result_of(self, error: Exception, stage: str, host: MailHost | None) -> Result:
        """The result that an exception makes. Raises the exception itself where it is none of a delivery's failures."""
        found = self.classify(error, stage)
        if found is None:
            raise error
        if host is not None and host.demand is not None and found.failure is Failure.CERTIFICATE_INVALID:
            words = f"{host.demand.certificate_code} {host.demand.what} was not met: {found.text}"
            found = Classified(failure=Failure.POLICY_FAILED, text=words)
        result = Result(
            outcome="failed" if found.permanent else "deferred",
            failure=found.failure,
            reply=found.reply,
            text=found.reply.text if found.reply is not None else found.text,
            host=host,
        )
        return self.reply_lost(result) if stage == Stage.END_OF_DATA and found.reply is None else result

    def reply_lost(self, result: Result) -> Result:
        """The final dot went out and no reply came back: neither delivered nor refused (RFC 5321 6.1, RFC 1047)."""
        return replace(result, possible_duplicate=True, text=f"{result.text} (may be delivered twice)")

    def accepted(self, reply: SmtpReply, host: MailHost) -> Result:
        """The host has taken the message over."""
        return Result(outcome="delivered", reply=reply, text=reply.text, host=host)


def _for_all(envelope: Envelope, result: Result) -> dict[str, Result]:
    return dict.fromkeys(envelope.recipients, result)
