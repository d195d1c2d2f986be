//! What the manuals say that a server will do, for when it can't be asked: `plan` writes nothing.

use super::super::lint::assumed;
use super::super::parse::Clause;
use super::super::table::TableText;
use super::super::ways::Way;
use crate::flavour::Flavour;

/// The way that the server will take for all clauses together.
pub(in crate::migrate) fn way(
    flavour: Flavour,
    version: (u16, u16, u16),
    clauses: &[Clause],
    table: Option<&TableText>,
) -> Way {
    let worst = assumed(flavour, version, clauses, table);
    if worst.algorithm == "INSTANT" { flavour.ways()[0] } else { worst }
}

#[cfg(test)]
mod tests {
    use super::super::super::parse::{Act, act};
    use super::*;

    fn assumed(sql: &str) -> (&'static str, &'static str) {
        let Act::Alter { clauses, .. } = act(sql) else { panic!("{sql}") };
        let text = "CREATE TABLE `t` (\n `id` int NOT NULL,\n `v` varchar(20) DEFAULT NULL\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4";
        let way = way(Flavour::MySql, (9, 7, 0), &clauses, TableText::read(text).as_ref());
        (way.algorithm, way.lock)
    }

    #[test]
    fn the_worst_clause_decides() {
        assert_eq!(assumed("ALTER TABLE t ADD a int, DROP b").0, "INSTANT");
        assert_eq!(assumed("ALTER TABLE t ADD a int, ADD INDEX (a)"), ("INPLACE", "NONE"));
        assert_eq!(assumed("ALTER TABLE t ADD FULLTEXT (v)"), ("INPLACE", "SHARED"));
        assert_eq!(assumed("ALTER TABLE t MODIFY id bigint NOT NULL").0, "COPY");
        assert_eq!(assumed("ALTER TABLE t MODIFY v varchar(40)"), ("INPLACE", "NONE"));
        assert_eq!(assumed("ALTER TABLE t MODIFY v varchar(300)").0, "COPY");
        assert_eq!(assumed("ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4").0, "COPY");
        assert_eq!(assumed("ALTER TABLE t MODIFY id int(11) NOT NULL COMMENT 'x'").0, "INSTANT");
    }
}
