//! sqitch's projects: the plan says the order, `deploy/` and `revert/` hold the scripts.

use dbwright_core::Failure;

use super::{Entry, Folder, Found, Part, Source, Style, checksum};

/// The file that makes a folder a project.
pub(super) const PLAN: &str = "sqitch.plan";

/// A change as the plan names it.
#[derive(Debug, PartialEq, Eq)]
struct Change {
    name: String,
    /// When it was planned, digits only.
    planned: String,
    /// Tags that stand behind it before the next change.
    tags: Vec<String>,
    line: usize,
}

/// The migrations of a project.
pub(super) fn read(found: &Found<'_>) -> Result<Folder, Failure> {
    let plan = found.entry(PLAN).ok_or_else(|| Failure::internal("migrate.sqitch", "the plan is gone"))?;
    let changes = changes(&found.shown(PLAN), &found.text(plan)?)?;
    let mut migrations: Vec<Source> = Vec::new();
    for (at, change) in changes.iter().enumerate() {
        let names = file_names(&changes, at);
        let Some(up) = script(found, "deploy", &names) else { return Err(no_script(found, change)) };
        let down = script(found, "revert", &names);
        migrations.push(Source {
            version: version(change, &migrations),
            name: change.name.clone(),
            checksum: checksum(&up.bytes),
            up: part(found, up)?,
            down: down.map(|entry| part(found, entry)).transpose()?,
            in_transaction: false,
            repeatable: false,
        });
    }
    let verify = found.entries.iter().any(|entry| entry.path.starts_with("verify/"));
    let note = "the scripts of verify/ are not run: dbwright verifies what it did by itself";
    Ok(Folder { style: Style::Sqitch, migrations, notes: verify.then(|| note.to_owned()).into_iter().collect() })
}

/// The time of planning; where two changes have the same, the later one in the plan gets a number behind it.
fn version(change: &Change, before: &[Source]) -> String {
    let taken = |version: &str| before.iter().any(|migration| migration.version == version);
    let numbered = (2..).map(|number| format!("{}-{number}", change.planned));
    std::iter::once(change.planned.clone()).chain(numbered).find(|version| !taken(version)).unwrap_or_default()
}

/// The names that a change's scripts may have, the most particular first: a change that was reworked later has kept its
/// scripts under the name of a tag that stands between.
fn file_names(changes: &[Change], at: usize) -> Vec<String> {
    let name = &changes[at].name;
    let Some(next) = changes[at + 1..].iter().position(|other| other.name == *name) else { return vec![name.clone()] };
    let between = changes[at..=at + next].iter().flat_map(|change| &change.tags);
    between.map(|tag| format!("{name}{tag}")).collect()
}

fn script<'a>(found: &Found<'a>, folder: &str, names: &[String]) -> Option<&'a Entry> {
    names.iter().find_map(|name| found.entry(&format!("{folder}/{name}.sql")))
}

fn part(found: &Found<'_>, entry: &Entry) -> Result<Part, Failure> {
    Ok(Part::whole(&found.shown(&entry.path), found.text(entry)?))
}

fn no_script(found: &Found<'_>, change: &Change) -> Failure {
    let (plan, file) = (found.shown(PLAN), found.shown(&format!("deploy/{}.sql", change.name)));
    Failure::usage(
        "migrate.no-script",
        format!("line {} of {plan} plans {}, but {file} is not there", change.line, change.name),
    )
    .hint("write the script, or take the change out of the plan; dbwright reads deploy/ beside sqitch.plan")
}

/// The changes of a plan, in order.
fn changes(file: &str, text: &str) -> Result<Vec<Change>, Failure> {
    let mut changes: Vec<Change> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', '%']) {
            continue;
        }
        let word = line.split_whitespace().next().unwrap_or(line);
        if word.starts_with('@') {
            if let Some(change) = changes.last_mut() {
                change.tags.push(word.to_owned());
            }
            continue;
        }
        let planned = planned(line);
        let (Some(planned), false) = (planned, word.starts_with('-')) else {
            return Err(Failure::usage(
                "migrate.sqitch-plan",
                format!("line {} of {file} plans no change: {line}", at + 1),
            )
            .hint(
                "a line is `name [dependencies] 2026-11-21T09:30:00Z planner <mail> # note`, as `sqitch add` writes it",
            ));
        };
        let name = word.strip_prefix('+').unwrap_or(word).to_owned();
        changes.push(Change { name, planned, tags: Vec::new(), line: at + 1 });
    }
    Ok(changes)
}

/// The digits of the time in a line of the plan.
fn planned(line: &str) -> Option<String> {
    let line = line.split('#').next().unwrap_or(line);
    let time =
        line.split_whitespace().skip(1).find(|word| word.len() == 20 && word.ends_with('Z') && word.contains('T'))?;
    let digits: String = time.chars().filter(char::is_ascii_digit).collect();
    (digits.len() == 14).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "%syntax-version=1.0.0\n%project=shop\n\n\
        appschema 2026-11-20T17:31:28Z A <a@b.c> # [x] 2020-01-01T00:00:00Z\n\
        users [appschema !old] 2026-11-20T18:00:00Z A <a@b.c>\n@v1 2026-11-20T19:00:00Z A <a@b.c>\n\
        sub/seed 2026-11-20T18:00:00Z A <a@b.c>\n@v2 2026-11-20T20:00:00Z A <a@b.c>\n\
        users [users@v1] 2026-11-21T00:00:00Z A <a@b.c> # reworked\n";

    #[test]
    fn a_plan_is_read_in_its_order() {
        let changes = changes("sqitch.plan", TEXT).expect("a plan");
        let names: Vec<_> = changes.iter().map(|c| (c.name.as_str(), c.planned.as_str(), c.line)).collect();
        assert_eq!(names[0], ("appschema", "20261120173128", 4));
        assert_eq!(names[3], ("users", "20261121000000", 9));
        assert_eq!(file_names(&changes, 1), ["users@v1", "users@v2"]);
        assert_eq!(file_names(&changes, 3), ["users"]);
        assert!(super::changes("p", "-users 2026-11-20T17:31:28Z A").is_err());
        assert!(super::changes("p", "users A <a@b.c>").is_err());
    }
}
