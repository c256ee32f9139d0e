"""From a connector or a domain to the hosts to try, in order (RFC 5321 5.1). Asks the one given name server only."""

from collections.abc import Sequence

import dns.asyncresolver
import dns.exception
import dns.message
import dns.name
import dns.rdatatype
import dns.resolver
from dns.rdtypes.ANY.MX import MX

from harness.reference_client.settings import MailHost, Settings


class NullMx(Exception):
    """The domain says that it takes no mail (RFC 7505)."""


class Resolver:
    """Looks up mail hosts. Nothing is kept from one delivery to the next, no search list is used, no file is read."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._resolver = dns.asyncresolver.Resolver(configure=False)
        self._resolver.nameservers = [settings.resolver[0]]
        self._resolver.port = settings.resolver[1]
        self._resolver.timeout = settings.dns_s
        self._resolver.lifetime = settings.dns_s

    async def hosts(self, domain: str) -> tuple[MailHost, ...]:
        """The hosts for mail to `domain`, most preferred first; by way of the smart host, its addresses.

        Raises NullMx, or dns.exception.DNSException where no host can be had.
        """
        if self._settings.route == "smart-host":
            assert self._settings.smart_host is not None
            return await self.addresses(self._settings.smart_host)
        return await self._addresses_of_any(await self.mail_exchangers(domain))

    async def mail_exchangers(self, domain: str) -> tuple[str, ...]:
        """The names that the domain's MX records point to; the domain itself where it has none (the implicit MX)."""
        try:
            answer = await self._resolver.resolve(domain, "MX", search=False)
        except dns.resolver.NoAnswer as error:
            if not _is_authoritative(error):
                raise
            return (domain,)
        records = sorted((one for one in answer if isinstance(one, MX)), key=lambda one: one.preference)
        if len(records) == 1 and records[0].exchange == dns.name.root:
            raise NullMx(f"{domain} takes no mail (null MX)")
        return tuple(one.exchange.to_text(omit_final_dot=True) for one in records)

    async def _addresses_of_any(self, names: Sequence[str]) -> tuple[MailHost, ...]:
        found: list[MailHost] = []
        failed: dns.exception.DNSException | None = None
        for name in names:
            try:
                found += await self.addresses(name)
            except dns.exception.DNSException as error:
                failed = error  # one host's trouble does not matter while another can be found
        if not found and failed is not None:
            raise failed
        return tuple(found)

    async def addresses(self, name: str) -> tuple[MailHost, ...]:
        """Every address of a host, A before AAAA. Raises DNSException where it has none, or none can be had."""
        found: list[MailHost] = []
        failed: dns.exception.DNSException | None = None
        for kind in ("A", "AAAA"):
            try:
                answer = await self._resolver.resolve(name, kind, search=False)
                found += [MailHost(name, str(one)) for one in answer]
            except dns.resolver.NXDOMAIN:
                raise  # there is nothing of any type at this name (RFC 8020)
            except dns.exception.DNSException as error:
                failed = failed or error
        if not found and failed is not None:
            raise failed
        return tuple(found)


def _is_authoritative(error: dns.resolver.NoAnswer) -> bool:
    """Whether "no MX" was said by somebody who knows. A referral upwards says nothing (RFC 2308 2.2)."""
    response: dns.message.Message = error.response()  # type: ignore[no-untyped-call]
    return not any(one.rdtype == dns.rdatatype.NS for one in response.authority)
