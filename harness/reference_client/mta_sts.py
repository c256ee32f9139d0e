"""MTA-STS: which policy a domain has, and what that demands of its hosts (RFC 8461).

A policy that cannot be had is no policy, unless one is known from before (RFC 8461 3.3, 5.1).
"""

import json
import re
import socket
import ssl
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime

import aiohttp
import dns.exception
from aiohttp.abc import AbstractResolver, ResolveResult
from dns.rdtypes.ANY.TXT import TXT

from harness.reference_client.resolve import Resolver
from harness.reference_client.settings import Settings

MOST_BYTES = 65536
"""Of a policy (RFC 8461 3.3 proposes 64 kilobytes)."""
_LONGEST_AGE_S = 31557600
_RECORD = re.compile(r"v=STSv1\s*;\s*id=(?P<id>[A-Za-z0-9]{1,32})\s*(?:;\s*[A-Za-z0-9][\w.-]*=[^;=\s]+\s*)*;?\s*")
_FIELD = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9_.-]{0,31}):[ \t]*(?P<value>[^\s].*?)[ \t]*")


class NoPolicy(Exception):
    """No policy can be had; the message says why."""


@dataclass(frozen=True, slots=True)
class StsPolicy:
    """A policy, read."""

    mode: str
    """enforce, testing or none."""
    mx: tuple[str, ...]

    @property
    def demand(self) -> "StsDemand":
        """What it demands of the hosts that it names."""
        return StsDemand()

    @property
    def is_enforced(self) -> bool:
        return self.mode == "enforce"

    def allows(self, host: str) -> bool:
        """Whether the host is one of the domain's; "*" stands for the leftmost label (RFC 8461 4.1)."""
        name = host.lower().rstrip(".")
        patterns = [one.lower().rstrip(".") for one in self.mx]
        return name in patterns or f"*.{name.partition('.')[2]}" in patterns


@dataclass(frozen=True, slots=True)
class StsDemand:
    """TLS, and a certificate that is valid for the host's name (RFC 8461 4.2)."""

    what: str = "MTA-STS"
    no_tls_code: str = "4.4.8"
    certificate_code: str = "4.4.8"
    verified: bool = True

    def check(self, tls: ssl.SSLObject, *, names: tuple[str, ...], now: datetime) -> None:
        """The handshake has seen to it."""


class PolicyFinder:
    """Finds the policy of a domain. What it decides stands in small methods."""

    def __init__(self, *, resolver: Resolver, settings: Settings) -> None:
        self.resolver = resolver
        self.settings = settings

    async def find(self, domain: str) -> StsPolicy | None:
        """The policy that is in force for a domain; None where it has none that could be had."""
        known = self.known()
        identity = await self.record_id(domain)
        if identity is None or (known is not None and known[0] == identity):
            return known[1] if known is not None else None
        try:
            return await self.fetch(domain)
        except NoPolicy:
            return known[1] if known is not None else None

    def known(self) -> tuple[str, StsPolicy] | None:
        """Id and policy that are known from before."""
        if self.settings.cached_policy_file is None:
            return None
        kept = json.loads(self.settings.cached_policy_file.read_text("utf-8"))
        return kept["id"], self.parse(kept["policy"].encode())

    async def record_id(self, domain: str) -> str | None:
        """The id in the domain's TXT record; None unless there is exactly one record, and it is sound."""
        try:
            found = await self.resolver.query(f"_mta-sts.{domain}", "TXT")
        except dns.exception.DNSException:
            return None
        texts = [b"".join(one.strings).decode("utf-8", "replace") for one in found if isinstance(one, TXT)]
        return self.id_of(texts)

    def id_of(self, texts: Sequence[str]) -> str | None:
        """The id by all the texts that there are."""
        records = [one for one in texts if one.startswith("v=STSv1;")]
        if len(records) != 1 or (read := _RECORD.fullmatch(records[0])) is None:
            return None
        return read["id"]

    async def fetch(self, domain: str) -> StsPolicy:
        """Fetch the policy. Raises NoPolicy."""
        url = f"https://mta-sts.{domain}:{self.settings.https_port}/.well-known/mta-sts.txt"
        connector = aiohttp.TCPConnector(resolver=_OnlyFrom(self.resolver), ssl=self.context(), force_close=True)
        limit = aiohttp.ClientTimeout(total=self.settings.command_s)
        try:
            async with (
                aiohttp.ClientSession(connector=connector, timeout=limit, trust_env=False) as session,
                self.ask(session, url) as response,
            ):
                return self.parse(await self.body(response))
        except (aiohttp.ClientError, OSError, dns.exception.DNSException) as error:
            raise NoPolicy(f"{url}: {error}") from error

    def context(self) -> ssl.SSLContext:
        """What the policy host's certificate has to be: valid for its name (RFC 8461 3.3)."""
        return ssl.create_default_context(cafile=str(self.settings.ca_file))

    def ask(self, session: aiohttp.ClientSession, url: str) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """The request. Redirects are not followed (RFC 8461 3.3)."""
        return session.get(url, allow_redirects=False)

    async def body(self, response: aiohttp.ClientResponse) -> bytes:
        """What the policy host answered, where that can be a policy. Raises NoPolicy."""
        if response.status != 200:
            raise NoPolicy(f"{response.url} was answered with {response.status}")
        if response.content_type != "text/plain":
            raise NoPolicy(f"{response.url} is {response.content_type}, not text/plain")
        read = b""
        while more := await response.content.read(MOST_BYTES):
            read += more
            if len(read) > MOST_BYTES:
                raise NoPolicy(f"{response.url} is longer than {MOST_BYTES} bytes")
        return read

    def parse(self, body: bytes) -> StsPolicy:
        """Read a policy. Raises NoPolicy."""
        return parse_policy(body)


def parse_policy(body: bytes) -> StsPolicy:
    """Read a policy strictly (RFC 8461 3.2): unknown fields are ignored, of fields given twice the first counts, `mx`
    apart. Raises NoPolicy."""
    fields: dict[str, str] = {}
    mx: list[str] = []
    for line in body.decode("utf-8", "replace").removesuffix("\n").removesuffix("\r").split("\n"):
        field = _FIELD.fullmatch(line.removesuffix("\r"))
        if field is None:
            raise NoPolicy(f"the policy has a line that is none: {line!r}")
        if field["name"] == "mx":
            mx.append(field["value"])
        fields.setdefault(field["name"], field["value"])
    if fields.get("version") != "STSv1":
        raise NoPolicy(f"the policy's version is {fields.get('version')!r}")
    if fields.get("mode") not in ("enforce", "testing", "none"):
        raise NoPolicy(f"the policy's mode is {fields.get('mode')!r}")
    if not mx and fields["mode"] != "none":
        raise NoPolicy("the policy names no host")
    age = fields.get("max_age", "")
    if re.fullmatch(r"\d{1,10}", age) is None or int(age) > _LONGEST_AGE_S:
        raise NoPolicy(f"the policy's max_age is {age!r}")
    return StsPolicy(mode=fields["mode"], mx=tuple(mx))


class _OnlyFrom(AbstractResolver):
    """Names for aiohttp, from the connector's own name server."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        try:
            found = await self._resolver.addresses(host)
        except dns.exception.DNSException as error:
            raise OSError(str(error)) from error
        return [
            ResolveResult(
                hostname=host,
                host=one.address,
                port=port,
                family=socket.AF_INET6 if ":" in one.address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for one in found
        ]

    async def close(self) -> None:
        pass
