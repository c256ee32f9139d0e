from collections.abc import Sequence
from dataclasses import replace

from mailfault_servers.action import Action
from mailfault_servers.fault import fault
from mailfault_servers.https.event import PolicyFault, Respond


@fault
class LineFeeds(PolicyFault):
    """Serve the policy with lines that end in LF alone.

    RFC 8461 3.2 allows both LF and CRLF, and most files on a Unix web server have LF. The policy counts all the same. A
    client that splits at CRLF sees one long line and believes that there is no policy.
    """

    def answer(self, honest: Respond) -> Sequence[Action]:
        return (replace(honest, body=honest.body.replace("\r\n", "\n")),)
