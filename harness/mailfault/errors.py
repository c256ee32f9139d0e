"""The base of every error that mailfault reports to its user.

An error states a fact about the user's file, option or machine, then its cause and a hint where they are known. The
command line prints it in one line and exits with status 2; the pytest plugin turns it into a usage error.

| step | raises | defined in |
|---|---|---|
| read the settings in pyproject.toml | SettingsError | mailfault.cli.settings |
| load scenarios | ScenarioError | mailfault.scenario.errors |
| select scenarios | NothingSelected | mailfault.scenario.select |
| find a code map | UnknownCodeMap | mailfault.codes.code_map |
| read a code map | CodeMapError | mailfault.codes.code_map |
| look up the status of a failure | NoStatus | mailfault.codes.code_map |
| open a client, read its client profile | ClientError | mailfault.clients.errors |
| build a client's program | BuildError | mailfault.clients.build |
| open the sandbox | NoSandbox | mailfault.sandbox.sandbox |
| start the proxies | ProxyTrouble | mailfault.world.proxies.control |
| read a client's answer | BadAnswer | mailfault.contract |
| write a report | OutputLost | mailfault.reports.output_file |
| read a run record | BadRecord | mailfault.events |
"""


class MailfaultError(Exception):
    """A fact for the user, with its cause and a hint where they are known.

    A subclass may inherit a built-in error too: `class ScenarioError(MailfaultError, ValueError)`.

    >>> str(MailfaultError("cannot read story.toml", cause="no such file", hint="check the path"))
    'cannot read story.toml: no such file; check the path'
    """

    def __init__(self, message: str, *, cause: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.cause = cause
        """The reason, often another program's own words; empty if the message says it."""
        self.hint = hint
        """The remedy, or the legal values; empty if there is none."""

    def __str__(self) -> str:
        reason = f"{self.message}: {self.cause}" if self.cause else self.message
        return f"{reason}; {self.hint}" if self.hint else reason
