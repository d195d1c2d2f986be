//! The types of what statements do.

#![expect(missing_docs, reason = "the fields of a variant are named as the grammar names them")]

use std::ops::Range;

/// A possibly qualified name: unquoted, folded as the server folds it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    /// The schema, when written.
    pub schema: Option<String>,
    /// The name.
    pub name: String,
}

/// What kind of object a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Object {
    /// Table; also partitioned and foreign ones where they are altered as `TABLE`.
    Table,
    /// Index.
    Index,
    /// View.
    View,
    /// Materialized view.
    MaterializedView,
    /// Sequence.
    Sequence,
    /// Foreign table.
    ForeignTable,
    /// Type, enum or composite.
    Type,
    /// Domain.
    Domain,
    /// Schema.
    Schema,
    /// Function, procedure, aggregate or routine.
    Function,
    /// Trigger.
    Trigger,
    /// Row-level security policy.
    Policy,
    /// Rewrite rule.
    Rule,
    /// Extension.
    Extension,
    /// Publication.
    Publication,
    /// Subscription.
    Subscription,
    /// Extended statistics.
    Statistics,
    /// Role or user.
    Role,
    /// Database.
    Database,
    /// Anything else.
    Other,
}

/// What one statement does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// `ALTER TABLE` and its kin (`ALTER INDEX`, `ALTER VIEW`, `ALTER SEQUENCE`, `ALTER MATERIALIZED VIEW`, `ALTER FOREIGN TABLE`).
    Alter { object: Object, name: Name, if_exists: bool, only: bool, clauses: Vec<Clause> },
    /// `ALTER … ALL IN TABLESPACE … SET TABLESPACE`.
    MoveAll { object: Object, text: String },
    /// `CREATE TABLE`.
    CreateTable(CreateTable),
    /// `CREATE TABLE … AS`, `SELECT INTO`, `CREATE MATERIALIZED VIEW`.
    CreateTableAs { object: Object, name: Name, if_not_exists: bool, temporary: bool, with_data: bool },
    /// `CREATE INDEX`.
    CreateIndex(CreateIndex),
    /// `CREATE [OR REPLACE] VIEW`.
    CreateView { name: Name, replace: bool },
    /// `CREATE SEQUENCE`.
    CreateSequence { name: Name, if_not_exists: bool, owned_by: Option<(Name, String)> },
    /// `CREATE TYPE … AS ENUM (…)` and others.
    CreateType { name: Name, values: Vec<String> },
    /// `CREATE DOMAIN`.
    CreateDomain { name: Name, constrained: bool },
    /// `CREATE TRIGGER`; `when` is `BEFORE`, `AFTER` or `INSTEAD OF`.
    CreateTrigger { name: String, table: Name, replace: bool, constraint: bool, when: String },
    /// `CREATE FUNCTION` or `PROCEDURE`.
    CreateFunction {
        name: Name,
        replace: bool,
        security_definer: bool,
        sets_search_path: bool,
        language: String,
        body: String,
    },
    /// `CREATE POLICY`.
    CreatePolicy { name: String, table: Name },
    /// Any other `CREATE`.
    Create { object: Object, name: Name, if_not_exists: bool, replace: bool },
    /// `DROP …` of any object; triggers, policies and rules carry the table in `on`.
    Drop { object: Object, names: Vec<Name>, if_exists: bool, cascade: bool, concurrently: bool, on: Option<Name> },
    /// `REINDEX`; `what` is `INDEX`, `TABLE`, `SCHEMA`, `DATABASE` or `SYSTEM`.
    Reindex { what: String, name: Option<Name>, concurrently: bool },
    /// `TRUNCATE`.
    Truncate { tables: Vec<Name>, cascade: bool, restart_identity: bool },
    /// `LOCK TABLE`; the mode as written, upper case, `ACCESS EXCLUSIVE` when none is.
    LockTable { tables: Vec<Name>, mode: String, nowait: bool },
    /// `CLUSTER`.
    Cluster { table: Option<Name> },
    /// `VACUUM`.
    Vacuum { full: bool, analyze: bool, tables: Vec<Name> },
    /// `ANALYZE`.
    Analyze { tables: Vec<Name> },
    /// `REFRESH MATERIALIZED VIEW`.
    Refresh { name: Name, concurrently: bool, with_data: bool },
    /// `INSERT`; `from_query` when its rows come from a query over tables.
    Insert { table: Name, from_query: bool, sql: String },
    /// `UPDATE`, also as a part of a CTE.
    Update { table: Name, filter: Option<String>, limited: bool, sql: String },
    /// `DELETE`, also as a part of a CTE.
    Delete { table: Name, filter: Option<String>, limited: bool, sql: String },
    /// `MERGE INTO`.
    Merge { table: Name },
    /// `COPY … FROM`.
    CopyFrom { table: Name },
    /// `ALTER TYPE … ADD VALUE`.
    AddEnumValue { name: Name, value: String, if_not_exists: bool },
    /// `ALTER TYPE … RENAME VALUE`.
    RenameEnumValue { name: Name, from: String, to: String },
    /// `ALTER DOMAIN`; the clause is a constraint, `SET NOT NULL` or another.
    AlterDomain { name: Name, clause: DomainClause },
    /// `ALTER TYPE`, `ALTER FUNCTION`, … of any other kind.
    AlterOther { object: Object, name: Name, text: String },
    /// `GRANT`; privileges upper case, `ALL` for all; `roles` the grantees, `public` for everybody.
    Grant { privileges: Vec<String>, object: Object, on: Vec<Name>, roles: Vec<String>, with_grant: bool },
    /// `REVOKE`.
    Revoke { text: String },
    /// `COMMENT ON`.
    Comment { object: Object, name: Name },
    /// `DO`; the body without its quotes.
    Do { language: String, body: String },
    /// `BEGIN`, `START TRANSACTION`.
    Begin,
    /// `COMMIT`, `END`.
    Commit,
    /// `ROLLBACK`.
    Rollback,
    /// `SAVEPOINT`, `RELEASE`, `ROLLBACK TO`.
    Savepoint,
    /// `SET` and `SET LOCAL`; the value as written without quotes.
    Set { name: String, value: String, local: bool },
    /// `SELECT` or another query; functions that it calls, without schema, lower case.
    Query { calls: Vec<String> },
    /// Anything else, by its first words; `unread` is the parser's message when it did not understand the statement, which
    /// the server may well do.
    Other { words: String, unread: Option<String> },
}

/// One clause of an `ALTER`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// What it does.
    pub action: Action,
    /// The clause as written.
    pub text: String,
    /// Its bytes in the statement.
    pub range: Range<usize>,
}

/// What a clause of an `ALTER` does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// `ADD COLUMN`.
    AddColumn { column: Column, if_not_exists: bool },
    /// `DROP COLUMN`.
    DropColumn { name: String, if_exists: bool, cascade: bool },
    /// `ALTER COLUMN … TYPE`.
    SetType { column: String, ty: String, collation: Option<String>, using: Option<String> },
    /// `SET DEFAULT`; the expression as written.
    SetDefault { column: String, expression: String },
    /// `DROP DEFAULT`.
    DropDefault { column: String },
    /// `SET NOT NULL`.
    SetNotNull { column: String },
    /// `DROP NOT NULL`.
    DropNotNull { column: String },
    /// `ADD GENERATED … AS IDENTITY`.
    AddIdentity { column: String, always: bool },
    /// `DROP IDENTITY`.
    DropIdentity { column: String },
    /// `SET EXPRESSION`.
    SetExpression { column: String },
    /// `DROP EXPRESSION`.
    DropExpression { column: String },
    /// `SET STATISTICS`, `SET STORAGE`, `SET COMPRESSION`, `SET (…)` of a column: catalog only.
    ColumnSetting { column: String },
    /// `ADD CONSTRAINT`.
    AddConstraint(Constraint),
    /// `VALIDATE CONSTRAINT`.
    ValidateConstraint { name: String },
    /// `DROP CONSTRAINT`.
    DropConstraint { name: String, if_exists: bool, cascade: bool },
    /// `ALTER CONSTRAINT`.
    AlterConstraint { name: String },
    /// `RENAME CONSTRAINT`.
    RenameConstraint { from: String, to: String },
    /// `RENAME COLUMN`.
    RenameColumn { from: String, to: String },
    /// `RENAME TO`.
    Rename { to: String },
    /// `SET SCHEMA`.
    SetSchema { to: String },
    /// `OWNER TO`.
    Owner { to: String },
    /// `SET TABLESPACE`.
    SetTablespace { to: String },
    /// `SET LOGGED` and `SET UNLOGGED`.
    SetLogged(bool),
    /// `SET ACCESS METHOD`.
    SetAccessMethod { to: String },
    /// `SET (…)` and `RESET (…)`.
    Parameters,
    /// `CLUSTER ON`, `SET WITHOUT CLUSTER`: catalog only.
    ClusterOn,
    /// `ATTACH PARTITION`; `bound` from `FOR VALUES` or `DEFAULT` on.
    AttachPartition { name: Name, bound: String },
    /// `DETACH PARTITION`.
    DetachPartition { name: Name, concurrently: bool, finalize: bool },
    /// `ENABLE`/`DISABLE TRIGGER`; the trigger, `ALL` or `USER`.
    Trigger { enable: bool, name: String },
    /// `ENABLE`/`DISABLE ROW LEVEL SECURITY`.
    RowSecurity { enable: bool },
    /// `FORCE`/`NO FORCE ROW LEVEL SECURITY`.
    ForceRowSecurity { force: bool },
    /// `REPLICA IDENTITY`; the text after it.
    ReplicaIdentity { to: String },
    /// `INHERIT` and `NO INHERIT`.
    Inherit { parent: Name, on: bool },
    /// `PARTITION BY …` on an existing table: no statement of the server's, but what users mean; the text after `PARTITION BY`.
    PartitionBy { text: String },
    /// Anything else.
    Other,
}

/// A column as written in `CREATE TABLE` or `ADD COLUMN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as written; `serial` and its kin too.
    pub ty: String,
    /// Its constraints, in order.
    pub constraints: Vec<ColumnConstraint>,
}

/// A constraint of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnConstraint {
    /// `NOT NULL`.
    NotNull,
    /// `NULL`.
    Null,
    /// `DEFAULT`; the expression.
    Default(String),
    /// `GENERATED ALWAYS AS (…)`.
    Generated { expression: String, stored: bool },
    /// `GENERATED … AS IDENTITY`.
    Identity { always: bool },
    /// `PRIMARY KEY`.
    PrimaryKey { name: Option<String> },
    /// `UNIQUE`.
    Unique { name: Option<String> },
    /// `CHECK`.
    Check { name: Option<String>, expression: String },
    /// `REFERENCES`.
    References { name: Option<String>, table: Name, columns: Vec<String>, tail: String },
    /// `COLLATE`.
    Collate(String),
}

/// A constraint of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// Its name, when written.
    pub name: Option<String>,
    /// What it demands.
    pub kind: ConstraintKind,
    /// Whether `NOT VALID` is written.
    pub not_valid: bool,
    /// The constraint as written, `CONSTRAINT name` and `NOT VALID` left out.
    pub definition: String,
}

/// What a constraint of a table demands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConstraintKind {
    /// `CHECK (…)`; the expression without its parentheses.
    Check { expression: String },
    /// `UNIQUE (…)`, or `USING INDEX`.
    Unique { columns: Vec<String>, include: Vec<String>, using_index: Option<String> },
    /// `PRIMARY KEY (…)`, or `USING INDEX`.
    PrimaryKey { columns: Vec<String>, include: Vec<String>, using_index: Option<String> },
    /// `FOREIGN KEY (…) REFERENCES …`.
    ForeignKey { columns: Vec<String>, table: Name, referenced: Vec<String> },
    /// `EXCLUDE …`.
    Exclude,
    /// `NOT NULL column` (PostgreSQL 18).
    NotNull { column: String },
}

/// `CREATE TABLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateTable {
    /// Its name.
    pub name: Name,
    /// Whether `IF NOT EXISTS` is written.
    pub if_not_exists: bool,
    /// Whether it is temporary.
    pub temporary: bool,
    /// Whether it is unlogged.
    pub unlogged: bool,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its constraints.
    pub constraints: Vec<Constraint>,
    /// The table that it is a partition of.
    pub partition_of: Option<Name>,
    /// The text after `PARTITION BY`.
    pub partition_by: Option<String>,
    /// Parents by `INHERITS`.
    pub inherits: Vec<Name>,
}

/// `CREATE INDEX`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateIndex {
    /// Its name, when written.
    pub name: Option<String>,
    /// The table.
    pub table: Name,
    /// Whether it is unique.
    pub unique: bool,
    /// Whether it is built concurrently.
    pub concurrently: bool,
    /// Whether `IF NOT EXISTS` is written.
    pub if_not_exists: bool,
    /// Whether `ONLY` is written.
    pub only: bool,
    /// Access method, `btree` when none is written.
    pub method: String,
    /// Key columns or expressions, as written without their options.
    pub keys: Vec<String>,
    /// The condition of a partial index.
    pub filter: Option<String>,
    /// Everything after the table's name, as written: `USING btree (a) INCLUDE (b) WHERE c`.
    pub definition: String,
}

/// What an `ALTER DOMAIN` does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DomainClause {
    /// `ADD CONSTRAINT`.
    Add { name: Option<String>, expression: String, not_valid: bool },
    /// `VALIDATE CONSTRAINT`.
    Validate { name: String },
    /// `SET NOT NULL`.
    SetNotNull,
    /// Anything else.
    Other,
}
