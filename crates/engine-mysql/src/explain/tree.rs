//! Plans as indented text: `-> Index lookup on t using a (a=1)  (cost=0.7 rows=2) (actual time=0.01..0.02 rows=2 loops=1)`.

use dbwright_core::plan::Node;

/// Reads such a text.
pub(super) fn parse(text: &str) -> Result<Node, String> {
    // Open nodes from the root to the last one, with their indentation.
    let mut open: Vec<(usize, Node)> = Vec::new();
    for line in text.lines() {
        let body = line.trim_start();
        let Some(rest) = body.strip_prefix("-> ") else { continue };
        let indent = line.len() - body.len();
        close(&mut open, indent);
        open.push((indent, node(rest)));
    }
    // Subqueries of the select list stand beside the root; they feed it.
    close(&mut open, 0);
    open.pop().map(|(_, root)| root).ok_or_else(|| "it has no node".to_owned())
}

/// Gives finished nodes to their parents.
fn close(open: &mut Vec<(usize, Node)>, indent: usize) {
    while open.len() > 1 && open.last().is_some_and(|(own, _)| *own >= indent) {
        let Some((_, done)) = open.pop() else { return };
        if let Some((_, parent)) = open.last_mut() {
            parent.children.push(done);
        }
    }
}

fn node(text: &str) -> Node {
    let end = ["  (cost=", "  (actual time=", "  (never executed)", "  (rows="]
        .iter()
        .filter_map(|mark| text.find(mark))
        .min();
    let (operation, figures) = text.split_at(end.unwrap_or(text.len()));
    let operation = operation.trim_end();
    let (estimates, actual) = figures.split_once("(actual time=").unwrap_or((figures, ""));
    let loops = figure(actual, "loops=").unwrap_or(1.0);
    let last = actual.split_once("..").and_then(|(_, rest)| leading(rest));
    let (object, index) = object(operation);
    Node {
        operation: operation.to_owned(),
        object,
        index,
        estimated_rows: figure(estimates, "rows="),
        actual_rows: figure(actual, "rows=").map(|rows| rows * loops),
        cost: figure(estimates, "cost=").map(|cost| figure(estimates, "..").unwrap_or(cost)),
        time_ms: last.map(|time| time * loops),
        children: Vec::new(),
    }
}

fn figure(text: &str, key: &str) -> Option<f64> {
    leading(&text[text.find(key)? + key.len()..])
}

/// The number that a text begins with: `1.5e-3`, `12.3e+6`.
fn leading(text: &str) -> Option<f64> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | 'e' | '+' | '-'))).unwrap_or(text.len());
    let number = text[..end].split("..").next()?;
    number.parse().ok()
}

/// The table and the index that an operation names.
fn object(operation: &str) -> (Option<String>, Option<String>) {
    let Some((before, rest)) = operation.split_once(" on ") else { return (None, None) };
    if !["scan", "lookup", "range scan", "search", "Delete", "Update", "Insert"]
        .iter()
        .any(|word| before.contains(word))
    {
        return (None, None);
    }
    let word = |text: &str| text.split([' ', ',']).next().filter(|word| !word.is_empty()).map(str::to_owned);
    (word(rest), rest.split_once(" using ").and_then(|(_, index)| word(index)))
}
