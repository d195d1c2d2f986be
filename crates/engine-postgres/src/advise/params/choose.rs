//! Values for the parameters of one statement: frequent, middle and rare ones, which vary together.

use dbwright_sql::Dialect;
use jiff::civil::Date;

use super::conditions::Bound;
use super::patterns;
use super::template::{Place, Template};
use super::values::{Values, array_text};
use crate::body::PgBody;
use crate::explain::Plan;

/// Share of the rows that a range of each kind spans: wide, middling, narrow.
const SPANS: [f64; 3] = [0.3, 0.1, 0.01];
/// How often each kind is meant to run when nothing but ranges tells them apart: narrow ones are commoner.
const RANGE_SHARES: [f64; 3] = [0.2, 0.4, 0.4];
/// Least share of a kind that exists, so that advice does not hang on the most common value alone.
const FLOOR: f64 = 0.1;
/// Members of a list whose length is not known, of each kind.
const LIST: [usize; 3] = [8, 5, 3];
/// Where a window of dates ends, as a share of the rows: most look at what is recent.
const RECENT: f64 = 0.98;

/// SQL for one parameter: one text for each kind.
type Kinds = [String; 3];

/// The values of all parameters, by kind.
pub(super) struct Chosen {
    /// By number of the parameter, from 1.
    pub(super) values: Vec<Kinds>,
    /// How often each kind runs.
    pub(super) shares: [f64; 3],
    /// What had to be assumed, one sentence each.
    pub(super) notes: Vec<String>,
}

/// What is known of the statement.
pub(super) struct Known<'a> {
    pub(super) template: &'a Template,
    /// Types by number of the parameter, from 1, as casts name them.
    pub(super) types: &'a [String],
    pub(super) bounds: &'a [Bound],
    pub(super) plan: &'a Plan,
    pub(super) body: &'a PgBody,
    /// Rows that one call returns, when counted.
    pub(super) rows: Option<f64>,
}

/// Chooses values.
pub(super) fn choose(known: &Known<'_>) -> Chosen {
    let mut chosen = Chosen { values: Vec::new(), shares: RANGE_SHARES, notes: Vec::new() };
    let mut skew: Option<[f64; 3]> = None;
    for number in 1..=known.types.len() {
        let kind = &known.types[number - 1];
        let (values, shares) = match known.template.place(number) {
            Place::Limit => (known.limit(), None),
            Place::Offset => (same("0"), None),
            place => known.parameter(number, place, &mut chosen.notes),
        };
        chosen.values.push(if known.template.place(number) == Place::List {
            values
        } else {
            values.map(|value| typed(&value, kind))
        });
        skew = match (skew, shares) {
            (Some(known), Some(new)) if new[0] > known[0] => Some(new),
            (None, new) => new,
            (known, _) => known,
        };
    }
    if let Some(shares) = skew {
        chosen.shares = shares;
    }
    chosen
}

/// A literal with a cast.
fn typed(value: &str, kind: &str) -> String {
    if value == NULL { format!("NULL::{kind}") } else { format!("{}::{kind}", Dialect::Postgres.literal(value)) }
}

/// Marks the absence of a value. No text that a server keeps holds a NUL.
const NULL: &str = "\0";

fn same(value: &str) -> Kinds {
    [0; 3].map(|_| value.to_owned())
}

/// What the values of a column can say for one comparison.
struct Column<'a> {
    bound: &'a Bound,
    values: Values,
    kind: &'a str,
    /// How many parameters before this one are compared in the same way.
    nth: usize,
}

impl Known<'_> {
    fn limit(&self) -> Kinds {
        let limited = self.plan.node_type == "Limit";
        let rows = self.rows.filter(|rows| limited && *rows >= 1.0);
        same(&rows.map_or_else(|| "10".to_owned(), |rows| format!("{:.0}", rows.ceil())))
    }

    /// Values of one parameter, and how often each kind runs when the column tells.
    fn parameter(&self, number: usize, place: Place, notes: &mut Vec<String>) -> (Kinds, Option<[f64; 3]>) {
        let kind = self.types[number - 1].as_str();
        if kind == "regconfig" {
            return (same("simple"), None);
        }
        let mine: Vec<_> = self.bounds.iter().filter(|bound| bound.parameter == number).collect();
        let mut columns = mine.iter().filter_map(|bound| self.column(bound, kind));
        if let Some(column) = columns.next() {
            if place == Place::List {
                return (column.list(), None);
            }
            let shares = column.shares();
            if let Some(values) = self.compared(&column) {
                return (values, shares);
            }
        }
        if let Some(bound) = mine.first() {
            let name = format!("{}.{}", bound.relation.1, bound.column);
            notes.push(format!("no statistics show values of {name}: a parameter compared with it was made up"));
        } else if self.decides(number) {
            notes.push(format!("parameter ${number} is compared with no column: its value was made up"));
        }
        let value = default(kind);
        if place == Place::List { (same(&typed(&value, kind)), None) } else { (same(&value), None) }
    }

    /// Whether a condition of the plan mentions the parameter at all.
    fn decides(&self, number: usize) -> bool {
        let name = format!("${number}");
        let conditions = |node: &Plan| [node.filter.clone(), node.index_cond.clone(), node.join_filter.clone()];
        self.plan.walk().flat_map(conditions).flatten().any(|text| {
            text.match_indices(&name).any(|(at, _)| !text[at + name.len()..].starts_with(|c: char| c.is_ascii_digit()))
        })
    }

    fn column<'a>(&self, bound: &'a Bound, kind: &'a str) -> Option<Column<'a>> {
        let values = patterns::stored(self.body, bound)?;
        let same_way = |other: &&Bound| {
            other.relation == bound.relation && other.column == bound.column && other.operator == bound.operator
        };
        let nth = self.bounds.iter().filter(same_way).take_while(|other| other.parameter != bound.parameter).count();
        Some(Column { bound, values, kind, nth })
    }

    fn compared(&self, column: &Column<'_>) -> Option<Kinds> {
        match column.bound.operator.as_str() {
            "=" | "<>" => column.points(),
            "<" | "<=" | ">" | ">=" => self.range(column),
            _ => patterns::values(column.bound, &column.values, column.kind, column.nth),
        }
    }

    /// One end of a range; two ends of one column belong together.
    fn range(&self, column: &Column<'_>) -> Option<Kinds> {
        let bound = column.bound;
        let upper = bound.operator.starts_with('<');
        let beside = |other: &&Bound| {
            other.parameter != bound.parameter && other.relation == bound.relation && other.column == bound.column
        };
        let ends: Vec<_> = self.bounds.iter().filter(beside).collect();
        let paired = ends.iter().any(|other| other.operator.starts_with('<') != upper && is_range(other));
        let added = |bound: &Bound| self.types[bound.parameter - 1] == "interval" && bound.derived;
        let base = ends.iter().find(|other| other.operator == bound.operator && other.derived);
        if column.kind == "interval" && bound.derived {
            return Some(column.spans(base.is_some(), self.body));
        }
        // `< $2 + $3`: the interval makes the end, so the base is the beginning.
        let shifted = upper && paired && base.is_some_and(|other| added(other));
        let end = |span: f64| match (paired, upper) {
            (false, true) => span,
            (false, false) => 1.0 - span,
            (true, _) => {
                let last = if column.dated() { RECENT } else { 0.5 + span / 2.0 };
                if upper && !shifted { last } else { last - span }
            }
        };
        column.each(|column, at| column.values.at(end(SPANS[at])).map(str::to_owned))
    }
}

fn is_range(bound: &Bound) -> bool {
    matches!(bound.operator.as_str(), "<" | "<=" | ">" | ">=")
}

impl Column<'_> {
    /// A value of each kind, as the parameter's type takes it.
    fn each(&self, value: impl Fn(&Self, usize) -> Option<String>) -> Option<Kinds> {
        let mut kinds = [const { None }; 3];
        for (at, kind) in kinds.iter_mut().enumerate() {
            *kind = value(self, at).and_then(|value| adapted(&value, self.kind));
        }
        let any = kinds.iter().flatten().next()?.clone();
        Some(kinds.map(|kind| kind.unwrap_or_else(|| any.clone())))
    }

    /// Frequent, middle, rare.
    fn points(&self) -> Option<Kinds> {
        if let Some(element) = self.kind.strip_suffix("[]") {
            let lists = LIST.map(|length| self.several(length, element));
            return lists.iter().all(|list| !list.is_empty()).then(|| lists.map(|list| array_text(&list)));
        }
        let points = self.values.points(self.nth);
        self.each(|_, at| points[at].as_ref().map(|(value, _)| value.clone()))
    }

    /// Values of a list, as SQL.
    fn list(&self) -> Kinds {
        LIST.map(|length| {
            let some: Vec<_> = self.several(length, self.kind).iter().map(|value| typed(value, self.kind)).collect();
            if some.is_empty() { typed(&default(self.kind), self.kind) } else { some.join(", ") }
        })
    }

    /// Different values: the long list holds common ones, the short one others.
    fn several(&self, length: usize, kind: &str) -> Vec<String> {
        let all: Vec<_> = self.values.all().filter_map(|value| adapted(value, kind)).collect();
        let common = if length == LIST[0] || self.values.bounds.is_empty() { 0 } else { self.values.common.len() };
        let rest = all.get(common..).unwrap_or_default();
        let step = if common == 0 { 1 } else { (rest.len() / length).max(1) };
        rest.iter().step_by(step).take(length).cloned().collect()
    }

    /// How often each kind runs when values are asked for as often as they occur.
    fn shares(&self) -> Option<[f64; 3]> {
        if !matches!(self.bound.operator.as_str(), "=") || !self.values.skewed() {
            return None;
        }
        let weights = self.values.points(0).map(|point| point.map_or(0.0, |(_, weight)| weight.max(1e-9)));
        let sum: f64 = weights.iter().sum();
        let raised = weights.map(|weight| if weight > 0.0 { (weight / sum).max(FLOOR) } else { 0.0 });
        let sum: f64 = raised.iter().sum();
        Some(raised.map(|weight| weight / sum))
    }

    fn dated(&self) -> bool {
        ["date", "timestamp"].iter().any(|name| self.kind.starts_with(name))
    }

    /// Intervals: back from now to where a share of the rows begins, or how long a share of them took.
    fn spans(&self, based: bool, body: &PgBody) -> Kinds {
        let day = |share: f64| self.values.at(share)?.get(..10)?.parse::<Date>().ok();
        let now = body.server.now.to_zoned(jiff::tz::TimeZone::UTC).date();
        let kinds = SPANS.map(|span| {
            let from = day(if based { RECENT - span } else { 1.0 - span })?;
            let to = if based { day(RECENT)? } else { now };
            Some(format!("{} days", (to - from).get_days().max(1)))
        });
        let usual = ["365 days", "30 days", "1 day"];
        let mut at = 0;
        kinds.map(|kind| {
            at += 1;
            kind.unwrap_or_else(|| usual[at - 1].to_owned())
        })
    }
}

/// A value as a type takes it; none when it can't.
pub(super) fn adapted(value: &str, kind: &str) -> Option<String> {
    match kind {
        "smallint" | "integer" | "bigint" | "oid" => match value.parse::<i64>() {
            Ok(number) => Some(number.to_string()),
            Err(_) => value.parse::<f64>().ok().filter(|n| n.is_finite()).map(|number| format!("{number:.0}")),
        },
        "numeric" | "real" | "double precision" => value.parse::<f64>().ok().map(|_| value.to_owned()),
        "boolean" => matches!(value, "t" | "f" | "true" | "false").then(|| value.to_owned()),
        "date" | "timestamp without time zone" | "timestamp with time zone" => {
            (value.get(..10)?.parse::<Date>().is_ok() || value.ends_with("infinity")).then(|| value.to_owned())
        }
        "interval" => value.parse::<f64>().is_err().then(|| value.to_owned()),
        _ => Some(value.to_owned()),
    }
}

/// A harmless value of a type, for a parameter that no statistics say anything of.
fn default(kind: &str) -> String {
    let base = kind.split('.').next_back().unwrap_or(kind).trim_matches('"');
    match base {
        _ if kind.ends_with("[]") => "{}",
        "smallint" | "integer" | "bigint" | "oid" | "numeric" | "real" | "double precision" | "money" => "1",
        "boolean" => "t",
        "text" | "character varying" | "character" | "bpchar" | "name" | "citext" | "tsquery" | "tsvector" => "a",
        "date" | "timestamp without time zone" | "timestamp with time zone" => "2000-01-01",
        "time without time zone" | "time with time zone" => "12:00",
        "interval" => "30 days",
        "uuid" => "00000000-0000-4000-8000-000000000000",
        "json" | "jsonb" => "{}",
        "jsonpath" => "$",
        "inet" | "cidr" => "10.0.0.1",
        "bytea" => "\\x00",
        _ => NULL,
    }
    .to_owned()
}
