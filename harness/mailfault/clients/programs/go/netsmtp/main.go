// Command netsmtp delivers mail with Go's own net/smtp, as a worker of mailfault. It uses smtp.Client, step by step, as
// the package's example does: smtp.SendMail has no time limits and no TLS settings.
package main

import (
	"errors"
	"net"
	"net/smtp"
	"net/textproto"
	"os"
	"runtime"
	"time"

	"mailfault/clients/worker"
)

func main() {
	worker.Serve(runtime.Version(), func(worker.Target) string { return "" }, deliver)
}

// errNoTLS means that STARTTLS failed at a host that offers it, and left the connection unusable.
var errNoTLS = errors.New("no TLS came about")

func deliver(target worker.Target) worker.Answer {
	answer, err := converse(target, target.TLS != "none")
	if errors.Is(err, errNoTLS) && target.TLS == "opportunistic" { // in clear rather than not at all (RFC 7435)
		answer, _ = converse(target, false)
	}
	return answer
}

// limited is a connection with a time limit for each reply.
type limited struct {
	net.Conn
	limit time.Duration
}

// Write starts the time limit for the reply.
func (conn limited) Write(data []byte) (int, error) {
	if err := conn.SetDeadline(time.Now().Add(conn.limit)); err != nil {
		return 0, err
	}
	return conn.Conn.Write(data)
}

func converse(target worker.Target, encrypt bool) (worker.Answer, error) {
	plain, err := net.DialTimeout("tcp", target.Address(), target.DialLimit())
	if err != nil {
		return worker.Failed("Dial", err), nil
	}
	defer plain.Close()
	conn := limited{plain, target.CommandLimit()}
	if err := conn.SetDeadline(time.Now().Add(conn.limit)); err != nil {
		return worker.Failed("Dial", err), nil
	}
	client, err := smtp.NewClient(conn, target.SmartHost)
	if err != nil {
		return worker.Failed("NewClient", err), nil
	}
	if err := client.Hello(worker.HelloName); err != nil {
		return worker.Failed("Hello", err), nil
	}
	if encrypt {
		if answer, err := startTLS(client, target); err != nil {
			return answer, err
		}
	}
	answer := send(client, target)
	_ = client.Quit() // nothing that comes of it matters
	return answer, nil
}

func startTLS(client *smtp.Client, target worker.Target) (worker.Answer, error) {
	optional := target.TLS == "opportunistic"
	if offered, _ := client.Extension("STARTTLS"); !offered {
		if optional {
			return worker.Answer{}, nil
		}
		return worker.Failed("StartTLS", errors.New("the extension STARTTLS is not offered")), errNoTLS
	}
	config, err := target.TLSConfig()
	if err != nil {
		return worker.Failed("StartTLS", err), errNoTLS
	}
	err = client.StartTLS(config)
	if err == nil {
		return worker.Answer{}, nil
	}
	if _, encrypted := client.TLSConnectionState(); optional && !encrypted {
		var reply *textproto.Error
		if errors.As(err, &reply) && reply.Code != 421 {
			return worker.Answer{}, nil // refused in so many words: go on in clear
		}
	}
	return worker.Failed("StartTLS", err), errNoTLS
}

func send(client *smtp.Client, target worker.Target) worker.Answer {
	message, err := os.ReadFile(target.Message)
	if err != nil {
		return worker.Failed("Mail", err)
	}
	if err := client.Mail(target.Sender); err != nil {
		return worker.Failed("Mail", err)
	}
	refused := map[string]worker.Answer{}
	var last worker.Answer
	for _, recipient := range target.Recipients {
		if err := client.Rcpt(recipient); err != nil {
			last = worker.Failed("Rcpt", err)
			var reply *textproto.Error
			if !errors.As(err, &reply) {
				return last // the connection is gone
			}
			refused[recipient] = last
		}
	}
	if len(refused) == len(target.Recipients) {
		last.Recipients = refused
		return last
	}
	writer, err := client.Data()
	if err != nil {
		return worker.Failed("Data", err)
	}
	if _, err := writer.Write(message); err != nil {
		return worker.Failed("Write", err)
	}
	if err := writer.Close(); err != nil {
		return worker.Failed("Close", err)
	}
	taken := worker.Answer{Outcome: "delivered"}
	if len(refused) == 0 {
		return taken
	}
	for _, recipient := range target.Recipients {
		if _, found := refused[recipient]; !found {
			refused[recipient] = taken
		}
	}
	last.Recipients = refused
	return last
}
