"""Scenario: one story of what goes wrong, for which connector settings, and what a correct client reports."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SerializeAsAny, model_validator

from mailfault.codes.failure import Failure
from mailfault.contract import Policy, Route, TlsPolicy
from mailfault.scenario.contradictions import check_host_faults
from mailfault.scenario.layers import layer_of, layers_of
from mailfault_servers.fault import Fault, Seconds, UnknownFault, find_fault
from mailfault_servers.smtp.reply_text import check_refusal

DOMAIN = "dest.example"
"""The recipients' domain in every scenario."""
POLICY_HOST = f"mta-sts.{DOMAIN}"
"""The host of its MTA-STS policy (RFC 8461 3.3)."""


def _build_fault(value: object) -> object:
    if isinstance(value, Fault):
        return value
    if not isinstance(value, Mapping) or "use" not in value:
        raise ValueError("a fault is a table with 'use', for example { use = \"tcp.refuse\" }")
    settings = dict(value)
    try:
        cls = find_fault(str(settings.pop("use")))
    except UnknownFault as error:
        raise ValueError(str(error)) from None
    return cls.model_validate(settings)


AnyFault = Annotated[SerializeAsAny[Fault], BeforeValidator(_build_fault)]
"""A fault object, or the table that a scenario file writes for it."""


def _check_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
    return pattern


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


_LIMITS = ("connect_limit", "command_limit", "dns_limit")


class Connector(_Table):
    """Settings of the client under test."""

    route: Route = Route.MX
    """mx: look up the MX of the recipient's domain. smart-host: send everything to the first host."""
    tls: TlsPolicy = TlsPolicy.OPPORTUNISTIC
    """none, opportunistic, required or verified."""
    policy: Annotated[tuple[Policy, ...], BeforeValidator(_listed, json_schema_input_type=Policy | list[Policy])] = ()
    """Policies of the domain to follow, on top of `tls`: dane, mta-sts, or both."""
    crl: bool = False
    """Give the client the authority's revocation list."""
    recipients: Annotated[tuple[str, ...], Field(min_length=1)] = ("user@dest.example",)
    """The recipients of the envelope, all in dest.example."""
    sender: str = "sender@client.example"
    """The sender of the envelope."""
    content: Literal["ascii", "8bit"] = "ascii"
    """The content of the message: ASCII alone, or with octets that are not, which need 8BITMIME (RFC 6152)."""
    messages: Annotated[int, Field(ge=1, le=9)] = 1
    """Number of messages that the client delivers one after another. Faults count them as `attempts`."""
    connect_limit: Seconds | None = None
    """Time the client should wait for a connection. Absent: the limit of the run."""
    command_limit: Seconds | None = None
    """Time the client should wait for a reply. Absent: the limit of the run."""
    dns_limit: Seconds | None = None
    """Time the client should wait for a name server. Absent: the limit of the run."""


class Host(_Table):
    """A mail host of this world."""

    name: str
    """Name in DNS, in the certificate and in the greeting."""
    addresses: Annotated[tuple[Literal["ipv4", "ipv6"], ...], Field(min_length=1)] = ("ipv4",)
    """Addresses, in the order of their numbers: ["ipv6", "ipv4"] for one of each. Loopback has one IPv6 address."""
    preference: Annotated[int, Field(ge=0, le=65535)] | None = 10
    """MX preference, lowest first."""
    mx: bool = True
    """Name the host in the MX record of the domain."""
    tlsa: tuple[Annotated[str, Field(pattern=r"^[0-3] [01] [0-2]$")], ...] = ()
    """TLSA records for its SMTP port, by usage, selector and matching type: "3 1 1" is the SHA-256 of its key. They
    match the certificate that the host presents, with its tls.* faults."""
    proxy: bool = False
    """Put a proxy in front of the host. A proxy.* fault does so too."""
    stranger: bool = False
    """The host is unrelated to the recipients' domain. Mail that it accepts is misdelivered."""
    starttls: bool = True
    """Offer STARTTLS, unless a fault prevents it."""
    faults: tuple[AnyFault, ...] = ()
    """Faults of this host (tcp.*, tls.*, smtp.*) and of the path to it (wire.*, proxy.*)."""

    @model_validator(mode="after")
    def _check_layers(self) -> Self:
        for fault in self.faults:
            tables = layer_of(fault).tables
            if "host" not in tables:
                server = "name server" if tables[0] == "dns" else "policy host"
                raise ValueError(f"{fault.id} is a fault of the {server}: put it under [{tables[0]}] faults")
        if self.proxied and self.addresses != ("ipv4",):
            raise ValueError("a host behind a proxy has one IPv4 address: leave out 'addresses'")
        check_host_faults(self.faults)
        return self

    @property
    def proxied(self) -> bool:
        """True if connections reach the host through a proxy."""
        return self.proxy or any(fault.layer == "proxy" for fault in self.faults)

    def without_faults(self) -> "Host":
        """Return the same host without its faults, still behind its proxy if it had one."""
        return self.model_copy(update={"faults": (), "proxy": self.proxied})


class Dns(_Table):
    """The name server of this world."""

    signed: bool = False
    """Sign the names: the resolver marks each answer as verified (AD, RFC 4035 3.2.3)."""
    search: tuple[Annotated[str, Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)*$")], ...] = ()
    """Search domains of the client's machine (resolv.conf(5)). They need the sandbox, which has its own resolv.conf."""
    faults: tuple[AnyFault, ...] = ()
    """Faults of the name server (dns.*) and of the path to it (udp.*)."""

    @model_validator(mode="after")
    def _check_layers(self) -> Self:
        for fault in self.faults:
            if fault.layer not in layers_of("dns"):
                raise ValueError(f"{fault.id} is a fault of a mail host: put it under [[host]] faults")
        return self


class Sts(_Table):
    """The MTA-STS policy that the recipients' domain publishes (RFC 8461)."""

    mode: Literal["enforce", "testing", "none"] = "enforce"
    mx: tuple[str, ...] = ()
    """Names of mail hosts; "*.dest.example" stands for one more label. Absent: all hosts of the MX record."""
    max_age: Annotated[int, Field(ge=0, le=31557600)] = 604800
    """Seconds."""
    cached: Literal["no", "same", "older"] = "no"
    """Policy that the client cached a day ago: none, this same one, or an older one that names another host."""
    faults: tuple[AnyFault, ...] = ()
    """Faults of the policy host: https.*, tcp.* and tls.*."""

    @model_validator(mode="after")
    def _check_layers(self) -> Self:
        for fault in self.faults:
            if fault.layer not in layers_of("sts"):
                raise ValueError(f"{fault.id} is not a fault of the policy host; those are https.*, tcp.* and tls.*")
        return self


class Tolerated(_Table):
    """Another answer that is accepted, with the reason. Keys left out are as in [expect]."""

    failure: Failure | None = None
    code: Annotated[str, Field(pattern=r"^[245]\.\d{1,3}\.\d{1,3}$")] | None = None
    """Enhanced status code (RFC 3463), as the client writes it."""
    action: Literal["deliver", "defer", "fail"] | None = None
    """Another action. With `deliver` in place of a failure (or a failure in place of `deliver`) the client may choose
    either, and is judged by its choice."""
    reply: Annotated[str, AfterValidator(check_refusal)] | None = None
    """Reply that the remote server gives to a client which gets past the fault and goes on. Only with failure =
    "remote-reply". The evidence must show this reply, and the answer pass it on."""
    text: Annotated[str, AfterValidator(_check_pattern)] | None = None
    """Regular expression that the text of the answer must match, in any case."""
    because: Annotated[str, Field(min_length=10)]
    """Reason why this answer is not a mistake."""

    @model_validator(mode="after")
    def _check_sense(self) -> Self:
        if self.reply is not None and self.failure is not Failure.REMOTE_REPLY:
            raise ValueError("'reply' belongs to failure \"remote-reply\", and only to it")
        return self


class Expect(_Table):
    """Answer of a correct client."""

    failure: Failure | None = None
    """The failure. Absent if the mail must be delivered."""
    code: Annotated[str, Field(pattern=r"^[245]\.\d{1,3}\.\d{1,3}$")] | None = None
    """Enhanced status code, for a failure that has several (policy-failed). If the code map has it, a client that
    reports a code must report this one, of class 4 or 5. A client that reports no code is not asked for it."""
    action: Literal["deliver", "defer", "fail"]
    """deliver: it arrived. defer: keep it queued and try again. fail: return it to the sender at once."""
    reply: str | None = None
    """Reply of the remote server, "550 5.1.1 User unknown". Only with failure = "remote-reply"."""
    server: str | None = None
    """Name of the host that the answer must name. Of several hosts it is the last one attempted."""
    recipients: Mapping[str, "Expect"] | None = None
    """Expectation for single recipients, if it differs."""
    messages: Mapping[int, "Expect"] | None = None
    """Expectation for single messages, by number from 1, if it differs."""
    tolerated: tuple[Tolerated, ...] = ()

    @model_validator(mode="after")
    def _check_sense(self) -> Self:
        if (self.failure is None) != (self.action == "deliver"):
            raise ValueError("'action' is \"deliver\" if and only if there is no 'failure'")
        if (self.failure is Failure.REMOTE_REPLY) != (self.reply is not None):
            raise ValueError(
                "'reply' (the reply of the remote server) belongs to failure \"remote-reply\", and only to it"
            )
        if self.reply is not None:
            check_refusal(self.reply)
        return self


class Scenario(_Table):
    """One story."""

    id: str = ""
    """Path below scenarios/, set by the loader."""
    title: Annotated[str, Field(min_length=5, max_length=100)]
    """The story in one line, in the words of the person it happened to."""
    why: Annotated[str, Field(min_length=20)]
    """Correct behaviour and its reason, and the mistake that a wrong client makes."""
    refs: Annotated[tuple[str, ...], Field(min_length=1)]
    """Sources: RFC and section, article, measurement."""
    tags: tuple[str, ...] = ()
    seed: int = 0
    """Seed of all randomness in this scenario."""
    connector: Connector = Connector()
    dns: Dns = Dns()
    sts: Sts | None = None
    """The MTA-STS policy of the domain. Absent: the domain has none."""
    host: Annotated[tuple[Host, ...], Field(min_length=1)]
    """The mail hosts of this world, at least one."""
    expect: Expect

    @model_validator(mode="after")
    def _check_messages(self) -> Self:
        for number, expect in (self.expect.messages or {}).items():
            if not 1 <= number <= self.connector.messages:
                raise ValueError(
                    f"expect.messages.{number}: there is no such message; "
                    f"connector.messages says {self.connector.messages}"
                )
            if expect.messages is not None:
                raise ValueError(f"expect.messages.{number}: a single message cannot have 'messages'")
        return self

    def of_message(self, number: int) -> "Scenario":
        """Return the same world with the expectation for one message, by number from 1."""
        return self.model_copy(update={"expect": (self.expect.messages or {}).get(number, self.expect)})

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        names = [host.name for host in self.host]
        if duplicates := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"two hosts of this world are named {duplicates.pop()!r}")
        if sum(host.addresses.count("ipv6") for host in self.host) > 1:
            raise ValueError("a world can have one IPv6 address: the loopback interface has only ::1")
        return self

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All faults of this world."""
        policy = self.sts.faults if self.sts is not None else ()
        return (*self.dns.faults, *policy, *(fault for host in self.host for fault in host.faults))

    def control(self) -> "Scenario":
        """Return the same world without its faults and with the limits of the run. It must deliver.

        The message is a plain one where it cannot be sent: no client has to implement SMTPUTF8.
        """
        changed: dict[str, Any] = dict.fromkeys(_LIMITS)
        if self.expect.failure is Failure.MESSAGE_NOT_TRANSFERABLE:
            plain = Connector()
            changed |= {"sender": plain.sender, "recipients": plain.recipients, "content": plain.content}
        return self.model_copy(
            update={
                "title": f"Control of {self.id}"[:100],
                "connector": self.connector.model_copy(update=changed),
                "dns": self.dns.model_copy(update={"faults": ()}),
                "sts": self.sts and self.sts.model_copy(update={"faults": ()}),
                "host": tuple(host.without_faults() for host in self.host),
                "expect": Expect(action="deliver"),
            }
        )

    def to_json(self) -> dict[str, Any]:
        """Return the scenario as plain data: the content of its file, with its id."""
        written = self.model_dump(mode="json", exclude_defaults=True)
        for key, table in (("dns", self.dns), ("sts", self.sts)):
            if table is not None and table.faults:
                written[key]["faults"] = [fault.describe() for fault in table.faults]
        for host, plain in zip(self.host, written["host"], strict=True):
            if host.faults:
                plain["faults"] = [fault.describe() for fault in host.faults]
        return written
