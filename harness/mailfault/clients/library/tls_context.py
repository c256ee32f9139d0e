"""TLS contexts for the four TLS policies, as a careful user of the ssl module creates them."""

import ssl

from mailfault.contract import Target, TlsPolicy


def client_context(target: Target) -> ssl.SSLContext:
    """Return a context that trusts only the target's authority under `verified`, and any certificate otherwise."""
    context = ssl.create_default_context(cafile=str(target.ca_file))
    if target.tls is not TlsPolicy.VERIFIED:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif target.crl_file is not None:
        context.load_verify_locations(cafile=str(target.crl_file))
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    return context
