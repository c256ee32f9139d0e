"""The MTA-STS policy (RFC 8461) of the recipients' domain: its text, its DNS records, and an older copy. Pure."""

import json
from dataclasses import dataclass

from mailfault.scenario.model import DOMAIN, POLICY_HOST, Scenario, Sts
from mailfault_servers.dns.zone import Record
from mailfault_servers.https.policy import policy_text, sts_record

POLICY_ID = "20260101T000000"
_OLDER_ID = "20250101T000000"
_OLDER_HOST = f"old-mx.{DOMAIN}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedPolicy:
    """A policy that the client fetched earlier."""

    id: str
    text: str

    def to_file(self) -> bytes:
        """Return the content of the client contract's file for a cached policy."""
        return json.dumps({"id": self.id, "policy": self.text}).encode()


def sts_records(address: str) -> tuple[Record, ...]:
    """Return the DNS records of an MTA-STS policy whose host has this address."""
    return (
        Record(f"_mta-sts.{DOMAIN}", "TXT", sts_record(POLICY_ID)),
        Record(POLICY_HOST, "AAAA" if ":" in address else "A", address),
    )


def published_policy(scenario: Scenario, sts: Sts) -> str:
    """Return the text that the policy host serves."""
    names = sts.mx or tuple(host.name for host in scenario.host if host.mx)
    return policy_text(mode=sts.mode, mx=names, max_age=sts.max_age)


def cached_policy(scenario: Scenario, sts: Sts) -> CachedPolicy | None:
    """Return the policy that the client fetched earlier, or None if it has none."""
    if sts.cached == "no":
        return None
    if sts.cached == "same":
        return CachedPolicy(id=POLICY_ID, text=published_policy(scenario, sts))
    return CachedPolicy(id=_OLDER_ID, text=policy_text(mode=sts.mode, mx=(_OLDER_HOST,), max_age=sts.max_age))
