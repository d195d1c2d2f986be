//! Reads the `bad.redis` and `good.redis` of a rule folder: commands as `redis-cli` takes them, one a line, and directives
//! for states that commands can't make.
//!
//! A directive is a whole comment line:
//!
//! - `# server: LINE`: a line of the server's configuration file;
//! - `# files N`: the system lets the servers open so many files;
//! - `# replica`: a second server follows the first (session `replica`);
//! - `# sentinel`: a Sentinel watches the first (session `sentinel`);
//! - `# cluster: 0-5460 5461-16383`: a cluster of masters with these slots (sessions `node1`, `node2`, …) in place of one server;
//! - `# look at SESSION`: observe through that session's server instead of the first one;
//! - `# session NAME [on SERVER]`: the commands that follow go over a connection of that name (`main` at first);
//! - `# times N` / `# pipelined N`: the next command is sent N times, each after the reply of the one before, or all
//!   at once; `{n}` in it is the number;
//! - `# background`: the next command is sent, and its reply never read;
//! - `# fails`: the next command has to fail;
//! - `# clients N`: so many further connections, which do nothing;
//! - `# wait: COMMAND => TEXT`: go on when the reply holds the text (`=> not TEXT`: no longer holds it);
//! - `# pause SECONDS`: let time pass, where time is what is measured;
//! - `# host: mkdir PATH` / `# host: rmdir PATH`: a folder with something in it, below the server's own;
//! - `# host: hang up NAME`: the connection of that name ends;
//! - `# host: restart`: the first server is stopped and started;
//! - `# host: cli ARGUMENTS`: the engine's own command line client, for what only it can do;
//! - `# limit NAME = VALUE`: a threshold of the rule, changed as a user would in `dbwright.toml`;
//! - `# user: NAME PASSWORD`: from here on observe as this user;
//! - `# mend`: what follows is what people do where the finding has no change; the finding is gone afterwards.
//!
//! Any other comment is prose.

use std::collections::BTreeMap;

/// A script, ready to run.
#[derive(Debug, Default, Clone)]
pub(crate) struct Script {
    /// Lines of the configuration.
    pub(crate) server: Vec<String>,
    /// Whether a second server follows the first.
    pub(crate) replica: bool,
    /// Whether a Sentinel watches it.
    pub(crate) sentinel: bool,
    /// The slots of each master of a cluster; empty for one server.
    pub(crate) cluster: Vec<(u16, u16)>,
    /// The server that is observed, when not the first.
    pub(crate) look_at: Option<String>,
    /// Changed thresholds of the rule.
    pub(crate) limits: BTreeMap<String, f64>,
    /// What to do, in order.
    pub(crate) steps: Vec<Step>,
    /// What people do about it.
    pub(crate) mend: Vec<Step>,
}

/// One step of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// A command on a connection.
    Run { session: Session, words: Vec<Vec<u8>>, how: How },
    /// Wait until a reply holds a text, or no longer does.
    Wait { session: Session, words: Vec<Vec<u8>>, text: String, holds: bool },
    /// Connections that do nothing.
    Clients(usize),
    /// Let time pass.
    Pause(u64),
    /// Make a folder with something in it.
    MakeFolder(String),
    /// Remove it.
    RemoveFolder(String),
    /// End a connection.
    HangUp(String),
    /// Observe as this user, with this password.
    Login(String, String),
    /// Stop and start the first server.
    Restart,
    /// Run the command line client.
    Cli(Vec<String>),
}

/// A connection by name, and the server that it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    /// Its name.
    pub(crate) name: String,
    /// Name of the server: `main`, `replica`, `node1`, …
    pub(crate) server: String,
}

/// How a command is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// So many times, each of which has to succeed.
    Times(usize),
    /// So many times in one go.
    Pipelined(usize),
    /// Once, and it has to fail.
    Fails,
    /// Once, and the reply stays where it is.
    Background,
}

/// Reads a script.
pub(crate) fn parse(text: &str) -> Result<Script, String> {
    let mut reader = Reader {
        script: Script::default(),
        session: Session { name: "main".to_owned(), server: "main".to_owned() },
        how: How::Times(1),
        mending: false,
    };
    for (at, line) in text.lines().enumerate() {
        reader.line(line.trim()).map_err(|reason| format!("line {}: {reason}", at + 1))?;
    }
    Ok(reader.script)
}

struct Reader {
    script: Script,
    session: Session,
    how: How,
    mending: bool,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), String> {
        if let Some(comment) = line.strip_prefix('#') {
            return self.directive(comment.trim());
        }
        if !line.is_empty() {
            let how = std::mem::replace(&mut self.how, How::Times(1));
            let step = Step::Run { session: self.session.clone(), words: words(line)?, how };
            self.push(step);
        }
        Ok(())
    }

    fn push(&mut self, step: Step) {
        if self.mending { self.script.mend.push(step) } else { self.script.steps.push(step) }
    }

    fn directive(&mut self, comment: &str) -> Result<(), String> {
        let (head, rest) = comment.split_once(' ').unwrap_or((comment, ""));
        let number = || rest.parse().map_err(|e| format!("`# {comment}`: {e}"));
        match head {
            "server:" => self.script.server.push(rest.to_owned()),
            "files" => self.script.server.push(format!("files {rest}")),
            "replica" if rest.is_empty() => self.script.replica = true,
            "sentinel" if rest.is_empty() => self.script.sentinel = true,
            "cluster:" => self.script.cluster = ranges(rest)?,
            "look" => self.script.look_at = rest.strip_prefix("at ").map(str::to_owned),
            "user:" => {
                let (name, word) = rest.split_once(' ').ok_or("`# user:` takes a name and a password")?;
                self.push(Step::Login(name.to_owned(), word.to_owned()));
            }
            "limit" => self.limit(rest)?,
            "session" => self.session = session(rest),
            "times" => self.how = How::Times(number()?),
            "pipelined" => self.how = How::Pipelined(number()?),
            "background" if rest.is_empty() => self.how = How::Background,
            "fails" if rest.is_empty() => self.how = How::Fails,
            "mend" if rest.is_empty() => self.mending = true,
            "clients" => self.push(Step::Clients(number()?)),
            "pause" => self.push(Step::Pause(rest.parse().map_err(|e| format!("`# {comment}`: {e}"))?)),
            "wait:" => self.wait(rest)?,
            "host:" => self.host(rest)?,
            _ => {}
        }
        Ok(())
    }

    fn limit(&mut self, text: &str) -> Result<(), String> {
        let (name, value) = text.split_once('=').ok_or_else(|| format!("`{text}` has no `=`"))?;
        let value = value.trim().parse().map_err(|e| format!("`{text}`: {e}"))?;
        self.script.limits.insert(name.trim().to_owned(), value);
        Ok(())
    }

    fn wait(&mut self, text: &str) -> Result<(), String> {
        let (command, text) = text.split_once(" => ").ok_or("`# wait:` has no ` => `")?;
        let (text, holds) = text.strip_prefix("not ").map_or((text, true), |text| (text, false));
        let step =
            Step::Wait { session: self.session.clone(), words: words(command)?, text: text.trim().to_owned(), holds };
        self.push(step);
        Ok(())
    }

    fn host(&mut self, text: &str) -> Result<(), String> {
        let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
        let step = match verb {
            "mkdir" => Step::MakeFolder(rest.to_owned()),
            "rmdir" => Step::RemoveFolder(rest.to_owned()),
            "hang" => Step::HangUp(rest.trim_start_matches("up ").to_owned()),
            "restart" => Step::Restart,
            "cli" => Step::Cli(rest.split_whitespace().map(str::to_owned).collect()),
            _ => return Err(format!("`# host: {text}` is not known")),
        };
        self.push(step);
        Ok(())
    }
}

/// `NAME` or `NAME on SERVER`; a connection named like a server leads there.
fn session(text: &str) -> Session {
    let (name, server) = text.split_once(" on ").unwrap_or((text, text));
    let known = matches!(server, "replica" | "sentinel") || server.starts_with("node");
    Session { name: name.to_owned(), server: if known { server } else { "main" }.to_owned() }
}

fn ranges(text: &str) -> Result<Vec<(u16, u16)>, String> {
    let range = |range: &str| {
        let (first, last) = range.split_once('-')?;
        Some((first.parse().ok()?, last.parse().ok()?))
    };
    text.split_whitespace().map(|one| range(one).ok_or_else(|| format!("`{one}` is no range of slots"))).collect()
}

/// The words of a command line: blanks divide, `"…"` knows `\n`, `\r`, `\t`, `\xHH`, `\"` and `\\`, `'…'` only `\'`.
pub(crate) fn words(line: &str) -> Result<Vec<Vec<u8>>, String> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let quote = rest.as_bytes()[0];
        let (word, after) = if matches!(quote, b'"' | b'\'') {
            quoted(rest, quote).ok_or_else(|| format!("a quote is not closed: {rest}"))?
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            (rest.as_bytes()[..end].to_vec(), &rest[end..])
        };
        words.push(word);
        rest = after.trim_start();
    }
    Ok(words)
}

fn quoted(text: &str, quote: u8) -> Option<(Vec<u8>, &str)> {
    let bytes = text.as_bytes();
    let mut word = Vec::new();
    let mut at = 1;
    loop {
        match *bytes.get(at)? {
            b if b == quote => return Some((word, &text[at + 1..])),
            b'\\' if quote == b'"' || bytes.get(at + 1) == Some(&b'\'') => {
                let (byte, length) = escaped(&bytes[at + 1..])?;
                word.push(byte);
                at += 1 + length;
            }
            b => {
                word.push(b);
                at += 1;
            }
        }
    }
}

fn escaped(rest: &[u8]) -> Option<(u8, usize)> {
    match *rest.first()? {
        b'x' => {
            let digits = std::str::from_utf8(rest.get(1..3)?).ok()?;
            Some((u8::from_str_radix(digits, 16).ok()?, 3))
        }
        b'n' => Some((b'\n', 1)),
        b'r' => Some((b'\r', 1)),
        b't' => Some((b'\t', 1)),
        other => Some((other, 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_redis_cli_reads_them() {
        let line = r#"SET "a \"b\"\x00" 'it\'s' plain\n"#;
        let read = words(line).expect("closed quotes");
        assert_eq!(read, [b"SET".to_vec(), b"a \"b\"\x00".to_vec(), b"it's".to_vec(), b"plain\\n".to_vec()]);
        assert!(words("GET \"a").is_err());
    }

    #[test]
    fn directives_apply_to_what_follows() {
        let text = "# server: maxmemory 1mb\n# session slow on replica\n# times 3\nGET a{n}\n# wait: INFO x => not y:1\n\
                    # a comment of words\n# limit rows = 0.5\n# mend\n# fails\nSET a b\n";
        let script = parse(text).expect("parses");
        let session = Session { name: "slow".to_owned(), server: "replica".to_owned() };
        let run = |line: &str, how| Step::Run { session: session.clone(), words: words(line).expect("words"), how };
        let wait = Step::Wait {
            session: session.clone(),
            words: words("INFO x").expect("words"),
            text: "y:1".to_owned(),
            holds: false,
        };
        assert_eq!(script.steps, [run("GET a{n}", How::Times(3)), wait]);
        assert_eq!(script.mend, [run("SET a b", How::Fails)]);
        assert_eq!((script.server, script.limits["rows"]), (vec!["maxmemory 1mb".to_owned()], 0.5));
    }
}
