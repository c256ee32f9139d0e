"""Facts about a TLS session that broke down."""

import ssl

from mailfault_servers.facts import TlsFailed
from mailfault_servers.tls.alert import client_alert

_LOST = "the connection was lost in the handshake"


def tls_failed(error: BaseException | None) -> TlsFailed:
    """Describe a TLS failure by OpenSSL's reason and the client's alert. `error` is None if the connection was lost."""
    alert = client_alert(error) if isinstance(error, ssl.SSLError) else None
    return TlsFailed(reason=_reason(error), alert=alert)


def _reason(error: BaseException | None) -> str:
    if isinstance(error, ssl.SSLError):
        return (getattr(error, "reason", None) or str(error)).lower().replace("_", " ")
    if error is None or isinstance(error, ConnectionError):
        return _LOST
    return type(error).__name__
