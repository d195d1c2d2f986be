//! Observing real servers: everything is seen, by any role, in an incident, without a trace.

use crate::common::{VERSIONS, body, connect, observe, observe_with, table};
use dbwright_core::engine::{ObserveOptions, Values};
use dbwright_sql::model::{ConstraintKind, Generated, TableKind};
use dbwright_testkit::Database;

/// Every kind of object, under names that need quotes.
const NASTY: &str = include_str!("nasty.sql");
const ODD_SCHEMA: &str = "s p.a\"c;e";
const ODD_TABLE: &str = "ta\"ble.x 😀\nnl";

#[tokio::test]
async fn every_kind_of_object_is_seen_on_every_version() {
    for major in VERSIONS {
        let database = Database::create(major);
        database.execute(NASTY);
        let snapshot = observe(&database.url).await;
        let body = body(&snapshot);
        assert_eq!(body.server.major(), i32::try_from(major).expect("small"));
        let unexpected: Vec<_> = snapshot.header.gaps.iter().filter(|gap| gap.area != "statements").collect();
        assert!(unexpected.is_empty(), "{major}: {unexpected:?}");
        assert!(snapshot.header.cost.queries < 64, "{:?}", snapshot.header.cost);

        let odd = table(body, ODD_SCHEMA, ODD_TABLE);
        let column = |name: &str| odd.column(name).unwrap_or_else(|| panic!("no column {name}"));
        assert_eq!(column("select").generated, Some(Generated::IdentityAlways));
        assert_eq!((column("a b").base_type.as_str(), column("a b").not_null), ("int4", true), "a domain of a domain");
        assert_eq!(column("g").generated, Some(Generated::Stored));
        assert!(column("g").default.as_deref().is_some_and(|text| text.contains("+ 1")), "{:?}", column("g"));
        assert_eq!((column("t").collation.as_deref(), column("m").data_type.as_str()), (Some("C"), "public.mood"));
        let kinds: Vec<_> = odd.constraints.iter().map(|constraint| &constraint.kind).collect();
        for kind in
            [ConstraintKind::PrimaryKey, ConstraintKind::Unique, ConstraintKind::Check, ConstraintKind::Exclusion]
        {
            assert!(kinds.contains(&&kind), "{kind:?} of {kinds:?}");
        }
        assert!(odd.constraints.iter().all(|constraint| constraint.definition.is_some()), "{:?}", odd.constraints);

        let index = odd.indexes.iter().find(|index| index.name == "i \" x").expect("the index");
        assert_eq!(index.keys[0].expression.as_deref(), Some("lower(t)"));
        assert!(index.keys[0].descending && index.keys[0].nulls_first && index.keys[0].opclass == "text_pattern_ops");
        assert!(index.keys[1].column.as_deref() == Some("a b") && index.keys[1].nulls_first);
        assert_eq!((index.include.as_slice(), index.method.as_str()), (&["ts".to_owned()][..], "btree"));
        assert!(index.predicate.as_deref().is_some_and(|text| text.contains("'sad'")), "{:?}", index.predicate);
        assert_eq!(body.indexes[&index.id].options, ["fillfactor=70"]);
        assert!(index.definition.as_deref().is_some_and(|text| text.starts_with("CREATE INDEX")));
    }
}

#[tokio::test]
async fn relations_between_tables_are_seen() {
    for major in VERSIONS {
        let database = Database::create(major);
        database.execute(NASTY);
        let snapshot = observe(&database.url).await;
        let body = body(&snapshot);
        let public = |name| table(body, "public", name);
        let (root, first, second, leaf) = (public("par"), public("par1"), public("par1a"), public("par1a0"));
        assert_eq!((root.kind, root.partitioning.as_deref()), (TableKind::Partitioned, Some("PARTITION BY LIST (k)")));
        assert_eq!((first.parents.as_slice(), second.parents.as_slice()), (&[root.id][..], &[first.id][..]));
        assert!(leaf.is_partition && leaf.parents == [second.id] && leaf.kind == TableKind::Table);
        assert!(
            leaf.partitioning.as_deref().is_some_and(|bound| bound.contains("remainder 0")),
            "{:?}",
            leaf.partitioning
        );
        assert!(leaf.indexes.iter().all(|index| index.parent.is_some()));
        assert!(leaf.constraints.iter().all(|constraint| constraint.inherited));
        let child = public("child");
        assert!(child.parents == [public("base").id] && !child.is_partition);

        let (constraint, references) = public("fk").foreign_keys().find(|(_, r)| r.schema == ODD_SCHEMA).expect("one");
        assert_eq!((references.table.as_str(), references.columns.as_slice()), (ODD_TABLE, &["select".to_owned()][..]));
        assert_eq!((references.on_delete.as_str(), references.on_update.as_str()), ("CASCADE", "SET NULL"));
        assert_eq!(constraint.columns, ["base"]);
        let invalid = public("fk").constraints.iter().find(|constraint| constraint.name == "nv").expect("it");
        assert!(!invalid.validated);
        let trigger = public("fk").triggers.first().expect("a trigger");
        assert_eq!(trigger.enabled, "disabled");
        assert!(trigger.definition.contains("WHEN"), "{}", trigger.definition);
        assert!(public("v").definition.as_deref().is_some_and(|text| text.contains("SELECT")));
        assert_eq!((public("mv").kind, public("ft").kind), (TableKind::MaterializedView, TableKind::Foreign));
        assert_eq!(public("fk").comment.as_deref(), Some("it's"));
    }
}

#[tokio::test]
async fn figures_and_values_are_seen_and_values_can_be_left_out() {
    let database = Database::create(17);
    database.execute(NASTY);
    let snapshot = observe(&database.url).await;
    let seen = body(&snapshot);
    let base = table(seen, "public", "base");
    assert_eq!(base.rows, Some(1000.0));
    assert!(base.bytes.is_some_and(|bytes| bytes >= 40_960), "{:?}", base.bytes);
    assert_eq!(base.column("a").and_then(|column| column.highest.as_ref()).map(|highest| highest.value), Some(1000));
    let lonely = seen.catalog.sequences.iter().find(|sequence| sequence.name == "lonely").expect("it");
    assert_eq!((lonely.last_value, lonely.readable, lonely.max_value, lonely.cycle), (Some(2), true, 300, true));
    let owned = seen.catalog.sequences.iter().find(|sequence| sequence.name == "par_id_seq").expect("it");
    assert_eq!(owned.column, Some((table(seen, "public", "par").id, "id".to_owned())));
    assert_eq!(seen.extended.first().map(|stats| stats.name.as_str()), Some("st"));
    assert!(seen.columns[&base.id].iter().any(|column| column.most_common_vals.is_some()));
    assert!(seen.database().is_some() && seen.setting("max_connections").is_some());
    let function = seen.catalog.functions.iter().find(|function| function.name == "trg").expect("it");
    assert!(function.security_definer && function.settings == ["search_path=public"]);

    let without =
        observe_with(&database.url, &ObserveOptions { values: Values::None, ..ObserveOptions::default() }).await;
    let text = serde_json::to_string(body(&without)).expect("JSON");
    assert!(without.header.without_values && !text.contains("v3"), "a value of base.b is in the snapshot");
}

#[tokio::test]
async fn an_empty_database_is_fine_and_a_snapshot_survives_its_file() {
    let database = Database::create(15);
    let snapshot = observe(&database.url).await;
    assert!(body(&snapshot).catalog.tables.is_empty());
    let bytes = snapshot.encode().expect("encoded");
    let (header, json) = dbwright_core::snapshot::decode("x", &bytes).expect("decoded");
    let again =
        dbwright_core::engine::Engine::decode(&dbwright_engine_postgres::Postgres, header, json.get()).expect("ours");
    assert_eq!(body(&again), body(&snapshot));
}

#[tokio::test]
async fn settings_of_the_database_do_not_change_what_is_seen() {
    let database = Database::create(17);
    database.execute("CREATE SCHEMA pgboss; CREATE TABLE pgboss.job (id int PRIMARY KEY, at timestamptz DEFAULT '2020-01-01 00:00+00')");
    let plain = observe(&database.url).await;
    let odd = [
        "standard_conforming_strings = off",
        "quote_all_identifiers = on",
        "timezone = 'Asia/Tokyo'",
        "search_path = pgboss",
        "statement_timeout = '77s'",
    ];
    for setting in odd {
        database.execute(&format!("ALTER DATABASE {} SET {setting}", database.name));
    }
    let snapshot = observe(&database.url).await;
    let seen = body(&snapshot);
    let (before, after) = (table(body(&plain), "pgboss", "job"), table(seen, "pgboss", "job"));
    assert_eq!((&before.columns, &before.indexes), (&after.columns, &after.indexes));
    assert_eq!(before.constraints, after.constraints);
    let timeout = seen.setting("statement_timeout").expect("a setting");
    assert_eq!((timeout.value.as_str(), timeout.source.as_str()), ("77000", "database"), "the user's, not ours");
}

#[tokio::test]
async fn the_greatest_values_are_the_same_without_the_lists() {
    let database = Database::create(17);
    database.execute(
        "CREATE DOMAIN inner_id AS int; CREATE DOMAIN outer_id AS inner_id;
         CREATE TABLE t (a int, b outer_id, c text, d smallint);
         INSERT INTO t SELECT n, n * 2, n::text, n % 7 FROM generate_series(1, 5000) n; ANALYZE t",
    );
    let all = observe(&database.url).await;
    let few =
        observe_with(&database.url, &ObserveOptions { values: Values::Greatest, ..ObserveOptions::default() }).await;
    let highest = |snapshot| -> Vec<_> {
        table(body(snapshot), "public", "t").columns.iter().map(|c| c.highest.clone().map(|h| h.value)).collect()
    };
    assert_eq!(highest(&all), [Some(5000), Some(10_000), None, Some(6)]);
    assert_eq!(highest(&few), highest(&all));
    let bytes = |snapshot: &dbwright_core::Snapshot| snapshot.header.cost.bytes;
    assert!(bytes(&few) < bytes(&all), "{} bytes are no fewer than {}", bytes(&few), bytes(&all));
}

#[tokio::test]
async fn names_that_are_no_utf_8_cost_nothing_else() {
    let database = Database::create(17);
    let name = format!("{}_ascii", database.name);
    database.execute(&format!(
        "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'"
    ));
    let url = database.url.replace(&database.name, &name);
    let client = connect(&url).await;
    // The driver sends no other texts than UTF-8, so the server makes the bytes: Latin 1 for é, and one that never ends.
    let odd = "CREATE TABLE plain (id int PRIMARY KEY, up int REFERENCES plain); \
               DO $$ BEGIN EXECUTE convert_from('\\x435245415445205441424c45202274e9ff2220286120696e742c2076207465787429', 'SQL_ASCII'); END $$; \
               INSERT INTO plain VALUES (1, 1); ANALYZE";
    let made = client.batch_execute(odd).await;
    let snapshot = match made {
        Ok(()) => Ok(observe(&url).await),
        Err(error) => Err(error),
    };
    drop(client);
    database.execute(&format!("DROP DATABASE {name} WITH (FORCE)"));
    let snapshot = snapshot.expect("the tables can be made");
    let unexpected: Vec<_> = snapshot.header.gaps.iter().filter(|gap| gap.area != "statements").collect();
    assert!(unexpected.is_empty(), "{unexpected:?}");
    let seen = body(&snapshot);
    assert_eq!(table(seen, "public", "plain").constraints.len(), 2);
    assert_eq!(table(seen, "public", "t\u{fffd}\u{fffd}").columns.len(), 2);
}
