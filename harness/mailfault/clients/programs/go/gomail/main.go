// Command gomail delivers mail with github.com/wneessen/go-mail, as a worker of mailfault: Client.DialAndSend, as its
// documentation shows.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"runtime"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail"

	"mailfault/clients/worker"
)

func main() {
	version := fmt.Sprintf("%s, %s", mail.VERSION, runtime.Version())
	worker.Serve(version, func(worker.Target) string { return "" }, deliver)
}

var policies = map[string]mail.TLSPolicy{
	"none": mail.NoTLS, "opportunistic": mail.TLSOpportunistic, "required": mail.TLSMandatory, "verified": mail.TLSMandatory,
}

func deliver(target worker.Target) worker.Answer {
	message, err := mail.EMLToMsgFromFile(target.Message)
	if err != nil {
		return worker.Failed("EMLToMsgFromFile", err)
	}
	if err := message.EnvelopeFrom(target.Sender); err != nil {
		return worker.Failed("EnvelopeFrom", err)
	}
	if err := message.To(target.Recipients...); err != nil {
		return worker.Failed("To", err)
	}
	config, err := target.TLSConfig()
	if err != nil {
		return worker.Failed("TLSConfig", err)
	}
	client, err := mail.NewClient(
		target.SmartHost,
		mail.WithPort(target.Port),
		mail.WithHELO(worker.HelloName),
		mail.WithTLSPolicy(policies[target.TLS]),
		mail.WithTLSConfig(config),
		// One limit for all from the connection to STARTTLS, and the same again for all that follows.
		mail.WithTimeout(target.DialLimit()+2*target.CommandLimit()),
		mail.WithDialContextFunc(func(ctx context.Context, network, _ string) (net.Conn, error) {
			dialer := net.Dialer{Timeout: target.DialLimit()}
			return dialer.DialContext(ctx, network, target.Address())
		}),
	)
	if err != nil {
		return worker.Failed("NewClient", err)
	}
	err = client.DialAndSend(message)
	if err == nil || message.IsDelivered() {
		return worker.Answer{Outcome: "delivered"}
	}
	return failed(err)
}

var quoted = regexp.MustCompile(`\b\d{3} ("(?:[^"\\]|\\.)*")`)

// failed returns the facts of the library's own error: its reason, whether it is temporary, and its codes.
func failed(err error) worker.Answer {
	answer := worker.Failed("DialAndSend", err)
	var its *mail.SendError
	if !errors.As(err, &its) {
		return answer
	}
	lines := []string{
		"reason: " + its.Reason.String(),
		fmt.Sprintf("temporary: %t", its.IsTemp()),
		fmt.Sprintf("code: %d", its.ErrorCode()),
		"enhanced: " + its.EnhancedStatusCode(),
	}
	// Its text has the reply as textproto.Error writes it: the code, and the words in quotation marks.
	if found := quoted.FindStringSubmatch(its.Error()); found != nil && its.ErrorCode() != 0 {
		if words, err := strconv.Unquote(found[1]); err == nil {
			lines = append(lines, "reply: "+worker.Reply(its.ErrorCode(), words))
		}
	}
	answer.Text = strings.Join(append(lines, answer.Text), "\n")
	if its.ErrorCode() >= 500 {
		answer.Outcome = "failed"
	}
	return answer
}
