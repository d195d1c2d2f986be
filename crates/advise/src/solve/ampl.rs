//! Cost matrices in AMPL's data format, as studies of index selection publish them.
//!
//! `set QUERIES := q…;` · `param size :=` then `index bytes` · `set indexes_per_combination[c] := index…;` ·
//! `param costs :=` then `query combination cost`. `#` starts a comment, line ends mean nothing, the order is free.
//! Costs of queries that are not in QUERIES are left out; a pair that is not listed is not usable.

use std::collections::{HashMap, HashSet};

use super::{Choices, Item, Matrix};

/// What reading gives, or which line is damaged and how.
type Done<T = ()> = Result<T, String>;

/// A matrix with the names that its file gives to indexes.
#[derive(Debug)]
pub struct Named {
    /// The matrix.
    pub matrix: Matrix,
    /// Name of each index.
    pub indexes: Vec<String>,
}

/// Reads a file's text.
///
/// # Errors
/// Where the text is damaged: the line, the word, and what was expected.
pub fn read(text: &str) -> Done<Named> {
    let mut parts = Parts::default();
    let tokens = tokens(text);
    let mut rest = tokens.as_slice();
    while let Some((first, after)) = rest.split_first() {
        let end = after.iter().position(|token| token.word == ";");
        let Some(end) = end else { return first.error("this statement has no ; at its end: the file is cut off") };
        parts.statement(first, &after[..end])?;
        rest = &after[end + 1..];
    }
    parts.matrix()
}

/// A word of the file.
#[derive(Debug, Clone, Copy)]
struct Token<'a> {
    word: &'a str,
    line: usize,
}

impl Token<'_> {
    fn error<T>(&self, what: &str) -> Done<T> {
        Err(format!("line {}: `{}`: {what}", self.line, self.word))
    }

    fn number(&self, what: &str) -> Done<f64> {
        match self.word.parse::<f64>() {
            Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
            _ => self.error(&format!("{what} must be a number that is not negative")),
        }
    }

    fn bytes(&self) -> Done<u64> {
        if let Ok(bytes) = self.word.parse() {
            return Ok(bytes);
        }
        let number = self.number("a size")?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        if number < 1.8e19 { Ok(number.ceil() as u64) } else { self.error("this size is beyond every disk") }
    }
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let mut rest = line.split('#').next().unwrap_or_default().trim_start();
        while !rest.is_empty() {
            let length = if rest.starts_with(":=") {
                2
            } else if rest.starts_with([';', '[', ']', ',']) {
                1
            } else {
                rest.find(|c: char| c.is_whitespace() || ";[],:".contains(c)).unwrap_or(rest.len()).max(1)
            };
            tokens.push(Token { word: &rest[..length], line: at + 1 });
            rest = rest[length..].trim_start();
        }
    }
    tokens
}

/// Query, combination, cost.
type Cost<'a> = (Token<'a>, Token<'a>, f64);

/// What the statements said, before it is put together.
#[derive(Debug, Default)]
struct Parts<'a> {
    queries: Option<Vec<Token<'a>>>,
    sizes: Vec<(Token<'a>, u64)>,
    combinations: HashMap<&'a str, Vec<Token<'a>>>,
    costs: Option<Vec<Cost<'a>>>,
}

impl<'a> Parts<'a> {
    fn statement(&mut self, first: &Token<'a>, rest: &[Token<'a>]) -> Done {
        let words: Vec<_> = rest.iter().filter(|token| token.word != ",").copied().collect();
        let assigned = words.iter().position(|token| token.word == ":=");
        let (left, right) = assigned.map_or((&words[..], &[][..]), |at| (&words[..at], &words[at + 1..]));
        let names: Vec<_> = left.iter().map(|token| token.word).collect();
        match (first.word, names.as_slice()) {
            ("set" | "param", _) if assigned.is_none() => first.error("a statement without := gives no values"),
            ("set", ["QUERIES"]) => self.queries(first, right),
            ("set", ["indexes_per_combination", "[", name, "]"]) => self.combination(first, name, right),
            ("param", ["size", ..]) => self.sizes(first, right),
            ("param", ["costs", ..]) => self.costs(first, right),
            ("data" | "end", []) | ("param", [_]) => Ok(()),
            _ => first.error(
                "expected `set QUERIES`, `set indexes_per_combination[…]`, `param size`, `param costs` or another param",
            ),
        }
    }

    fn queries(&mut self, first: &Token<'a>, words: &[Token<'a>]) -> Done {
        if self.queries.is_some() {
            return first.error("QUERIES is given a second time");
        }
        self.queries = Some(words.to_vec());
        Ok(())
    }

    fn combination(&mut self, first: &Token<'a>, name: &'a str, words: &[Token<'a>]) -> Done {
        if self.combinations.insert(name, words.to_vec()).is_some() {
            return first.error(&format!("combination {name} is given a second time"));
        }
        Ok(())
    }

    fn sizes(&mut self, first: &Token<'a>, words: &[Token<'a>]) -> Done {
        for row in rows(first, words, 2, "index bytes")? {
            self.sizes.push((row[0], row[1].bytes()?));
        }
        Ok(())
    }

    fn costs(&mut self, first: &Token<'a>, words: &[Token<'a>]) -> Done {
        let costs = self.costs.get_or_insert_default();
        for row in rows(first, words, 3, "query combination cost")? {
            costs.push((row[0], row[1], row[2].number("a cost")?));
        }
        Ok(())
    }

    fn matrix(self) -> Done<Named> {
        let Some(queries) = &self.queries else { return Err("there is no `set QUERIES`".to_owned()) };
        let Some(costs) = &self.costs else { return Err("there is no `param costs`".to_owned()) };
        let queries = self.choices(queries, costs)?;
        let indexes = self.sizes.iter().map(|&(_, bytes)| Item { bytes, upkeep: 0.0 }).collect();
        let names = self.sizes.iter().map(|(token, _)| token.word.to_owned()).collect();
        Ok(Named { matrix: Matrix { indexes, queries }, indexes: names })
    }

    fn choices(&self, queries: &[Token<'a>], costs: &[Cost<'a>]) -> Done<Vec<Choices>> {
        let query_of = positions(queries.iter(), "query")?;
        let combinations = self.resolved(&positions(self.sizes.iter().map(|(token, _)| token), "index")?)?;
        let none = Choices { base: f64::INFINITY, options: Vec::new() };
        let mut choices = vec![none; queries.len()];
        let mut seen = HashSet::with_capacity(costs.len());
        for (query, combination, cost) in costs {
            let Some(&at) = query_of.get(query.word) else { continue };
            if !seen.insert((at, combination.word)) {
                return query.error(&format!("a second cost for combination {}", combination.word));
            }
            match combinations.get(combination.word) {
                Some(needs) if needs.is_empty() => choices[at].base = choices[at].base.min(*cost),
                Some(needs) => choices[at].options.push((needs.clone(), *cost)),
                None if combination.word == "0" => choices[at].base = choices[at].base.min(*cost),
                None => return combination.error("there is no such combination"),
            }
        }
        let unanswered = queries.iter().zip(&choices).find(|(_, c)| c.base.is_infinite() && c.options.is_empty());
        if let Some((query, _)) = unanswered {
            return query.error("this query has no cost at all");
        }
        Ok(choices)
    }

    fn resolved(&self, index_of: &HashMap<&'a str, usize>) -> Done<HashMap<&'a str, Vec<u32>>> {
        let mut resolved = HashMap::with_capacity(self.combinations.len());
        for (name, words) in &self.combinations {
            let mut needs = Vec::with_capacity(words.len());
            for word in words {
                let Some(&index) = index_of.get(word.word) else { return word.error("there is no size of this index") };
                needs.push(u32::try_from(index).map_err(|_| "too many indexes".to_owned())?);
            }
            resolved.insert(*name, needs);
        }
        Ok(resolved)
    }
}

fn rows<'t, 'a>(first: &Token<'a>, words: &'t [Token<'a>], width: usize, shape: &str) -> Done<Vec<&'t [Token<'a>]>> {
    let expected = format!("expected rows of `{shape}`");
    if let Some(token) = words.iter().find(|token| [":=", ":", "[", "]"].contains(&token.word)) {
        return token.error(&expected);
    }
    if !words.len().is_multiple_of(width) {
        let mut lines = words.chunk_by(|a, b| a.line == b.line);
        let ragged = lines.find(|line| !line.len().is_multiple_of(width));
        return ragged.map_or(first, |line| &line[0]).error(&expected);
    }
    Ok(words.chunks(width).collect())
}

fn positions<'t, 'a: 't>(tokens: impl Iterator<Item = &'t Token<'a>>, what: &str) -> Done<HashMap<&'a str, usize>> {
    let mut positions = HashMap::new();
    for (at, token) in tokens.enumerate() {
        if positions.insert(token.word, at).is_some() {
            return token.error(&format!("this {what} is given a second time"));
        }
    }
    Ok(positions)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "\u{feff}# a study\n set QUERIES:= 1\t7 ;param NUMBER_OF_INDEXES := 3;\n
        param size :=\r\n4 100 # ['a']\n 5 2.5e2\n6 0 ;set indexes_per_combination[0] := ;
        set indexes_per_combination[ 1 ]:= 4 ; set indexes_per_combination[2]:= 4, 6;\nset indexes_per_combination[3]:=5;
        param costs :=
        1 0 10.5
        1 2 3
        2 0 77 7 1 4;end;";

    fn complaint(from: &str, to: &str) -> String {
        assert!(WHOLE.contains(from), "{from}");
        read(&WHOLE.replace(from, to)).map_or_else(|reason| reason, |named| format!("{:?}", named.matrix))
    }

    #[test]
    fn a_file_may_be_laid_out_in_any_way() {
        let named = read(WHOLE).unwrap();
        assert_eq!(named.indexes, ["4", "5", "6"]);
        assert_eq!(named.matrix.indexes.iter().map(|item| item.bytes).collect::<Vec<_>>(), [100, 250, 0]);
        let first = Choices { base: 10.5, options: vec![(vec![0, 2], 3.0)] };
        let seventh = Choices { base: f64::INFINITY, options: vec![(vec![0], 4.0)] };
        assert_eq!(named.matrix.queries, [first, seventh]);
    }

    #[test]
    fn damage_is_told_with_its_line() {
        assert_eq!(complaint("10.5", "ten"), "line 11: `ten`: a cost must be a number that is not negative");
        assert_eq!(complaint("10.5", "nan"), "line 11: `nan`: a cost must be a number that is not negative");
        assert_eq!(complaint("1 2 3", "1 2"), "line 12: `1`: expected rows of `query combination cost`");
        assert_eq!(complaint("1 2 3", "1 9 3"), "line 12: `9`: there is no such combination");
        assert_eq!(complaint("1 2 3", "1 0 3"), "line 12: `1`: a second cost for combination 0");
        assert_eq!(complaint("4, 6", "4, 8"), "line 8: `8`: there is no size of this index");
        assert_eq!(complaint("5 2.5e2", "4 1"), "line 6: `4`: this index is given a second time");
        assert_eq!(complaint("6 0", "6 -1"), "line 7: `-1`: a size must be a number that is not negative");
        assert_eq!(complaint("7 1 4;", "7 1;"), "line 13: `2`: expected rows of `query combination cost`");
        assert_eq!(
            complaint("7 1 4;end;", "7 1 4"),
            "line 10: `param`: this statement has no ; at its end: the file is cut off"
        );
        assert_eq!(complaint("7 1 4", ""), "line 2: `7`: this query has no cost at all");
        assert_eq!(complaint("set QUERIES", "set QUESTIONS").split(": ").nth(1), Some("`set`"));
    }
}
