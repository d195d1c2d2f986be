//! Splitting SQL texts: hard cases one by one, and what must hold for any text.

use dbwright_sql::Dialect::{self, Mysql, Postgres, Sqlite};
use dbwright_sql::split::{PieceKind, pieces, statements};
use proptest::prelude::*;

fn texts(sql: &str, dialect: Dialect) -> Vec<&str> {
    statements(sql, dialect).into_iter().map(|piece| piece.text).collect()
}

#[test]
fn semicolons_in_strings_names_and_comments_end_nothing() {
    let sql = "select ';', E'it\\'s;', $$;$$, $a$;$$;$a$, \";\" /* ; /* ; */ ; */ -- ;\n; select 2";
    let found = texts(sql, Postgres);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[1], "select 2");
    let sql = "select ';', 'it''s;', \";\", `;`, [;] /* ; /* ; */ -- ;\n; select 'a\\'; select 3;";
    assert_eq!(texts(sql, Sqlite)[1..], ["select 'a\\'", "select 3"]);
}

#[test]
fn mysql_has_strings_names_and_comments_of_its_own() {
    let sql = "select ';', 'it\\';', \";\\\"\", `;``` # ; \n -- ;\n; select 5--1; /*!40101 SET NAMES utf8 */; select 2";
    let found = texts(sql, Mysql);
    assert_eq!(found[1..], ["select 5--1", "/*!40101 SET NAMES utf8 */", "select 2"], "{found:?}");
}

#[test]
fn a_delimiter_of_the_mysql_program_ends_statements() {
    let sql = "select 1;\nDELIMITER $$\ncreate trigger t before insert on a for each row begin set @x = 1; end$$\n\
               create procedure p() select 1; $$\ndelimiter ;\nselect 2; select 3";
    let found = texts(sql, Mysql);
    assert_eq!(found.len(), 5, "{found:?}");
    assert!(found[1].ends_with("end") && found[2].ends_with("select 1;"), "{found:?}");
    assert_eq!(found[3..], ["select 2", "select 3"]);
}

#[test]
fn a_mysql_routine_without_a_delimiter_is_one_statement() {
    let body = "create definer=`a`@`b` procedure p(x int) begin if x > 1 then select if(x, 1, 2); elseif x = 0 then \
                case x when 1 then select 1; end case; end if; l: loop leave l; end loop; while x > 0 do set x = x - 1; end while; end";
    let sql = format!("drop procedure if exists p; {body}; select 1; create table begin_end (a int); select 2");
    let found = texts(&sql, Mysql);
    assert_eq!(found, ["drop procedure if exists p", body, "select 1", "create table begin_end (a int)", "select 2"]);
}

#[test]
fn comments_before_a_statement_stay_with_it_and_those_behind_it_do_not() {
    let sql = "select 1; -- behind\n-- weight: 5\n/* x */ select 2;\n-- the end\n";
    let found = pieces(sql, Postgres);
    assert_eq!(found[0].text, "select 1");
    assert!(sql[found[0].span.clone()].ends_with("-- behind"));
    assert_eq!(found[1].text, "-- weight: 5\n/* x */ select 2");
    assert_eq!((found[1].line, found[1].column), (3, 9));
    assert_eq!(found[2].kind, PieceKind::Blank);
}

#[test]
fn places_count_characters_and_skip_the_byte_order_mark() {
    let found = statements("\u{feff}select 'é';\r\n  select 2; select 3", Postgres);
    let places: Vec<_> = found.iter().map(|piece| (piece.line, piece.column)).collect();
    assert_eq!(places, [(1, 1), (2, 3), (2, 13)]);
}

#[test]
fn a_sqlite_trigger_is_one_statement() {
    let trigger = "create temp trigger t after insert on a begin\n  update a set b = case when b then 1 else 2 end;\n  \
                   delete from c; -- end;\nend";
    assert_eq!(texts(&format!("{trigger};\nselect 1;"), Sqlite), [trigger, "select 1"]);
    assert_eq!(texts("begin; select 1; end;", Sqlite), ["begin", "select 1", "end"]);
}

#[test]
fn a_postgres_function_body_is_one_statement() {
    let body = "create or replace function f(a int default 1) returns int begin atomic\n select case when a > 1 then 1 end;\n select 2; end";
    assert_eq!(texts(&format!("{body};\nselect 1;"), Postgres), [body, "select 1"]);
    let rule = "create rule r as on insert to t do also (delete from a; delete from b)";
    assert_eq!(texts(&format!("{rule}; select 1"), Postgres), [rule, "select 1"]);
    assert_eq!(texts("begin; select 1; end;", Postgres), ["begin", "select 1", "end"]);
}

#[test]
fn psql_commands_and_copy_data_are_told_apart() {
    let sql = "\\connect shop\nCOPY a (b) FROM stdin;\n1;2\n'x\n\\.\n\nselect 1 \\gset\nselect 2;";
    let found: Vec<_> = pieces(sql, Postgres).into_iter().map(|piece| (piece.kind, piece.text)).collect();
    let expected = [
        (PieceKind::Meta, "\\connect shop"),
        (PieceKind::Statement, "COPY a (b) FROM stdin"),
        (PieceKind::CopyData, "1;2\n'x\n\\."),
        (PieceKind::Statement, "select 1"),
        (PieceKind::Meta, "\\gset"),
        (PieceKind::Statement, "select 2"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn what_is_not_closed_says_so() {
    for (sql, dialect) in
        [("select 'a", Postgres), ("select $x$ a $y$", Postgres), ("/* /* */", Postgres), ("select [a", Sqlite)]
    {
        assert!(pieces(sql, dialect).iter().any(|piece| !piece.complete), "{sql}");
    }
}

/// Texts made of the marks that splitting depends on.
fn sql_like() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("'"),
        Just("\""),
        Just("$$"),
        Just("$a$"),
        Just("--"),
        Just("/*"),
        Just("*/"),
        Just("\n"),
        Just("\r\n"),
        Just(";"),
        Just("\\"),
        Just("\\."),
        Just(" "),
        Just("create trigger "),
        Just("create function "),
        Just("begin atomic "),
        Just("end"),
        Just("case "),
        Just("("),
        Just(")"),
        Just("copy t from stdin"),
        Just("E'"),
        Just("é"),
        Just("1.5e3"),
        Just("?"),
        Just("x"),
        Just("\u{feff}"),
        Just("["),
        Just("]"),
        Just("`"),
        Just("in (1, 2)"),
        Just("values (1), (2)"),
        Just("-"),
        Just(","),
        Just("\0"),
    ];
    prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
}

/// Tokens that are closed in both dialects, so that joining them makes no new ones.
fn closed_part() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just(";"),
        Just("';'"),
        Just("\";\""),
        Just("/* ; */"),
        Just("-- ; \n"),
        Just("select"),
        Just("1"),
        Just("(a, b)"),
        Just("é"),
        Just("create function f() begin atomic select case when 1 then 2 end; select 2; end;"),
        Just("create trigger t after insert on t begin select 1; end;"),
        Just("\r\n"),
        Just("end"),
    ]
}

fn dialects() -> impl Strategy<Value = Dialect> {
    prop_oneof![Just(Postgres), Just(Sqlite)]
}

proptest! {
    #[test]
    fn pieces_cover_the_text(sql in prop_oneof![sql_like(), any::<String>()], dialect in dialects()) {
        let mut at = 0;
        for piece in pieces(&sql, dialect) {
            prop_assert_eq!(piece.span.start, at);
            prop_assert!(piece.span.start <= piece.range.start && piece.range.end <= piece.span.end);
            prop_assert!(piece.span.end > piece.span.start);
            prop_assert_eq!(&sql[piece.range.clone()], piece.text);
            at = piece.span.end;
        }
        prop_assert_eq!(at, sql.len());
    }

    #[test]
    fn statements_split_again_alike(words in prop::collection::vec(closed_part(), 1..20), dialect in dialects()) {
        let sql = words.join(" ");
        let once: Vec<_> = statements(&sql, dialect).into_iter().map(|piece| piece.text).collect();
        let joined = once.join("\n;\n");
        let twice: Vec<_> = statements(&joined, dialect).into_iter().map(|piece| piece.text).collect();
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn normalising_never_panics_and_is_stable(sql in prop_oneof![sql_like(), any::<String>()], dialect in dialects()) {
        let _ = dbwright_sql::scrub(&sql, dialect);
        let once = dbwright_sql::normalised(&sql, dialect);
        let _ = dbwright_sql::normalised(&once, dialect);
        prop_assert_eq!(dbwright_sql::fingerprint(&sql, dialect).len(), 16);
    }
}
