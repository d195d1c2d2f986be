//! The command line, tried as a user would: the built binary, real files, exit codes and transcripts.

mod advice;
mod advise;
mod command_line;
mod common;
mod endings;
mod migrate;
mod migrate_folders;
mod migrate_sqlite;
mod postgres;
mod reports;
mod schema_files;
mod sqlite;
