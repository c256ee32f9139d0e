from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.certificate import CertificateWanted, Present


@fault
class NameSpelling(Fault):
    """Present a certificate whose name is the host's, spelled in an unusual way.

    Capitals do not matter (RFC 5280 7.2). The dot at the end, which DNS writes after a full name, has no place in a
    certificate (RFC 5280 4.2.1.6, RFC 1034 3.5): most clients then find another name, and some take the dot off.
    """

    how: Literal["capitals", "final-dot"] = "capitals"
    """What is unusual about it."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        name = event.host.upper() if self.how == "capitals" else f"{event.host}."
        return [Present(replace(one.spec, names=(name,))) if isinstance(one, Present) else one for one in honest]
