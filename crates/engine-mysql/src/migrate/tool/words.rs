//! The words of a command line.

use std::time::Duration;

use dbwright_migrate::Limits;
use dbwright_migrate::plan::{ACCOUNT, FOLDER};

use super::account::Reached;
use super::facts::Tool;
use super::find::Found;
use crate::flavour::Flavour;
use crate::migrate::table::mark;

/// No limit: a server with so many threads at work is none.
const NEVER: u32 = 1_000_000;

/// What is to be done to which table.
pub(super) struct Order<'a> {
    pub(super) home: &'a str,
    pub(super) table: &'a str,
    /// The clauses of the `ALTER TABLE`.
    pub(super) clauses: &'a str,
    /// What the new table is called meanwhile, where the tool lets it be said.
    pub(super) new: &'a str,
    /// Where it keeps its history, with its schema.
    pub(super) history: &'a str,
    /// Whether foreign keys of others refer to the table.
    pub(super) referred: bool,
    /// Settings of its sessions besides its own: what it reads of plans must have the form that it knows.
    pub(super) settings: &'a str,
    pub(super) flavour: Flavour,
}

/// Whether a copy that was interrupted can be gone on with.
pub(super) fn resumes(found: &Found, flavour: Flavour) -> bool {
    found.tool.facts().history.contains(&flavour) && found.knows("history") && found.knows("resume")
}

/// The words for a dry run, or for the work itself.
pub(super) fn words(found: &Found, order: &Order<'_>, reached: &Reached, work: bool) -> Vec<String> {
    match found.tool {
        Tool::Pt => percona(found, order, work),
        Tool::GhOst => gh_ost(order, reached, work),
    }
}

fn percona(found: &Found, order: &Order<'_>, work: bool) -> Vec<String> {
    let mut words = Words::default();
    // Files of the user's would change what is printed here; nor does it look for newer versions of itself over the network.
    words.two("--config", "/dev/null").one(if work { "--execute" } else { "--dry-run" }).one("--no-version-check");
    words.two("--charset", "utf8mb4").two("--new-table-name", order.new).one("--no-drop-old-table");
    if order.referred {
        words.two("--alter-foreign-keys-method", "rebuild_constraints");
    }
    if work && resumes(found, order.flavour) {
        words
            .one("--no-drop-new-table")
            .one("--no-drop-triggers")
            .one("--history")
            .two("--history-table", order.history);
    }
    words.two("--set-vars", &format!("lock_wait_timeout=1,innodb_lock_wait_timeout=1{}", order.settings));
    if work {
        words.two("--progress", "time,1");
    }
    words.two("--alter", order.clauses);
    words.one(&format!("F={ACCOUNT},D={},t={}", order.home, order.table));
    words.0
}

fn gh_ost(order: &Order<'_>, reached: &Reached, work: bool) -> Vec<String> {
    let mut words = Words::default();
    words.two("--conf", ACCOUNT);
    words.0.extend(reached.words());
    words.two("--database", order.home).two("--table", order.table).two("--alter", order.clauses);
    words.two("--replica-server-id", &number(order).to_string());
    // The log has been looked at: it holds whole rows, so nothing has to be switched.
    words.one("--allow-on-master").one("--assume-rbr");
    words.two("--cut-over-lock-timeout-seconds", "1").two("--serve-socket-file", &format!("{FOLDER}/talk"));
    if work {
        words.two("--postpone-cut-over-flag-file", &format!("{FOLDER}/{POSTPONE}"));
        words.two(PAUSE_WORD, &format!("{FOLDER}/{PAUSE}")).one("--execute");
    }
    words.0
}

/// The number under which gh-ost follows the log. A server ends one follower when another comes with its number, and what was on
/// its way to the first is lost to its copy: so each table has its own.
fn number(order: &Order<'_>) -> u64 {
    let mark = u64::from_str_radix(&mark(&format!("{}\0{}", order.home, order.table)), 16).unwrap_or_default();
    1_000_000_000 + mark % 3_000_000_000
}

/// The file that keeps gh-ost from the switch as long as it is there.
pub(in crate::migrate) const POSTPONE: &str = "postpone";

/// The file that keeps gh-ost from working as long as it is there: it does not know the target's replicas, and dbwright does.
pub(in crate::migrate) const PAUSE: &str = "pause";

/// The word that names this file.
pub(in crate::migrate) const PAUSE_WORD: &str = "--throttle-flag-file";

/// The words that go on with a copy which the tool has in its history.
pub(in crate::migrate) fn going_on(job: u64) -> [String; 2] {
    ["--resume".to_owned(), job.to_string()]
}

/// The words that keep a tool from being a burden.
pub(in crate::migrate) fn throttle(tool: Tool, limits: &Limits) -> Vec<String> {
    let mut words = Words::default();
    let load = load(tool, limits);
    match tool {
        Tool::Pt => {
            if limits.replica_lag == Duration::MAX {
                words.two("--recursion-method", "none");
            } else {
                // What it asks for replicas otherwise MariaDB does not know.
                words.two("--recursion-method", "processlist");
                words.two("--max-lag", &limits.replica_lag.as_secs().max(1).to_string()).two("--check-interval", "1");
            }
            words.two("--max-load", &load).two("--critical-load", &format!("Threads_running={NEVER}"));
            words.two("--chunk-size", &limits.first_batch.max(1).to_string());
            words
                .two("--chunk-time", &seconds(limits.batch))
                .two("--sleep", &seconds(limits.batch.mul_f64(limits.pause)));
            words.two("--tries", &tries(limits));
        }
        Tool::GhOst => {
            let lag = limits.replica_lag.min(Duration::from_hours(24)).as_millis().max(100);
            words.two("--max-lag-millis", &lag.to_string()).two("--max-load", &load);
            words.two("--chunk-size", &limits.first_batch.clamp(100, 10_000).to_string());
            words.two("--nice-ratio", &format!("{}", limits.pause));
            words.two("--default-retries", &attempts(limits).to_string());
        }
    }
    words.0
}

/// Both compare with numbers of the server's own.
fn load(tool: Tool, limits: &Limits) -> String {
    let mut parts = Vec::new();
    if limits.waiting != u32::MAX {
        parts.push(format!("Innodb_row_lock_current_waits={}", limits.waiting.max(1)));
    }
    match limits.active {
        Some(active) => parts.push(format!("Threads_running={}", active.max(1))),
        None if parts.is_empty() && tool == Tool::Pt => parts.push(format!("Threads_running={NEVER}")),
        None => {}
    }
    parts.join(",")
}

fn tries(limits: &Limits) -> String {
    let attempts = attempts(limits);
    let what = ["create_triggers", "drop_triggers", "copy_rows", "swap_tables", "update_foreign_keys", "analyze_table"];
    what.map(|what| format!("{what}:{attempts}:1")).join(",")
}

/// Each attempt waits a second for its lock and pauses another.
fn attempts(limits: &Limits) -> u64 {
    (limits.lock_patience.as_secs() / 2).clamp(10, 100_000)
}

fn seconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}

#[derive(Default)]
struct Words(Vec<String>);

impl Words {
    fn one(&mut self, word: &str) -> &mut Self {
        self.0.push(word.to_owned());
        self
    }

    fn two(&mut self, name: &str, value: &str) -> &mut Self {
        self.one(name).one(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order() -> Order<'static> {
        Order {
            home: "shop",
            table: "orders",
            clauses: "MODIFY `id` bigint",
            new: "dbwright_osc_1",
            history: "dbwright.osc_1",
            referred: true,
            settings: "",
            flavour: Flavour::MySql,
        }
    }

    #[test]
    fn a_history_is_kept_only_by_a_version_that_knows_it() {
        let old = Found::made_up(Tool::Pt, "3.2.1", "--alter");
        let new = Found::made_up(Tool::Pt, "3.7.1", "--alter --history --resume");
        let line = |found: &Found, work| words(found, &order(), &Reached::default(), work).join(" ");
        assert!(!line(&old, true).contains("--history") && line(&new, true).contains("--history-table dbwright.osc_1"));
        assert!(!line(&new, false).contains("--history") && line(&new, false).contains("--dry-run"));
        assert!(line(&new, true).ends_with("--alter MODIFY `id` bigint F={account},D=shop,t=orders"));
    }

    #[test]
    fn limits_become_words_and_no_limits_become_none() {
        let usual = throttle(Tool::Pt, &Limits::default()).join(" ");
        for part in [
            "--max-lag 10",
            "--max-load Innodb_row_lock_current_waits=10",
            "--chunk-time 0.100",
            "--sleep 0.050",
            "swap_tables:300:1",
        ] {
            assert!(usual.contains(part), "{part} in {usual}");
        }
        let free = throttle(Tool::Pt, &Limits::unthrottled()).join(" ");
        assert!(free.contains("--recursion-method none") && free.contains("--sleep 0.000"), "{free}");
        let busy = Limits { active: Some(40), ..Limits::default() };
        assert!(throttle(Tool::GhOst, &busy).join(" ").contains("Innodb_row_lock_current_waits=10,Threads_running=40"));
    }

    #[test]
    fn each_table_is_followed_under_a_number_of_its_own() {
        let other = Order { table: "lines", ..order() };
        assert_ne!(number(&order()), number(&other));
        assert!([number(&order()), number(&other)].iter().all(|number| u32::try_from(*number).is_ok()));
    }

    #[test]
    fn no_secret_and_no_place_of_this_run_is_among_the_words() {
        let found = Found::made_up(Tool::GhOst, "1.1.7", "");
        let line = words(&found, &order(), &Reached::default(), true).join(" ");
        assert!(line.starts_with("--conf {account}") && line.contains("{folder}/postpone"), "{line}");
        assert!(line.contains("--throttle-flag-file {folder}/pause"), "{line}");
    }
}
