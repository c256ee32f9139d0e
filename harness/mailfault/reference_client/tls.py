"""Client contexts for the TLS policies."""

import ssl

from mailfault.reference_client.settings import Settings


def client_context(settings: Settings, *, verified: bool = False) -> ssl.SSLContext:
    """Make the context for one handshake. The certificate is checked only under TLS policy `verified`, or if a domain
    demands it (RFC 7435 3, RFC 6125).

    Only the host's own certificate is checked for revocation: few authorities publish a list for each link of the
    chain. A name in the common name alone does not count (RFC 9525 2). Raises OSError if a file cannot be read.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if settings.tls != "verified" and not verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    context.hostname_checks_common_name = False
    context.load_verify_locations(settings.ca_file)
    if settings.crl_file is not None:
        context.load_verify_locations(settings.crl_file)
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    return context
