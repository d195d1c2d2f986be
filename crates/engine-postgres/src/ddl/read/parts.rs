//! The parts of a statement that the server looks up; of what is not certain, none.

use std::panic::{AssertUnwindSafe, catch_unwind};

use squawk_syntax::{SourceFile, SyntaxKind as K, SyntaxNode};

use super::tree::{child, columns, name, name_at, path, range, string, text, word_at};
use crate::ddl::{Becomes, Name, Over, Part, PartKind};

/// The types that are written like one and are columns with a sequence.
const SERIALS: [&str; 6] = ["serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"];

/// What the server looks up for a statement.
#[must_use]
pub fn parts(sql: &str) -> Vec<Part> {
    catch_unwind(AssertUnwindSafe(|| {
        let parse = SourceFile::parse(sql);
        let nodes: Vec<SyntaxNode> = parse.syntax_node().children().collect();
        nodes.iter().flat_map(statement).collect()
    }))
    .unwrap_or_default()
}

fn statement(node: &SyntaxNode) -> Vec<Part> {
    let mut found = named(node);
    match node.kind() {
        K::CREATE_TABLE => {
            let table = name_at(node, K::TABLE_NAME);
            let list = child(node, K::TABLE_ARG_LIST);
            for part in list.iter().flat_map(SyntaxNode::children) {
                column_or_constraint(&part, &table, &mut found);
            }
            types(node, &mut found);
        }
        K::ALTER_TABLE => alter_table(node, &mut found),
        K::CREATE_DOMAIN => domain(node, &mut found),
        K::CREATE_FUNCTION | K::CREATE_PROCEDURE if has_plain_language(node) => {
            for part in node.children().filter(|part| matches!(part.kind(), K::PARAM_LIST | K::RET_TYPE)) {
                types(&part, &mut found);
            }
        }
        K::CREATE_TYPE => node.children().filter(|p| p.kind() == K::COMPOSITE_TYPE).for_each(|p| types(&p, &mut found)),
        K::CREATE_VIEW | K::CREATE_MATERIALIZED_VIEW | K::CREATE_TABLE_AS => {
            // A view that is in its own query can't be asked about.
            if super::tree::words(&text(node)).take(5).any(|(word, _)| word.eq_ignore_ascii_case("recursive")) {
                return found;
            }
            let is_query = |part: &SyntaxNode| matches!(part.kind(), K::SELECT | K::COMPOUND_SELECT);
            found.extend(node.children().find(is_query).map(|query| part(PartKind::Query, &query)));
        }
        K::CREATE_INDEX => index(node, &mut found),
        K::CREATE_POLICY => {
            let table = child(node, K::ON_TABLE).map_or_else(nothing, |on| name(&on));
            let clauses = |p: &SyntaxNode| matches!(p.kind(), K::USING_EXPR_CLAUSE | K::WITH_CHECK_EXPR_CLAUSE);
            let clauses = node.children().filter(clauses);
            found.extend(clauses.filter_map(|clause| expression(&clause, Over::Table(table.clone()), None)));
        }
        K::CREATE_TRIGGER => trigger(node, &mut found),
        K::CREATE_STATISTICS => statistics(node, &mut found),
        K::ALTER_TYPE => enum_values(node, &mut found),
        _ => {}
    }
    found
}

fn part(kind: PartKind, node: &SyntaxNode) -> Part {
    Part { kind, range: range(node) }
}

const fn nothing() -> Name {
    Name { schema: None, name: String::new() }
}

/// Roles, schemas and extensions.
fn named(node: &SyntaxNode) -> Vec<Part> {
    let mut found = Vec::new();
    let drops = format!("{:?}", node.kind()).starts_with("DROP_");
    // A privilege looks like a role where no role is granted.
    let privileges =
        !matches!(node.kind(), K::GRANT | K::REVOKE) || child(node, K::ON_PRIVILEGE_OBJECTS_CLAUSE).is_some();
    let is_privilege = |inner: &SyntaxNode| privileges && inner.ancestors().any(|one| one.kind() == K::REVOKE_COMMAND);
    for inner in node.descendants() {
        match inner.kind() {
            K::ROLE_REF if !drops && !is_privilege(&inner) => {
                found.push(part(PartKind::Role(name(&inner).name), &inner));
            }
            K::SCHEMA_REF if !drops => found.push(part(PartKind::Schema(name(&inner).name), &inner)),
            _ => {}
        }
    }
    if node.kind() == K::CREATE_EXTENSION {
        let extension = child(node, K::EXTENSION);
        found.extend(extension.map(|inner| part(PartKind::Extension(name(&inner).name), &inner)));
    }
    let made = [
        K::TABLE_NAME,
        K::VIEW,
        K::SEQUENCE,
        K::FUNCTION_NAME,
        K::PROCEDURE_NAME,
        K::TYPE_NAME,
        K::DOMAIN,
        K::AGGREGATE_NAME,
    ];
    for inner in node.children().filter(|inner| made.contains(&inner.kind())) {
        if let [schema, _] = path(&inner).as_slice() {
            found.push(part(PartKind::Schema(schema.clone()), &inner));
        }
    }
    found
}

/// Functions of other languages may have types that are not there yet.
fn has_plain_language(node: &SyntaxNode) -> bool {
    let options = child(node, K::FUNC_OPTION_LIST);
    let language = options.and_then(|options| child(&options, K::LANGUAGE_FUNC_OPTION));
    language.is_none_or(|option| !matches!(&*word_at(&option, K::LANGUAGE_REF), "c" | "internal"))
}

/// All types that are named in a node.
fn types(node: &SyntaxNode, found: &mut Vec<Part>) {
    for inner in node.descendants().filter(|inner| inner.kind() == K::PATH_TYPE) {
        let Some(named) = child(&inner, K::PATH_REF) else { continue };
        let path = path(&named);
        let serial = path.len() == 1 && SERIALS.contains(&path[0].as_str());
        if let Some(last) = path.last().filter(|_| !serial && !text(&inner).contains('%')) {
            let range = range(&named).start..range(&inner).end;
            found.push(Part { kind: PartKind::Type(last.clone()), range });
        }
    }
}

/// The expression in a clause: its first child that is none of the words around it.
fn expression(clause: &SyntaxNode, over: Over, becomes: Option<Becomes>) -> Option<Part> {
    let is_word = |kind| matches!(kind, K::CONSTRAINT_NAME_CLAUSE | K::GENERATED_ALWAYS | K::COLLATE);
    let inner = clause.children().find(|inner| !is_word(inner.kind()))?;
    Some(part(PartKind::Expression { over, becomes }, &inner))
}

fn column_or_constraint(node: &SyntaxNode, table: &Name, found: &mut Vec<Part>) {
    if node.kind() == K::COLUMN {
        column(node, table, found);
    } else {
        constraint(node, table, &[], found);
    }
}

fn column(node: &SyntaxNode, table: &Name, found: &mut Vec<Part>) {
    let own = word_at(node, K::COLUMN_NAME);
    let ty = node.children().find(|part| format!("{:?}", part.kind()).ends_with("_TYPE")).map(|ty| range(&ty));
    for inner in node.children() {
        match inner.kind() {
            K::DEFAULT_CONSTRAINT => {
                found.extend(expression(&inner, Over::Nothing, ty.clone().map(Becomes::Written)));
            }
            K::GENERATED_CONSTRAINT if child(&inner, K::GENERATED_IDENTITY).is_none() => {
                let inner = child(&inner, K::GENERATED_STORED).unwrap_or(inner);
                found.extend(expression(&inner, Over::Table(table.clone()), None));
            }
            _ => constraint(&inner, table, std::slice::from_ref(&own), found),
        }
    }
}

fn constraint(node: &SyntaxNode, table: &Name, own: &[String], found: &mut Vec<Part>) {
    let plain = !super::tree::words(&text(node)).any(|(word, _)| word.eq_ignore_ascii_case("period"));
    match node.kind() {
        K::CHECK_CONSTRAINT => found.extend(expression(node, Over::Table(table.clone()), None)),
        K::REFERENCES_CONSTRAINT => {
            let other = name_at(node, K::TABLE_NAME_REF);
            found.push(part(PartKind::Foreign(table.clone(), own.to_vec(), other, columns(node)), node));
        }
        K::FOREIGN_KEY_CONSTRAINT if plain => {
            let mut lists = node.children().filter(|list| list.kind() == K::FOREIGN_KEY_COLUMN_LIST);
            let at = child(node, K::TABLE_NAME_REF).map_or(usize::MAX, |other| range(&other).start);
            let own = lists.next().filter(|list| range(list).start < at).map(|list| columns(&list));
            let referenced = lists.next().map(|list| columns(&list)).unwrap_or_default();
            let other = name_at(node, K::TABLE_NAME_REF);
            let kind = PartKind::Foreign(table.clone(), own.unwrap_or_default(), other, referenced);
            found.push(part(kind, node));
        }
        _ => {}
    }
}

fn alter_table(node: &SyntaxNode, found: &mut Vec<Part>) {
    let Some(table) = child(node, K::TABLE_RELATION_NAME).map(|relation| name(&relation)) else { return };
    for clause in node.children() {
        match clause.kind() {
            K::ADD_COLUMN => {
                column(&clause, &table, found);
                types(&clause, found);
            }
            K::ADD_CONSTRAINT => clause.children().for_each(|inner| constraint(&inner, &table, &[], found)),
            K::ALTER_COLUMN => {
                let own = word_at(&clause, K::COLUMN_NAME_REF);
                for option in clause.children() {
                    altered(&option, &table, &own, found);
                }
            }
            _ => {}
        }
    }
}

/// What is said of a column by `ALTER COLUMN`.
fn altered(option: &SyntaxNode, table: &Name, own: &str, found: &mut Vec<Part>) {
    match option.kind() {
        K::SET_DEFAULT => {
            let becomes = Becomes::OfColumn(table.clone(), own.to_owned());
            found.extend(expression(option, Over::Nothing, Some(becomes)));
        }
        K::SET_TYPE => {
            types(option, found);
            let using = child(option, K::USING_EXPR);
            found.extend(using.and_then(|using| expression(&using, Over::Table(table.clone()), None)));
        }
        K::SET_EXPRESSION => found.extend(expression(option, Over::Table(table.clone()), None)),
        _ => {}
    }
}

fn domain(node: &SyntaxNode, found: &mut Vec<Part>) {
    types(node, found);
    let ty = node.children().find(|part| format!("{:?}", part.kind()).ends_with("_TYPE")).map(|ty| range(&ty));
    let Some(ty) = ty else { return };
    for inner in node.children() {
        match inner.kind() {
            K::DEFAULT_CONSTRAINT => {
                found.extend(expression(&inner, Over::Nothing, Some(Becomes::Written(ty.clone()))));
            }
            K::CHECK_CONSTRAINT => found.extend(expression(&inner, Over::Value(ty.clone()), None)),
            _ => {}
        }
    }
}

fn index(node: &SyntaxNode, found: &mut Vec<Part>) {
    let Some(table) = child(node, K::TABLE_RELATION_NAME).map(|relation| name(&relation)) else { return };
    let over = || Over::Table(table.clone());
    let items = child(node, K::PARTITION_ITEM_LIST);
    for item in items.iter().flat_map(SyntaxNode::children) {
        let Some(first) = item.children().next() else { continue };
        let inner = if first.kind() == K::COLLATE { first.children().next() } else { Some(first) };
        let Some(inner) = inner.filter(|inner| inner.kind() != K::NAME_REF) else { continue };
        found.push(part(PartKind::Expression { over: over(), becomes: None }, &inner));
    }
    found.extend(child(node, K::WHERE_CLAUSE).and_then(|clause| expression(&clause, over(), None)));
}

fn trigger(node: &SyntaxNode, found: &mut Vec<Part>) {
    let table = child(node, K::ON_RELATION).map_or_else(nothing, |on| name(&on));
    for inner in node.descendants().filter(|inner| inner.kind() == K::TRIGGER_EVENT_UPDATE) {
        found.push(part(PartKind::Columns(table.clone(), columns(&inner)), &inner));
    }
    let when = child(node, K::WHEN_CONDITION);
    found.extend(when.and_then(|when| expression(&when, Over::Rows(table), None)));
    let Some(callee) = child(node, K::CALL_EXPR).and_then(|call| call.children().next()) else { return };
    let mut words: Vec<String> = match callee.kind() {
        K::FIELD_EXPR => callee.children().map(|inner| name(&inner).name).collect(),
        _ => vec![name(&callee).name],
    };
    if let (Some(last), true) = (words.pop(), words.len() < 2) {
        let function = Name { schema: words.pop(), name: last };
        found.push(part(PartKind::TriggerFunction(function), &callee));
    }
}

fn statistics(node: &SyntaxNode, found: &mut Vec<Part>) {
    let Some(table) = child(node, K::FROM_TABLE).map(|from| name(&from)) else { return };
    let Some(on) = child(node, K::STATISTICS_ON_CLAUSE) else { return };
    for inner in on.children() {
        let kind = if inner.kind() == K::NAME_REF {
            PartKind::Columns(table.clone(), vec![name(&inner).name])
        } else {
            PartKind::Expression { over: Over::Table(table.clone()), becomes: None }
        };
        found.push(part(kind, &inner));
    }
}

fn enum_values(node: &SyntaxNode, found: &mut Vec<Part>) {
    let ty = name_at(node, K::TYPE_NAME_REF);
    found.extend(child(node, K::TYPE_NAME_REF).map(|named| part(PartKind::Type(ty.name.clone()), &named)));
    let literals = |part: &SyntaxNode| part.children().filter(|l| l.kind() == K::LITERAL).map(|l| string(&l));
    for inner in node.children() {
        let mut values = literals(&inner);
        let Some(first) = values.next() else { continue };
        let kind = match inner.kind() {
            K::ADD_VALUE => {
                let beside = inner.children().find(|p| matches!(p.kind(), K::BEFORE_VALUE | K::AFTER_VALUE));
                PartKind::AddValue(ty.clone(), first, beside.and_then(|beside| literals(&beside).next()))
            }
            K::RENAME_VALUE => PartKind::RenameValue(ty.clone(), first, values.next().unwrap_or_default()),
            _ => continue,
        };
        found.push(part(kind, &inner));
    }
}
