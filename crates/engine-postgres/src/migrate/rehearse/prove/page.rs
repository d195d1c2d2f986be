//! The table of locks as a page, from what was measured on each version.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use dbwright_migrate::rehearse::Form;

/// What was measured, by major version, as JSON; written by `cargo xtask bench locks`.
pub const MEASURED: &str = include_str!("measured.json");
/// Where that stands in the source.
pub const MEASURED_FILE: &str = "crates/engine-postgres/src/migrate/rehearse/prove/measured.json";

const HEAD: &str = "\
# What statements lock

Measured on real servers, not copied from a manual: each statement was run in a transaction, and the server was asked for the
locks that it held, for tables with a new file (rewritten), and for rows that it had read one after the other. Statements that
refuse to run in a transaction were watched from a second session. `dbwright migrate prove-rules` does the same on your server.

**ACCESS EXCLUSIVE** stops readers and writers; **SHARE** and stronger stop writers; the others stop neither, only each other. How
long a lock is held is another matter: a change of the catalog takes milliseconds, reading and rewriting takes as long as the
table is large. A dash means none. *reads* names tables that are read from beginning to end; it is
not known of statements that were watched from outside.
";

/// The page.
#[must_use]
pub fn locks_page(measured: &BTreeMap<u32, Vec<Form>>) -> String {
    let mut page = HEAD.to_owned();
    let majors: Vec<u32> = measured.keys().copied().collect();
    let Some(newest) = measured.values().next_back() else { return page };
    let mut group = "";
    for form in newest {
        if form.group != group {
            group = &form.group;
            let _ = write!(page, "\n## {group}\n\n| form | strongest locks | rewrites | reads |\n|---|---|---|---|\n");
        }
        let each: Vec<(u32, &Form)> = majors
            .iter()
            .filter_map(|major| {
                let found = measured[major].iter().find(|one| one.form == form.form && one.group == form.group)?;
                Some((*major, found))
            })
            .collect();
        let cell = |of: fn(&Form) -> String| by_version(&each, of);
        let (locks, rewrites, reads) = (cell(locks), cell(rewrites), cell(reads));
        let _ = writeln!(page, "| {} | {locks} | {rewrites} | {reads} |", form.form);
    }
    let versions: Vec<String> = majors.iter().map(ToString::to_string).collect();
    let _ = write!(page, "\nVersions measured: {}. Where they differ, each says so.\n", versions.join(", "));
    page.push_str("\n`t` and `r` are tables, `p` is partitioned into `p1` and `p2`, `loose` is what is attached, `m` a materialized view of `t`.\n");
    page
}

/// One value when all versions agree, else each.
fn by_version(each: &[(u32, &Form)], of: fn(&Form) -> String) -> String {
    let values: Vec<(u32, String)> = each.iter().map(|(major, form)| (*major, of(form))).collect();
    let Some((_, first)) = values.first() else { return "–".to_owned() };
    if values.iter().all(|(_, value)| value == first) {
        return first.clone();
    }
    let mut groups: Vec<(Vec<String>, &String)> = Vec::new();
    for (major, value) in &values {
        match groups.last_mut() {
            Some((majors, last)) if *last == value => majors.push(major.to_string()),
            _ => groups.push((vec![major.to_string()], value)),
        }
    }
    groups.iter().map(|(majors, value)| format!("{}: {value}", majors.join(", "))).collect::<Vec<_>>().join("<br>")
}

fn locks(form: &Form) -> String {
    if form.refused.is_some() {
        return "*refused*".to_owned();
    }
    list(form.locks.iter().map(|(table, mode)| format!("{mode} on `{table}`")))
}

fn rewrites(form: &Form) -> String {
    list(form.rewrites.iter().map(|table| format!("`{table}`")))
}

fn reads(form: &Form) -> String {
    list(form.reads.iter().map(|table| format!("`{table}`")))
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    if items.is_empty() { "–".to_owned() } else { items.join(", ") }
}
