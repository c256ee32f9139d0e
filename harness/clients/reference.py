"""`reference`: the harness's own delivery client, a good one."""

from dataclasses import replace

from fake_servers.clock import SystemClock
from harness.clients.client import Adapter, Client
from harness.clients.client_profile import ClientProfile, shipped_profile
from harness.clients.python_callable import PythonClient
from harness.codes.failure import Failure
from harness.codes.profiles import DEFAULT, find_profile
from harness.contract import Answer, Outcome, Server, Target
from harness.reference_client import DeliveryClient, Envelope, Result, Settings

_RANK = list(Outcome)
"""From best to worst: what stands for a message whose recipients fared differently."""


async def deliver(target: Target, *, client: type[DeliveryClient] = DeliveryClient) -> Answer:
    """Deliver by the reference client, or by a variant of it."""
    settings = Settings(
        route=target.route.value,
        smart_host=target.smart_host,
        port=target.smtp_port,
        resolver=target.dns,
        tls=target.tls.value,
        ca_file=target.ca_file,
        crl_file=target.crl_file,
        connect_s=target.limits.connect_s,
        command_s=target.limits.command_s,
        dns_s=target.limits.dns_s,
    )
    envelope = Envelope(sender=target.sender, recipients=target.recipients, message=target.message)
    attempt = await client(settings, clock=SystemClock()).deliver(envelope)
    answers = {recipient: answer_of(result) for recipient, result in attempt.results.items()}
    worst = max(answers.values(), key=lambda one: _RANK.index(one.outcome))
    if len(set(map(repr, answers.values()))) == 1:
        return worst
    return replace(worst, recipients=answers)


def answer_of(result: Result) -> Answer:
    """A result in the contract's words, spelled as Microsoft 365 spells it."""
    server = Server(name=result.host.name, address=result.host.address) if result.host is not None else None
    outcome = Outcome(result.outcome)
    if result.failure is None or result.failure is Failure.REMOTE_REPLY:
        reply = str(result.reply) if result.reply is not None else None
        return Answer(outcome=outcome, failure=result.failure, reply=reply, text=result.text or None, server=server)
    row = find_profile(DEFAULT).spell(result.failure)
    text = f"{result.text} ({result.reply})" if result.reply is not None else result.text
    return Answer(
        outcome=outcome, code=row.code, failure=result.failure, reply=row.status, text=text or None, server=server
    )


def _open(what: str, profile: ClientProfile | None) -> Client:
    return PythonClient(
        deliver,
        spec="reference",
        name="reference client",
        profile=profile if profile is not None else shipped_profile("reference"),
    )


ADAPTER = Adapter(
    name="reference",
    what="mailfault's own delivery client, on dnspython and aiosmtplib",
    open=_open,
    version=lambda: "built in",
)
