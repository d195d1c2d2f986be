//! Rows of the shop, each a pure function of its table, its number and the shop's size.

use jiff::{Timestamp, ToSpan as _};

/// A value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A whole number.
    Int(i64),
    /// A text; moments are texts in UTC (`2026-06-01 08:15:00`).
    Text(String),
    /// Nothing.
    Null,
}

/// A table of the shop.
#[derive(Debug)]
pub struct Table {
    /// Name.
    pub name: &'static str,
    /// Columns, in the order of [`Table::row`].
    pub columns: &'static [&'static str],
    /// Rows for a shop with that many orders.
    pub count: fn(orders: u64) -> u64,
    /// Row `n` (from 1) of a shop with that many orders.
    pub row: fn(n: u64, orders: u64) -> Vec<Value>,
}

/// The tables, referenced ones first.
pub static TABLES: &[Table] = &[
    Table { name: "categories", columns: &["id", "name", "parent_id"], count: |_| CATEGORIES, row: category },
    Table {
        name: "products",
        columns: &["id", "sku", "name", "category_id", "price_cents", "stock", "created_at"],
        count: |_| PRODUCTS,
        row: product,
    },
    Table {
        name: "customers",
        columns: &["id", "email", "name", "country", "created_at"],
        count: customers,
        row: customer,
    },
    Table {
        name: "orders",
        columns: &["id", "customer_id", "status", "total_cents", "created_at", "paid_at", "note"],
        count: |orders| orders,
        row: order,
    },
    Table {
        name: "order_items",
        columns: &["id", "order_id", "product_id", "quantity", "price_cents"],
        count: |orders| orders * 5 / 2,
        row: order_item,
    },
    Table {
        name: "reviews",
        columns: &["id", "product_id", "customer_id", "stars", "created_at"],
        count: |orders| orders / 8,
        row: review,
    },
    Table {
        name: "page_views",
        columns: &["path", "customer_id", "seen_at"],
        count: |orders| orders / 2,
        row: page_view,
    },
    Table { name: "import_staging", columns: &["id", "payload"], count: |orders| orders / 4, row: staged },
];

const CATEGORIES: u64 = 40;
const PRODUCTS: u64 = 4_000;
const COUNTRIES: [&str; 8] = ["AT", "CH", "DE", "ES", "FR", "IT", "NL", "PL"];

/// One customer for every four orders.
const fn customers(orders: u64) -> u64 {
    orders / 4 + 1
}

/// Well-mixed bits of a number (the finaliser of splitmix64), `salt` keeping columns apart.
const fn mix(n: u64, salt: u64) -> u64 {
    let mut z = n.wrapping_add(salt.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A number from 1 to `n`, small ones more often: the square of an even draw.
const fn skewed(bits: u64, n: u64) -> u64 {
    let even = bits % 1_000_000;
    even * even / 1_000_000 * n / 1_000_000 + 1
}

const fn int(n: u64) -> Value {
    Value::Int(n.cast_signed())
}

fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

/// A moment in the shop's three years: `share` millionths of the way to its last day.
fn moment(share: u64) -> Value {
    let start = Timestamp::constant(1_700_000_000, 0);
    let seconds = share.min(1_000_000) * 94;
    let at = start.checked_add((seconds.cast_signed()).seconds()).unwrap_or(start);
    text(at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

fn category(n: u64, _: u64) -> Vec<Value> {
    let parent = if n <= 8 { Value::Null } else { int((n - 1) % 8 + 1) };
    vec![int(n), text(format!("category {n}")), parent]
}

fn product(n: u64, _: u64) -> Vec<Value> {
    vec![
        int(n),
        text(format!("SKU-{:06}", n * 37)),
        text(format!("product {n}")),
        int(mix(n, 1) % CATEGORIES + 1),
        int(mix(n, 2) % 20_000 + 99),
        int(mix(n, 3) % 500),
        moment(mix(n, 4) % 1_000_000),
    ]
}

fn customer(n: u64, orders: u64) -> Vec<Value> {
    vec![
        int(n),
        text(format!("customer{n}@example.com")),
        text(format!("customer {n}")),
        text(COUNTRIES[usize::try_from(skewed(mix(n, 5), 8) - 1).unwrap_or(0) % 8]),
        moment(n * 1_000_000 / customers(orders)),
    ]
}

fn order(n: u64, orders: u64) -> Vec<Value> {
    let share = n * 1_000_000 / orders.max(1);
    let draw = mix(n, 6) % 100;
    // Old orders are done; of the newest, many are open.
    let status = match draw {
        0..=1 => "returned",
        2..=11 if share > 950_000 => "open",
        12..=19 if share > 900_000 => "paid",
        _ => "shipped",
    };
    let paid = if status == "open" { Value::Null } else { moment(share + 20) };
    let note = if draw.is_multiple_of(9) { text(format!("please ring twice at door {}", n % 90)) } else { Value::Null };
    vec![
        int(n),
        int(skewed(mix(n, 7), customers(orders))),
        text(status),
        int(mix(n, 8) % 60_000 + 500),
        moment(share),
        paid,
        note,
    ]
}

fn order_item(n: u64, orders: u64) -> Vec<Value> {
    vec![
        int(n),
        int((n * 2 / 5 + 1).min(orders)),
        int(skewed(mix(n, 9), PRODUCTS)),
        int(mix(n, 10) % 4 + 1),
        int(mix(n, 11) % 20_000 + 99),
    ]
}

fn review(n: u64, orders: u64) -> Vec<Value> {
    vec![
        int(n),
        int(skewed(mix(n, 12), PRODUCTS)),
        int(mix(n, 13) % customers(orders) + 1),
        int(5 - mix(n, 14) % 10 * (mix(n, 14) % 10) / 21),
        moment(n * 1_000_000 / (orders / 8 + 1)),
    ]
}

fn page_view(n: u64, orders: u64) -> Vec<Value> {
    let who = if mix(n, 15).is_multiple_of(3) { Value::Null } else { int(mix(n, 16) % customers(orders) + 1) };
    vec![text(format!("/product/{}", skewed(mix(n, 17), PRODUCTS))), who, moment(n * 1_000_000 / (orders / 2 + 1))]
}

fn staged(n: u64, _: u64) -> Vec<Value> {
    vec![int(n), text(format!("{:016x}", mix(n, 18)).repeat(20))]
}
