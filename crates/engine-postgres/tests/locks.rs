//! The table of locks is what the servers do, and the rules claim what their examples do.

use std::collections::BTreeMap;

use dbwright_core::progress::Silent;
use dbwright_engine_postgres::Postgres;
use dbwright_engine_postgres::migrate::rehearse::prove::MEASURED;
use dbwright_migrate::rehearse::{Form, ProveOptions, Rehearses as _};
use dbwright_testkit::{majors, postgres_bin};

#[tokio::test]
async fn the_table_and_the_claims_are_what_is_measured() {
    let written: BTreeMap<u32, Vec<Form>> = serde_json::from_str(MEASURED).expect("it is of the form");
    for major in majors().expect("majors") {
        let options = ProveOptions { major: Some(major), programs: vec![postgres_bin(major)] };
        let proofs = Postgres.prove_rules(&options, &Silent).await.unwrap_or_else(|failure| panic!("{failure:?}"));
        assert!(proofs.claims.len() > 10, "{:?}", proofs.claims);
        let wrong: Vec<_> = proofs.claims.iter().filter(|claim| !claim.holds).collect();
        assert!(wrong.is_empty(), "on {}: {wrong:#?}", proofs.server);
        // Only what every run uses is written down.
        let Some(written) = written.get(&major) else { continue };
        // Rows read are counted by the server's statistics, which may have been handed in between two looks.
        let counted = |form: &Form| Form { reads: Vec::default(), ..form.clone() };
        let differ: Vec<_> = proofs
            .forms
            .iter()
            .zip(written)
            .filter(|(measured, written)| counted(measured) != counted(written))
            .collect();
        assert!(differ.is_empty(), "run `cargo xtask bench locks`; on {major}: {differ:#?}");
        assert_eq!(proofs.forms.len(), written.len(), "run `cargo xtask bench locks`");
    }
}
