//! `ALTER FUNCTION`, `ALTER TYPE`, `ALTER POLICY`, `ALTER DOMAIN`, … : by their text, and what the catalog says before.

use dbwright_core::Failure;
use dbwright_migrate::plan::Back;

use super::super::draft::Cx;
use super::super::name::{ident, literal};
use super::super::plain::unknown;
use super::super::step;
use super::super::tokens;
use super::{comments, find, owner, unquoted};

/// `ALTER kind name rest`.
struct Words<'s> {
    kind: &'static str,
    /// The name as written, with schema and arguments.
    name: &'s str,
    /// The name's last part, as written.
    last: &'s str,
    /// What stands before the last part: `schema.`.
    before: &'s str,
    /// `(int, text)` of a routine, or ` ON t` of what belongs to a table.
    tail: &'s str,
    rest: &'s str,
}

fn read(sql: &str) -> Option<Words<'_>> {
    let alter = tokens::significant(sql).into_iter().next()?;
    let (kind, after) = comments::split(sql[alter.end..].trim_start())?;
    let all = tokens::significant(after);
    let mut at = 0;
    while all.get(at + 1).is_some_and(|token| token.text(after) == ".") {
        at += 2;
    }
    let last = all.get(at)?;
    let mut end = last.end;
    if all.get(at + 1).is_some_and(|token| token.text(after) == "(") {
        end = last.end + tokens::group(&after[last.end..])?.end;
    } else if all.get(at + 1).is_some_and(|token| tokens::is_word(after, token, "ON")) {
        at += 2;
        while all.get(at + 1).is_some_and(|token| token.text(after) == ".") {
            at += 2;
        }
        end = all.get(at)?.end;
    }
    Some(Words {
        kind,
        name: after[..end].trim(),
        last: last.text(after),
        before: &after[..last.start],
        tail: &after[last.end..end],
        rest: after[end..].trim(),
    })
}

/// The words at the start of a text.
fn begins(text: &str, words: &[&str]) -> bool {
    let all = tokens::significant(text);
    all.len() >= words.len() && words.iter().zip(&all).all(|(word, token)| tokens::is_word(text, token, word))
}

fn after_words(text: &str, count: usize) -> &str {
    tokens::significant(text).get(count).map_or("", |token| text[token.start..].trim())
}

/// What every kind has: another name, schema or owner.
async fn moved(cx: &Cx<'_, '_>, words: &Words<'_>) -> Result<Option<Back>, Failure> {
    let Words { kind, name, last, before, tail, rest } = words;
    if begins(rest, &["RENAME", "TO"]) {
        let new = after_words(rest, 2);
        return Ok(Some(Back::by([format!("ALTER {kind} {before}{new}{tail} RENAME TO {last}")])));
    }
    if begins(rest, &["SET", "SCHEMA"]) {
        let Some(found) = find(cx, kind, name).await? else { return Ok(None) };
        let column = match found.class {
            "pg_class" => "relnamespace",
            "pg_type" => "typnamespace",
            "pg_proc" => "pronamespace",
            _ => return Ok(None),
        };
        let query = format!(
            "SELECT n.nspname FROM pg_catalog.{} x JOIN pg_catalog.pg_namespace n ON n.oid = x.{column} WHERE x.oid = {}",
            found.class, found.oid
        );
        let Some(old) = cx.catalog.text(&query).await? else { return Ok(None) };
        let new = after_words(rest, 2);
        return Ok(Some(Back::by([format!("ALTER {kind} {new}.{last}{tail} SET SCHEMA {}", ident(&old))])));
    }
    if begins(rest, &["OWNER", "TO"]) {
        return owner(cx, kind, name).await.map(Some);
    }
    Ok(None)
}

/// The way back of an `ALTER` of something that is no relation.
pub(in super::super) async fn other(cx: &Cx<'_, '_>) -> Result<Back, Failure> {
    let Some(words) = read(&cx.statement.sql) else { return Ok(unknown()) };
    if let Some(back) = moved(cx, &words).await? {
        return Ok(back);
    }
    match words.kind {
        "FUNCTION" | "PROCEDURE" | "ROUTINE" if !begins(words.rest, &["DEPENDS"]) && !begins(words.rest, &["NO"]) => {
            let Some(found) = find(cx, words.kind, words.name).await? else { return Ok(unknown()) };
            let old =
                format!("SELECT pg_get_functiondef(oid) FROM pg_proc WHERE oid = {} AND prokind <> 'a'", found.oid);
            let old = cx.catalog.pinned(&old).await?;
            Ok(if old.is_empty() { unknown() } else { Back::by(old) })
        }
        "TYPE" => attribute(cx, &words).await,
        "POLICY" => policy(cx, &words).await,
        "PUBLICATION" => super::publication(cx, words.name, words.rest).await,
        _ => Ok(unknown()),
    }
}

/// An attribute of a composite type that came or got another name, or is not there to go.
async fn attribute(cx: &Cx<'_, '_>, words: &Words<'_>) -> Result<Back, Failure> {
    let head = format!("ALTER TYPE {}", words.name);
    let all = tokens::significant(words.rest);
    let text = |at: usize| all.get(at).map_or("", |token| token.text(words.rest));
    if begins(words.rest, &["ADD", "ATTRIBUTE"]) && tokens::split(words.rest).len() == 1 {
        return Ok(Back::by([format!("{head} DROP ATTRIBUTE IF EXISTS {}", text(2))]));
    }
    if begins(words.rest, &["RENAME", "ATTRIBUTE"]) {
        return Ok(Back::by([format!("{head} RENAME ATTRIBUTE {} TO {}", text(4), text(2))]));
    }
    if begins(words.rest, &["DROP", "ATTRIBUTE", "IF", "EXISTS"]) && tokens::split(words.rest).len() == 1 {
        let there = format!(
            "EXISTS (SELECT FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.typrelid = a.attrelid \
             WHERE t.oid = to_regtype({}) AND a.attname = {} AND NOT a.attisdropped)",
            literal(words.name),
            literal(&unquoted(text(4)))
        );
        return Ok(if cx.catalog.holds(&there).await? { unknown() } else { Back::nothing() });
    }
    Ok(unknown())
}

/// A policy as it is told to whom it applies, and what it asks.
async fn policy(cx: &Cx<'_, '_>, words: &Words<'_>) -> Result<Back, Failure> {
    let Some(on) = tokens::find_word(words.tail, &["ON"]) else { return Ok(unknown()) };
    let query = format!(
        "SELECT format('ALTER POLICY %s TO %s', {}, (SELECT string_agg(CASE WHEN o = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(o)) END, ', ') \
         FROM unnest(p.polroles) o)) || coalesce(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '') \
         || coalesce(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', ''), \
         coalesce(length(pg_get_expr(p.polqual, p.polrelid)), 0)::text, coalesce(length(pg_get_expr(p.polwithcheck, p.polrelid)), 0)::text \
         FROM pg_catalog.pg_policy p WHERE p.polrelid = to_regclass({}) AND p.polname = {}",
        literal(words.name),
        literal(words.tail[on + 2..].trim()),
        literal(&unquoted(words.last))
    );
    let Some(row) = cx.catalog.rows(&query).await?.into_iter().next() else { return Ok(unknown()) };
    let [Some(old), Some(using), Some(check)] = <[Option<String>; 3]>::try_from(row).unwrap_or_default() else {
        return Ok(unknown());
    };
    // What was not asked before can't be taken away by ALTER.
    let new = |word: &str, length: &str| tokens::find_word(words.rest, &[word]).is_some() && length == "0";
    Ok(if new("USING", &using) || new("WITH", &check) { unknown() } else { Back::by([old]) })
}

/// The way back of an `ALTER DOMAIN`.
pub(in super::super) async fn domain(cx: &Cx<'_, '_>) -> Result<Back, Failure> {
    let Some(words) = read(&cx.statement.sql) else { return Ok(unknown()) };
    if let Some(back) = moved(cx, &words).await? {
        return Ok(back);
    }
    let (head, rest) = (format!("ALTER DOMAIN {}", words.name), words.rest);
    let (all, ty) = (tokens::significant(rest), literal(words.name));
    let text = |at: usize| all.get(at).map_or("", |token| token.text(rest));
    if begins(rest, &["SET", "DEFAULT"]) || begins(rest, &["DROP", "DEFAULT"]) {
        let old = format!(
            "SELECT coalesce(pg_get_expr(typdefaultbin, 0), quote_literal(typdefault)) FROM pg_catalog.pg_type WHERE oid = to_regtype({ty})"
        );
        let old = cx.catalog.rows(&old).await?.into_iter().flatten().next();
        return Ok(match old {
            Some(Some(old)) => Back::by([format!("{head} SET DEFAULT {old}")]),
            Some(None) => Back::by([format!("{head} DROP DEFAULT")]),
            None => unknown(),
        });
    }
    if begins(rest, &["RENAME", "CONSTRAINT"]) {
        return Ok(Back::by([format!("{head} RENAME CONSTRAINT {} TO {}", text(4), text(2))]));
    }
    if begins(rest, &["DROP", "NOT", "NULL"]) {
        let was = format!("SELECT typnotnull FROM pg_catalog.pg_type WHERE oid = to_regtype({ty})");
        let was = cx.catalog.text(&was).await?;
        return Ok(if was.as_deref() == Some("t") {
            Back::by([format!("{head} SET NOT NULL")])
        } else {
            Back::nothing()
        });
    }
    if begins(rest, &["DROP", "CONSTRAINT"]) && tokens::find_word(rest, &["CASCADE"]).is_none() {
        let if_exists = begins(rest, &["DROP", "CONSTRAINT", "IF", "EXISTS"]);
        let own = text(if if_exists { 4 } else { 2 });
        let name = literal(&unquoted(own));
        let there = format!("FROM pg_catalog.pg_constraint WHERE contypid = to_regtype({ty}) AND conname = {name}");
        let Some(oid) = cx.catalog.text(&format!("SELECT oid {there}")).await? else {
            return Ok(if if_exists { Back::nothing() } else { unknown() });
        };
        let old = format!(
            "SELECT format('%s ADD CONSTRAINT %s %s', {0}, {1}, pg_get_constraintdef({oid})) UNION ALL \
             SELECT format('COMMENT ON CONSTRAINT %s ON DOMAIN %s IS %L', {1}, {ty}, d) FROM obj_description({oid}, 'pg_constraint') d \
             WHERE d IS NOT NULL",
            literal(&head),
            literal(own)
        );
        let old = cx.catalog.pinned(&old).await?;
        return Ok(Back::by([step::guarded(&format!("NOT EXISTS (SELECT {there})"), &old)]));
    }
    Ok(unknown())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alter_is_read_by_its_words() {
        let words = read("ALTER FUNCTION a.\"F x\"(int, text) OWNER TO bob").expect("read");
        assert_eq!((words.kind, words.name, words.tail), ("FUNCTION", "a.\"F x\"(int, text)", "(int, text)"));
        assert_eq!((words.last, words.before, words.rest), ("\"F x\"", "a.", "OWNER TO bob"));
        let words = read("alter policy p on a.t using (true)").expect("read");
        assert_eq!((words.kind, words.name, words.tail, words.rest), ("POLICY", "p on a.t", " on a.t", "using (true)"));
    }
}
