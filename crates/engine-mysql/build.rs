//! Generates the registries of the `mysql/` and the `migrate/` rules from their folders.

fn main() {
    dbwright_rulebook::generate("src/rules", "mysql", "crate::body::Body");
    dbwright_rulebook::generate_with_examples(
        "migrate_rules.rs",
        "src/migrate/rules",
        "migrate",
        "crate::migrate::lint::Scene",
    );
}
