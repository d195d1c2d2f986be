//! `mysql/certificate-expiring`: soon nobody who verifies the server gets in.

use dbwright_core::{Cx, Finding, Proof, Severity};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::body::Body;
use crate::settings;

/// The end of the certificate; `Nov 19 12:45:41 2036 GMT`.
const NAME: &str = "Ssl_server_not_after";

/// How the server writes it.
const FORMAT: &str = "%b %d %H:%M:%S %Y";

const SECONDS_A_DAY: f64 = 86_400.0;

/// Reports the certificate, by the server's clock.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let Some(text) = body.status.get(NAME).filter(|text| !text.is_empty()) else {
        // MariaDB tells it to connections alone that are encrypted themselves. Without a file it makes itself one at each
        // start (11.4 on), for ten years.
        let file = body.variable("ssl_cert").is_some_and(|file| !file.is_empty());
        if body.server.is_mariadb() && settings::has_certificate(body) && file {
            cx.not_looked(
                "the server tells when its certificate ends to encrypted connections alone",
                Some("add sslmode=require to the URL"),
            );
        }
        return;
    };
    let Some(end) = moment(text) else {
        cx.not_looked(format!("the end of the certificate can't be read: {text}"), None);
        return;
    };
    let left = (end - body.server.now.as_second()) as f64 / SECONDS_A_DAY;
    if left <= cx.limit("days") {
        let finding = finding(cx, text, left);
        cx.report(finding);
    }
}

fn finding(cx: &Cx<'_, Body>, end: &str, left: f64) -> Finding {
    let body = cx.body;
    let (severity, title) = if left < 0.0 {
        (Severity::High, format!("the server's certificate ended on {end}"))
    } else {
        (Severity::Medium, format!("the server's certificate ends in {:.0} days, on {end}", left.floor()))
    };
    let reload = if body.server.is_mariadb() { "FLUSH SSL" } else { "ALTER INSTANCE RELOAD TLS" };
    let finding = cx
        .finding("ssl_cert", title)
        .severity(severity)
        .why(format!(
            "clients and replicas that verify the server refuse it from then on, all at once. No change is given, because no statement makes a certificate: \
             put a new one into its place, and have it read without a restart by {reload}"
        ))
        .proof(Proof::unproven("there is no change to try"))
        .evidence(NAME, end, "", "SHOW GLOBAL STATUS")
        .evidence("days_left", left.floor(), "days", "computed from the server's clock");
    match body.variable("ssl_cert").filter(|file| !file.is_empty()) {
        Some(file) => finding.evidence("ssl_cert", file, "", settings::SOURCE),
        None => finding,
    }
}

/// Seconds since 1970.
fn moment(text: &str) -> Option<i64> {
    let plain = text.trim_end_matches("GMT").split_whitespace().collect::<Vec<_>>().join(" ");
    let time = DateTime::strptime(FORMAT, plain).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    #[test]
    fn ends_are_read_as_servers_write_them() {
        assert_eq!(super::moment("Nov 19 12:45:41 2036 GMT"), Some(2_110_711_541));
        assert_eq!(super::moment("Jan  1 00:00:00 1970 GMT"), Some(0));
        assert_eq!(super::moment("soon"), None);
    }
}
