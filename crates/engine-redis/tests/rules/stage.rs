//! Runs the steps of a script: its connections live as long as the stage.

use std::collections::HashMap;
use std::fs;
use std::time::{Duration, Instant};

use dbwright_core::Change;
use dbwright_testkit::redis::{Reply, Wire};

use crate::script::{self, How, Script, Session, Step};
use crate::servers::{PATIENCE, Servers};

/// Servers and the connections to them.
pub(crate) struct Stage {
    /// The servers.
    pub(crate) servers: Servers,
    sessions: HashMap<String, Wire>,
    idle: Vec<Wire>,
    login: Option<(String, String)>,
    target: String,
}

impl Stage {
    /// Starts the servers of a script and carries its steps out.
    pub(crate) fn set(engine: &str, script: &Script) -> Result<Self, String> {
        let servers = Servers::start(engine, script)?;
        let target = script.look_at.clone().unwrap_or_else(|| "main".to_owned());
        let mut stage = Self { servers, sessions: HashMap::new(), idle: Vec::new(), login: None, target };
        stage.run(&script.steps)?;
        Ok(stage)
    }

    /// The URL to observe.
    pub(crate) fn url(&self) -> Result<String, String> {
        let port = self.servers.port(&self.target)?;
        let login = self.login.as_ref().map(|(name, word)| format!("{name}:{word}@")).unwrap_or_default();
        Ok(format!("redis://{login}127.0.0.1:{port}"))
    }

    /// A text with what differs from run to run replaced by words.
    pub(crate) fn rename(&self, text: &str) -> String {
        let names = ["main", "replica", "node1", "node2", "node3", "node4"];
        let known = names.into_iter().filter_map(|name| Some((name, self.servers.port(name).ok()?)));
        let known: Vec<_> = known.collect();
        known
            .into_iter()
            .rev()
            .fold(text.to_owned(), |text, (name, port)| text.replace(&format!("127.0.0.1:{port}"), name))
    }

    /// Carries steps out.
    pub(crate) fn run(&mut self, steps: &[Step]) -> Result<(), String> {
        steps.iter().try_for_each(|step| self.step(step).map_err(|reason| format!("{step:?}: {reason}")))
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Run { session, words, how } => self.command(session, words, *how),
            Step::Wait { session, words, text, holds } => self.wait(session, words, text, *holds),
            Step::Clients(number) => self.clients(*number),
            Step::Pause(seconds) => {
                std::thread::sleep(Duration::from_secs(*seconds));
                Ok(())
            }
            Step::MakeFolder(path) => {
                let path = self.servers.path(path).join("not-empty");
                fs::create_dir_all(path).map_err(|e| e.to_string())
            }
            Step::RemoveFolder(path) => fs::remove_dir_all(self.servers.path(path)).map_err(|e| e.to_string()),
            Step::HangUp(name) if name == "clients" => {
                self.idle.clear();
                Ok(())
            }
            Step::HangUp(name) => self.sessions.remove(name).map(drop).ok_or_else(|| format!("no session {name}")),
            Step::Login(name, word) => {
                self.login = Some((name.clone(), word.clone()));
                Ok(())
            }
            Step::Restart => {
                self.sessions.clear();
                self.servers.restart();
                Ok(())
            }
            Step::Cli(arguments) => self.servers.cli(arguments),
        }
    }

    fn clients(&mut self, number: usize) -> Result<(), String> {
        let port = self.servers.port("main")?;
        for _ in 0..number {
            self.idle.push(Wire::open(port)?);
        }
        let most = self.idle.len() + self.sessions.len();
        let Some(one) = self.idle.last_mut() else { return Ok(()) };
        // Who looked whether the server has started may still be on the way out.
        let end = Instant::now() + PATIENCE;
        while connected(&one.send(&["INFO", "clients"])?.text()).is_none_or(|clients| clients > most) {
            if Instant::now() > end {
                return Err(format!("there are more than {most} clients"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn wire(&mut self, session: &Session) -> Result<&mut Wire, String> {
        if !self.sessions.contains_key(&session.name) {
            let wire = Wire::open(self.servers.port(&session.server)?)?;
            self.sessions.insert(session.name.clone(), wire);
        }
        self.sessions.get_mut(&session.name).ok_or_else(|| "a session that was just opened is gone".to_owned())
    }

    fn command(&mut self, session: &Session, words: &[Vec<u8>], how: How) -> Result<(), String> {
        let wire = self.wire(session)?;
        match how {
            How::Background => wire.write(words),
            How::Fails => wire.command(words).map_or(Ok(()), |reply| Err(format!("it succeeds: {reply:?}"))),
            How::Times(times) => (1..=times).try_for_each(|n| wire.command(&numbered(words, n)).map(drop)),
            How::Pipelined(times) => {
                (1..=times).try_for_each(|n| wire.write(&numbered(words, n)))?;
                (0..times).try_for_each(|_| wire.read().map(drop))
            }
        }
    }

    fn wait(&mut self, session: &Session, words: &[Vec<u8>], text: &str, holds: bool) -> Result<(), String> {
        let end = Instant::now() + PATIENCE;
        while self.wire(session)?.send(words)?.text().contains(text) != holds {
            if Instant::now() > end {
                return Err("it never comes".to_owned());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Carries out statements of a change, as the user that observes.
    pub(crate) fn change(&mut self, statements: &[String], change: &Change) -> Result<(), String> {
        let mut wire = Wire::open(self.servers.port(&self.target)?)?;
        if let Some((name, word)) = &self.login {
            wire.command(&["AUTH", name.as_str(), word.as_str()])?;
        }
        for statement in statements {
            one(&mut wire, statement).map_err(|reason| format!("{statement}: {reason}"))?;
        }
        if change.restart {
            self.servers.restart();
        }
        Ok(())
    }
}

/// A statement; a script that works in slices replies with the cursor to go on from, in place of its first argument.
fn one(wire: &mut Wire, statement: &str) -> Result<(), String> {
    const CURSOR: usize = 3;
    let mut words = script::words(statement)?;
    let sliced = words.first().is_some_and(|name| name == b"EVAL");
    loop {
        match wire.command(&words)? {
            Reply::Text(cursor) if sliced && cursor != b"0" => words[CURSOR] = cursor,
            _ => return Ok(()),
        }
    }
}

fn numbered(words: &[Vec<u8>], n: usize) -> Vec<Vec<u8>> {
    let fill = |word: &Vec<u8>| match std::str::from_utf8(word) {
        Ok(text) if text.contains("{n}") => text.replace("{n}", &n.to_string()).into_bytes(),
        _ => word.clone(),
    };
    words.iter().map(fill).collect()
}

/// How many clients a server has, by its own account.
fn connected(info: &str) -> Option<usize> {
    info.lines().find_map(|line| line.strip_prefix("connected_clients:"))?.trim().parse().ok()
}
