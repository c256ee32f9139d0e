from dataclasses import replace

from mailfault_servers.fault import fault
from mailfault_servers.tls.settings import Terms, TermsFault, TermsWanted


@fault
class NameNeeded(TermsFault):
    """Shake hands only with clients that say which host they want (SNI, RFC 6066 3).

    One address serves many names, and there is no certificate for those who name none. A client that sends SNI notices
    nothing; one that does not is refused by the alert unrecognized_name.
    """

    def change(self, terms: Terms, wanted: TermsWanted) -> Terms:
        return replace(terms, names="needed")
