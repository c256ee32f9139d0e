"""A scenario: one story of what goes wrong, for which connector settings, and what a right client says of it."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SerializeAsAny, model_validator

from mailfault.codes.failure import Failure
from mailfault.contract import Policy, Route, TlsPolicy
from mailfault.scenario.layers import layer_of, layers_of
from mailfault_servers.fault import Fault, Seconds, UnknownFault, find_fault

DOMAIN = "dest.example"
"""The recipients' domain in every scenario."""


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
"""A fault object, or the table that stands for one in a scenario file."""


def _check_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
    return pattern


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


_LIMITS = ("connect_limit", "command_limit", "dns_limit")


class Connector(_Table):
    """How the client under test is set up."""

    route: Route = Route.MX
    """mx: look up the MX of the recipient's domain. smart-host: hand everything to the first host."""
    tls: TlsPolicy = TlsPolicy.OPPORTUNISTIC
    """none, opportunistic, required or verified."""
    policy: Annotated[tuple[Policy, ...], BeforeValidator(_listed, json_schema_input_type=Policy | list[Policy])] = ()
    """The domains' policies to heed, on top of `tls`: dane, mta-sts, or both."""
    crl: bool = False
    """Give the client the authority's revocation list."""
    recipients: Annotated[tuple[str, ...], Field(min_length=1)] = ("user@dest.example",)
    """The envelope's recipients, all in dest.example."""
    messages: Annotated[int, Field(ge=1, le=9)] = 1
    """How many messages the client delivers one after another. Faults count them as `attempts`."""
    connect_limit: Seconds | None = None
    """How long the client should wait for a connection. Absent: the run's own limit."""
    command_limit: Seconds | None = None
    """How long the client should wait for a reply. Absent: the run's own limit."""
    dns_limit: Seconds | None = None
    """How long the client should wait for a name server. Absent: the run's own limit."""


class Host(_Table):
    """A mail host of this world."""

    name: str
    """Its name in DNS, which is also the name in its certificate and its greeting."""
    addresses: Annotated[tuple[Literal["ipv4", "ipv6"], ...], Field(min_length=1)] = ("ipv4",)
    """What addresses it has, in the order of their numbers: ["ipv6", "ipv4"] for one of each. Loopback has one IPv6."""
    preference: Annotated[int, Field(ge=0, le=65535)] | None = 10
    """Its MX preference, lowest first."""
    mx: bool = True
    """Whether the domain's MX record names it."""
    tlsa: tuple[Annotated[str, Field(pattern=r"^[0-3] [01] [0-2]$")], ...] = ()
    """TLSA records for its SMTP port, by usage, selector and matching type: "3 1 1" is the SHA-256 of its key. They
    match what the host presents, its tls.* faults included."""
    proxy: bool = False
    """Whether a proxy stands before it, as it does where it has a proxy.* fault."""
    stranger: bool = False
    """Whether it has nothing to do with the recipients' domain and its mail: mail given to it is in wrong hands."""
    starttls: bool = True
    """Whether it offers STARTTLS when it is honest."""
    faults: tuple[AnyFault, ...] = ()
    """What goes wrong at this host: tcp.*, tls.* and smtp.* faults, and on the way to it: wire.* and proxy.* faults."""

    @model_validator(mode="after")
    def _check_layers(self) -> Self:
        for fault in self.faults:
            tables = layer_of(fault).tables
            if "host" not in tables:
                server = "name server" if tables[0] == "dns" else "policy host"
                raise ValueError(f"{fault.id} is a fault of the {server}: put it under [{tables[0]}] faults")
        if self.proxied and self.addresses != ("ipv4",):
            raise ValueError("a host behind a proxy has one IPv4 address: leave 'addresses' out")
        return self

    @property
    def proxied(self) -> bool:
        """Whether connections come to it by way of a proxy."""
        return self.proxy or any(fault.layer == "proxy" for fault in self.faults)

    def without_faults(self) -> "Host":
        """The same host, honest, and behind a proxy where it was."""
        return self.model_copy(update={"faults": (), "proxy": self.proxied})


class Dns(_Table):
    """The name server of this world."""

    signed: bool = False
    """Whether the names are signed: the resolver says of each answer that it has verified it (AD)."""
    search: tuple[Annotated[str, Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)*$")], ...] = ()
    """Search domains of the client's machine (resolv.conf(5)); only the sandbox has a resolv.conf of its own."""
    faults: tuple[AnyFault, ...] = ()
    """What goes wrong with names: dns.* faults, and on the way to the name server: udp.* faults."""

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
    """Names of mail hosts, "*.dest.example" for one label more. Absent: all that are in the MX record."""
    max_age: Annotated[int, Field(ge=0, le=31557600)] = 604800
    """Seconds."""
    cached: Literal["no", "same", "older"] = "no"
    """What the client knows from a day ago: nothing, this very policy, or one of another id that names another host."""
    faults: tuple[AnyFault, ...] = ()
    """What goes wrong at the policy host: https.*, tcp.* and tls.* faults."""

    @model_validator(mode="after")
    def _check_layers(self) -> Self:
        for fault in self.faults:
            if fault.layer not in layers_of("sts"):
                raise ValueError(f"{fault.id} is no fault of the policy host; those are https.*, tcp.* and tls.*")
        return self


class Tolerated(_Table):
    """Another answer that is accepted, with the reason. Absent keys are as expected."""

    failure: Failure | None = None
    code: Annotated[str, Field(pattern=r"^[245]\.\d{1,3}\.\d{1,3}$")] | None = None
    """An enhanced code, as the client spells it."""
    action: Literal["deliver", "defer", "fail"] | None = None
    """Another fate of the mail. `deliver` where a failure is expected (or a failure where `deliver` is): the client may
    take that course, and is then judged by it."""
    text: Annotated[str, AfterValidator(_check_pattern)] | None = None
    """A regular expression that the answer's words must match, whatever their case."""
    because: Annotated[str, Field(min_length=10)]
    """Why that is no mistake."""


class Expect(_Table):
    """What a right client says."""

    failure: Failure | None = None
    """The failure; absent where the mail must be delivered."""
    code: Annotated[str, Field(pattern=r"^[245]\.\d{1,3}\.\d{1,3}$")] | None = None
    """The enhanced code, where the article has several for one failure (policy-failed). A client that gives a code must
    give this one, of class 4 or 5, wherever the profile has it; one that gives none is not asked for it."""
    action: Literal["deliver", "defer", "fail"]
    """deliver: it arrived. defer: keep it queued and try again. fail: return it to the sender at once."""
    reply: str | None = None
    """With remote-reply: the remote's own words, "550 5.1.1 User unknown"."""
    server: str | None = None
    """Name of the host that the answer must be about (several hosts: the last one attempted)."""
    recipients: Mapping[str, "Expect"] | None = None
    """What is expected for single recipients, where that differs."""
    messages: Mapping[int, "Expect"] | None = None
    """What is expected for single messages, by number from 1, where that differs."""
    tolerated: tuple[Tolerated, ...] = ()

    @model_validator(mode="after")
    def _check_sense(self) -> Self:
        if (self.failure is None) != (self.action == "deliver"):
            raise ValueError("'action' is \"deliver\" exactly where there is no 'failure'")
        if (self.failure is Failure.REMOTE_REPLY) != (self.reply is not None):
            raise ValueError("'reply' (the remote's own words) is given exactly with failure \"remote-reply\"")
        return self


class Scenario(_Table):
    """One story."""

    id: str = ""
    """Its place below scenarios/, set by the loader."""
    title: Annotated[str, Field(min_length=5, max_length=100)]
    """The story in one line, as its victim would tell it."""
    why: Annotated[str, Field(min_length=20)]
    """What a right client does here and why; what a wrong one makes of it."""
    refs: Annotated[tuple[str, ...], Field(min_length=1)]
    """Where that is said: RFC and section, article, measurement."""
    tags: tuple[str, ...] = ()
    seed: int = 0
    """Seed of all chance in this scenario."""
    connector: Connector = Connector()
    dns: Dns = Dns()
    sts: Sts | None = None
    """The MTA-STS policy of the domain; absent: it has none."""
    host: Annotated[tuple[Host, ...], Field(min_length=1)]
    """The mail hosts of this world, at least one."""
    expect: Expect

    @model_validator(mode="after")
    def _check_messages(self) -> Self:
        for number, its in (self.expect.messages or {}).items():
            if not 1 <= number <= self.connector.messages:
                raise ValueError(
                    f"expect.messages.{number}: there is no such message; "
                    f"connector.messages says {self.connector.messages}"
                )
            if its.messages is not None:
                raise ValueError(f"expect.messages.{number}: a single message has no 'messages' of its own")
        return self

    def of_message(self, number: int) -> "Scenario":
        """The same world with what is expected for one message, by number from 1."""
        return self.model_copy(update={"expect": (self.expect.messages or {}).get(number, self.expect)})

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        names = [one.name for one in self.host]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"host {twice.pop()!r} stands twice in one world")
        if sum(one.addresses.count("ipv6") for one in self.host) > 1:
            raise ValueError("a world can have one IPv6 address: the loopback interface has just ::1")
        return self

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All that is wrong in this world."""
        policy = self.sts.faults if self.sts is not None else ()
        return (*self.dns.faults, *policy, *(fault for host in self.host for fault in host.faults))

    def control(self) -> "Scenario":
        """The same world without its faults and with the run's own limits, which must deliver."""
        return self.model_copy(
            update={
                "title": f"Control of {self.id}"[:100],
                "connector": self.connector.model_copy(update=dict.fromkeys(_LIMITS)),
                "dns": self.dns.model_copy(update={"faults": ()}),
                "sts": self.sts and self.sts.model_copy(update={"faults": ()}),
                "host": tuple(one.without_faults() for one in self.host),
                "expect": Expect(action="deliver"),
            }
        )

    def to_json(self) -> dict[str, Any]:
        """The scenario as plain data: what a file would say, with its id."""
        written = self.model_dump(mode="json", exclude_defaults=True)
        for key, table in (("dns", self.dns), ("sts", self.sts)):
            if table is not None and table.faults:
                written[key]["faults"] = [one.describe() for one in table.faults]
        for host, plain in zip(self.host, written["host"], strict=True):
            if host.faults:
                plain["faults"] = [one.describe() for one in host.faults]
        return written
