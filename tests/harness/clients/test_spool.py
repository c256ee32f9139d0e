"""A spool is gone afterwards, though its agent may still write into it."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from mailfault.clients.process.mta.spool import Spool, remove_leftovers


def test_a_spool_is_gone_with_all_that_is_in_it() -> None:
    with Spool("try") as spool:
        spool.folder("queue")
        spool.file("main.cf", "")
    assert not spool.path.exists()


@pytest.mark.parametrize("at_exit", [False, True])
def test_files_written_during_removal_are_removed_later(at_exit: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def remove(path: Path, **settings: Any) -> None:
        really_remove(path, **settings)
        path.mkdir()
        (path / "paniclog").write_text("ended by signal 9")

    really_remove = shutil.rmtree
    with monkeypatch.context() as patched:
        patched.setattr("mailfault.clients.process.mta.spool.shutil.rmtree", remove)
        with Spool("try") as spool:
            pass
    assert spool.path.exists()
    if at_exit:
        remove_leftovers()
    else:
        with Spool("next"):
            pass
    assert not spool.path.exists()
