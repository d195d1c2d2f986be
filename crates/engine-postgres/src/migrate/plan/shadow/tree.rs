//! The partitions of both tables: of the one that is there, and of the one that takes its place.
//!
//! A table that is partitioned already is made again with the same partitions, each under its own name in a helper schema.
//! Row triggers of a partitioned table are on all its partitions, also on those that come later. Triggers for statements
//! are not, and a statement may name a partition: they are made on each.

use std::fmt::Write as _;

use super::super::name::{ident, literal, qualified};
use super::super::step::dollar_tag;
use super::copy::Direction;
use super::facts::{Constraint, Index, Part};
use super::names::Way;
use super::shape::assignments;
use super::{Change, rights};

/// Which of the two tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// The one that takes the other's place.
    New,
    /// The one that was there.
    Old,
}

/// A partition of one of the two tables.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) schema: String,
    pub(super) name: String,
    /// Whether it holds rows.
    pub(super) leaf: bool,
}

impl Member {
    /// The name that users see.
    fn seen(&self) -> String {
        qualified(&self.schema, &self.name)
    }
}

impl Change {
    /// The partitions of a table, none when it is not partitioned.
    pub(super) fn members(&self, which: Which) -> Vec<Member> {
        if let (Some(partitioning), Which::New) = (&self.partitioning, which) {
            let one = |(name, _): &(String, String)| Member {
                schema: self.names.home.clone(),
                name: name.clone(),
                leaf: true,
            };
            return partitioning.parts.iter().map(one).collect();
        }
        let one = |p: &Part| Member { schema: p.schema.clone(), name: p.name.clone(), leaf: p.is_leaf() };
        self.parts.iter().map(one).collect()
    }

    /// The table and all its partitions, as users see them.
    pub(super) fn tables(&self, which: Which) -> Vec<String> {
        let members = self.members(which);
        std::iter::once(self.names.seen()).chain(members.iter().map(Member::seen)).collect()
    }

    /// The tables that hold the rows, as users see them.
    pub(super) fn leaves(&self, which: Which) -> Vec<String> {
        let members = self.members(which);
        if members.is_empty() {
            return vec![self.names.seen()];
        }
        members.iter().filter(|member| member.leaf).map(Member::seen).collect()
    }

    /// Whether a table has partitions.
    pub(super) fn is_partitioned(&self, which: Which) -> bool {
        match which {
            Which::New => self.partitioning.is_some() || self.source.strategy.is_some(),
            Which::Old => self.source.strategy.is_some(),
        }
    }

    /// Whether both tables are to have the same partitions.
    pub(super) const fn keeps_partitions(&self) -> bool {
        self.source.strategy.is_some() && self.partitioning.is_none()
    }

    /// The name of a partition of the shadow before the switch.
    pub(super) fn shadow_of(&self, part: &Part) -> String {
        qualified(&self.names.new_for(&part.schema), &part.name)
    }
}

/// The partitions of the shadow, empty, with what each has of its own but for indexes.
pub(super) fn make(change: &Change) -> Vec<String> {
    if let Some(partitioning) = &change.partitioning {
        let (names, shadow) = (&change.names, change.names.shadow());
        let one = |(name, bound): &(String, String)| {
            format!("CREATE TABLE {} PARTITION OF {shadow} {bound}", names.inside(name))
        };
        return partitioning.parts.iter().map(one).collect();
    }
    change.parts.iter().flat_map(|part| one(change, part)).collect()
}

fn one(change: &Change, part: &Part) -> Vec<String> {
    let table = change.shadow_of(part);
    let alter = |clause: String| format!("ALTER TABLE {table} {clause}");
    let mut made = vec![create(change, part)];
    made.extend(part.clauses.iter().cloned().map(alter));
    for check in part.constraints.iter().filter(|c| c.kind == "c" && c.valid) {
        made.push(alter(format!("ADD CONSTRAINT {} {}", ident(&check.name), check.definition)));
        made.extend(comment_on_constraint(&table, check));
    }
    match part.replica.as_str() {
        "f" => made.push(alter("REPLICA IDENTITY FULL".to_owned())),
        "n" => made.push(alter("REPLICA IDENTITY NOTHING".to_owned())),
        _ => {}
    }
    made
}

fn create(change: &Change, part: &Part) -> String {
    let parent = qualified(&change.names.new_for(&part.parent.0), &part.parent.1);
    let unlogged = if part.persistence == "u" { "UNLOGGED " } else { "" };
    let mut text = format!("CREATE {unlogged}TABLE {} PARTITION OF {parent} {}", change.shadow_of(part), part.bound);
    // Writing to a text can't fail.
    if let Some(strategy) = &part.strategy {
        let _ = write!(text, " PARTITION BY {strategy}");
    }
    if let Some(method) = &part.method {
        let _ = write!(text, " USING {}", ident(method));
    }
    if !part.options.is_empty() {
        let _ = write!(text, " WITH ({})", assignments(&part.options));
    }
    // Without a word it would get that of its parent.
    let _ = match &part.tablespace {
        Some(space) => write!(text, " TABLESPACE {}", ident(space)),
        None if change.source.tablespace.is_some() => write!(text, " TABLESPACE pg_default"),
        None => Ok(()),
    };
    text
}

fn comment_on_constraint(table: &str, constraint: &Constraint) -> Option<String> {
    let text = constraint.comment.as_ref()?;
    Some(format!("COMMENT ON CONSTRAINT {} ON {table} IS {}", ident(&constraint.name), literal(text)))
}

/// Owners, rights and comments of the partitions.
pub(super) fn ownership(change: &Change) -> Vec<String> {
    let mut made = Vec::new();
    for (name, _) in change.partitioning.iter().flat_map(|p| &p.parts).filter(|_| !change.source.own) {
        made.push(format!("ALTER TABLE {} OWNER TO {}", change.names.inside(name), ident(&change.source.owner)));
    }
    for part in change.parts.iter().filter(|_| change.keeps_partitions()) {
        let table = change.shadow_of(part);
        if part.owner != change.source.role {
            made.push(format!("ALTER TABLE {table} OWNER TO {}", ident(&part.owner)));
        }
        let grantees = change.source.default_grantees.iter();
        made.extend(grantees.map(|who| format!("REVOKE ALL ON TABLE {table} FROM {who}")));
        made.extend(rights::given("TABLE", &table, &part.owner, part.has_grants, &part.grants));
        if let Some(comment) = &part.comment {
            made.push(format!("COMMENT ON TABLE {table} IS {}", literal(comment)));
        }
        for (column, comment) in &part.comments {
            made.push(format!("COMMENT ON COLUMN {table}.{} IS {}", ident(column), literal(comment)));
        }
    }
    made
}

/// Checks of single partitions that old rows may break.
pub(super) fn unchecked(change: &Change) -> Vec<String> {
    let mut made = Vec::new();
    for part in change.parts.iter().filter(|_| change.keeps_partitions()) {
        let table = part.seen();
        for check in part.constraints.iter().filter(|c| c.kind == "c" && !c.valid) {
            made.push(format!("ALTER TABLE {table} ADD CONSTRAINT {} {}", ident(&check.name), check.definition));
            made.extend(comment_on_constraint(&table, check));
        }
    }
    made
}

/// The parts of an index, the lowest level first, each with its partition. An index of the partitioned table that is made
/// after them takes them for its parts instead of building others.
pub(super) fn indexes_under<'c>(change: &'c Change, index: &Index) -> Vec<(&'c Part, &'c Index)> {
    let mut found: Vec<(&Part, &Index)> = Vec::new();
    let mut above = vec![index.oid];
    for part in change.parts.iter().filter(|_| change.keeps_partitions()) {
        let belongs = |one: &&Index| one.parent.is_some_and(|parent| above.contains(&parent));
        for one in part.indexes.iter().filter(belongs).collect::<Vec<_>>() {
            above.push(one.oid);
            found.push((part, one));
        }
    }
    found.reverse();
    found
}

/// Indexes that only one partition, or its own partitions, have; those of the lowest level first.
pub(super) fn own_indexes(change: &Change) -> Vec<(&Part, &Index)> {
    let parts = change.parts.iter().rev().filter(|_| change.keeps_partitions());
    let all = parts.flat_map(|part| part.indexes.iter().map(move |index| (part, index)));
    let roots: Vec<u32> =
        change.indexes.iter().flat_map(|index| indexes_under(change, index)).map(|(_, i)| i.oid).collect();
    all.filter(|(_, index)| !roots.contains(&index.oid)).collect()
}

/// The partitions go to the schema in which the table waits, or come from there.
pub(super) fn moves(change: &Change, which: Which, go: bool) -> Vec<String> {
    let one = |member: &Member| {
        let waits = match which {
            Which::New => change.names.new_for(&member.schema),
            Which::Old => change.names.old_for(&member.schema),
        };
        let (from, to) = if go { (&member.schema, &waits) } else { (&waits, &member.schema) };
        format!("ALTER TABLE {} SET SCHEMA {}", qualified(from, &member.name), ident(to))
    };
    change.members(which).iter().map(one).collect()
}

/// An expression for a function: null while both tables have the same partitions, else a sentence that names the others.
pub(super) fn differ(change: &Change, way: Way) -> Option<String> {
    if !change.keeps_partitions() {
        return None;
    }
    let seen = change.names.seen();
    let (other, before, after) = match way {
        Way::Forward => (
            change.names.shadow(),
            format!("the partitions of {seen} are no longer those that its shadow was made with: "),
            "; take back what was attached or detached and resume, or undo and apply again".to_owned(),
        ),
        Way::Back => (
            change.names.waiting(),
            format!("{seen} has other partitions now than the table that would come back: "),
            "; DETACH what was added, or attach again what was taken away, and undo again".to_owned(),
        ),
    };
    let tree = |root: &str| {
        format!(
            "SELECT c.relname, p.relname AS above, pg_get_expr(c.relpartbound, c.oid) AS bound FROM pg_partition_tree({}::regclass) t \
             JOIN pg_class c ON c.oid = t.relid JOIN pg_class p ON p.oid = t.parentrelid WHERE t.level > 0",
            literal(root)
        )
    };
    let (one, two) = (tree(&seen), tree(&other));
    Some(format!(
        "(SELECT {} || string_agg(DISTINCT format('%I', u.relname), ', ') || {} FROM ((({one}) EXCEPT ({two})) UNION ALL (({two}) EXCEPT ({one}))) u)",
        literal(&before),
        literal(&after)
    ))
}

/// Statements of the way back, with all others locked out: partitions that came since the switch must not take rows along
/// that the table which comes back has no place for, or was never told of.
pub(super) fn none_left_behind(change: &Change) -> Option<String> {
    let body = if let Some(sentence) = differ(change, Way::Back) {
        format!(
            "DECLARE others text := {sentence};\nBEGIN\nIF others IS NOT NULL THEN RAISE EXCEPTION USING MESSAGE = others; END IF;\nEND"
        )
    } else if change.is_partitioned(Which::New) {
        rows_of_others(change)
    } else {
        return None;
    };
    let tag = dollar_tag(&body);
    Some(format!("DO {tag}{body}{tag}"))
}

/// Rows that were written to a new partition were noted; those that it had when it was attached were not.
fn rows_of_others(change: &Change) -> String {
    let back = Direction::of(change, Way::Back);
    let known: Vec<_> =
        change.tables(Which::New).iter().map(|table| format!("to_regclass({})", literal(table))).collect();
    let unknown = format!(
        "SELECT EXISTS (SELECT FROM %s s WHERE NOT EXISTS (SELECT FROM {} d WHERE {}))",
        back.target,
        back.same_rows()
    );
    let message = format!(
        ", a partition that {} got since the switch, has rows that would be lost: DETACH it, and undo again",
        back.source
    );
    format!(
        "DECLARE leaf regclass;\n lost boolean;\nBEGIN\nFOR leaf IN SELECT relid FROM pg_partition_tree({}::regclass) \
         WHERE isleaf AND relid <> ALL (ARRAY[{}]) LOOP\nEXECUTE format({}, leaf) INTO lost;\n\
         IF lost THEN RAISE EXCEPTION USING MESSAGE = leaf::text || {}; END IF;\nEND LOOP;\nEND",
        literal(&back.source),
        known.join(", "),
        literal(&unknown.replace('%', "%%").replacen("%%s s", "%s s", 1)),
        literal(&message)
    )
}
