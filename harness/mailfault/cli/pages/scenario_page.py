"""The page of a scenario, for a reader who is new to mailfault: story, world, and the answer of a correct client."""

import inspect
from collections.abc import Sequence

from mailfault.cli.pages.failure_page import add_explanation, add_statuses
from mailfault.cli.pages.page import Page
from mailfault.codes.failure import Failure
from mailfault.contract import Policy, Route, TlsPolicy
from mailfault.scenario.model import DOMAIN, Connector, Expect, Host, Scenario, Sts
from mailfault_servers.fault import Fault

_WHAT_IT_IS = "A scenario: a mail client delivers a message in the world below, and reports the outcome."
_ROUTES = {
    Route.MX: f"it looks up the MX of {DOMAIN} and delivers to these hosts",
    Route.SMART_HOST: "it sends all mail to one named host, and looks up its address",
}
_POLICIES = {
    TlsPolicy.NONE: "it never uses TLS",
    TlsPolicy.OPPORTUNISTIC: "it uses TLS if offered, with any certificate, and otherwise continues in clear text",
    TlsPolicy.REQUIRED: "it never delivers in clear text, and accepts any certificate",
    TlsPolicy.VERIFIED: "it never delivers in clear text, nor to a host without a valid certificate for its name",
}
_POLICY_RULES = {
    Policy.DANE: "it follows DANE: TLSA records in signed zones (RFC 7672)",
    Policy.MTA_STS: f"it follows MTA-STS: the policy at mta-sts.{DOMAIN} (RFC 8461)",
}
_CACHED = {
    "no": "",
    "same": "; the client has fetched it before",
    "older": "; the client has fetched an older one before, which names another host",
}
_ACTIONS = {
    "deliver": "It delivers the message.",
    "defer": "It keeps the message in its queue and tries again later; it does not return it to the sender.",
    "fail": "It gives up at once and returns the message to the sender.",
}


def scenario_page(variants: Sequence[Scenario]) -> Page:
    """Return the page of a story. `variants` are its scenarios, one for each setting of the connector."""
    first = variants[0]
    story = first.id if len(variants) == 1 else first.id.partition("[")[0]
    page = Page(story, first.title)
    page.text(_WHAT_IT_IS, indent=0)
    page.gap()
    page.text(first.why, indent=0)
    _add_connector(page, variants)
    page.heading("The world")
    for host in first.host:
        _add_host(page, host)
    _add_names(page, first)
    _add_policy_host(page, first.sts)
    _add_messages(page, first)
    for failure in _failures(first):
        add_explanation(page, failure)
    page.heading("Sources")
    page.bullets(first.refs)
    page.heading("To run it")
    word = f"'{story}'" if "[" in story else story
    page.verbatim(f"mailfault run {word} --client reference")
    if len(variants) > 1:
        page.text(f"runs it with each of its settings: {', '.join(scenario.id for scenario in variants)}")
    return page


def _add_connector(page: Page, variants: Sequence[Scenario]) -> None:
    page.heading("How the client is set up")
    connectors = [scenario.connector for scenario in variants]
    routes = dict.fromkeys(connector.route for connector in connectors)
    policies = dict.fromkeys(connector.tls for connector in connectors)
    for route in routes:
        page.term(f"route {route}", _ROUTES[route])
    for tls in policies:
        page.term(f"TLS {tls}", _POLICIES[tls])
    first = connectors[0]
    if first.messages > 1:
        page.term("messages", f"it delivers {first.messages}, one after another, and may keep its connection")
    for policy in first.policy:
        page.term("policy", _POLICY_RULES[policy])
    if first.crl:
        page.term("revocation", "it has the list of revoked certificates")
    if first.recipients != Connector().recipients:
        page.term("recipients", ", ".join(first.recipients))
    for wait, limit_s in (
        ("connecting", first.connect_limit),
        ("each reply", first.command_limit),
        ("each lookup", first.dns_limit),
    ):
        if limit_s is not None:
            page.term("limit", f"{limit_s:g} s for {wait}")


def _add_host(page: Page, host: Host) -> None:
    facts = [f"MX preference {host.preference}" if host.mx else "not in the MX record"]
    facts.append("offers STARTTLS" if host.starttls else "does not offer STARTTLS")
    if host.tlsa:
        facts.append(f"has TLSA records {' and '.join(host.tlsa)}")
    page.text(f"{host.name}: a mail host, {', '.join(facts)}{'' if host.faults else '; nothing is wrong with it'}")
    for fault in host.faults:
        _add_fault(page, fault)


def _add_names(page: Page, scenario: Scenario) -> None:
    faults = scenario.dns.faults
    signed = ", whose answers are signed" if scenario.dns.signed else ""
    page.text(f"the name server of {DOMAIN}{signed}{'' if faults else ': nothing is wrong with it'}")
    for fault in faults:
        _add_fault(page, fault)


def _add_policy_host(page: Page, sts: Sts | None) -> None:
    if sts is None:
        return
    names = " and ".join(sts.mx) or "the hosts of the MX record"
    policy = f"an MTA-STS policy of mode {sts.mode} for {names}{_CACHED[sts.cached]}"
    page.text(f"mta-sts.{DOMAIN}: {policy}{'' if sts.faults else '; nothing is wrong with it'}")
    for fault in sts.faults:
        _add_fault(page, fault)


def _add_fault(page: Page, fault: Fault) -> None:
    settings = ", ".join(f"{key} = {value}" for key, value in fault.describe().items() if key != "use")
    page.text(f"* {fault.id}{f' ({settings})' if settings else ''}", indent=4)
    page.text(inspect.getdoc(type(fault)) or "", indent=6)


def _add_messages(page: Page, scenario: Scenario) -> None:
    """Add the expectation, for each message if they differ."""
    page.heading("What a correct client does")
    if not scenario.expect.messages:
        _add_expectation(page, scenario.expect)
        return
    others = [n for n in range(1, scenario.connector.messages + 1) if n not in scenario.expect.messages]
    for position, number in enumerate(sorted((*scenario.expect.messages, *others[:1]))):
        which = others if number in others else [number]
        if position:
            page.gap()
        page.text(f"Message {' and '.join(map(str, which))}:")
        _add_expectation(page, scenario.of_message(number).expect)


def _failures(scenario: Scenario) -> list[Failure]:
    """Return the failures that the scenario expects, each once."""
    numbers = range(1, scenario.connector.messages + 1)
    failures = [scenario.of_message(number).expect.failure for number in numbers]
    return list(dict.fromkeys(failure for failure in failures if failure is not None))


def _add_expectation(page: Page, expect: Expect) -> None:
    if expect.recipients:
        page.text("It reports each recipient separately.")
        for recipient, own in expect.recipients.items():
            page.term(recipient, f"{own.reply or own.failure or 'delivered'}. {_ACTIONS[own.action]}")
    else:
        page.text(_ACTIONS[expect.action])
    if expect.failure is Failure.REMOTE_REPLY:
        page.text(f"It calls the failure {expect.failure}, and reports the reply of the server: {expect.reply}")
    elif expect.failure is not None:
        page.gap()
        page.text(f"It calls the failure {expect.failure}. The status, by code map (--profile):")
        add_statuses(page, expect.failure, expect.code)
        if expect.code is not None:
            page.text(f"A client with a code for each kind of {expect.failure} has to report this one.")
    if expect.server is not None:
        page.text(f"It names the host: {expect.server}")
    _add_tolerated(page, expect)


def _add_tolerated(page: Page, expect: Expect) -> None:
    for other in expect.tolerated:
        accepted = ", ".join(str(value) for value in (other.failure, other.code, other.action) if value is not None)
        words = f" with text that matches {other.text!r}" if other.text is not None else ""
        page.text(f"Also accepted: {accepted or 'another answer'}{words}, because {other.because}")
