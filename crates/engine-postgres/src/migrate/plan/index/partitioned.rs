//! Indexes of partitioned tables: on the parents alone, on each partition concurrently, then attached.

use std::collections::BTreeMap;

use dbwright_core::Failure;
use dbwright_migrate::Step;
use dbwright_migrate::plan::{Back, Held, Phase};

use crate::ddl::CreateIndex;

use super::super::catalog::{Index, Partition, Table};
use super::super::draft::{Cx, Draft};
use super::super::name::{ident, qualified};
use super::super::step::{self, Drafted as _};
use super::super::{plain, tokens};
use super::{build, naming};

/// Plans an index of a partitioned table.
pub(super) async fn create(cx: &Cx<'_, '_>, table: &Table, index: &CreateIndex, name: &str) -> Result<Draft, Failure> {
    let columns = naming::columns(&index.keys, &naming::included(&index.definition));
    let tree = cx.catalog.partitions(table).await?;
    if tree.iter().any(|member| member.kind == "f") {
        return Ok(plain::draft(cx).blocks(
            "a partition is a foreign table, on which no index can be built",
            super::super::size::rewrite_ms(table.bytes),
        ));
    }
    let tree = Tree { table, members: tree, unique: index.unique, tail: &index.definition, columns: &columns, name };
    let steps = tree.steps(cx).await?;
    Ok(Draft { steps, ..Draft::of("concurrent-index") }.note(
        "the index is built partition by partition; a partition that is added meanwhile gets it when it is attached",
    ))
}

/// An index over a partition tree.
pub(in super::super) struct Tree<'t> {
    pub(in super::super) table: &'t Table,
    pub(in super::super) members: Vec<Partition>,
    pub(in super::super) unique: bool,
    /// What stands behind the table's name.
    pub(in super::super) tail: &'t str,
    pub(in super::super) columns: &'t str,
    pub(in super::super) name: &'t str,
}

impl Tree<'_> {
    /// Parents first, then the partitions concurrently, then all attached, the deepest first.
    async fn steps(&self, cx: &Cx<'_, '_>) -> Result<Vec<Step>, Failure> {
        let (mut parents, mut leaves, mut attach) = (Vec::new(), Vec::new(), Vec::new());
        let mut names: BTreeMap<u32, (String, String)> = BTreeMap::new();
        for member in &self.members {
            let existing = self.existing(cx, member).await?;
            let name = match (&existing, member.level) {
                (_, 0) => self.name.to_owned(),
                (Some(index), _) => index.name.clone(),
                (None, _) => cx.free_name(&member.schema, &member.name, self.columns, "idx").await?,
            };
            match (member.kind.as_str(), existing) {
                ("p", None) => parents.push(self.on_only(member, &name)),
                (_, Some(index)) => leaves.push(reused(&index)),
                _ => leaves.push(self.on_leaf(cx, member, &name).await?),
            }
            if let Some((schema, parent)) = member.parent.and_then(|oid| names.get(&oid)) {
                attach.push(attach_sql((schema, parent), (&member.schema, &name)));
            }
            names.insert(member.oid, (member.schema.clone(), name));
        }
        parents.extend(leaves);
        attach.reverse();
        parents.push(self.attached(attach));
        Ok(parents)
    }

    /// An index of the same definition that is there already and belongs to no parent: the server would take it too.
    async fn existing(&self, cx: &Cx<'_, '_>, member: &Partition) -> Result<Option<Index>, Failure> {
        if member.level == 0 {
            return Ok(None);
        }
        let wanted = normal(self.tail);
        let fits = |index: &Index| {
            index.valid
                && index.parent.is_none()
                && index.unique == self.unique
                && index.constraint.is_none()
                && normal(&index.tail()) == wanted
        };
        Ok(cx.catalog.indexes(member.oid).await?.into_iter().find(fits))
    }

    fn on_only(&self, member: &Partition, name: &str) -> Step {
        let unique = if self.unique { "UNIQUE " } else { "" };
        let sql = format!("CREATE {unique}INDEX {} ON ONLY {} {}", ident(name), member.sql(), self.tail);
        let mut step = step::transaction(
            format!("make the index {} on {} alone, without its partitions", ident(name), member.sql()),
            Phase::Expand,
            [sql],
        )
        .back(Back::by([format!("DROP INDEX IF EXISTS {}", qualified(&member.schema, name))]));
        step.lock = step::lock(step::SHARE, [member.sql()], Held::Moment);
        step
    }

    async fn on_leaf(&self, cx: &Cx<'_, '_>, member: &Partition, name: &str) -> Result<Step, Failure> {
        let table = cx.catalog.relation(&member.oid.to_string()).await?;
        let table = table.ok_or_else(|| gone(&member.sql()))?;
        Ok(build::step(&table, name, self.unique, self.tail))
    }

    fn attached(&self, statements: Vec<String>) -> Step {
        step::transaction(format!("attach the partitions' indexes to {}", ident(self.name)), Phase::Switch, statements)
            // An index can't be detached: the parent's goes, with all that were attached to it.
            .back(Back::by([format!("DROP INDEX IF EXISTS {}", qualified(&self.table.schema, self.name))]))
            .locks(step::ACCESS_EXCLUSIVE, self.table, Held::Moment)
    }
}

/// `ALTER INDEX parent ATTACH PARTITION child`.
pub(in super::super) fn attach_sql(parent: (&str, &str), child: (&str, &str)) -> String {
    format!("ALTER INDEX {} ATTACH PARTITION {}", qualified(parent.0, parent.1), qualified(child.0, child.1))
}

/// A partition's own index that becomes a part of the new one: going back it has to be made again.
fn reused(index: &Index) -> Step {
    let found = format!("SELECT {}", step::index_valid(&index.schema, &index.name));
    let mut back = Back::alone([concurrently(index)]);
    back.clear = vec![step::clear_index(&index.schema, &index.name)];
    let question = step::require(found, format!("the index {} is gone", index.sql()));
    step::verify(format!("take the index {} that is there", index.sql()), Phase::Expand, vec![question]).back(back)
}

/// The statement that builds an index again as it was, concurrent and repeatable.
pub(in super::super) fn concurrently(index: &Index) -> String {
    let at = tokens::find_word(&index.definition, &["USING"]).unwrap_or(index.definition.len());
    let definition = format!("{}{}", &index.definition[..at], index.tail());
    match definition.split_once("INDEX ") {
        Some((head, tail)) => format!("{head}INDEX CONCURRENTLY IF NOT EXISTS {tail}"),
        None => definition,
    }
}

/// For comparing what stands behind a table's name.
pub(in super::super) fn normal(tail: &str) -> String {
    let text = tokens::squeezed(tail);
    if text.starts_with("using ") { text } else { format!("using btree {text}") }
}

/// What was there a moment ago is not any more.
pub(in super::super) fn gone(object: &str) -> Failure {
    Failure::unreachable("migrate.changed-meanwhile", format!("{object} went away while the change was planned"))
        .hint("run the command again")
}
