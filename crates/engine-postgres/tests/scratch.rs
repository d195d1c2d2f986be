//! scratch
use dbwright_core::engine::{Engine, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::target::Address;

#[tokio::test]
async fn scratch() {
    let url = std::env::var("U").unwrap();
    let address = Address::parse(&url).unwrap();
    match dbwright_engine_postgres::Postgres.observe(&address, &ObserveOptions::default(), &Silent).await {
        Ok(snapshot) => {
            let body: &dbwright_engine_postgres::body::PgBody = snapshot.body().unwrap();
            println!("{:#?}", snapshot.header);
            if std::env::var("V").is_ok() {
                println!("{}", serde_json::to_string_pretty(body).unwrap());
            }
        }
        Err(e) => println!("{e:?}"),
    }
}
