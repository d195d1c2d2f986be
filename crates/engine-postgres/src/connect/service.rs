//! The service file: named sets of connection parameters.

use std::path::PathBuf;

use dbwright_core::Failure;

use super::environment::Environment;
use super::url::Pairs;

/// The parameters of a service, from the user's file or the system's.
///
/// # Errors
/// When no file has the service, or its section has a line that is no `name=value`.
pub(super) fn find(name: &str, environment: &Environment) -> Result<Pairs, Failure> {
    let own = environment
        .service_file
        .clone()
        .or_else(|| environment.home.as_ref().map(|home| home.join(".pg_service.conf")));
    let system = environment.system_folder.as_ref().map(|folder| folder.join("pg_service.conf"));
    let files: Vec<PathBuf> = own.into_iter().chain(system).collect();
    for file in &files {
        let Ok(text) = std::fs::read_to_string(file) else { continue };
        if let Some(pairs) = section(&text, name) {
            return pairs.map_err(|line| {
                Failure::usage("postgres.service-file", format!("{}:{line} is not `name=value`", file.display()))
            });
        }
    }
    let looked = files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ");
    Err(Failure::usage("postgres.no-service", format!("there is no service `{name}` in {looked}"))
        .hint("name the file with PGSERVICEFILE, or write a URL instead of a service"))
}

/// The parameters below `[name]`, or the number of the line that is none. As in libpq, the first section counts.
fn section(text: &str, name: &str) -> Option<Result<Pairs, usize>> {
    let mut lines = text.lines().enumerate().skip_while(|(_, line)| line.trim() != format!("[{name}]"));
    lines.next()?;
    let mut pairs = Pairs::new();
    for (number, line) in lines {
        let line = line.trim();
        if line.starts_with('[') {
            break;
        }
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match line.split_once('=') {
            Some((key, value)) => pairs.push((key.trim().to_owned(), value.trim().to_owned())),
            None => return Some(Err(number + 1)),
        }
    }
    Some(Ok(pairs))
}

#[cfg(test)]
mod tests {
    use super::section;

    #[test]
    fn finds_the_section_and_names_a_bad_line() {
        let text = "# all\n[a]\nhost=x\n\n[b]\n # note\nport=1\npassword = p=q\n[c]\noops\n";
        let b = section(text, "b").and_then(Result::ok).unwrap_or_default();
        assert_eq!(b, [("port".to_owned(), "1".to_owned()), ("password".to_owned(), "p=q".to_owned())]);
        assert_eq!(section(text, "c"), Some(Err(10)));
        assert_eq!(section(text, "d"), None);
    }
}
