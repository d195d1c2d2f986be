//! Generates the registries of the `sqlite/` and the `migrate/` rules from their folders.

fn main() {
    dbwright_rulebook::generate("src/rules", "sqlite", "crate::body::SqliteBody");
    dbwright_rulebook::generate_with_examples(
        "migrate_rules.rs",
        "src/migrate/rules",
        "migrate",
        "crate::migrate::lint::Scene",
    );
}
