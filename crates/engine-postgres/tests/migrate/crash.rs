//! Accidents at every place of a change, with a writer at work: no row lost, doubled or stale, and nothing left behind.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dbwright_core::progress::Silent;
use dbwright_engine_postgres::lab::{Lab, LabOptions};
use dbwright_migrate::Limits;
use dbwright_migrate::run::Options;
use dbwright_testkit::disk::Disk;
use dbwright_testkit::writer::{Dice, Writer};
use dbwright_testkit::{Database, postgres_bin, sql};

use crate::child::{Order, verb, verb_of};
use crate::common::{cell, options, schema};
use crate::scenario::{Scene, columns, table};
use crate::trap::{Spot, Trap};

const ROWS: u32 = 450;

/// What a change begins and ends with, and every place that it comes by.
struct Course {
    before: String,
    after: String,
    apply: Vec<Spot>,
    contract: Vec<Spot>,
}

impl Course {
    async fn of(scene: Scene, url: &str) -> Self {
        let before = schema(url);
        let (first, second) = (Trap::harmless(), Trap::harmless());
        verb_of(scene, url, "apply", &options(), &first).await.expect("applied");
        verb_of(scene, url, "contract", &options(), &second).await.expect("finished");
        Self { before, after: schema(url), apply: first.spots(), contract: second.spots() }
    }

    async fn on(major: u32) -> Self {
        let database = Database::create(major);
        database.execute(&table(ROWS));
        Self::of(Scene::ByHand, &database.url).await
    }
}

/// What is done after an accident that ended dbwright.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Then {
    Resume,
    Undo,
}

impl Then {
    /// Every other place is undone.
    const fn of(number: usize) -> Self {
        if number.is_multiple_of(2) { Self::Resume } else { Self::Undo }
    }
}

impl Course {
    fn end(&self, then: Then) -> &str {
        if then == Then::Undo { &self.before } else { &self.after }
    }
}

/// Brings a database to the end that was chosen, whatever state it is in.
async fn settle(url: &str, then: Then, what: &str) {
    settle_of(Scene::ByHand, url, then, what).await;
}

async fn settle_of(scene: Scene, url: &str, then: Then, what: &str) {
    let verb = async |name: &str| verb_of(scene, url, name, &options(), &Silent).await;
    if then == Then::Undo {
        match verb("undo").await {
            Ok(_) => {}
            Err(failure) => assert_eq!(failure.code, "migrate.nothing-to-undo", "{what}: {failure:?}"),
        }
        return;
    }
    for step in ["resume", "apply", "contract"] {
        verb(step).await.unwrap_or_else(|failure| panic!("{what}: {step}: {failure:?}"));
    }
}

/// Looks for what must not be: a difference to what the writer was told, a refused statement, another schema.
fn look(url: &str, writer: Writer, expected: &str, what: &str) {
    let ledger = writer.finish().unwrap_or_else(|reason| panic!("{what}: {reason}"));
    assert!(ledger.acknowledged > 0, "{what}: nothing was written");
    // Where a disk is full, it is full for the writer too.
    let refused: Vec<_> = ledger.refused.iter().filter(|text| !text.contains("No space left on device")).collect();
    assert!(refused.is_empty(), "{what}: {refused:?}");
    assert_eq!(ledger.differences(url, &columns()).expect("readable"), None, "{what}");
    assert_eq!(schema(url), expected, "{what}");
}

/// Runs each place with an accident in a database of its own, a few at a time.
async fn killed_everywhere(major: u32, then: Then) {
    let course = Course::on(major).await;
    assert!(course.apply.len() > 20, "{:?}", course.apply);
    for spot in &course.apply {
        let what = format!("PostgreSQL {major}, killed at {spot:?}, then {then:?}");
        let database = Database::create(major);
        database.execute(&table(ROWS));
        let writer = Writer::start(&database.url, &columns(), 7);
        let order = Order { scene: Scene::ByHand, url: &database.url, verb: "apply", dies_at: Some(spot) };
        assert!(!order.start().wait().expect("it ran").success(), "{what}: it did not die");
        settle(&database.url, then, &what).await;
        look(&database.url, writer, course.end(then), &what);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_anywhere_it_can_be_resumed() {
    killed_everywhere(17, Then::Resume).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_anywhere_it_can_be_undone() {
    killed_everywhere(18, Then::Undo).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_anywhere_in_its_contract_it_can_be_resumed() {
    let course = Course::on(15).await;
    for spot in &course.contract {
        let what = format!("killed at {spot:?} of contract");
        let database = Database::create(15);
        database.execute(&table(ROWS));
        let writer = Writer::start(&database.url, &columns(), 11);
        verb(&database.url, "apply", &Silent).await.expect("applied");
        let order = Order { scene: Scene::ByHand, url: &database.url, verb: "contract", dies_at: Some(spot) };
        assert!(!order.start().wait().expect("it ran").success(), "{what}: it did not die");
        settle(&database.url, Then::Resume, &what).await;
        look(&database.url, writer, &course.after, &what);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_anywhere_while_it_is_undone_it_can_be_undone() {
    let database = Database::create(17);
    database.execute(&table(ROWS));
    let before = schema(&database.url);
    verb(&database.url, "apply", &Silent).await.expect("applied");
    let trap = Trap::harmless();
    verb(&database.url, "undo", &trap).await.expect("undone");
    for spot in trap.spots() {
        let what = format!("killed at {spot:?} of undo");
        let database = Database::create(17);
        database.execute(&table(ROWS));
        let writer = Writer::start(&database.url, &columns(), 13);
        verb(&database.url, "apply", &Silent).await.expect("applied");
        let order = Order { scene: Scene::ByHand, url: &database.url, verb: "undo", dies_at: Some(&spot) };
        assert!(!order.start().wait().expect("it ran").success(), "{what}: it did not die");
        verb(&database.url, "resume", &Silent).await.unwrap_or_else(|failure| panic!("{what}: {failure:?}"));
        look(&database.url, writer, &before, &what);
    }
}

/// Ends every connection of dbwright to a database.
fn cut(url: &str) {
    let query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
        WHERE datname = current_database() AND application_name = 'dbwright' AND pid <> pg_backend_pid()";
    sql::query(url, query).expect("cut");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_cut_anywhere_is_made_again() {
    let course = Course::on(15).await;
    for (number, spot) in course.apply.iter().enumerate() {
        let then = Then::of(number);
        let what = format!("cut at {spot:?}, then {then:?}");
        let database = Database::create(15);
        database.execute(&table(ROWS));
        let writer = Writer::start(&database.url, &columns(), 17);
        let url = database.url.clone();
        let trap = Trap::at(spot, move || cut(&url));
        verb(&database.url, "apply", &trap).await.unwrap_or_else(|failure| panic!("{what}: {failure:?}"));
        assert!(trap.sprung(), "{what}");
        settle(&database.url, then, &what).await;
        look(&database.url, writer, course.end(then), &what);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_another_holds_is_waited_for_without_holding_up_writers() {
    let course = Course::on(17).await;
    let busy = ["planned", "statement", "batch-committed", "cleared"];
    let spots = course.apply.iter().filter(|(_, point)| busy.contains(&point.as_str()));
    for (number, spot) in spots.enumerate() {
        let then = Then::of(number);
        let what = format!("another's lock at {spot:?}, then {then:?}");
        let database = Database::create(17);
        database.execute(&table(ROWS));
        let writer = Writer::start(&database.url, &columns(), 19);
        let url = database.url.clone();
        let holder: Arc<Mutex<Option<std::thread::JoinHandle<()>>>> = Arc::default();
        let handle = Arc::clone(&holder);
        let trap = Trap::at(spot, move || {
            let url = url.clone();
            let hold = "BEGIN; LOCK TABLE t IN ACCESS SHARE MODE; SELECT pg_sleep(0.8); COMMIT";
            let thread = std::thread::spawn(move || sql::execute(&url, hold).expect("held"));
            *handle.lock().expect("not poisoned") = Some(thread);
            std::thread::sleep(Duration::from_millis(150));
        });
        verb(&database.url, "apply", &trap).await.unwrap_or_else(|failure| panic!("{what}: {failure:?}"));
        let thread = holder.lock().expect("not poisoned").take().expect("it was held");
        thread.join().expect("it held");
        settle(&database.url, then, &what).await;
        look(&database.url, writer, course.end(then), &what);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_cancelled_anywhere_leaves_what_can_be_resumed() {
    let course = Course::on(18).await;
    let mut dice = Dice(23);
    for round in 0..6 {
        let what = format!("cancelled, round {round}");
        let database = Database::create(18);
        database.execute(&table(20_000));
        let writer = Writer::start(&database.url, &columns(), 29 + round);
        let (url, first) = (database.url.clone(), dice.below(400));
        let canceller = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(first));
            for _ in 0..3 {
                let query = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity \
                    WHERE datname = current_database() AND application_name = 'dbwright' AND state = 'active'";
                sql::query(&url, query).expect("cancelled");
                std::thread::sleep(Duration::from_millis(40));
            }
        });
        if let Err(failure) = verb(&database.url, "apply", &Silent).await {
            assert_eq!(failure.code, "migrate.cancelled", "{what}: {failure:?}");
        }
        canceller.join().expect("it cancelled");
        let then = if round % 2 == 0 { Then::Resume } else { Then::Undo };
        settle(&database.url, then, &what).await;
        look(&database.url, writer, course.end(then), &what);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_crashes_anywhere_is_waited_for() {
    let options = LabOptions { programs: vec![postgres_bin(17)], durable: true, ..LabOptions::default() };
    let mut lab = Lab::start(&options, &Silent).await.expect("a lab");
    lab.create_database("course").await.expect("made");
    lab.execute("course", &table(ROWS)).await.expect("filled");
    let course = Course::of(Scene::ByHand, &lab.url("course")).await;
    // Every third place: a crash takes a second or two, and the whole is what the benchmark is for.
    for (number, spot) in course.apply.iter().enumerate().step_by(3) {
        let then = Then::of(number);
        let what = format!("server crashed at {spot:?}, then {then:?}");
        let name = format!("crash{number}");
        lab.create_database(&name).await.expect("made");
        lab.execute(&name, &table(ROWS)).await.expect("filled");
        let url = lab.url(&name);
        let writer = Writer::start(&url, &columns(), 31);
        let shared = Arc::new(Mutex::new(Some(lab)));
        let inside = Arc::clone(&shared);
        let trap = Trap::at(spot, move || crash(&inside));
        verb(&url, "apply", &trap).await.unwrap_or_else(|failure| panic!("{what}: {failure:?}"));
        assert!(trap.sprung(), "{what}");
        settle(&url, then, &what).await;
        look(&url, writer, course.end(then), &what);
        lab = shared.lock().expect("not poisoned").take().expect("the lab");
    }
}

/// Crashes and starts a lab from inside a runtime.
fn crash(lab: &Arc<Mutex<Option<Lab>>>) {
    let lab = Arc::clone(lab);
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let mut lab = lab.lock().expect("not poisoned");
        runtime.block_on(lab.as_mut().expect("the lab").crash(&Silent)).expect("it starts again");
    });
    thread.join().expect("crashed");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_moments_it_can_be_resumed_or_undone() {
    let course = Course::on(17).await;
    let mut dice = Dice(20_261_121);
    for round in 0..8 {
        let after = Duration::from_millis(dice.below(900));
        let then = if dice.below(2) == 0 { Then::Resume } else { Then::Undo };
        let what = format!("round {round}, killed after {after:?}, then {then:?}");
        let database = Database::create(17);
        database.execute(&table(5_000));
        let writer = Writer::start(&database.url, &columns(), 37 + round);
        let mut child = Order { scene: Scene::ByHand, url: &database.url, verb: "apply", dies_at: None }.start();
        std::thread::sleep(after);
        child.kill().expect("killed, or ended before");
        child.wait().expect("ended");
        settle(&database.url, then, &what).await;
        look(&database.url, writer, course.end(then), &what);
        assert_eq!(cell(&database.url, "SELECT count(*) FROM pg_index WHERE NOT indisvalid"), "0", "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_a_partitioned_table_is_changed_it_can_be_resumed_or_undone() {
    let parts = Scene::Parts;
    let fresh = || {
        let database = Database::create(17);
        database.execute(&parts.table(ROWS));
        database
    };
    let course = Course::of(parts, &fresh().url).await;
    for (number, spot) in course.apply.iter().enumerate().step_by(5) {
        let then = Then::of(number);
        let what = format!("killed at {spot:?}, then {then:?}");
        let database = fresh();
        let writer = Writer::start(&database.url, &columns(), 41);
        let order = Order { scene: parts, url: &database.url, verb: "apply", dies_at: Some(spot) };
        assert!(!order.start().wait().expect("it ran").success(), "{what}: it did not die");
        settle_of(parts, &database.url, then, &what).await;
        look(&database.url, writer, course.end(then), &what);
    }
}

/// A disk that is full indeed: the databases are on a small file system of their own.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_anywhere_stops_it_and_it_can_be_resumed_or_undone() {
    let programs = LabOptions { programs: vec![postgres_bin(17)], ..LabOptions::default() };
    let lab = Lab::start(&programs, &Silent).await.expect("a lab");
    let disk = match Disk::mount(&lab.url("postgres"), &lab.data(), 40) {
        Ok(disk) => Arc::new(disk),
        // What the server's words do is tested elsewhere; the words themselves need such a disk.
        Err(reason) => return println!("not tried: {reason}"),
    };
    let create = async |name: &str| {
        let made = format!("CREATE DATABASE {name} TEMPLATE template0 TABLESPACE {}", Disk::TABLESPACE);
        lab.execute("postgres", &made).await.expect("made");
        lab.execute(name, &table(ROWS)).await.expect("filled");
        lab.url(name)
    };
    let course = Course::of(Scene::ByHand, &create("course").await).await;
    let hasty = Options { limits: Limits { patience: Duration::ZERO, ..options().limits }, ..options() };
    let mut stopped = 0;
    for (number, spot) in course.apply.iter().enumerate().step_by(3) {
        let then = Then::of(number);
        let what = format!("full at {spot:?}, then {then:?}");
        let name = format!("full{number}");
        let url = create(&name).await;
        let writer = Writer::start(&url, &columns(), 43);
        let filled = Arc::new(Mutex::new(None));
        let (inside, small) = (Arc::clone(&filled), Arc::clone(&disk));
        let trap = Trap::at(spot, move || *inside.lock().expect("not poisoned") = Some(small.fill().expect("filled")));
        if let Err(failure) = verb_of(Scene::ByHand, &url, "apply", &hasty, &trap).await {
            assert_eq!(failure.code, "migrate.full", "{what}: {failure:?}");
            stopped += 1;
        }
        drop(filled.lock().expect("not poisoned").take());
        settle(&url, then, &what).await;
        look(&url, writer, course.end(then), &what);
        lab.execute("postgres", &format!("DROP DATABASE {name} WITH (FORCE)")).await.expect("dropped");
    }
    assert!(stopped > 2, "it was never full: {stopped}");
}
