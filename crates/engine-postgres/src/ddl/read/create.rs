//! `CREATE …`, and `SELECT … INTO`.

use squawk_syntax::{SyntaxKind as K, SyntaxNode};

use super::column;
use super::tree::{child, children, has, name, name_at, names, path, range, string, text, text_after, within, word_at};
use crate::ddl::{Act, CreateIndex, CreateTable, Name, Object};

/// The act of a `CREATE`, when the node is one.
pub(super) fn read(node: &SyntaxNode) -> Option<Act> {
    let if_not_exists = has(node, K::IF_NOT_EXISTS);
    let replace = has(node, K::OR_REPLACE);
    Some(match node.kind() {
        K::CREATE_TABLE => Act::CreateTable(create_table(node)),
        K::CREATE_INDEX => Act::CreateIndex(create_index(node)),
        K::CREATE_TABLE_AS => table_as(node, Object::Table, node, K::TABLE_NAME),
        K::CREATE_MATERIALIZED_VIEW => table_as(node, Object::MaterializedView, node, K::VIEW),
        K::SELECT_INTO => table_as(node, Object::Table, &into_clause(node)?, K::TABLE_NAME),
        K::CREATE_VIEW => Act::CreateView { name: name_at(node, K::VIEW), replace },
        K::CREATE_SEQUENCE => {
            Act::CreateSequence { name: name_at(node, K::SEQUENCE), if_not_exists, owned_by: owned_by(node) }
        }
        K::CREATE_TYPE => Act::CreateType { name: name_at(node, K::TYPE_NAME), values: enum_values(node) },
        K::CREATE_DOMAIN => Act::CreateDomain {
            name: name_at(node, K::DOMAIN),
            constrained: has(node, K::CHECK_CONSTRAINT) || has(node, K::NOT_NULL_CONSTRAINT),
        },
        K::CREATE_TRIGGER => create_trigger(node, replace),
        K::CREATE_FUNCTION | K::CREATE_PROCEDURE => create_function(node, replace),
        K::CREATE_POLICY => {
            let table = child(node, K::ON_TABLE).map_or_else(empty, |on| name(&on));
            Act::CreatePolicy { name: word_at(node, K::POLICY), table }
        }
        _ => return other(node, if_not_exists, replace),
    })
}

fn empty() -> Name {
    Name { schema: None, name: String::new() }
}

fn into_clause(node: &SyntaxNode) -> Option<SyntaxNode> {
    node.descendants().find(|inner| inner.kind() == K::INTO_CLAUSE)
}

fn is_temporary(node: &SyntaxNode) -> bool {
    node.children_with_tokens().any(|part| {
        let word = part.to_string().to_ascii_lowercase();
        matches!(word.trim_start_matches("local ").trim_start_matches("global "), "temp" | "temporary")
    })
}

fn create_table(node: &SyntaxNode) -> CreateTable {
    let parts: Vec<SyntaxNode> = child(node, K::TABLE_ARG_LIST).into_iter().flat_map(|list| list.children()).collect();
    CreateTable {
        name: name_at(node, K::TABLE_NAME),
        if_not_exists: has(node, K::IF_NOT_EXISTS),
        temporary: is_temporary(node),
        unlogged: has(node, K::UNLOGGED),
        columns: parts.iter().filter(|part| part.kind() == K::COLUMN).filter_map(column::column).collect(),
        constraints: parts.iter().filter_map(column::table_constraint).collect(),
        partition_of: child(node, K::PARTITION_OF).map(|of| name(&of)),
        partition_by: child(node, K::PARTITION_BY).map(|by| text_after(&by, K::BY_KW)),
        inherits: child(node, K::INHERITS).map(|list| names(&list, K::TABLE_NAME_REF)).unwrap_or_default(),
    }
}

/// `source` holds the statement's query and options, `target` the new name.
fn table_as(source: &SyntaxNode, object: Object, target: &SyntaxNode, kind: K) -> Act {
    Act::CreateTableAs {
        object,
        name: name_at(target, kind),
        if_not_exists: has(source, K::IF_NOT_EXISTS),
        temporary: is_temporary(target),
        with_data: !has(source, K::WITH_NO_DATA),
    }
}

fn create_index(node: &SyntaxNode) -> CreateIndex {
    let relation = child(node, K::TABLE_RELATION_NAME);
    let rest: String = node
        .children_with_tokens()
        .skip_while(|part| part.kind() != K::TABLE_RELATION_NAME)
        .skip(1)
        .filter(|part| part.kind() != K::SEMICOLON)
        .map(|part| part.to_string())
        .collect();
    CreateIndex {
        name: child(node, K::INDEX).map(|index| name(&index).name),
        table: relation.as_ref().map_or_else(empty, name),
        unique: has(node, K::UNIQUE_KW),
        concurrently: has(node, K::CONCURRENTLY_KW),
        if_not_exists: has(node, K::IF_NOT_EXISTS),
        only: relation.is_some_and(|relation| has(&relation, K::ONLY_KW)),
        method: child(node, K::USING_METHOD)
            .map_or_else(|| "btree".to_owned(), |using| word_at(&using, K::ACCESS_METHOD_REF)),
        keys: child(node, K::PARTITION_ITEM_LIST).map(|list| index_keys(&list)).unwrap_or_default(),
        filter: child(node, K::WHERE_CLAUSE).map(|clause| text_after(&clause, K::WHERE_KW)),
        definition: rest.trim().to_owned(),
    }
}

/// The keys without collation, operator class and order. A plain column is its name as written.
fn index_keys(list: &SyntaxNode) -> Vec<String> {
    let key = |item: SyntaxNode| {
        let first = item.children().next()?;
        let inner = if first.kind() == K::COLLATE { first.children().next()? } else { first };
        Some(text(&inner))
    };
    children(list, K::PARTITION_ITEM).filter_map(key).collect()
}

fn owned_by(node: &SyntaxNode) -> Option<(Name, String)> {
    let mut parts = path(&child(node, K::OPTION_OWNED_BY)?);
    let column = parts.pop()?;
    let table = parts.pop()?;
    Some((Name { schema: parts.pop(), name: table }, column))
}

fn enum_values(node: &SyntaxNode) -> Vec<String> {
    let variants = node.descendants().filter(|inner| inner.kind() == K::VARIANT);
    variants.filter_map(|variant| variant.children().next().map(|literal| string(&literal))).collect()
}

fn create_trigger(node: &SyntaxNode, replace: bool) -> Act {
    let timing = |kind| matches!(kind, K::TIMING_AFTER | K::TIMING_BEFORE | K::TIMING_INSTEAD_OF);
    let when = node.children().find(|part| timing(part.kind()));
    Act::CreateTrigger {
        name: word_at(node, K::TRIGGER),
        table: child(node, K::ON_RELATION).map_or_else(empty, |on| name(&on)),
        replace,
        constraint: has(node, K::CONSTRAINT_KW),
        when: when.map(|when| text(&when).to_ascii_uppercase()).unwrap_or_default(),
    }
}

fn create_function(node: &SyntaxNode, replace: bool) -> Act {
    let options = child(node, K::FUNC_OPTION_LIST).unwrap_or_else(|| node.clone());
    let language = child(&options, K::LANGUAGE_FUNC_OPTION).map(|option| word_at(&option, K::LANGUAGE_REF));
    let sets = children(&options, K::SET_FUNC_OPTION);
    let body = options.descendants().find(|inner| inner.kind() == K::AS_DEFINITION);
    let atomic = child(node, K::ATOMIC_BODY).map(|body| text(&body));
    Act::CreateFunction {
        name: node
            .children()
            .find(|p| matches!(p.kind(), K::FUNCTION_NAME | K::PROCEDURE_NAME))
            .map_or_else(empty, |n| name(&n)),
        replace,
        security_definer: has(&options, K::SECURITY_DEFINER_FUNC_OPTION),
        sets_search_path: { sets }.any(|set| text(&set).to_ascii_lowercase().contains("search_path")),
        language: language.unwrap_or_else(|| "sql".to_owned()),
        body: body
            .and_then(|body| body.children().next())
            .map(|literal| string(&literal))
            .or(atomic)
            .unwrap_or_default(),
    }
}

/// Any other `CREATE`: what it makes and its name.
fn other(node: &SyntaxNode, if_not_exists: bool, replace: bool) -> Option<Act> {
    let kind = format!("{:?}", node.kind());
    if !kind.starts_with("CREATE_") {
        return None;
    }
    let skipped = |kind| matches!(kind, K::IF_NOT_EXISTS | K::OR_REPLACE);
    let target = node.children().find(|part| !skipped(part.kind()) && !range(part).is_empty());
    let target =
        target.map(|part| if part.kind() == K::NAMED_SCHEMA { part.children().next().unwrap_or(part) } else { part });
    let simple = target.as_ref().filter(|part| part.children().count() <= 1 || within(part, K::PATH));
    Some(Act::Create {
        object: super::object(node.kind()),
        name: simple.map_or_else(empty, name),
        if_not_exists,
        replace,
    })
}
