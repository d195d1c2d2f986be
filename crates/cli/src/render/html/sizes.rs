//! Table sizes as a picture: one rectangle a table, its indexes shaded, all to one scale.

use dbwright_core::report::TableSize;
use maud::{Markup, html};

use super::{shown, treemap};
use crate::render::{layout, units};

/// More tables than this share one rectangle.
const SHOWN: usize = 40;
/// Width and height of the picture in its own units.
const SIZE: (f64, f64) = (960.0, 420.0);

/// The section; nothing when no size is known.
pub(super) fn section(sizes: &[TableSize], engine: &str) -> Markup {
    // A key-value store has no tables: its sizes are those of patterns of keys.
    let (one, many, title) = if engine == "redis" {
        ("pattern", "patterns", "Memory by pattern")
    } else {
        ("table", "tables", "Table sizes")
    };
    let total: u64 = sizes.iter().map(whole).sum();
    let indexes = sizes.iter().any(|size| size.index_bytes > 0);
    let tables = with_rest(sizes, many);
    html! {
        @if total > 0 {
            section {
                h2 { (title) }
                p.aside {
                    (units::bytes(total as f64)) " in " (units::number(sizes.len() as f64, many)) @if indexes { "; the darker part of each is its indexes" }
                }
                (picture(&tables, title))
                details {
                    summary { "The numbers" }
                    div.scroll { (numbers(&tables, one)) }
                }
            }
        }
    }
}

const fn whole(size: &TableSize) -> u64 {
    size.bytes + size.index_bytes
}

/// The largest tables, and the others as one.
fn with_rest(sizes: &[TableSize], many: &str) -> Vec<TableSize> {
    let mut tables: Vec<_> = sizes.iter().take(SHOWN).cloned().collect();
    if let Some(rest) = sizes.get(SHOWN..).filter(|rest| !rest.is_empty()) {
        tables.push(TableSize {
            name: format!("{} smaller {many}", rest.len()),
            bytes: rest.iter().map(|s| s.bytes).sum(),
            index_bytes: rest.iter().map(|s| s.index_bytes).sum(),
        });
    }
    tables
}

fn picture(tables: &[TableSize], title: &str) -> Markup {
    let weights: Vec<_> = tables.iter().map(|size| whole(size) as f64).collect();
    let rectangles = treemap::squarify(&weights, SIZE.0, SIZE.1);
    html! {
        svg.sizes viewBox={ "0 0 " (SIZE.0) " " (SIZE.1) } role="img" aria-label=(title) {
            @for (size, r) in tables.iter().zip(rectangles) {
                @let index = r.height * size.index_bytes as f64 / (whole(size).max(1)) as f64;
                @let name = shown(&size.name);
                g {
                    title { (name) ": " (units::bytes(size.bytes as f64)) ", indexes " (units::bytes(size.index_bytes as f64)) }
                    rect.table x=(px(r.x)) y=(px(r.y)) width=(px(r.width)) height=(px(r.height)) {}
                    rect.index x=(px(r.x)) y=(px(r.y + r.height - index)) width=(px(r.width)) height=(px(index)) {}
                    rect.edge x=(px(r.x)) y=(px(r.y)) width=(px(r.width)) height=(px(r.height)) {}
                    @if let Some(label) = label(&name, r.width, r.height) {
                        text x=(px(r.x + 8.0)) y=(px(r.y + 20.0)) { (label) }
                        @if r.height > 44.0 && r.width > 80.0 {
                            text.aside x=(px(r.x + 8.0)) y=(px(r.y + 37.0)) { (units::bytes(whole(size) as f64)) }
                        }
                    }
                }
            }
        }
    }
}

/// The name as far as it fits; the schema goes first.
fn label(name: &str, width: f64, height: f64) -> Option<String> {
    if height < 28.0 || width < 40.0 {
        return None;
    }
    // Letters of the picture's font are about 7.5 units wide.
    let room =
        std::iter::successors(Some(0_usize), |n| Some(n + 1)).find(|n| (*n as f64 + 1.0) * 7.5 > width - 14.0)?;
    let name = if name.chars().count() > room { name.split_once('.').map_or(name, |(_, table)| table) } else { name };
    // A stump of a name says nothing; the tooltip has it whole.
    (room >= 7 || name.chars().count() <= room).then(|| layout::cut(name, room))
}

fn px(n: f64) -> String {
    format!("{n:.1}")
}

fn numbers(tables: &[TableSize], one: &str) -> Markup {
    html! {
        table {
            thead { tr { th { (one) } th.num { @if one == "table" { "rows" } @else { "keys" } } th.num { "indexes" } th.num { "together" } } }
            tbody {
                @for size in tables {
                    tr {
                        td { code { (shown(&size.name)) } }
                        td.num { (units::bytes(size.bytes as f64)) }
                        td.num { (units::bytes(size.index_bytes as f64)) }
                        td.num { (units::bytes(whole(size) as f64)) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_tables_share_a_rectangle() {
        let sizes: Vec<_> =
            (0..50).map(|i| TableSize { name: format!("main.t{i}"), bytes: 100 - i, index_bytes: 1 }).collect();
        let tables = with_rest(&sizes, "tables");
        assert_eq!((tables.len(), tables[SHOWN].name.as_str()), (41, "10 smaller tables"));
        assert_eq!(tables.iter().map(whole).sum::<u64>(), sizes.iter().map(whole).sum::<u64>());
    }

    #[test]
    fn labels_fit() {
        assert_eq!(label("public.orders", 300.0, 60.0).as_deref(), Some("public.orders"));
        assert_eq!(label("public.orders", 80.0, 60.0).as_deref(), Some("orders"));
        assert_eq!(label("public.orders", 30.0, 60.0), None);
    }
}
