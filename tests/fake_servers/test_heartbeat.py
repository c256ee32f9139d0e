import time

from mailfault_servers.loop import longest_pause_s, run_on_loop


async def stand_still(seconds: float) -> None:
    time.sleep(seconds)  # noqa: ASYNC251 - the loop itself shall stand still


def test_a_pause_is_noted_and_only_for_those_who_began_before_it() -> None:
    began_s = time.monotonic()
    run_on_loop(stand_still(0.3))
    assert longest_pause_s(began_s) >= 0.25
    assert longest_pause_s(time.monotonic() + 60) == 0.0
