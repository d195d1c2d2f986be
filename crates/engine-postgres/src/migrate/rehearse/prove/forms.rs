//! Reads the forms of statements that the table of locks has.

use dbwright_sql::Dialect;
use dbwright_sql::split::statements;

const TEXT: &str = include_str!("forms.sql");

/// One form.
pub(super) struct FormText {
    /// The group that it belongs to.
    pub(super) group: String,
    /// Its name.
    pub(super) name: String,
    /// What comes before it.
    pub(super) setup: Vec<String>,
    /// The statement.
    pub(super) statement: String,
}

/// All forms, in order.
pub(super) fn forms() -> Vec<FormText> {
    let (mut all, mut group) = (Vec::new(), String::new());
    let mut open: Option<(String, String)> = None;
    for line in TEXT.lines().chain(["-- # "]) {
        let (heading, is_group) = match (line.strip_prefix("-- ## "), line.strip_prefix("-- # ")) {
            (Some(name), _) => (name, false),
            (_, Some(name)) => (name, true),
            _ => {
                if let Some((_, text)) = &mut open {
                    text.push_str(line);
                    text.push('\n');
                }
                continue;
            }
        };
        all.extend(open.take().and_then(|(name, text)| form(&group, name, &text)));
        if is_group {
            heading.clone_into(&mut group);
        } else {
            open = Some((heading.to_owned(), String::new()));
        }
    }
    all
}

fn form(group: &str, name: String, text: &str) -> Option<FormText> {
    let pieces = statements(text, Dialect::Postgres);
    let mut setup: Vec<String> = pieces.iter().map(|piece| text[piece.start..piece.range.end].to_owned()).collect();
    let statement = setup.pop()?;
    Some(FormText { group: group.to_owned(), name, setup, statement })
}

#[cfg(test)]
mod tests {
    use super::forms;

    #[test]
    fn every_heading_is_a_form_with_a_statement_of_its_own() {
        let forms = forms();
        assert_eq!(forms.len(), super::TEXT.matches("\n-- ## ").count());
        let mut names: Vec<_> = forms.iter().map(|form| (&form.group, &form.name)).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), forms.len(), "two forms have one name");
    }
}
