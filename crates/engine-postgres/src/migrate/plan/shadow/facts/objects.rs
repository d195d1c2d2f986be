//! What hangs on the table and moves with it: foreign keys, triggers, rules, policies, publications, extended statistics.

use dbwright_core::Failure;
use serde::Deserialize;

use super::Reader;

/// All of it.
#[derive(Debug, Clone)]
pub(in super::super) struct Objects {
    pub(in super::super) foreign: Vec<Foreign>,
    pub(in super::super) triggers: Vec<Trigger>,
    pub(in super::super) rules: Vec<Rule>,
    pub(in super::super) policies: Vec<Policy>,
    pub(in super::super) publications: Vec<Publication>,
    pub(in super::super) statistics: Vec<Statistics>,
}

/// A foreign key from the table, to it, or both.
#[derive(Debug, Clone, Deserialize)]
pub(in super::super) struct Foreign {
    pub(in super::super) name: String,
    /// The referencing table, qualified and quoted.
    pub(in super::super) child: String,
    /// The referenced table, qualified and quoted.
    pub(in super::super) parent: String,
    /// Without `NOT VALID`.
    pub(in super::super) definition: String,
    pub(in super::super) valid: bool,
    pub(in super::super) enforced: bool,
    /// Whether this table has it.
    pub(in super::super) outgoing: bool,
    /// Whether it refers to this table.
    pub(in super::super) incoming: bool,
    /// The partitions with rows, when the referencing table is partitioned, qualified and quoted.
    pub(in super::super) leaves: Vec<String>,
    /// Columns of the referencing table with their types, and the column that each refers to.
    pub(in super::super) columns: Vec<(String, String, String)>,
    pub(in super::super) comment: Option<String>,
}

/// A user's trigger.
#[derive(Debug, Clone, Deserialize)]
pub(in super::super) struct Trigger {
    pub(in super::super) name: String,
    pub(in super::super) definition: String,
    /// `O`, `D`, `R`, `A`, as in `pg_trigger.tgenabled`.
    pub(in super::super) enabled: String,
    pub(in super::super) comment: Option<String>,
}

/// A rewrite rule that makes no view.
#[derive(Debug, Clone, Deserialize)]
pub(in super::super) struct Rule {
    pub(in super::super) name: String,
    pub(in super::super) definition: String,
    /// As in `pg_rewrite.ev_enabled`.
    pub(in super::super) enabled: String,
    pub(in super::super) comment: Option<String>,
}

/// A policy of row-level security.
#[derive(Debug, Clone, Deserialize)]
pub(in super::super) struct Policy {
    pub(in super::super) name: String,
    pub(in super::super) permissive: bool,
    pub(in super::super) command: String,
    /// Quoted.
    pub(in super::super) roles: Vec<String>,
    pub(in super::super) using: Option<String>,
    pub(in super::super) check: Option<String>,
    pub(in super::super) comment: Option<String>,
}

/// A publication that names the table.
#[derive(Debug, Clone, Deserialize)]
pub(in super::super) struct Publication {
    pub(in super::super) name: String,
    pub(in super::super) columns: Vec<String>,
    pub(in super::super) filter: Option<String>,
}

/// Extended statistics.
#[derive(Debug, Clone, Deserialize)]
pub(in super::super) struct Statistics {
    pub(in super::super) schema: String,
    pub(in super::super) name: String,
    pub(in super::super) owner: String,
    /// Between the name and `FROM`.
    pub(in super::super) body: String,
    pub(in super::super) target: Option<i32>,
    pub(in super::super) comment: Option<String>,
}

impl Objects {
    pub(in super::super) async fn read(reader: &Reader<'_, '_>, oid: u32) -> Result<Self, Failure> {
        Ok(Self {
            foreign: reader.values(&foreign(reader.major(), oid)).await?,
            triggers: triggers(reader, oid).await?,
            rules: rules(reader, oid).await?,
            policies: reader.values(&policies(oid)).await?,
            publications: reader.values(&publications(reader.major(), oid)).await?,
            statistics: reader.values(&statistics(oid)).await?,
        })
    }
}

/// Triggers of users, those of constraints and of dbwright left out.
pub(super) async fn triggers(reader: &Reader<'_, '_>, oid: u32) -> Result<Vec<Trigger>, Failure> {
    reader
        .values(&format!(
            "SELECT g.tgname AS name, pg_get_triggerdef(g.oid) AS definition, g.tgenabled::text AS enabled, \
             obj_description(g.oid, 'pg_trigger') AS comment FROM pg_trigger g WHERE g.tgrelid = {oid} AND NOT g.tgisinternal \
             AND g.tgname !~ '^dbwright_' ORDER BY g.tgname"
        ))
        .await
}

/// Rules of users.
pub(super) async fn rules(reader: &Reader<'_, '_>, oid: u32) -> Result<Vec<Rule>, Failure> {
    reader
        .values(&format!(
            "SELECT r.rulename AS name, rtrim(pg_get_ruledef(r.oid), ';') AS definition, r.ev_enabled::text AS enabled, \
             obj_description(r.oid, 'pg_rewrite') AS comment FROM pg_rewrite r WHERE r.ev_class = {oid} AND r.rulename <> '_RETURN' \
             ORDER BY r.rulename"
        ))
        .await
}

fn foreign(major: u32, oid: u32) -> String {
    let enforced = if major >= 18 { "k.conenforced" } else { "true" };
    format!(
        "SELECT k.conname AS name, k.conrelid::regclass::text AS child, k.confrelid::regclass::text AS parent, \
         regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', '') AS definition, k.convalidated AS valid, {enforced} AS enforced, \
         k.conrelid = {oid} AS outgoing, k.confrelid = {oid} AS incoming, \
         ARRAY(SELECT p.relid::text FROM pg_partition_tree(k.conrelid) p WHERE p.isleaf AND p.relid <> k.conrelid ORDER BY 1) AS leaves, \
         (SELECT jsonb_agg(jsonb_build_array(a.attname, format_type(a.atttypid, a.atttypmod), b.attname) ORDER BY u.at) \
          FROM unnest(k.conkey, k.confkey) WITH ORDINALITY u(a, b, at) JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.a \
          JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = u.b) AS columns, \
         obj_description(k.oid, 'pg_constraint') AS comment \
         FROM pg_constraint k WHERE k.contype = 'f' AND {oid} IN (k.conrelid, k.confrelid) \
         AND k.conparentid = 0 ORDER BY 2, 1"
    )
}

fn policies(oid: u32) -> String {
    format!(
        "SELECT p.polname AS name, p.polpermissive AS permissive, CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' \
         WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END AS command, \
         ARRAY(SELECT CASE r WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r)) END FROM unnest(p.polroles) r) AS roles, \
         pg_get_expr(p.polqual, p.polrelid) AS using, pg_get_expr(p.polwithcheck, p.polrelid) AS check, \
         obj_description(p.oid, 'pg_policy') AS comment FROM pg_policy p WHERE p.polrelid = {oid} ORDER BY p.polname"
    )
}

fn publications(major: u32, oid: u32) -> String {
    let (columns, filter) = if major >= 15 {
        (
            "ARRAY(SELECT a.attname FROM unnest(r.prattrs::int2[]) n JOIN pg_attribute a ON a.attrelid = r.prrelid AND a.attnum = n)",
            "pg_get_expr(r.prqual, r.prrelid)",
        )
    } else {
        ("ARRAY[]::text[]", "NULL")
    };
    format!(
        "SELECT p.pubname AS name, {columns} AS columns, {filter} AS filter FROM pg_publication_rel r \
         JOIN pg_publication p ON p.oid = r.prpubid WHERE r.prrelid = {oid} ORDER BY 1"
    )
}

fn statistics(oid: u32) -> String {
    format!(
        "SELECT n.nspname AS schema, s.stxname AS name, pg_get_userbyid(s.stxowner) AS owner, \
         substr(d.def, length(d.head) + 1, length(d.def) - length(d.head) - length(' FROM ' || s.stxrelid::regclass::text)) AS body, \
         nullif(s.stxstattarget, -1)::int AS target, obj_description(s.oid, 'pg_statistic_ext') AS comment \
         FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace, \
         LATERAL (SELECT pg_get_statisticsobjdef(s.oid) AS def, format('CREATE STATISTICS %I.%I', n.nspname, s.stxname) AS head) d \
         WHERE s.stxrelid = {oid} ORDER BY 1, 2"
    )
}
