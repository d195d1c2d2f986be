//! Statements that change rows, also as a part of a CTE.

use squawk_syntax::{SyntaxKind as K, SyntaxNode};

use super::tree::{child, has, name, name_at, text, text_after, within};
use crate::ddl::{Act, Name};

/// Every change of rows in a statement, the outermost first; none when it changes no rows.
pub(super) fn changes(node: &SyntaxNode) -> Vec<Act> {
    let carries = [K::INSERT, K::UPDATE, K::DELETE, K::MERGE, K::COPY, K::SELECT];
    // What stands in a rule, a function, a view or an EXPLAIN is not carried out with the statement.
    if !carries.contains(&node.kind()) {
        return Vec::new();
    }
    node.descendants().filter_map(|inner| change(&inner)).collect()
}

fn change(node: &SyntaxNode) -> Option<Act> {
    Some(match node.kind() {
        K::INSERT => {
            Act::Insert { table: name_at(node, K::RELATION_NAME_REF), from_query: from_query(node), sql: text(node) }
        }
        K::UPDATE => {
            let (table, filter, limited, sql) = rows(node);
            Act::Update { table, filter, limited, sql }
        }
        K::DELETE => {
            let (table, filter, limited, sql) = rows(node);
            Act::Delete { table, filter, limited, sql }
        }
        K::MERGE => Act::Merge { table: name_at(node, K::TABLE_RELATION_NAME) },
        K::COPY if has(node, K::COPY_FROM) => Act::CopyFrom { table: child(node, K::COPY_TABLE).map(|t| name(&t))? },
        _ => return None,
    })
}

/// Whether rows come from tables: a query that is more than a list of values.
fn from_query(node: &SyntaxNode) -> bool {
    let sources = node.children().filter(|part| !matches!(part.kind(), K::WITH_CLAUSE | K::RETURNING_CLAUSE));
    { sources }.any(|part| part.kind() != K::VALUES && within(&part, K::FROM_CLAUSE))
}

/// Table, condition, whether the rows of one run are limited, and the text.
fn rows(node: &SyntaxNode) -> (Name, Option<String>, bool, String) {
    let filter = child(node, K::WHERE_CLAUSE).map(|clause| text_after(&clause, K::WHERE_KW));
    let statement = node.ancestors().last().unwrap_or_else(|| node.clone());
    let limited = within(&statement, K::LIMIT_CLAUSE) || within(&statement, K::FETCH_CLAUSE);
    (name_at(node, K::RELATION_NAME), filter, limited, text(node))
}
