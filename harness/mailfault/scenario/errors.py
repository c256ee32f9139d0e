"""Errors of scenario files."""

from mailfault.errors import MailfaultError


class ScenarioError(MailfaultError, ValueError):
    """A scenario file is wrong. The message lists every mistake, one a line."""
