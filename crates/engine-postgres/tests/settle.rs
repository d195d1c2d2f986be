//! A copy of the rows decides: what gains stays and is proven, what does not is withdrawn with the reason.

use dbwright_advise::advice::{Advice, Create, SCHEMA_VERSION, StatementCost, WorkloadSummary};
use dbwright_advise::index::{Index, ObjectName};
use dbwright_advise::port::{Advises as _, CopyOptions, WhatIf, WhatIfOptions};
use dbwright_advise::run::{Advised, Options};
use dbwright_advise::settle::settle;
use dbwright_core::Proof;
use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::report::ReportTarget;
use dbwright_core::target::Address;
use dbwright_core::workload::{Statement, Workload};
use dbwright_engine_postgres::Postgres;
use dbwright_testkit::Database;

/// Rows in no order of their time, and the few of a status all late: the planner believes that reading in the order of
/// time finds them soon.
const SCHEMA: &str = "
CREATE TABLE orders (id int PRIMARY KEY, customer int NOT NULL, status text NOT NULL, created int NOT NULL, note text);
INSERT INTO orders SELECT n, n % 5000, CASE WHEN created > 99000 THEN 'x' ELSE 'y' END, created, repeat('n', 200)
FROM (SELECT n, (n * 7919) % 100000 AS created FROM generate_series(1, 100000) n) s;
VACUUM ANALYZE orders";

const HELPED: &str = "SELECT * FROM orders WHERE customer = 77";
const HARMED: &str = "SELECT * FROM orders WHERE status = 'x' ORDER BY created LIMIT 1";

fn statements() -> Vec<Statement> {
    let of = |(nth, sql): (usize, &str)| Statement {
        fingerprint: format!("s{nth}"),
        text: sql.to_owned(),
        calls: 1.0,
        ..Statement::default()
    };
    [HELPED, HARMED].into_iter().enumerate().map(of).collect()
}

fn create(what_if: &dyn WhatIf, index: &Index) -> Create {
    let name = format!("by_{}", index.keys[0].part.column().unwrap_or_default());
    let change = what_if.create(index, Some(&name));
    Create {
        statement: change.forward.join("; "),
        name,
        table: "public.orders".to_owned(),
        bytes: 1 << 20,
        gain: 1.0,
        write_cost: 0.0,
        write_reason: String::new(),
        helps: Vec::new(),
        change,
        proof: Proof::unproven("to be measured"),
    }
}

/// An advice of three indexes, as a search might bring it.
async fn advised(what_if: &dyn WhatIf) -> Advised {
    let workload = Workload { source: "test".to_owned(), statements: statements(), ..Workload::default() };
    let prepared = what_if.prepare(&workload.statements, &Silent).await.expect("plans");
    let queries: Vec<_> = prepared.into_iter().flat_map(|one| one.expect("plannable")).collect();
    what_if.admit(&queries).await.expect("admitted");
    let table = ObjectName { schema: "public".to_owned(), name: "orders".to_owned() };
    let indexes: Vec<Index> =
        ["customer", "created", "note"].iter().map(|c| Index::btree(table.clone(), [*c])).collect();
    what_if.define(&indexes).await.expect("defined");
    let statement = |one: &Statement| StatementCost {
        fingerprint: one.fingerprint.clone(),
        text: one.text.clone(),
        weight: 1.0,
        before: 1.0,
        after: 1.0,
        measured_before_ms: None,
        measured_after_ms: None,
    };
    let advice = Advice {
        schema_version: SCHEMA_VERSION,
        dbwright: String::new(),
        target: ReportTarget { engine: "postgres".to_owned(), version: String::new(), name: "test".to_owned() },
        place: what_if.place(),
        unit: what_if.unit(),
        workload: WorkloadSummary::default(),
        budget_bytes: Some(100 << 20),
        budget_indexes: None,
        cost_before: 2.0,
        cost_after: 1.0,
        optimality_gap: 0.0,
        planner_calls: 0,
        cache_hits: 0,
        candidates: 3,
        seconds: 0.0,
        lab_seconds: 0.0,
        create: indexes.iter().map(|index| create(what_if, index)).collect(),
        drop: Vec::new(),
        replace: Vec::new(),
        statements: workload.statements.iter().map(statement).collect(),
        curve: Vec::new(),
        withdrawn: Vec::new(),
        notes: Vec::new(),
        interrupted: false,
    };
    Advised { advice, indexes: indexes.clone(), runners_up: Vec::new(), queries, defined: indexes, workload }
}

#[tokio::test]
async fn what_gains_is_proven_and_what_harms_or_is_idle_is_withdrawn() {
    for major in [15, 17, 18] {
        let database = Database::create(major);
        for statement in SCHEMA.split_inclusive(';') {
            database.execute(statement);
        }
        let address = Address::parse(&database.url).expect("an address");
        let programs = vec![dbwright_testkit::postgres_bin(major)];
        let observe = ObserveOptions { programs: programs.clone(), ..ObserveOptions::default() };
        let snapshot = Postgres.observe(&address, &observe, &Silent).await.expect("a snapshot");
        let what_if = WhatIfOptions { observe, ..WhatIfOptions::default() };
        let what_if = Postgres.what_if(&snapshot, Some(&address), &what_if, &Silent).await.expect("a twin");
        let mut advised = advised(what_if.as_ref()).await;
        let copy = CopyOptions { programs, ..CopyOptions::default() };
        let measurer = Postgres.measurer(&snapshot, &address, &copy, &Silent).await.expect("a copy");
        let options = Options { bytes: Some(100 << 20), ..Options::default() };
        settle(&mut advised, measurer.as_ref(), what_if.as_ref(), &options, &Silent).await.expect("settled");
        let advice = &advised.advice;
        let kept = advice.create.iter().find(|one| one.name == "by_customer").expect("the index that gains stays");
        let Proof::Measured(experiment) = &kept.proof else { panic!("not measured: {:?}", kept.proof) };
        assert!(experiment.after < experiment.before / 2.0, "{experiment:?}");
        assert!(experiment.note.as_ref().is_some_and(|note| note.contains("equal results")), "{experiment:?}");
        assert!(kept.write_reason.contains("measured"), "{}", kept.write_reason);
        assert!(kept.helps == ["s0"] && kept.bytes < 10 << 20, "{kept:?}");
        let gone = |name: &str| {
            advice.withdrawn.iter().find(|one| one.statement.contains(name)).map(|one| one.reason.as_str())
        };
        assert!(gone("by_created").is_some_and(|reason| !reason.is_empty()), "{:?}", advice.withdrawn);
        assert!(gone("by_note").is_some_and(|reason| !reason.is_empty()), "{:?}", advice.withdrawn);
        assert!(
            !advice.create.iter().any(|one| ["by_created", "by_note"].contains(&one.name.as_str())),
            "{:?}",
            advice.create
        );
        for statement in &advice.statements {
            let (before, after) = (statement.measured_before_ms.expect("ms"), statement.measured_after_ms.expect("ms"));
            assert!(after < before * 1.5 + 5.0, "{statement:?}");
        }
        assert!(
            advice.notes.iter().any(|note| note.starts_with("measured in a copy of all 100000 rows")),
            "{:?}",
            advice.notes
        );
        assert_eq!(advised.indexes.len(), advice.create.len());
    }
}
