"""The page of a scenario: its story, its world, and what a right client says, for somebody who never saw mailfault."""

import inspect
from collections.abc import Sequence

from mailfault.cli.pages.failure_page import add_explanation, add_spellings
from mailfault.cli.pages.page import Page
from mailfault.codes.failure import Failure
from mailfault.contract import Policy, Route, TlsPolicy
from mailfault.scenario.model import DOMAIN, Connector, Expect, Host, Scenario, Sts
from mailfault_servers.fault import Fault

_WHAT_IT_IS = "A scenario: a mail client is sent into the world told of here, and asked what happened."
_ROUTES = {
    Route.MX: f"it looks up the MX of {DOMAIN} and delivers to the hosts named there",
    Route.SMART_HOST: "it hands all mail to one named host, whose address it looks up",
}
_POLICIES = {
    TlsPolicy.NONE: "it never uses TLS",
    TlsPolicy.OPPORTUNISTIC: "it uses TLS where it is offered, with any certificate, and else goes on in clear",
    TlsPolicy.REQUIRED: "it never delivers in clear, but takes any certificate",
    TlsPolicy.VERIFIED: "it never delivers in clear, nor to a certificate that is not valid for the host's name",
}
_DEMANDED = {
    Policy.DANE: "it heeds DANE: TLSA records in signed zones (RFC 7672)",
    Policy.MTA_STS: f"it heeds MTA-STS: the policy at mta-sts.{DOMAIN} (RFC 8461)",
}
_KNOWN = {
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
    """The page of one story; `variants` are its scenarios: one, or one for each connector setting it is told for."""
    first = variants[0]
    story = first.id if len(variants) == 1 else first.id.partition("[")[0]
    page = Page(story, first.title)
    page.text(_WHAT_IT_IS, indent=0)
    page.gap()
    page.text(first.why, indent=0)
    _add_connector(page, variants)
    page.heading("The world it is sent into")
    for host in first.host:
        _add_host(page, host)
    _add_names(page, first)
    _add_policy_host(page, first.sts)
    _add_messages(page, first)
    for failure in _failures(first):
        add_explanation(page, failure)
    page.heading("Sources")
    page.bullets(first.refs)
    page.heading("To see it")
    word = f"'{story}'" if "[" in story else story
    page.verbatim(f"mailfault run {word} --client reference")
    if len(variants) > 1:
        page.text(f"plays it in each of its settings: {', '.join(one.id for one in variants)}")
    return page


def _add_connector(page: Page, variants: Sequence[Scenario]) -> None:
    page.heading("How the client is set up")
    connectors = [one.connector for one in variants]
    routes = dict.fromkeys(one.route for one in connectors)
    policies = dict.fromkeys(one.tls for one in connectors)
    for route in routes:
        page.term(f"route {route}", _ROUTES[route])
    for policy in policies:
        page.term(f"TLS {policy}", _POLICIES[policy])
    first = connectors[0]
    if first.messages > 1:
        page.term("messages", f"it delivers {first.messages}, one after another, and may keep its connection")
    for demanded in first.policy:
        page.term("policy", _DEMANDED[demanded])
    if first.crl:
        page.term("revocation", "it is given the list of revoked certificates")
    if first.recipients != Connector().recipients:
        page.term("recipients", ", ".join(first.recipients))
    for what, limit_s in (
        ("connecting", first.connect_limit),
        ("each reply", first.command_limit),
        ("each look-up", first.dns_limit),
    ):
        if limit_s is not None:
            page.term("limit", f"{limit_s:g} s for {what}")


def _add_host(page: Page, host: Host) -> None:
    facts = [f"MX preference {host.preference}" if host.mx else "not named by the MX record"]
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
    policy = f"an MTA-STS policy of mode {sts.mode} for {names}{_KNOWN[sts.cached]}"
    page.text(f"mta-sts.{DOMAIN}: {policy}{'' if sts.faults else '; nothing is wrong with it'}")
    for fault in sts.faults:
        _add_fault(page, fault)


def _add_fault(page: Page, fault: Fault) -> None:
    settings = ", ".join(f"{key} = {value}" for key, value in fault.describe().items() if key != "use")
    page.text(f"* {fault.id}{f' ({settings})' if settings else ''}", indent=4)
    page.text(inspect.getdoc(type(fault)) or "", indent=6)


def _add_messages(page: Page, scenario: Scenario) -> None:
    """What is expected; of several messages by number, where they differ."""
    page.heading("What a right client does")
    if not scenario.expect.messages:
        _add_expectation(page, scenario.expect)
        return
    others = [n for n in range(1, scenario.connector.messages + 1) if n not in scenario.expect.messages]
    for place, number in enumerate(sorted((*scenario.expect.messages, *others[:1]))):
        which = others if number in others else [number]
        if place:
            page.gap()
        page.text(f"Message {' and '.join(map(str, which))}:")
        _add_expectation(page, scenario.of_message(number).expect)


def _failures(scenario: Scenario) -> list[Failure]:
    """The failures that the scenario is about, each once."""
    each = [scenario.of_message(number).expect.failure for number in range(1, scenario.connector.messages + 1)]
    return list(dict.fromkeys(one for one in each if one is not None))


def _add_expectation(page: Page, expect: Expect) -> None:
    if expect.recipients:
        page.text("Each recipient has an answer of its own.")
        for recipient, own in expect.recipients.items():
            page.term(recipient, f"{own.reply or own.failure or 'all is well'}. {_ACTIONS[own.action]}")
    else:
        page.text(_ACTIONS[expect.action])
    if expect.failure is Failure.REMOTE_REPLY:
        page.text(f"It calls the failure {expect.failure}, and passes on what the server said: {expect.reply}")
    elif expect.failure is not None:
        page.gap()
        page.text(f"It calls the failure {expect.failure}. Spelled as a status, by the kind of client (--profile):")
        add_spellings(page, expect.failure, expect.code)
        if expect.code is not None:
            page.text(f"Where the client has a code for each kind of {expect.failure}, it has to be this one.")
    if expect.server is not None:
        page.text(f"It names the host it speaks of: {expect.server}")
    for other in expect.tolerated:
        accepted = ", ".join(str(one) for one in (other.failure, other.code, other.action) if one is not None)
        words = f" with words that match {other.text!r}" if other.text is not None else ""
        page.text(f"Also accepted: {accepted or 'another answer'}{words}, because {other.because}")
