"""`perl-net-smtp`: Net::SMTP, which comes with Perl, by programs/perl/net_smtp.pl. What it says is read through
perl_net_smtp.toml."""

import shutil

from mailfault.clients.build import PERL_NET_SMTP, PROGRAMS
from mailfault.clients.process.library_worker import foreign_adapter


def _command() -> list[str] | None:
    perl = shutil.which("perl")
    if perl is None:
        return None
    unpacked = PERL_NET_SMTP.built()
    modules = [f"-I{unpacked / 'usr/share/perl5'}"] if unpacked is not None else []
    return [perl, *modules, str(PROGRAMS / "perl" / "net_smtp.pl")]


ADAPTER = foreign_adapter(
    "perl-net-smtp",
    "Net::SMTP, which comes with Perl, to a smart host",
    profile="perl_net_smtp",
    command=_command,
    needs="apt-get; or have IO::Socket::SSL installed",
)
