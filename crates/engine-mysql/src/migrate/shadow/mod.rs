//! A copy beside the table.

use dbwright_core::Failure;

use super::plan::alter::{Answer, Change};
use super::plan::{Draft, Planner};

/// Plans a copy, or says why there can be none.
pub(super) async fn plan(
    _planner: &mut Planner<'_>,
    _change: &Change<'_>,
    _answer: &Answer,
) -> Result<Result<Draft, String>, Failure> {
    Ok(Err("not yet".to_owned()))
}
