"""MTA-STS: what counts as a record, what as a policy, and which hosts it names."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from mailfault.clients.adapters.reference import settings_of
from mailfault.contract import Policy
from mailfault.reference_client.mta_sts import NoPolicy, PolicyFinder, StsPolicy, parse_policy
from mailfault.reference_client.resolve import Resolver
from mailfault.scenario.loader import find_scenario
from mailfault.world.plan import plan_world
from mailfault.world.world import World

GOOD = "version: STSv1\r\nmode: enforce\r\nmx: mx1.dest.example\r\nmx: *.dest.example\r\nmax_age: 604800\r\n"
READ = StsPolicy(mode="enforce", mx=("mx1.dest.example", "*.dest.example"))


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        GOOD.replace("\r\n", "\n"),
        GOOD.rstrip("\r\n"),
        GOOD.replace(": ", ":"),
        GOOD.replace("enforce", "enforce  "),
        GOOD + "x-note: whatever it says: really\r\n",
        GOOD + "mode: none\r\n",
    ],
)
def test_sound_policies(text: str) -> None:
    assert parse_policy(text.encode()) == READ


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>",
        GOOD.replace("STSv1", "STSv2"),
        GOOD.replace("version: STSv1\r\n", ""),
        GOOD.replace("mode: enforce\r\n", ""),
        GOOD.replace("enforce", "Enforce"),
        GOOD.replace("max_age: 604800\r\n", ""),
        GOOD.replace("604800", "a week"),
        GOOD.replace("604800", "31557601"),
        "version: STSv1\nmode: enforce\nmax_age: 1\n",
        GOOD + "no field\r\n",
        GOOD.replace("\r\n", "\r\n\r\n"),
    ],
)
def test_no_policies(text: str) -> None:
    with pytest.raises(NoPolicy):
        parse_policy(text.encode())


def test_none_needs_no_hosts() -> None:
    assert parse_policy(b"version: STSv1\nmode: none\nmax_age: 0") == StsPolicy(mode="none", mx=())


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("mx1.dest.example", True),
        ("MX1.Dest.Example.", True),
        ("mx7.dest.example", True),
        ("mx.eu.dest.example", False),
        ("dest.example", False),
        ("mx1.other.example", False),
    ],
)
def test_which_hosts_are_named(host: str, named: bool) -> None:
    assert READ.allows(host) is named


@pytest.mark.parametrize(
    ("texts", "identity"),
    [
        (["v=STSv1; id=20260101T000000;"], "20260101T000000"),
        (["v=STSv1;id=1"], "1"),
        (["v=STSv1; id=1; x=y;"], "1"),
        (["v=spf1 -all", "v=STSv1; id=1;"], "1"),
        ([], None),
        (["v=STSv1; id=1;", "v=STSv1; id=1;"], None),
        (["v=STSv1; x=y; id=1"], "1"),
        (["v=STSv1; id=1; id=2"], "1"),
        (["v=STSv1; id=1; nonsense"], None),
        (["v=STSv1; id=1;; x=y"], None),
        (["v=STSv1;"], None),
        (["v=STSv1; id=;"], None),
        (["v=STSv1; id=a-b;"], None),
        (["v=STSv2; id=1;"], None),
        (["id=1; v=STSv1;"], None),
    ],
)
def test_records(texts: list[str], identity: str | None) -> None:
    with World(plan_world(find_scenario("control/plain[route=mx]"))) as world:
        settings = settings_of(world.target)
    assert PolicyFinder(resolver=Resolver(settings), settings=settings).id_of(texts) == identity


def test_what_is_known_is_asked_for_only_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    with World(plan_world(find_scenario("policy/sts-enforce"))) as world:
        assert world.target.policies == (Policy.MTA_STS,)
        for identity, requests in (("20260101T000000", 0), ("other", 1)):
            file.write_text(json.dumps({"id": identity, "policy": GOOD}))
            settings = replace(settings_of(world.target), cached_policy_file=file)
            finder = PolicyFinder(resolver=Resolver(settings), settings=settings)
            found = asyncio.run(finder.find("dest.example"))
            assert found == (READ if requests == 0 else StsPolicy(mode="enforce", mx=("mx1.dest.example",)))
            assert len([entry for entry in world.entries() if entry.fact.kind == "http-requested"]) == requests
