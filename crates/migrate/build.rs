//! Generates the registry of the `migrate/` rules on what `check` observes from their folders.

fn main() {
    dbwright_rulebook::generate("src/rules", "migrate", "crate::observed::Observed");
    dbwright_rulebook::generate_with_examples(
        "folder_rules.rs",
        "src/folder/rules",
        "migrate",
        "crate::folder::Beside",
    );
}
