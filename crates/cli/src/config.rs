//! Finds `dbwright.toml`: where the user says, or here, or in the nearest folder above.

use std::path::{Path, PathBuf};

use dbwright_check::{Config, config};
use dbwright_core::Failure;

use crate::args::Global;
use crate::commands::text_of;
use crate::engines;

/// The file's name.
const NAME: &str = "dbwright.toml";

/// What was configured, and where.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// What the file says; nothing when there is none.
    pub(crate) config: Config,
    /// The file.
    path: Option<PathBuf>,
}

impl Found {
    /// The file that the `baseline` setting names, relative to the configuration file.
    pub(crate) fn baseline(&self) -> Option<PathBuf> {
        let folder = self.path.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        self.config.baseline.as_ref().map(|file| folder.join(file))
    }
}

/// Finds and reads the configuration.
///
/// # Errors
/// When the file can't be read, or has a mistake in it.
pub(crate) fn load(global: &Global) -> Result<Found, Failure> {
    let Some(path) = global.config.clone().or_else(nearest) else { return Ok(Found::default()) };
    let text = text_of(&path, "configuration")?;
    let rules = engines::metas();
    let config = config::parse(&path.display().to_string(), &text, &rules)?;
    Ok(Found { config, path: Some(path) })
}

fn nearest() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    here.ancestors().map(|folder| folder.join(NAME)).find(|path| path.is_file())
}
