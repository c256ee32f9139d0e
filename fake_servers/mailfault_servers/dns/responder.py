"""Honest answers: a query and a zone in, an answer out (RFC 1034 4.3.2, RFC 2308). Pure."""

from dnslib import EDNS0, QTYPE, RCODE, RD, RR, SOA, DNSRecord

from mailfault_servers.dns.zone import Record, Zone, normal_name

_MOST_ALIASES = 8
NEGATIVE_TTL = 60
_DO = 0x8000
"""DNSSEC OK, among the flags in the TTL of an OPT record (RFC 6891 6.1.3)."""
EDNS_SIZE = 1232
"""The UDP payload that this server offers (DNS flag day 2020)."""


def honest_answer(zone: Zone, request: DNSRecord) -> DNSRecord:
    """Return the answer of an honest, authoritative name server."""
    answer = request.reply(ra=1, aa=1)
    if _edns_size(request) is not None:
        answer.add_ar(EDNS0(udp_len=EDNS_SIZE))
    answer.header.ad = int(zone.signed and _wants_authenticity(request))
    name = normal_name(str(request.q.qname))
    wanted = str(QTYPE[request.q.qtype])
    if not zone.is_authority_for(name):
        answer.header.aa = 0
        answer.header.rcode = RCODE.REFUSED
        return answer
    for _ in range(_MOST_ALIASES):
        found = zone.lookup(name, wanted)
        alias = () if found else zone.lookup(name, "CNAME")
        for record in (*found, *alias):
            answer.add_answer(resource_record(record))
        if not alias:
            break
        name = normal_name(alias[0].data)
    if not found:
        answer.header.rcode = RCODE.NOERROR if zone.has_name(name) else RCODE.NXDOMAIN
        answer.add_auth(start_of_authority(zone))
    return answer


def resource_record(record: Record) -> RR:
    """Convert a zone's record to one of a message."""
    (made,) = RR.fromZone(f"{record.name}. {record.ttl} IN {record.type} {_absolute(record)}")
    return made


def start_of_authority(zone: Zone) -> RR:
    """Return the SOA of a negative answer (RFC 2308 3)."""
    data: RD = SOA(f"ns.{zone.origin}", f"hostmaster.{zone.origin}", (1, 3600, 600, 86400, NEGATIVE_TTL))
    return RR(zone.origin, QTYPE.SOA, ttl=NEGATIVE_TTL, rdata=data)


def _absolute(record: Record) -> str:
    if record.type in ("MX", "CNAME", "NS") and not record.data.endswith("."):
        return f"{record.data}."
    return record.data


def _edns_size(request: DNSRecord) -> int | None:
    sizes = [int(record.rclass) for record in request.ar if record.rtype == QTYPE.OPT]
    return sizes[0] if sizes else None


def _wants_authenticity(request: DNSRecord) -> bool:
    """Tell if the client understands AD: it set AD itself, or DO (RFC 6840 5.7)."""
    return bool(request.header.ad) or any(record.rtype == QTYPE.OPT and record.ttl & _DO for record in request.ar)


def datagram_limit(request: DNSRecord) -> int:
    """Return the largest UDP payload, in bytes, that the client accepts: 512, or its EDNS size (RFC 6891 6.2.3)."""
    return max(512, _edns_size(request) or 512)
