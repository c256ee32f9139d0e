"""From a domain to the hosts that take its mail, and from a host to its addresses (RFC 5321 5.1).

One given name server is asked. No answer is kept from one question to the next, no search list is used and no file of
the machine is read. Look-ups raise dnspython's exceptions.
"""

import asyncio
from itertools import chain

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rdataclass
import dns.rdatatype
import dns.resolver
from dns.rdata import Rdata
from dns.rdtypes.ANY.MX import MX

from mailfault.reference_client.name_server import NameServer
from mailfault.reference_client.settings import MailHost, Settings

_NOBODY = ("0.0.0.0", "::")


class NullMx(Exception):
    """The domain says that it takes no mail (RFC 7505)."""


class NoAddress(dns.exception.DNSException):
    """The host exists and has no address."""


class LameDelegation(dns.exception.DNSException):
    """The name server does not know, and refers to others."""


class Resolver:
    """Asks one name server, over UDP, and over TCP where the answer is too long for that (RFC 7766)."""

    def __init__(self, settings: Settings) -> None:
        flags = dns.flags.RD
        if "dane" in settings.policies:
            flags |= dns.flags.AD  # asks for the word that an answer was verified
        self._server = NameServer(*settings.resolver, limit_s=settings.dns_s, flags=flags)
        self._secure: dict[tuple[str, str], bool] = {}
        self._canonical: dict[str, str] = {}

    def is_secure(self, name: str, *kinds: str) -> bool:
        """Whether the last answers of these kinds were verified by DNSSEC (AD): those that there were, and at least
        one."""
        said = [self._secure[name, kind] for kind in kinds if (name, kind) in self._secure]
        return bool(said) and all(said)

    def canonical(self, name: str) -> str:
        """Where the aliases of a name led when it was looked up last; the name itself where it has none."""
        return self._canonical.get(name, name)

    async def mail_exchangers(self, domain: str) -> tuple[str, ...]:
        """The names that the domain's MX records point to, most preferred first; the domain itself where it has none.

        Names of one preference stay in the order of the answer: RFC 5321 5.1 wants them shuffled, but then no run would
        be like another. Raises NullMx, DNSException.
        """
        found = await self.query(domain, "MX")
        if not found:
            return (domain,)
        records = sorted((one for one in found if isinstance(one, MX)), key=lambda one: one.preference)
        names = [one.exchange for one in records if one.exchange != dns.name.root]
        if not names:
            raise NullMx(f"{domain} takes no mail (null MX)")
        return tuple(dict.fromkeys(one.to_text(omit_final_dot=True) for one in names))

    async def addresses(self, name: str) -> tuple[MailHost, ...]:
        """Every address of a host, IPv6 first (RFC 6724 2.1).

        Both kinds are asked for at once, and that one cannot be had does not matter while there is the other. Raises
        DNSException where the host has no address, or none can be had. 0.0.0.0 and :: are nobody's (RFC 6890).
        """
        answers = await asyncio.gather(self.query(name, "AAAA"), self.query(name, "A"), return_exceptions=True)
        found = chain.from_iterable(one for one in answers if isinstance(one, tuple))
        if hosts := tuple(MailHost(name, str(one)) for one in found if str(one) not in _NOBODY):
            return hosts
        for error in answers:
            if isinstance(error, BaseException):
                raise error
        raise NoAddress(f"{name} has no address")  # type: ignore[no-untyped-call]

    async def query(self, name: str, kind: str) -> tuple[Rdata, ...]:
        """The records of one kind; none where the name has none of it. Raises DNSException for all but an answer."""
        asked = dns.name.from_text(name)
        response = await self._server.ask(asked, kind)
        answer = dns.resolver.Answer(asked, dns.rdatatype.from_text(kind), dns.rdataclass.IN, response)  # type: ignore[arg-type]
        if answer.rrset is None and _is_referral(answer.response):
            raise LameDelegation(  # type: ignore[no-untyped-call]
                f"{kind} of {name}: the name server does not know, and refers to others"
            )
        self._secure[name, kind] = bool(answer.response.flags & dns.flags.AD)
        self._canonical[name] = answer.canonical_name.to_text(omit_final_dot=True)
        return tuple(answer.rrset or ())


def _is_referral(response: dns.message.Message) -> bool:
    """Whether an empty answer is no statement that there is no such record (RFC 2308 2.2: NS without SOA)."""
    kinds = {one.rdtype for one in response.authority}
    return dns.rdatatype.NS in kinds and dns.rdatatype.SOA not in kinds
