//! Types, functions, roles, extensions, columns of expressions, keys and values that are not there: refused before anything
//! is done where the server would refuse them, and never where it would not.

use dbwright_core::progress::Silent;
use dbwright_migrate::run::{self, Options};
use dbwright_testkit::sql::execute;
use dbwright_testkit::{Database, majors};

use crate::common::{cell, file, options, session};

const START: &str = r#"
    CREATE SCHEMA shop; CREATE SCHEMA "Odd One";
    CREATE TYPE shop.mood AS ENUM ('calm', 'angry'); CREATE TYPE tone AS ENUM ('low', 'high');
    CREATE DOMAIN positive AS int CHECK (VALUE > 0);
    CREATE TABLE parcels (id int PRIMARY KEY, label text, qty int NOT NULL, place int, at timestamptz, data jsonb,
        UNIQUE (label, qty));
    INSERT INTO parcels SELECT n, 'L' || n, n FROM generate_series(1, 20) n;
    CREATE TABLE shop.places (id uuid PRIMARY KEY, name text, feeling shop.mood DEFAULT 'calm', code varchar(10) UNIQUE);
    CREATE UNIQUE INDEX parcels_place ON parcels (place) WHERE place > 0;
    CREATE TABLE "Odd One"."Big Table" ("Id" int PRIMARY KEY, "Some Value" text);
    CREATE TABLE plain (a int, b text);
    CREATE TABLE days (day date NOT NULL, v int, PRIMARY KEY (day)) PARTITION BY RANGE (day);
    CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
    CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2 * $1';
    CREATE FUNCTION grow() RETURNS void LANGUAGE sql AS 'CREATE TYPE grown AS ENUM (''a'')';
"#;

/// What the last statement names wrongly: the code, a part of the message, and a part of the hints.
const WRONG: &[(&str, &str, &str, &str)] = &[
    // Types.
    ("CREATE TABLE a (id int, b citexts)", "no-type", "\"citexts\"", ""),
    ("CREATE TABLE a (id int, b numberic(10,2)[])", "no-type", "\"numberic\"", "numeric"),
    ("CREATE TABLE a (id mood)", "no-type", "\"mood\"", "write shop.mood"),
    ("ALTER TABLE parcels ADD COLUMN a shop.moods", "no-type", "shop.moods", ""),
    ("ALTER TABLE parcels ALTER COLUMN qty TYPE bigintt USING qty::bigintt", "no-type", "\"bigintt\"", ""),
    ("CREATE TABLE a (id int DEFAULT '1'::itn)", "no-type", "\"itn\"", "int"),
    ("CREATE FUNCTION f(a integr) RETURNS int LANGUAGE sql AS 'SELECT 1'", "no-type", "\"integr\"", ""),
    ("CREATE FUNCTION f() RETURNS SETOF shop.nothing LANGUAGE sql AS 'SELECT 1'", "no-type", "shop.nothing", ""),
    ("CREATE FUNCTION f() RETURNS TABLE (a int, b txt) LANGUAGE sql AS 'SELECT 1'", "no-type", "\"txt\"", "text"),
    ("CREATE DOMAIN d AS uid CHECK (VALUE IS NOT NULL)", "no-type", "\"uid\"", "did you mean"),
    ("CREATE TYPE pair AS (x int, y flot)", "no-type", "\"flot\"", ""),
    ("SET search_path = shop; CREATE TABLE a (m mood, t tone)", "no-type", "\"tone\"", "public.tone"),
    ("CREATE TYPE made AS ENUM ('a'); CREATE TABLE a (m made, n maid)", "no-type", "\"maid\"", "name a type"),
    // Functions.
    ("CREATE TABLE a (id uuid DEFAULT gen_random_uid())", "no-function", "gen_random_uid()", "gen_random_uuid"),
    ("ALTER TABLE parcels ALTER COLUMN at SET DEFAULT noww()", "no-function", "noww()", "now"),
    ("ALTER TABLE parcels ADD COLUMN a int DEFAULT shop.twice(1)", "no-function", "shop.twice", "public.twice"),
    (
        "ALTER TABLE parcels ADD CONSTRAINT c CHECK (lenght(label) > 1) NOT VALID",
        "no-function",
        "lenght(text)",
        "length",
    ),
    ("CREATE INDEX i ON parcels (lowr(label))", "no-function", "lowr(text)", "lower"),
    ("CREATE INDEX i ON parcels (lower(qty))", "no-function", "lower(integer)", ""),
    (
        "CREATE TABLE a (id int, b text GENERATED ALWAYS AS (uper(id::text)) STORED)",
        "no-function",
        "uper(text)",
        "upper",
    ),
    ("CREATE TRIGGER t BEFORE INSERT ON parcels FOR EACH ROW EXECUTE FUNCTION touch()", "no-function", "touch()", ""),
    (
        "CREATE TRIGGER t BEFORE INSERT ON parcels FOR EACH ROW EXECUTE PROCEDURE shop.tuch()",
        "no-function",
        "shop.tuch()",
        "touch",
    ),
    ("CREATE TABLE a (id int CHECK (id > 'x'::text))", "no-operator", "integer > text", ""),
    // Roles.
    ("GRANT SELECT ON parcels TO dbwright_nobody", "no-role", "dbwright_nobody", "CREATE ROLE"),
    ("REVOKE ALL ON SCHEMA public FROM PUBLIC, \"Dbwright Nobody\"", "no-role", "\"Dbwright Nobody\"", ""),
    ("ALTER TABLE parcels OWNER TO dbwright_nobody", "no-role", "dbwright_nobody", ""),
    ("CREATE POLICY p ON parcels TO dbwright_nobody USING (true)", "no-role", "dbwright_nobody", ""),
    (
        "ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO dbwright_nobody",
        "no-role",
        "dbwright_nobody",
        "",
    ),
    ("CREATE SCHEMA s AUTHORIZATION dbwright_nobody", "no-role", "dbwright_nobody", ""),
    // Extensions and schemas.
    ("CREATE EXTENSION IF NOT EXISTS postgiss", "no-extension", "postgiss", "pg_available_extensions"),
    ("CREATE EXTENSION \"pg-trgm\"", "no-extension", "\"pg-trgm\"", "pg_trgm"),
    ("CREATE TABLE shp.a (id int)", "no-schema", "shp", "shop"),
    ("CREATE FUNCTION nowhere.f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "no-schema", "nowhere", "CREATE SCHEMA"),
    ("ALTER TABLE parcels SET SCHEMA nowhere", "no-schema", "nowhere", ""),
    ("GRANT USAGE ON SCHEMA nowhere TO PUBLIC", "no-schema", "nowhere", ""),
    // Foreign keys.
    ("CREATE TABLE a (id int REFERENCES plain (a))", "foreign-key", "plain is on (a)", "UNIQUE"),
    ("CREATE TABLE a (id int REFERENCES plain)", "foreign-key", "plain has no primary key", ""),
    ("ALTER TABLE plain ADD FOREIGN KEY (b) REFERENCES parcels (label)", "foreign-key", "(label)", "(label, qty)"),
    (
        "ALTER TABLE plain ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES parcels (place) NOT VALID",
        "foreign-key",
        "(place)",
        "",
    ),
    ("ALTER TABLE plain ADD FOREIGN KEY (a, b) REFERENCES parcels", "foreign-key", "as many columns", ""),
    (
        "ALTER TABLE plain ADD FOREIGN KEY (a) REFERENCES shop.places (id)",
        "foreign-key",
        "a of plain is integer",
        "uuid",
    ),
    (
        "CREATE TABLE a (id int PRIMARY KEY, n int); CREATE TABLE b (id bigserial PRIMARY KEY, a int REFERENCES a (n))",
        "foreign-key",
        "a is on (n)",
        "(id)",
    ),
    // Values of enums.
    ("ALTER TYPE tone ADD VALUE 'mid' BEFORE 'hi'", "no-value", "'hi'", "'low', 'high'"),
    ("ALTER TYPE shop.mood ADD VALUE 'calm'", "value-taken", "'calm'", "IF NOT EXISTS"),
    ("ALTER TYPE tone RENAME VALUE 'medium' TO 'mid'", "no-value", "'medium'", ""),
    ("ALTER TYPE tone RENAME VALUE 'low' TO 'high'", "value-taken", "'high'", ""),
    ("CREATE TABLE a (t tone DEFAULT 'loud')", "wrong-value", "\"loud\"", ""),
    ("ALTER TABLE shop.places ALTER COLUMN feeling SET DEFAULT 'clam'", "wrong-value", "\"clam\"", ""),
    (
        "CREATE TYPE made AS ENUM ('a', 'b'); CREATE TABLE a (m made NOT NULL DEFAULT 'c')",
        "no-value",
        "'c'",
        "'a', 'b'",
    ),
    // Columns inside of expressions.
    ("CREATE VIEW v AS SELECT id, lable FROM parcels", "no-column", "\"lable\"", "label"),
    (
        "CREATE MATERIALIZED VIEW v AS SELECT p.id FROM parcels p JOIN shop.places s ON s.idd = p.id",
        "no-column",
        "s.idd",
        "",
    ),
    ("CREATE VIEW v AS SELECT * FROM nowhere", "no-table", "\"nowhere\"", ""),
    ("CREATE POLICY p ON parcels USING (owner = current_user)", "no-column", "\"owner\"", ""),
    (
        "CREATE TRIGGER t BEFORE UPDATE ON parcels FOR EACH ROW WHEN (OLD.lable IS DISTINCT FROM NEW.label) EXECUTE FUNCTION shop.touch()",
        "no-column",
        "old.lable",
        "",
    ),
    (
        "CREATE TRIGGER t AFTER UPDATE OF lable ON parcels FOR EACH ROW EXECUTE FUNCTION shop.touch()",
        "no-column",
        "lable of parcels",
        "label",
    ),
    ("CREATE INDEX i ON parcels ((qty + plce)) WHERE id > 3", "no-column", "\"plce\"", "place"),
    ("CREATE INDEX i ON parcels (qty) WHERE deleted IS NULL", "no-column", "\"deleted\"", ""),
    ("ALTER TABLE parcels ADD CONSTRAINT c CHECK (quantity > 0)", "no-column", "\"quantity\"", ""),
    ("CREATE TABLE a (id int, total int, CHECK (totl > 0))", "no-column", "\"totl\"", "total"),
    ("CREATE TABLE a (id int); CREATE INDEX ON a (lower(name))", "no-column", "\"name\"", ""),
    ("CREATE TABLE a (id serial, b text); CREATE VIEW v AS SELECT id, c FROM a", "no-column", "\"c\"", ""),
    (
        "ALTER TABLE parcels ADD COLUMN sum int GENERATED ALWAYS AS (qty + plase) STORED",
        "no-column",
        "\"plase\"",
        "place",
    ),
    ("CREATE STATISTICS s ON qty, plase FROM parcels", "no-column", "plase of parcels", "place"),
];

/// What the server does without complaint.
const RIGHT: &[&str] = &[
    "CREATE TYPE made AS ENUM ('a', 'b'); CREATE TABLE a (m made DEFAULT 'b', n made[] DEFAULT '{a}'); ALTER TYPE made RENAME TO done; \
     ALTER TABLE a ADD COLUMN o done DEFAULT 'a'; CREATE VIEW v AS SELECT m FROM a WHERE m = 'b'",
    "SET search_path = shop, public; CREATE TABLE a (m mood DEFAULT 'calm', t tone DEFAULT 'low', p positive DEFAULT 3)",
    "CREATE EXTENSION citext; CREATE TABLE a (email citext UNIQUE, CHECK (email LIKE '%@%')); CREATE INDEX ON a (lower(email)); CREATE TABLE b (email citext REFERENCES a (email))",
    "CREATE EXTENSION hstore WITH SCHEMA shop; CREATE TABLE a (h shop.hstore DEFAULT ''::shop.hstore); CREATE INDEX ON a USING gin (h)",
    "CREATE EXTENSION IF NOT EXISTS \"ltree\"; CREATE TABLE a (p ltree DEFAULT 'a.b', n int DEFAULT nlevel('a.b'))",
    "CREATE EXTENSION pg_trgm; CREATE INDEX ON parcels USING gin (label gin_trgm_ops); CREATE TABLE a (b text CHECK (b % 'x'))",
    "DO $$ BEGIN EXECUTE 'CREATE TYPE dyn AS ENUM (''x'')'; END $$; CREATE TABLE a (d dyn DEFAULT 'x', e int CHECK (e > 0))",
    "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dbwright_some') THEN CREATE ROLE dbwright_some; END IF; END $$; \
     GRANT SELECT ON parcels TO dbwright_some; REVOKE ALL ON parcels FROM dbwright_some",
    "SELECT grow(); CREATE TABLE a (g grown DEFAULT 'a')",
    "CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.at := now(); RETURN NEW; END $$; \
     CREATE TRIGGER stamped BEFORE INSERT OR UPDATE OF label, qty ON parcels FOR EACH ROW WHEN (NEW.qty > 0) EXECUTE FUNCTION stamp()",
    "CREATE TRIGGER stamped BEFORE UPDATE ON parcels FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE PROCEDURE shop.touch()",
    "CREATE TABLE a (id int, b text); CREATE TRIGGER t BEFORE UPDATE ON a FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION shop.touch()",
    "CREATE TRIGGER s BEFORE INSERT ON parcels FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "ALTER TABLE parcels ADD COLUMN search tsvector; CREATE TRIGGER s BEFORE INSERT OR UPDATE ON parcels FOR EACH ROW \
     EXECUTE FUNCTION tsvector_update_trigger(search, 'pg_catalog.english', label)",
    "GRANT SELECT ON parcels TO PUBLIC; ALTER TABLE parcels OWNER TO CURRENT_USER; CREATE POLICY p ON parcels TO PUBLIC USING (label = current_user::text); \
     CREATE POLICY q ON parcels FOR INSERT TO CURRENT_USER WITH CHECK (qty > 0 AND EXISTS (SELECT FROM shop.places s WHERE s.name = parcels.label))",
    "CREATE SCHEMA fresh; CREATE TABLE fresh.a (id int); CREATE FUNCTION fresh.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; \
     ALTER TABLE fresh.a ALTER id SET DEFAULT fresh.f(); GRANT USAGE ON SCHEMA fresh TO PUBLIC; ALTER TABLE plain SET SCHEMA fresh",
    "CREATE TABLE a (id int, b text, UNIQUE (id, b), PRIMARY KEY (id)); CREATE TABLE c (b text, id int, FOREIGN KEY (b, id) REFERENCES a (b, id)); \
     ALTER TABLE c ADD FOREIGN KEY (id) REFERENCES a",
    "CREATE TABLE tree (id bigint PRIMARY KEY, parent int REFERENCES tree, CONSTRAINT other FOREIGN KEY (parent) REFERENCES tree (id) DEFERRABLE)",
    "CREATE UNIQUE INDEX plain_a ON plain (a); CREATE TABLE a (id numeric, p int REFERENCES plain (a))",
    "ALTER TABLE plain ADD PRIMARY KEY (a); CREATE TABLE a (id bigint REFERENCES plain)",
    "CREATE TABLE a (code text REFERENCES shop.places (code), place uuid REFERENCES shop.places ON DELETE SET NULL)",
    "ALTER TABLE plain ADD COLUMN place_id uuid REFERENCES shop.places, ADD UNIQUE (a), ADD CONSTRAINT self FOREIGN KEY (a) REFERENCES plain (a)",
    "CREATE TABLE a (day date REFERENCES days); CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM ('2026-02-01') TO ('2026-03-01'); CREATE INDEX ON days_2 ((v + 1))",
    "ALTER TYPE tone ADD VALUE IF NOT EXISTS 'low'; ALTER TYPE tone ADD VALUE 'mid' BEFORE 'high'; ALTER TYPE tone ADD VALUE 'more' AFTER 'mid'",
    "ALTER TYPE tone RENAME VALUE 'low' TO 'deep'; ALTER TYPE tone RENAME VALUE 'high' TO 'low'; ALTER TYPE tone RENAME TO tones; CREATE TABLE a (t tones DEFAULT 'deep')",
    "CREATE TYPE e AS ENUM (); ALTER TYPE e ADD VALUE 'a'; ALTER TYPE e ADD VALUE 'b' BEFORE 'a'",
    "CREATE VIEW v AS SELECT p.id, p.label || s.name AS both_of FROM parcels p LEFT JOIN shop.places s ON s.code = p.label; \
     CREATE VIEW w AS SELECT both_of FROM v; CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n FROM w; CREATE UNIQUE INDEX ON m (n)",
    "CREATE TABLE a (id serial PRIMARY KEY, b text); CREATE VIEW v AS SELECT a.id, a.b, count(*) OVER () FROM a; CREATE VIEW w AS WITH x AS (SELECT * FROM a) SELECT x.b FROM x; \
     CREATE VIEW g AS SELECT a.id, a.b FROM a JOIN parcels p ON p.id = a.id GROUP BY a.id",
    "CREATE TABLE public.a (id int, b text); CREATE VIEW public.v AS SELECT b FROM public.a; CREATE INDEX ON public.a (lower(b)); ALTER TABLE ONLY public.a ADD CONSTRAINT p PRIMARY KEY (id)",
    "CREATE RECURSIVE VIEW up (n) AS SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < 5",
    "ALTER TABLE parcels ADD COLUMN weight int; CREATE VIEW v AS SELECT weight FROM parcels; CREATE INDEX ON parcels ((weight + qty)); ALTER TABLE parcels ADD CONSTRAINT w CHECK (weight > qty) NOT VALID",
    "ALTER TABLE parcels RENAME COLUMN label TO tag; CREATE VIEW v AS SELECT tag FROM parcels; CREATE INDEX ON parcels (lower(tag)); ALTER TABLE parcels RENAME TO packets; CREATE VIEW w AS SELECT tag FROM packets",
    "ALTER TABLE days ADD COLUMN note text; CREATE INDEX ON days_1 (lower(note)); CREATE VIEW v AS SELECT note FROM days_1",
    "CREATE TABLE a (LIKE parcels INCLUDING ALL, extra int CHECK (extra > qty)); CREATE VIEW v AS SELECT label, extra FROM a; CREATE INDEX ON a (lower(label))",
    "CREATE TABLE base (id int, note text); CREATE TABLE derived (more int CHECK (more > id)) INHERITS (base); CREATE VIEW v AS SELECT note, more FROM derived",
    "CREATE FUNCTION name_of(p parcels) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT p.label'; CREATE VIEW v AS SELECT p.name_of, parcels.name_of AS other FROM parcels p, parcels",
    "CREATE TABLE a (id int, xs text[] DEFAULT ARRAY[]::text[], j jsonb NOT NULL DEFAULT '{}', at timestamptz DEFAULT CURRENT_TIMESTAMP, who text DEFAULT CURRENT_USER, \
     n numeric(10,2) DEFAULT 0.0, u uuid DEFAULT gen_random_uuid(), i interval DEFAULT '1 day', b bit(3) DEFAULT B'101', d double precision DEFAULT 'NaN', \
     c char(2) DEFAULT 'xy', v varchar(3) COLLATE \"C\" DEFAULT 'abc'::character varying, t time with time zone DEFAULT now())",
    "CREATE SEQUENCE nrs; CREATE TABLE a (id int DEFAULT nextval('nrs'), b int DEFAULT nextval('nrs'::regclass)); CREATE TABLE b (id bigserial, c bigint DEFAULT nextval('b_id_seq'))",
    "CREATE TABLE \"order\" (\"select\" int CHECK (\"select\" > 0), \"user\" text, \"Mixed Case\" int GENERATED ALWAYS AS (\"select\" * 2) STORED); CREATE INDEX ON \"order\" (lower(\"user\")); \
     CREATE VIEW w AS SELECT \"Mixed Case\" FROM \"order\"; CREATE VIEW x AS SELECT b.\"Some Value\" FROM \"Odd One\".\"Big Table\" b",
    "CREATE TABLE IF NOT EXISTS parcels (x nosuchtype CHECK (nosuch(x)), y int REFERENCES plain (a)); ALTER TABLE parcels ADD COLUMN IF NOT EXISTS label text; ALTER TABLE IF EXISTS nowhere ADD COLUMN a nosuchtype",
    "SELECT pg_catalog.set_config('search_path', '', false); CREATE TABLE shop.a (id integer NOT NULL, m shop.mood DEFAULT 'calm'::shop.mood NOT NULL); \
     CREATE FUNCTION public.f() RETURNS integer LANGUAGE sql AS $$SELECT 1$$; ALTER TABLE ONLY shop.a ALTER COLUMN id SET DEFAULT public.f(); ALTER TABLE ONLY shop.a ADD CONSTRAINT a_pkey PRIMARY KEY (id); \
     CREATE INDEX a_m ON shop.a USING btree (((id + 1)), m); CREATE VIEW shop.v AS SELECT a.id FROM shop.a",
    "BEGIN; SET LOCAL search_path TO shop; CREATE TABLE a (m mood DEFAULT 'angry'); CREATE INDEX ON places (lower(name)); CREATE TABLE public.b (t public.tone); COMMIT",
    "CREATE FUNCTION f(a parcels, b int DEFAULT 1, VARIADIC c text[] DEFAULT '{}') RETURNS TABLE (x shop.mood, y numeric(4,1)) LANGUAGE sql AS 'SELECT NULL::shop.mood, 1.0'; DROP FUNCTION f; \
     CREATE PROCEDURE p(INOUT a anyelement) LANGUAGE plpgsql AS 'BEGIN END'",
    "CREATE DOMAIN email AS text CHECK (VALUE ~ '^.+@.+$' AND length(VALUE) < 255) DEFAULT 'a@b'; CREATE TABLE a (e email NOT NULL, o email[], CHECK (lower(e) = e))",
    "CREATE TYPE pair AS (x int, y text); CREATE TABLE a (p pair, CHECK ((p).x > 0)); CREATE VIEW v AS SELECT (p).y FROM a; CREATE INDEX ON a (((p).y))",
    "CREATE INDEX ON parcels ((data ->> 'x'), (COALESCE(label, 'x')) COLLATE \"C\" DESC) INCLUDE (qty) WHERE at IS NOT NULL AND (data -> 'n')::int > 3; \
     CREATE STATISTICS s (ndistinct) ON qty, place FROM parcels; CREATE INDEX ON parcels (EXTRACT(year FROM at AT TIME ZONE 'UTC'))",
    "CREATE TABLE a AS SELECT id, label AS name FROM parcels; CREATE INDEX ON a (lower(name)); CREATE VIEW v AS SELECT name FROM a; ALTER TABLE a ADD CONSTRAINT c CHECK (name <> '')",
    "ALTER TABLE parcels ALTER COLUMN qty TYPE bigint USING qty * 2 + COALESCE(place, 0); CREATE VIEW v AS SELECT qty + 1 AS n FROM parcels",
    "CREATE TABLE a (r tstzrange, room int, EXCLUDE USING gist (r WITH &&) WHERE (room > 1)); CREATE TABLE b (id int GENERATED BY DEFAULT AS IDENTITY, d date) PARTITION BY RANGE (d); \
     CREATE TABLE b1 PARTITION OF b DEFAULT; CREATE INDEX ON b (EXTRACT(month FROM d)); CREATE INDEX ON b1 ((id + 1))",
    "CREATE OR REPLACE VIEW v AS SELECT 1 AS one; CREATE OR REPLACE VIEW v AS SELECT 1 AS one, 2 AS two; CREATE VIEW w AS SELECT two FROM v; COMMENT ON VIEW v IS 'it''s'",
    "DROP TABLE plain; CREATE TABLE plain (id int PRIMARY KEY, c text); CREATE VIEW v AS SELECT c FROM plain; CREATE TABLE a (p int REFERENCES plain); DROP TYPE tone; CREATE TYPE tone AS ENUM ('x'); CREATE TABLE b (t tone DEFAULT 'x')",
    "DROP SCHEMA shop CASCADE; CREATE SCHEMA shop; CREATE TYPE shop.mood AS ENUM ('new'); CREATE TABLE shop.places (id int PRIMARY KEY, other text, m shop.mood DEFAULT 'new'); \
     CREATE VIEW shop.v AS SELECT other FROM shop.places; CREATE TABLE a (p int REFERENCES shop.places)",
    "DROP FUNCTION twice; CREATE FUNCTION twice(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1'; CREATE INDEX ON parcels (twice(label)); DROP DOMAIN positive; CREATE TYPE positive AS ENUM ('x'); \
     CREATE TABLE a (p positive DEFAULT 'x', CHECK (p = 'x'))",
    "CREATE TABLE a (id int) -- no more\n; CREATE INDEX ON a ((id + 1 -- plus one\n)); CREATE VIEW v AS SELECT id FROM a -- all of it\n",
    "CREATE TABLE a (tags text[], CHECK (array_length(tags, 1) < 10), CHECK (a IS NOT NULL), CHECK (tableoid IS NOT NULL))",
];

fn start(major: u32) -> Database {
    let database = Database::create(major);
    database.execute(START);
    database
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_would_refuse_is_refused_before_anything_is_done() {
    let mut wrong = Vec::new();
    for major in majors().expect("majors") {
        let own = start(major);
        for (text, code, message, hint) in WRONG {
            if execute(&own.url, &format!("BEGIN; {text}; ROLLBACK")).is_ok() {
                wrong.push(format!("{major}: the server takes {text}"));
            }
            let mut session = session(&own).await;
            let preview = run::preview(&mut session, &[file("1", text)], &options()).await;
            let Err(failure) = preview else {
                wrong.push(format!("{major}: nothing is said of {text}"));
                continue;
            };
            let told = failure.code == format!("migrate.{code}")
                && failure.message.contains(message)
                && failure.message.starts_with("1_test.sql:")
                && failure.hints.join("; ").contains(hint)
                && !failure.hints.is_empty();
            if !told {
                wrong.push(format!("{major}: {text}: {failure:?}"));
            }
        }
        let made = cell(&own.url, "SELECT coalesce(to_regclass('a')::text, 'none') || (SELECT count(*) FROM parcels)");
        assert_eq!(made, "none20", "{major}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_takes_is_not_refused() {
    let mut wrong = Vec::new();
    for major in majors().expect("majors") {
        for text in RIGHT {
            let own = start(major);
            let mut session = session(&own).await;
            let allowed = Options { allow_blocking: true, ..options() };
            if let Err(failure) = run::apply(&mut session, &[file("1", text)], &allowed, &Silent).await {
                wrong.push(format!("{major}: {text}: {failure:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
