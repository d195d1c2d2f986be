//! Finds the query blocks of a resolved statement, the tables of each, and which clause does what with them.

use dbwright_advise::index::{Key, KeyPart, ObjectName};
use dbwright_sql::Dialect;
use dbwright_sql::model::{Catalog, Table, TableKind};

use super::expr::{Expr, Reader, What};
use super::text::Text;
use super::{Draft, expressions_of};

/// Words that begin a clause.
const CLAUSES: [&str; 9] = ["from", "where", "group", "having", "window", "order", "limit", "for", "into"];
const SETS: [&str; 3] = ["union", "except", "intersect"];
const AGGREGATES: [&str; 8] = ["count", "sum", "avg", "min", "max", "group_concat", "json_arrayagg", "json_objectagg"];
/// How deep views may stand on views.
const DEEP: usize = 8;

/// A stretch of tokens.
pub(super) type Range = (usize, usize);

/// A query block: whose columns it may name besides its own.
struct Block {
    parent: Option<usize>,
    drafts: Vec<usize>,
}

/// What was found so far.
pub(super) struct Reading<'a, 't> {
    pub(super) text: &'a Text<'t>,
    pub(super) catalog: &'a Catalog,
    pub(super) drafts: Vec<Draft>,
    /// Whether an expression can be a key.
    pub(super) expressions: bool,
    pub(super) groups: u32,
    blocks: Vec<Block>,
    depth: usize,
}

/// The clauses of a block.
#[derive(Default)]
struct Clauses(Vec<(String, Range)>);

impl Clauses {
    fn of(text: &Text<'_>, from: usize, to: usize) -> Self {
        let mut found: Vec<(String, Range)> = vec![("select".to_owned(), (from, to))];
        let mut at = from;
        while at < to {
            if text.is(at, "(") {
                at = text.behind(at);
                continue;
            }
            if text.is_any(at, &CLAUSES) {
                if let Some((_, last)) = found.last_mut() {
                    last.1 = at;
                }
                let by = usize::from(text.is(at + 1, "by"));
                found.push((text.at(at).to_ascii_lowercase(), (at + 1 + by, to)));
            }
            at += 1;
        }
        Self(found)
    }

    fn get(&self, word: &str) -> Option<Range> {
        self.0.iter().find(|(own, _)| own == word).map(|(_, range)| *range)
    }
}

impl<'a, 't> Reading<'a, 't> {
    pub(super) fn new(text: &'a Text<'t>, catalog: &'a Catalog, expressions: bool) -> Self {
        Self { text, catalog, drafts: Vec::new(), expressions, groups: 0, blocks: Vec::new(), depth: 0 }
    }

    /// Reads the whole statement.
    pub(super) fn statement(&mut self) {
        let end = self.text.len();
        match self.text.at(0).to_ascii_lowercase().as_str() {
            "update" => self.update(end),
            "delete" => self.delete(end),
            "insert" | "replace" => self.insert(end),
            _ => self.query((0, end), None),
        }
    }

    fn update(&mut self, end: usize) {
        let set = (1..end).find(|at| self.text.is(*at, "set") && self.level(1, *at)).unwrap_or(end);
        let clauses = Clauses::of(self.text, set + 1, end);
        let block = self.open(None);
        let ons = self.tables((1, set), block);
        let assigned = clauses.get("select").unwrap_or((set, end));
        self.clauses(&clauses, &ons, block);
        let mut at = assigned.0;
        while at < assigned.1 {
            if let Some((names, next)) = self.text.chain(at)
                && self.text.is(next, "=")
                && let Some((draft, column)) = self.resolve(&names, block)
            {
                self.drafts[draft].written = true;
                self.drafts[draft].changed.push(column);
            }
            while at < assigned.1 && !self.text.is(at, ",") {
                at = if self.text.is(at, "(") { self.text.behind(at) } else { at + 1 };
            }
            at += 1;
        }
    }

    fn delete(&mut self, end: usize) {
        let from = (1..end).find(|at| self.text.is(*at, "from") && self.level(1, *at)).unwrap_or(end);
        let clauses = Clauses::of(self.text, from, end);
        let block = self.open(None);
        let ons = clauses.get("from").map(|range| self.tables(range, block)).unwrap_or_default();
        self.clauses(&clauses, &ons, block);
        let mut targets = Vec::new();
        let mut at = 1;
        while at < from {
            match self.text.chain(at) {
                Some((names, next)) => {
                    targets.extend(names.last().cloned());
                    at = next;
                }
                None => at += 1,
            }
        }
        for draft in self.blocks[block].drafts.clone() {
            let draft = &mut self.drafts[draft];
            if targets.is_empty() || targets.contains(&draft.alias) || targets.contains(&draft.table.name) {
                draft.written = true;
                draft.whole = true;
            }
        }
    }

    fn insert(&mut self, end: usize) {
        let into = (1..end.min(6)).find(|at| self.text.chain(*at).is_some()).unwrap_or(1);
        let Some((names, next)) = self.text.chain(into) else { return };
        let block = self.open(None);
        if let [schema, name] = names.as_slice() {
            self.reference(schema, name, name.clone(), block);
        }
        for draft in self.blocks[block].drafts.clone() {
            self.drafts[draft].written = true;
            self.drafts[draft].whole = true;
        }
        let duplicate = (next..end).find(|at| self.text.is(*at, "on") && self.level(next, *at)).unwrap_or(end);
        let begins = |at: &usize| self.text.is_any(*at, &["select", "with"]) && self.level(next, *at);
        if let Some(select) = (next..duplicate).find(begins) {
            self.query((select, duplicate), None);
        } else if let Some(open) = (next..duplicate).find(|at| self.text.is(*at, "(") && self.text.is_query(*at)) {
            self.query((open, duplicate), None);
        }
    }

    /// Whether a token stands in no parenthesis that opens behind `from`.
    fn level(&self, from: usize, at: usize) -> bool {
        let mut next = from;
        while next < at {
            next = if self.text.is(next, "(") { self.text.behind(next) } else { next + 1 };
        }
        next == at
    }

    /// Reads a query: its blocks, one for each part of a union.
    pub(super) fn query(&mut self, (mut from, mut to): Range, parent: Option<usize>) {
        while self.text.is(from, "(") && self.text.behind(from) >= to && to > from + 1 {
            (from, to) = (from + 1, to - 1);
        }
        if self.text.is(from, "with") {
            while from < to && !self.text.is(from, "select") {
                if !self.text.is(from, "(") {
                    from += 1;
                    continue;
                }
                let behind = self.text.behind(from);
                if self.text.is_query(from + 1) {
                    self.query((from + 1, behind - 1), parent);
                }
                from = behind;
            }
        }
        let mut parts = vec![from];
        let mut at = from;
        while at < to {
            if self.text.is_any(at, &SETS) {
                parts.push(at + 1);
            }
            at = if self.text.is(at, "(") { self.text.behind(at) } else { at + 1 };
        }
        parts.push(to + 1);
        for pair in parts.windows(2) {
            let (mut start, stop) = (pair[0], pair[1] - 1);
            if self.text.is_any(start, &["all", "distinct"]) {
                start += 1;
            }
            if self.text.is(start, "select") {
                self.block((start + 1, stop), parent);
            } else if self.text.is(start, "(") && self.text.is_query(start + 1) {
                self.query((start + 1, self.text.behind(start) - 1), parent);
            }
        }
    }

    fn open(&mut self, parent: Option<usize>) -> usize {
        self.blocks.push(Block { parent, drafts: Vec::new() });
        self.blocks.len() - 1
    }

    fn block(&mut self, (from, to): Range, parent: Option<usize>) {
        let clauses = Clauses::of(self.text, from, to);
        let block = self.open(parent);
        let ons = clauses.get("from").map(|range| self.tables(range, block)).unwrap_or_default();
        self.clauses(&clauses, &ons, block);
    }

    /// What the clauses of a block do with its tables.
    fn clauses(&mut self, clauses: &Clauses, ons: &[Range], block: usize) {
        for word in ["select", "where", "group", "having", "order"] {
            if let Some(range) = clauses.get(word) {
                self.needs(range, block);
            }
        }
        for range in ons {
            self.needs(*range, block);
        }
        for range in clauses.get("where").iter().chain(ons) {
            let (expr, _) = Reader::new(self.text, range.0, range.1).read();
            for condition in expr.conjuncts() {
                self.condition(condition, block);
            }
        }
        self.sorts(clauses, block);
    }

    fn sorts(&mut self, clauses: &Clauses, block: usize) {
        let select = clauses.get("select").unwrap_or((0, 0));
        let calls = |at: usize| self.text.is_any(at, &AGGREGATES) && self.text.is(at + 1, "(");
        let aggregates = (select.0..select.1).any(calls);
        let distinct = self.text.is(select.0, "distinct");
        let group = clauses.get("group");
        let limited = clauses.get("limit").is_some() && group.is_none() && !distinct && !aggregates;
        if let Some(range) = clauses.get("order") {
            let keys = self.keys(range, block);
            if let Some((draft, keys)) = of_one(keys) {
                self.drafts[draft].orders.push(keys);
                self.drafts[draft].limited |= limited;
            }
        } else if limited {
            for draft in self.blocks[block].drafts.clone() {
                self.drafts[draft].limited = true;
            }
        }
        let wanted = group.or_else(|| distinct.then_some((select.0 + 1, select.1)));
        if let Some(range) = wanted
            && let Some((draft, keys)) = of_one(self.keys(range, block))
        {
            self.drafts[draft].groups.push(keys.into_iter().map(|key| key.part).collect());
        }
        if group.is_none() {
            self.extremes(select, block);
        }
    }

    /// The smallest and greatest values that are asked for: the first of an order.
    fn extremes(&mut self, (from, to): Range, block: usize) {
        for at in from..to {
            if !(self.text.is_any(at, &["min", "max"]) && self.text.is(at + 1, "(")) {
                continue;
            }
            let Some((names, next)) = self.text.chain(at + 2) else { continue };
            if let Some((draft, column)) = self.resolve(&names, block).filter(|_| self.text.is(next, ")")) {
                self.drafts[draft].orders.push(vec![Key::column(column)]);
                self.drafts[draft].limited = true;
            }
        }
    }

    /// Keys between commas, each with the reference that it belongs to; none of what is no key.
    fn keys(&self, (from, to): Range, block: usize) -> Vec<Option<(usize, Key)>> {
        let (mut found, mut at) = (Vec::new(), from);
        while at < to {
            let (expr, next) = Reader::new(self.text, at, to).read();
            let descending = self.text.is(next, "desc");
            let key = self.part(&expr, block).map(|(draft, part)| (draft, Key { descending, ..Key::of(part) }));
            found.push(key);
            at = next.max(at + 1);
            while at < to && !self.text.is(at, ",") {
                at = if self.text.is(at, "(") { self.text.behind(at) } else { at + 1 };
            }
            at += 1;
        }
        found
    }

    /// Tables of a `FROM` clause; answers with the conditions of its joins.
    fn tables(&mut self, (from, to): Range, block: usize) -> Vec<Range> {
        let (mut ons, mut at) = (Vec::new(), from);
        while at < to {
            if self.text.is(at, "(") {
                let behind = self.text.behind(at);
                if self.text.is_query(at) {
                    self.query((at, behind), Some(block));
                } else {
                    ons.extend(self.tables((at + 1, behind - 1), block));
                }
                at = behind;
            } else if self.text.is(at, "on") {
                let (_, next) = Reader::new(self.text, at + 1, to).read();
                ons.push((at + 1, next));
                at = next.max(at + 1);
            } else if let Some((names, mut next)) = self.text.chain(at) {
                if self.text.is(next, "partition") {
                    next = self.text.behind(next + 1);
                }
                let alias = self.text.name(next);
                if alias.is_some() {
                    next += 1;
                }
                if let [schema, name] = names.as_slice() {
                    self.reference(schema, name, alias.unwrap_or_else(|| name.clone()), block);
                }
                at = next;
            } else {
                at += 1;
            }
        }
        ons
    }

    /// A table of the catalog becomes a draft; of a view, the tables behind it do.
    fn reference(&mut self, schema: &str, name: &str, alias: String, block: usize) {
        let same = |table: &&Table| {
            Dialect::Mysql.same_name(&table.schema, schema) && Dialect::Mysql.same_name(&table.name, name)
        };
        let exact = self.catalog.tables.iter().find(|table| table.schema == schema && table.name == name);
        let Some(table) = exact.or_else(|| self.catalog.tables.iter().find(same)) else { return };
        if table.kind == TableKind::View {
            self.view(table);
            return;
        }
        self.blocks[block].drafts.push(self.drafts.len());
        let table = ObjectName { schema: table.schema.clone(), name: table.name.clone() };
        self.drafts.push(Draft::new(table, alias));
    }

    /// A view that the server does not merge into the statement: its own definition is read.
    fn view(&mut self, view: &Table) {
        let Some(definition) = view.definition.as_deref().filter(|_| self.depth < DEEP) else { return };
        let text = Text::new(definition);
        let mut inner = Reading::new(&text, self.catalog, self.expressions);
        inner.depth = self.depth + 1;
        inner.groups = self.groups;
        let begin = (0..text.len()).find(|at| text.is_any(*at, &["select", "with"])).unwrap_or(0);
        inner.query((begin, text.len()), None);
        self.groups = inner.groups;
        let offset = self.drafts.len();
        self.drafts.extend(inner.drafts.into_iter().map(|draft| draft.moved(offset)));
    }

    /// Notes columns that a clause names, and reads the queries in it.
    fn needs(&mut self, (from, to): Range, block: usize) {
        let mut at = from;
        while at < to {
            if self.text.is(at, "(") && self.text.is_query(at + 1) {
                let behind = self.text.behind(at);
                self.query((at + 1, behind - 1), Some(block));
                at = behind;
            } else if let Some((names, next)) = self.text.chain(at) {
                if let Some((draft, column)) = self.resolve(&names, block)
                    && !self.drafts[draft].needed.contains(&column)
                {
                    self.drafts[draft].needed.push(column);
                }
                at = next;
            } else {
                at += 1;
            }
        }
    }

    /// Whose column this is.
    pub(super) fn resolve(&self, names: &[String], block: usize) -> Option<(usize, String)> {
        let [.., alias, column] = names else { return None };
        if alias.starts_with("<subquery") {
            // A semi-join that is filled beforehand: the column of the table inside.
            let has = |draft: &&usize| self.table(**draft).is_some_and(|table| table.column(column).is_some());
            let all: Vec<usize> = (0..self.drafts.len()).collect();
            return all.iter().rev().find(has).map(|draft| (*draft, column.clone()));
        }
        let mut next = Some(block);
        while let Some(at) = next {
            let own = self.blocks[at].drafts.iter().find(|draft| self.drafts[**draft].alias == *alias);
            if let Some(draft) = own {
                let table = self.table(*draft)?;
                let known = table.columns.iter().find(|one| Dialect::Mysql.same_name(&one.name, column))?;
                return Some((*draft, known.name.clone()));
            }
            next = self.blocks[at].parent;
        }
        None
    }

    fn table(&self, draft: usize) -> Option<&'a Table> {
        let name = &self.drafts[draft].table;
        self.catalog.tables.iter().find(|table| table.schema == name.schema && table.name == name.name)
    }

    /// What of one reference an expression is: a column, or a calculation with its columns.
    pub(super) fn part(&self, expr: &Expr, block: usize) -> Option<(usize, KeyPart)> {
        if let What::Column(names) = &expr.what {
            let (draft, column) = self.resolve(names, block)?;
            return Some((draft, KeyPart::Column(column)));
        }
        if !self.expressions || !matches!(expr.what, What::Of(_)) {
            return None;
        }
        let draft = expressions_of(expr, |names| self.resolve(names, block).map(|(draft, _)| draft))?;
        Some((draft, KeyPart::Expression(self.text.bare(expr.from, expr.to))))
    }
}

/// Keys that all belong to one reference.
fn of_one(keys: Vec<Option<(usize, Key)>>) -> Option<(usize, Vec<Key>)> {
    let keys: Option<Vec<(usize, Key)>> = keys.into_iter().collect();
    let keys = keys.filter(|keys| !keys.is_empty())?;
    let first = keys.first()?.0;
    keys.iter().all(|(draft, _)| *draft == first).then(|| (first, keys.into_iter().map(|(_, key)| key).collect()))
}
