//! Which conditions an index could serve, and on which table.

use dbwright_advise::index::KeyPart;
use dbwright_advise::usage::{Condition, Operator};

use super::blocks::Reading;
use super::expr::{Expr, What};

impl Reading<'_, '_> {
    /// Notes a condition that must hold.
    pub(super) fn condition(&mut self, expr: &Expr, block: usize) {
        if let What::Or(arms) = &expr.what {
            self.alternatives(arms, block);
            return;
        }
        for (draft, condition) in self.served(expr, block) {
            self.drafts[draft].conditions.push(condition);
        }
        self.between_tables(expr, block);
    }

    /// Arms of an `OR`: they count when all of them are about one table.
    fn alternatives(&mut self, arms: &[Expr], block: usize) {
        let mut found: Vec<(usize, Condition)> = Vec::new();
        let group = self.groups + 1;
        for (arm, expr) in arms.iter().enumerate() {
            let before = found.len();
            for condition in expr.conjuncts() {
                found.extend(self.served(condition, block).into_iter().map(|(draft, one)| {
                    let arm = u32::try_from(arm).unwrap_or(u32::MAX);
                    (draft, Condition { alternative: Some(group), arm, ..one })
                }));
            }
            if found.len() == before {
                return;
            }
        }
        let Some(first) = found.first().map(|(draft, _)| *draft) else { return };
        if found.iter().all(|(draft, _)| *draft == first) {
            self.groups = group;
            self.drafts[first].conditions.extend(found.into_iter().map(|(_, condition)| condition));
        }
    }

    /// Conditions of one table alone that an expression is.
    fn served(&self, expr: &Expr, block: usize) -> Vec<(usize, Condition)> {
        let make = |of: &Expr, operator, symbol: &str| -> Vec<(usize, Condition)> {
            let parts: Vec<&Expr> = match &of.what {
                What::Row(parts) => parts.iter().collect(),
                _ => vec![of],
            };
            let text = self.text.bare(expr.from, expr.to);
            let each = parts.into_iter().filter_map(|part| self.part(part, block));
            each.map(|(draft, part)| (draft, condition(part, operator, symbol, &text))).collect()
        };
        match &expr.what {
            What::Compare(symbol, sides) => {
                let [left, right] = &**sides;
                let operator = match symbol.as_str() {
                    "=" | "<=>" => Operator::Equal,
                    "<>" | "!=" => Operator::Filter,
                    _ => Operator::Range,
                };
                if fixed(right) {
                    make(left, operator, symbol)
                } else if fixed(left) {
                    make(right, operator, symbol)
                } else {
                    Vec::new()
                }
            }
            What::In(left, list, false) if list.iter().all(fixed) && !is_query(list) => make(left, Operator::In, "IN"),
            What::Between(parts, false) => {
                let [of, low, high] = &**parts;
                match (fixed(low) && fixed(high), fixed(of)) {
                    (true, _) => make(of, Operator::Range, "BETWEEN"),
                    (false, true) => [make(low, Operator::Range, "<="), make(high, Operator::Range, ">=")].concat(),
                    _ => Vec::new(),
                }
            }
            What::Like(of, true, false) => make(of, Operator::Prefix, "LIKE"),
            What::Like(of, false, false) => make(of, Operator::Pattern, "LIKE"),
            What::Null(of, false) => make(of, Operator::Equal, "IS NULL"),
            What::Null(of, true) => make(of, Operator::Filter, "IS NOT NULL"),
            What::Column(_) => make(expr, Operator::Filter, ""),
            _ => Vec::new(),
        }
    }

    /// A comparison of two tables.
    fn between_tables(&mut self, expr: &Expr, block: usize) {
        let What::Compare(symbol, sides) = &expr.what else { return };
        let [left, right] = &**sides;
        let (Some((one, a)), Some((other, b))) = (self.part(left, block), self.part(right, block)) else { return };
        if one == other {
            return;
        }
        let text = self.text.bare(expr.from, expr.to);
        for (own, part, far, far_part) in [(one, &a, other, &b), (other, &b, one, &a)] {
            if symbol == "=" || symbol == "<=>" {
                let join = (part.clone(), far, far_part.clone());
                if !self.drafts[own].joins.contains(&join) {
                    self.drafts[own].joins.push(join);
                }
            } else if symbol != "<>" && symbol != "!=" {
                self.drafts[own].nested.push(condition(part.clone(), Operator::Range, symbol, &text));
            }
        }
    }
}

fn condition(part: KeyPart, operator: Operator, symbol: &str, text: &str) -> Condition {
    Condition {
        part,
        operator,
        constant: None,
        symbol: symbol.to_owned(),
        text: text.to_owned(),
        selectivity: None,
        alternative: None,
        arm: 0,
    }
}

/// Whether it is known before the table is read: a constant, or what a query of its own yields.
fn fixed(expr: &Expr) -> bool {
    expr.columns().is_empty()
}

fn is_query(list: &[Expr]) -> bool {
    list.iter().any(|one| matches!(one.what, What::Query))
}
