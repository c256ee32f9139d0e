"""The reference client: one attempt at a message, all hosts in order, every failure named.

A good delivery client, and the measure of the harness: it passes every scenario. Small methods make its decisions; the
deliberately wrong clients of the tests each replace one of them.
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
    """Optional TLS failed: this connection is unusable, a new one may go on in clear."""


async def deliver(settings: Settings, envelope: Envelope, *, clock: Clock) -> Attempt:
    """Try to deliver once. Network and server errors are never raised."""
    return await DeliveryClient(settings, clock=clock).deliver(envelope)


class DeliveryClient:
    """A client of one connector. It keeps nothing from one delivery to the next. Time limits are the event loop's."""

    def __init__(self, settings: Settings, *, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self._resolver: Resolver | None = None
        self._sts: StsPolicy | None = None
        """Policy of the domain that is being delivered to."""

    async def deliver(self, envelope: Envelope) -> Attempt:
        """Make one attempt. Raises only errors that no host can cause, such as OSError for an unreadable ca_file."""
        began = self.clock.now()
        domain = envelope.recipients[0].rpartition("@")[2]
        try:
            names = await self.find_hosts(domain)
            self._sts = await self.find_sts_policy(self.settings.smart_host or domain)
        except Exception as error:
            return Attempt(began=began, results=_for_all(envelope, self.result_of(error, LOOKUP, None)))
        results = await self.try_each(names, self.try_host, envelope)
        return Attempt(began=began, results={recipient: results[recipient] for recipient in envelope.recipients})

    # -- parts -------------------------------------------------------------------------------------------------

    def resolver(self) -> Resolver:
        """Return the one resolver of this client: it remembers which answers were verified."""
        if self._resolver is None:
            self._resolver = Resolver(self.settings)
        return self._resolver

    def policy_finder(self) -> PolicyFinder:
        """Make a finder of MTA-STS policies."""
        return PolicyFinder(resolver=self.resolver(), settings=self.settings)

    def tlsa_finder(self) -> TlsaFinder:
        """Make a finder of TLSA records."""
        return TlsaFinder(resolver=self.resolver(), port=self.settings.port)

    def session(self, host: MailHost) -> Session:
        """Make a session with one host, not yet connected."""
        return Session(host, self.settings)

    def tls_context(self) -> ssl.SSLContext:
        """Make the context of one handshake: it says which certificates are accepted."""
        return client_context(self.settings)

    def demanded_context(self, demand: Demand) -> ssl.SSLContext:
        """Make the context of one handshake if a policy of the domain says which certificates are accepted."""
        return client_context(self.settings, verified=demand.verified)

    # -- which hosts, in what order -----------------------------------------------------------------------------

    async def find_hosts(self, domain: str) -> tuple[str, ...]:
        """Find the names of the hosts to try, most preferred first. Raises NullMx, DNSException."""
        if self.settings.route == "smart-host":
            return (str(self.settings.smart_host),)
        return await self.resolver().mail_exchangers(domain)

    async def try_host(self, name: str, envelope: Envelope) -> Results:
        """Try the addresses of one host. They are looked up only now: hosts that are not needed cause no query."""
        try:
            hosts = await self.resolver().addresses(name)
            demand = await self.demand_on(name, envelope.recipients[0].rpartition("@")[2])
        except Exception as error:
            return _for_all(envelope, self.result_of(error, LOOKUP, None))
        return await self.try_each([replace(host, demand=demand) for host in hosts], self.try_address, envelope)

    # -- policies of the domain -----------------------------------------------------------------------------------

    async def find_sts_policy(self, domain: str) -> StsPolicy | None:
        """Find the MTA-STS policy in force for the recipients' domain, or for the name of the smart host (RFC 8461
        3.4)."""
        if "mta-sts" not in self.settings.policies:
            return None
        return await self.policy_finder().find(domain)

    async def demand_on(self, name: str, domain: str) -> Demand | None:
        """Find the demands of policies on a host whose address was looked up. DANE overrides MTA-STS (RFC 8461 2).

        Raises PolicyError if the host may not be used."""
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
        """Try each place in order, for the recipients that are still to be served (RFC 5321 5.1)."""
        results: dict[str, Result] = {}
        for place in places:
            waiting = tuple(
                recipient
                for recipient in envelope.recipients
                if recipient not in results or not self.is_final(results[recipient])
            )
            if not waiting:
                break
            latest = await attempt(place, replace(envelope, recipients=waiting))
            results |= {
                recipient: self.reported(results.get(recipient), result) for recipient, result in latest.items()
            }
        return results

    def is_final(self, result: Result) -> bool:
        """Return True if no other host may be tried: the mail was delivered, refused, or perhaps delivered."""
        return result.outcome != "deferred" or result.possible_duplicate

    def reported(self, earlier: Result | None, latest: Result) -> Result:
        """Choose between two results: the latest (as Exchange and Postfix do), unless it reached no host."""
        if earlier is None:
            return latest
        passed_over = latest.host is None and earlier.host is not None
        return earlier if passed_over or latest.failure is Failure.DNS_QUERY_FAILED else latest

    # -- one address of one host --------------------------------------------------------------------------------

    async def try_address(self, host: MailHost, envelope: Envelope) -> Results:
        """Hold one session, and a second one in clear if optional TLS spoilt the first (RFC 7435)."""
        try:
            wanted = self.settings.tls != "none" or host.demand is not None
            return await self.converse(host, envelope, encrypt=wanted)
        except ClearOnly:
            return await self.converse(host, envelope, encrypt=False)

    async def converse(self, host: MailHost, envelope: Envelope, *, encrypt: bool) -> Results:
        """Deliver over one connection; return a result for each recipient. Raises ClearOnly."""
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
        """Start TLS, or go on in clear if the connector allows it. Raises ClearOnly and the exceptions of Session."""
        if "starttls" not in session.extensions:
            if self.is_clear_allowed():
                return
            session.stage = Stage.STARTTLS
            raise aiosmtplib.SMTPNotSupported(f"{session.host.name} does not offer STARTTLS, and TLS is demanded")
        try:
            await session.start_tls(context)
        except (aiosmtplib.SMTPException, OSError) as error:
            if not self.is_clear_allowed():
                raise
            if not session.is_in_step:
                raise ClearOnly from error
            return  # refused by a reply: the session goes on in clear (RFC 3207 4)
        try:
            await session.hello()
        except (aiosmtplib.SMTPException, OSError) as error:
            # With TLS 1.3 the server may refuse the handshake after the client has finished it (RFC 8446 4.4.2.4).
            if self.is_clear_allowed() and not session.is_in_step:
                raise ClearOnly from error
            raise

    async def encrypt_as_demanded(self, session: Session, demand: Demand, envelope: Envelope) -> None:
        """Start TLS with a host that meets the demand. Raises PolicyError and the exceptions of Session."""
        if "starttls" not in session.extensions:
            session.stage = Stage.STARTTLS
            name = session.host.name
            raise PolicyError(f"{name} does not offer STARTTLS, and {demand.what} demands it", code=demand.no_tls_code)
        await session.start_tls(self.demanded_context(demand))
        assert session.tls is not None
        names = (session.host.name, envelope.recipients[0].rpartition("@")[2])
        demand.check(session.tls, names=names, now=self.clock.now())
        await session.hello()

    def is_clear_allowed(self) -> bool:
        """Return True if mail may be sent in clear when TLS is not available."""
        return self.settings.tls == "opportunistic"

    async def transact(self, session: Session, envelope: Envelope) -> Results:
        """Send MAIL, RCPT and DATA (RFC 5321 3.3). A refused recipient keeps its result, whatever the others get."""
        refused: dict[str, Result] = {}
        try:
            await session.mail(envelope.sender, message=envelope.message, recipients=envelope.recipients)
            for recipient in envelope.recipients:
                try:
                    await session.recipient(recipient)
                except aiosmtplib.SMTPResponseException as error:
                    if not session.is_in_step or error.code < 400:
                        raise  # a 421 or a malformed reply concerns everyone
                    others_taken = len(refused) < envelope.recipients.index(recipient)
                    refused[recipient] = self.refusal_of(error, session.host, others_taken=others_taken)
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
        """Quit the session. The results stay as they are: the replies about the message came before."""
        await session.leave()
        return results

    # -- results ------------------------------------------------------------------------------------------------

    def classify(self, error: Exception, stage: str) -> Classified | None:
        """Classify an exception at this stage. Return None if no host can have caused it."""
        if isinstance(error, NullMx):
            return Classified(failure=Failure.NO_MAIL_SERVICE, permanent=True, text=str(error))
        if isinstance(error, PolicyError):
            return Classified(failure=Failure.POLICY_FAILED, text=str(error))
        found = classify(error, stage=stage)
        if found is None and isinstance(error, OSError) and stage not in (LOOKUP, CONNECT):
            return Classified(failure=Failure.CONNECTION_CLOSED, text=str(error))  # the route was lost, for example
        return found

    def result_of(self, error: Exception, stage: str, host: MailHost | None) -> Result:
        """Make a result of an exception. Raises the exception itself if no host can have caused it."""
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

    def refusal_of(self, error: aiosmtplib.SMTPResponseException, host: MailHost, *, others_taken: bool) -> Result:
        """Make the result of a recipient that was refused. One that is one too many for this transaction is kept."""
        result = self.result_of(error, Stage.RCPT, host)
        found = classify(error, stage=Stage.RCPT, others_taken=others_taken)
        is_one_too_many = others_taken and error.code >= 500 and found is not None and not found.permanent
        return replace(result, outcome="deferred") if is_one_too_many else result

    def reply_lost(self, result: Result) -> Result:
        """Mark a result as a possible duplicate: the final dot was sent and no reply came (RFC 5321 6.1, RFC 1047)."""
        return replace(result, possible_duplicate=True, text=f"{result.text} (may be delivered twice)")

    def accepted(self, reply: SmtpReply, host: MailHost) -> Result:
        """Make the result of a message that the host accepted."""
        return Result(outcome="delivered", reply=reply, text=reply.text, host=host)


def _for_all(envelope: Envelope, result: Result) -> dict[str, Result]:
    return dict.fromkeys(envelope.recipients, result)
