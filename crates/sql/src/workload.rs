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
/// without placeholders is also kept as a sample. `source` names the file in the result.
///
/// # Errors
/// When a weight is no positive number.
pub fn from_sql(text: &str, dialect: Dialect, source: &str) -> Result<Workload, Failure> {
    let mut statements: Vec<Statement> = Vec::new();
    let mut by_shape: HashMap<String, usize> = HashMap::new();
    for piece in pieces(text, dialect).iter().filter(|piece| piece.kind == PieceKind::Statement) {
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
        let known = statement.samples.iter().any(|sample| sample == sql);
        if !known && statement.samples.len() < SAMPLES && !has_parameters(sql, dialect) {
            statement.samples.push(sql.to_owned());
        }
    }
    statements.sort_by(|a, b| b.calls.total_cmp(&a.calls).then_with(|| a.fingerprint.cmp(&b.fingerprint)));
    Ok(Workload { source: source.to_owned(), statements, ..Workload::default() })
}

/// The statement without the comments before it; none when it only steers the session.
fn body(text: &str, dialect: Dialect) -> Option<&str> {
    let first = tokens(text, dialect).into_iter().find(Token::significant)?;
    let steering = STEERING.iter().any(|word| first.text(text).eq_ignore_ascii_case(word));
    (!steering).then(|| &text[first.start..])
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
