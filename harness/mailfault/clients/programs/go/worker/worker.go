// Package worker follows the worker contract of mailfault: one line of JSON on stdin and stdout for each delivery.
package worker

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// HelloName is the clients' name in EHLO: the machine's own name would have to be looked up.
const HelloName = "client.example"

// Target is one delivery.
type Target struct {
	Route     string  `json:"route"`
	SmartHost string  `json:"smart_host"`
	ConnectTo string  `json:"connect_to"` // its address, where the name cannot be looked up; else empty
	Port      int     `json:"smtp_port"`
	TLS       string  `json:"tls"`
	CAFile    string  `json:"ca_file"`
	CRLFile   *string `json:"crl_file"`
	Sender    string  `json:"sender"`
	// Recipients of the envelope.
	Recipients []string `json:"recipients"`
	// Message is the path of the message (RFC 5322, CRLF).
	Message string `json:"message"`
	Limits  struct {
		ConnectS float64 `json:"connect_s"`
		CommandS float64 `json:"command_s"`
		DNSS     float64 `json:"dns_s"`
	} `json:"limits"`
}

// Address returns the host to connect to, with the port.
func (target Target) Address() string {
	host := target.SmartHost
	if target.ConnectTo != "" {
		host = target.ConnectTo
	}
	return net.JoinHostPort(host, strconv.Itoa(target.Port))
}

// DialLimit returns the time limit for a connection. net.Dialer includes the lookup of the name, which sends two queries.
func (target Target) DialLimit() time.Duration {
	return time.Duration((target.Limits.ConnectS + 2*target.Limits.DNSS) * float64(time.Second))
}

// CommandLimit returns the time limit for each reply.
func (target Target) CommandLimit() time.Duration {
	return time.Duration(target.Limits.CommandS * float64(time.Second))
}

// TLSConfig returns the crypto/tls settings that the target demands.
func (target Target) TLSConfig() (*tls.Config, error) {
	config := &tls.Config{ServerName: target.SmartHost, MinVersion: tls.VersionTLS12}
	if target.TLS != "verified" {
		config.InsecureSkipVerify = true
		return config, nil
	}
	authority, err := os.ReadFile(target.CAFile)
	if err != nil {
		return nil, err
	}
	config.RootCAs = x509.NewCertPool()
	config.RootCAs.AppendCertsFromPEM(authority)
	return config, nil
}

// Answer is the account of the message, or of one recipient.
type Answer struct {
	Outcome    string            `json:"outcome"`
	Text       string            `json:"text,omitempty"`
	Recipients map[string]Answer `json:"recipients,omitempty"`
}

// Failed returns the answer for an error at a stage. Only a 5xx to the mail transaction is final.
func Failed(stage string, err error) Answer {
	outcome := "deferred"
	var reply *textproto.Error
	if errors.As(err, &reply) && reply.Code >= 500 && transaction[stage] {
		outcome = "failed"
	}
	return Answer{Outcome: outcome, Text: Words(stage, err)}
}

var transaction = map[string]bool{"Mail": true, "Rcpt": true, "Data": true, "Close": true}

// Words returns the facts of an error, a line each: the failed call, the types of the errors that it wraps, the reply
// that it carries, the system's error number, and its text.
func Words(stage string, err error) string {
	lines := []string{"stage: " + stage, "types: " + strings.Join(types(err), " > ")}
	var reply *textproto.Error
	if errors.As(err, &reply) {
		lines = append(lines, "reply: "+Reply(reply.Code, reply.Msg))
	}
	var number syscall.Errno
	if errors.As(err, &number) {
		lines = append(lines, "errno: "+names[number])
	}
	var name *net.DNSError
	if errors.As(err, &name) {
		lines = append(lines, fmt.Sprintf("dns: not found %t, timeout %t, temporary %t", name.IsNotFound, name.IsTimeout, name.IsTemporary))
	}
	var network net.Error
	if errors.As(err, &network) && network.Timeout() {
		lines = append(lines, "timeout: true")
	}
	return strings.Join(append(lines, "error: "+OneLine(err.Error())), "\n")
}

// Reply restores a reply: net/textproto removes the code from each of its lines.
func Reply(code int, message string) string {
	lines := strings.Split(message, "\n")
	for number, line := range lines {
		lines[number] = strings.TrimSpace(fmt.Sprintf("%03d %s", code, OneLine(line)))
	}
	return strings.Join(lines, "\n")
}

// OneLine joins the lines of a text.
func OneLine(text string) string {
	return strings.Join(strings.Fields(text), " ")
}

var names = map[syscall.Errno]string{
	syscall.ECONNREFUSED: "ECONNREFUSED", syscall.ECONNRESET: "ECONNRESET", syscall.EPIPE: "EPIPE",
	syscall.ETIMEDOUT: "ETIMEDOUT", syscall.EHOSTUNREACH: "EHOSTUNREACH", syscall.ENETUNREACH: "ENETUNREACH",
	syscall.EACCES: "EACCES", syscall.EPERM: "EPERM", syscall.ENOPROTOOPT: "ENOPROTOOPT", syscall.EPROTO: "EPROTO",
}

func types(err error) []string {
	var found []string
	for err != nil {
		found = append(found, fmt.Sprintf("%T", err))
		if several, ok := err.(interface{ Unwrap() []error }); ok {
			for _, one := range several.Unwrap() {
				found = append(found, types(one)...)
			}
			return found
		}
		err = errors.Unwrap(err)
	}
	return found
}

// Serve answers each target in turn, until stdin is closed. With --version it prints only the version of the library.
// unsupported returns the reason why a target is not supported, or the empty string.
func Serve(version string, unsupported func(Target) string, deliver func(Target) Answer) {
	if len(os.Args) > 1 && os.Args[1] == "--version" {
		fmt.Println(version)
		return
	}
	input := bufio.NewReader(os.Stdin)
	output := json.NewEncoder(os.Stdout)
	for {
		line, err := input.ReadBytes('\n')
		if err != nil {
			return
		}
		var request struct {
			Hello  *struct{ Contract int } `json:"hello"`
			Target *Target                 `json:"target"`
		}
		if err := json.Unmarshal(line, &request); err != nil {
			fmt.Fprintln(os.Stderr, "what is asked is no JSON of the contract:", err)
			os.Exit(1)
		}
		var said any
		switch {
		case request.Hello != nil:
			said = map[string]any{"hello": map[string]int{"contract": 1}}
		case request.Target == nil:
			fmt.Fprintln(os.Stderr, "neither a hello nor a target")
			os.Exit(1)
		default:
			said = answered(*request.Target, unsupported, deliver)
		}
		if output.Encode(said) != nil {
			return
		}
	}
}

func answered(target Target, unsupported func(Target) string, deliver func(Target) Answer) any {
	reason := unsupported(target)
	switch {
	case target.Route != "smart-host":
		reason = "it is given the host to connect to, and looks up no MX"
	case target.TLS != "none" && target.TLS != "opportunistic" && target.TLS != "required" && target.TLS != "verified":
		reason = "TLS policy " + target.TLS + " is not known here"
	case target.CRLFile != nil:
		reason = "crypto/tls checks no revocation lists"
	}
	if reason != "" {
		return map[string]string{"unsupported": reason}
	}
	return map[string]Answer{"answer": deliver(target)}
}
