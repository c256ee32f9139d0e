"""Check for harm, as the servers saw it: mail lost, altered, duplicated, misdelivered, or sent against a TLS policy."""

from collections.abc import Mapping, Sequence

from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Outcome, TlsPolicy
from mailfault.diagnosis.diagnosis import Acceptance, Diagnosis
from mailfault.judging.message_check import GivenMessage, alteration
from mailfault.scenario.model import Connector, Expect


def safety_violation(
    connector: Connector,
    diagnosis: Diagnosis,
    answers: Mapping[str, Answer],
    expect: Expect | None = None,
    unrelated: Sequence[str] = (),
    given: GivenMessage | None = None,
) -> str | None:
    """Explain the harm that was done. Return None if there is none.

    `answers` has one answer for each recipient; `unrelated` names the hosts that have nothing to do with the mail.
    `given` is the message; without it accepted messages are not compared.
    """
    return (
        _stray_packet(diagnosis)
        or _misdelivery(diagnosis, unrelated)
        or _tls_violation(connector, diagnosis)
        or _policy_violation(connector, diagnosis, expect)
        or _alteration(diagnosis, given)
        or _duplicate(diagnosis)
        or _loss_or_repetition(diagnosis, answers)
    )


def _stray_packet(diagnosis: Diagnosis) -> str | None:
    """Find a packet to an unexpected address: outside the sandbox the mail would have gone there."""
    if not diagnosis.strays:
        return None
    return f"the client sent a packet to {diagnosis.strays[0]}, an address that nothing in this world has told it"


def _misdelivery(diagnosis: Diagnosis, unrelated: Sequence[str]) -> str | None:
    hosts = (acceptance.server for acceptance in diagnosis.acceptances if acceptance.server in unrelated)
    host = next(hosts, None)
    return f"the mail was given to {host}, which has nothing to do with it" if host is not None else None


def _policy_violation(connector: Connector, diagnosis: Diagnosis, expect: Expect | None) -> str | None:
    """Find mail that was sent against a policy of the recipients' domain, if the connector has to follow policies.

    The journal shows a violation only if the client fetched the policy. Otherwise the scenario has to say that the
    policy forbade the mail, or allowed one host alone.
    """
    if not connector.policy:
        return None
    if diagnosis.breaches:
        return f"mail was sent to {diagnosis.breaches[0]}"
    if expect is None or any(entry.action == "deliver" for entry in expect.tolerated):
        return None
    for acceptance in diagnosis.acceptances:
        host = acceptance.server
        if expect.failure is Failure.POLICY_FAILED or (expect.server or host) != host:
            return f"mail was sent to {host}, which the policy of the recipients' domain forbids"
    return None


def _tls_violation(connector: Connector, diagnosis: Diagnosis) -> str | None:
    """Find mail that was sent against the connector's own TLS policy."""
    if connector.tls in (TlsPolicy.REQUIRED, TlsPolicy.VERIFIED) and diagnosis.clear_mail:
        return f"mail was sent in clear to {diagnosis.clear_mail[0]}, though TLS is {connector.tls}"
    if connector.tls is not TlsPolicy.VERIFIED:
        return None
    for acceptance in diagnosis.acceptances:
        # A client without the revocation list cannot know that a certificate was revoked.
        problems = [problem for problem in acceptance.certificate_problems if problem != "revoked" or connector.crl]
        if problems:
            return (
                f"mail was sent to {acceptance.server}, though its certificate has to be verified "
                f"and will not do ({', '.join(problems)})"
            )
    return None


def _alteration(diagnosis: Diagnosis, given: GivenMessage | None) -> str | None:
    """Find an accepted message that is not the given one, whichever recipients it was for."""
    if given is None:
        return None
    for acceptance in diagnosis.acceptances:
        if (difference := alteration(given, acceptance)) is not None:
            recipients = " and ".join(acceptance.recipients)
            return f"{acceptance.server} took another message for {recipients} than the client was given: {difference}"
    return None


def _duplicate(diagnosis: Diagnosis) -> str | None:
    """Find a recipient with a copy after a confirmed one, or with more than one copy after a lost reply."""
    recipients = (recipient.lower() for acceptance in diagnosis.acceptances for recipient in acceptance.recipients)
    for recipient in dict.fromkeys(recipients):
        copies = _copies(recipient, diagnosis)
        if (first := next((copy for copy in copies[:-1] if copy.confirmed), None)) is not None:
            return f"the message was sent to {recipient} again after {first.server} had confirmed that it was accepted"
        if len(copies) > 2:
            return (
                f"the message was sent to {recipient} {len(copies)} times; after a lost reply one more copy is allowed"
            )
    return None


def _loss_or_repetition(diagnosis: Diagnosis, answers: Mapping[str, Answer]) -> str | None:
    for recipient, answer in answers.items():
        copies = _copies(recipient, diagnosis)
        if answer.outcome is Outcome.DELIVERED and not copies:
            return f"the client says delivered, and no server ever accepted the message for {recipient}: it is lost"
        if answer.outcome is Outcome.DEFERRED and any(copy.confirmed for copy in copies):
            host = copies[-1].server
            return f"{host} confirmed that it took the message for {recipient}, and the client will send it again"
        if answer.outcome is Outcome.DEFERRED and len(copies) > 1:
            return (
                f"the message was sent to {recipient} {len(copies)} times in one delivery, and the client will send "
                "it again; after a lost reply one more copy is allowed"
            )
    return None


def _copies(recipient: str, diagnosis: Diagnosis) -> list[Acceptance]:
    """Return the acceptances for a recipient, in order."""
    return [
        acceptance
        for acceptance in diagnosis.acceptances
        if recipient.lower() in (address.lower() for address in acceptance.recipients)
    ]
