import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import jakarta.mail.Address;
import jakarta.mail.MessagingException;
import jakarta.mail.SendFailedException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Security;
import java.security.cert.CertStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.X509CertSelector;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.eclipse.angus.mail.smtp.SMTPAddressFailedException;
import org.eclipse.angus.mail.smtp.SMTPSendFailedException;
import org.eclipse.angus.mail.smtp.SMTPTransport;

/**
 * Delivers mail with Eclipse Angus Mail, as a worker of mailfault: Transport.send() of Jakarta Mail, as its documentation
 * shows, which makes a new connection for each message. With --version it prints only the versions of both.
 */
public final class AngusMail {
    /** What it calls itself in EHLO: the machine's own name would have to be looked up. */
    private static final String HELLO_NAME = "client.example";

    private static final Set<String> POLICIES = Set.of("none", "opportunistic", "required", "verified");

    private AngusMail() {}

    public static void main(String[] arguments) throws Exception {
        // Look names up for each message: do not cache them in the process.
        Security.setProperty("networkaddress.cache.ttl", "0");
        Security.setProperty("networkaddress.cache.negative.ttl", "0");
        PrintStream output = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        if (arguments.length > 0 && arguments[0].equals("--version")) {
            output.println(version() + ", Java " + Runtime.version());
            return;
        }
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = input.readLine()) != null; ) {
            JsonObject asked = Json.createReader(new StringReader(line)).readObject();
            output.println(asked.containsKey("hello") ? hello() : answered(asked.getJsonObject("target")));
        }
    }

    private static String version() throws IOException {
        Properties its = new Properties();
        String name = "/META-INF/maven/org.eclipse.angus/angus-mail/pom.properties";
        try (InputStream written = SMTPTransport.class.getResourceAsStream(name)) {
            its.load(written);
        }
        return its.getProperty("version");
    }

    private static JsonObject hello() {
        return Json.createObjectBuilder().add("hello", Json.createObjectBuilder().add("contract", 1)).build();
    }

    private static JsonObject answered(JsonObject target) throws IOException, GeneralSecurityException {
        String refusal = null;
        if (!target.getString("route").equals("smart-host")) {
            refusal = "Angus Mail is given the host to connect to, and looks up no MX";
        } else if (!POLICIES.contains(target.getString("tls"))) {
            refusal = "TLS policy " + target.getString("tls") + " is not known here";
        } else if (target.getString("tls").equals("verified") && target.getString("connect_to", null) != null) {
            refusal = "Angus Mail holds the certificate against what it connects to, which is an address here";
        }
        if (refusal != null) {
            return Json.createObjectBuilder().add("unsupported", refusal).build();
        }
        JsonObjectBuilder answer = Json.createObjectBuilder();
        try {
            deliver(target);
            answer.add("outcome", "delivered");
        } catch (MessagingException error) {
            answer = refusal(error, chain(error));
            Map<String, JsonObjectBuilder> each = each(target, error);
            if (!each.isEmpty()) {
                JsonObjectBuilder recipients = Json.createObjectBuilder();
                each.forEach(recipients::add);
                answer.add("recipients", recipients);
            }
        }
        return Json.createObjectBuilder().add("answer", answer).build();
    }

    private static void deliver(JsonObject target) throws MessagingException, IOException, GeneralSecurityException {
        Session session = Session.getInstance(settings(target));
        MimeMessage message;
        try (InputStream written = Files.newInputStream(Path.of(target.getString("message")))) {
            message = new AsItIs(session, written);
        }
        Transport.send(message, InternetAddress.parse(String.join(",", recipients(target))));
    }

    /** A message that Transport.send() does not write anew, with another Message-ID. */
    private static final class AsItIs extends MimeMessage {
        AsItIs(Session session, InputStream written) throws MessagingException {
            super(session, written);
        }

        @Override
        public void saveChanges() {}
    }

    /** The properties of the package org.eclipse.angus.mail.smtp, by the target. */
    private static Properties settings(JsonObject target) throws IOException, GeneralSecurityException {
        JsonObject limits = target.getJsonObject("limits");
        Properties settings = new Properties();
        settings.setProperty("mail.smtp.host", target.getString("connect_to", target.getString("smart_host")));
        settings.setProperty("mail.smtp.port", String.valueOf(target.getInt("smtp_port")));
        settings.setProperty("mail.smtp.localhost", HELLO_NAME);
        settings.setProperty("mail.smtp.from", target.getString("sender"));
        settings.setProperty("mail.smtp.connectiontimeout", milliseconds(limits, "connect_s"));
        settings.setProperty("mail.smtp.timeout", milliseconds(limits, "command_s"));
        settings.setProperty("mail.smtp.writetimeout", milliseconds(limits, "command_s"));
        // Accepted recipients get the message even if others are refused.
        settings.setProperty("mail.smtp.sendpartial", "true");
        String tls = target.getString("tls");
        settings.setProperty("mail.smtp.starttls.enable", String.valueOf(!tls.equals("none")));
        boolean required = tls.equals("required") || tls.equals("verified");
        settings.setProperty("mail.smtp.starttls.required", String.valueOf(required));
        settings.setProperty("mail.smtp.ssl.checkserveridentity", String.valueOf(tls.equals("verified")));
        if (tls.equals("verified")) {
            settings.put("mail.smtp.ssl.socketFactory", trusting(target));
        } else {
            settings.setProperty("mail.smtp.ssl.trust", "*");
        }
        return settings;
    }

    private static String milliseconds(JsonObject limits, String name) {
        return String.valueOf(Math.round(1000 * limits.getJsonNumber(name).doubleValue()));
    }

    /** TLS that trusts the target's authority and no other. */
    private static SSLSocketFactory trusting(JsonObject target) throws IOException, GeneralSecurityException {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        CertificateFactory x509 = CertificateFactory.getInstance("X.509");
        try (InputStream written = Files.newInputStream(Path.of(target.getString("ca_file")))) {
            for (Certificate one : x509.generateCertificates(written)) {
                trusted.setCertificateEntry("authority " + trusted.size(), one);
            }
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        String lists = target.getString("crl_file", null);
        if (lists == null) {
            trust.init(trusted);
        } else {
            PKIXBuilderParameters checked = new PKIXBuilderParameters(trusted, new X509CertSelector());
            try (InputStream written = Files.newInputStream(Path.of(lists))) {
                var known = new CollectionCertStoreParameters(x509.generateCRLs(written));
                checked.addCertStore(CertStore.getInstance("Collection", known));
            }
            checked.setRevocationEnabled(true);
            trust.init(new CertPathTrustManagerParameters(checked));
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context.getSocketFactory();
    }

    /** Each recipient's own answer, where there are several and the library knows how they fared. */
    private static Map<String, JsonObjectBuilder> each(JsonObject target, MessagingException error) {
        Map<String, JsonObjectBuilder> each = new LinkedHashMap<>();
        if (recipients(target).size() < 2 || !(error instanceof SendFailedException known)) {
            return each;
        }
        Address[] sent = known.getValidSentAddresses();
        for (Address one : sent == null ? new Address[0] : sent) {
            each.put(((InternetAddress) one).getAddress(), Json.createObjectBuilder().add("outcome", "delivered"));
        }
        for (Throwable one : chain(error)) {
            if (one instanceof SMTPAddressFailedException its) {
                each.put(its.getAddress().getAddress(), refusal(error, List.of(its)));
            }
        }
        for (String one : recipients(target)) {
            each.computeIfAbsent(one, unsent -> refusal(error, chain(error)));
        }
        return each;
    }

    /** The error with all that it wraps, as Jakarta Mail chains them. */
    private static List<Throwable> chain(Throwable error) {
        List<Throwable> chain = new ArrayList<>();
        for (Throwable one = error; one != null; one = next(one)) {
            chain.add(one);
        }
        return chain;
    }

    private static Throwable next(Throwable error) {
        return error instanceof MessagingException its ? its.getNextException() : error.getCause();
    }

    /** It is final where a command was answered with 5xx; the library itself does not say. */
    private static JsonObjectBuilder refusal(MessagingException thrown, List<Throwable> told) {
        Reply reply = reply(told);
        return Json.createObjectBuilder()
            .add("outcome", reply != null && reply.code >= 500 ? "failed" : "deferred")
            .add("text", words(thrown, told, reply));
    }

    /**
     * Returns the facts of the errors, a line each: the methods of SMTPTransport in the stack trace, the refused
     * command and its reply, and the type and message of each error.
     */
    private static String words(MessagingException thrown, List<Throwable> told, Reply reply) {
        List<String> methods = new ArrayList<>();
        for (StackTraceElement one : thrown.getStackTrace()) {
            if (one.getClassName().equals(SMTPTransport.class.getName())) {
                methods.add(0, one.getMethodName());
            }
        }
        List<String> lines = new ArrayList<>(List.of("at: " + String.join(" > ", methods)));
        if (reply != null) {
            lines.add("command: " + oneLine(reply.command));
            lines.add("reply: " + reply.lines());
        }
        for (Throwable one : told) {
            lines.add("error: " + one.getClass().getName() + ": " + oneLine(String.valueOf(one.getMessage())));
        }
        return String.join("\n", lines);
    }

    /** The first reply among the errors that is no consent, such as is told beside a recipient's refusal. */
    private static Reply reply(List<Throwable> told) {
        for (Throwable one : told) {
            Reply its = null;
            if (one instanceof SMTPSendFailedException error) {
                its = new Reply(error.getCommand(), error.getReturnCode(), error.getMessage());
            } else if (one instanceof SMTPAddressFailedException error) {
                its = new Reply(error.getCommand(), error.getReturnCode(), error.getMessage());
            }
            if (its != null && its.code != 250) {
                return its;
            }
        }
        return null;
    }

    private record Reply(String command, int code, String text) {
        String lines() {
            return text.lines().map(AngusMail::oneLine).collect(Collectors.joining("\n"));
        }
    }

    private static List<String> recipients(JsonObject target) {
        return target.getJsonArray("recipients").getValuesAs(JsonString::getString);
    }

    private static String oneLine(String text) {
        return String.join(" ", text.trim().split("\\s+"));
    }
}
