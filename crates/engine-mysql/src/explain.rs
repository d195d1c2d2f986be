//! Plans of both servers as trees: `FORMAT=JSON` in both versions, `TREE`, `ANALYZE`, and MariaDB's `ANALYZE FORMAT=JSON`.

mod json;
mod tree;

use dbwright_core::Failure;
use dbwright_core::plan::Node;

use crate::flavour::ExplainForm;

impl ExplainForm {
    /// The statements that print the plan of `sql`, the last of which gives the text.
    #[must_use]
    pub fn statements(self, sql: &str) -> Vec<String> {
        let version = |number: u8| format!("SET /* dbwright */ SESSION explain_json_format_version = {number}");
        match self {
            Self::Json => vec![format!("EXPLAIN /* dbwright */ FORMAT=JSON {sql}")],
            Self::JsonV1 => vec![version(1), format!("EXPLAIN /* dbwright */ FORMAT=JSON {sql}")],
            Self::JsonV2 => vec![version(2), format!("EXPLAIN /* dbwright */ FORMAT=JSON {sql}")],
            Self::Tree => vec![format!("EXPLAIN /* dbwright */ FORMAT=TREE {sql}")],
            Self::AnalyzeTree => vec![format!("EXPLAIN /* dbwright */ ANALYZE {sql}")],
            Self::AnalyzeJson => vec![format!("ANALYZE /* dbwright */ FORMAT=JSON {sql}")],
        }
    }

    /// Whether it runs the statement; never to be used on one that writes.
    #[must_use]
    pub const fn runs(self) -> bool {
        matches!(self, Self::AnalyzeTree | Self::AnalyzeJson)
    }
}

/// Reads a plan that a server printed, whichever of the forms it is.
///
/// # Errors
/// When the text is no plan.
pub fn parse(text: &str) -> Result<Node, Failure> {
    let trimmed = text.trim_start();
    let node = if trimmed.starts_with('{') { json::parse(trimmed) } else { tree::parse(text) };
    node.map_err(|reason| Failure::internal("mysql.plan", format!("the server's plan can't be read: {reason}")))
}

#[cfg(test)]
mod tests;
