//! MySQL's and MariaDB's side of the port of rehearsals.

use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure, FailureKind};
use dbwright_migrate::Migration;
use dbwright_migrate::rehearse::{ProveOptions, Rehearsal, RehearseOptions, Rehearses, RuleProofs};

use crate::MySql;

impl Rehearses for MySql {
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
        _: &'a ProveOptions,
        _: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<RuleProofs, Failure>> {
        Box::pin(async {
            let message = "the claims of the rules for MySQL and MariaDB can't be replayed on a private server yet";
            Err(Failure::new(FailureKind::Usage, "migrate.no-proofs", message)
                .hint("`dbwright migrate rehearse TARGET` measures a migration of your own"))
        })
    }
}
