//! What every command shares: the global options, the terminal, and the progress line.

use crate::args::Global;
use crate::progress::Meter;

/// Shared by all commands of one run.
pub(crate) struct Context {
    /// Options that every command takes.
    pub(crate) global: Global,
    /// Columns that text may use.
    pub(crate) width: usize,
    /// Where long work reports.
    pub(crate) progress: Meter,
}

/// Columns of text that goes to a file or a pipe.
const WIDTH_ELSEWHERE: usize = 100;
/// Lines longer than this are hard to read, however wide the terminal is.
const WIDEST: usize = 120;

impl Context {
    /// Reads the terminal's size once.
    pub(crate) fn new(global: Global) -> Self {
        let width = terminal_size::terminal_size_of(std::io::stdout())
            .map_or(WIDTH_ELSEWHERE, |(terminal_size::Width(columns), _)| usize::from(columns));
        Self { global, width: width.clamp(40, WIDEST), progress: Meter::new() }
    }
}
