//! `ALTER …`.

use squawk_syntax::{SyntaxKind as K, SyntaxNode};

use super::column;
use super::tree::{between_parens, child, has, name, name_at, path, range, string, text, text_after, within, word_at};
use crate::ddl::{Act, Action, Clause, Column, ConstraintKind, DomainClause, Name, Object};

/// The act of an `ALTER`, when the node is one.
pub(super) fn read(node: &SyntaxNode) -> Option<Act> {
    let (object, target) = match node.kind() {
        K::ALTER_TABLE => (Object::Table, K::TABLE_RELATION_NAME),
        K::ALTER_FOREIGN_TABLE => (Object::ForeignTable, K::TABLE_RELATION_NAME),
        K::ALTER_INDEX => (Object::Index, K::INDEX_REF),
        K::ALTER_VIEW => (Object::View, K::VIEW_REF),
        K::ALTER_MATERIALIZED_VIEW => (Object::MaterializedView, K::VIEW_REF),
        K::ALTER_SEQUENCE => (Object::Sequence, K::SEQUENCE_REF),
        K::ALTER_TYPE => return Some(alter_type(node)),
        K::ALTER_DOMAIN => return Some(alter_domain(node)),
        _ => return other(node),
    };
    if has(node, K::ALL_IN_TABLESPACE) {
        return Some(Act::MoveAll { object, text: text(node) });
    }
    let relation = child(node, target)?;
    let clauses = node.children().filter(|part| part.kind() != K::IF_EXISTS && *part != relation);
    Some(Act::Alter {
        object,
        name: name(&relation),
        if_exists: has(node, K::IF_EXISTS),
        only: has(&relation, K::ONLY_KW),
        clauses: clauses.map(|part| clause(&part)).collect(),
    })
}

fn clause(node: &SyntaxNode) -> Clause {
    Clause { action: action(node), text: text(node), range: range(node) }
}

/// What a clause does.
fn action(node: &SyntaxNode) -> Action {
    match node.kind() {
        K::ADD_COLUMN => add_column(node),
        K::ALTER_COLUMN | K::ALTER_VIEW_COLUMN => alter_column(node),
        K::DROP_COLUMN => Action::DropColumn {
            name: word_at(node, K::COLUMN_NAME_REF),
            if_exists: has(node, K::IF_EXISTS),
            cascade: has(node, K::CASCADE),
        },
        K::RENAME_COLUMN => {
            Action::RenameColumn { from: word_at(node, K::COLUMN_NAME_REF), to: word_at(node, K::COLUMN_NAME) }
        }
        K::ATTACH_PARTITION => attach(node),
        K::ATTACH_INDEX_PARTITION => {
            Action::AttachPartition { name: name_at(node, K::INDEX_REF), bound: String::new() }
        }
        K::DETACH_PARTITION => Action::DetachPartition {
            name: name_at(node, K::TABLE_NAME_REF),
            concurrently: has(node, K::DETACH_CONCURRENTLY),
            finalize: has(node, K::DETACH_FINALIZE),
        },
        K::INHERIT_TABLE => Action::Inherit { parent: name_at(node, K::TABLE_NAME_REF), on: true },
        K::NO_INHERIT_TABLE => Action::Inherit { parent: name_at(node, K::TABLE_NAME_REF), on: false },
        K::TABLE_RENAME_TO | K::INDEX_RENAME_TO | K::VIEW_RENAME_TO | K::SEQUENCE_RENAME_TO => {
            Action::Rename { to: last(node) }
        }
        K::SET_SCHEMA => Action::SetSchema { to: last(node) },
        K::OWNER_TO => Action::Owner { to: last(node) },
        K::SET_TABLESPACE => Action::SetTablespace { to: last(node) },
        K::SET_ACCESS_METHOD => Action::SetAccessMethod { to: last(node) },
        K::SET_LOGGED => Action::SetLogged(true),
        K::SET_UNLOGGED => Action::SetLogged(false),
        K::REPLICA_IDENTITY => Action::ReplicaIdentity { to: text_after(node, K::IDENTITY_KW) },
        _ => constraint_action(node).unwrap_or_else(|| setting(node)),
    }
}

/// What a clause about constraints does.
fn constraint_action(node: &SyntaxNode) -> Option<Action> {
    let name = word_at(node, K::CONSTRAINT_NAME_REF);
    Some(match node.kind() {
        K::ADD_CONSTRAINT => node
            .children()
            .find_map(|part| column::table_constraint(&part))
            .map_or(Action::Other, Action::AddConstraint),
        K::VALIDATE_CONSTRAINT => Action::ValidateConstraint { name },
        K::DROP_CONSTRAINT => {
            Action::DropConstraint { name, if_exists: has(node, K::IF_EXISTS), cascade: has(node, K::CASCADE) }
        }
        K::ALTER_CONSTRAINT => Action::AlterConstraint { name },
        K::RENAME_CONSTRAINT => Action::RenameConstraint { from: name, to: word_at(node, K::CONSTRAINT_NAME) },
        _ => return None,
    })
}

/// What a clause that switches something does.
fn setting(node: &SyntaxNode) -> Action {
    let trigger = |enable| Action::Trigger { enable, name: trigger_name(node) };
    match node.kind() {
        K::SET_OPTIONS | K::RESET_OPTIONS => Action::Parameters,
        K::CLUSTER_ON | K::SET_WITHOUT_CLUSTER => Action::ClusterOn,
        K::ENABLE_TRIGGER | K::ENABLE_ALWAYS_TRIGGER | K::ENABLE_REPLICA_TRIGGER => trigger(true),
        K::DISABLE_TRIGGER => trigger(false),
        K::ENABLE_RLS => Action::RowSecurity { enable: true },
        K::DISABLE_RLS => Action::RowSecurity { enable: false },
        K::FORCE_RLS => Action::ForceRowSecurity { force: true },
        K::NO_FORCE_RLS => Action::ForceRowSecurity { force: false },
        _ => Action::Other,
    }
}

/// The trigger, or `ALL` or `USER`, upper case.
fn trigger_name(node: &SyntaxNode) -> String {
    match node.children().next() {
        Some(part) if part.kind() == K::TRIGGER_REF => name(&part).name,
        Some(part) => text(&part).to_ascii_uppercase(),
        None => String::new(),
    }
}

/// The name that a clause ends with.
fn last(node: &SyntaxNode) -> String {
    node.children().last().map(|part| name(&part).name).unwrap_or_default()
}

fn add_column(node: &SyntaxNode) -> Action {
    let column = column::column(node).unwrap_or(Column { name: String::new(), ty: String::new(), constraints: vec![] });
    Action::AddColumn { column, if_not_exists: has(node, K::IF_NOT_EXISTS) }
}

fn attach(node: &SyntaxNode) -> Action {
    let table = child(node, K::TABLE_NAME_REF);
    let bound = node.children().last().filter(|last| Some(last) != table.as_ref());
    Action::AttachPartition {
        name: name_at(node, K::TABLE_NAME_REF),
        bound: bound.map(|bound| text(&bound)).unwrap_or_default(),
    }
}

/// `ALTER [COLUMN] c …`.
fn alter_column(node: &SyntaxNode) -> Action {
    let column = word_at(node, K::COLUMN_NAME_REF);
    let Some(option) = node.children().find(|part| part.kind() != K::COLUMN_NAME_REF) else { return Action::Other };
    match option.kind() {
        K::SET_TYPE => set_type(column, &option),
        K::SET_DEFAULT => Action::SetDefault { column, expression: text_after(&option, K::DEFAULT_KW) },
        K::DROP_DEFAULT => Action::DropDefault { column },
        K::SET_NOT_NULL => Action::SetNotNull { column },
        K::DROP_NOT_NULL => Action::DropNotNull { column },
        K::ADD_GENERATED => Action::AddIdentity { column, always: has(&option, K::GENERATED_ALWAYS) },
        K::DROP_IDENTITY => Action::DropIdentity { column },
        K::SET_EXPRESSION => Action::SetExpression { column },
        K::DROP_EXPRESSION => Action::DropExpression { column },
        _ => Action::ColumnSetting { column },
    }
}

fn set_type(column: String, option: &SyntaxNode) -> Action {
    let using = child(option, K::USING_EXPR).map(|using| text_after(&using, K::USING_KW));
    let (ty, collation) = column::type_and_collation(option);
    Action::SetType { column, ty, collation, using }
}

/// `ALTER TYPE`: what enums do, and all else by its text.
fn alter_type(node: &SyntaxNode) -> Act {
    let name = name_at(node, K::TYPE_NAME_REF);
    let literals = |part: &SyntaxNode| part.children().filter(|l| l.kind() == K::LITERAL).map(|l| string(&l));
    for part in node.children() {
        let mut values = literals(&part);
        match part.kind() {
            K::ADD_VALUE => {
                let value = values.next().unwrap_or_default();
                return Act::AddEnumValue { name, value, if_not_exists: has(&part, K::IF_NOT_EXISTS) };
            }
            K::RENAME_VALUE => {
                let from = values.next().unwrap_or_default();
                return Act::RenameEnumValue { name, from, to: values.next().unwrap_or_default() };
            }
            _ => {}
        }
    }
    Act::AlterOther { object: Object::Type, name, text: text(node) }
}

fn alter_domain(node: &SyntaxNode) -> Act {
    let clause = node.children().find(|part| part.kind() != K::DOMAIN_REF);
    let clause = clause.map_or(DomainClause::Other, |part| domain_clause(&part));
    Act::AlterDomain { name: name_at(node, K::DOMAIN_REF), clause }
}

fn domain_clause(node: &SyntaxNode) -> DomainClause {
    match node.kind() {
        K::ADD_CONSTRAINT => added_to_domain(node).unwrap_or(DomainClause::Other),
        K::VALIDATE_CONSTRAINT => DomainClause::Validate { name: word_at(node, K::CONSTRAINT_NAME_REF) },
        K::SET_NOT_NULL => DomainClause::SetNotNull,
        _ => DomainClause::Other,
    }
}

fn added_to_domain(node: &SyntaxNode) -> Option<DomainClause> {
    if let Some(check) = child(node, K::CHECK_CONSTRAINT) {
        let constraint = column::table_constraint(&check)?;
        let ConstraintKind::Check { .. } = constraint.kind else { return None };
        let expression = between_parens(&check);
        return Some(DomainClause::Add { name: constraint.name, expression, not_valid: constraint.not_valid });
    }
    has(node, K::NOT_NULL_CONSTRAINT).then_some(DomainClause::SetNotNull)
}

/// Any other `ALTER`: what it is of, its name and its text.
fn other(node: &SyntaxNode) -> Option<Act> {
    let kind = format!("{:?}", node.kind());
    if !kind.starts_with("ALTER_") || matches!(node.kind(), K::ALTER_DEFAULT_PRIVILEGES | K::ALTER_SYSTEM) {
        return None;
    }
    let target = node.children().find(|part| part.kind() != K::IF_EXISTS)?;
    let named = if within(&target, K::PATH_REF) { path(&target) } else { vec![name(&target).name] };
    let mut named = named;
    let last = named.pop().unwrap_or_default();
    let name = Name { schema: named.pop(), name: last };
    Some(Act::AlterOther { object: super::object(node.kind()), name, text: text(node) })
}
