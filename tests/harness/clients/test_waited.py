"""How long a process was kept from running, as the kernel counts it."""

from pathlib import Path

from harness.clients.waited import waited_s


def test_it_is_counted_over_all_threads(tmp_path: Path) -> None:
    for name, told in {"1": "7000 250000000 3\n", "2": "9 1500000000 1\n", "3": "odd\n"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "schedstat").write_text(told)
    (tmp_path / "4").mkdir()  # it has ended meanwhile
    assert waited_s(tmp_path) == 1.75


def test_a_kernel_that_does_not_count_says_nothing(tmp_path: Path) -> None:
    assert waited_s(tmp_path / "none") == 0.0


def test_this_process_has_waited_some_time() -> None:
    assert 0.0 <= waited_s() < 3600
