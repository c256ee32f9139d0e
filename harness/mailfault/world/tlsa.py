"""TLSA records (RFC 7672) of a world's hosts, made from the certificates that they present."""

from collections.abc import Iterator
from datetime import datetime

from mailfault.world.plan import HostPlan, WorldPlan
from mailfault_servers.dns.zone import Record
from mailfault_servers.tls.authority import Authority
from mailfault_servers.tls.certificate import CertificateSpec, CertificateWanted, Present, honest_spec
from mailfault_servers.tls.tlsa import record_for


def tlsa_records(plan: WorldPlan, *, port: int, authority: Authority, now: datetime) -> Iterator[Record]:
    """Yield the TLSA records of every host.

    Usages 1 and 3 match the certificate that the host presents, its faults included: an expired certificate still has
    the key that the operator published. Usages 0 and 2 match the honest chain: a certificate from an unknown authority
    does not match the published one.
    """
    for host in plan.hosts:
        if not host.tlsa:
            continue
        honest = honest_spec(host.name, now)
        presented = _presented_spec(host, honest, now)
        for parameters in host.tlsa:
            chain = authority.chain(presented if parameters[0] in "13" else honest)
            yield Record(f"_{port}._tcp.{host.name}", "TLSA", record_for(chain, parameters))


def _presented_spec(host: HostPlan, honest: CertificateSpec, now: datetime) -> CertificateSpec:
    """Return the certificate that the host presents once its faults have acted."""
    spec = honest
    for fault in host.faults:
        actions = fault.react(CertificateWanted(host=host.name, now=now), (Present(spec),))
        spec = next((action.spec for action in actions if isinstance(action, Present)), spec)
    return spec
