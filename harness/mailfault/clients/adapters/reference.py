"""`reference`: mailfault's own delivery client, which does what a good one does."""

import importlib.metadata
from types import TracebackType
from typing import Self

from mailfault.clients.adapter import Adapter
from mailfault.clients.client_profile import ClientProfile, shipped_profile
from mailfault.clients.library.callable_client import CallableClient
from mailfault.clients.library.mail_hosts import HELLO_NAME, check_known
from mailfault.clients.library.recipients import combine_answers
from mailfault.clients.placement import Placement
from mailfault.clients.process.probe import Availability
from mailfault.contract import Answer, DeliveryResult, Outcome, Server, Target
from mailfault.reference_client import Attempt, DeliveryClient, Envelope, Result, Settings
from mailfault_servers.clock import Clock, SystemClock


class ReferenceAdapter:
    """The reference client behind the contract. Tests derive wrong clients from it."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        client: type[DeliveryClient] = DeliveryClient,
        spec: str = "reference",
        profile: ClientProfile | None = None,
    ) -> None:
        is_reopenable = clock is None and client is DeliveryClient
        self.where = Placement.REOPENABLE if is_reopenable else Placement.IN_PROCESS
        self._clock = clock if clock is not None else SystemClock()
        self._client = client
        self._called = CallableClient(
            self.answer_to,
            spec=spec,
            name=f"{spec} {_version()}",
            profile=profile if profile is not None else shipped_profile("reference"),
        )
        self.spec = spec
        self.name = self._called.name

    async def answer_to(self, target: Target) -> Answer:
        """Deliver once. Raises Unsupported for a target of an unknown kind."""
        check_known(target)
        envelope = Envelope(sender=target.sender, recipients=target.recipients, message=target.message)
        return answer_of(await self._client(settings_of(target), clock=self._clock).deliver(envelope))

    def supports(self, scenario_id: str, target: Target) -> str | None:
        return self._called.supports(scenario_id, target)

    def deliver(self, target: Target, *, deadline_s: float) -> DeliveryResult:
        return self._called.deliver(target, deadline_s=deadline_s)

    def close(self) -> None:
        self._called.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def settings_of(target: Target) -> Settings:
    """Return the reference client's settings for a target."""
    return Settings(
        route=target.route.value,
        smart_host=target.smart_host,
        port=target.smtp_port,
        resolver=target.dns,
        tls=target.tls.value,
        ca_file=target.ca_file,
        crl_file=target.crl_file,
        policies=tuple(str(policy) for policy in target.policies),
        https_port=target.https_port,
        cached_policy_file=target.cached_policy_file,
        connect_s=target.limits.connect_s,
        command_s=target.limits.command_s,
        dns_s=target.limits.dns_s,
        hello_name=HELLO_NAME,
    )


def answer_of(attempt: Attempt) -> Answer:
    """Return the answer of an attempt: that of the worst recipient, with each recipient's own where they differ."""
    each = {recipient: _answer_for(result) for recipient, result in attempt.results.items()}
    return combine_answers(each)


def _answer_for(result: Result) -> Answer:
    return Answer(
        outcome=Outcome(result.outcome),
        failure=result.failure,
        reply=str(result.reply) if result.reply is not None else None,
        text=result.text or None,
        server=Server(name=result.host.name, address=result.host.address) if result.host is not None else None,
    )


def _version() -> str:
    try:
        return importlib.metadata.version("mailfault")
    except importlib.metadata.PackageNotFoundError:
        return "(source tree)"


ADAPTER = Adapter(
    name="reference",
    what="mailfault's own delivery client, which does what a good one does",
    create=lambda argument, profile: ReferenceAdapter(profile=profile),
    check=lambda: Availability(version=_version()),
)
