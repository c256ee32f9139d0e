"""The environment of a client's program."""

import os

PREFIX = "MAILFAULT_"
"""Prefix of the variables that tell a program its target."""


def clean_environment() -> dict[str, str]:
    """Return the harness's environment without MAILFAULT_ variables, which the user may have set."""
    return {key: value for key, value in os.environ.items() if not key.startswith(PREFIX)}
