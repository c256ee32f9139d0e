"""One decision otherwise is one method overridden: what the wrong clients of tests/miniatures are made of."""

import ssl
from dataclasses import replace

import pytest

from mailfault.classify import Classified
from mailfault.codes.failure import Failure
from mailfault.reference_client import DeliveryClient, MailHost, Result, Results, Session
from tests.harness.reference_client.conftest import Start, deliver, host

REFUSE = {"use": "tcp.refuse"}


class TakesCloseForSuccess(DeliveryClient):
    def result_of(self, error: Exception, stage: str, host: MailHost | None) -> Result:
        result = super().result_of(error, stage, host)
        return replace(result, outcome="delivered") if result.failure is Failure.CONNECTION_CLOSED else result


class BouncesOn421(DeliveryClient):
    def classify(self, error: Exception, stage: str) -> Classified | None:
        found = super().classify(error, stage)
        if found is not None and found.reply is not None and found.reply.code == 421:
            return replace(found, permanent=True)
        return found


class GoesInClear(DeliveryClient):
    def is_clear_allowed(self) -> bool:
        return True


class IgnoresCertificate(DeliveryClient):
    def tls_context(self) -> ssl.SSLContext:
        context = super().tls_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context


class NeverTriesTheSecond(DeliveryClient):
    async def find_hosts(self, domain: str) -> tuple[str, ...]:
        return (await super().find_hosts(domain))[:1]


class SkipsMx(DeliveryClient):
    async def find_hosts(self, domain: str) -> tuple[str, ...]:
        return (domain,)


class TriesTheNextAllTheSame(DeliveryClient):
    def is_final(self, result: Result) -> bool:
        return result.outcome == "delivered"


class ReportsTheFirst(DeliveryClient):
    def reported(self, earlier: Result | None, latest: Result) -> Result:
        return earlier or latest


class MindsQuit(DeliveryClient):
    async def leave(self, session: Session, results: Results) -> Results:
        try:
            await session.quit()
        except OSError as error:
            return {recipient: self.result_of(error, session.stage, session.host) for recipient in results}
        return results


class SendsTwice(DeliveryClient):
    async def transact(self, session: Session, envelope: object) -> Results:
        await super().transact(session, envelope)  # type: ignore[arg-type]
        return await super().transact(session, envelope)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("client", "at", "right", "wrong"),
    [
        (TakesCloseForSuccess, {"use": "smtp.close", "at": "mail"}, "deferred", "delivered"),
        (BouncesOn421, {"use": "smtp.reply", "at": "mail", "reply": "421 4.3.2 Off"}, "deferred", "failed"),
        (GoesInClear, {"use": "smtp.starttls-missing"}, "deferred", "delivered"),
        (IgnoresCertificate, {"use": "tls.expired"}, "deferred", "delivered"),
        (MindsQuit, {"use": "smtp.close", "at": "quit"}, "delivered", "deferred"),
    ],
)
def test_one_host(world: Start, client: type[DeliveryClient], at: dict[str, str], right: str, wrong: str) -> None:
    running = world(host("mx1", at), tls="verified")
    said = [deliver(running, kind).results["user@dest.example"].outcome for kind in (DeliveryClient, client)]
    assert said == [right, wrong]


@pytest.mark.parametrize(("client", "outcome"), [(DeliveryClient, "delivered"), (NeverTriesTheSecond, "deferred")])
def test_the_second_host(world: Start, client: type[DeliveryClient], outcome: str) -> None:
    running = world(host("mx1", REFUSE), host("mx2", preference=20), route="mx")
    assert deliver(running, client).results["user@dest.example"].outcome == outcome


def test_the_host_that_is_reported(world: Start) -> None:
    running = world(host("mx1", REFUSE), host("mx2", REFUSE, preference=20), route="mx")
    told = [deliver(running, kind).results["user@dest.example"].host for kind in (DeliveryClient, ReportsTheFirst)]
    assert [host.name for host in told if host is not None] == ["mx2.dest.example", "mx1.dest.example"]


def test_without_mx(world: Start) -> None:
    result = deliver(world(route="mx"), SkipsMx).results["user@dest.example"]
    assert result.failure is Failure.DNS_QUERY_FAILED


@pytest.mark.parametrize("client", [TriesTheNextAllTheSame, SendsTwice])
def test_two_copies(world: Start, client: type[DeliveryClient]) -> None:
    lost = {"use": "smtp.close", "at": "end-of-data"}
    faults = (lost,) if client is TriesTheNextAllTheSame else ()
    running = world(host("mx1", *faults), host("mx2", preference=20), route="mx")
    deliver(running, client)
    assert len(running.diagnose().acceptances) == 2
