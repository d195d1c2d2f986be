//! The account as a file that only its owner can read: a password on a command line is everybody's.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use dbwright_core::Failure;
use dbwright_core::target::Address;
use secrecy::ExposeSecret as _;

use super::facts::Tool;
use crate::connect::{Params, Place, SslMode};

/// How a server is reached, as far as a tool must know.
#[derive(Debug, Clone, Default)]
pub(in crate::migrate) struct Reached {
    place: Option<Place>,
    ssl: Option<SslMode>,
    root: Option<PathBuf>,
    client: Option<(PathBuf, PathBuf)>,
    /// Whether our own connection is encrypted: then a tool's can be.
    secure: bool,
}

impl Reached {
    /// # Errors
    /// When the address can't be read.
    pub(in crate::migrate) fn of(address: &Address) -> Result<Self, Failure> {
        let params = Params::read(address.rest(), std::time::Duration::from_secs(10))?;
        let (place, ssl) = (Some(params.place), Some(params.ssl));
        Ok(Self { place, ssl, root: params.root, client: params.client, secure: false })
    }

    /// The same, with what our own connection found.
    pub(in crate::migrate) fn seen(self, secure: bool) -> Self {
        Self { secure, ..self }
    }

    /// Why a tool can't reach it so.
    pub(super) fn refused(&self, tool: Tool) -> Option<&'static str> {
        let facts = tool.facts();
        match self.place {
            Some(Place::Socket(_)) => facts.socket,
            _ if self.encrypted() => facts.tls,
            _ => None,
        }
    }

    /// gh-ost takes the place and TLS as words.
    pub(super) fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut word = |name: &str, value: String| words.extend([name.to_owned(), value]);
        if let Some(Place::Tcp { host, port }) = &self.place {
            // It takes no name for what is this machine.
            word("--host", if host == "localhost" { "127.0.0.1".to_owned() } else { host.clone() });
            word("--port", port.to_string());
        }
        if let Some(place) = self.address() {
            // On a replica that takes writes it would change the table on the source instead.
            word("--assume-master-host", place);
        }
        if !self.encrypted() && !self.secure {
            return words;
        }
        if let Some((certificate, key)) = &self.client {
            word("--ssl-cert", certificate.display().to_string());
            word("--ssl-key", key.display().to_string());
        }
        let verified = matches!(self.ssl, Some(SslMode::VerifyCa | SslMode::VerifyFull));
        let root = self.root.as_ref().filter(|root| verified && *root != Path::new("system"));
        if let Some(root) = root {
            word("--ssl-ca", root.display().to_string());
        }
        words.push("--ssl".to_owned());
        if !verified {
            words.push("--ssl-allow-insecure".to_owned());
        }
        words
    }

    /// Whether the connection must be encrypted.
    fn encrypted(&self) -> bool {
        self.ssl.is_some_and(|ssl| ssl >= SslMode::Require || (ssl == SslMode::Prefer && self.client.is_some()))
    }

    /// Host and port; none for a socket, and for an address with colons of its own.
    fn address(&self) -> Option<String> {
        let Some(Place::Tcp { host, port }) = &self.place else { return None };
        let host = if host == "localhost" { "127.0.0.1" } else { host };
        (!host.contains(':')).then(|| format!("{host}:{port}"))
    }
}

/// A variable of the tool's environment.
pub(in crate::migrate) type Variable = (&'static str, String);

/// Writes the file, and says which variables of its environment the tool needs besides.
///
/// # Errors
/// When the folder can't be written.
pub(in crate::migrate) fn write(tool: Tool, file: &Path, address: &Address) -> Result<Vec<Variable>, Failure> {
    let params = Params::read(address.rest(), std::time::Duration::from_secs(10))?;
    let mut variables = Vec::new();
    let text = match tool {
        Tool::Pt => text(&params),
        Tool::GhOst => plain(&params, &mut variables),
    };
    secret(file, &text)
        .map_err(|e| Failure::internal("migrate.tool", format!("the file with the account can't be written: {e}")))?;
    Ok(variables)
}

/// As an option file of the server's own clients.
fn text(params: &Params) -> String {
    let mut lines = vec!["[client]".to_owned(), format!("user={}", quoted(&params.user))];
    if let Some(password) = &params.password {
        lines.push(format!("password={}", quoted(password.expose_secret())));
    }
    match &params.place {
        Place::Tcp { host, port } => {
            // By its name the clients would take a socket.
            let host = if host == "localhost" { "127.0.0.1" } else { host };
            lines.extend([format!("host={}", quoted(host)), format!("port={port}")]);
        }
        Place::Socket(path) => lines.push(format!("socket={}", quoted(&path.display().to_string()))),
    }
    lines.join("\n") + "\n"
}

/// As gh-ost reads it, which is no client of the server's: it takes the account alone, has no escapes, and takes what stands
/// between backquotes as it is, apart from `${NAME}` and `%(name)s`. What it would read otherwise it gets in a variable.
fn plain(params: &Params, variables: &mut Vec<Variable>) -> String {
    let mut line = |key: &str, variable: &'static str, value: &str| {
        if !["`", "${", "%(", "\n", "\r"].iter().any(|mark| value.contains(mark)) {
            return format!("{key}=`{value}`");
        }
        variables.push((variable, value.to_owned()));
        format!("{key}=`${{{variable}}}`")
    };
    let mut lines = vec!["[client]".to_owned(), line("user", "DBWRIGHT_TOOL_USER", &params.user)];
    if let Some(password) = &params.password {
        lines.push(line("password", "DBWRIGHT_TOOL_PASSWORD", password.expose_secret()));
    }
    lines.join("\n") + "\n"
}

/// A value of an option file.
fn quoted(value: &str) -> String {
    let escaped = value.replace('\\', "\\\\");
    // Within quotes a `#` begins no comment; the clients know no way to write a quote of the same kind.
    if escaped.contains('"') { format!("'{escaped}'") } else { format!("\"{escaped}\"") }
}

#[cfg(unix)]
fn secret(file: &Path, text: &str) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?.write_all(text.as_bytes())
}

#[cfg(not(unix))]
fn secret(file: &Path, text: &str) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(file)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reached(url: &str) -> Reached {
        Reached::of(&Address::parse(url).expect("a URL")).expect("readable")
    }

    #[test]
    fn an_option_file_holds_the_account_and_is_its_owners_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("account");
        let address = Address::parse("mysql://ann:p%22%5Cw%23@localhost:3307/shop").expect("a URL");
        write(Tool::Pt, &file, &address).expect("written");
        let text = std::fs::read_to_string(&file).expect("there");
        assert_eq!(text, "[client]\nuser=\"ann\"\npassword='p\"\\\\w#'\nhost=\"127.0.0.1\"\nport=3307\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(file.metadata().expect("there").permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn gh_ost_reads_what_stands_between_backquotes_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("account");
        let address = Address::parse("mysql://ann:p%23%3B%22%5Cw@localhost:3307/shop").expect("a URL");
        write(Tool::GhOst, &file, &address).expect("written");
        assert_eq!(std::fs::read_to_string(&file).expect("there"), "[client]\nuser=`ann`\npassword=`p#;\"\\w`\n");
    }

    #[test]
    fn gh_ost_gets_what_it_would_take_for_a_variable_in_one() {
        let folder = tempfile::tempdir().expect("a folder");
        for (at, (written, password)) in
            [("a%24%7BHOME%7D", "a${HOME}"), ("b%60c", "b`c"), ("%25%28user%29s", "%(user)s")].into_iter().enumerate()
        {
            let file = folder.path().join(at.to_string());
            let address = Address::parse(&format!("mysql://ann:{written}@localhost:3307/shop")).expect("a URL");
            let variables = write(Tool::GhOst, &file, &address).expect("written");
            assert_eq!(variables, [("DBWRIGHT_TOOL_PASSWORD", password.to_owned())]);
            let text = std::fs::read_to_string(&file).expect("there");
            assert_eq!(text, "[client]\nuser=`ann`\npassword=`${DBWRIGHT_TOOL_PASSWORD}`\n");
        }
    }

    #[test]
    fn what_a_tool_can_not_reach_is_refused() {
        let verified = reached("mysql://ann@db/shop?sslmode=require");
        assert!(verified.refused(Tool::Pt).is_some() && verified.refused(Tool::GhOst).is_none());
        let to = "--host db --port 3306 --assume-master-host db:3306";
        assert_eq!(verified.words().join(" "), format!("{to} --ssl --ssl-allow-insecure"));
        // It refuses every word on TLS without the one that asks for it.
        assert_eq!(reached("mysql://ann@db/shop?sslmode=prefer&sslrootcert=/ca.pem").words().join(" "), to);
        // What only may be encrypted is so where our own connection is, and not verified either.
        let preferred = reached("mysql://ann@db/shop").seen(true);
        assert_eq!(preferred.words().join(" "), format!("{to} --ssl --ssl-allow-insecure"));
        assert!(preferred.refused(Tool::Pt).is_none());
        let client = reached("mysql://ann@db/shop?sslcert=/c.pem&sslkey=/k.pem").words().join(" ");
        assert_eq!(client, format!("{to} --ssl-cert /c.pem --ssl-key /k.pem --ssl --ssl-allow-insecure"));
        let whole = reached("mysql://ann@db/shop?sslmode=verify-full&sslrootcert=/ca.pem").words().join(" ");
        assert_eq!(whole, format!("{to} --ssl-ca /ca.pem --ssl"));
        let socket = reached("mysql://ann@/shop?socket=/tmp/my.sock");
        assert!(socket.refused(Tool::Pt).is_none() && socket.refused(Tool::GhOst).is_some());
    }
}
