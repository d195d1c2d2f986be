//! What the server would do with an `ALTER TABLE`, as far as its manual and trials on real servers tell: how, under which
//! lock, and because of what.

use super::definition::Definition;
use super::world::{Column, KeyKind, Table};
use crate::flavour::Flavour;
use crate::migrate::parse::{Action, Clause};
use crate::migrate::table::same;
use crate::migrate::text::Cursor;
use crate::migrate::ways::{COPY, IN_PLACE, SHARED, Way};

/// What decides beside the statement and the table.
#[derive(Debug, Clone, Copy)]
pub(in crate::migrate) struct Server {
    pub(in crate::migrate) flavour: Flavour,
    pub(in crate::migrate) version: (u16, u16, u16),
    /// Whether `sql_mode` is strict.
    pub(in crate::migrate) strict: bool,
    /// Whether foreign keys are not checked.
    pub(in crate::migrate) unchecked: bool,
}

/// What the server would do, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::migrate) struct Verdict {
    pub(in crate::migrate) way: Way,
    pub(in crate::migrate) cause: Cause,
    /// Whether it is certain; false where the column or the table is not known well enough.
    pub(in crate::migrate) certain: bool,
}

/// What makes a change more than an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::migrate) enum Cause {
    /// Nothing does.
    Nothing,
    /// A new column whose default is an expression.
    ExpressionDefault,
    /// A new column that is generated and stored, or one that becomes so.
    StoredColumn,
    /// A new column that numbers the rows.
    NumberedColumn,
    /// A column of another type, or a shorter text.
    Type,
    /// A text whose length takes two bytes from then on.
    LongerText,
    /// Another character set or collation.
    Charset,
    /// Values of an enum or set that are not added at the end.
    Values,
    /// NULL or NOT NULL.
    Nullability,
    /// A column at another place.
    Order,
    /// Another attribute of a column.
    Attribute,
    /// The primary key.
    PrimaryKey,
    /// An ordinary index.
    Index,
    /// A FULLTEXT index.
    FulltextIndex,
    /// A SPATIAL index.
    SpatialIndex,
    /// An index over an expression or a virtual column that is new.
    ExpressionIndex,
    /// A foreign key.
    ForeignKey,
    /// A CHECK.
    Check,
    /// The storage engine.
    Engine,
    /// The order of rows.
    RowOrder,
    /// Options of the table.
    Options,
    /// What is done to partitions.
    Partitions,
    /// The table has a FULLTEXT index, so that it is written anew in another way than others.
    HasFulltext,
    /// The table is not of InnoDB.
    NotInnodb,
    /// The table's rows are compressed, so that nothing is instant.
    Compressed,
    /// A column that is added, dropped or renamed.
    Column,
    /// The statement says `ALGORITHM=COPY`.
    Wanted,
    /// It is not understood.
    Unknown,
}

impl Verdict {
    /// An instant.
    pub(in crate::migrate) const fn nothing() -> Self {
        Self::of(INSTANT, Cause::Nothing)
    }

    pub(in crate::migrate) const fn of(way: Way, cause: Cause) -> Self {
        Self { way, cause, certain: true }
    }

    const fn perhaps(self) -> Self {
        Self { certain: false, ..self }
    }
}

const INSTANT: Way = Way { algorithm: "INSTANT", lock: "NONE" };

/// From the least harm to the most.
fn harm(way: Way) -> u8 {
    match (way.algorithm, way.lock) {
        ("INSTANT", _) => 0,
        ("INPLACE", "NONE") => 1,
        ("INPLACE", _) => 2,
        (_, "EXCLUSIVE") => 4,
        _ => 3,
    }
}

/// What the server does with each clause, and with all of them together.
pub(in crate::migrate) fn judge(server: Server, clauses: &[Clause], table: &Table) -> (Vec<Verdict>, Verdict) {
    let each: Vec<Verdict> = clauses.iter().map(|clause| one(server, clauses, clause, table)).collect();
    let worst = each.iter().max_by_key(|verdict| (harm(verdict.way), verdict.certain)).cloned();
    let mut whole = worst.unwrap_or_else(Verdict::nothing);
    if let Some(words) = whole_table(server, table, &whole, clauses) {
        whole = words;
    }
    (each, whole)
}

/// What the table makes of a change, whatever the clauses are.
fn whole_table(server: Server, table: &Table, worst: &Verdict, clauses: &[Clause]) -> Option<Verdict> {
    if harm(worst.way) >= harm(COPY) {
        return None;
    }
    let renames = clauses.iter().all(|clause| renames(&clause.action));
    if !table.innodb() && !renames {
        return Some(Verdict::of(COPY, Cause::NotInnodb));
    }
    let columns = clauses.iter().any(|clause| shapes(&clause.action));
    let rebuilds = clauses.iter().any(|clause| rebuilds(server, clause, table));
    if table.fulltext() && (columns || rebuilds) {
        let way = if server.flavour == Flavour::MySql { COPY } else { SHARED };
        return (harm(way) > harm(worst.way)).then(|| Verdict::of(way, Cause::HasFulltext));
    }
    let compressed = table.row_format.as_deref() == Some("compressed");
    (compressed && columns && worst.way.algorithm == "INSTANT").then(|| Verdict::of(IN_PLACE, Cause::Compressed))
}

/// Whether a clause gives names only.
fn renames(action: &Action) -> bool {
    matches!(
        action,
        Action::RenameColumn { .. }
            | Action::RenameTable(_)
            | Action::Wanted { .. }
            | Action::RenameIndex { .. }
            | Action::AlterIndex(_)
    )
}

/// Whether a clause adds or drops columns that rows hold.
fn shapes(action: &Action) -> bool {
    match action {
        Action::AddColumns(columns) => {
            columns.iter().any(|(_, text)| Definition::read(text).generated.is_none_or(|g| g.stored))
        }
        Action::DropColumn(_) => true,
        _ => false,
    }
}

/// Whether a clause writes the table anew in place.
fn rebuilds(server: Server, clause: &Clause, table: &Table) -> bool {
    match &clause.action {
        Action::Force | Action::AddPrimaryKey | Action::DropPrimaryKey => true,
        Action::Option(word) => matches!(word.as_str(), "engine" | "row_format" | "key_block_size"),
        Action::Modify { .. } | Action::Change { .. } => {
            let verdict = one(server, std::slice::from_ref(clause), clause, table);
            verdict.way == IN_PLACE && matches!(verdict.cause, Cause::Nullability | Cause::Order)
        }
        _ => false,
    }
}

fn one(server: Server, all: &[Clause], clause: &Clause, table: &Table) -> Verdict {
    let mysql = server.flavour == Flavour::MySql;
    match &clause.action {
        Action::AddColumns(columns) => {
            let each = columns.iter().map(|(_, text)| added(server, &Definition::read(text)));
            each.max_by_key(|verdict| harm(verdict.way)).unwrap_or_else(Verdict::nothing)
        }
        Action::DropColumn(name) => dropped(server, name, all, table),
        Action::RenameColumn { .. } => Verdict::of(renaming(server), Cause::Column),
        Action::AlterColumn(_) | Action::RenameTable(_) | Action::Wanted { .. } => Verdict::nothing(),
        Action::AlterIndex(_) | Action::RenameIndex { .. } => {
            Verdict::of(if mysql { IN_PLACE } else { INSTANT }, Cause::Index)
        }
        Action::Modify { column, definition } => redefined(server, column, definition, table),
        Action::Change { from, definition, .. } => redefined(server, from, definition, table),
        Action::AddIndex { kind, .. } => index(all, clause, *kind),
        Action::DropIndex(_) => Verdict::of(IN_PLACE, Cause::Index),
        Action::AddPrimaryKey => Verdict::of(IN_PLACE, Cause::PrimaryKey),
        Action::DropPrimaryKey => primary_dropped(mysql, all, table),
        Action::AddForeignKey if server.unchecked => Verdict::of(IN_PLACE, Cause::ForeignKey),
        Action::AddForeignKey => Verdict::of(COPY, Cause::ForeignKey),
        Action::DropForeignKey(_) => Verdict::of(if mysql { IN_PLACE } else { INSTANT }, Cause::ForeignKey),
        Action::AddCheck if mysql && unenforced(&clause.text) => Verdict::of(INSTANT, Cause::Check),
        Action::AddCheck => Verdict::of(COPY, Cause::Check),
        Action::DropConstraint(_) => Verdict::of(INSTANT, Cause::Check),
        Action::Convert => Verdict::of(COPY, Cause::Charset),
        Action::Force => Verdict::of(IN_PLACE, Cause::Options),
        Action::OrderBy => Verdict::of(COPY, Cause::RowOrder),
        Action::Option(word) => option(mysql, word, &clause.text, table),
        Action::Partition(words) if LIGHT.contains(&words.as_str()) => Verdict::of(IN_PLACE, Cause::Partitions),
        Action::Partition(_) => Verdict::of(COPY, Cause::Partitions),
        Action::Unknown => Verdict::of(COPY, Cause::Unknown).perhaps(),
    }
}

/// Changes of partitions that move no rows.
const LIGHT: [&str; 7] = [
    "ADD PARTITION",
    "DROP PARTITION",
    "TRUNCATE PARTITION",
    "EXCHANGE PARTITION",
    "CONVERT PARTITION",
    "DISCARD PARTITION",
    "IMPORT PARTITION",
];

fn unenforced(text: &str) -> bool {
    text.to_ascii_lowercase().split_whitespace().collect::<Vec<_>>().join(" ").ends_with("not enforced")
}

fn renaming(server: Server) -> Way {
    if server.version >= server.flavour.instant_rename_since() { INSTANT } else { IN_PLACE }
}

fn option(mysql: bool, word: &str, text: &str, table: &Table) -> Verdict {
    match word {
        "engine" => {
            let to = text.rsplit(['=', ' ']).next().unwrap_or_default();
            let stays = to.eq_ignore_ascii_case(table.engine.as_deref().unwrap_or("innodb"));
            Verdict::of(if stays && table.innodb() { IN_PLACE } else { COPY }, Cause::Engine)
        }
        "encryption" if mysql => Verdict::of(COPY, Cause::Options),
        "row_format"
        | "key_block_size"
        | "page_compressed"
        | "page_compression_level"
        | "encrypted"
        | "encryption_key_id" => Verdict::of(IN_PLACE, Cause::Options),
        _ => Verdict::of(if mysql { IN_PLACE } else { INSTANT }, Cause::Options),
    }
}

fn added(server: Server, column: &Definition) -> Verdict {
    let mysql = server.flavour == Flavour::MySql;
    if column.generated.as_ref().is_some_and(|generated| generated.stored) {
        return Verdict::of(COPY, Cause::StoredColumn);
    }
    if column.references.is_some() {
        return Verdict::of(if server.unchecked { IN_PLACE } else { COPY }, Cause::ForeignKey);
    }
    if column.check.is_some() && mysql {
        return Verdict::of(COPY, Cause::Check);
    }
    if column.expression_default().is_some_and(|text| server.flavour.copies_for_expressions() || differs(text)) {
        return Verdict::of(COPY, Cause::ExpressionDefault);
    }
    if column.auto_increment {
        return Verdict::of(SHARED, Cause::NumberedColumn);
    }
    if column.unique || column.primary {
        return Verdict::of(IN_PLACE, Cause::Index);
    }
    if column.generated.is_some() {
        let way = if column.position.is_some() && mysql { COPY } else { INSTANT };
        return Verdict::of(way, Cause::Column);
    }
    let since = server.flavour.instant_columns_since();
    // Before columns could be put anywhere, MySQL 8 took them at the end in an instant.
    let at_end = mysql && server.version >= (8, 0, 12) && column.position.is_none();
    Verdict::of(if server.version >= since || at_end { INSTANT } else { IN_PLACE }, Cause::Column)
}

fn dropped(server: Server, name: &str, all: &[Clause], table: &Table) -> Verdict {
    let generated = table.column(name).and_then(|column| column.definition.generated.as_ref());
    if generated.is_some_and(|generated| !generated.stored) {
        return Verdict::of(INSTANT, Cause::Column);
    }
    let keys = table.keys_of(name);
    if keys.iter().any(|key| key.kind == KeyKind::Primary) && !all.iter().any(|c| c.action == Action::AddPrimaryKey) {
        return Verdict::of(COPY, Cause::PrimaryKey);
    }
    if !keys.is_empty() {
        return Verdict::of(IN_PLACE, Cause::Column);
    }
    let instant = server.version >= server.flavour.instant_columns_since();
    Verdict::of(if instant { INSTANT } else { IN_PLACE }, Cause::Column)
}

fn primary_dropped(mysql: bool, all: &[Clause], table: &Table) -> Verdict {
    let swapped = all.iter().any(|clause| clause.action == Action::AddPrimaryKey);
    // Its column loses AUTO_INCREMENT in the same statement: MySQL does that only by a copy.
    let counted = |clause: &Clause| match &clause.action {
        Action::Modify { column, definition } => loses_count(table, column, definition),
        Action::Change { from, definition, .. } => loses_count(table, from, definition),
        _ => false,
    };
    if swapped && !(mysql && all.iter().any(counted)) {
        return Verdict::of(IN_PLACE, Cause::PrimaryKey);
    }
    // MariaDB takes the first unique key of NOT NULL columns in its place.
    let filled = |name: &String| table.column(name).is_some_and(|column| column.definition.not_null);
    let heir =
        table.keys.iter().any(|key| key.kind == KeyKind::Unique && !key.prefix && key.columns.iter().all(filled));
    Verdict::of(if heir && !mysql { IN_PLACE } else { COPY }, Cause::PrimaryKey)
}

fn loses_count(table: &Table, column: &str, definition: &str) -> bool {
    table.column(column).is_some_and(|c| c.definition.auto_increment) && !Definition::read(definition).auto_increment
}

fn index(all: &[Clause], clause: &Clause, kind: Option<&str>) -> Verdict {
    match kind {
        Some("fulltext" | "vector") => return Verdict::of(SHARED, Cause::FulltextIndex),
        Some("spatial") => return Verdict::of(SHARED, Cause::SpatialIndex),
        _ => {}
    }
    let Some(key) = super::define::key(&clause.text) else { return Verdict::of(IN_PLACE, Cause::Index) };
    let expression = key.columns.iter().any(|part| part.starts_with('('));
    // A virtual column that the same statement adds has no values that could be read beside writes.
    let fresh = |name: &String| {
        all.iter().any(|other| match &other.action {
            Action::AddColumns(columns) => columns
                .iter()
                .any(|(own, text)| same(own, name) && Definition::read(text).generated.is_some_and(|g| !g.stored)),
            _ => false,
        })
    };
    let shared = expression || key.columns.iter().any(fresh);
    Verdict::of(if shared { SHARED } else { IN_PLACE }, if shared { Cause::ExpressionIndex } else { Cause::Index })
}

/// A column that is defined anew.
fn redefined(server: Server, name: &str, text: &str, table: &Table) -> Verdict {
    let new = Definition::read(text);
    let Some(old) = table.column(name) else { return unknown(&new) };
    let indexed = !table.keys_of(name).is_empty();
    let keyed = table.keys_of(name).iter().any(|key| key.kind == KeyKind::Primary);
    let mut found = vec![
        retyped(server, &old.definition, &new),
        recoded(server, old, &new, table, indexed),
        attributes(server, &old.definition, &new, keyed),
    ];
    if new.moves(name, &table.column_names()) {
        let way = if server.flavour == Flavour::MySql { IN_PLACE } else { INSTANT };
        found.push(Verdict::of(way, Cause::Order));
    }
    found.into_iter().max_by_key(|verdict| harm(verdict.way)).unwrap_or_else(Verdict::nothing)
}

/// A column of which nothing is known.
fn unknown(new: &Definition) -> Verdict {
    if new.charset.is_some() || new.collation.is_some() {
        return Verdict::of(COPY, Cause::Charset).perhaps();
    }
    if new.generated.as_ref().is_some_and(|generated| generated.stored) {
        return Verdict::of(COPY, Cause::StoredColumn).perhaps();
    }
    match new.base.as_str() {
        // Most often it is made longer, or gets a value more.
        "varchar" | "varbinary" => Verdict::of(COPY, Cause::LongerText).perhaps(),
        "enum" | "set" => Verdict::of(COPY, Cause::Values).perhaps(),
        _ => Verdict::of(COPY, Cause::Type).perhaps(),
    }
}

/// Another type.
fn retyped(server: Server, old: &Definition, new: &Definition) -> Verdict {
    if old.base != new.base || old.unsigned != new.unsigned {
        return Verdict::of(COPY, Cause::Type);
    }
    match old.base.as_str() {
        "enum" | "set" => return values(old, new),
        "varchar" | "varbinary" => return longer(server, old, new),
        _ => {}
    }
    let digits = |definition: &Definition| -> Vec<String> {
        let written: Vec<String> = definition.args.iter().map(|arg| arg.trim().to_owned()).collect();
        match (definition.base.as_str(), written.as_slice()) {
            (_, _) if definition.whole() => Vec::new(),
            ("decimal", []) => vec!["10".to_owned(), "0".to_owned()],
            ("decimal", [one]) => vec![one.clone(), "0".to_owned()],
            ("char" | "binary" | "bit", []) => vec!["1".to_owned()],
            ("datetime" | "timestamp" | "time", []) => vec!["0".to_owned()],
            _ => written,
        }
    };
    if digits(old) == digits(new) { Verdict::nothing() } else { Verdict::of(COPY, Cause::Type) }
}

fn values(old: &Definition, new: &Definition) -> Verdict {
    let (before, after) = (old.values(), new.values());
    let bytes = |count: usize| match (old.base.as_str(), count) {
        ("enum", count) => 1 + usize::from(count > 255),
        (_, count) => match count.div_ceil(8) {
            bytes @ 1..=4 => bytes,
            _ => 8,
        },
    };
    let kept = after.len() >= before.len() && before.iter().zip(&after).all(|(a, b)| a == b);
    if kept && bytes(before.len()) == bytes(after.len()) {
        Verdict::nothing()
    } else {
        Verdict::of(COPY, Cause::Values)
    }
}

/// A text of another length. How many bytes its length takes depends on how many its longest value takes.
fn longer(server: Server, old: &Definition, new: &Definition) -> Verdict {
    let (Some(before), Some(after)) = (old.length(), new.length()) else { return Verdict::nothing() };
    if after < before {
        return Verdict::of(COPY, Cause::Type);
    }
    if after == before {
        return Verdict::nothing();
    }
    let bytes = if old.base == "varbinary" { Some(1) } else { old.charset.as_deref().map(character_bytes) };
    match (server.flavour, bytes) {
        (Flavour::MariaDb, _) => Verdict::of(server.flavour.longer_text(), Cause::LongerText),
        (Flavour::MySql, Some(bytes)) if before * bytes <= 255 && after * bytes > 255 => {
            Verdict::of(COPY, Cause::LongerText)
        }
        (Flavour::MySql, Some(_)) => Verdict::of(IN_PLACE, Cause::LongerText),
        // Whatever the character set is.
        (Flavour::MySql, None) if after <= 63 || before > 255 => Verdict::of(IN_PLACE, Cause::LongerText),
        // The character set that new databases have takes four.
        (Flavour::MySql, None) if before <= 63 => Verdict::of(COPY, Cause::LongerText).perhaps(),
        (Flavour::MySql, None) => Verdict::of(IN_PLACE, Cause::LongerText).perhaps(),
    }
}

/// Bytes of a character set's longest character.
pub(in crate::migrate) fn character_bytes(charset: &str) -> u64 {
    match charset {
        "utf8mb4" | "utf16" | "utf16le" | "utf32" | "gb18030" => 4,
        "utf8mb3" | "utf8" | "ujis" | "eucjpms" => 3,
        "ucs2" | "big5" | "sjis" | "gbk" | "gb2312" | "euckr" | "cp932" => 2,
        _ => 1,
    }
}

/// Another character set or collation. A column that says none takes the table's.
fn recoded(server: Server, old: &Column, new: &Definition, table: &Table, indexed: bool) -> Verdict {
    if !old.definition.text_type() || !new.text_type() {
        return Verdict::nothing();
    }
    let said = new.charset.clone().or_else(|| new.collation.as_deref().map(charset_of));
    let charset = said.or_else(|| table.charset.clone());
    let alias = |name: &str| if name == "utf8" { "utf8mb3".to_owned() } else { name.to_owned() };
    let was = old.definition.charset.as_deref().map(alias);
    let is = charset.as_deref().map(alias);
    match (&was, &is) {
        (Some(was), Some(is)) if was != is => return Verdict::of(COPY, Cause::Charset),
        _ => {}
    }
    let collation = new.collation.clone().or_else(|| table.collation.clone().filter(|_| new.charset.is_none()));
    match (&old.definition.collation, &collation) {
        (Some(was), Some(is)) if was != is => {}
        _ => return Verdict::nothing(),
    }
    let way = match (server.flavour, indexed) {
        (Flavour::MySql, true) => COPY,
        (Flavour::MySql, false) | (Flavour::MariaDb, true) => IN_PLACE,
        (Flavour::MariaDb, false) => INSTANT,
    };
    Verdict::of(way, Cause::Charset)
}

/// The character set of a collation: its first word.
pub(in crate::migrate) fn charset_of(collation: &str) -> String {
    collation.split('_').next().unwrap_or(collation).to_owned()
}

/// What is changed of a column beside its type.
fn attributes(server: Server, old: &Definition, new: &Definition, keyed: bool) -> Verdict {
    let mysql = server.flavour == Flavour::MySql;
    match (&old.generated, &new.generated) {
        (None, None) => {}
        (Some(was), Some(is)) if plain(&was.expression) == plain(&is.expression) && was.stored == is.stored => {}
        (_, Some(is)) if is.stored => return Verdict::of(COPY, Cause::StoredColumn),
        (Some(_), Some(_)) if !mysql => {}
        _ => return Verdict::of(COPY, Cause::Attribute),
    }
    if new.auto_increment != old.auto_increment {
        return Verdict::of(if mysql || new.auto_increment { COPY } else { INSTANT }, Cause::Attribute);
    }
    if mysql && new.check.is_some() {
        return Verdict::of(COPY, Cause::Check);
    }
    if old.not_null != new.not_null && !keyed && new.generated.is_none() {
        let way = if new.not_null && !server.strict && mysql { COPY } else { IN_PLACE };
        return Verdict::of(way, Cause::Nullability);
    }
    Verdict::nothing()
}

/// An expression without what servers add to it: quotes, parentheses and blanks.
fn plain(expression: &str) -> String {
    expression.chars().filter(|c| !matches!(c, '`' | ' ' | '(' | ')')).collect::<String>().to_lowercase()
}

/// Whether an expression's value can differ from row to row: it reads columns, or makes something unique.
fn differs(expression: &str) -> bool {
    let mut cursor = Cursor::new(expression);
    while !cursor.done() {
        let word = cursor.peek();
        cursor.skip();
        let name = word.starts_with(|c: char| c.is_alphabetic() || c == '`') && !cursor.is("(");
        let constant = ["null", "true", "false", "interval"].iter().any(|known| word.eq_ignore_ascii_case(known));
        if (name && !constant) || word.to_ascii_lowercase().starts_with("uuid") {
            return true;
        }
    }
    false
}
