//! Statements as servers resolve them.

use dbwright_sql::Dialect;
use dbwright_sql::model::{Catalog, Column, Table, TableKind};

use super::*;

fn table(name: &str, columns: &[&str]) -> Table {
    let column = |(at, name): (usize, &&str)| Column {
        name: (*name).to_owned(),
        number: i32::try_from(at).unwrap_or(0),
        data_type: "int".to_owned(),
        base_type: if *name == "note" { "text" } else { "int" }.to_owned(),
        not_null: true,
        default: None,
        generated: None,
        collation: None,
        highest: None,
        definition: None,
    };
    Table {
        id: 1,
        schema: "x".to_owned(),
        name: name.to_owned(),
        kind: TableKind::Table,
        owner: None,
        parents: Vec::new(),
        is_partition: false,
        partitioning: None,
        internal: false,
        columns: columns.iter().enumerate().map(column).collect(),
        constraints: Vec::new(),
        indexes: Vec::new(),
        triggers: Vec::new(),
        rows: Some(1000.0),
        bytes: None,
        writes: None,
        definition: None,
        comment: None,
        storage: None,
    }
}

fn drafts(sql: &str) -> Vec<Draft> {
    let tables = vec![
        table("orders", &["id", "customer_id", "status", "created", "total"]),
        table("customers", &["id", "email", "country", "note"]),
        table("items", &["order_id", "n", "sku", "qty"]),
    ];
    let catalog = Catalog {
        dialect: Dialect::Mysql,
        tables,
        sequences: Vec::new(),
        functions: Vec::new(),
        types: Vec::new(),
        extensions: Vec::new(),
    };
    read(sql, &catalog, true)
}

/// Conditions in short: `status = Equal`.
fn conditions(draft: &Draft) -> Vec<String> {
    let text = |part: &KeyPart| match part {
        KeyPart::Column(name) => name.clone(),
        KeyPart::Expression(text) => format!("({text})"),
    };
    let arm = |one: &Condition| one.alternative.map_or_else(String::new, |group| format!(" {group}.{}", one.arm));
    draft.conditions.iter().map(|one| format!("{} {:?}{}", text(&one.part), one.operator, arm(one))).collect()
}

fn order(draft: &Draft) -> Vec<(String, bool)> {
    draft.orders.iter().flatten().map(|key| (key.part.column().unwrap_or("?").to_owned(), key.descending)).collect()
}

#[test]
fn mysql_names_an_alias_and_mariadb_its_schema_too() {
    for sql in [
        "/* select#1 */ select `o`.`id` AS `id`,`c`.`email` AS `email` from `x`.`orders` `o` join `x`.`customers` `c` where \
         ((`c`.`id` = `o`.`customer_id`) and (`o`.`status` = 'new') and (`o`.`created` > TIMESTAMP'2025-06-01 00:00:00')) \
         order by `o`.`created` desc limit 10",
        "select `x`.`o`.`id` AS `id`,`x`.`c`.`email` AS `email` from `x`.`orders` `o` join `x`.`customers` `c` where \
         `x`.`o`.`status` = 'new' and `x`.`o`.`customer_id` = `x`.`c`.`id` and `x`.`o`.`created` > '2025-06-01' \
         order by `x`.`o`.`created` desc limit 10",
    ] {
        let found = drafts(sql);
        let [o, c] = found.as_slice() else { panic!("{found:#?}") };
        assert_eq!(conditions(o), ["status Equal", "created Range"]);
        assert_eq!((order(o), o.limited), (vec![("created".to_owned(), true)], true));
        assert_eq!(o.joins, [(KeyPart::Column("customer_id".into()), 1, KeyPart::Column("id".into()))]);
        assert_eq!((o.needed.len(), c.needed.as_slice()), (4, ["email".to_owned(), "id".to_owned()].as_slice()));
        assert_eq!(c.joins.len(), 1);
    }
}

#[test]
fn lists_patterns_groups_and_outer_joins_are_seen() {
    let found = drafts(
        "/* select#1 */ select `c`.`country` AS `country`,count(0) AS `count(*)` from `x`.`customers` `c` left join `x`.`orders` \
         `o` on(((`o`.`customer_id` = `c`.`id`) and (`o`.`total` > 5))) where ((`c`.`country` in ('de','fr')) and \
         (`c`.`email` like 'u1%') and (`c`.`email` like '%x')) group by `c`.`country` having (count(0) > 1)",
    );
    assert_eq!(conditions(&found[0]), ["country In", "email Prefix", "email Pattern"]);
    assert_eq!(conditions(&found[1]), ["total Range"]);
    assert_eq!(found[0].groups, [[KeyPart::Column("country".into())]]);
    assert_eq!((found[0].joins.len(), found[1].joins.len(), found[0].limited), (1, 1, false));
}

#[test]
fn alternatives_semi_joins_and_subqueries_are_seen() {
    let found = drafts(
        "/* select#1 */ select `x`.`customers`.`id` AS `id` from `x`.`customers` semi join (`x`.`orders`) where \
         ((`<subquery2>`.`customer_id` = `x`.`customers`.`id`) and ((`x`.`orders`.`total` between 3 and 5) or \
         (`x`.`orders`.`status` = 'new')))",
    );
    assert_eq!(conditions(&found[1]), ["total Range 1.0", "status Equal 1.1"]);
    assert_eq!(found[1].joins, [(KeyPart::Column("customer_id".into()), 0, KeyPart::Column("id".into()))]);
    let found = drafts(
        "/* select#1 */ select <expr_cache><`x`.`c`.`id`>((/* select#2 */ select count(0) from `x`.`orders` `o` where \
         `x`.`o`.`status` = 'new' and `x`.`o`.`customer_id` = `x`.`c`.`id`)) AS `k` from `x`.`customers` `c` semi join \
         (`x`.`items` `i`) where `x`.`i`.`qty` = 3 and `x`.`c`.`id` < <cache>(5 + 1)",
    );
    let of = |name: &str| found.iter().find(|draft| draft.alias == name).expect("read");
    assert_eq!((conditions(of("o")), of("o").joins.len()), (vec!["status Equal".to_owned()], 1));
    assert_eq!((conditions(of("i")), conditions(of("c"))), (vec!["qty Equal".into()], vec!["id Range".into()]));
}

#[test]
fn calculations_unions_and_extremes_are_seen() {
    let found = drafts(
        "select max(`x`.`orders`.`created`) AS `m` from `x`.`orders` where ((cast(`x`.`orders`.`created` as date) = \
         '2025-01-01') and (lower(`x`.`orders`.`status`) = 'a') and (`x`.`orders`.`total` <= 3.00) and \
         (`x`.`orders`.`status` is null) and (`x`.`orders`.`customer_id` <> 4))",
    );
    assert_eq!(
        conditions(&found[0]),
        [
            "(cast(`created` as date)) Equal",
            "(lower(`status`)) Equal",
            "total Range",
            "status Equal",
            "customer_id Filter"
        ]
    );
    assert_eq!((order(&found[0]), found[0].limited), (vec![("created".to_owned(), false)], true));
    let found = drafts(
        "/* select#1 */ select distinct `x`.`items`.`sku` AS `sku` from `x`.`items` union /* select#2 */ select \
         `x`.`customers`.`email` AS `email` from `x`.`customers` where (`x`.`customers`.`country` = 'a') order by `sku`",
    );
    assert_eq!(found[0].groups, [[KeyPart::Column("sku".into())]]);
    assert_eq!(conditions(&found[1]), ["country Equal"]);
    let found = drafts("(select 1 from `x`.`items` where `x`.`items`.`n` = 1) union all (select 1 from `x`.`orders`)");
    assert_eq!((found.len(), conditions(&found[0])), (2, vec!["n Equal".to_owned()]));
}

#[test]
fn writers_say_what_they_write() {
    let update = drafts(
        "update `x`.`orders` `o` join `x`.`customers` `c` set `x`.`o`.`total` = 1,`x`.`o`.`status` = concat('a',',') where \
         `x`.`c`.`email` = 'x' and `x`.`o`.`customer_id` = `x`.`c`.`id`",
    );
    assert_eq!((update[0].written, update[0].changed.join(" ")), (true, "total status".to_owned()));
    assert_eq!((update[1].written, conditions(&update[1])), (false, vec!["email Equal".to_owned()]));
    let delete = drafts("delete  from `x`.`items` where `x`.`items`.`sku` = 's1' order by `x`.`items`.`qty` limit 5");
    assert_eq!((delete[0].written, delete[0].limited, order(&delete[0]).len()), (true, true, 1));
    let insert = drafts(
        "insert into `x`.`items` /* select#1 */ select `x`.`orders`.`id` AS `id`,2 AS `2` from `x`.`orders` where \
         (`x`.`orders`.`status` = 'new')",
    );
    assert_eq!((insert[0].written, insert[1].written, conditions(&insert[1]).len()), (true, false, 1));
    assert!(drafts("insert into `x`.`items` values (1,2,'x',3)")[0].written);
}

#[test]
fn what_is_broken_ends() {
    for sql in
        ["", "select", "select (((", "update", "select `a`.`b` from `x`.`orders` where ((`", "with", "delete from"]
    {
        let _ = drafts(sql);
    }
    let deep = format!("select 1 from `x`.`orders` where {}1{}", "(".repeat(200), ")".repeat(200));
    assert_eq!(drafts(&deep).len(), 1);
}

/// A statement as the server counts it, with the names that its own note would have.
fn named(sql: &str) -> Option<String> {
    let tables = vec![
        table("orders", &["id", "customer_id", "status", "created", "total"]),
        table("customers", &["id", "email", "country", "note"]),
    ];
    let catalog = Catalog { tables, ..Catalog::new(Dialect::Mysql) };
    whole::names(sql, "x", &catalog)
}

#[test]
fn counted_statements_get_whole_names() {
    assert_eq!(
        named("SELECT ID , STATUS FROM `orders` AS `o` WHERE `customer_id` = ? ").as_deref(),
        Some("SELECT `o`.`ID` , `o`.`STATUS` FROM `x`.`orders` `o` WHERE `o`.`customer_id` = ?")
    );
    assert_eq!(
        named(
            "SELECT `id` FROM `orders` , `x` . `customers` `c` WHERE `LOWER` ( `email` ) = ? AND `total` > ? FOR UPDATE"
        )
        .as_deref(),
        Some(
            "SELECT `id` FROM `x`.`orders` `orders` , `x`.`customers` `c` WHERE LOWER ( `c`.`email` ) = ? AND `orders`.`total` > ? FOR UPDATE"
        )
    );
    for unsure in ["SELECT `id` FROM ( SELECT ? ) `d`", "SELECT `id` FROM `elsewhere`", "SELECT ?"] {
        assert_eq!(named(unsure), None, "{unsure}");
    }
}
