from datetime import UTC, datetime, timedelta, timezone

from mailfault_servers.tls.certificate import honest_spec

NOON = datetime(2026, 3, 1, 12, 30, 15, 250, tzinfo=UTC)


def test_an_honest_certificate_is_for_the_host_and_in_date() -> None:
    spec = honest_spec("mx1.dest.example", NOON)
    assert spec.names == ("mx1.dest.example",)
    assert spec.not_before == datetime(2026, 1, 30, tzinfo=UTC)
    assert spec.not_after == datetime(2026, 4, 30, tzinfo=UTC)
    assert (spec.issuer, spec.send_intermediate, spec.revoked) == ("intermediate", True, False)


def test_one_certificate_serves_all_day_and_another_the_next() -> None:
    assert honest_spec("a.example", NOON) == honest_spec("a.example", NOON + timedelta(hours=11))
    assert hash(honest_spec("a.example", NOON)) == hash(honest_spec("a.example", NOON + timedelta(hours=11)))
    assert honest_spec("a.example", NOON) != honest_spec("a.example", NOON + timedelta(hours=12))


def test_a_day_begins_at_midnight_utc_wherever_the_clock_stands() -> None:
    east = timezone(timedelta(hours=14))
    assert honest_spec("a.example", NOON.astimezone(east)) == honest_spec("a.example", NOON)
