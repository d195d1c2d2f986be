//! Shapes of statements, queries without data, and workload files.

use dbwright_sql::Dialect::{Mysql, Postgres, Sqlite};
use dbwright_sql::{fingerprint, normalised, scrub, workload};

#[test]
fn one_shape_has_one_fingerprint() {
    let alike = [
        "SELECT * FROM orders WHERE id = 5 AND state IN ('a', 'b')",
        "select *\n from \"orders\" -- c\n where ID=-17.5 and state in ($1)",
        "select * from orders where id = $1 and state in (E'x', 'y', 'z') ;",
        "select * from orders where id = $1 and state in ($2 /*, ... */)",
    ];
    for sql in alike {
        assert_eq!(normalised(sql, Postgres), "select * from orders where id = ? and state in (?)", "{sql}");
    }
    assert_ne!(fingerprint("select a from t", Postgres), fingerprint("select b from t", Postgres));
    assert_ne!(fingerprint("select f(1)", Postgres), fingerprint("select f(1, 2)", Postgres));
    assert_ne!(fingerprint("select \"A\"", Postgres), fingerprint("select a", Postgres));
    assert_eq!(fingerprint("select [A], `b`", Sqlite), fingerprint("select a, B", Sqlite));
}

#[test]
fn mysql_statements_and_their_digests_are_one_shape() {
    let text = "select * from orders where state = ? and id in (?)";
    for sql in [
        "SELECT * FROM `orders` WHERE state = \"a\\\"b\" AND id IN (1, 2) # c",
        "select * from orders where state = 'it\\'s' and id in (?)",
    ] {
        assert_eq!(normalised(sql, Mysql), text, "{sql}");
    }
    assert_eq!(scrub("select \"secret\", @a, 5", Mysql), "select ?, @a, ?");
}

#[test]
fn lists_of_rows_are_one_row() {
    assert_eq!(
        normalised("INSERT INTO t (a, b) VALUES (1, now()), (2, now()), (-3, now())", Postgres),
        "insert into t(a, b) values (?, now())"
    );
    assert_eq!(normalised("select 1 where (a, b) in ((1, 2), (3, 4))", Sqlite), "select ? where (a, b) in ((?, ?))");
    assert_eq!(normalised("select a - 1, count(*) >= 2", Postgres), "select a - ?, count(*) >= ?");
}

#[test]
fn scrubbed_queries_hold_no_data() {
    let sql = "select 'secret', 4711, $$secret$$, \"name\" /* secret */ from t where e = E'\\'secret' and x = X'5ec4e7' and y = 'secr";
    let shown = scrub(sql, Postgres);
    assert!(!shown.contains("secr") && !shown.contains("4711") && !shown.contains("5ec4e7"), "{shown}");
    assert!(shown.contains("\"name\"") && shown.ends_with("y = ?"), "{shown}");
}

#[test]
fn a_workload_file_groups_and_weighs() {
    let text = "-- weight: 5\nselect * from t where a = 1;\nbegin;\nselect * from t where a = 2; -- weight: 2.5\n\
                select b from t where a = ?;\ncommit;";
    let workload = workload::from_sql(text, Sqlite, "file w.sql").expect("weights are numbers");
    assert_eq!(workload.source, "file w.sql");
    let calls: Vec<_> = workload.statements.iter().map(|s| (s.text.as_str(), s.calls, s.samples.len())).collect();
    assert_eq!(calls, [("select * from t where a = ?", 7.5, 2), ("select b from t where a = ?", 1.0, 0)]);
}

#[test]
fn a_workload_file_may_be_a_psql_script() {
    let text = "\\timing on\n\\set x 1\n/* weight: 3 */ select * from t where a = $1 and b = $2 \\bind 7 'it''s' \\g\n\
                explain (analyze, buffers) select 1 from u;\nexplain verbose select 2 from u \\gx\nselect 3 from u;\n\\q\n";
    let workload = workload::from_sql(text, Postgres, "file w.sql").expect("weights are numbers");
    let [u, t] = workload.statements.as_slice() else { panic!("{workload:?}") };
    assert_eq!(
        (u.calls, u.samples.as_slice()),
        (3.0, ["select 1 from u", "select 2 from u", "select 3 from u"].map(str::to_owned).as_slice())
    );
    assert_eq!((t.calls, t.text.as_str()), (3.0, "select * from t where a = $1 and b = $2"));
    assert_eq!(t.samples, ["select * from t where a = '7' and b = 'it''s'"]);
}

#[test]
fn a_bad_weight_names_its_line() {
    for bad in ["0", "-1", "many", "inf"] {
        let failure =
            workload::from_sql(&format!("select 1;\n\n-- weight: {bad}\nselect 2"), Sqlite, "w.sql").unwrap_err();
        assert!(failure.message.contains("line 4") && failure.message.contains(bad), "{failure}");
    }
}
