"""Policies that a client was shown: an MTA-STS policy (RFC 8461), TLSA records (RFC 7672). Pure.

This module parses the answers by rules of its own, not by the reference client's, whichever client asked.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mailfault.diagnosis.dns_lookups import DnsFact
from mailfault_servers.facts import (
    AnswerSent,
    AnswerWithheld,
    CertificatePresented,
    HttpResponded,
    PolicyCached,
    QueryReceived,
)
from mailfault_servers.journal import Entry

_TLSA_OWNER = re.compile(r"_\d+\._tcp\.(?P<host>.+)")
_RECORD_ID = re.compile(r'^TXT "v=STSv1;.*\bid=(?P<id>[A-Za-z0-9]+)')
_MAX_BYTES = 65536
"""Size of the longest policy that a client has to read (RFC 8461 3.3)."""
_USABLE = re.compile(r"[23] [01] [012] \S+")


@dataclass(frozen=True, slots=True)
class ObservedPolicy:
    """An MTA-STS policy to be enforced."""

    mx: tuple[str, ...]

    def allows(self, host: str) -> bool:
        """Check that the policy names the host; "*" stands for the leftmost label (RFC 8461 4.1)."""
        _, _, parent = host.partition(".")
        return host in self.mx or f"*.{parent}" in self.mx


@dataclass(frozen=True, slots=True)
class ObservedTlsa:
    """The answer to the question for a host's TLSA records."""

    records: tuple[str, ...] = ()
    """"3 1 1 6B86...", if the answer was verified; empty if none count."""
    failed: str | None = None
    """Sentence about a look-up that failed."""
    code: str | None = None
    """Microsoft's code for that failure, if it has one."""

    @property
    def usable(self) -> tuple[str, ...]:
        """The records of a kind that SMTP clients honour (RFC 7672 3.1.3)."""
        return tuple(record for record in self.records if _USABLE.fullmatch(record))


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedPolicies:
    """The policies of one delivery, parsed."""

    mta_sts: ObservedPolicy | None
    """The policy that a client may take for the domain's, even if its TXT record, its size or its type is unsound."""
    binding_mta_sts: ObservedPolicy | None
    """The policy that no client may ignore."""
    tlsa: Mapping[str, ObservedTlsa]
    """By host. Hosts that nobody asked about are absent."""

    @classmethod
    def of(cls, dns: Sequence[DnsFact], https: Sequence[Entry]) -> "ObservedPolicies":
        """Parse the DNS facts of a delivery, and the entries about certificates, responses and cached policies."""
        policy_id = _policy_id(dns)
        cached = [entry.fact for entry in https if isinstance(entry.fact, PolicyCached)]
        responses = _trusted_responses(https)
        return cls(
            mta_sts=_policy_in_force(policy_id, cached, responses),
            binding_mta_sts=_policy_in_force(
                policy_id,
                cached,
                [response for response in responses if policy_id is not None and _is_well_formed(response)],
            ),
            tlsa=observed_tlsa(dns),
        )


def _policy_in_force(
    policy_id: str | None, cached: Sequence[PolicyCached], responses: Sequence[HttpResponded]
) -> ObservedPolicy | None:
    """Choose the policy to enforce (RFC 8461 3.3): the last one fetched, else the cached one.

    The cached one stays in force while the domain's id is unchanged or unknown.
    """
    is_current = policy_id is None or policy_id in {policy.id for policy in cached}
    if cached and (is_current or not responses):
        return _enforced(cached[0].text)
    return _enforced(responses[-1].text) if responses else None


def _policy_id(dns: Iterable[DnsFact]) -> str | None:
    """Read the id in the last answer about the TXT record. Return None unless it is a single sound record."""
    answers = [
        fact
        for fact in dns
        if isinstance(fact, AnswerSent) and fact.type == "TXT" and fact.name.startswith("_mta-sts.")
    ]
    records = [record for record in answers[-1].records if record.startswith('TXT "v=STSv1;')] if answers else []
    match = _RECORD_ID.match(records[0]) if len(records) == 1 else None
    return match["id"] if match is not None else None


def _trusted_responses(https: Iterable[Entry]) -> list[HttpResponded]:
    """List the responses with an enforced policy that came under a certificate that can be trusted."""
    doubtful: set[tuple[str, int | None]] = set()
    responses: list[tuple[tuple[str, int | None], HttpResponded]] = []
    for entry in https:
        match entry.fact:
            case CertificatePresented(problems=problems) if problems:
                doubtful.add((entry.server, entry.session))
            case HttpResponded(status=200) as response:
                responses.append(((entry.server, entry.session), response))
            case _:
                pass
    return [
        response for session, response in responses if session not in doubtful and _enforced(response.text) is not None
    ]


def _is_well_formed(response: HttpResponded) -> bool:
    return response.content_type == "text/plain" and response.length <= _MAX_BYTES


def _enforced(text: str) -> ObservedPolicy | None:
    """Parse a policy. Return None unless it is sound and its mode is enforce."""
    fields = [(key.strip(), value.strip()) for key, _, value in (line.partition(":") for line in text.splitlines())]
    first: dict[str, str] = {}
    for key, value in fields:
        first.setdefault(key, value)
    mx = tuple(value.lower().rstrip(".") for key, value in fields if key == "mx")
    is_sound = first.get("version") == "STSv1" and first.get("mode") == "enforce" and mx and "max_age" in first
    return ObservedPolicy(mx) if is_sound else None


def observed_tlsa(dns: Iterable[DnsFact]) -> dict[str, ObservedTlsa]:
    """Map each host to the answer to the last question for its TLSA records."""
    aliases: dict[str, str] = {}
    observed: dict[str, ObservedTlsa] = {}
    for fact in dns:
        if isinstance(fact, QueryReceived):
            continue
        if isinstance(fact, AnswerSent) and fact.type in ("A", "AAAA"):
            for record in fact.records:
                if record.startswith("CNAME "):
                    aliases[record.removeprefix("CNAME ").lower()] = aliases.get(fact.name, fact.name)
        elif (owner := _TLSA_OWNER.fullmatch(fact.name)) is not None:
            host = aliases.get(owner["host"], owner["host"])
            answer = _tlsa_answer(fact)
            if answer != ObservedTlsa() or not observed.get(host, ObservedTlsa()).records:
                observed[host] = answer
    return observed


def _tlsa_answer(fact: AnswerSent | AnswerWithheld) -> ObservedTlsa:
    question = f"the question for the TLSA records of {fact.name}"
    if isinstance(fact, AnswerWithheld):
        return ObservedTlsa(failed=f"{question} was never answered")
    if fact.rcode not in ("NOERROR", "NXDOMAIN"):
        return ObservedTlsa(failed=f"{question} was answered with {fact.rcode}", code="4.7.324")
    if not fact.authenticated:
        return ObservedTlsa()
    records = [record.removeprefix("TLSA ").upper() for record in fact.records if record.startswith("TLSA ")]
    return ObservedTlsa(tuple(records))


def why_tlsa_forbids(records: Sequence[str], presented: CertificatePresented) -> tuple[str, str] | None:
    """Return code and words for a certificate that no usable record vouches for, None if one does."""
    digests = {_as_digest(record) for record in records}
    matched = {record for record in presented.tlsa if record in digests}
    if any(record.startswith("3 ") for record in matched):
        return None  # neither name nor dates matter (RFC 7672 3.1.1)
    if not matched:
        return "4.7.323", "none of its TLSA records matches the certificate"
    if "expired" in presented.problems:
        return "4.7.322", "its certificate has expired"
    if "wrong name" in presented.problems:
        return "4.7.325", "its certificate is for another name"
    if presented.problems:
        return "4.7.323", f"its certificate is {' and '.join(presented.problems)}"
    return None


def _as_digest(record: str) -> str:
    """Rewrite a record of matching type 0 as the equivalent one of type 1."""
    usage, selector, matching, data = record.split()
    if matching != "0":
        return record
    return f"{usage} {selector} 1 {hashlib.sha256(bytes.fromhex(data)).hexdigest().upper()}"
