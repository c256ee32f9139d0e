from collections.abc import Sequence
from dataclasses import replace

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.certificate import CertificateWanted, Present


@fault
class CertificateTwice(Fault):
    """Present the host's certificate twice before the intermediate's (RFC 8446 4.4.2).

    What comes of a chain file that begins with the certificate which is also given by itself. Clients leave out what
    they do not need.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        return [Present(replace(one.spec, sent="host twice")) if isinstance(one, Present) else one for one in honest]
