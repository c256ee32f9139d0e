"""Look-ups from a domain to its mail hosts, and from a host to its addresses (RFC 5321 5.1).

One given name server is asked. Answers are not cached, no search list is used and no file of the machine is read.
Look-ups raise dnspython's exceptions.
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
    """The domain declares that it accepts no mail (RFC 7505)."""


class NoAddress(dns.exception.DNSException):
    """The host exists and has no address."""


class LameDelegation(dns.exception.DNSException):
    """The name server has no answer and refers to others."""


class Resolver:
    """A resolver that asks one name server, over UDP, and over TCP after a truncated answer (RFC 7766)."""

    def __init__(self, settings: Settings) -> None:
        flags = dns.flags.RD
        if "dane" in settings.policies:
            flags |= dns.flags.AD  # ask whether the answer was verified
        self._server = NameServer(*settings.resolver, limit_s=settings.dns_s, flags=flags)
        self._secure: dict[tuple[str, str], bool] = {}
        self._canonical: dict[str, str] = {}

    def is_secure(self, name: str, *kinds: str) -> bool:
        """Return True if the last answers of these kinds were verified by DNSSEC (AD): all there were, at least one."""
        flags = [self._secure[name, kind] for kind in kinds if (name, kind) in self._secure]
        return bool(flags) and all(flags)

    def canonical(self, name: str) -> str:
        """Return the name that the aliases of a name led to at its last look-up, or the name itself."""
        return self._canonical.get(name, name)

    async def mail_exchangers(self, domain: str) -> tuple[str, ...]:
        """Look up the mail hosts of a domain, most preferred first; without MX records, the domain itself.

        Names of one preference keep the order of the answer. RFC 5321 5.1 wants them shuffled, but then runs would
        differ. Raises NullMx, DNSException.
        """
        found = await self.query(domain, "MX")
        if not found:
            return (domain,)
        records = sorted((record for record in found if isinstance(record, MX)), key=lambda record: record.preference)
        names = [record.exchange for record in records if record.exchange != dns.name.root]
        if not names:
            raise NullMx(f"{domain} takes no mail (null MX)")
        return tuple(dict.fromkeys(exchange.to_text(omit_final_dot=True) for exchange in names))

    async def addresses(self, name: str) -> tuple[MailHost, ...]:
        """Look up every address of a host, IPv6 first (RFC 6724 2.1).

        A and AAAA are asked for at once; one of them may fail. Raises DNSException if there is no address or both
        look-ups fail. 0.0.0.0 and :: do not count (RFC 6890).
        """
        answers = await asyncio.gather(self.query(name, "AAAA"), self.query(name, "A"), return_exceptions=True)
        found = chain.from_iterable(answer for answer in answers if isinstance(answer, tuple))
        if hosts := tuple(MailHost(name, str(record)) for record in found if str(record) not in _NOBODY):
            return hosts
        for error in answers:
            if isinstance(error, BaseException):
                raise error
        raise NoAddress(f"{name} has no address")  # type: ignore[no-untyped-call]

    async def query(self, name: str, kind: str) -> tuple[Rdata, ...]:
        """Look up the records of one kind; there may be none. Raises DNSException for anything but an answer."""
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
    """Return True if an empty answer is a referral, not a denial (RFC 2308 2.2: NS without SOA)."""
    kinds = {rrset.rdtype for rrset in response.authority}
    return dns.rdatatype.NS in kinds and dns.rdatatype.SOA not in kinds
