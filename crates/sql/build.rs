//! Generates the registry of the `sql/` rules from their folders.

fn main() {
    dbwright_rulebook::generate("src/rules", "sql", "crate::model::Catalog");
}
