//! One TLS provider: a second one makes rustls panic at run time, and OpenSSL makes a newcomer's first build fail.

use super::Complaints;
use crate::Done;
use crate::command::{cargo, quietly};

/// Crates that must not be in what cargo resolves for this machine.
const FORBIDDEN: [&str; 6] = ["openssl", "openssl-sys", "native-tls", "ring", "bindgen", "prost-build"];

pub(super) fn check() -> Done<Complaints> {
    let mut tree = cargo();
    let all = ["tree", "--workspace", "--locked", "--edges", "normal,build,dev", "--prefix", "none", "--format", "{p}"];
    Ok(found(&quietly(tree.args(all))?))
}

fn found(packages: &str) -> Complaints {
    let names: Vec<_> = packages.lines().filter_map(|line| line.split(' ').next()).collect();
    let bad = FORBIDDEN.into_iter().filter(|name| names.contains(name));
    bad.map(|name| format!("Cargo.lock: `{name}` is used; see `cargo tree --workspace --invert {name}`")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forbidden_crate_is_told_and_a_longer_name_is_not() {
        assert_eq!(found("ring v0.17.1\nserde v1.0.0 (*)\n").len(), 1);
        assert_eq!(found("ring-buffer v0.1.0\nopenssl-probe v0.2.1\n"), Complaints::new());
    }
}
