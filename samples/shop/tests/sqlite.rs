//! The SQLite shop is whole, the same every time, and has the faults that README.md names.

use dbwright_core::progress::{Progress, Silent};
use dbwright_sample_shop::{Error, sqlite};
use rusqlite::Connection;

const ORDERS: u64 = 2_000;

fn number(db: &Connection, sql: &str) -> i64 {
    db.query_row(sql, [], |row| row.get(0)).unwrap_or_else(|e| panic!("{sql}: {e}"))
}

#[test]
fn the_shop_is_whole_and_has_its_faults() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join("shop.db");
    sqlite::build(&path, ORDERS, &Silent).expect("the shop is built");
    let db = Connection::open(&path).expect("it opens");
    assert_eq!(number(&db, "SELECT count(*) FROM orders"), 2_000);
    assert_eq!(number(&db, "SELECT count(*) FROM order_items"), 5_000);
    assert_eq!(number(&db, "SELECT count(*) FROM order_items WHERE order_id NOT IN (SELECT id FROM orders)"), 0);
    assert!(number(&db, "SELECT count(*) FROM order_items WHERE product_id NOT IN (SELECT id FROM products)") > 0);
    assert!(number(&db, "SELECT count(*) FROM products WHERE typeof(stock) = 'text'") > 0);
    let free = number(&db, "SELECT freelist_count FROM pragma_freelist_count");
    assert!(free * 20 > number(&db, "SELECT page_count FROM pragma_page_count"), "{free} free pages are too few");
    assert_eq!(std::fs::read_dir(dir.path()).expect("the folder").count(), 1, "nothing is left beside the file");
}

#[test]
fn two_builds_are_equal() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let (a, b) = (dir.path().join("a.db"), dir.path().join("b.db"));
    sqlite::build(&a, ORDERS, &Silent).expect("the first");
    sqlite::build(&b, ORDERS, &Silent).expect("the second");
    assert!(std::fs::read(a).expect("a") == std::fs::read(b).expect("b"), "the files differ");
}

/// Asks to stop as soon as work begins.
struct Impatient;

impl Progress for Impatient {
    fn stage(&self, _: &str, _: Option<u64>) {}
    fn step(&self, _: u64) {}
    fn cancelled(&self) -> bool {
        true
    }
}

#[test]
fn a_stopped_build_leaves_nothing() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let result = sqlite::build(&dir.path().join("shop.db"), 20_000, &Impatient);
    assert!(matches!(result, Err(Error::Cancelled)), "{result:?}");
    assert_eq!(std::fs::read_dir(dir.path()).expect("the folder").count(), 0);
}
