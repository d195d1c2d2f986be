//! Views, triggers, routines and events: as whom they run.

use super::Named;
use crate::migrate::parse::Kind;
use crate::migrate::text::Cursor;
use crate::migrate::text::cursor::Name;

/// An object with a definer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::migrate) struct Stored {
    pub(in crate::migrate) kind: Kind,
    pub(in crate::migrate) name: Name,
    /// The account that is named as its definer; none for none and for the account that makes it.
    pub(in crate::migrate) definer: Option<Named>,
    /// `SQL SECURITY`, when it is written: true for the definer's rights.
    pub(in crate::migrate) definers_rights: Option<bool>,
    /// The table of a trigger.
    pub(in crate::migrate) table: Option<Name>,
}

/// Reads `CREATE` and `ALTER` of such objects.
pub(in crate::migrate) fn stored(sql: &str) -> Option<Stored> {
    let mut cursor = Cursor::new(sql);
    cursor.any(&["create", "alter"])?;
    cursor.accept(&["or", "replace"]);
    let (mut definer, mut rights) = (None, None);
    let kind = loop {
        if cursor.accept(&["algorithm"]) {
            cursor.accept(&["="]);
            cursor.skip();
        } else if cursor.accept(&["definer"]) {
            cursor.accept(&["="]);
            definer = Named::read(&mut cursor);
        } else if cursor.accept(&["sql", "security"]) {
            rights = Some(cursor.any(&["definer", "invoker"])? == "definer");
        } else if !cursor.accept(&["aggregate"]) {
            break kind(&mut cursor)?;
        }
    };
    cursor.accept(&["if", "not", "exists"]);
    let name = cursor.qualified()?;
    let table = if kind == Kind::Trigger { trigger_table(&mut cursor.clone()) } else { None };
    if matches!(kind, Kind::Procedure | Kind::Function) {
        rights = characteristic(&mut cursor);
    }
    Some(Stored { kind, name, definer, definers_rights: rights, table })
}

fn kind(cursor: &mut Cursor<'_>) -> Option<Kind> {
    let all = [Kind::View, Kind::Trigger, Kind::Procedure, Kind::Function, Kind::Event];
    all.into_iter().find(|kind| cursor.accept(&[kind.word()]))
}

/// `{BEFORE | AFTER} INSERT OR UPDATE … ON table`.
fn trigger_table(cursor: &mut Cursor<'_>) -> Option<Name> {
    cursor.seek(&["on"]).then(|| cursor.skip())?;
    cursor.qualified()
}

/// `SQL SECURITY` before a routine's body.
fn characteristic(cursor: &mut Cursor<'_>) -> Option<bool> {
    while cursor.seek(&["sql", "begin", "return"]) {
        if cursor.accept(&["sql", "security"]) {
            return Some(cursor.any(&["definer", "invoker"])? == "definer");
        }
        if !cursor.is("sql") {
            return None;
        }
        cursor.skip();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definers_and_whose_rights() {
        let view =
            stored("CREATE OR REPLACE ALGORITHM=MERGE DEFINER=`a b`@`%` SQL SECURITY INVOKER VIEW v AS SELECT 1")
                .expect("a view");
        assert_eq!(view.definer.map(|one| one.shown()).as_deref(), Some("a b@%"));
        assert_eq!((view.kind, view.definers_rights), (Kind::View, Some(false)));
        let routine = stored("CREATE DEFINER = 'x'@localhost PROCEDURE s.p(IN a int) READS SQL DATA SQL SECURITY DEFINER BEGIN SELECT 1; END").expect("a routine");
        assert_eq!((routine.name.name.as_str(), routine.definers_rights), ("p", Some(true)));
        let own = stored("CREATE DEFINER=CURRENT_USER() TRIGGER r AFTER INSERT ON shop.t FOR EACH ROW SET @a = 1")
            .expect("a trigger");
        assert_eq!((own.definer, own.table.map(|table| table.name).as_deref()), (None, Some("t")));
        assert_eq!(stored("CREATE TABLE t (definer int)"), None);
        let plain = stored("CREATE FUNCTION f() RETURNS int NO SQL RETURN 'sql security definer'").expect("a function");
        assert_eq!(plain.definers_rights, None);
    }
}
