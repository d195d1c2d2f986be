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

/// MySQL and MariaDB, in order: what `information_schema.KEYWORDS` of MySQL 9.7 calls reserved, and what fails as the name of a
/// table or column (tried on MariaDB 10.11).
const MYSQL: &str = "accessible add all alter analyze and as asc asensitive before between bigint binary blob both by call cascade \
    case change char character check collate column condition constraint continue convert create cross cube \
    cume_dist current_date current_role current_time current_timestamp current_user cursor database databases \
    day_hour day_microsecond day_minute day_second dec decimal declare default delayed delete delete_domain_id \
    dense_rank desc describe deterministic distinct distinctrow div do_domain_ids double drop dual each else elseif \
    empty enclosed escaped except exists exit explain external false fetch first_value float float4 float8 for force \
    foreign from fulltext function generated get grant group grouping groups having high_priority hour_microsecond \
    hour_minute hour_second if ignore ignore_domain_ids in index infile inner inout insensitive insert int int1 int2 \
    int3 int4 int8 integer intersect interval into io_after_gtids io_before_gtids is iterate join json_table key \
    keys kill lag last_value lateral lead leading leave left library like limit linear lines load localtime \
    localtimestamp lock long longblob longtext loop low_priority master_demote_to_replica master_demote_to_slave \
    master_ssl_verify_server_cert match maxvalue mediumblob mediumint mediumtext middleint minute_microsecond \
    minute_second mod modifies natural no_write_to_binlog not nth_value ntile null numeric of offset on optimize \
    optimizer_costs option optionally or order out outer outfile over page_checksum parse_vcol_expr partition \
    percent_rank portion precision primary procedure purge qualify range rank read read_write reads real recursive \
    ref_system_id references regexp release rename repeat replace require resignal restrict return returning revoke \
    right rlike row row_number rows schema schemas second_microsecond select sensitive separator set show signal \
    smallint spatial specific sql sql_big_result sql_calc_found_rows sql_small_result sqlexception sqlstate \
    sqlwarning ssl starting stats_auto_recalc stats_persistent stats_sample_pages stored straight_join system table \
    tablesample terminated then tinyblob tinyint tinytext to trailing trigger true undo union unique unlock unsigned \
    update usage use using utc_date utc_time utc_timestamp values varbinary varchar varcharacter varying virtual \
    when where while window with write xor year_month zerofill";

/// Whether a word needs quotes to be a name; `word` is in lower case.
#[must_use]
pub fn needs_quotes(dialect: Dialect, word: &str) -> bool {
    let words = match dialect {
        Dialect::Postgres => POSTGRES,
        Dialect::Sqlite => SQLITE,
        Dialect::Mysql => MYSQL,
    };
    words.split_ascii_whitespace().any(|keyword| keyword == word)
}
