//! What stands behind a column's name: its type and its attributes, as users and servers write them.

use crate::migrate::table::same;
use crate::migrate::text::Cursor;
use crate::migrate::text::cursor::split;

/// A column's definition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::migrate) struct Definition {
    /// As written.
    pub(in crate::migrate) text: String,
    /// The type in one way of writing, in lower case: `int`, `varchar`, `decimal`.
    pub(in crate::migrate) base: String,
    /// What stands in the type's parentheses: a length, digits, values of an enum with their quotes.
    pub(in crate::migrate) args: Vec<String>,
    pub(in crate::migrate) unsigned: bool,
    /// `CHARACTER SET`, in lower case.
    pub(in crate::migrate) charset: Option<String>,
    /// `COLLATE`, in lower case.
    pub(in crate::migrate) collation: Option<String>,
    pub(in crate::migrate) not_null: bool,
    /// The default as written; none for none, and for NULL.
    pub(in crate::migrate) default: Option<String>,
    /// `ON UPDATE`.
    pub(in crate::migrate) on_update: Option<String>,
    /// The expression that makes it, when it is generated.
    pub(in crate::migrate) generated: Option<Generated>,
    pub(in crate::migrate) auto_increment: bool,
    pub(in crate::migrate) primary: bool,
    pub(in crate::migrate) unique: bool,
    /// Its own `CHECK`.
    pub(in crate::migrate) check: Option<String>,
    /// `REFERENCES …`, as written.
    pub(in crate::migrate) references: Option<String>,
    pub(in crate::migrate) comment: Option<String>,
    /// `FIRST` or `AFTER`.
    pub(in crate::migrate) position: Option<Position>,
}

/// How a column's value is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::migrate) struct Generated {
    pub(in crate::migrate) expression: String,
    pub(in crate::migrate) stored: bool,
}

/// Where a column is put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::migrate) enum Position {
    First,
    After(String),
}

impl Definition {
    /// Reads what stands behind the name.
    pub(in crate::migrate) fn read(text: &str) -> Self {
        let mut cursor = Cursor::new(text);
        let mut found = Self { text: text.trim().to_owned(), ..Self::default() };
        found.read_type(&mut cursor);
        while !cursor.done() {
            found.attribute(&mut cursor);
        }
        found
    }

    fn read_type(&mut self, cursor: &mut Cursor<'_>) {
        let word = cursor.peek().to_ascii_lowercase();
        cursor.skip();
        let base = match word.as_str() {
            "double" | "real" => {
                cursor.accept(&["precision"]);
                "double"
            }
            "character" | "char" | "nchar" => {
                if cursor.accept(&["varying"]) {
                    "varchar"
                } else {
                    "char"
                }
            }
            "integer" => "int",
            "dec" | "numeric" | "fixed" => "decimal",
            "nvarchar" => "varchar",
            "bool" | "boolean" => "tinyint",
            "serial" => {
                (self.unsigned, self.not_null, self.auto_increment, self.unique) = (true, true, true, true);
                "bigint"
            }
            other => other,
        };
        base.clone_into(&mut self.base);
        if let Some(range) = cursor.parens() {
            self.args = split(cursor.slice(range)).into_iter().map(str::to_owned).collect();
        }
    }

    fn attribute(&mut self, cursor: &mut Cursor<'_>) {
        if cursor.accept(&["not", "null"]) {
            self.not_null = true;
        } else if cursor.accept(&["null"]) {
            self.not_null = false;
        } else if cursor.accept(&["unsigned"]) {
            self.unsigned = true;
        } else if cursor.accept(&["character", "set"]) || cursor.accept(&["charset"]) {
            self.charset = cursor.name().map(|name| name.to_lowercase());
        } else if cursor.accept(&["collate"]) {
            self.collation = cursor.name().map(|name| name.to_lowercase());
        } else if cursor.accept(&["default"]) {
            let value = expression(cursor);
            self.default = (!value.eq_ignore_ascii_case("null")).then_some(value);
        } else if cursor.accept(&["on", "update"]) {
            self.on_update = Some(expression(cursor));
        } else if cursor.accept(&["generated", "always", "as"]) || cursor.accept(&["as"]) {
            let expression = parenthesis(cursor);
            let stored = cursor.any(&["stored", "persistent"]).is_some();
            self.generated = Some(Generated { expression, stored });
        } else if cursor.accept(&["auto_increment"]) {
            self.auto_increment = true;
        } else if cursor.accept(&["primary"]) {
            cursor.accept(&["key"]);
            self.primary = true;
        } else if cursor.accept(&["unique"]) {
            cursor.accept(&["key"]);
            self.unique = true;
        } else if cursor.accept(&["check"]) {
            self.check = Some(parenthesis(cursor));
        } else if cursor.is("references") {
            self.references = Some(references(cursor));
        } else if cursor.accept(&["comment"]) {
            self.comment = Some(cursor.peek().to_owned()).filter(|text| text != "''");
            cursor.skip();
        } else if cursor.accept(&["first"]) {
            self.position = Some(Position::First);
        } else if cursor.accept(&["after"]) {
            self.position = cursor.name().map(Position::After);
        } else {
            cursor.skip();
        }
    }

    /// The type as people write it: `varchar(20)`, `int unsigned`.
    pub(in crate::migrate) fn ty(&self) -> String {
        let shown = !self.args.is_empty() && !self.whole();
        let args = if shown { format!("({})", self.args.join(",")) } else { String::new() };
        format!("{}{args}{}", self.base, if self.unsigned { " unsigned" } else { "" })
    }

    /// Whether it is a whole number; the width of one is only for showing it.
    pub(in crate::migrate) fn whole(&self) -> bool {
        matches!(self.base.as_str(), "tinyint" | "smallint" | "mediumint" | "int" | "bigint")
    }

    /// Whether it is a text with a character set.
    pub(in crate::migrate) fn text_type(&self) -> bool {
        matches!(
            self.base.as_str(),
            "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum" | "set"
        )
    }

    /// The first number in the type's parentheses.
    pub(in crate::migrate) fn length(&self) -> Option<u64> {
        self.args.first()?.parse().ok()
    }

    /// The values of an enum or set, without their quotes.
    pub(in crate::migrate) fn values(&self) -> Vec<String> {
        let value = |text: &String| text.trim().trim_matches('\'').replace("''", "'");
        self.args.iter().map(value).collect()
    }

    /// Whether its default is an expression: more than a literal or the clock.
    pub(in crate::migrate) fn expression_default(&self) -> Option<&str> {
        let text = self.default.as_deref()?;
        let lower = text.to_ascii_lowercase();
        let clock =
            ["current_timestamp", "now", "localtime", "localtimestamp"].iter().any(|word| lower.starts_with(word));
        let call = lower.contains('(') && !lower.starts_with('\'') && !lower.starts_with('"');
        (call && !clock).then_some(text)
    }

    /// What another definition of the same column lacks of this one's attributes, as words.
    pub(in crate::migrate) fn lost_in(&self, after: &Self) -> Vec<String> {
        let mut lost = Vec::new();
        if self.not_null && !after.not_null && !after.primary {
            lost.push("NOT NULL".to_owned());
        }
        if let (Some(default), None) = (&self.default, &after.default) {
            lost.push(format!("DEFAULT {default}"));
        }
        if self.auto_increment && !after.auto_increment {
            lost.push("AUTO_INCREMENT".to_owned());
        }
        if let (Some(value), None) = (&self.on_update, &after.on_update) {
            lost.push(format!("ON UPDATE {value}"));
        }
        if let (Some(text), None) = (&self.comment, &after.comment) {
            lost.push(format!("COMMENT {text}"));
        }
        lost
    }

    /// Whether it is put after a column, or first, where it does not stand in `columns` yet.
    pub(in crate::migrate) fn moves(&self, name: &str, columns: &[String]) -> bool {
        let at = columns.iter().position(|own| same(own, name));
        match (&self.position, at) {
            (None, _) => false,
            (Some(Position::First), at) => at != Some(0),
            (Some(Position::After(before)), Some(at)) => {
                !at.checked_sub(1).and_then(|at| columns.get(at)).is_some_and(|own| same(own, before))
            }
            (Some(Position::After(_)), None) => true,
        }
    }
}

/// A value: a literal, a call, or anything in parentheses.
fn expression(cursor: &mut Cursor<'_>) -> String {
    let from = cursor.start();
    while cursor.is_any(&["+", "-"]) {
        cursor.skip();
    }
    if cursor.parens().is_none() {
        let word = cursor.peek();
        cursor.skip();
        // _utf8mb4'…', b'0', x'ff'
        if (word.starts_with('_') || matches!(word, "b" | "B" | "x" | "X" | "n" | "N"))
            && cursor.peek().starts_with('\'')
        {
            cursor.skip();
        }
        cursor.parens();
    }
    cursor.slice(from..cursor.end().max(from)).to_owned()
}

/// What stands in the parentheses that come next.
fn parenthesis(cursor: &mut Cursor<'_>) -> String {
    cursor.parens().map(|range| cursor.slice(range).trim().to_owned()).unwrap_or_default()
}

/// `REFERENCES t (c) ON DELETE …`, as written.
fn references(cursor: &mut Cursor<'_>) -> String {
    let from = cursor.start();
    cursor.skip();
    cursor.qualified();
    cursor.parens();
    while cursor.is("on") || cursor.is("match") {
        if cursor.accept(&["match"]) {
            cursor.skip();
            continue;
        }
        if cursor.clone().accept(&["on", "update", "current_timestamp"]) {
            break;
        }
        cursor.skip();
        cursor.skip();
        let two = [["set", "null"], ["no", "action"], ["set", "default"]];
        if !two.iter().any(|words| cursor.accept(words)) {
            cursor.skip();
        }
    }
    cursor.slice(from..cursor.end().max(from)).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_in_all_their_ways_of_writing() {
        let id = Definition::read("INTEGER(11) UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY COMMENT 'a; b'");
        assert_eq!((id.ty().as_str(), id.not_null, id.auto_increment, id.primary), ("int unsigned", true, true, true));
        assert_eq!(id.comment.as_deref(), Some("'a; b'"));
        let text = Definition::read(
            "character varying(20) character set UTF8MB4 collate utf8mb4_bin default _utf8mb4'x' after `b c`",
        );
        assert_eq!((text.ty().as_str(), text.charset.as_deref()), ("varchar(20)", Some("utf8mb4")));
        assert_eq!(text.default.as_deref(), Some("_utf8mb4'x'"));
        assert_eq!(text.position, Some(Position::After("b c".to_owned())));
        let made = Definition::read("int GENERATED ALWAYS AS (a + (1)) STORED NOT NULL");
        assert_eq!(made.generated, Some(Generated { expression: "a + (1)".to_owned(), stored: true }));
        let at = Definition::read("timestamp(3) NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)");
        assert_eq!(
            (at.default.as_deref(), at.on_update.as_deref()),
            (Some("CURRENT_TIMESTAMP(3)"), Some("CURRENT_TIMESTAMP(3)"))
        );
        assert_eq!(at.expression_default(), None);
        let child = Definition::read("int REFERENCES p (id) ON DELETE SET NULL NOT NULL");
        assert_eq!(child.references.as_deref(), Some("REFERENCES p (id) ON DELETE SET NULL"));
        assert!(child.not_null);
        assert_eq!(Definition::read("enum('a','it''s, b')").values(), ["a", "it's, b"]);
    }

    #[test]
    fn what_an_expression_is() {
        let of = |text: &str| Definition::read(text).expression_default().map(str::to_owned);
        assert_eq!(of("char(36) DEFAULT (uuid())").as_deref(), Some("(uuid())"));
        assert_eq!(of("char(36) DEFAULT uuid()").as_deref(), Some("uuid()"));
        assert_eq!(of("char(36) DEFAULT '(x)'"), None);
        assert_eq!(of("decimal(3,1) DEFAULT -1.5"), None);
    }

    #[test]
    fn where_a_column_stands_already_it_does_not_move() {
        let columns = ["a".to_owned(), "b".to_owned()];
        assert!(!Definition::read("int AFTER a").moves("b", &columns));
        assert!(Definition::read("int FIRST").moves("b", &columns));
        assert!(!Definition::read("int FIRST").moves("a", &columns));
        assert!(!Definition::read("int").moves("a", &columns));
    }
}
