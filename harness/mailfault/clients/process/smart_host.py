"""The smart host of clients that look up no MX."""

import dns.exception

from mailfault.classify.classified import LOOKUP
from mailfault.clients.library.exception_answer import answer_from
from mailfault.clients.library.mail_hosts import addresses_of, check_known
from mailfault.contract import Answered, Crashed, Declined, DeliveryResult, Route, Target, Unsupported


def smart_host_addresses(target: Target, *, client: str) -> tuple[str, ...] | DeliveryResult:
    """Look up the smart host at `target.dns` for a client that takes no resolver.

    Returns no address for a world in the sandbox, where the client looks the name up itself; the end of the delivery
    if the target is not supported or the lookup failed.
    """
    try:
        check_known(target)
        if target.route is not Route.SMART_HOST or target.smart_host is None:
            return Declined(f"{client} looks up no MX")
        return addresses_of(target, target.smart_host) if target.launcher is None else ()
    except Unsupported as refusal:
        return Declined(str(refusal))
    except dns.exception.DNSException as error:
        answer = answer_from(error, stage=LOOKUP)
        return Answered(answer) if answer is not None else Crashed(f"{type(error).__name__}: {error}")
