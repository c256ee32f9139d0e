import os
import signal
import threading
from collections.abc import Iterator

import pytest

from mailfault.cli.interruption import Interrupted, Interruptible


def numbers(stop_at: int, number: int = signal.SIGINT) -> Iterator[int]:
    for value in range(5):
        if value == stop_at:
            os.kill(os.getpid(), number)
        yield value


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_breaks_off_the_wait_for_a_value(number: int, status: int) -> None:
    before = signal.getsignal(number)
    guarded = Interruptible(numbers(2, number))
    assert [next(guarded), next(guarded)] == [0, 1]
    with pytest.raises(Interrupted) as raised:
        next(guarded)
    guarded.close()
    assert raised.value.exit_status == status
    assert signal.getsignal(number) is before


def test_what_is_done_with_a_value_is_done_to_its_end() -> None:
    guarded = Interruptible(numbers(99))
    assert next(guarded) == 0
    os.kill(os.getpid(), signal.SIGINT)  # comes while the value is dealt with: nothing is broken off
    with pytest.raises(Interrupted):
        next(guarded)
    guarded.close()


def test_another_thread_is_left_alone() -> None:
    got: list[int] = []
    thread = threading.Thread(target=lambda: got.extend(Interruptible(numbers(99))))
    thread.start()
    thread.join()
    assert got == [0, 1, 2, 3, 4]
