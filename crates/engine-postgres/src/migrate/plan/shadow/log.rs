//! How one table is kept as the other: a trigger notes the keys that were written, and what is noted is brought over later
//! by whoever carries the change out. Users' statements pay one insert into a table without indexes, and never wait for,
//! nor fail because of, the table that is kept.

use super::super::name::{ident, literal};
use super::super::step::dollar_tag;
use super::Change;
use super::copy::Direction;
use super::names::{Names, Way, What};
use super::tree::{self, Which};

/// Keys of rows in one message of the first round; as long as only the key is indexed, rows can come over in parts.
const BATCH: u32 = 20_000;

/// The table of noted keys and the functions of one direction.
pub(super) fn objects(change: &Change, way: Way) -> Vec<String> {
    let mut made = vec![table(change, way)];
    let log = change.names.inside(way.name(What::Log));
    // A publication of all tables refuses to delete from a table without an identity.
    made.push(format!("ALTER TABLE {log} REPLICA IDENTITY FULL"));
    made.push(note(change, way));
    made.push(format!("REVOKE ALL ON FUNCTION {}() FROM PUBLIC", change.names.inside(way.name(What::Note))));
    made.push(apply(change, way));
    made.push(catch_up(change, way));
    made
}

/// What [`objects`] and [`marks`] made, removed.
pub(super) fn drop_objects(names: &Names) -> Vec<String> {
    let mut made = Vec::new();
    for way in [Way::Forward, Way::Back] {
        made.push(format!("DROP PROCEDURE {}(text, bigint)", names.inside(way.name(What::CatchUp))));
        made.push(format!("DROP FUNCTION {}(bigint)", names.inside(way.name(What::Apply))));
        made.push(format!("DROP FUNCTION {}()", names.inside(way.name(What::Note))));
        made.push(format!("DROP TABLE {}", names.inside(way.name(What::Log))));
    }
    made.push(format!("DROP FUNCTION {}()", names.inside(GUARD)));
    made.push(format!("DROP TABLE {}", names.inside(MARKS)));
    made
}

/// The table of what has been caught up with.
pub(super) const MARKS: &str = "dbwright_marks";
/// The function that fails when its mark can't be seen.
const GUARD: &str = "dbwright_guard";

/// Makes the table of marks, and the function that looks for one.
pub(super) fn marks(names: &Names) -> Vec<String> {
    let table = names.inside(MARKS);
    let message = format!("could not serialize access: {} was changed since this transaction began", names.seen());
    let body = format!(
        "BEGIN\n IF NOT EXISTS (SELECT FROM {table} WHERE mark = TG_ARGV[0]) THEN\n\
         RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = {}, HINT = 'Try the transaction again.';\nEND IF;\n\
         RETURN NULL;\nEND",
        literal(&message)
    );
    let tag = dollar_tag(&body);
    let guard = names.inside(GUARD);
    vec![
        format!("CREATE TABLE {table} (mark text PRIMARY KEY)"),
        format!(
            "CREATE FUNCTION {guard}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS {tag}\n{body}\n{tag}"
        ),
        format!("REVOKE ALL ON FUNCTION {guard}() FROM PUBLIC"),
    ]
}

/// Guards a table that has just come to its place against transactions that can't see what was brought over last: their
/// snapshot is from before, so that an `UPDATE` or `DELETE` would pass rows by and say nothing. It is the mark's own
/// visibility that tells them, whatever numbers transactions have.
pub(super) fn guard(change: &Change, came: Came) -> Vec<String> {
    let names = &change.names;
    let (marks, trigger) = (names.inside(MARKS), names.guard_trigger());
    let mut made = vec![
        format!("DELETE FROM {marks} WHERE mark IN ('switched', 'returned')"),
        format!("INSERT INTO {marks} VALUES ('{}')", came.mark()),
    ];
    for table in change.tables(came.which()) {
        made.push(format!(
            "CREATE TRIGGER {trigger} BEFORE UPDATE OR DELETE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {}('{}')",
            names.inside(GUARD),
            came.mark()
        ));
        made.push(format!("ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}"));
    }
    made
}

/// Which table came to the place that users see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Came {
    /// The new one, by the switch.
    New,
    /// The old one, by its way back.
    Old,
}

impl Came {
    const fn which(self) -> Which {
        match self {
            Self::New => Which::New,
            Self::Old => Which::Old,
        }
    }

    const fn mark(self) -> &'static str {
        match self {
            Self::New => "switched",
            Self::Old => "returned",
        }
    }
}

fn table(change: &Change, way: Way) -> String {
    let direction = Direction::of(change, way);
    let columns: Vec<_> = direction.key.iter().map(|k| format!("{} {}", k.noted, k.ty)).collect();
    format!("CREATE TABLE {} ({}, emptied boolean)", change.names.inside(way.name(What::Log)), columns.join(", "))
}

/// The trigger's function. It runs with the rights of who carries the change out, because writers have none on the log.
fn note(change: &Change, way: Way) -> String {
    let direction = Direction::of(change, way);
    let log = change.names.inside(way.name(What::Log));
    let noted: Vec<_> = direction.key.iter().map(|k| k.noted.clone()).collect();
    let of = |row: &str| {
        let values: Vec<_> = direction.key.iter().map(|k| format!("{row}.{}", k.column)).collect();
        format!("INSERT INTO {log} ({}) VALUES ({});", noted.join(", "), values.join(", "))
    };
    let moved: Vec<_> =
        direction.key.iter().map(|k| format!("OLD.{0}::text IS DISTINCT FROM NEW.{0}::text", k.column)).collect();
    let body = format!(
        "BEGIN\n\
         IF TG_OP = 'TRUNCATE' THEN\n INSERT INTO {log} (emptied) VALUES (true);\n RETURN NULL;\nEND IF;\n\
         IF TG_OP = 'DELETE' THEN\n {old}\n RETURN NULL;\nEND IF;\n {new}\n\
         IF TG_OP = 'UPDATE' THEN\n IF {moved} THEN\n {old}\n END IF;\nEND IF;\n RETURN NULL;\nEND",
        old = of("OLD"),
        new = of("NEW"),
        moved = moved.join(" OR "),
    );
    let tag = dollar_tag(&body);
    format!(
        "CREATE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS {tag}\n{body}\n{tag}",
        change.names.inside(way.name(What::Note))
    )
}

/// Brings noted rows over and forgets that they were noted: at most so many, or all that can be seen (NULL).
fn apply(change: &Change, way: Way) -> String {
    let direction = Direction::of(change, way);
    let log = change.names.inside(way.name(What::Log));
    let noted: Vec<_> = direction.key.iter().map(|k| k.noted.clone()).collect();
    let declared = direction.key.iter().map(|k| format!("{} {}[];\n ", k.list(), k.ty)).collect::<Vec<_>>().concat();
    let gathered: Vec<_> =
        noted.iter().map(|n| format!("coalesce(array_agg(d.{n}) FILTER (WHERE d.emptied IS NULL), '{{}}')")).collect();
    let lists: Vec<_> = direction.key.iter().map(super::copy::KeyColumn::list).collect();
    let rows = format!("unnest({}) AS k({})", lists.join(", "), noted.join(", "));
    let body = format!(
        "DECLARE\n {declared}wiped boolean;\n amount bigint;\n\
         BEGIN\n\
         -- What was noted before and after a TRUNCATE must not be taken apart.\n\
         IF EXISTS (SELECT FROM {log} WHERE emptied) THEN most := NULL; END IF;\n\
         WITH taken AS (DELETE FROM {log} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {log} LIMIT most)) RETURNING *), \
         d AS (SELECT DISTINCT {noted}, emptied FROM taken)\n\
         SELECT {gathered}, coalesce(bool_or(d.emptied), false), (SELECT count(*) FROM taken) INTO {lists}, wiped, amount FROM d;\n\
         IF wiped THEN {empty}; END IF;\n\
         IF cardinality({first}) > 0 THEN\n\
         DELETE FROM {target} d USING {rows} WHERE {same_target};\n\
         INSERT INTO {target} ({columns}) OVERRIDING SYSTEM VALUE SELECT {values} FROM {from} s JOIN {rows} ON {same_source};\n\
         END IF;\n\
         RETURN amount;\nEND",
        noted = noted.join(", "),
        gathered = gathered.join(", "),
        lists = lists.join(", "),
        first = lists.first().map_or("", String::as_str),
        target = direction.target,
        from = direction.source,
        empty = empty(change, way, &direction),
        same_target = direction.same_target(),
        same_source = direction.same_source(),
        columns = direction.columns(),
        values = direction.values(),
    );
    let tag = dollar_tag(&body);
    format!(
        "CREATE FUNCTION {}(most bigint) RETURNS bigint LANGUAGE plpgsql SET search_path = {} SET row_security = off \
         SET plan_cache_mode = force_custom_plan AS {tag}\n{body}\n{tag}",
        change.names.inside(way.name(What::Apply)),
        change.path
    )
}

/// What a `TRUNCATE` means for the table that is kept: where it may have been one of several partitions, whatever the
/// other table has no more.
fn empty(change: &Change, way: Way, direction: &Direction) -> String {
    let target = &direction.target;
    if !change.is_partitioned(way.source()) {
        return format!("DELETE FROM {target}");
    }
    format!(
        "DELETE FROM {target} d WHERE NOT EXISTS (SELECT FROM {} s WHERE {})",
        direction.source,
        direction.same_rows()
    )
}

/// Brings over what was noted until little is left, in transactions of its own, each of which sees one moment: only then
/// do unique values that went from row to row never stand in two rows at once. Leaves a mark when it is through.
fn catch_up(change: &Change, way: Way) -> String {
    let names = &change.names;
    let log = names.inside(way.name(What::Log));
    let (declared, same) = other_partitions(change, way);
    let body = format!(
        "DECLARE\n amount bigint;\n lowest bigint;\n idle int := 0;\n part bigint;\n{declared}\
         BEGIN\n\
         LOOP\n COMMIT;\n SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;\n{same}\
         part := CASE WHEN goal = 'copied' AND (SELECT count(*) FROM (SELECT FROM {log} LIMIT {BATCH} + 1) x) > {BATCH} THEN {BATCH} END;\n\
         amount := {apply}(part);\n\
         IF amount <= rest AND part IS NULL THEN\n\
         INSERT INTO {marks} VALUES (goal) ON CONFLICT DO NOTHING;\n COMMIT;\n RETURN;\nEND IF;\n\
         COMMIT;\n\
         IF part IS NULL THEN\n\
         idle := CASE WHEN amount < coalesce(lowest, amount + 1) THEN 0 ELSE idle + 1 END;\n\
         lowest := least(lowest, amount);\n\
         IF idle > 50 THEN RAISE EXCEPTION 'rows are written faster than they can be brought over: % in the last round', amount; END IF;\n\
         END IF;\n\
         END LOOP;\nEND",
        apply = names.inside(way.name(What::Apply)),
        marks = names.inside(MARKS),
    );
    let tag = dollar_tag(&body);
    format!(
        "CREATE PROCEDURE {}(goal text, rest bigint) LANGUAGE plpgsql AS {tag}\n{body}\n{tag}",
        names.inside(way.name(What::CatchUp))
    )
}

/// A partition that came has rows that the other table has no place for, and whose first were never noted; one that went
/// took rows with it that nobody deleted. The declaration, and the look.
fn other_partitions(change: &Change, way: Way) -> (String, String) {
    let Some(sentence) = tree::differ(change, way) else { return Default::default() };
    let look = format!(
        "others := {sentence};\nIF others IS NOT NULL THEN\nRAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = others;\nEND IF;\n"
    );
    (" others text;\n".to_owned(), look)
}

/// The call that catches up, and the question whether it did.
pub(super) fn call(names: &Names, way: Way, goal: &str, rest: u32) -> (String, String) {
    let goal = literal(goal);
    (
        format!("CALL {}({goal}, {rest})", names.inside(way.name(What::CatchUp))),
        format!("SELECT EXISTS (SELECT FROM {} WHERE mark = {goal})", names.inside(MARKS)),
    )
}

/// The triggers that note what is written to a table. They fire for replicated rows and in `replica` mode too.
pub(super) fn triggers(change: &Change, way: Way) -> Vec<String> {
    let (names, seen) = (&change.names, change.names.seen());
    let function = names.inside(way.name(What::Note));
    let (row, all) = (names.row_trigger(), names.empty_trigger());
    let mut made = vec![format!(
        "CREATE TRIGGER {row} AFTER INSERT OR UPDATE OR DELETE ON {seen} FOR EACH ROW EXECUTE FUNCTION {function}()"
    )];
    let leaves = change.leaves(way.source());
    made.extend(leaves.iter().map(|leaf| {
        format!("CREATE TRIGGER {all} AFTER TRUNCATE ON {leaf} FOR EACH STATEMENT EXECUTE FUNCTION {function}()")
    }));
    made.push(format!("ALTER TABLE {seen} ENABLE ALWAYS TRIGGER {row}"));
    made.extend(leaves.iter().map(|leaf| format!("ALTER TABLE {leaf} ENABLE ALWAYS TRIGGER {all}")));
    made
}

/// Removes them, and the guard.
pub(super) fn drop_triggers(change: &Change, which: Which) -> Vec<String> {
    let names = &change.names;
    let tables = change.tables(which);
    let of_statements = [names.empty_trigger(), names.guard_trigger()];
    let mut made = vec![format!("DROP TRIGGER IF EXISTS {} ON {}", names.row_trigger(), names.seen())];
    for table in &tables {
        made.extend(of_statements.iter().map(|trigger| format!("DROP TRIGGER IF EXISTS {trigger} ON {table}")));
    }
    made
}

/// A column of the log.
pub(super) fn noted(at: usize) -> String {
    ident(&format!("dbwright_k{at}"))
}
