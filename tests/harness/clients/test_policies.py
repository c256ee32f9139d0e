"""Domain policies: in the target, and given only to clients that declare them."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mailfault.clients import open_client
from mailfault.clients.client_profile import ClientProfile
from mailfault.clients.library.callable_client import CallableClient
from mailfault.clients.process.command_client import CommandClient
from mailfault.clients.process.target_json import PLACEHOLDERS, target_to_environment, target_to_json
from mailfault.contract import Answer, Outcome, Policy, Target
from mailfault.events import Ending
from mailfault.play.options import RunOptions
from mailfault.play.run import run_scenario
from mailfault.scenario.loader import find_scenario, load_shipped
from mailfault.world.plan import plan_world
from mailfault.world.world import World

BOTH = (Policy.DANE, Policy.MTA_STS)
NOWHERE = Path("/nowhere")


def deliver(target: Target) -> Answer:
    return Answer(outcome=Outcome.DELIVERED)


def with_policies(*policies: str) -> Callable[[Target], Answer]:
    def delivers(target: Target) -> Answer:
        return deliver(target)

    delivers.policies = policies  # type: ignore[attr-defined]
    return delivers


def test_policies_in_the_environment(target: Target) -> None:
    told = replace(target, policies=BOTH, https_port=8443, cached_policy_file=Path("/tmp/policy.json"))
    variables = target_to_environment(told, message=NOWHERE, result=NOWHERE)
    assert variables["MAILFAULT_POLICY"] == "dane mta-sts"
    assert variables["MAILFAULT_HTTPS_PORT"] == "8443"
    assert variables["MAILFAULT_CACHED_POLICY"] == "/tmp/policy.json"
    assert {name.removeprefix("MAILFAULT_").lower() for name in variables} <= set(PLACEHOLDERS)
    without = target_to_environment(target, message=NOWHERE, result=NOWHERE)
    assert not {"MAILFAULT_POLICY", "MAILFAULT_HTTPS_PORT", "MAILFAULT_CACHED_POLICY"} & set(without)


def test_policies_in_json(target: Target) -> None:
    told = target_to_json(replace(target, policies=BOTH, https_port=8443), message=NOWHERE)
    assert (told["policies"], told["https_port"], told["cached_policy_file"]) == (["dane", "mta-sts"], 8443, None)
    assert json.loads(json.dumps(told)) == told


@pytest.mark.parametrize(
    ("declared", "wanted", "missing"),
    [
        ((), (), None),
        ((), (Policy.DANE,), "DANE (RFC 7672)"),
        ((), BOTH, "DANE (RFC 7672)"),
        (("dane",), BOTH, "MTA-STS (RFC 8461)"),
        (("dane", "mta-sts"), BOTH, None),
    ],
)
def test_only_clients_that_declare_a_policy_are_given_it(
    target: Target, declared: tuple[str, ...], wanted: tuple[Policy, ...], missing: str | None
) -> None:
    told = replace(target, policies=wanted)
    profile = ClientProfile.model_validate({"policies": declared})
    clients = (
        CallableClient(deliver, spec="python:x", profile=profile),
        CallableClient(with_policies(*declared), spec="python:x"),
        CommandClient("true", profile=profile),
    )
    for client in clients:
        reason = client.supports("policy/x", told)
        assert (reason is None) is (missing is None)
        if missing is not None:
            assert reason is not None
            assert missing in reason


def test_a_command_without_a_profile_is_not_asked(target: Target) -> None:
    assert CommandClient("true").supports("x", target) is None
    assert CommandClient("true").supports("x", replace(target, policies=BOTH)) is not None


@pytest.mark.parametrize("spec", ["smtplib", "aiosmtplib"])
def test_libraries_declare_none(spec: str) -> None:
    finished = run_scenario(find_scenario("policy/sts-enforce"), open_client(spec), RunOptions())
    assert finished.ending == Ending.UNSUPPORTED
    assert "MTA-STS" in finished.sentence


def test_only_targets_with_mta_sts_have_an_https_port() -> None:
    for identity, given in (
        ("policy/sts-enforce", True),
        ("policy/dane-2-1-1", False),
        ("control/starttls[route=mx]", False),
    ):
        with World(plan_world(find_scenario(identity))) as world:
            assert (world.target.https_port is not None) is given


def test_a_known_policy_is_a_file_for_as_long_as_the_world_runs() -> None:
    with World(plan_world(find_scenario("policy/sts-cached-and-replaced"))) as world:
        file = world.target.cached_policy_file
        assert file is not None
        kept = json.loads(file.read_text())
        assert set(kept) == {"id", "policy"}
        assert "mx: old-mx.dest.example\r\n" in kept["policy"]
    assert not file.exists()


def test_every_scenario_about_policies_tells_the_client_so() -> None:
    for scenario in load_shipped():
        concerned = scenario.sts is not None or any(host.tlsa for host in scenario.host)
        assert not concerned or scenario.connector.policy, scenario.id
        assert scenario.id.startswith("policy/") is bool(scenario.connector.policy), scenario.id
