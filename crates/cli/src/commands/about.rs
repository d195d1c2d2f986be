//! What dbwright says about itself: engines, JSON Schema, completions, manual pages, reference.

use clap::CommandFactory as _;
use dbwright_advise::Advice;
use dbwright_core::Failure;
use dbwright_core::report::Report;
use serde_json::{Value, json};

use crate::args::{Cli, Completions, Engines, ListFormat, Man, Schema, SchemaOf};
use crate::failure::Exit;
use crate::render::text::{ASIDE, HEAD};
use crate::render::{self, layout};
use crate::{engines, output};

/// Prints what can be done on which engine.
///
/// # Errors
/// When it can't be written.
pub(crate) fn engines(args: &Engines) -> Result<Exit, Failure> {
    match args.format {
        ListFormat::Text => output::write_styled(None, &engines_text())?,
        ListFormat::Json => output::write(None, render::json(&engines_json())?.as_bytes())?,
        ListFormat::Markdown => output::write(None, engines_markdown().as_bytes())?,
    }
    Ok(Exit::Clean)
}

fn engines_text() -> String {
    let mut out = String::new();
    for engine in engines::all() {
        let info = engine.info();
        out += &format!(
            "{HEAD}{} {}{HEAD:#}{ASIDE}, {}:{ASIDE:#}\n",
            info.name,
            info.versions,
            info.schemes.join(": or ")
        );
        let names = layout::widest(info.capabilities.iter().map(|c| c.name));
        for capability in info.capabilities {
            out += &format!("  {}  {}\n", layout::pad(capability.name, names), capability.how);
        }
    }
    out
}

fn engines_json() -> Value {
    let list = engines::all().map(|engine| {
        let info = engine.info();
        let capabilities = info.capabilities.iter().map(|c| json!({"name": c.name, "how": c.how}));
        json!({
            "id": info.id,
            "name": info.name,
            "versions": info.versions,
            "schemes": info.schemes,
            "rules": engine.rules().len(),
            "capabilities": capabilities.collect::<Vec<_>>(),
        })
    });
    Value::Array(list.collect())
}

/// Capabilities as rows, engines as columns.
fn engines_markdown() -> String {
    let mut names: Vec<&str> = Vec::new();
    for capability in engines::all().flat_map(|engine| engine.info().capabilities) {
        if !names.contains(&capability.name) {
            names.push(capability.name);
        }
    }
    let heads: Vec<_> = engines::all().map(|e| format!("{} {}", e.info().name, e.info().versions)).collect();
    let mut out = format!("| | {} |\n|---|{}\n", heads.join(" | "), "---|".repeat(heads.len()));
    for name in names {
        let cells = engines::all().map(|engine| {
            let found = engine.info().capabilities.iter().find(|c| c.name == name);
            found.map_or_else(|| "–".to_owned(), |c| c.how.to_owned())
        });
        out += &format!("| {name} | {} |\n", cells.collect::<Vec<_>>().join(" | "));
    }
    out
}

/// Prints the JSON Schema of an output.
///
/// # Errors
/// When it can't be written.
pub(crate) fn schema(args: &Schema) -> Result<Exit, Failure> {
    let schema = match args.output {
        SchemaOf::Check => schemars::schema_for!(Report),
        SchemaOf::Advise => schemars::schema_for!(Advice),
    };
    output::write(None, render::json(&schema)?.as_bytes())?;
    Ok(Exit::Clean)
}

/// Prints a completion script.
///
/// # Errors
/// When it can't be written.
pub(crate) fn completions(args: &Completions) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "dbwright", &mut script);
    output::write(None, &script)?;
    Ok(Exit::Clean)
}

/// Prints the manual page, or writes one a command into a folder.
///
/// # Errors
/// When it can't be written.
pub(crate) fn man(args: &Man) -> Result<Exit, Failure> {
    let Some(folder) = &args.folder else {
        output::write(None, &manual_page(Cli::command())?)?;
        return Ok(Exit::Clean);
    };
    std::fs::create_dir_all(folder)
        .map_err(|e| Failure::usage("output.place", format!("the folder {} can't be made: {e}", folder.display())))?;
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    write_pages(&command, folder)
        .map_err(|e| Failure::usage("output.place", format!("{} can't be written: {e}", folder.display())))?;
    Ok(Exit::Clean)
}

fn manual_page(command: clap::Command) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    let written = clap_mangen::Man::new(command).render(&mut page);
    written
        .map(|()| sections(page))
        .map_err(|e| Failure::internal("man.render", format!("the manual page can't be made: {e}")))
}

/// Writes the page of a command and those of its subcommands.
fn write_pages(command: &clap::Command, folder: &std::path::Path) -> std::io::Result<()> {
    let man = clap_mangen::Man::new(command.clone());
    let mut page = Vec::new();
    man.render(&mut page)?;
    std::fs::write(folder.join(man.get_filename()), sections(page))?;
    command.get_subcommands().filter(|sub| !sub.is_hide_set()).try_for_each(|sub| write_pages(sub, folder))
}

/// Makes sections of what follows the options, and keeps its lines: roff would fill the examples into paragraphs.
fn sections(page: Vec<u8>) -> Vec<u8> {
    let text = String::from_utf8_lossy(&page).into_owned();
    let Some((before, extra)) = text.split_once(".SH EXTRA\n") else { return page };
    let mut out = before.to_owned();
    let lines = extra.lines();
    for line in lines.take_while(|line| !line.starts_with(".SH")) {
        match line.strip_suffix(':').filter(|_| !line.starts_with(' ')) {
            Some(heading) => out += &format!(".fi\n.SH {}\n.nf\n", heading.to_uppercase()),
            None => out += &format!("{}\n", line.strip_prefix("  ").unwrap_or(line)),
        }
    }
    let rest: Vec<_> = extra.lines().skip_while(|line| !line.starts_with(".SH")).collect();
    (out + ".fi\n" + &rest.join("\n") + "\n").into_bytes()
}

/// Prints the reference page of the command line: every command's long help, as Markdown.
///
/// # Errors
/// When it can't be written.
pub(crate) fn reference() -> Result<Exit, Failure> {
    let mut command = Cli::command().term_width(100).max_term_width(100);
    command.build();
    let mut out =
        "# Command line\n\nEvery command with its options, as `dbwright COMMAND --help` prints them.\n".to_owned();
    section(&mut command, "dbwright", &mut out);
    output::write(None, out.as_bytes())?;
    Ok(Exit::Clean)
}

fn section(command: &mut clap::Command, name: &str, out: &mut String) {
    let help = command.render_long_help().to_string();
    let lines: Vec<_> = help.lines().map(str::trim_end).collect();
    *out += &format!("\n## {name}\n\n```text\n{}\n```\n", lines.join("\n").trim_end());
    for sub in command.get_subcommands_mut().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
        let sub_name = format!("{name} {}", sub.get_name());
        section(sub, &sub_name, out);
    }
}
