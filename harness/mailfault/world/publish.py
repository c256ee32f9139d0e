"""What a scenario's domain publishes of its policies: MTA-STS (RFC 8461) and TLSA records (RFC 7672). Pure."""

import json
from collections.abc import Iterator
from datetime import datetime

from mailfault.scenario.model import DOMAIN, POLICY_HOST, Scenario, Sts
from mailfault_servers.dns.zone import Record
from mailfault_servers.https.policy import policy_text, sts_record
from mailfault_servers.tls.authority import Authority
from mailfault_servers.tls.certificate import CertificateWanted, Present, honest_spec
from mailfault_servers.tls.tlsa import record_for

POLICY_ID = "20260101T000000"
_OLDER_ID = "20250101T000000"
_OLDER_HOST = f"old-mx.{DOMAIN}"


def sts_records(address: str) -> tuple[Record, ...]:
    """The names of an MTA-STS policy, whose host has this address."""
    return (
        Record(f"_mta-sts.{DOMAIN}", "TXT", sts_record(POLICY_ID)),
        Record(POLICY_HOST, "AAAA" if ":" in address else "A", address),
    )


def published_policy(scenario: Scenario, sts: Sts) -> str:
    """The text that the policy host has."""
    hosts = sts.mx or tuple(one.name for one in scenario.host if one.mx)
    return policy_text(mode=sts.mode, mx=hosts, max_age=sts.max_age)


def cached_policy(scenario: Scenario, sts: Sts) -> tuple[str, str] | None:
    """Id and text of the policy that the client knows from before, where it knows one."""
    if sts.cached == "no":
        return None
    if sts.cached == "same":
        return POLICY_ID, published_policy(scenario, sts)
    return _OLDER_ID, policy_text(mode=sts.mode, mx=(_OLDER_HOST,), max_age=sts.max_age)


def cache_file(identity: str, text: str) -> bytes:
    """The contract's form of a policy that is known from before."""
    return json.dumps({"id": identity, "policy": text}).encode()


def tlsa_records(scenario: Scenario, *, port: int, authority: Authority, now: datetime) -> Iterator[Record]:
    """The TLSA records of every host: of its own certificate as its faults leave it, of its authority as it should be.

    A certificate that has expired is still the one whose key the operator published; a certificate that a stranger
    signed is none of the authority that was published.
    """
    for host in scenario.host:
        if not host.tlsa:
            continue
        honest = presented = honest_spec(host.name, now)
        for fault in host.faults:
            acted = fault.react(CertificateWanted(host=host.name, now=now), (Present(presented),))
            presented = next((one.spec for one in acted if isinstance(one, Present)), presented)
        for parameters in host.tlsa:
            chain = authority.chain(presented if parameters[0] in "13" else honest)
            yield Record(f"_{port}._tcp.{host.name}", "TLSA", record_for(chain, parameters))
