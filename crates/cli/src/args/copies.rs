//! The part of a command line that says with what tables are copied.

use clap::Args;

/// With what tables are copied.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Copies")]
pub(crate) struct Copies {
    /// MySQL, MariaDB: what copies a table beside itself: `own` a copy of dbwright's, `pt-online-schema-change` or
    /// `gh-ost` that tool, which is on the PATH or in a folder of --programs, `auto` a tool for what the own copy can't
    /// do
    #[arg(long, value_name = "TOOL")]
    pub(crate) copy_tool: Option<String>,
}
