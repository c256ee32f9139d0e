"""Requirements of the recipients' domain: sessions that ended because of its policies, hosts that they forbid, and mail
that was sent against them. Pure.

If a host has TLSA records, they alone count: MTA-STS has no say beside DANE (RFC 8461 2).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailfault.codes.failure import Failure
from mailfault.diagnosis.connections import Connection
from mailfault.diagnosis.diagnosis import Diagnosis, Grade
from mailfault.diagnosis.handshake import is_certificate_refusal
from mailfault.diagnosis.policy_records import ObservedPolicies, ObservedPolicy, ObservedTlsa, why_tlsa_forbids
from mailfault.diagnosis.session import Session
from mailfault_servers.facts import CertificatePresented, CommandReceived, Fact, TlsFailed
from mailfault_servers.smtp.reply import Stage

_STS_CODE = "4.4.8"
_NO_STARTTLS_CODE = "4.7.321"
_NO_TLSA = ObservedTlsa()
_Conflict = tuple[str | None, str]
"""Microsoft's code, if there is one, and what is wrong."""


@dataclass(frozen=True, slots=True)
class PolicyRequirements:
    """Requirements that the observed policies make of hosts and sessions."""

    policies: ObservedPolicies

    def applied_to(self, session: Session, connection: Connection) -> Session:
        """Add the policies' part to a session: what ended it, and what was sent against them."""
        facts = connection.all_facts
        certificate = next((fact for fact in reversed(facts) if isinstance(fact, CertificatePresented)), None)
        if any(isinstance(fact, CommandReceived) and fact.stage == Stage.MAIL for fact in facts):
            return self._with_breach(session, certificate)
        return self._with_ending(session, facts, certificate)

    def _with_breach(self, session: Session, certificate: CertificatePresented | None) -> Session:
        """Note why the accepted messages should not have been sent."""
        if not session.acceptances:
            return session
        is_encrypted = all(acceptance.encrypted for acceptance in session.acceptances)
        conflict = self._mail_conflict(
            session.server, certificate if is_encrypted else None, self.policies.binding_mta_sts, encrypted=is_encrypted
        )
        return session if conflict is None else replace(session, breach=conflict[1])

    def _with_ending(
        self, session: Session, facts: Sequence[Fact], certificate: CertificatePresented | None
    ) -> Session:
        """Name the policy for which the client left before MAIL."""
        mta_sts = self.policies.mta_sts
        lacks_tls = session.failure is Failure.CANNOT_CONNECT and session.stage == Stage.EHLO and session.reply is None
        may_be_forbidden = (
            lacks_tls
            or (certificate is not None and _left_after_certificate(session, facts))
            or (session.failure is None and session.stage == Stage.EHLO and self._is_forbidden(session.server))
        )
        if not may_be_forbidden:
            return session
        conflict = self._mail_conflict(session.server, certificate, mta_sts, encrypted=certificate is not None)
        if conflict is None:
            return session
        code, words = conflict
        sentence = f"{session.server} was left before MAIL: {words}"
        return replace(session, failure=Failure.POLICY_FAILED, sentence=sentence, stage=Stage.STARTTLS, code=code)

    def _is_forbidden(self, host: str) -> bool:
        return self._host_conflict(host, self.policies.mta_sts) is not None

    def _host_conflict(self, host: str, mta_sts: ObservedPolicy | None) -> _Conflict | None:
        """Explain why no client may connect to a host. Return None if it may."""
        tlsa = self.policies.tlsa.get(host, _NO_TLSA)
        if tlsa.failed is not None:
            return tlsa.code, tlsa.failed
        if not tlsa.records and mta_sts is not None and not mta_sts.allows(host):
            return _STS_CODE, f"the domain's MTA-STS policy does not name {host}"
        return None

    def _mail_conflict(
        self, host: str, certificate: CertificatePresented | None, mta_sts: ObservedPolicy | None, *, encrypted: bool
    ) -> _Conflict | None:
        """Explain why mail may not be sent in such a session. Return None if it may."""
        host_conflict = self._host_conflict(host, mta_sts)
        if host_conflict is not None:
            return host_conflict
        tlsa = self.policies.tlsa.get(host, _NO_TLSA)
        if tlsa.records:
            return _tlsa_conflict(tlsa, certificate, encrypted=encrypted)
        return _mta_sts_conflict(certificate, encrypted=encrypted) if mta_sts is not None else None

    def diagnosis_if_every_host_is_forbidden(self, hosts: Sequence[str]) -> Diagnosis | None:
        """Diagnose a delivery that contacted no host. Return None unless the policies forbid every one of `hosts`."""
        conflicts = [self._host_conflict(host, self.policies.mta_sts) for host in hosts]
        if not conflicts or conflicts[-1] is None or not all(conflicts):
            return None
        code, words = conflicts[-1]
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


def _left_after_certificate(session: Session, facts: Sequence[Fact]) -> bool:
    """Check whether the client may have left because of the certificate.

    A client that checks TLSA records within the handshake refuses the certificate by its alert.
    """
    if session.failure in (None, Failure.CERTIFICATE_INVALID):
        return True
    return any(isinstance(fact, TlsFailed) and is_certificate_refusal(fact) for fact in facts)


def _tlsa_conflict(
    tlsa: ObservedTlsa, certificate: CertificatePresented | None, *, encrypted: bool
) -> _Conflict | None:
    if not encrypted:
        return _NO_STARTTLS_CODE, "it has TLSA records, and there was no TLS"
    if not tlsa.usable or certificate is None:
        return None
    return why_tlsa_forbids(tlsa.usable, certificate)


def _mta_sts_conflict(certificate: CertificatePresented | None, *, encrypted: bool) -> _Conflict | None:
    if not encrypted:
        return _STS_CODE, "the domain's MTA-STS policy demands TLS, and there was none"
    # Revocation is not among the checks that MTA-STS asks for (RFC 8461 4.1).
    problems = [problem for problem in (certificate.problems if certificate else ()) if problem != "revoked"]
    return (_STS_CODE, f"MTA-STS is enforced, and its certificate is {' and '.join(problems)}") if problems else None
