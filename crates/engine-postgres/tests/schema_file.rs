//! Schema files loaded into a real lab: dumps come through, faults are shown at their place.

use std::path::Path;

use dbwright_check::Checks;
use dbwright_core::engine::ObserveOptions;
use dbwright_core::progress::Silent;
use dbwright_core::rule::Limits;
use dbwright_core::{Failure, Snapshot};
use dbwright_engine_postgres::Postgres;
use dbwright_engine_postgres::body::PgBody;
use dbwright_testkit::postgres_bin;

async fn load(sql: &str) -> Result<Snapshot, Failure> {
    let options = ObserveOptions { programs: vec![postgres_bin(15)], ..ObserveOptions::default() };
    let lab = Postgres.schema_lab().expect("PostgreSQL has one");
    assert!(lab.dialects().contains(&"postgres"));
    lab.load(Path::new("dir/schema.sql"), sql, "postgres", &options, &Silent).await
}

async fn fault(sql: &str) -> Failure {
    load(sql).await.err().unwrap_or_else(|| panic!("{sql} was taken"))
}

/// What `pg_dump --create` and `pg_dumpall` write, and what they leave to the server.
const DUMP: &str = r#"
\restrict abcDEF
SET statement_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SELECT pg_catalog.set_config('search_path', '', false);
CREATE ROLE postgres;
ALTER ROLE postgres WITH SUPERUSER;
CREATE DATABASE shop WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE = 'C';
ALTER DATABASE shop OWNER TO "the ""owner""";
\connect shop
COMMENT ON DATABASE shop IS 'x';
SET default_tablespace = fast;
BEGIN;
CREATE TABLE public.a (id integer NOT NULL, note text DEFAULT ';''') TABLESPACE fast;
ALTER TABLE public.a OWNER TO shopkeeper;
GRANT SELECT ON public.a TO reader, writer;
COMMIT;
CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS $body$ begin return new; end; $body$;
CREATE TRIGGER t BEFORE INSERT ON public.a FOR EACH ROW EXECUTE FUNCTION public.f();
CREATE SEQUENCE public.a_id_seq AS integer;
ALTER SEQUENCE public.a_id_seq OWNER TO shopkeeper;
ALTER SEQUENCE public.a_id_seq OWNED BY public.a.id;
ALTER TABLE ONLY public.a ALTER COLUMN id SET DEFAULT nextval('public.a_id_seq'::regclass);
COPY public.a (id, note) FROM stdin;
1	it's; \N
2	$$ not a statement
\.
SELECT pg_catalog.setval('public.a_id_seq', 2000000000, true);
ALTER TABLE ONLY public.a ADD CONSTRAINT a_pkey PRIMARY KEY (id);
CREATE INDEX CONCURRENTLY a_note ON public.a (note);
\unrestrict abcDEF
"#;

#[tokio::test]
async fn a_dump_comes_through_and_only_its_schema_is_shown() {
    let snapshot = load(DUMP).await.unwrap_or_else(|failure| panic!("{failure:?}"));
    assert_eq!(snapshot.header.name, "dir/schema.sql");
    let body: &PgBody = snapshot.body().expect("ours");
    assert_eq!(body.server.database, "shop");
    let table = body.catalog.tables.first().expect("one table");
    assert_eq!((table.name.as_str(), table.owner.as_deref(), table.rows), ("a", Some("shopkeeper"), None));
    assert_eq!((table.indexes.len(), table.triggers.len()), (2, 1));
    assert_eq!(table.column("id").and_then(|c| c.highest.as_ref()).map(|h| h.value), Some(2_000_000_000));
    assert!(body.settings.is_empty() && body.databases.is_empty() && body.columns.is_empty());
    let areas: Vec<&str> = snapshot.header.gaps.iter().map(|gap| gap.area.as_str()).collect();
    for area in ["settings", "statistics", "activity", "schema-file"] {
        assert!(areas.contains(&area), "{areas:?}");
    }
    let outcome = Postgres.check(&snapshot, &Limits::new()).expect("checked");
    assert!(outcome.scorecard.is_empty(), "a file keeps no promises");
    let about_the_lab =
        outcome.findings.iter().find(|finding| ["fsync", "autovacuum", "server"].contains(&finding.subject.as_str()));
    assert!(about_the_lab.is_none(), "{about_the_lab:?}");
}

#[tokio::test]
async fn the_engine_s_own_error_comes_with_line_and_caret() {
    let failure = fault("CREATE TABLE ok (id int);\n\n-- ünïcode\nCREATE TABLE t (\n  id intt PRIMARY KEY\n);\n").await;
    assert_eq!(failure.code, "postgres.schema-file");
    assert_eq!(failure.message, "dir/schema.sql:5:6: type \"intt\" does not exist");
    let excerpt = failure.excerpt.expect("an excerpt");
    assert!(excerpt.ends_with("5 |   id intt PRIMARY KEY\n  |      ^"), "{excerpt}");
}

#[tokio::test]
async fn an_error_without_a_position_is_shown_at_its_statement() {
    let failure = fault("CREATE TABLE t (id int);\n  /* again */ CREATE TABLE t (id int);").await;
    assert_eq!(failure.message, "dir/schema.sql:2:15: relation \"t\" already exists");
}

#[tokio::test]
async fn what_only_psql_can_do_is_refused_at_its_line() {
    let include = fault("CREATE TABLE t ();\n\\i other.sql\n").await;
    assert!(include.message.starts_with("dir/schema.sql:2:1: another file"), "{include}");
    let second = fault("\\connect a\nCREATE TABLE t ();\n\\connect b\n").await;
    assert!(second.message.contains("dir/schema.sql:3:1") && second.message.contains("another database"), "{second}");
}

#[tokio::test]
async fn a_missing_extension_is_named_with_its_package() {
    let failure = fault("CREATE EXTENSION no_such_thing;").await;
    assert!(failure.message.contains("no_such_thing"), "{failure}");
    assert!(failure.hints.iter().any(|hint| hint.contains("postgresql-15-no-such-thing")), "{:?}", failure.hints);
}

#[tokio::test]
async fn an_empty_file_is_an_empty_schema() {
    let snapshot = load("-- nothing\n").await.unwrap_or_else(|failure| panic!("{failure:?}"));
    let body: &PgBody = snapshot.body().expect("ours");
    assert!(body.catalog.tables.is_empty());
}
