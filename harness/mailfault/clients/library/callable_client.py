"""Clients that are a Python callable, run in this process."""

from collections.abc import Callable
from typing import Any, Self

from mailfault.clients.adapter import Adapter
from mailfault.clients.client_profile import ClientProfile, shipped_profile
from mailfault.clients.library.call import call, is_checking_revocation, is_composing, load_callable, policies_of
from mailfault.clients.library.deadline import within_deadline
from mailfault.clients.placement import Placement
from mailfault.clients.process.probe import Availability
from mailfault.contract import DeliveryResult, Target


class CallableClient:
    """A function `deliver(target) -> Answer`, or a coroutine function, called in this process."""

    def __init__(
        self,
        function: Callable[[Target], Any],
        *,
        spec: str,
        name: str | None = None,
        profile: ClientProfile | None = None,
        where: Placement = Placement.IN_PROCESS,
    ) -> None:
        """`where`: REOPENABLE if `open_client(spec, in_process=True)` gives the same client in another process."""
        self._function = function
        self._profile = profile or ClientProfile()
        self._policies = policies_of(function)
        self.composes = self._profile.composes or is_composing(function)
        """True if the function composes the message itself (see `clients.composition`)."""
        self._checks_revocation = is_checking_revocation(function)
        self.spec = spec
        self.where = where
        self.name = name or self._profile.name or spec.removeprefix("python:")

    @classmethod
    def load(cls, path: str, profile: ClientProfile | None) -> Self:
        """Import the callable that "package.module:function" names. Raises ClientError."""
        return cls(load_callable(path), spec=f"python:{path}", profile=profile, where=Placement.REOPENABLE)

    def supports(self, scenario_id: str, target: Target) -> str | None:
        return self._profile.why_not(
            scenario_id, target, also_follows=self._policies, also_checks_revocation=self._checks_revocation
        )

    def deliver(self, target: Target, *, deadline_s: float) -> DeliveryResult:
        return within_deadline(lambda: call(self._function, target, deadline_s=deadline_s), deadline_s=deadline_s)

    def close(self) -> None:
        pass


def callable_adapter(
    name: str,
    what: str,
    *,
    deliver: Callable[[Target], Any],
    title: Callable[[], str],
    version: Callable[[], str],
) -> Adapter:
    """Return the adapter of a function in this package, with the profile of the same name.

    `title` returns the client's name for a person, `version` that of its library.
    """

    def create(argument: str, profile: ClientProfile | None) -> CallableClient:
        return CallableClient(
            deliver,
            spec=name,
            name=title(),
            profile=profile if profile is not None else shipped_profile(name),
            where=Placement.REOPENABLE,
        )

    return Adapter(name=name, what=what, create=create, check=lambda: Availability(version=version()))
