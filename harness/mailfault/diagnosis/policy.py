"""What the recipients' domain forbade: sessions that ended because of its policy, hosts that were passed over for it,
and mail that was sent against it. Drawn from the journal alone.

Where a host has TLSA records, they alone count: MTA-STS has no say beside DANE (RFC 8461 2).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mailfault.codes.failure import Failure
from mailfault.diagnosis.diagnosis import Diagnosis, Grade
from mailfault.diagnosis.dns_lookups import named_hosts
from mailfault.diagnosis.handshake import refused_certificate
from mailfault.diagnosis.policy_records import ShownPolicy, ShownTlsa, enforced_policy, tlsa_shown, why_tlsa_forbids
from mailfault.diagnosis.session import SessionStory
from mailfault_servers.facts import CertificatePresented, CommandReceived, TlsFailed
from mailfault_servers.journal import Entry
from mailfault_servers.smtp.reply import Stage

_STS_CODE = "4.4.8"
_NO_STARTTLS_CODE = "4.7.321"
_Found = tuple[str | None, str]
"""Microsoft's code, where there is one, and what is wrong."""


class Demands:
    """The policies that a client was shown, and what they say of a session."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        self._sts: ShownPolicy | None = enforced_policy(entries, binding=False)
        self._binding: ShownPolicy | None = enforced_policy(entries, binding=True)
        self._tlsa: Mapping[str, ShownTlsa] = tlsa_shown(entries)

    def read(self, story: SessionStory, session: Sequence[Entry]) -> SessionStory:
        """The story with the policy's part in it: what ended it, and what was sent against it."""
        facts = [one.fact for one in session]
        presented = next((one for one in reversed(facts) if isinstance(one, CertificatePresented)), None)
        if any(isinstance(one, CommandReceived) and one.stage == Stage.MAIL for one in facts):
            if not story.acceptances:
                return story
            encrypted = all(one.encrypted for one in story.acceptances)
            seen = presented if encrypted else None
            breach = self._why_forbidden(story.server, seen, self._binding, encrypted=encrypted)
            return replace(story, breach=breach[1]) if breach is not None else story
        no_tls = story.failure is Failure.CANNOT_CONNECT and story.stage == Stage.EHLO and story.reply is None
        # A client that checks TLSA records within the handshake says by its alert that the certificate will not do.
        refused = any(isinstance(one, TlsFailed) and refused_certificate(one) for one in facts)
        left = presented is not None and (refused or story.failure in (None, Failure.CERTIFICATE_INVALID))
        at_ehlo = story.failure is None and story.stage == Stage.EHLO
        if not (no_tls or left or (at_ehlo and self._why_shut(story.server, self._sts) is not None)):
            return story
        found = self._why_forbidden(story.server, presented, self._sts, encrypted=presented is not None)
        if found is None:
            return story
        code, words = found
        sentence = f"{story.server} was left before MAIL: {words}"
        return replace(story, failure=Failure.POLICY_FAILED, sentence=sentence, stage=Stage.STARTTLS, code=code)

    def _why_shut(self, host: str, sts: ShownPolicy | None) -> _Found | None:
        """Why a host may not even be connected to; None: it may."""
        tlsa = self._tlsa.get(host, ShownTlsa())
        if tlsa.failed is not None:
            return tlsa.code, tlsa.failed
        if not tlsa.records and sts is not None and not sts.allows(host):
            return _STS_CODE, f"the domain's MTA-STS policy does not name {host}"
        return None

    def _why_forbidden(
        self, host: str, presented: CertificatePresented | None, sts: ShownPolicy | None, *, encrypted: bool
    ) -> _Found | None:
        """Why mail may not be sent in a session like this; None: it may."""
        if (shut := self._why_shut(host, sts)) is not None:
            return shut
        tlsa = self._tlsa.get(host, ShownTlsa())
        if tlsa.records:
            if not encrypted:
                return _NO_STARTTLS_CODE, "it has TLSA records, and there was no TLS"
            return why_tlsa_forbids(tlsa.usable, presented) if tlsa.usable and presented is not None else None
        if sts is None:
            return None
        if not encrypted:
            return _STS_CODE, "the domain's MTA-STS policy demands TLS, and there was none"
        problems = [one for one in (presented.problems if presented is not None else ()) if one != "revoked"]
        if problems:
            return (
                _STS_CODE,
                f"MTA-STS is enforced, and its certificate is {' and '.join(problems)}",
            )
        return None

    def diagnosis_without_host(self) -> Diagnosis | None:
        """What it comes to where no host was connected to, because the policy forbids every one; None: it does not."""
        hosts = named_hosts(self._entries)
        reasons = [self._why_shut(host, self._sts) for host in hosts]
        if not hosts or reasons[-1] is None or not all(reasons):
            return None
        code, words = reasons[-1]
        return Diagnosis(
            failure=Failure.POLICY_FAILED,
            delivered=False,
            happened=True,
            grade=Grade.INFERRED,
            sentence=f"{hosts[-1]} was passed over: {words}",
            server=hosts[-1],
            stage="lookup",
            code=code,
        )
