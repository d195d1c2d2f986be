//! Generates the registry of the `mysql/` rules from their folders.

fn main() {
    dbwright_rulebook::generate("src/rules", "mysql", "crate::body::Body");
}
