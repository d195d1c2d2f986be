//! Proofs of findings: changes rehearsed on a private server of the same kind, with what a lab can't show told as such.

use std::collections::BTreeMap;

use dbwright_check::{Checks as _, Outcome};
use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::rule::Limits;
use dbwright_core::target::Address;
use dbwright_core::workload::{Statement, Workload};
use dbwright_core::{Finding, Proof, Snapshot};
use dbwright_engine_mysql::MySql;
use dbwright_testkit::{MyServer, engines, my_server, programs};

/// Faults of each kind; the names are hostile on purpose.
const FAULTS: &str = "CREATE DATABASE shop;
    USE shop;
    SET sql_mode = '';
    CREATE TABLE `or``ders.of ✂` (id int PRIMARY KEY AUTO_INCREMENT, customer int NOT NULL, note varchar(40) NOT NULL,
        KEY once (customer), KEY `tw.ice` (customer), KEY wider (note, customer), KEY narrow (note)) ROW_FORMAT = COMPACT;
    CREATE TABLE parents (id smallint PRIMARY KEY AUTO_INCREMENT) AUTO_INCREMENT = 32000;
    CREATE TABLE children (id bigint unsigned PRIMARY KEY, parent smallint NOT NULL,
        CONSTRAINT of_parent FOREIGN KEY (parent) REFERENCES parents (id));
    CREATE TABLE `log lines` (at datetime NOT NULL, text varchar(20)) CHARACTER SET utf8mb3;
    CREATE TABLE contracts (id int PRIMARY KEY, begins date NOT NULL DEFAULT '0000-00-00');
    CREATE USER gone@localhost;
    CREATE DEFINER = gone@localhost EVENT clean ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' DO DELETE FROM `log lines`;
    DROP USER gone@localhost;
    CREATE USER `report's`@`10.0.0.%`;
    CREATE USER ''@`10.0.0.%` IDENTIFIED BY 'Nobody-1';
    CREATE USER chief@`%` IDENTIFIED BY 'Chief-1';
    GRANT ALL ON *.* TO chief@`%` WITH GRANT OPTION;
    SET GLOBAL sync_binlog = 0;
    SET GLOBAL local_infile = ON;
    SET GLOBAL sql_mode = 'NO_ENGINE_SUBSTITUTION'";

async fn observed(address: &Address) -> Snapshot {
    MySql.observe(address, &ObserveOptions::default(), &Silent).await.unwrap_or_else(|e| panic!("{e}: {:?}", e.hints))
}

async fn proved(address: &Address, snapshot: &Snapshot, options: &ObserveOptions) -> Outcome {
    let mut outcome = MySql.check(snapshot, &Limits::new()).expect("its own snapshot");
    let prover = MySql.prover().expect("a prover");
    let done = prover.prove(address, snapshot, options, &mut outcome, &Limits::new(), &Silent).await;
    done.unwrap_or_else(|failure| panic!("{failure:?}"));
    outcome
}

fn server(engine: &str) -> (MyServer, Address) {
    let server = my_server(engine, &["--log-bin=binlog", "--server-id=1"]);
    server.execute(FAULTS);
    let address = Address::parse(&format!("{}shop", server.url)).expect("a URL");
    (server, address)
}

fn note(finding: &Finding) -> &str {
    match &finding.proof {
        Proof::Rehearsed(experiment) => experiment.note.as_deref().unwrap_or_default(),
        Proof::Unproven { note } => note,
        other => panic!("{other:?}"),
    }
}

/// All that the target holds of a schema, accounts and settings that findings are about.
fn state(server: &MyServer) -> Vec<Vec<String>> {
    let tables = "SELECT table_name, create_options, row_format, table_collation, engine FROM information_schema.tables \
        WHERE table_schema = 'shop' ORDER BY 1";
    let mut all = server.query(tables);
    all.extend(server.query("SELECT index_name, column_name, index_type FROM information_schema.statistics WHERE table_schema = 'shop' ORDER BY 1, 2"));
    all.extend(server.query("SELECT User, Host FROM mysql.user ORDER BY 1, 2"));
    all.extend(server.query("SELECT @@GLOBAL.sync_binlog, @@GLOBAL.local_infile, @@GLOBAL.sql_mode"));
    all
}

#[tokio::test]
async fn changes_are_rehearsed_on_a_server_of_the_same_kind() {
    for engine in engines(&["mysql", "mariadb", "mariadb11"]) {
        let (server, address) = server(engine);
        let before = state(&server);
        let snapshot = observed(&address).await;
        let options = ObserveOptions { programs: vec![programs(engine)], ..ObserveOptions::default() };
        let outcome = proved(&address, &snapshot, &options).await;
        assert_eq!(state(&server), before, "{engine}: the target is as it was");
        let rehearsed = |rule: &str, subject: &str, words: &str| {
            let found =
                outcome.findings.iter().find(|finding| finding.rule == rule && finding.subject.starts_with(subject));
            let finding = found.unwrap_or_else(|| panic!("{engine}: {rule} does not find {subject}"));
            assert_eq!(finding.proof.method(), "rehearsed", "{engine}: {rule} {subject}: {}", note(finding));
            assert!(note(finding).contains(words), "{engine}: {rule}: {}", note(finding));
            assert!(!finding.change.as_ref().expect("a change").forward.is_empty());
        };
        let same = "the way back led to the same definition";
        let orders = "shop.`or``ders.of ✂`";
        rehearsed("sql/duplicate-index", orders, "the server kept to ALGORITHM=INPLACE, LOCK=NONE");
        rehearsed("sql/redundant-index", &format!("{orders}.narrow"), same);
        rehearsed("mysql/row-format-compact", orders, same);
        rehearsed("mysql/auto-increment-exhaustion", "shop.parents.id", "the gentlest way that the server allowed was");
        rehearsed("mysql/utf8mb3", "shop.`log lines`", "the server kept to ALGORITHM=COPY, LOCK=SHARED");
        rehearsed("mysql/no-primary-key-innodb", "shop.`log lines`", same);
        rehearsed("mysql/zero-dates", "shop.contracts", same);
        rehearsed("mysql/sync-binlog-off", "sync_binlog", "with the target's value");
        rehearsed("mysql/local-infile-on", "local_infile", "the way back led to the finding again");
        rehearsed("mysql/sql-mode-not-strict", "sql_mode", "with the target's value");
        rehearsed("mysql/user-without-password", "report's@10.0.0.%", "with such an account");
        rehearsed("mysql/wildcard-host-superuser", "chief@%", "the way back led to the finding again");
        rehearsed("mysql/anonymous-user", "@10.0.0.%", "found it gone");
        let event = outcome.findings.iter().find(|finding| finding.subject == "shop.clean");
        let event = event.unwrap_or_else(|| panic!("{engine}: the event is not found"));
        assert_eq!(event.proof.method(), "unproven");
        assert!(note(event).contains("does not take over events") && event.change.is_some(), "{}", note(event));
        if let Some(open) =
            outcome.findings.iter().find(|finding| finding.proof.method() == "unproven" && finding.change.is_some())
        {
            assert!(note(open).contains("rehearsed:"), "{engine}: {} says no reason: {}", open.rule, note(open));
        }
    }
}

#[tokio::test]
async fn without_programs_the_proof_says_what_to_install() {
    for engine in engines(&["mysql", "mariadb", "mariadb11"]) {
        let (_server, address) = server(engine);
        let snapshot = observed(&address).await;
        let options = ObserveOptions { programs: vec!["/nowhere/at/all".into()], ..ObserveOptions::default() };
        let mut outcome = MySql.check(&snapshot, &Limits::new()).expect("its own snapshot");
        let prover = MySql.prover().expect("a prover");
        let done = prover.prove(&address, &snapshot, &options, &mut outcome, &Limits::new(), &Silent).await;
        assert_eq!(done.expect_err("no programs").code, "mysql.no-programs");
        let finding = outcome.findings.iter().find(|finding| finding.rule == "sql/duplicate-index").expect("a finding");
        assert!(note(finding).contains("/nowhere/at/all") && note(finding).contains("install"), "{}", note(finding));
        assert!(finding.change.is_some());
    }
}

/// Two indexes that the server has not seen used: a statement of the workload needs one of them.
const ITEMS: &str = "CREATE DATABASE shop;
    USE shop;
    CREATE TABLE items (id int PRIMARY KEY AUTO_INCREMENT, kind int NOT NULL, note varchar(40) NOT NULL,
        KEY by_note (note), KEY by_kind (kind));
    INSERT INTO items (kind, note) WITH d AS (SELECT 0 AS n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL
        SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)
        SELECT a.n, CONCAT('n', a.n + 10 * b.n + 100 * c.n) FROM d AS a, d AS b, d AS c, (SELECT 1 UNION ALL SELECT 2) AS e";

fn workload() -> Workload {
    let statement = |text: &str| Statement { text: text.to_owned(), calls: 12.0, ..Statement::default() };
    let texts = [
        "SELECT id FROM items WHERE note = 'n77'",
        "UPDATE items SET kind = 3 WHERE id = 5",
        "SELECT id FROM items WHERE kind = ?",
        "SELECT id FROM nowhere.items WHERE note = 'x'",
    ];
    Workload { source: "file queries.sql".to_owned(), statements: texts.map(statement).to_vec(), ..Workload::default() }
}

#[tokio::test]
async fn an_index_that_a_statement_needs_is_not_hidden() {
    for engine in engines(&["mysql", "mariadb", "mariadb11"]) {
        let server = my_server(engine, &[]);
        server.execute(ITEMS);
        let rows = |server: &MyServer| server.query("SELECT SUM(id * kind), COUNT(DISTINCT note) FROM shop.items");
        let before = rows(&server);
        let address = Address::parse(&format!("{}shop", server.url)).expect("a URL");
        let options = ObserveOptions {
            programs: vec![programs(engine)],
            workload: Some(workload()),
            ..ObserveOptions::default()
        };
        let snapshot = MySql.observe(&address, &options, &Silent).await.unwrap_or_else(|e| panic!("{e}"));
        let young = BTreeMap::from([("min_window_days".to_owned(), 0.0)]);
        let limits = Limits::from([("mysql/unused-index".to_owned(), young)]);
        let mut outcome = MySql.check(&snapshot, &limits).expect("its own snapshot");
        outcome.findings.retain(|finding| finding.rule == "mysql/unused-index");
        let prover = MySql.prover().expect("a prover");
        let done = prover.prove(&address, &snapshot, &options, &mut outcome, &limits, &Silent).await;
        done.unwrap_or_else(|failure| panic!("{failure:?}"));
        let about = |index: &str| {
            let found = outcome.findings.iter().find(|finding| finding.subject == format!("shop.items.{index}"));
            found.unwrap_or_else(|| panic!("{engine}: {index} is not found: {:#?}", outcome.findings))
        };
        let (needed, spare) = (about("by_note"), about("by_kind"));
        assert_eq!((needed.proof.method(), &needed.change), ("unproven", &None), "{engine}");
        for words in ["`SELECT id FROM items WHERE note = 'n77'`", "(12 calls)", "in a copy of the rows, with it"] {
            assert!(needed.why.contains(words) && note(needed).contains(words), "{engine}: {}", needed.why);
        }
        assert_eq!(spare.proof.method(), "rehearsed", "{engine}: {}", note(spare));
        assert!(note(spare).contains("2 statements of the workload that name the table"), "{engine}: {}", note(spare));
        assert!(
            note(spare).contains("1 of the workload's statements that name the table are known without"),
            "{}",
            note(spare)
        );
        assert_eq!(rows(&server), before, "{engine}: the target is only read");
    }
}
