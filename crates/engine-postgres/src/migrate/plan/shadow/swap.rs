//! The switch and its way back: one short transaction each, in which tables, views and statistics change their schemas, and
//! what is bound to the table, not to its name, is made again.
//!
//! Order of locks. Parents and the table itself are first locked against writers only: checks of foreign keys and
//! readers still pass, so that statements that are under way can end. Then the children, then views, and last the table
//! against everybody. A statement that touches one table and what its foreign keys reach can't deadlock with that; one that
//! can makes the lock timeout end this attempt, not the user's statement, because the timeout is shorter than the server's
//! `deadlock_timeout`.

use super::super::name::{ident, literal, qualified};
use super::super::step::{dollar_tag, guarded};
use super::Change;
use super::facts::{OtherPolicy, Policy, Publication, Rule, Trigger, View};
use super::names::{Way, What};
use super::tree::Which;
use super::{facts, foreign, log, tree};

/// The statements of the switch.
pub(super) fn forward(change: &Change) -> Vec<String> {
    let names = &change.names;
    let mut made = weak_locks(change);
    made.extend(go(change, End::Old));
    let locks = made.len();
    made.push(format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", names.seen()));
    made.push(unchanged(change));
    made.extend(last_rows(change, Way::Forward));
    made.extend(foreign::drop_all(change, false));
    made.extend(log::drop_triggers(change, Which::Old));
    made.extend(quiet(change));
    made.extend(exchange(change, Which::New));
    made.extend(come(change, End::New));
    made.extend(statistics(change, End::New, End::Old));
    made.extend(surroundings(change));
    made.extend(publications(change, &names.waiting()));
    made.extend(foreign::add_all(change, false));
    made.extend(bound(change));
    made.extend(log::triggers(change, Way::Back));
    made.extend(log::guard(change, log::Came::New));
    // With the locks in hand, every message to and fro is time that others wait.
    let rest = made.split_off(locks).join(";\n");
    made.push(rest);
    made
}

/// The statement of the way back; does nothing when the switch has not been made.
pub(super) fn back(change: &Change) -> String {
    let names = &change.names;
    let mut made = weak_locks(change);
    made.extend(go(change, End::New));
    made.push(format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", names.seen()));
    made.extend(last_rows(change, Way::Back));
    made.extend(tree::none_left_behind(change));
    made.extend(foreign::drop_all(change, true));
    made.extend(log::drop_triggers(change, Which::New));
    made.extend(exchange(change, Which::Old));
    made.extend(come(change, End::Old));
    made.extend(statistics(change, End::Old, End::New));
    made.extend(awake(change));
    made.extend(publications(change, &names.shadow()));
    made.extend(foreign::add_all(change, true));
    made.extend(bound(change));
    made.extend(log::guard(change, log::Came::Old));
    guarded(&format!("pg_catalog.to_regclass({}) IS NOT NULL", literal(&names.waiting())), &made)
}

fn weak_locks(change: &Change) -> Vec<String> {
    let seen = change.names.seen();
    let (parents, children) = (foreign::parents(change), foreign::children(change));
    let mut made: Vec<_> = parents.iter().map(|t| format!("LOCK TABLE {t} IN SHARE ROW EXCLUSIVE MODE")).collect();
    made.push(format!("LOCK TABLE {seen} IN SHARE ROW EXCLUSIVE MODE"));
    made.extend(children.iter().map(|t| format!("LOCK TABLE {t} IN ACCESS EXCLUSIVE MODE")));
    made
}

/// Fails when the table was altered since the shadow was made.
fn unchanged(change: &Change) -> String {
    let message = format!(
        "{} or what depends on it was altered since the shadow was made, and that would be lost: undo, then apply again",
        change.names.seen()
    );
    let query = facts::digest::query(change.source.oid);
    let body = format!(
        "BEGIN IF ({query}) IS DISTINCT FROM {} THEN RAISE EXCEPTION USING MESSAGE = {}; END IF; END",
        literal(&change.digest),
        literal(&message)
    );
    let tag = dollar_tag(&body);
    format!("DO {tag}{body}{tag}")
}

/// Nobody writes any more: what is noted now is all there is.
fn last_rows(change: &Change, way: Way) -> Vec<String> {
    vec![
        format!("SELECT {}(NULL)", change.names.inside(way.name(What::Apply))),
        "SET CONSTRAINTS ALL IMMEDIATE".to_owned(),
    ]
}

/// The two places in which what belongs to one of the tables waits.
#[derive(Clone, Copy)]
enum End {
    /// With the shadow.
    New,
    /// With the old table.
    Old,
}

impl End {
    fn place(self, change: &Change, schema: &str) -> String {
        match self {
            Self::New => change.names.new_for(schema),
            Self::Old => change.names.old_for(schema),
        }
    }
}

/// Views go where their table goes. Who reads a view locks it before what it reads.
fn go(change: &Change, to: End) -> Vec<String> {
    let one = |view: &View| {
        format!("ALTER {} {} SET SCHEMA {}", view.word(), view.seen(), ident(&to.place(change, &view.schema)))
    };
    change.dependents.views.iter().rev().map(one).collect()
}

/// Views take the places of those that went.
fn come(change: &Change, from: End) -> Vec<String> {
    let one = |view: &View| {
        let place = qualified(&from.place(change, &view.schema), &view.name);
        format!("ALTER {} {place} SET SCHEMA {}", view.word(), ident(&view.schema))
    };
    change.dependents.views.iter().map(one).collect()
}

/// The table that users see goes to one schema, the one in the other takes its place. Sequences that belong to a
/// column stay where they are and change hands; the value of an identity goes over.
fn exchange(change: &Change, coming: Which) -> Vec<String> {
    let names = &change.names;
    let (coming_from, going_to, going) = match coming {
        Which::New => (&names.new, &names.old, Which::Old),
        Which::Old => (&names.old, &names.new, Which::New),
    };
    let seen = names.seen();
    let serials = || change.sequences.iter().filter(|s| !s.identity);
    let sequence = |schema: &str, name: &str| qualified(schema, name);
    let mut made: Vec<_> =
        serials().map(|s| format!("ALTER SEQUENCE {} OWNED BY NONE", sequence(&s.schema, &s.name))).collect();
    made.push(format!("ALTER TABLE {seen} SET SCHEMA {}", ident(going_to)));
    made.extend(tree::moves(change, going, true));
    made.push(format!("ALTER TABLE {} SET SCHEMA {}", qualified(coming_from, &names.table), ident(&names.home)));
    made.extend(tree::moves(change, coming, false));
    for s in serials() {
        let name = sequence(&s.schema, &s.name);
        made.push(format!("ALTER SEQUENCE {name} OWNED BY {seen}.{}", ident(&s.column)));
    }
    for s in change.sequences.iter().filter(|s| s.identity) {
        let (to, from) = (literal(&sequence(&names.home, &s.name)), sequence(going_to, &s.name));
        made.push(format!("SELECT pg_catalog.setval({to}, last_value, is_called) FROM {from}"));
    }
    made
}

fn statistics(change: &Change, coming: End, going: End) -> Vec<String> {
    let mut made = Vec::new();
    for one in &change.objects.statistics {
        let (coming, going) = (coming.place(change, &one.schema), going.place(change, &one.schema));
        made.push(format!("ALTER STATISTICS {} SET SCHEMA {}", qualified(&one.schema, &one.name), ident(&going)));
        made.push(format!("ALTER STATISTICS {} SET SCHEMA {}", qualified(&coming, &one.name), ident(&one.schema)));
    }
    made
}

/// The old table is written by nobody but who brings rows back: users' triggers and rules must not see that.
fn quiet(change: &Change) -> Vec<String> {
    let seen = change.names.seen();
    let triggers = change.objects.triggers.iter().filter(|t| t.enabled != "D");
    let rules = change.objects.rules.iter().filter(|r| r.enabled != "D");
    let mut made: Vec<_> = triggers.map(|t| format!("ALTER TABLE {seen} DISABLE TRIGGER {}", ident(&t.name))).collect();
    made.extend(rules.map(|r| format!("ALTER TABLE {seen} DISABLE RULE {}", ident(&r.name))));
    made
}

fn awake(change: &Change) -> Vec<String> {
    let seen = change.names.seen();
    let mut made: Vec<_> =
        change.objects.triggers.iter().map(|t| enabling(&seen, "TRIGGER", &t.enabled, &t.name)).collect();
    made.extend(change.objects.rules.iter().map(|r| enabling(&seen, "RULE", &r.enabled, &r.name)));
    made
}

fn enabling(table: &str, what: &str, enabled: &str, name: &str) -> String {
    let verb = match enabled {
        "D" => "DISABLE",
        "R" => "ENABLE REPLICA",
        "A" => "ENABLE ALWAYS",
        _ => "ENABLE",
    };
    format!("ALTER TABLE {table} {verb} {what} {}", ident(name))
}

/// Policies, triggers and rules of the new table and of the new views: their definitions name what users see.
fn surroundings(change: &Change) -> Vec<String> {
    let seen = change.names.seen();
    let mut made: Vec<_> = change.objects.policies.iter().flat_map(|p| policy(&seen, p)).collect();
    if change.source.row_security {
        made.push(format!("ALTER TABLE {seen} ENABLE ROW LEVEL SECURITY"));
    }
    if change.source.force_row_security {
        made.push(format!("ALTER TABLE {seen} FORCE ROW LEVEL SECURITY"));
    }
    // A check that old rows break can be there only when no row is written any more by who brings rows over.
    for check in change.checks(false) {
        made.push(format!("ALTER TABLE {seen} ADD CONSTRAINT {} {}", ident(&check.name), check.definition));
        let comment = check.comment.as_ref();
        made.extend(
            comment.map(|c| format!("COMMENT ON CONSTRAINT {} ON {seen} IS {}", ident(&check.name), literal(c))),
        );
    }
    made.extend(tree::unchecked(change));
    made.extend(hooks(&seen, &change.objects.triggers, &change.objects.rules));
    made.extend(change.dependents.views.iter().flat_map(|view| hooks(&view.seen(), &view.triggers, &view.rules)));
    made
}

fn hooks(table: &str, triggers: &[Trigger], rules: &[Rule]) -> Vec<String> {
    let mut made = Vec::new();
    let comment = |what: &str, name: &str, text: &Option<String>| {
        text.as_ref().map(|text| format!("COMMENT ON {what} {} ON {table} IS {}", ident(name), literal(text)))
    };
    for one in triggers {
        made.push(one.definition.clone());
        made.extend((one.enabled != "O").then(|| enabling(table, "TRIGGER", &one.enabled, &one.name)));
        made.extend(comment("TRIGGER", &one.name, &one.comment));
    }
    for one in rules {
        made.push(one.definition.clone());
        made.extend((one.enabled != "O").then(|| enabling(table, "RULE", &one.enabled, &one.name)));
        made.extend(comment("RULE", &one.name, &one.comment));
    }
    made
}

fn policy(table: &str, policy: &Policy) -> Vec<String> {
    let name = ident(&policy.name);
    let mut text = format!(
        "CREATE POLICY {name} ON {table} AS {} FOR {} TO {}",
        if policy.permissive { "PERMISSIVE" } else { "RESTRICTIVE" },
        policy.command,
        policy.roles.join(", ")
    );
    text.push_str(&conditions(policy.using.as_deref(), policy.check.as_deref()));
    let comment = policy.comment.as_ref().map(|c| format!("COMMENT ON POLICY {name} ON {table} IS {}", literal(c)));
    std::iter::once(text).chain(comment).collect()
}

fn conditions(using: Option<&str>, check: Option<&str>) -> String {
    let using = using.map(|text| format!(" USING ({text})")).unwrap_or_default();
    let check = check.map(|text| format!(" WITH CHECK ({text})")).unwrap_or_default();
    format!("{using}{check}")
}

/// The table that users see is published in place of the other.
fn publications(change: &Change, other: &str) -> Vec<String> {
    let seen = change.names.seen();
    let one = |publication: &Publication| {
        let name = ident(&publication.name);
        let columns = publication.columns.iter().map(|c| ident(c)).collect::<Vec<_>>().join(", ");
        let columns = if columns.is_empty() { columns } else { format!(" ({columns})") };
        let filter = publication.filter.as_ref().map(|text| format!(" WHERE ({text})")).unwrap_or_default();
        [
            format!("ALTER PUBLICATION {name} DROP TABLE {other}"),
            format!("ALTER PUBLICATION {name} ADD TABLE {seen}{columns}{filter}"),
        ]
    };
    change.objects.publications.iter().flat_map(one).collect()
}

/// What is bound to the table from elsewhere: the same text, read again, means the table that is now seen.
fn bound(change: &Change) -> Vec<String> {
    let dependents = &change.dependents;
    let policy = |p: &OtherPolicy| {
        format!("ALTER POLICY {} ON {}{}", ident(&p.name), p.table, conditions(p.using.as_deref(), p.check.as_deref()))
    };
    let mut made: Vec<_> = dependents.functions.iter().map(|f| f.definition.clone()).collect();
    made.extend(dependents.policies.iter().map(policy));
    made.extend(dependents.rules.iter().map(|rule| rule.definition.clone()));
    made
}
