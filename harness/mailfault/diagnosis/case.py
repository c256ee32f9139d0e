"""Cases: the evidence of a delivery, with its sessions read and the deciding one chosen. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mailfault.diagnosis.evidence import Evidence
from mailfault.diagnosis.policy import PolicyRequirements
from mailfault.diagnosis.recipients import confirmed_recipients, lower_case
from mailfault.diagnosis.session import Session, read_session


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One delivery, ready to be diagnosed."""

    evidence: Evidence
    requirements: PolicyRequirements
    all_sessions: tuple[Session, ...]
    """In the order in which they began, with those that are left over from an earlier delivery."""
    sessions: tuple[Session, ...]
    """Those in which this message was begun, or whose connection is new."""
    deciding: Session | None
    addresses: Mapping[str, str]
    """By name of host."""

    @classmethod
    def of(cls, evidence: Evidence) -> "Case":
        """Read the sessions, with the policies' part in them."""
        requirements = PolicyRequirements(evidence.policies)
        all_sessions = tuple(
            requirements.applied_to(read_session(connection, evidence.given), connection)
            for connection in evidence.connections
        )
        sessions = tuple(session for session in all_sessions if not session.is_left_over)
        return cls(
            evidence=evidence,
            requirements=requirements,
            all_sessions=all_sessions,
            sessions=sessions,
            deciding=choose_deciding(sessions),
            addresses={port.host: port.address for port in reversed(evidence.ports)}
            | {session.server: session.address for session in all_sessions if session.address is not None},
        )


def choose_deciding(sessions: Sequence[Session]) -> Session | None:
    """Choose the session at the host that was tried last; but a lost reply outranks what came after it.

    Of several sessions at one host, one in which nothing happened (a probe, a spare connection) hides no other.
    """
    confirmed = confirmed_recipients(sessions).keys()
    for session in reversed(sessions):
        if session.may_be_delivered and not lower_case(session.acceptances[-1].recipients) <= confirmed:
            return session
    telling: dict[tuple[str, str | None], Session] = {}
    for session in sessions:
        host = session.server, session.address
        if host not in telling or session.failure is not None or session.acceptances:
            telling[host] = session
    return max(telling.values(), key=lambda session: session.first_entry, default=None)
