//! Casts, operators and event triggers that are made: the statement itself says what drops them.

use dbwright_migrate::plan::Back;

use super::super::tokens::{self, bare};

/// The drop of what a `CREATE` makes; none when the statement does not say all that it takes.
pub(in super::super) fn made(sql: &str) -> Option<Back> {
    let all = tokens::significant(sql);
    let is = |at: usize, word: &str| all.get(at).is_some_and(|token| tokens::is_word(sql, token, word));
    if is(1, "CAST") {
        let group = tokens::group(sql)?;
        return Some(Back::by([format!("DROP CAST IF EXISTS {}", &sql[group])]));
    }
    if is(1, "EVENT") && is(2, "TRIGGER") {
        return Some(Back::by([format!("DROP EVENT TRIGGER IF EXISTS {}", all.get(3)?.text(sql))]));
    }
    if is(1, "OPERATOR") && !is(2, "CLASS") && !is(2, "FAMILY") {
        let group = tokens::group(sql)?;
        let name = sql[all.get(2)?.start..group.start].trim();
        return operator(name, &sql[group]);
    }
    None
}

/// An operator is known by its name and the types on its sides. One that names another as its commutator or negator may make
/// that one too, which would stay.
fn operator(name: &str, options: &str) -> Option<Back> {
    let (mut left, mut right) = ("NONE".to_owned(), "NONE".to_owned());
    let mut commutator = None;
    for option in tokens::split(bare(options)) {
        let (word, value) =
            option.split_once('=').map_or((option.as_str(), ""), |(word, value)| (word.trim(), value.trim()));
        match word.to_ascii_uppercase().as_str() {
            "LEFTARG" => value.clone_into(&mut left),
            "RIGHTARG" => value.clone_into(&mut right),
            "COMMUTATOR" => {
                let named = tokens::find_word(value, &["OPERATOR"]).and_then(|_| tokens::group(value));
                commutator = Some(named.map_or(value, |group| bare(&value[group])).to_owned());
            }
            "NEGATOR" => return None,
            _ => {}
        }
    }
    if commutator.is_some_and(|other| other != name || left != right) {
        return None;
    }
    Some(Back::by([format!("DROP OPERATOR IF EXISTS {name} ({left}, {right})")]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drops(sql: &str) -> Option<String> {
        made(sql).map(|back| back.statements.join("; "))
    }

    #[test]
    fn the_statement_says_what_drops_it() {
        let cast = "CREATE CAST (mood AS text) WITH FUNCTION say(mood) AS ASSIGNMENT";
        assert_eq!(drops(cast).as_deref(), Some("DROP CAST IF EXISTS (mood AS text)"));
        let operator = "CREATE OPERATOR side.=== (LEFTARG = box, RIGHTARG = box, FUNCTION = same, COMMUTATOR = OPERATOR(side.===))";
        assert_eq!(drops(operator).as_deref(), Some("DROP OPERATOR IF EXISTS side.=== (box, box)"));
        assert_eq!(
            drops("CREATE OPERATOR !! (rightarg = numeric(10,2), procedure = f)").as_deref(),
            Some("DROP OPERATOR IF EXISTS !! (NONE, numeric(10,2))")
        );
        assert_eq!(drops("CREATE OPERATOR <# (LEFTARG = box, RIGHTARG = box, FUNCTION = less, COMMUTATOR = #>)"), None);
        let trigger = "CREATE EVENT TRIGGER \"No drops\" ON sql_drop EXECUTE FUNCTION no()";
        assert_eq!(drops(trigger).as_deref(), Some("DROP EVENT TRIGGER IF EXISTS \"No drops\""));
        assert_eq!(drops("CREATE OPERATOR CLASS c FOR TYPE box USING gist AS OPERATOR 1 &&"), None);
    }
}
