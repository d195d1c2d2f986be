//! Runs the built binary as a user would, with an environment that no machine changes.

use std::path::PathBuf;
use std::process::Output;

use assert_cmd::Command;

/// The binary with colours, width and configuration as on a plain machine.
pub(crate) fn dbwright() -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("dbwright"));
    for variable in [
        "NO_COLOR",
        "CLICOLOR_FORCE",
        "CLICOLOR",
        "DBWRIGHT_CONFIG",
        "DBWRIGHT_PG_BIN",
        "DBWRIGHT_MYSQL_BIN",
        "RUST_BACKTRACE",
    ] {
        command.env_remove(variable);
    }
    command
}

/// Runs it with arguments in the folder of the test data.
pub(crate) fn run(arguments: &[&str]) -> Output {
    dbwright().current_dir(data()).args(arguments).output().expect("dbwright starts")
}

/// Standard output of a run that ends with 0.
pub(crate) fn stdout(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Exit code and standard error of a run, whose standard output must be empty.
pub(crate) fn failure(arguments: &[&str]) -> (Option<i32>, String) {
    let output = run(arguments);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{arguments:?}");
    (output.status.code(), String::from_utf8(output.stderr).expect("UTF-8"))
}

/// The folder of the test data.
pub(crate) fn data() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}
