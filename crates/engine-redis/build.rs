//! Generates the registry of the `redis/` rules from their folders.

fn main() {
    dbwright_rulebook::generate("src/rules", "redis", "crate::body::Body");
}
