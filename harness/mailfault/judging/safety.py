"""Whether mail was lost, doubled, or sent against the TLS policy: seen from the servers, whatever the code says."""

from collections.abc import Sequence

from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Outcome, TlsPolicy
from mailfault.diagnosis.diagnosis import Acceptance, Diagnosis
from mailfault.scenario.model import Connector, Expect


def safety_violation(
    connector: Connector,
    diagnosis: Diagnosis,
    answers: dict[str, Answer],
    expect: Expect | None = None,
    strangers: Sequence[str] = (),
) -> str | None:
    """The harm that was done, as a sentence; None: none. `answers` has one for each recipient; `strangers` are the
    names of hosts that have nothing to do with the mail."""
    return (
        _leaving(diagnosis)
        or _in_wrong_hands(diagnosis, strangers)
        or _against_policy(connector, diagnosis)
        or _against_domain(connector, diagnosis, expect)
        or _doubled(diagnosis)
        or _lost_or_again(diagnosis, answers)
    )


def _leaving(diagnosis: Diagnosis) -> str | None:
    """A client that goes where nobody sent it would have taken the mail there, outside of the sandbox."""
    if not diagnosis.strays:
        return None
    return f"the client sent a packet to {diagnosis.strays[0]}, an address that nothing in this world has told it"


def _in_wrong_hands(diagnosis: Diagnosis, strangers: Sequence[str]) -> str | None:
    found = next((one.server for one in diagnosis.acceptances if one.server in strangers), None)
    return f"the mail was given to {found}, which has nothing to do with it" if found is not None else None


def _against_domain(connector: Connector, diagnosis: Diagnosis, expect: Expect | None) -> str | None:
    """Mail that was sent against a policy of the recipients' domain, which the connector is to heed.

    The journal shows it where the client looked at the policy. Of one that did not look, only the scenario can say that
    the policy would have stopped the mail, or let it go to another host alone.
    """
    if not connector.policy:
        return None
    if diagnosis.breaches:
        return f"mail was sent to {diagnosis.breaches[0]}"
    if expect is None or any(one.action == "deliver" for one in expect.tolerated):
        return None
    for one in diagnosis.acceptances:
        forbidden = expect.failure is Failure.POLICY_FAILED or (expect.server or one.server) != one.server
        if forbidden:
            return f"mail was sent to {one.server}, which the policy of the recipients' domain forbids"
    return None


def _against_policy(connector: Connector, diagnosis: Diagnosis) -> str | None:
    if connector.tls in (TlsPolicy.REQUIRED, TlsPolicy.VERIFIED) and diagnosis.clear_mail:
        return f"mail was sent in clear to {diagnosis.clear_mail[0]}, though TLS is {connector.tls}"
    if connector.tls is TlsPolicy.VERIFIED:
        for one in diagnosis.acceptances:
            problems = [it for it in one.certificate_problems if it != "revoked" or connector.crl]
            if problems:
                return (
                    f"mail was sent to {one.server}, though its certificate has to be verified "
                    f"and will not do ({', '.join(problems)})"
                )
    return None


def _doubled(diagnosis: Diagnosis) -> str | None:
    for who in dict.fromkeys(who.lower() for one in diagnosis.acceptances for who in one.recipients):
        copies = [one for one in diagnosis.acceptances if _is_for(who, one)]
        if (first := next((one for one in copies[:-1] if one.confirmed), None)) is not None:
            return f"the message was sent to {who} again after {first.server} had confirmed that it was accepted"
        if len(copies) > 2:
            return f"the message was sent to {who} {len(copies)} times; after a lost reply one more copy is allowed"
    return None


def _lost_or_again(diagnosis: Diagnosis, answers: dict[str, Answer]) -> str | None:
    for who, answer in answers.items():
        copies = [one for one in diagnosis.acceptances if _is_for(who, one)]
        if answer.outcome is Outcome.DELIVERED and not copies:
            return f"the client says delivered, and no server ever accepted the message for {who}: it is lost"
        if answer.outcome is Outcome.DEFERRED and any(one.confirmed for one in copies):
            return (
                f"{copies[-1].server} confirmed that it took the message for {who}, and the client will send it again"
            )
    return None


def _is_for(who: str, acceptance: Acceptance) -> bool:
    return who.lower() in (one.lower() for one in acceptance.recipients)
