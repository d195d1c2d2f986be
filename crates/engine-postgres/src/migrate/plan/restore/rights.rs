//! `GRANT`, `REVOKE` and `ALTER DEFAULT PRIVILEGES`: what the roles had on the objects is given to them again.

use dbwright_core::Failure;
use dbwright_migrate::plan::Back;

use super::super::draft::Cx;
use super::super::name::literal;
use super::super::plain::unknown;
use super::super::tokens;
use super::find;

/// What a statement is about: objects of a kind, and roles.
#[derive(Debug, PartialEq, Eq)]
struct Words {
    kind: String,
    objects: Vec<String>,
    roles: Vec<String>,
}

const KINDS: [&str; 9] =
    ["TABLE", "SEQUENCE", "SCHEMA", "FUNCTION", "PROCEDURE", "ROUTINE", "TYPE", "DOMAIN", "DATABASE"];

/// Reads `… ON kind objects TO roles …` or `… FROM roles …`.
fn read(sql: &str) -> Option<Words> {
    let on = tokens::find_word(sql, &["ON"])? + 2;
    let to = tokens::find_word(&sql[on..], &["TO", "FROM"])? + on;
    let after = &sql[to..];
    let roles = &after[after.find(char::is_whitespace)?..];
    let end = tokens::find_word(roles, &["WITH", "GRANTED", "CASCADE", "RESTRICT"]).unwrap_or(roles.len());
    let roles = tokens::split(&roles[..end]);
    let objects = sql[on..to].trim();
    let first = tokens::significant(objects).first().map(|token| token.text(objects).to_ascii_uppercase())?;
    let many = tokens::significant(objects).len() > 1;
    let named = KINDS.iter().find(|kind| **kind == first && many);
    let rest = named.map_or(objects, |kind| objects[kind.len()..].trim());
    if first == "ALL"
        || named.is_none()
            && matches!(first.as_str(), "FOREIGN" | "LANGUAGE" | "LARGE" | "TABLESPACE" | "PARAMETER")
            && many
    {
        let words: Vec<&str> = objects.split_whitespace().collect();
        let [all, what, inside, schema, names @ ..] = words.as_slice() else { return None };
        let is = all.eq_ignore_ascii_case("all")
            && inside.eq_ignore_ascii_case("in")
            && schema.eq_ignore_ascii_case("schema");
        let objects = tokens::split(&names.join(" "));
        return is.then(|| Words { kind: format!("ALL {}", what.to_ascii_uppercase()), objects, roles });
    }
    let kind = named.map_or("TABLE", |kind| *kind).to_owned();
    Some(Words { kind, objects: tokens::split(rest), roles })
}

/// Gives roles what they have now; `CASCADE` may take from others, which is not known.
pub(in super::super) async fn changed(cx: &Cx<'_, '_>) -> Result<Back, Failure> {
    let sql = cx.statement.sql.as_str();
    let cascade = tokens::find_word(sql, &["CASCADE"]).is_some();
    let lost = || Back::impossible("what CASCADE took from others is not known");
    if tokens::find_word(sql, &["ON"]).is_none() {
        return if cascade { Ok(lost()) } else { membership(cx, sql).await };
    }
    let Some(words) = read(sql) else { return Ok(unknown()) };
    let Some(objects) = targets(cx, &words).await? else { return Ok(unknown()) };
    let mut statements = Vec::new();
    for (kind, name, oid) in objects {
        if cascade && passed_on(cx, &kind, &oid).await? {
            return Ok(lost());
        }
        for role in &words.roles {
            match again(cx, &kind, &name, &oid, role).await? {
                Some(found) => statements.extend(found),
                None => return Ok(unknown()),
            }
        }
    }
    Ok(Back::by(statements))
}

/// The objects with their kinds, names and identifiers.
async fn targets(cx: &Cx<'_, '_>, words: &Words) -> Result<Option<Vec<(String, String, String)>>, Failure> {
    let Some(what) = words.kind.strip_prefix("ALL ") else {
        let mut all = Vec::new();
        for name in &words.objects {
            let Some(found) = find(cx, &words.kind, name).await? else { return Ok(None) };
            all.push((words.kind.clone(), name.clone(), found.oid));
        }
        return Ok(Some(all));
    };
    let schemas: Vec<String> = words.objects.iter().map(|name| literal(&super::unquoted(name))).collect();
    let schemas = schemas.join(", ");
    let relation = |kind: &str, kinds: &str| {
        format!(
            "SELECT '{kind}', format('%I.%I', n.nspname, c.relname), c.oid::text FROM pg_catalog.pg_class c \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN ({schemas}) AND c.relkind IN ({kinds}) ORDER BY 2"
        )
    };
    let query = match what {
        "TABLES" => relation("TABLE", "'r', 'p', 'v', 'm', 'f'"),
        "SEQUENCES" => relation("SEQUENCE", "'S'"),
        "FUNCTIONS" | "PROCEDURES" | "ROUTINES" => format!(
            "SELECT CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, \
             format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), p.oid::text FROM pg_catalog.pg_proc p \
             JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname IN ({schemas}) ORDER BY 2"
        ),
        _ => return Ok(None),
    };
    let rows = cx.catalog.rows(&query).await?;
    let whole = |row: Vec<Option<String>>| {
        let [kind, name, oid] = <[Option<String>; 3]>::try_from(row).ok()?;
        Some((kind?, name?, oid?))
    };
    Ok(Some(rows.into_iter().filter_map(whole).collect()))
}

/// Where the rights on a kind of object stand: catalog, column, owner, and the letter of the default.
fn place(kind: &str) -> Option<(&'static str, &'static str, &'static str, &'static str)> {
    Some(match kind {
        "TABLE" | "SEQUENCE" => ("pg_class", "relacl", "relowner", "CASE x.relkind WHEN 'S' THEN 's' ELSE 'r' END"),
        "SCHEMA" => ("pg_namespace", "nspacl", "nspowner", "'n'"),
        "FUNCTION" | "PROCEDURE" | "ROUTINE" => ("pg_proc", "proacl", "proowner", "'f'"),
        "TYPE" | "DOMAIN" => ("pg_type", "typacl", "typowner", "'T'"),
        "DATABASE" => ("pg_database", "datacl", "datdba", "'d'"),
        _ => return None,
    })
}

/// Whether somebody to whom rights were given has given them on, which `CASCADE` takes back as well.
async fn passed_on(cx: &Cx<'_, '_>, kind: &str, oid: &str) -> Result<bool, Failure> {
    let Some((catalog, acl, owner, _)) = place(kind) else { return Ok(true) };
    let columns = format!(
        "EXISTS (SELECT FROM pg_catalog.pg_class x JOIN pg_catalog.pg_attribute t ON t.attrelid = x.oid, aclexplode(t.attacl) a \
         WHERE x.oid = {oid} AND a.grantor <> x.relowner)"
    );
    let columns = if kind == "TABLE" { columns } else { "false".to_owned() };
    let own = format!(
        "SELECT FROM pg_catalog.{catalog} x, aclexplode(x.{acl}) a WHERE x.oid = {oid} AND a.grantor <> x.{owner}"
    );
    cx.catalog.holds(&format!("EXISTS ({own}) OR {columns}")).await
}

/// Takes everything from a role, and gives it what it has now; none when another than the owner gave it.
async fn again(cx: &Cx<'_, '_>, kind: &str, name: &str, oid: &str, role: &str) -> Result<Option<Vec<String>>, Failure> {
    let Some((catalog, acl, owner, letter)) = place(kind) else { return Ok(None) };
    let Some((grantee, sql)) = grantee(role) else { return Ok(None) };
    let columns = if kind == "TABLE" {
        format!(
            " UNION ALL SELECT a.privilege_type || ' (' || quote_ident(t.attname) || ')', a.is_grantable, a.grantor = x.relowner \
             FROM pg_catalog.pg_class x JOIN pg_catalog.pg_attribute t ON t.attrelid = x.oid, aclexplode(t.attacl) a \
             WHERE x.oid = {oid} AND a.grantee = {grantee}"
        )
    } else {
        String::new()
    };
    let query = format!(
        "SELECT a.privilege_type, a.is_grantable, a.grantor = x.{owner} FROM pg_catalog.{catalog} x, \
         aclexplode(coalesce(x.{acl}, acldefault(({letter})::\"char\", x.{owner}))) a WHERE x.oid = {oid} AND a.grantee = {grantee}{columns} ORDER BY 2, 1"
    );
    let on = format!("ON {kind} {name}");
    let mut statements = vec![format!("REVOKE ALL PRIVILEGES {on} FROM {sql}")];
    for row in cx.catalog.rows(&query).await? {
        let [Some(privilege), Some(grantable), Some(by_owner)] = row.as_slice() else { continue };
        if by_owner != "t" {
            return Ok(None);
        }
        let option = if grantable == "t" { " WITH GRANT OPTION" } else { "" };
        statements.push(format!("GRANT {privilege} {on} TO {sql}{option}"));
    }
    Ok(Some(statements))
}

/// A role as the catalog knows it, and as statements say it.
fn grantee(role: &str) -> Option<(String, String)> {
    let role = role.trim();
    let role = role.strip_prefix("GROUP ").or_else(|| role.strip_prefix("group ")).unwrap_or(role).trim();
    if role.contains(char::is_whitespace) && !role.starts_with('"') {
        return None;
    }
    Some(match role.to_ascii_lowercase().as_str() {
        "public" => ("0".to_owned(), "PUBLIC".to_owned()),
        "current_user" | "current_role" => {
            ("to_regrole(quote_ident(current_user))::oid".to_owned(), "CURRENT_USER".to_owned())
        }
        "session_user" => ("to_regrole(quote_ident(session_user))::oid".to_owned(), "SESSION_USER".to_owned()),
        _ => (format!("to_regrole({})::oid", literal(role)), role.to_owned()),
    })
}

/// `GRANT role TO role`: those who are no members are none again, and the other way round.
async fn membership(cx: &Cx<'_, '_>, sql: &str) -> Result<Back, Failure> {
    let words = tokens::significant(sql);
    let Some(first) = words.first() else { return Ok(unknown()) };
    let granted = tokens::is_word(sql, first, "GRANT");
    if tokens::find_word(sql, &["WITH", "OPTION", "GRANTED"]).is_some() {
        return Ok(unknown());
    }
    let Some(to) = tokens::find_word(sql, &["TO", "FROM"]) else { return Ok(unknown()) };
    let roles = tokens::split(&sql[first.end..to]);
    let rest = &sql[to..];
    let members = tokens::split(&rest[rest.find(char::is_whitespace).unwrap_or(rest.len())..]);
    let mut statements = Vec::new();
    let mut pairs: Vec<(&String, &String)> = Vec::new();
    for role in &roles {
        pairs.extend(members.iter().map(|member| (role, member)));
    }
    for (role, member) in pairs {
        let (Some((parent, role)), Some((child, member))) = (grantee(role), grantee(member)) else {
            return Ok(unknown());
        };
        let is = cx
            .catalog
            .holds(&format!(
                "EXISTS (SELECT FROM pg_catalog.pg_auth_members WHERE roleid = {parent} AND member = {child})"
            ))
            .await?;
        if granted && !is {
            statements.push(format!("REVOKE {role} FROM {member}"));
        } else if !granted && is {
            statements.push(format!("GRANT {role} TO {member}"));
        }
    }
    Ok(Back::by(statements))
}

/// `ALTER DEFAULT PRIVILEGES`: what the roles would get now.
pub(in super::super) async fn defaults(cx: &Cx<'_, '_>) -> Result<Back, Failure> {
    let sql = cx.statement.sql.as_str();
    let at = tokens::find_word(sql, &["GRANT", "REVOKE"]);
    let words = at.and_then(|at| Some((at, read(&sql[at..])?)));
    let Some((at, Words { objects, roles, .. })) = words else { return Ok(unknown()) };
    let head = sql[..at].trim();
    let clause = |word: &[&str]| tokens::find_word(head, word);
    let [what] = objects.as_slice() else { return Ok(unknown()) };
    let letter = match what.to_ascii_uppercase().as_str() {
        "TABLES" => "r",
        "SEQUENCES" => "S",
        "FUNCTIONS" | "ROUTINES" => "f",
        "TYPES" => "T",
        "SCHEMAS" => "n",
        _ => return Ok(unknown()),
    };
    let (of, inside) = (clause(&["FOR"]), clause(&["IN"]));
    let role = match of {
        None => "to_regrole(quote_ident(current_user))::oid".to_owned(),
        Some(at) => {
            let text = &head[at..inside.filter(|inside| *inside > at).unwrap_or(head.len())];
            let names: Vec<&str> = text.split_whitespace().skip(2).collect();
            match names.as_slice() {
                [one] if !one.contains(',') => grantee(one).map(|(oid, _)| oid).unwrap_or_default(),
                _ => return Ok(unknown()),
            }
        }
    };
    let schema = match inside {
        None => "0".to_owned(),
        Some(at) => {
            let end = of.filter(|of| *of > at).unwrap_or(head.len());
            let names: Vec<&str> = head[at..end].split_whitespace().skip(2).collect();
            match names.as_slice() {
                [one] if !one.contains(',') => format!("to_regnamespace({})::oid", literal(one)),
                _ => return Ok(unknown()),
            }
        }
    };
    let base = if schema == "0" {
        format!("acldefault('{}', {role})", letter.to_ascii_lowercase().replace('t', "T"))
    } else {
        // Nothing is given there by itself; an empty array is an error to aclexplode.
        "NULL::aclitem[]".to_owned()
    };
    let mut statements = Vec::new();
    for one in &roles {
        let Some((grantee, to)) = grantee(one) else { return Ok(unknown()) };
        statements.push(format!("{head} REVOKE ALL PRIVILEGES ON {what} FROM {to}"));
        let query = format!(
            "SELECT a.privilege_type || CASE WHEN a.is_grantable THEN '+' ELSE '' END FROM aclexplode(coalesce((SELECT defaclacl \
             FROM pg_catalog.pg_default_acl WHERE defaclrole = {role} AND defaclnamespace = {schema} AND defaclobjtype = '{letter}'), {base})) a \
             WHERE a.grantee = {grantee} ORDER BY 1"
        );
        for privilege in cx.catalog.texts(&query).await? {
            let (name, option) =
                privilege.strip_suffix('+').map_or((privilege.as_str(), ""), |name| (name, " WITH GRANT OPTION"));
            statements.push(format!("{head} GRANT {name} ON {what} TO {to}{option}"));
        }
    }
    Ok(Back::by(statements))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_and_roles_are_read() {
        let words = read("GRANT SELECT (a, b), UPDATE ON a.t, \"x y\" TO bob, PUBLIC WITH GRANT OPTION").expect("read");
        assert_eq!((words.kind.as_str(), words.objects.len()), ("TABLE", 2));
        assert_eq!(words.roles, ["bob", "PUBLIC"]);
        let words = read("REVOKE ALL ON FUNCTION f(int, text) FROM PUBLIC RESTRICT").expect("read");
        assert_eq!((words.kind.as_str(), words.objects), ("FUNCTION", vec!["f(int, text)".to_owned()]));
        let words = read("GRANT SELECT ON ALL TABLES IN SCHEMA a, b TO c").expect("read");
        assert_eq!((words.kind.as_str(), words.objects.len()), ("ALL TABLES", 2));
    }
}
