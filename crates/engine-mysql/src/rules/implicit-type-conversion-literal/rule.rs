//! `mysql/implicit-type-conversion-literal`: an indexed text that statements compare with a number, which the index does not serve.

use dbwright_core::{Cx, Finding};

use crate::body::Body;
use crate::joins::{self, Side};
use crate::words;

/// Where the statements are read.
const SOURCE: &str = "performance_schema.events_statements_summary_by_digest";

/// What statements do with a column.
struct Use<'a> {
    column: Side<'a>,
    schema: Option<&'a str>,
    text: &'a str,
    calls: f64,
    total_ms: f64,
    /// Rows read a call, where that is counted.
    examined: Option<f64>,
    source: &'a str,
}

/// Reports the columns, each with the statement that takes most time.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    unseen(cx);
    let mut worst: Vec<Use<'_>> = Vec::new();
    for one in counted(cx.body).chain(given(cx.body)) {
        let few = one.calls < cx.limit("calls") || one.examined.is_some_and(|rows| rows < cx.limit("rows"));
        if few || index(one.column).is_none() || !is_text(one.column) {
            continue;
        }
        let same = |other: &&mut Use<'_>| {
            other.column.table.id == one.column.table.id && other.column.column.number == one.column.column.number
        };
        match worst.iter_mut().find(same) {
            Some(known) if known.total_ms >= one.total_ms => {}
            Some(known) => *known = one,
            None => worst.push(one),
        }
    }
    for one in &worst {
        let finding = finding(cx, one);
        cx.report(finding);
    }
}

/// Says that there is nothing to look at, where the counted statements have lost their values and no others were given.
fn unseen(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    if body.workload.as_ref().is_some_and(|workload| workload.source != SOURCE) {
        return;
    }
    if !body.server.flavour.keeps_samples() {
        let remedy =
            "give a slow query log with --workload (SET GLOBAL slow_query_log = ON, long_query_time = 0 for a while)";
        cx.not_looked("MariaDB counts statements without the values that they compare with", Some(remedy));
    } else if cx.header.without_values {
        cx.not_looked("values in statements were not to be read (--no-values)", Some("run again without --no-values"));
    }
}

/// Uses that the server counted, where it keeps a statement of each shape.
fn counted(body: &Body) -> impl Iterator<Item = Use<'_>> {
    body.statements.statements.iter().filter(|digest| !digest.numbers.is_empty()).flat_map(|digest| {
        let columns = joins::columns(body, digest.schema.as_deref(), &digest.text, &digest.numbers);
        columns.into_iter().map(|column| Use {
            column,
            schema: digest.schema.as_deref(),
            text: &digest.text,
            calls: words::as_f64(digest.calls),
            total_ms: digest.total_ms,
            examined: Some(digest.each(digest.examined)),
            source: SOURCE,
        })
    })
}

/// Uses in a slow log or a file of statements.
fn given(body: &Body) -> impl Iterator<Item = Use<'_>> {
    let workload = body.workload.as_ref().filter(|workload| workload.source != SOURCE);
    let source = workload.map_or("", |workload| workload.source.as_str());
    let statements = workload.into_iter().flat_map(|workload| &workload.statements);
    statements.flat_map(move |one| {
        let home = one.database.as_deref().or(body.server.database.as_deref());
        let found = one
            .samples
            .iter()
            .flat_map(move |sample| joins::columns(body, home, sample, &joins::compared_with_numbers(sample)));
        found.map(move |column| Use {
            column,
            schema: home,
            text: &one.text,
            calls: one.calls,
            total_ms: one.total_ms.unwrap_or(0.0),
            examined: None,
            source,
        })
    })
}

fn is_text(side: Side<'_>) -> bool {
    matches!(side.column.base_type.split(' ').next(), Some("char" | "varchar" | "tinytext" | "text"))
}

/// The index that would serve the comparison.
fn index(side: Side<'_>) -> Option<&str> {
    let leads = |index: &&dbwright_sql::model::Index| {
        index.method == "btree" && index.keys.first().and_then(|key| key.column.as_deref()) == Some(&side.column.name)
    };
    side.table.indexes.iter().find(leads).map(|index| index.name.as_str())
}

fn finding(cx: &Cx<'_, Body>, one: &Use<'_>) -> Finding {
    let catalog = &cx.body.catalog;
    let Side { table, column } = one.column;
    let name = format!("{}.{}", catalog.qualified(table), catalog.dialect.name(&column.name));
    let finding = cx
        .finding(catalog.subject_in(table, &column.name), format!("the text {name} is compared with numbers, so that its index is of no use"))
        .why(
            "each value is turned into a floating-point number: the whole table is read, and '7', '07' and '7 apples' are all equal to 7. No change is given, because the reason is in the \
             program: put the value in quotes, or bind it as a text",
        )
        .evidence("type", column.data_type.as_str(), "", "information_schema.COLUMNS")
        .evidence("index", index(one.column).unwrap_or_default(), "", "information_schema.STATISTICS")
        .evidence("statement", one.text, "", one.source)
        .evidence("calls", one.calls, "calls", one.source)
        .evidence("time", one.total_ms.round(), "ms", one.source);
    let finding = match one.examined {
        Some(rows) => finding.evidence("rows read a call", rows.round(), "rows", one.source),
        None => finding,
    };
    match one.schema {
        Some(schema) => finding.evidence("schema", schema, "", one.source),
        None => finding,
    }
}
