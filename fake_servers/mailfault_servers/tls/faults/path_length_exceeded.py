from collections.abc import Sequence
from dataclasses import replace

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.certificate import AuthoritySpec, CertificateWanted, Present


@fault
class PathLengthExceeded(Fault):
    """Present a certificate from an authority below one that may have none below it (RFC 5280 4.2.1.9).

    The first intermediate has path length 0: it may sign for hosts, and not for further authorities. It did.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        return [
            Present(replace(one.spec, authorities=(AuthoritySpec(path_length=0), AuthoritySpec())))
            if isinstance(one, Present)
            else one
            for one in honest
        ]
