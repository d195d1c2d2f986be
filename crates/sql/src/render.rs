//! The statements that mend a schema, as changes with their way back and an honest word on locks.
//!
//! Where an engine can't make a change on a living table, the functions give the reason instead.

mod column;
mod index;
mod key;
mod mysql;
mod names;
mod partitions;
mod rebuild;
mod surroundings;

pub use column::{Retype, retype};
pub use index::{create_index, drop_index};
pub use key::add_key;
pub use names::{column_name, index_name};
pub use partitions::leaves;
pub use surroundings::Surroundings;

use crate::model::{Catalog, Table};

/// "12.3 MB", for texts on locks; the partitions of a partitioned table count.
fn size(catalog: &Catalog, table: &Table) -> String {
    crate::indexing::bytes(catalog, table).map_or_else(|| "size unknown".to_owned(), bytes)
}

/// Bytes for people, in powers of 1024.
pub(crate) fn bytes(bytes: u64) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} bytes") } else { format!("{value:.1} {}", units[unit]) }
}
