//! The password file.
//!
//! As in libpq, one that others can read is not used, and the user is told so.

use std::fs;
use std::path::Path;

use secrecy::SecretString;

/// What a password is looked up for.
pub(super) struct Wanted<'a> {
    /// Host; `localhost` for the default socket.
    pub(super) host: &'a str,
    /// Port.
    pub(super) port: u16,
    /// Database.
    pub(super) database: &'a str,
    /// Role.
    pub(super) user: &'a str,
}

/// The password of the first line that fits, and a warning when the file can't be used.
pub(super) fn look_up(file: &Path, wanted: &Wanted<'_>) -> (Option<SecretString>, Option<String>) {
    let Ok(metadata) = fs::metadata(file) else { return (None, None) };
    if !metadata.is_file() {
        return (None, Some(format!("the password file {} is not a plain file, so it was not used", file.display())));
    }
    if open_to_others(&metadata) {
        let path = file.display();
        return (None, Some(format!("the password file {path} can be read by others, so it was not used")));
    }
    match fs::read(file) {
        Ok(bytes) => (find(&String::from_utf8_lossy(&bytes), wanted).map(SecretString::from), None),
        Err(error) => (None, Some(format!("the password file {} can't be read: {error}", file.display()))),
    }
}

#[cfg(unix)]
fn open_to_others(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
const fn open_to_others(_: &fs::Metadata) -> bool {
    false
}

fn find(text: &str, wanted: &Wanted<'_>) -> Option<String> {
    let port = wanted.port.to_string();
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let fields = fields(line);
        let [host, at, database, user, password] = fields.as_slice() else { return None };
        let fits = |field: &str, value: &str| field == "*" || field == value;
        let all =
            fits(host, wanted.host) && fits(at, &port) && fits(database, wanted.database) && fits(user, wanted.user);
        (all && !password.is_empty()).then(|| password.clone())
    })
}

/// The five fields of a line; a backslash takes the next character as it is.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut chars = line.trim_end_matches('\r').chars();
    while let Some(c) = chars.next() {
        match c {
            ':' if fields.len() < 5 => fields.push(String::new()),
            // After the password a further field may follow, as in libpq; it is not part of it.
            ':' => break,
            _ => {
                let c = if c == '\\' { chars.next().unwrap_or('\\') } else { c };
                if let Some(field) = fields.last_mut() {
                    field.push(c);
                }
            }
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::{Wanted, find};

    #[test]
    fn the_first_fitting_line_counts() {
        let text = "# c\nh:5432:d:u:first\n*:*:*:u:a\\:b\\\\c\n::1:bad\n\\:\\:1:*:*:*:v6\n";
        let wanted = |host, user| Wanted { host, port: 5432, database: "d", user };
        assert_eq!(find(text, &wanted("h", "u")).as_deref(), Some("first"));
        assert_eq!(find(text, &wanted("x", "u")).as_deref(), Some("a:b\\c"));
        assert_eq!(find(text, &wanted("::1", "z")).as_deref(), Some("v6"));
        assert_eq!(find(text, &wanted("x", "z")), None);
    }
}
