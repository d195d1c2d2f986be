//! Starts a server program, waits until it answers, and ends it.

use std::fs::{self, File, OpenOptions};
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::process::{Process, drop_privileges};

/// How long a server may take to answer, on a slow machine.
const READY: Duration = Duration::from_mins(2);
/// How long it may take to end; each signal gets this long.
const STOP: Duration = Duration::from_secs(20);
/// How many lines of a server's log a reason shows.
const TAIL: usize = 25;

/// A port of this machine that nobody uses now.
///
/// # Errors
/// When there is none.
pub fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|e| format!("no free port: {e}"))?;
    Ok(listener.local_addr().map_err(|e| e.to_string())?.port())
}

/// Tries with a free port, and with another when a program took it between our look and the server's start.
///
/// # Errors
/// When the attempt fails for another reason, or three times.
pub fn on_a_free_port<T>(attempt: impl Fn(u16) -> Result<T, String>) -> Result<T, String> {
    let mut outcome = attempt(free_port()?);
    for _ in 0..2 {
        if !outcome.as_ref().is_err_and(|reason| reason.contains("Address already in use")) {
            break;
        }
        outcome = attempt(free_port()?);
    }
    outcome
}

/// A program that may open only so many files.
#[must_use]
pub fn with_files(program: &Path, files: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "ulimit -n \"$0\" && exec \"$@\"", files]).arg(program);
    command
}

/// Starts the program as the unprivileged user, with its output added to `log`, and waits until `answers`.
///
/// # Errors
/// When it can't be started, ends, or doesn't answer; the reason holds the end of the log.
pub fn launch(command: &mut Command, log: &Path, answers: impl Fn() -> bool) -> Result<Child, String> {
    let out = OpenOptions::new().create(true).append(true).open(log).map_err(|e| shown(log, &e))?;
    let err = out.try_clone().map_err(|e| shown(log, &e))?;
    command.stdin(Stdio::null()).stdout(out).stderr(err).current_dir("/");
    command.process_group(0); // Ctrl-C at the terminal is for the tests, not for the server
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = drop_privileges(command).spawn().map_err(|e| format!("{program}: {e}"))?;
    match wait_until(&mut child, answers) {
        Ok(()) => Ok(child),
        Err(reason) => {
            let _ = child.kill(); // it may have ended by itself
            let _ = child.wait();
            let text = fs::read_to_string(log).map_err(|e| shown(log, &e))?;
            Err(format!("{reason}; the end of {}:\n{}", log.display(), tail(&text)))
        }
    }
}

fn wait_until(child: &mut Child, answers: impl Fn() -> bool) -> Result<(), String> {
    let end = Instant::now() + READY;
    loop {
        if let Some(status) = child.try_wait().map_err(|e| e.to_string())? {
            return Err(format!("the server ended during its start ({status})"));
        }
        if answers() {
            return Ok(());
        }
        if Instant::now() > end {
            return Err(format!("the server did not answer within {} s", READY.as_secs()));
        }
        sleep(Duration::from_millis(50));
    }
}

/// Runs a program that comes to an end as the unprivileged user, with a file as its input.
///
/// # Errors
/// When it fails; the reason holds the end of its output.
pub fn run(command: &mut Command, input: Option<&Path>) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let stdin = match input {
        Some(file) => Stdio::from(File::open(file).map_err(|e| shown(file, &e))?),
        None => Stdio::null(),
    };
    let output = drop_privileges(command.stdin(stdin).current_dir("/")).output();
    let output = output.map_err(|e| format!("{program}: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("{program}: {}\n{}", output.status, tail(&String::from_utf8_lossy(&said))))
}

/// Ends a process: each signal by name, when the one before it did not do.
///
/// # Errors
/// When it goes on all the same.
pub fn end(process: Process, signals: &[&str]) -> Result<(), String> {
    for signal in signals {
        process.signal(signal).map_err(|e| e.to_string())?;
        if process.wait(STOP) {
            return Ok(());
        }
    }
    Err(format!("the server (pid {}) did not end", process.pid))
}

/// The last lines of a text.
#[must_use]
pub fn tail(text: &str) -> String {
    let lines: Vec<_> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(TAIL)..].join("\n")
}

pub(crate) fn shown(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}
