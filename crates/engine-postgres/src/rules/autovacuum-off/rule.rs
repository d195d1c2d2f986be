//! `pg/autovacuum-off`: nothing cleans up.
//!
//! `track_counts` counts as well: without counts autovacuum sees no reason to touch any table.

use dbwright_core::Cx;

use crate::body::PgBody;
use crate::settings;

/// The settings that turn it off, each with what the finding says.
const SWITCHES: [(&str, &str); 2] = [
    ("autovacuum", "autovacuum is off for the whole server"),
    ("track_counts", "autovacuum can't work: track_counts is off"),
];

/// Reports each of the settings when it is off.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    for (name, title) in SWITCHES {
        let Some(setting) = cx.body.setting(name).filter(|setting| setting.value == "off") else { continue };
        let finding =
            cx.finding(name, title).why("dead rows pile up, statistics go stale, and transaction ids run out");
        cx.report(settings::mended(cx.body, finding, setting, "on"));
    }
}

#[cfg(test)]
mod tests {
    use crate::sample;

    #[test]
    fn a_value_from_the_command_line_has_no_change_but_a_reason() {
        let mut body = sample::body();
        body.settings.push(sample::setting("autovacuum", "off", "command line", "sighup"));
        let found = sample::run("pg/autovacuum-off", &body).remove(0);
        assert!(found.change.is_none() && found.why.contains("where the server is started"), "{}", found.why);
    }
}
