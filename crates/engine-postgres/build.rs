//! Generates the registry of the `pg/` rules from their folders.

fn main() {
    dbwright_rulebook::generate("src/rules", "pg", "crate::body::PgBody");
}
