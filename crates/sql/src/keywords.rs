//! Words that can't be used as names without quotes.
//!
//! PostgreSQL: every keyword of 13 to 18 that is not `unreserved`, which is what `quote_ident()` quotes;
//! the union, because a quote too many is harmless and one too few is not. SQLite: the words that fail as
//! a table, column, index or constraint name (tried on 3.40), and those that read as part of a join.

use crate::Dialect;

/// PostgreSQL, in order.
const POSTGRES: &str = "all analyse analyze and any array as asc asymmetric authorization between bigint binary bit \
    boolean both case cast char character check coalesce collate collation column concurrently constraint create cross \
    current_catalog current_date current_role current_schema current_time current_timestamp current_user dec decimal \
    default deferrable desc distinct do else end except exists extract false fetch float for foreign freeze from full \
    grant greatest group grouping having ilike in initially inner inout int integer intersect interval into is isnull \
    join json json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar json_serialize \
    json_table json_value lateral leading least left like limit localtime localtimestamp merge_action national natural \
    nchar none normalize not notnull null nullif numeric offset on only or order out outer overlaps overlay placing \
    position precision primary real references returning right row select session_user setof similar smallint some \
    substring symmetric system_user table tablesample then time timestamp to trailing treat trim true union unique user \
    using values varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest \
    xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable";

/// SQLite, in order.
const SQLITE: &str = "add all alter and as autoincrement between case cast check collate commit constraint create cross \
    current_date current_time current_timestamp default deferrable delete distinct drop else escape except exists filter \
    foreign from full group having if in index indexed inner insert intersect into is isnull join left limit natural not \
    nothing notnull null on or order outer over primary raise references returning right select set table then to \
    transaction union unique update using values when where window";

/// Whether a word needs quotes to be a name; `word` is in lower case.
#[must_use]
pub fn needs_quotes(dialect: Dialect, word: &str) -> bool {
    let words = match dialect {
        Dialect::Postgres => POSTGRES,
        Dialect::Sqlite => SQLITE,
    };
    words.split_ascii_whitespace().any(|keyword| keyword == word)
}
