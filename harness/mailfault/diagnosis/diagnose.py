"""Diagnosis of a delivery, as an ordered table of rules over its case. It knows no scenario, fault or connector. Pure.

The last host attempted decides. If no connection succeeded, a host counts as attempted once DNS gave its address, in MX
order, unless an earlier reply was final. Success at any host is success.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from mailfault.codes.failure import Failure
from mailfault.diagnosis.case import Case
from mailfault.diagnosis.diagnosis import Diagnosis, Grade
from mailfault.diagnosis.dns_lookups import ResolvedHost, lookup_failure, named_hosts, null_mx
from mailfault.diagnosis.evidence import Evidence
from mailfault.diagnosis.packets import ConnectionAttempt
from mailfault.diagnosis.ports import LISTENING, SHUT
from mailfault.diagnosis.recipients import by_recipient
from mailfault.diagnosis.rule import name_of
from mailfault.diagnosis.session import Session
from mailfault_servers.journal import Entry
from mailfault_servers.network import UNROUTABLE


@dataclass(frozen=True, slots=True)
class DiagnosisRule:
    """One row of the table."""

    find: Callable[[Case], Diagnosis | None]
    """Return None if the rule does not match."""
    is_about_session: bool = False
    """True if the diagnosis is that of the deciding session."""

    @property
    def name(self) -> str:
        return name_of(self.find)


def diagnose(entries: Sequence[Entry], delivery: int | None = None) -> Diagnosis:
    """Diagnose what a journal tells of one delivery, by number from 1, or of all of them at once (None)."""
    return diagnose_case(Case.of(Evidence.of(entries, delivery)))


def diagnose_case(case: Case) -> Diagnosis:
    """Apply the rules, and add what holds whichever of them decides."""
    rule, diagnosis = decide(case)
    deciding = case.deciding if rule.is_about_session else None
    return replace(
        by_recipient(diagnosis, deciding, case.sessions, case.addresses),
        acceptances=tuple(acceptance for session in case.sessions for acceptance in session.acceptances),
        breaches=tuple(f"{session.server}: {session.breach}" for session in case.sessions if session.breach),
        strays=case.evidence.packets.unexpected,
        clear_mail=tuple(dict.fromkeys(session.server for session in case.sessions if session.sent_in_clear)),
    )


def decide(case: Case, rules: Sequence[DiagnosisRule] | None = None) -> tuple[DiagnosisRule, Diagnosis]:
    """Return the first rule that matches, and its diagnosis. The rules are DIAGNOSIS_RULES unless others are given."""
    for rule in DIAGNOSIS_RULES if rules is None else rules:
        if (diagnosis := rule.find(case)) is not None:
            return rule, diagnosis
    raise AssertionError("the last rule matches every case")


# -- hosts and sessions -------------------------------------------------------------------------------------------


def final_session(case: Case) -> Diagnosis | None:
    """The deciding session accepted the message, perhaps accepted it (its reply was lost), or refused it for good: a
    right client tries no other host after it (RFC 5321 5.1, RFC 1047).
    """
    if case.deciding is None or not case.deciding.is_final:
        return None
    return case.deciding.diagnosis(case.addresses)


def shut_port_attempted(case: Case) -> Diagnosis | None:
    """On a watched wire, a SYN to a shut port was seen after the deciding session (RFC 5321 5.1)."""
    shut = [attempt for attempt in case.evidence.packets.attempts if attempt.state != LISTENING]
    if not shut or (case.deciding is not None and not _is_after(shut[-1], case.deciding, case)):
        return None
    failure, words = SHUT[shut[-1].state]
    return Diagnosis(
        failure=failure,
        delivered=False,
        happened=True,
        grade=Grade.WITNESSED,
        sentence=f"{words} {shut[-1].host} ({shut[-1].address}), which the client was seen to ask for a connection",
        server=shut[-1].host,
        address=shut[-1].address,
        stage="connect",
    )


def shut_port_resolved(case: Case) -> Diagnosis | None:
    """A host with a shut port, whose address the client was given, comes after the deciding session in the order in
    which a right client tries them (RFC 5321 5.1); a watched wire leaves only addresses without a route unseen.
    """
    candidates = _hosts_tried_unseen(case)
    shut = [host for host in candidates if host.state != LISTENING]
    if not shut or (case.deciding is not None and not _is_preferred_less(shut[-1], case.deciding, candidates)):
        return None
    return _inferred(shut[-1], case.evidence.resolved)


def deciding_session(case: Case) -> Diagnosis | None:
    """A mail host took a connection: what ended the deciding session decides (see the ending rules)."""
    return None if case.deciding is None else case.deciding.diagnosis(case.addresses)


# -- no host was reached ------------------------------------------------------------------------------------------


def domain_without_mail(case: Case) -> Diagnosis | None:
    """The domain answered with a null MX record (RFC 7505)."""
    domain = null_mx(case.evidence.lookups)
    if domain is None:
        return None
    return _lookup_ended(Failure.NO_MAIL_SERVICE, f"{domain} says that it takes no mail (null MX)")


def every_host_forbidden(case: Case) -> Diagnosis | None:
    """The domain's policies forbid every host that its MX records name (RFC 8461 5.1, RFC 7672 2.2)."""
    hosts = named_hosts(case.evidence.lookups, case.evidence.resolved)
    return case.requirements.diagnosis_if_every_host_is_forbidden(hosts)


def lookup_failed(case: Case) -> Diagnosis | None:
    """No host was resolved, and the last look-up that brought nothing says why (RFC 5321 5.1)."""
    sentence = None if case.evidence.resolved else lookup_failure(case.evidence.lookups)
    return None if sentence is None else _lookup_ended(Failure.DNS_QUERY_FAILED, sentence)


def left_over_session(case: Case) -> Diagnosis | None:
    """The connection was kept from an earlier delivery, and this message was not begun on it (RFC 5321 3.8)."""
    return case.all_sessions[-1].diagnosis(case.addresses) if case.all_sessions else None


def resolved_host_unused(case: Case) -> Diagnosis | None:
    """The client was given an address and never connected to it."""
    resolved = case.evidence.resolved
    return (
        _nothing(f"the client was given the address of {resolved[0].name} and never connected to it")
        if resolved
        else None
    )


def answers_unused(case: Case) -> Diagnosis | None:
    """The client asked for names, every question was answered, and nothing followed."""
    if not case.evidence.lookups.any_query:
        return None
    return _nothing("the client asked for names, was answered, and did nothing more")


def nothing_seen(case: Case) -> Diagnosis:
    """The client asked for no name and connected to no host."""
    return _nothing("the client asked for no name and connected to no host")


DIAGNOSIS_RULES = (
    DiagnosisRule(final_session, is_about_session=True),
    DiagnosisRule(shut_port_attempted),
    DiagnosisRule(shut_port_resolved),
    DiagnosisRule(deciding_session, is_about_session=True),
    DiagnosisRule(domain_without_mail),
    DiagnosisRule(every_host_forbidden),
    DiagnosisRule(lookup_failed),
    DiagnosisRule(left_over_session),
    DiagnosisRule(resolved_host_unused),
    DiagnosisRule(answers_unused),
    DiagnosisRule(nothing_seen),
)
"""In order: the first that matches decides."""


# -- what the rules share -----------------------------------------------------------------------------------------


def _is_after(attempt: ConnectionAttempt, session: Session, case: Case) -> bool:
    """Check that an attempt came after the last one at the session's host."""
    at_host = [
        other.number
        for other in case.evidence.packets.attempts
        if other.host == session.server and session.address in (None, other.address)
    ]
    return attempt.number > max(at_host, default=session.first_entry)


def _hosts_tried_unseen(case: Case) -> Sequence[ResolvedHost]:
    """List the resolved hosts for which the address has to stand for the attempt.

    A client that has no route sends no packet, so a watch on the wire does not see it.
    """
    if not case.evidence.packets.is_watched:
        return case.evidence.resolved
    return [host for host in case.evidence.resolved if host.state == LISTENING or host.address == UNROUTABLE]


def _is_preferred_less(host: ResolvedHost, session: Session, candidates: Sequence[ResolvedHost]) -> bool:
    """Check that a right client that came as far as the session tries the host after it (RFC 5321 5.1)."""
    reached = next(
        (
            candidate
            for candidate in candidates
            if candidate.name == session.server and session.address in (None, candidate.address)
        ),
        None,
    )
    if reached is None:
        return False
    if host.name == reached.name:
        return host.place > reached.place
    return (host.preference, host.resolved_at) >= (reached.preference, session.first_entry)


def _inferred(shut: ResolvedHost, resolved: Sequence[ResolvedHost]) -> Diagnosis:
    """Diagnose a shut host. If several of its addresses are equally shut, nobody saw which was tried last."""
    addresses = [host.address for host in resolved if host.name == shut.name and host.state == shut.state]
    failure, words = SHUT[shut.state]
    return Diagnosis(
        failure=failure,
        delivered=False,
        happened=True,
        grade=Grade.INFERRED,
        sentence=f"{words} {shut.name} ({' and '.join(addresses)}), "
        f"whose {'address' if len(addresses) == 1 else 'addresses'} the client was given",
        server=shut.name,
        address=shut.address if len(addresses) == 1 else None,
        stage="connect",
    )


def _lookup_ended(failure: Failure, sentence: str) -> Diagnosis:
    return Diagnosis(
        failure=failure, delivered=False, happened=True, grade=Grade.WITNESSED, sentence=sentence, stage="lookup"
    )


def _nothing(sentence: str) -> Diagnosis:
    return Diagnosis(failure=None, delivered=False, happened=False, grade=Grade.WITNESSED, sentence=sentence)
