//! Columns, their types, and constraints.

use squawk_syntax::{SyntaxKind as K, SyntaxNode};

use super::tree::{between_parens, child, children, columns, has, name_at, range, text, text_after, within, word_at};
use crate::ddl::{Column, ColumnConstraint, Constraint, ConstraintKind};

/// The column in `CREATE TABLE` or `ADD COLUMN`.
pub(super) fn column(node: &SyntaxNode) -> Option<Column> {
    let name = word_at(node, K::COLUMN_NAME);
    if name.is_empty() {
        return None;
    }
    let (ty, collation) = type_and_collation(node);
    let mut constraints: Vec<ColumnConstraint> = collation.map(ColumnConstraint::Collate).into_iter().collect();
    constraints.extend(node.children().filter_map(|part| column_constraint(&part)));
    Some(Column { name, ty, constraints })
}

/// The type as written, and the collation as written.
pub(super) fn type_and_collation(node: &SyntaxNode) -> (String, Option<String>) {
    let is_type = |part: &SyntaxNode| format!("{:?}", part.kind()).ends_with("_TYPE");
    let ty = node.children().find(is_type).map(|ty| text(&ty)).unwrap_or_default();
    let collate = child(node, K::COLLATE).map(|collate| text_after(&collate, K::COLLATE_KW));
    (ty, collate)
}

/// The name after `CONSTRAINT`.
fn constraint_name(node: &SyntaxNode) -> Option<String> {
    child(node, K::CONSTRAINT_NAME_CLAUSE).map(|clause| word_at(&clause, K::CONSTRAINT_NAME))
}

fn column_constraint(node: &SyntaxNode) -> Option<ColumnConstraint> {
    let name = constraint_name(node);
    Some(match node.kind() {
        K::NOT_NULL_CONSTRAINT => ColumnConstraint::NotNull,
        K::NULL_CONSTRAINT => ColumnConstraint::Null,
        K::DEFAULT_CONSTRAINT => ColumnConstraint::Default(text_after(node, K::DEFAULT_KW)),
        K::PRIMARY_KEY_CONSTRAINT => ColumnConstraint::PrimaryKey { name },
        K::UNIQUE_CONSTRAINT => ColumnConstraint::Unique { name },
        K::CHECK_CONSTRAINT => ColumnConstraint::Check { name, expression: between_parens(node) },
        K::REFERENCES_CONSTRAINT => ColumnConstraint::References {
            name,
            table: name_at(node, K::TABLE_NAME_REF),
            columns: columns(node),
            tail: tail(node),
        },
        K::GENERATED_CONSTRAINT => generated(node),
        _ => return None,
    })
}

/// What follows the referenced table and column: actions, `DEFERRABLE`, `NOT VALID`.
fn tail(node: &SyntaxNode) -> String {
    let known = |kind| matches!(kind, K::CONSTRAINT_NAME_CLAUSE | K::TABLE_NAME_REF | K::COLUMN_NAME_REF);
    let parts: Vec<String> = node.children().filter(|part| !known(part.kind())).map(|part| text(&part)).collect();
    parts.join(" ")
}

fn generated(node: &SyntaxNode) -> ColumnConstraint {
    if let Some(identity) = child(node, K::GENERATED_IDENTITY) {
        return ColumnConstraint::Identity { always: has(&identity, K::GENERATED_ALWAYS) };
    }
    let inner = child(node, K::GENERATED_STORED).unwrap_or_else(|| node.clone());
    ColumnConstraint::Generated { expression: between_parens(&inner), stored: within(&inner, K::STORED) }
}

/// The constraint of a table, when the node is one.
pub(super) fn table_constraint(node: &SyntaxNode) -> Option<Constraint> {
    let kind = match node.kind() {
        K::CHECK_CONSTRAINT => ConstraintKind::Check { expression: between_parens(node) },
        K::UNIQUE_CONSTRAINT => {
            let (columns, include, using_index) = key(node);
            ConstraintKind::Unique { columns, include, using_index }
        }
        K::PRIMARY_KEY_CONSTRAINT => {
            let (columns, include, using_index) = key(node);
            ConstraintKind::PrimaryKey { columns, include, using_index }
        }
        K::FOREIGN_KEY_CONSTRAINT => foreign_key(node),
        K::EXCLUDE_CONSTRAINT => ConstraintKind::Exclude,
        K::NOT_NULL_CONSTRAINT => ConstraintKind::NotNull { column: word_at(node, K::COLUMN_NAME_REF) },
        _ => return None,
    };
    Some(Constraint {
        name: constraint_name(node),
        kind,
        not_valid: has(node, K::NOT_VALID),
        definition: definition(node),
    })
}

/// Columns, included columns and the prebuilt index of a key.
fn key(node: &SyntaxNode) -> (Vec<String>, Vec<String>, Option<String>) {
    let using = child(node, K::USING_INDEX_NAME).map(|using| word_at(&using, K::INDEX_REF));
    let Some(parameters) = child(node, K::INDEX_PARAMETERS) else { return (vec![], vec![], using) };
    let list = |node: &SyntaxNode, kind| child(node, kind).map(|list| columns(&list)).unwrap_or_default();
    let include = child(&parameters, K::CONSTRAINT_INCLUDE_CLAUSE).map(|c| list(&c, K::COLUMN_REF_LIST));
    (list(&parameters, K::CONSTRAINT_COLUMN_REF_LIST), include.unwrap_or_default(), using)
}

fn foreign_key(node: &SyntaxNode) -> ConstraintKind {
    let mut lists = children(node, K::FOREIGN_KEY_COLUMN_LIST).map(|list| (range(&list).start, columns(&list)));
    let table = child(node, K::TABLE_NAME_REF);
    let at = table.as_ref().map_or(usize::MAX, |table| range(table).start);
    let own = lists.next().filter(|(start, _)| *start < at);
    ConstraintKind::ForeignKey {
        columns: own.map(|(_, columns)| columns).unwrap_or_default(),
        table: name_at(node, K::TABLE_NAME_REF),
        referenced: lists.next().map(|(_, columns)| columns).unwrap_or_default(),
    }
}

/// The constraint as written, without its name and without `NOT VALID`.
fn definition(node: &SyntaxNode) -> String {
    let parts =
        node.children_with_tokens().filter(|part| !matches!(part.kind(), K::CONSTRAINT_NAME_CLAUSE | K::NOT_VALID));
    parts.map(|part| part.to_string()).collect::<String>().trim().to_owned()
}
