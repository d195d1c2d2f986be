//! MySQL's and MariaDB's side of the port of rehearsals.

use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure};
use dbwright_migrate::Migration;
use dbwright_migrate::rehearse::{Rehearsal, RehearseOptions, Rehearses};

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
}
