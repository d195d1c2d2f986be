//! Copies by a tool that is installed: `gh-ost` or `pt-online-schema-change`, driven and watched.
//!
//! What they can't do is data ([`facts`]); which are there is looked up when a table needs a copy ([`find`]); the plan's steps
//! say the whole command line ([`plan`], [`words`]). While one works it is a child of dbwright ([`child`]) that ends when
//! dbwright does, however that ends; what it says is read as progress or as the reason of a failure ([`said`]).
//!
//! # Which copy is made by whom
//!
//! A copy of our own keeps what is written after the switch for `undo`, compares each row, and goes on where it was
//! interrupted. So unless the user says otherwise a tool is only taken for what our own copy can't do.
//!
//! # Why nothing is lost when somebody is killed
//!
//! A tool's tables have names that nobody had when the plan was made, so what goes by them later is the tool's. The exchange is
//! one `RENAME TABLE`: the table by the old one's name is there, and none by the new one's, exactly when it is done. Before
//! that all that a tool has made can be removed, or, where it keeps a history, be gone on with.

pub(in crate::migrate) mod account;
pub(in crate::migrate) mod child;
pub(in crate::migrate) mod facts;
pub(in crate::migrate) mod find;
mod leftovers;
pub(in crate::migrate) mod plan;
pub(in crate::migrate) mod said;
pub(in crate::migrate) mod words;

use std::path::PathBuf;

use dbwright_core::Failure;
use dbwright_migrate::Limits;
use dbwright_migrate::port::OpenOptions;

pub(in crate::migrate) use facts::Tool;

/// Leaves the choice to dbwright.
const AUTO: &str = "auto";

/// A copy of our own, whatever is installed.
const OWN: &str = "own";

/// The words of the option.
pub(in crate::migrate) const WORDS: &[&str] = &[AUTO, OWN, facts::GH_OST, facts::PT];

/// Who copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::migrate) enum Wanted {
    /// Our own copy where it can, else a tool.
    #[default]
    Auto,
    /// Our own copy, or none.
    Own,
    /// This tool, or none.
    Tool(Tool),
}

/// What a planner knows of tools.
#[derive(Debug, Clone, Default)]
pub(in crate::migrate) struct Tools {
    pub(in crate::migrate) wanted: Wanted,
    /// Folders that the user names.
    folders: Vec<PathBuf>,
    /// How the server is reached, as far as a tool must know.
    reached: account::Reached,
    limits: Limits,
    /// Whether foreign keys of others refer to the table at hand.
    referred: bool,
    /// Whether the server knows several forms of plans: the tool can read the oldest alone, and takes a table whose rows it
    /// can't estimate for one that it can copy in one piece.
    forms: bool,
    /// Those that are installed, once they were looked for.
    found: Option<Vec<find::Found>>,
}

impl Tools {
    /// # Errors
    /// When the word for the copy is unknown.
    pub(in crate::migrate) fn of(options: &OpenOptions, reached: account::Reached) -> Result<Self, Failure> {
        let wanted = match options.copy_tool.as_deref() {
            None | Some(AUTO) => Wanted::Auto,
            Some(OWN) => Wanted::Own,
            Some(word) => Wanted::Tool(Tool::named(word).ok_or_else(|| {
                Failure::usage("migrate.no-copy-tool", format!("tables can't be copied with `{word}`"))
                    .hint(format!("the words are: {}", WORDS.join(", ")))
            })?),
        };
        let (folders, limits) = (options.programs.clone(), options.limits.clone());
        Ok(Self { wanted, folders, reached, limits, referred: false, forms: false, found: None })
    }

    /// Those that are installed.
    async fn found(&mut self) -> Vec<find::Found> {
        if self.found.is_none() {
            self.found = Some(find::all(&self.folders).await);
        }
        self.found.clone().unwrap_or_default()
    }
}
