//! What changing a column's type does: nothing but the catalog, a rebuild of its indexes, or a rewrite of the table.
//!
//! As the server decides it (`ATColumnChangeRequiresRewrite`): no rewrite when the old bytes are the new value's bytes and
//! no value can break the new limit.

/// What a change of type does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retype {
    /// The table is written anew.
    pub rewrite: bool,
    /// Indexes on the column are built anew though the table is not.
    pub reindex: bool,
    /// Values may not fit: the statement fails, or rounds them.
    pub narrows: bool,
}

/// A type taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Type {
    name: String,
    limits: Vec<i64>,
    array: bool,
}

/// What changing a type does; none when the old type is not known. `utc` is whether the session's time zone is UTC.
#[must_use]
pub fn retype(from: &str, to: &str, utc: Option<bool>) -> Retype {
    let (from, to) = (parse(from), parse(to));
    let narrows = narrows(&from, &to);
    if from.array || to.array {
        return Retype { rewrite: from != to, reindex: false, narrows };
    }
    let (rewrite, reindex) = work(&from, &to, utc);
    Retype { rewrite, reindex, narrows }
}

/// Whether the table is rewritten, and if not, whether indexes are.
fn work(from: &Type, to: &Type, utc: Option<bool>) -> (bool, bool) {
    if from.name == to.name {
        return (limit_rewrites(from, to), false);
    }
    match (from.name.as_str(), to.name.as_str()) {
        ("varchar", "text") => (false, false),
        ("text", "varchar") => (!to.limits.is_empty(), false),
        ("cidr", "inet")
        | ("xml" | "citext", "text")
        | ("oid", "int4")
        | ("int4", "oid")
        | ("text" | "varchar", "citext") => (false, true),
        ("citext", "varchar") => (!to.limits.is_empty(), true),
        ("bit", "varbit") => (!to.limits.is_empty() && to.limits != from.limits, true),
        ("timestamp", "timestamptz") | ("timestamptz", "timestamp") => {
            // The server compares precision as within one type, and the zone must be one without any offset.
            (utc != Some(true) || limit_rewrites(from, to), true)
        }
        _ => (true, false),
    }
}

/// Whether another limit of the same type rewrites.
fn limit_rewrites(from: &Type, to: &Type) -> bool {
    if from.limits == to.limits {
        return false;
    }
    let limit = |ty: &Type, at: usize| ty.limits.get(at).copied();
    match to.name.as_str() {
        "numeric" => match (limit(from, 0), limit(to, 0)) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(old), Some(new)) => new < old || limit(from, 1).unwrap_or(0) != limit(to, 1).unwrap_or(0),
        },
        "varchar" | "varbit" | "timestamp" | "timestamptz" | "time" | "timetz" | "interval" => {
            match (limit(from, 0), limit(to, 0)) {
                (_, None) => false,
                (None, Some(new)) => !unlimited(&to.name, new),
                (Some(old), Some(new)) => new < old,
            }
        }
        _ => true,
    }
}

/// Whether a limit is the most that the type can have, so that it limits nothing.
fn unlimited(name: &str, limit: i64) -> bool {
    limit == 6 && matches!(name, "timestamp" | "timestamptz" | "time" | "timetz" | "interval")
}

/// Whether values may not fit into the new type, or lose something.
fn narrows(from: &Type, to: &Type) -> bool {
    let rank = |ty: &Type| match ty.name.as_str() {
        "int2" => Some(1),
        "int4" => Some(2),
        "int8" => Some(3),
        _ => None,
    };
    if let (Some(old), Some(new)) = (rank(from), rank(to)) {
        return new < old;
    }
    let textual = |ty: &Type| matches!(ty.name.as_str(), "text" | "varchar" | "bpchar" | "citext");
    if textual(from) && textual(to) {
        return match (to.limits.first(), from.limits.first()) {
            (Some(new), Some(old)) => new < old,
            (Some(_), None) => true,
            (None, _) => false,
        };
    }
    if from.name == to.name {
        return tighter(from, to);
    }
    let pair = (from.name.as_str(), to.name.as_str());
    let loses = matches!(
        pair,
        ("float8", "float4" | "int2" | "int4" | "int8")
            | ("float4", "int2" | "int4" | "int8")
            | ("numeric", "int2" | "int4" | "int8" | "float4" | "float8" | "money")
            | ("timestamp" | "timestamptz", "date" | "time")
    );
    loses || (textual(from) && !textual(to))
}

fn tighter(from: &Type, to: &Type) -> bool {
    match (from.limits.as_slice(), to.limits.as_slice()) {
        (_, []) => false,
        ([], [new, ..]) => !unlimited(&to.name, *new),
        ([old, ..], [new, ..]) if to.name == "numeric" => {
            let scale = |ty: &Type| ty.limits.get(1).copied().unwrap_or(0);
            scale(to) < scale(from) || new - scale(to) < old - scale(from)
        }
        ([old, ..], [new, ..]) => new < old,
    }
}

/// Takes a type as written apart; names as the catalog has them.
fn parse(text: &str) -> Type {
    let lower = text.trim().to_ascii_lowercase();
    let array = lower.contains('[') || lower.ends_with(" array");
    let base = lower.split('[').next().unwrap_or_default().trim_end_matches(" array").trim();
    let (limits, words) = match (base.find('('), base.find(')')) {
        (Some(open), Some(close)) if open < close => {
            let limits = base[open + 1..close].split(',').filter_map(|one| one.trim().parse().ok()).collect();
            (limits, format!("{} {}", base[..open].trim(), base[close + 1..].trim()))
        }
        _ => (Vec::new(), base.to_owned()),
    };
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let name = canonical(words.trim_start_matches("pg_catalog.").trim_matches('"'));
    let limits =
        if limits.is_empty() && matches!(words.as_str(), "char" | "character" | "bit") { vec![1] } else { limits };
    Type { name, limits, array }
}

fn canonical(words: &str) -> String {
    match words {
        "integer" | "int" | "serial" | "serial4" => "int4",
        "bigint" | "bigserial" | "serial8" => "int8",
        "smallint" | "smallserial" | "serial2" => "int2",
        "boolean" => "bool",
        "decimal" | "dec" => "numeric",
        "double precision" | "float" => "float8",
        "real" => "float4",
        "character varying" | "char varying" => "varchar",
        "character" | "char" => "bpchar",
        "bit varying" => "varbit",
        "timestamp with time zone" => "timestamptz",
        "timestamp without time zone" => "timestamp",
        "time with time zone" => "timetz",
        "time without time zone" => "time",
        other => other,
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rewrites_is_what_the_server_rewrites() {
        let rewrites = |from: &str, to: &str| retype(from, to, None).rewrite;
        for (from, to) in [
            ("varchar(20)", "character varying (50)"),
            ("varchar(20)", "varchar"),
            ("varchar(20)", "text"),
            ("text", "varchar"),
            ("numeric(10,2)", "numeric(12,2)"),
            ("numeric(10,2)", "numeric"),
            ("timestamp(3)", "timestamp(6) without time zone"),
            ("timestamptz", "timestamptz(6)"),
            ("varbit(3)", "bit varying(8)"),
            ("cidr", "inet"),
            ("int", "integer"),
        ] {
            assert!(!rewrites(from, to), "{from} -> {to}");
        }
        for (from, to) in [
            ("int", "bigint"),
            ("text", "varchar(50)"),
            ("varchar(50)", "varchar(20)"),
            ("numeric(10,2)", "numeric(12,3)"),
            ("numeric", "numeric(10,2)"),
            ("char(5)", "char(10)"),
            ("char(5)", "text"),
            ("varchar(10)[]", "varchar(20)[]"),
            ("timestamp", "timestamptz"),
            ("timestamptz", "timestamptz(3)"),
            ("text", "uuid"),
            ("json", "jsonb"),
        ] {
            assert!(rewrites(from, to), "{from} -> {to}");
        }
        assert!(!retype("timestamp", "timestamp with time zone", Some(true)).rewrite);
        assert!(retype("timestamp", "timestamptz", Some(false)).rewrite);
    }

    #[test]
    fn what_may_not_fit_narrows() {
        let narrows = |from: &str, to: &str| retype(from, to, None).narrows;
        for (from, to) in [
            ("bigint", "int"),
            ("text", "varchar(5)"),
            ("numeric(10,2)", "numeric(10,3)"),
            ("numeric(10,2)", "numeric(8,2)"),
            ("timestamptz", "date"),
            ("text", "int"),
        ] {
            assert!(narrows(from, to), "{from} -> {to}");
        }
        for (from, to) in [
            ("int", "bigint"),
            ("varchar(5)", "text"),
            ("numeric(10,2)", "numeric(12,2)"),
            ("numeric(10,2)", "numeric(13,3)"),
            ("int", "text"),
        ] {
            assert!(!narrows(from, to), "{from} -> {to}");
        }
    }
}
