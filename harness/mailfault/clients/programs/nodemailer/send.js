// Delivers mail with nodemailer, as a worker of mailfault: a new transport for each message, as its documentation shows.
// The first argument is the folder that nodemailer is installed in. With --version after it, it prints the version only.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const readline = require("node:readline");
const { createRequire } = require("node:module");

const installed = createRequire(path.join(process.argv[2], "package.json"));
const nodemailer = load("nodemailer");

// The name in EHLO: the machine's own name would have to be looked up.
const HELLO_NAME = "client.example";

// nodemailer's TLS options, by the target's policy.
const TLS = {
  none: () => ({ ignoreTLS: true }),
  opportunistic: () => ({ opportunisticTLS: true, tls: { rejectUnauthorized: false } }),
  required: () => ({ requireTLS: true, tls: { rejectUnauthorized: false } }),
  verified: (target) => ({
    requireTLS: true,
    tls: {
      ca: [fs.readFileSync(target.ca_file)],
      ...(target.crl_file ? { crl: listsOf(target.crl_file) } : {}),
    },
  }),
};

// Split a PEM file into single revocation lists: Node.js reads only the first of a file.
function listsOf(file) {
  return fs.readFileSync(file, "latin1").match(/-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----/g);
}

// Load a module, or exit with a line that names it: a stack trace would hide what is missing.
function load(name) {
  try {
    return installed(name);
  } catch (error) {
    console.error(error.message.split("\n")[0]);
    process.exit(1);
  }
}

function transportOf(target) {
  const { connect_s, command_s, dns_s } = target.limits;
  const options = {
    host: target.connect_to || target.smart_host,
    port: target.smtp_port,
    secure: false,
    name: HELLO_NAME,
    // connectionTimeout also limits the greeting and the TLS handshake.
    connectionTimeout: Math.ceil(1000 * (connect_s + command_s)),
    greetingTimeout: Math.ceil(1000 * command_s),
    // A little more, so that a missing greeting meets greetingTimeout first.
    socketTimeout: Math.ceil(1000 * command_s) + 250,
    dnsTimeout: Math.ceil(1000 * dns_s),
    ...TLS[target.tls](target),
  };
  if (options.tls && target.connect_to) {
    options.tls.servername = target.smart_host;
  }
  return nodemailer.createTransport(options);
}

// The properties of nodemailer's error, a line each.
function wordsOf(error) {
  const lines = [];
  for (const key of ["code", "originalCode", "command", "timeoutType", "syscall", "reason", "response"]) {
    if (error[key] !== undefined && error[key] !== false) {
      lines.push(`${key}: ${key === "response" ? replyOf(error[key]) : oneLine(error[key])}`);
    }
  }
  return [...lines, `message: ${oneLine(error.message)}`].join("\n");
}

function oneLine(words) {
  return String(words).split(/\s+/).join(" ").trim();
}

// The lines of a reply, verbatim.
function replyOf(response) {
  return String(response).split(/\r?\n/).map(oneLine).filter(Boolean).join("\n");
}

function refusal(error) {
  return { outcome: error.permanent ? "failed" : "deferred", text: wordsOf(error) };
}

// Each refused recipient's own answer, if there are several recipients.
function eachOf(target, rejectedErrors, accepted) {
  if (target.recipients.length < 2 || !rejectedErrors || !rejectedErrors.length) {
    return {};
  }
  const each = Object.fromEntries(accepted.map((one) => [one, { outcome: "delivered" }]));
  for (const error of rejectedErrors) {
    each[error.recipient] = refusal(error);
  }
  return { recipients: each };
}

async function deliver(target) {
  const transport = transportOf(target);
  try {
    const sent = await transport.sendMail({
      envelope: { from: target.sender, to: target.recipients },
      raw: fs.readFileSync(target.message),
    });
    return { outcome: "delivered", ...eachOf(target, sent.rejectedErrors, sent.accepted) };
  } catch (error) {
    return { ...refusal(error), ...eachOf(target, error.rejectedErrors, []) };
  } finally {
    transport.close();
  }
}

async function answered(target) {
  if (target.route !== "smart-host") {
    return { unsupported: "nodemailer's transport is given the host to connect to, and looks up no MX" };
  }
  if (!(target.tls in TLS)) {
    return { unsupported: `TLS policy ${target.tls} is not known here` };
  }
  return { answer: await deliver(target) };
}

async function main() {
  if (process.argv[3] === "--version") {
    console.log(`${installed("nodemailer/package.json").version}, Node.js ${process.version}`);
    return;
  }
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const asked = JSON.parse(line);
    const said = asked.hello ? { hello: { contract: 1 } } : await answered(asked.target);
    process.stdout.write(`${JSON.stringify(said)}\n`);
  }
}

main();
