//! The sample shop: every fault that its README.md names is found.

use dbwright_core::progress::Silent;
use dbwright_sample_shop::WORKLOAD;
use dbwright_testkit::{Database, Scratch};

use crate::{ALL, check, findings};

/// Large enough for every fault to show, small enough for a test.
const ORDERS: u64 = 20_000;

#[test]
fn every_fault_of_the_sqlite_shop_is_found() {
    let scratch = Scratch::new();
    let path = scratch.path().join("shop.db");
    dbwright_sample_shop::sqlite::build(&path, ORDERS, &Silent).expect("the shop");
    let workload = scratch.path().join("workload.sql");
    std::fs::write(&workload, WORKLOAD).expect("the workload");
    let report = check(&[&format!("sqlite:{}", path.display()), "--workload", &workload.display().to_string()]);
    let found = findings(&report, &ALL);
    for planted in [
        "sql/duplicate-index main.orders.idx_orders_by_status",
        "sql/foreign-key-type-mismatch main.reviews.product_id",
        "sql/no-primary-key main.page_views",
        "sql/redundant-index main.products.products_category_id_idx",
        "sqlite/foreign-key-violation main.order_items.product_id",
        "sqlite/foreign-keys-off database",
        "sqlite/fragmented-file database",
        "sqlite/never-analyzed database",
        "sqlite/type-differs-from-declared main.products.stock",
    ] {
        assert!(found.contains(planted), "{planted} is not among {found:#?}");
    }
    for column in ["main.orders.customer_id", "main.order_items.order_id"] {
        let proven = report["findings"].as_array().expect("findings").iter().any(|finding| {
            finding["subject"].as_str().is_some_and(|subject| subject.starts_with(column))
                && finding["proof"]["method"] == "measured"
                && finding["proof"]["after"].as_f64() < finding["proof"]["before"].as_f64()
        });
        assert!(proven, "no measured index for {column}: {found:#?}");
    }
}

fn postgres_faults_are_found(major: u32) {
    let database = Database::create(major);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(dbwright_sample_shop::postgres::build(&database.url, ORDERS, 3, &Silent)).expect("the shop");
    let found = findings(&check(&[&database.url]), &ALL);
    for planted in [
        "pg/autovacuum-disabled public.page_views",
        "pg/disabled-trigger public.orders.orders_touch",
        "pg/not-valid-constraint public.order_items.order_items_product_id_fkey",
        "pg/not-valid-constraint public.orders.orders_status_check",
        "pg/public-schema-create public",
        "pg/security-definer-search-path public.customer_email(bigint)",
        "pg/sequence-behind public.reviews_id_seq",
        "pg/timestamp-without-time-zone public.customers.created_at",
        "sql/duplicate-index public.orders.idx_orders_by_status",
        "sql/foreign-key-type-mismatch public.orders.customer_id",
        "sql/int-key-exhaustion public.orders.id",
        "sql/no-primary-key public.page_views",
        "sql/redundant-index public.products.products_category_id_idx",
        "sql/unindexed-foreign-key public.order_items.order_items_order_id_fkey",
        "sql/unindexed-foreign-key public.orders.orders_customer_id_fkey",
    ] {
        assert!(found.contains(planted), "PostgreSQL {major}: {planted} is not among {found:#?}");
    }
}

#[test]
fn every_fault_of_the_shop_is_found_on_postgres_15() {
    postgres_faults_are_found(15);
}

#[test]
fn every_fault_of_the_shop_is_found_on_postgres_18() {
    postgres_faults_are_found(18);
}
