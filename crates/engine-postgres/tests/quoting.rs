//! Names and literals as `dbwright-sql` writes them, read back by real servers.

use dbwright_sql::Dialect::Postgres;
use dbwright_testkit::{Database, postgres_url};
use tokio_postgres::{Client, NoTls};

/// Names and texts that break careless quoting.
const HOSTILE: [&str; 20] = [
    "plain",
    "Upper",
    "with space",
    "dot.ted",
    "quo\"te",
    "\"",
    "ap'os",
    "'; DROP TABLE x; --",
    "back\\slash",
    "\\",
    "new\nline",
    "tab\t",
    "emoji ✂🐘",
    "ünï",
    "1st",
    "$1",
    "a$b",
    "--",
    "/*",
    "exactly sixty-three bytes of name, which is the longest there is.",
];

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the test server answers");
    // Ends with the client.
    tokio::spawn(async move { connection.await.ok() });
    client
}

async fn round_trip(major: u32) {
    let database = Database::on(&postgres_url(major));
    let client = connect(&database.url).await;
    for setting in ["on", "off"] {
        client
            .batch_execute(&format!("SET standard_conforming_strings = {setting}; SET escape_string_warning = off"))
            .await
            .expect("a setting");
        for text in HOSTILE {
            let row = client.query_one(&format!("SELECT {}", Postgres.literal(text)), &[]).await.expect("a literal");
            assert_eq!(row.get::<_, &str>(0), text, "standard_conforming_strings = {setting}");
        }
    }
    for name in HOSTILE {
        let name = name.get(..name.len().min(63)).unwrap_or(name);
        let made = format!(
            "CREATE SCHEMA {schema}; CREATE TABLE {table} ({column} int); CREATE INDEX {index} ON {table} ({column}); DROP SCHEMA {schema} CASCADE",
            schema = Postgres.name(name),
            table = Postgres.qualified(name, name),
            column = Postgres.name(name),
            index =
                Postgres.ident(&format!("{}i", &name[..name.len().min(60)].trim_end_matches(|c: char| !c.is_ascii()))),
        );
        client.batch_execute(&made).await.unwrap_or_else(|e| panic!("{name:?}: {e}\n{made}"));
    }
    like_quote_ident(&client).await;
}

/// `name()` is `quote_ident()` for every keyword of the server; for keywords of other versions it may quote more.
async fn like_quote_ident(client: &Client) {
    let words = client.query("SELECT word, quote_ident(word) FROM pg_get_keywords()", &[]).await.expect("keywords");
    assert!(words.len() > 400, "{} keywords", words.len());
    for row in &words {
        assert_eq!(Postgres.name(row.get(0)), row.get::<_, String>(1));
    }
    let names: Vec<&str> = HOSTILE.to_vec();
    let quoted = client.query("SELECT n, quote_ident(n) FROM unnest($1::text[]) n", &[&names]).await.expect("names");
    for row in &quoted {
        assert_eq!(Postgres.name(row.get(0)), row.get::<_, String>(1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_literals_survive_postgresql_15() {
    round_trip(15).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_literals_survive_postgresql_17() {
    round_trip(17).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_literals_survive_postgresql_18() {
    round_trip(18).await;
}

#[test]
fn a_nul_ends_nothing() {
    assert_eq!(Postgres.literal("a\0b"), "'ab'");
    assert_eq!(Postgres.ident("a\0\"b"), "\"a\"\"b\"");
}
