//! The part of a command line that says with what tables are copied.

use clap::Args;

/// With what tables are copied.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Copies")]
pub(crate) struct Copies {
    /// What copies a table beside itself on MySQL and MariaDB: dbwright's `own` copy, or `pt-online-schema-change` or `gh-ost` from
    /// the PATH or a folder of --programs; `auto` takes a tool where dbwright's own copy can't be made
    #[arg(long, value_name = "TOOL")]
    pub(crate) copy_tool: Option<String>,
}
