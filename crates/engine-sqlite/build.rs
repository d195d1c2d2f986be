//! Generates the registry of the `sqlite/` rules from their folders.

fn main() {
    dbwright_rulebook::generate("src/rules", "sqlite", "crate::body::SqliteBody");
}
