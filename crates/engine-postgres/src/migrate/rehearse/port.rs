//! PostgreSQL's side of the port of rehearsals.

use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure};
use dbwright_migrate::Migration;
use dbwright_migrate::rehearse::{ProveOptions, Rehearsal, RehearseOptions, Rehearses, RuleProofs};

use super::prove;
use crate::Postgres;
use crate::lab::{Lab, LabOptions};

impl Rehearses for Postgres {
    fn rehearse<'a>(
        &'a self,
        address: &'a Address,
        migrations: &'a [Migration],
        options: &'a RehearseOptions,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Rehearsal, Failure>> {
        Box::pin(super::rehearse(address, migrations, options, progress))
    }

    fn prove_rules<'a>(
        &'a self,
        options: &'a ProveOptions,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<RuleProofs, Failure>> {
        Box::pin(prove_rules(options, progress))
    }
}

async fn prove_rules(options: &ProveOptions, progress: &dyn Progress) -> Result<RuleProofs, Failure> {
    let lab = LabOptions { programs: options.programs.clone(), major: options.major, ..LabOptions::default() };
    let lab = Lab::start(&lab, progress).await?;
    let url = lab.url("postgres");
    let claims = prove::prove_claims(&lab, progress).await?;
    let forms = prove::measure_forms(&url, progress).await?;
    Ok(RuleProofs { server: format!("PostgreSQL {}", lab.programs().version), claims, forms })
}
