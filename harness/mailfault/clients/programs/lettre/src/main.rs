//! Delivers mail with lettre, as a worker of mailfault: `SmtpTransport`, as its documentation shows, with rustls. A
//! transport is kept for the next message to the same host, because its pool of connections ends with it. With
//! --version it prints only the versions of both.

use std::collections::HashMap;
use std::error::Error as _;
use std::fs;
use std::io::{self, BufRead, Write};
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{Error, SmtpTransport};
use lettre::{Address, Transport};
use serde_json::{Value, json};

/// The name in EHLO: the machine's own name would have to be looked up.
const HELLO_NAME: &str = "client.example";

const LOCKED: &str = include_str!("../pinned.lock");

fn main() -> io::Result<()> {
    if std::env::args().any(|one| one == "--version") {
        println!("{}, rustls {}", locked("lettre"), locked("rustls"));
        return Ok(());
    }
    let mut kept = HashMap::new();
    for line in io::stdin().lock().lines() {
        let asked: Value = serde_json::from_str(&line?)?;
        let said = match &asked["target"] {
            Value::Null => json!({"hello": {"contract": 1}}),
            target => answered(target, &mut kept),
        };
        writeln!(io::stdout(), "{said}")?;
    }
    Ok(())
}

/// Returns the version of a package that this is built from.
fn locked(package: &str) -> &'static str {
    let its = LOCKED
        .split_once(&format!("name = \"{package}\"\nversion = \""))
        .map(|(_, rest)| rest);
    its.and_then(|rest| rest.split('"').next())
        .unwrap_or("of unknown version")
}

fn answered(target: &Value, kept: &mut HashMap<String, SmtpTransport>) -> Value {
    let tls = text(target, "tls");
    if text(target, "route") != "smart-host" {
        return json!({"unsupported": "lettre is given the host to connect to, and looks up no MX"});
    }
    if !["none", "opportunistic", "required", "verified"].contains(&tls) {
        return json!({"unsupported": format!("TLS policy {tls} is not known here")});
    }
    if target["crl_file"].is_string() {
        return json!({"unsupported": "lettre has no setting for revocation lists"});
    }
    json!({"answer": deliver(target, kept).unwrap_or_else(|error| failed(&error))})
}

fn deliver(target: &Value, kept: &mut HashMap<String, SmtpTransport>) -> Result<Value, Error> {
    let world = [
        "smart_host",
        "connect_to",
        "smtp_port",
        "tls",
        "ca_file",
        "limits",
    ];
    let key = world.map(|name| target[name].to_string()).join(" ");
    if !kept.contains_key(&key) {
        kept.clear(); // worlds come one after another
        kept.insert(key.clone(), transport(target)?);
    }
    let recipients = target["recipients"]
        .as_array()
        .expect("a list of recipients");
    let recipients = recipients.iter().map(address).collect();
    let envelope =
        Envelope::new(Some(address(&target["sender"])), recipients).expect("there are recipients");
    let message = fs::read(text(target, "message")).expect("the message can be read");
    kept[&key].send_raw(&envelope, &message)?;
    Ok(json!({"outcome": "delivered"}))
}

fn transport(target: &Value) -> Result<SmtpTransport, Error> {
    let limits = &target["limits"];
    let [connect_s, command_s] =
        ["connect_s", "command_s"].map(|one| limits[one].as_f64().expect("seconds"));
    let host = target["connect_to"]
        .as_str()
        .unwrap_or_else(|| text(target, "smart_host"));
    let port = target["smtp_port"]
        .as_u64()
        .and_then(|one| one.try_into().ok())
        .expect("a port");
    let transport = SmtpTransport::builder_dangerous(host)
        .port(port)
        .hello_name(ClientId::Domain(HELLO_NAME.to_owned()))
        // One limit for the connection and for each read and write: the longer one, so that no honest host is cut off.
        .timeout(Some(Duration::from_secs_f64(connect_s.max(command_s))))
        .tls(match text(target, "tls") {
            "none" => Tls::None,
            "opportunistic" => Tls::Opportunistic(any_certificate(target)?),
            "required" => Tls::Required(any_certificate(target)?),
            _ => Tls::Required(valid_certificate(target)?),
        });
    Ok(transport.build())
}

fn any_certificate(target: &Value) -> Result<TlsParameters, Error> {
    TlsParameters::builder(text(target, "smart_host").to_owned())
        .certificate_store(CertificateStore::None)
        .dangerous_accept_invalid_certs(true)
        .dangerous_accept_invalid_hostnames(true)
        .build()
}

fn valid_certificate(target: &Value) -> Result<TlsParameters, Error> {
    let authority =
        fs::read(text(target, "ca_file")).expect("the authority's certificate can be read");
    TlsParameters::builder(text(target, "smart_host").to_owned())
        .certificate_store(CertificateStore::None)
        .add_root_certificate(Certificate::from_pem(&authority)?)
        .build()
}

/// Returns the answer for an error. Errors that lettre calls permanent are final.
fn failed(error: &Error) -> Value {
    let outcome = if error.is_permanent() {
        "failed"
    } else {
        "deferred"
    };
    json!({"outcome": outcome, "text": words(error)})
}

/// Returns the facts of lettre's error, a line each: its properties, the reply that it carries, the errors that it
/// wraps, and its text.
fn words(error: &Error) -> String {
    let told = [
        ("response", error.is_response()),
        ("client", error.is_client()),
        ("transient", error.is_transient()),
        ("permanent", error.is_permanent()),
        ("timeout", error.is_timeout()),
        ("tls", error.is_tls()),
    ];
    let is: Vec<&str> = told
        .iter()
        .filter(|(_, so)| *so)
        .map(|(name, _)| *name)
        .collect();
    let mut lines = Vec::new();
    if !is.is_empty() {
        lines.push(format!("is: {}", is.join(" ")));
    }
    if let (Some(code), Some(source)) = (error.status(), error.source()) {
        lines.push(format!("reply: {}", one_line(&format!("{code} {source}"))));
    }
    if let Some(its) = error
        .source()
        .and_then(|source| source.downcast_ref::<io::Error>())
    {
        lines.push(format!("io: {:?}", its.kind()));
        if let Some(number) = its.raw_os_error() {
            lines.push(format!("errno: {number}"));
        }
        if let Some(inner) = its.get_ref() {
            lines.push(format!("inner: {}", one_line(&format!("{inner:?}"))));
        }
    }
    lines.push(format!("error: {}", one_line(&error.to_string())));
    lines.join("\n")
}

fn one_line(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn text<'a>(target: &'a Value, name: &str) -> &'a str {
    target[name].as_str().unwrap_or_default()
}

fn address(one: &Value) -> Address {
    one.as_str()
        .and_then(|one| one.parse().ok())
        .expect("an address that lettre takes")
}
