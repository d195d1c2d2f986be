//! Generates the registries of the `pg/` and the `migrate/` rules from their folders.

fn main() {
    dbwright_rulebook::generate("src/rules", "pg", "crate::body::PgBody");
    dbwright_rulebook::generate_with_examples(
        "migrate_rules.rs",
        "src/migrate/rules",
        "migrate",
        "crate::migrate::lint::Scene",
    );
}
