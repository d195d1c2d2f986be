//! `CONFIG GET *`; of passwords only whether there is one.

use super::visit::{Gaps, Visit, pairs_of, text_of};
use crate::body::area;

/// Reads the settings.
pub(super) async fn read(visit: &mut Visit, gaps: &mut Gaps) {
    if let Some(answer) = visit.ask(gaps, area::CONFIG, &["CONFIG", "GET", "*"]).await {
        let pairs = pairs_of(&answer).into_iter();
        visit.node.config = pairs.map(|(name, value)| hide(name, text_of(value))).collect();
    }
}

fn hide(name: String, value: String) -> (String, String) {
    let secret = name.contains("pass") || name.ends_with("auth");
    let value = if secret && !value.is_empty() { "***".to_owned() } else { value };
    (name, value)
}

#[cfg(test)]
mod tests {
    use super::hide;

    #[test]
    fn passwords_are_hidden_and_nothing_else() {
        let shown = |name: &str| hide(name.to_owned(), "x".to_owned()).1;
        for name in ["requirepass", "masterauth", "primaryauth", "tls-key-file-pass", "tls-client-key-file-pass"] {
            assert_eq!(shown(name), "***", "{name}");
        }
        for name in ["tls-auth-clients", "maxmemory", "masteruser"] {
            assert_eq!(shown(name), "x", "{name}");
        }
        assert_eq!(hide("requirepass".to_owned(), String::new()).1, "");
    }
}
