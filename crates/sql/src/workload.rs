//! Workload files: statements as text, with weights, as a workload.

use std::collections::HashMap;

use dbwright_core::Failure;
use dbwright_core::workload::{Statement, Workload};

use crate::Dialect;
use crate::lex::{Token, TokenKind, tokens};
use crate::normal::{fingerprint, normalised};
use crate::split::{Piece, PieceKind, pieces};

/// Complete statements kept of each shape; enough to see that parameters matter, few enough to run.
const SAMPLES: usize = 16;

/// First words of statements that only steer a session and are no work.
const STEERING: [&str; 8] = ["begin", "commit", "end", "rollback", "savepoint", "release", "start", "set"];

/// Reads a workload file. A comment `-- weight: N` before or behind a statement says how often it runs
/// compared with the others (1 when there is none). Statements of one shape are grouped; a statement
/// without placeholders is also kept as a sample, and so is one whose parameters psql's `\\bind` gives. What `EXPLAIN`
/// stands before is taken without it. `source` names the file in the result.
///
/// # Errors
/// When a weight is no positive number.
pub fn from_sql(text: &str, dialect: Dialect, source: &str) -> Result<Workload, Failure> {
    let mut statements: Vec<Statement> = Vec::new();
    let mut by_shape: HashMap<String, usize> = HashMap::new();
    let pieces = pieces(text, dialect);
    for (place, piece) in pieces.iter().enumerate().filter(|(_, piece)| piece.kind == PieceKind::Statement) {
        let weight = weight(text, piece, dialect, source)?;
        let Some(sql) = body(piece.text, dialect) else { continue };
        let name = fingerprint(sql, dialect);
        let at = *by_shape.entry(name.clone()).or_insert_with(|| {
            // Placeholders keep their names and their neighbours, so that they can be given values.
            let text = if has_parameters(sql, dialect) { sql.to_owned() } else { normalised(sql, dialect) };
            statements.push(Statement { fingerprint: name, text, ..Statement::default() });
            statements.len() - 1
        });
        let statement = &mut statements[at];
        statement.calls += weight;
        let complete = if has_parameters(sql, dialect) {
            pieces.get(place + 1).and_then(|next| bound(sql, next.text, dialect))
        } else {
            Some(sql.to_owned())
        };
        if let Some(complete) = complete.filter(|_| statement.samples.len() < SAMPLES)
            && !statement.samples.contains(&complete)
        {
            statement.samples.push(complete);
        }
    }
    statements.sort_by(|a, b| b.calls.total_cmp(&a.calls).then_with(|| a.fingerprint.cmp(&b.fingerprint)));
    Ok(Workload { source: source.to_owned(), statements, ..Workload::default() })
}

/// The statement without the comments and the `EXPLAIN` before it; none when it only steers the session.
fn body(text: &str, dialect: Dialect) -> Option<&str> {
    let tokens: Vec<_> = tokens(text, dialect).into_iter().filter(Token::significant).collect();
    let word = |at: usize| tokens.get(at).map_or_else(String::new, |token| token.text(text).to_ascii_lowercase());
    if STEERING.contains(&word(0).as_str()) {
        return None;
    }
    let mut at = 0;
    if word(0) == "explain" {
        at = 1;
        if word(1) == "(" && !matches!(word(2).as_str(), "select" | "with" | "values" | "(") {
            at = 1 + tokens[1..].iter().position(|token| token.text(text) == ")")? + 1;
        }
        while matches!(word(at).as_str(), "analyze" | "analyse" | "verbose" | "query" | "plan") {
            at += 1;
        }
    }
    tokens.get(at).map(|first| &text[first.start..])
}

/// The statement with the values of a psql command `\bind 1 'two'` in place of `$1` and `$2`.
fn bound(sql: &str, command: &str, dialect: Dialect) -> Option<String> {
    let mut rest = command.strip_prefix("\\bind")?.trim_start();
    let mut values = Vec::new();
    while !rest.is_empty() && !rest.starts_with(['\\', ';']) {
        let (value, after) = argument(rest)?;
        values.push(value);
        rest = after.trim_start();
    }
    let mut out = String::with_capacity(sql.len() + 16);
    for token in tokens(sql, dialect) {
        let text = token.text(sql);
        if token.kind == TokenKind::Parameter {
            let number: usize = text.strip_prefix('$')?.parse().ok()?;
            out.push_str(&dialect.literal(values.get(number.checked_sub(1)?)?));
        } else {
            out.push_str(text);
        }
    }
    Some(out)
}

/// One argument of a psql command, and what follows it.
fn argument(text: &str) -> Option<(String, &str)> {
    let Some(mut rest) = text.strip_prefix('\'') else {
        let end = text.find(|c: char| c.is_whitespace() || c == ';').unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let mut value = String::new();
    loop {
        let quote = rest.find('\'')?;
        value.push_str(&rest[..quote]);
        rest = &rest[quote + 1..];
        let Some(after) = rest.strip_prefix('\'') else { return Some((value, rest)) };
        value.push('\'');
        rest = after;
    }
}

fn has_parameters(sql: &str, dialect: Dialect) -> bool {
    tokens(sql, dialect).iter().any(|token| token.kind == TokenKind::Parameter)
}

/// The weight that the comments of a piece give it.
fn weight(text: &str, piece: &Piece<'_>, dialect: Dialect, source: &str) -> Result<f64, Failure> {
    let span = &text[piece.span.clone()];
    let comments = tokens(span, dialect).into_iter().filter(|token| token.kind == TokenKind::Comment);
    let given = comments.filter_map(|token| weight_text(token.text(span))).next_back();
    let Some(given) = given else { return Ok(1.0) };
    given.parse::<f64>().ok().filter(|weight| weight.is_finite() && *weight > 0.0).ok_or_else(|| {
        Failure::usage(
            "workload.bad-weight",
            format!("{source}, statement in line {}: `{given}` is no weight", piece.line),
        )
        .hint("write a positive number: `-- weight: 5`")
    })
}

/// What stands behind `weight:` in a comment.
fn weight_text(comment: &str) -> Option<&str> {
    let inner = comment.trim_start_matches(['-', '/', '*']).trim_start();
    let rest = inner.get(..6).filter(|word| word.eq_ignore_ascii_case("weight")).map(|_| inner[6..].trim_start())?;
    Some(rest.strip_prefix([':', '='])?.trim_end_matches(['*', '/']).trim())
}
