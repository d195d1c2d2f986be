//! What `plan --sql` prints, run by hand: there and back.

use dbwright_engine_mysql::MySql;
use dbwright_migrate::OnlineDdl as _;
use dbwright_migrate::by_hand::ended;
use dbwright_testkit::MyDatabase;

use crate::apply::{TABLES, WAYS};
use crate::common::{cell, engines, plan, schema};

#[tokio::test]
async fn what_is_printed_goes_there_and_back() {
    let by_hand = MySql.by_hand();
    for engine in engines() {
        let database = MyDatabase::create(engine);
        database.execute(TABLES);
        let before = schema(&database.url);
        for (up, ..) in WAYS {
            let plans = plan(&database.url, up).await.unwrap_or_else(|e| panic!("{engine}: {up}: {e:?}"));
            for step in &plans[0].steps {
                database.execute(&by_hand.step(step, ended));
            }
            assert_ne!(schema(&database.url), before, "{engine}: {up}");
            for step in plans[0].steps.iter().rev() {
                let back = (by_hand.back)(&step.back);
                assert!(!back.is_empty(), "{engine}: {up}: no way back is printed");
                for sql in &back {
                    database.execute(sql);
                }
            }
            assert_eq!(schema(&database.url), before, "{engine}: {up}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn printed_batches_are_a_procedure_that_meets_each_row_once() {
    let by_hand = MySql.by_hand();
    for engine in engines() {
        let database = crate::batch::database(engine);
        let plans = plan(&database.url, crate::batch::UP).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
        let text = by_hand.step(&plans[0].steps[0], ended);
        assert!(text.contains("COMMIT") && text.contains("DELIMITER //"), "{text}");
        // DELIMITER is a word of the client program.
        database.execute(&text.replace("DELIMITER //\n", "").replace("END//\nDELIMITER ;", "END;"));
        assert_eq!(cell(&database.url, "SELECT CONCAT(MIN(n), ' ', MAX(n)) FROM t"), "1 1", "{engine}");
        let left = "SELECT COUNT(*) FROM information_schema.routines WHERE routine_schema = DATABASE()";
        assert_eq!(cell(&database.url, left), "0", "{engine}");
    }
}
