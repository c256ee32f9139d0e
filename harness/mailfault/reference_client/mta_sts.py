"""MTA-STS: the policy of a domain, and its demands on hosts (RFC 8461).

A domain whose policy cannot be fetched has no policy, unless one is cached (RFC 8461 3.3, 5.1).
"""

import contextlib
import json
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import dns.exception
from dns.rdtypes.ANY.TXT import TXT

from mailfault.reference_client.https import HttpError, Response, get
from mailfault.reference_client.resolve import Resolver
from mailfault.reference_client.settings import Settings

MAX_BYTES = 65536
"""Longest policy that is read (RFC 8461 3.3 proposes 64 kilobytes)."""
_LONGEST_AGE_S = 31557600
_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_PAIR = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9_.-]{0,31})=(?P<value>[^;=\s]+)")
_FIELD = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9_.-]{0,31}):[ \t]*(?P<value>[^\s].*?)[ \t]*")


class NoPolicy(Exception):
    """No policy can be fetched or read; the message says why."""


@dataclass(frozen=True, slots=True)
class StsPolicy:
    """A parsed policy."""

    mode: str
    """enforce, testing or none."""
    mx: tuple[str, ...]

    @property
    def demand(self) -> "StsDemand":
        """Demand on the hosts that the policy names."""
        return StsDemand()

    @property
    def is_enforced(self) -> bool:
        return self.mode == "enforce"

    def allows(self, host: str) -> bool:
        """Return True if the policy names the host; "*" stands for the leftmost label (RFC 8461 4.1)."""
        name = host.lower().rstrip(".")
        patterns = [pattern.lower().rstrip(".") for pattern in self.mx]
        return name in patterns or f"*.{name.partition('.')[2]}" in patterns


@dataclass(frozen=True, slots=True)
class StsDemand:
    """TLS with a certificate that is valid for the host's name (RFC 8461 4.2)."""

    what: str = "MTA-STS"
    no_tls_code: str = "4.4.8"
    certificate_code: str = "4.4.8"
    verified: bool = True

    def check(self, tls: ssl.SSLObject, *, names: tuple[str, ...], now: datetime) -> None:
        """Do nothing: the handshake has checked the certificate."""


class PolicyFinder:
    """A finder of policies. Small methods make its decisions."""

    def __init__(self, *, resolver: Resolver, settings: Settings) -> None:
        self.resolver = resolver
        self.settings = settings

    async def find(self, domain: str) -> StsPolicy | None:
        """Find the policy in force for a domain. Return None if there is none or it cannot be fetched."""
        known = self.known()
        identity = await self.record_id(domain)
        if identity is None or (known is not None and known[0] == identity):
            return known[1] if known is not None else None
        try:
            return await self.fetch(domain)
        except NoPolicy:
            return known[1] if known is not None else None

    def known(self) -> tuple[str, StsPolicy] | None:
        """Read the id and text of the cached policy, if there is one."""
        if self.settings.cached_policy_file is None:
            return None
        kept = json.loads(self.settings.cached_policy_file.read_text("utf-8"))
        return kept["id"], self.parse(kept["policy"].encode())

    async def record_id(self, domain: str) -> str | None:
        """Look up the id in the domain's TXT record. Return None unless there is exactly one valid record."""
        try:
            found = await self.resolver.query(f"_mta-sts.{domain}", "TXT")
        except dns.exception.DNSException:
            return None
        texts = [b"".join(record.strings).decode("utf-8", "replace") for record in found if isinstance(record, TXT)]
        return self.id_of(texts)

    def id_of(self, texts: Sequence[str]) -> str | None:
        """Find the id in the texts of all TXT records."""
        records = [text for text in texts if text.startswith("v=STSv1;")]
        if len(records) != 1:
            return None
        pairs = [_PAIR.fullmatch(pair.strip()) for pair in records[0].rstrip("; \t").split(";")]
        fields = {pair["name"]: pair["value"] for pair in reversed(pairs) if pair is not None}
        identity = fields.get("id", "")
        return identity if None not in pairs and _ID.fullmatch(identity) is not None else None

    async def fetch(self, domain: str) -> StsPolicy:
        """Fetch the policy. Raises NoPolicy."""
        host = f"mta-sts.{domain}"
        try:
            return self.parse(self.body(await self.ask(host, "/.well-known/mta-sts.txt")))
        except (HttpError, OSError, dns.exception.DNSException) as error:
            raise NoPolicy(f"the policy cannot be had from {host}: {error}") from error

    async def ask(self, host: str, path: str) -> Response:
        """Ask the policy host, at each of its addresses in turn. Redirects are not followed (RFC 8461 3.3)."""
        *others, last = await self.resolver.addresses(host)
        for other in others:
            with contextlib.suppress(HttpError, OSError):
                return await self.ask_at(other.address, host, path)
        return await self.ask_at(last.address, host, path)

    async def ask_at(self, address: str, host: str, path: str) -> Response:
        """Ask the policy host at one address."""
        assert self.settings.https_port is not None
        return await get(
            address,
            self.settings.https_port,
            host=host,
            path=path,
            context=self.context(),
            max_bytes=MAX_BYTES,
            limit_s=self.settings.command_s,
        )

    def context(self) -> ssl.SSLContext:
        """Make a context that demands a certificate valid for the policy host's name (RFC 8461 3.3)."""
        return ssl.create_default_context(cafile=self.settings.ca_file)

    def body(self, response: Response) -> bytes:
        """Return the body of a response that can be a policy. Raises NoPolicy."""
        if response.status != 200:
            raise NoPolicy(f"the policy host answers {response.status}")
        if response.media_type != "text/plain":
            raise NoPolicy(f"the policy is {response.media_type}, not text/plain")
        return response.body

    def parse(self, body: bytes) -> StsPolicy:
        """Read a policy. Raises NoPolicy."""
        return parse_policy(body)


def parse_policy(body: bytes) -> StsPolicy:
    """Read a policy strictly (RFC 8461 3.2). Raises NoPolicy.

    Unknown fields are ignored. The first of repeated fields counts, except for `mx`."""
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
