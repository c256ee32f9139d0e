#!/usr/bin/perl
# Delivers mail with Net::SMTP, which comes with Perl, as a worker of mailfault. TLS is that of IO::Socket::SSL. With
# --version it prints the versions of both; it exits with 1 if IO::Socket::SSL is missing.
use strict;
use warnings;

use Errno;
use File::Temp;
use JSON::PP;
use List::Util qw(max);
use Net::SMTP;

# The name in EHLO: the machine's own name would have to be looked up.
my $HELLO_NAME = 'client.example';
my @kept;    # files that go with this process
my %POLICIES = map { $_ => 1 } qw(none opportunistic required verified);

$| = 1;
if (@ARGV && $ARGV[0] eq '--version') {
    # die() would add a line number.
    Net::SMTP->can_ssl or do { print STDERR "Perl has no module IO::Socket::SSL (2.007 or later)\n"; exit 1 };
    printf "%s, Perl %vd, IO::Socket::SSL %s\n", Net::SMTP->VERSION, $^V, IO::Socket::SSL->VERSION;
    exit;
}
my $json = JSON::PP->new->utf8->canonical;
while (my $line = <STDIN>) {
    my $asked = $json->decode($line);
    my $said = $asked->{hello} ? { hello => { contract => 1 } } : answered($asked->{target});
    print $json->encode($said), "\n";
}

sub answered {
    my ($target) = @_;
    return { unsupported => 'Net::SMTP is given the host to connect to, and looks up no MX' }
        if $target->{route} ne 'smart-host';
    return { unsupported => "TLS policy $target->{tls} is not known here" } if !$POLICIES{ $target->{tls} };
    return { unsupported => 'Net::SMTP has no TLS without IO::Socket::SSL' }
        if $target->{tls} ne 'none' && !Net::SMTP->can_ssl;
    my $answer = converse($target, $target->{tls} ne 'none');
    # Opportunistic: rather in clear than not at all (RFC 7435).
    $answer = converse($target, 0) if !defined $answer;
    return { answer => $answer };
}

# Returns the answer; undef if optional TLS failed and left the connection unusable.
sub converse {
    my ($target, $encrypt) = @_;
    my $limits = $target->{limits};
    ($!, $@) = (0, '');
    my $smtp = Net::SMTP->new(
        $target->{connect_to} || $target->{smart_host},
        Port    => $target->{smtp_port},
        Hello   => $HELLO_NAME,
        # One limit for the connection and for each reply: the longer one, so that no honest host is cut off.
        Timeout => max($limits->{connect_s}, $limits->{command_s}),
    );
    return failed('new', undef) if !$smtp;
    if ($encrypt) {
        my $optional = $target->{tls} eq 'opportunistic';
        if (!defined $smtp->supports('STARTTLS')) {
            if (!$optional) {
                my $answer = failed('starttls', undef, 'STARTTLS is not among what the host supports');
                $smtp->quit;
                return $answer;
            }
        }
        else {
            ($!, $@) = (0, '');
            if (!$smtp->starttls(tls_settings($target))) {
                my $refused = $smtp->code >= 400 && $smtp->code != 421 && ref $smtp eq 'Net::SMTP';
                my $answer = failed('starttls', $smtp);
                if (!($optional && $refused)) {    # else refused in so many words: go on in clear
                    $smtp->close;
                    return $optional ? undef : $answer;
                }
            }
        }
    }
    my $answer = transaction($smtp, $target);
    $smtp->quit;    # nothing that comes of it matters
    $smtp->close;
    return $answer;
}

sub tls_settings {
    my ($target) = @_;
    my %settings = (SSL_verifycn_name => $target->{smart_host}, SSL_hostname => $target->{smart_host});
    return (%settings, SSL_verify_mode => IO::Socket::SSL::SSL_VERIFY_NONE()) if $target->{tls} ne 'verified';
    %settings = (
        %settings,
        SSL_verify_mode => IO::Socket::SSL::SSL_VERIFY_PEER(),
        SSL_ca_file     => $target->{ca_file}
    );
    return %settings if !defined $target->{crl_file};
    # SSL_crl_file takes one list only; SSL_ca_file takes any number of them, beside its certificates.
    my $both = File::Temp->new(SUFFIX => '.pem');
    for my $name ($target->{ca_file}, $target->{crl_file}) {
        open my $file, '<', $name or die "$name: $!";
        print {$both} <$file>;
        close $file;
    }
    close $both;
    push @kept, $both;
    return (%settings, SSL_check_crl => 1, SSL_ca_file => $both->filename);
}

sub transaction {
    my ($smtp, $target) = @_;
    open my $file, '<:raw', $target->{message} or die "$target->{message}: $!";
    my $message = do { local $/; <$file> };
    close $file;
    ($!, $@) = (0, '');
    $smtp->mail($target->{sender}) or return failed('mail', $smtp);
    my (%each, $refused);
    for my $recipient (@{ $target->{recipients} }) {
        if ($smtp->to($recipient)) {
            $each{$recipient} = { outcome => 'delivered' };
            next;
        }
        $refused = $each{$recipient} = failed('to', $smtp);
        return $refused if $smtp->code == 0 || !defined fileno $smtp;    # the connection is gone
    }
    my $taken = grep { $_->{outcome} eq 'delivered' } values %each;
    if ($taken) {
        $smtp->data or return failed('data', $smtp);
        $smtp->datasend($message) or return failed('datasend', $smtp);
        $smtp->dataend or return failed('dataend', $smtp);
    }
    return { outcome => 'delivered' } if !$refused;
    return { %$refused, keys %each > 1 ? (recipients => \%each) : () };
}

# Returns the facts of a failure, a line each: the failed method, code and message of Net::Cmd, $@, $!.
sub failed {
    my ($method, $smtp, $words) = @_;
    my ($number, $error) = ($! + 0, $@);
    my ($name) = grep { $!{$_} } $number ? qw(ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH EACCES) : ();
    my ($code, @message) = $smtp ? ($smtp->code, $smtp->message) : (0);
    my @lines = ("method: $method");
    # message() returns the lines of a reply, each without its code.
    push @lines, "code: $code" if $smtp;
    push @lines, 'message: ' . join "\n", map { one_line("$code $_") } @message if @message;
    push @lines, 'words: ' . $words if defined $words;
    push @lines, 'error: ' . one_line($error) if $error;
    push @lines, "errno: $name" if defined $name;
    my $final = $code >= 500 && $method =~ /^(?:mail|to|data|dataend)$/;
    return { outcome => $final ? 'failed' : 'deferred', text => join "\n", @lines };
}

sub one_line {
    my $words = join ' ', split ' ', shift;
    return $words;
}
