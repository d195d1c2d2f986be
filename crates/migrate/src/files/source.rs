//! One migration as it was found in a folder.

use dbwright_core::Failure;

use super::{Part, without_transactions};
use crate::migration::Migration;
use crate::port::OnlineDdl;

/// One migration, not yet split into statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What the journal knows it by: the number without zeros before it, for sqitch the time of planning; for repeatable
    /// ones `R__name`.
    pub version: String,
    /// Its name, without version and ending.
    pub name: String,
    /// SHA-256 of the file that is applied, 64 hexadecimal digits; line ends of any kind count as the same.
    pub checksum: String,
    /// What applies it.
    pub up: Part,
    /// What undoes it, when somebody wrote that.
    pub down: Option<Part>,
    /// Whether the tool of this style runs it in one transaction.
    pub in_transaction: bool,
    /// Whether it is run again whenever its text has changed (Flyway's `R__`).
    pub repeatable: bool,
}

impl Source {
    /// Splits it into the statements that are to be carried out; the second value is what the user should know about it.
    ///
    /// # Errors
    /// When it holds no statement, what no statement is, or a transaction that would keep nothing.
    pub fn read(&self, engine: &dyn OnlineDdl) -> Result<(Migration, Option<String>), Failure> {
        let (up, note) = without_transactions(self.up.read(engine)?)?;
        if up.statements.is_empty() {
            return Err(empty(&self.up.file));
        }
        let down = self.down.as_ref().map(|part| part.read(engine)).transpose()?;
        let down = down.map(without_transactions).transpose()?.map(|(script, _)| script);
        let migration = Migration {
            version: self.version.clone(),
            name: self.name.clone(),
            file: self.up.file.clone(),
            checksum: self.checksum.clone(),
            up,
            down,
            repeatable: self.repeatable,
        };
        Ok((migration, note))
    }
}

fn empty(file: &str) -> Failure {
    Failure::usage("migrate.empty", format!("{file} holds no statement"))
        .hint("write one, or remove the file; what is recorded as applied should have done something")
}
