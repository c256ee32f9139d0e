"""What a journal tells of the policies that a client was shown: an MTA-STS policy (RFC 8461), TLSA records (RFC 7672).

Read here by rules of its own, not by the reference client's: what was in the answers, whoever asked.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailfault_servers.facts import (
    AnswerSent,
    AnswerWithheld,
    CertificatePresented,
    HttpResponded,
    PolicyCached,
    PortOpened,
)
from mailfault_servers.journal import Entry

_TLSA_OWNER = re.compile(r"_\d+\._tcp\.(?P<host>.+)")
_RECORD_ID = re.compile(r'^TXT "v=STSv1;.*\bid=(?P<id>[A-Za-z0-9]+)')
_MOST_BYTES = 65536
"""Of a policy that a client has to read (RFC 8461 3.3)."""
_USABLE = re.compile(r"[23] [01] [012] \S+")


@dataclass(frozen=True, slots=True)
class ShownPolicy:
    """An MTA-STS policy that is to be enforced."""

    mx: tuple[str, ...]

    def allows(self, host: str) -> bool:
        """Whether it names the host; "*" stands for the leftmost label (RFC 8461 4.1)."""
        _, _, parent = host.partition(".")
        return host in self.mx or f"*.{parent}" in self.mx


@dataclass(frozen=True, slots=True)
class ShownTlsa:
    """What was answered to the question for a host's TLSA records."""

    records: tuple[str, ...] = ()
    """"3 1 1 6B86...", where the answer was verified; empty: none that count."""
    failed: str | None = None
    """Where the look-up failed: how, as a sentence."""
    code: str | None = None
    """Microsoft's code for that failure, where it has one."""

    @property
    def usable(self) -> tuple[str, ...]:
        """Those of a kind that SMTP clients heed (RFC 7672 3.1.3)."""
        return tuple(one for one in self.records if _USABLE.fullmatch(one))


def enforced_policy(entries: Sequence[Entry], *, binding: bool) -> ShownPolicy | None:
    """The MTA-STS policy that the client got hold of, where it is to be enforced: the one that it fetched, unless the
    one that it had from before is still the domain's, or nothing else was to be had (RFC 8461 3.3).

    `binding`: only one that no client may pass over; else one, too, that a client may have taken for the domain's
    though its TXT record is not sound, or though it is too long or no plain text.
    """
    fetched = _fetched(entries, binding=binding) if not binding or _ids(entries) else None
    text = _cached(entries) if _still_current(entries) else (fetched or _cached(entries))
    return _read(text) if text is not None else None


def _still_current(entries: Sequence[Entry]) -> bool:
    cached = {one.fact.id for one in entries if isinstance(one.fact, PolicyCached)}
    return bool(cached) and set(_ids(entries)) <= cached


def _ids(entries: Sequence[Entry]) -> tuple[str, ...]:
    """The policy's id by the last answer to the question for the TXT record; none where that is not one good record."""
    answers = [
        one.fact
        for one in entries
        if isinstance(one.fact, AnswerSent) and one.fact.type == "TXT" and one.fact.name.startswith("_mta-sts.")
    ]
    records = [one for one in answers[-1].records if one.startswith('TXT "v=STSv1;')] if answers else []
    found = _RECORD_ID.match(records[0]) if len(records) == 1 else None
    return (found["id"],) if found is not None else ()


def _cached(entries: Sequence[Entry]) -> str | None:
    return next((one.fact.text for one in entries if isinstance(one.fact, PolicyCached)), None)


def _fetched(entries: Sequence[Entry], *, binding: bool) -> str | None:
    """The last policy that went out over TLS with a certificate that can be trusted."""
    doubtful = {
        (one.server, one.session) for one in entries if isinstance(one.fact, CertificatePresented) and one.fact.problems
    }
    texts = [
        one.fact.text
        for one in entries
        if isinstance(one.fact, HttpResponded)
        and one.fact.status == 200
        and (not binding or (one.fact.content_type == "text/plain" and one.fact.length <= _MOST_BYTES))
        and (one.server, one.session) not in doubtful
        and _read(one.fact.text) is not None
    ]
    return texts[-1] if texts else None


def _read(text: str) -> ShownPolicy | None:
    """The policy, where it is sound and its mode is enforce; None for every other."""
    fields = [(key.strip(), value.strip()) for key, _, value in (line.partition(":") for line in text.splitlines())]
    first: dict[str, str] = {}
    for key, value in fields:
        first.setdefault(key, value)
    mx = tuple(value.lower().rstrip(".") for key, value in fields if key == "mx")
    sound = first.get("version") == "STSv1" and first.get("mode") == "enforce" and mx and "max_age" in first
    return ShownPolicy(mx) if sound else None


def tlsa_shown(entries: Sequence[Entry]) -> dict[str, ShownTlsa]:
    """By host: what came of the last question for its TLSA records. Hosts that nobody asked about are absent."""
    owners: dict[str, str] = {}
    shown: dict[str, ShownTlsa] = {}
    for entry in entries:
        fact = entry.fact
        if isinstance(fact, AnswerSent) and fact.type in ("A", "AAAA"):
            for record in fact.records:
                if record.startswith("CNAME "):
                    owners[record.removeprefix("CNAME ").lower()] = owners.get(fact.name, fact.name)
        elif isinstance(fact, AnswerSent | AnswerWithheld) and (found := _TLSA_OWNER.fullmatch(fact.name)):
            host = owners.get(found["host"], found["host"])
            answer = _tlsa_answer(fact)
            if answer != ShownTlsa() or not shown.get(host, ShownTlsa()).records:
                shown[host] = answer
    return shown


def _tlsa_answer(fact: AnswerSent | AnswerWithheld) -> ShownTlsa:
    asked = f"the question for the TLSA records of {fact.name}"
    if isinstance(fact, AnswerWithheld):
        return ShownTlsa(failed=f"{asked} was never answered")
    if fact.rcode not in ("NOERROR", "NXDOMAIN"):
        return ShownTlsa(failed=f"{asked} was answered with {fact.rcode}", code="4.7.324")
    if not fact.authenticated:
        return ShownTlsa()
    return ShownTlsa(tuple(one.removeprefix("TLSA ").upper() for one in fact.records if one.startswith("TLSA ")))


def why_tlsa_forbids(records: Sequence[str], presented: CertificatePresented) -> tuple[str, str] | None:
    """Code and words for a certificate that none of the usable records vouches for; None: one does."""
    matched = {one for one in presented.tlsa if one in {_as_digest(record) for record in records}}
    if any(one.startswith("3 ") for one in matched):
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
    """A record of matching type 0 as the one of type 1 that says the same."""
    usage, selector, matching, data = record.split()
    if matching != "0":
        return record
    return f"{usage} {selector} 1 {hashlib.sha256(bytes.fromhex(data)).hexdigest().upper()}"


def policy_hosts(entries: Sequence[Entry]) -> frozenset[str]:
    """The servers that speak HTTPS: no mail host."""
    return frozenset(one.server for one in entries if isinstance(one.fact, PortOpened) and one.fact.service == "https")
