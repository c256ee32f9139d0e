"""The command line: one verb a file.

Only the module of the verb in use is imported (see `mailfault.cli.app`), and a verb imports what it works with when it
is called.
"""

import sys


def main() -> None:
    """Run the command `mailfault`. Ends the process with the exit status of the contract."""
    if sys.argv[1:] == ["--version"]:  # needs no parser
        from mailfault.cli.version import version

        sys.stdout.write(f"mailfault {version()}\n")
        return
    from mailfault.cli.app import run_app

    run_app()
