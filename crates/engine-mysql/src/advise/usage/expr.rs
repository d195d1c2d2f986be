//! Conditions of a resolved statement as a tree, as far as indexes care.
//!
//! The server has resolved and parenthesised it; what is not understood keeps its columns and serves no index.

use dbwright_sql::lex::TokenKind;

use super::text::Text;

/// A part of an expression, and which tokens it is.
#[derive(Debug, Clone)]
pub(super) struct Expr {
    pub(super) what: What,
    pub(super) from: usize,
    pub(super) to: usize,
}

#[derive(Debug, Clone)]
pub(super) enum What {
    /// A column: the names before it, and its own.
    Column(Vec<String>),
    Constant,
    /// A query, whose tokens are looked at by themselves.
    Query,
    And(Vec<Expr>),
    Or(Vec<Expr>),
    /// Two sides, and the operator between them.
    Compare(String, Box<[Expr; 2]>),
    /// What is looked for, and where; whether it must not be there.
    In(Box<Expr>, Vec<Expr>, bool),
    Between(Box<[Expr; 3]>, bool),
    /// Whether the pattern begins with fixed text.
    Like(Box<Expr>, bool, bool),
    Null(Box<Expr>, bool),
    /// Parts of a row.
    Row(Vec<Expr>),
    /// A function, or an operator, of these.
    Of(Vec<Expr>),
}

impl Expr {
    /// Conditions that all hold.
    pub(super) fn conjuncts(&self) -> Vec<&Self> {
        match &self.what {
            What::And(parts) => parts.iter().flat_map(Self::conjuncts).collect(),
            _ => vec![self],
        }
    }

    /// Every column in it.
    pub(super) fn columns(&self) -> Vec<&[String]> {
        if let What::Column(names) = &self.what {
            return vec![names];
        }
        self.parts().into_iter().flat_map(Self::columns).collect()
    }

    /// Whether it holds neither a column nor a query.
    pub(super) fn is_constant(&self) -> bool {
        match &self.what {
            What::Column(_) | What::Query => false,
            _ => self.parts().into_iter().all(Self::is_constant),
        }
    }

    fn parts(&self) -> Vec<&Self> {
        match &self.what {
            What::Column(_) | What::Constant | What::Query => Vec::new(),
            What::And(parts) | What::Or(parts) | What::Row(parts) | What::Of(parts) => parts.iter().collect(),
            What::Compare(_, sides) => sides.iter().collect(),
            What::In(one, list, _) => std::iter::once(&**one).chain(list).collect(),
            What::Between(parts, _) => parts.iter().collect(),
            What::Like(one, ..) | What::Null(one, _) => vec![one],
        }
    }
}

/// Reads expressions of a text.
pub(super) struct Reader<'a, 't> {
    text: &'a Text<'t>,
    at: usize,
    end: usize,
}

const COMPARISONS: [&str; 8] = ["<=>", "<=", ">=", "<>", "!=", "=", "<", ">"];
const ARITHMETIC: [&str; 11] = ["+", "-", "*", "/", "%", "&", "|", "^", "~", "div", "mod"];

impl<'a, 't> Reader<'a, 't> {
    pub(super) const fn new(text: &'a Text<'t>, from: usize, to: usize) -> Self {
        Self { text, at: from, end: to }
    }

    /// The expression that begins here, and the token behind it.
    pub(super) fn read(mut self) -> (Expr, usize) {
        let expr = self.or();
        (expr, self.at)
    }

    /// Expressions between commas, up to the end; what stands behind each of them is passed over.
    pub(super) fn list(mut self) -> Vec<Expr> {
        let mut found = Vec::new();
        while self.at < self.end {
            found.push(self.or());
            while self.at < self.end && !self.text.is(self.at, ",") {
                self.skip();
            }
            self.at += 1;
        }
        found
    }

    /// Passes over a token, or a whole parenthesis.
    fn skip(&mut self) {
        self.at = if self.text.is(self.at, "(") { self.text.behind(self.at) } else { self.at + 1 };
    }

    fn is(&self, word: &str) -> bool {
        self.at < self.end && self.text.is(self.at, word)
    }

    fn take(&mut self, word: &str) -> bool {
        let there = self.is(word);
        self.at += usize::from(there);
        there
    }

    const fn made(&self, what: What, from: usize) -> Expr {
        Expr { what, from, to: self.at }
    }

    fn or(&mut self) -> Expr {
        let from = self.at;
        let mut parts = vec![self.and()];
        while self.take("or") {
            parts.push(self.and());
        }
        self.several(parts, from, What::Or)
    }

    fn and(&mut self) -> Expr {
        let from = self.at;
        let mut parts = vec![self.not()];
        while self.take("and") {
            parts.push(self.not());
        }
        self.several(parts, from, What::And)
    }

    fn several(&self, mut parts: Vec<Expr>, from: usize, what: fn(Vec<Expr>) -> What) -> Expr {
        match parts.pop() {
            Some(only) if parts.is_empty() => only,
            Some(last) => {
                parts.push(last);
                self.made(what(parts), from)
            }
            None => self.made(What::Constant, from),
        }
    }

    fn not(&mut self) -> Expr {
        let from = self.at;
        if self.take("not") || self.take("!") {
            let inner = self.not();
            return self.made(What::Of(vec![inner]), from);
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Expr {
        let from = self.at;
        let mut left = self.operand();
        loop {
            if let Some(operator) = self.operator() {
                let right = self.operand();
                left = self.made(What::Compare(operator, Box::new([left, right])), from);
                continue;
            }
            let before = self.at;
            if self.take("is") {
                let negated = self.take("not");
                let null = self.is("null");
                self.at += 1;
                left = self.made(if null { What::Null(Box::new(left), negated) } else { What::Of(vec![left]) }, from);
                continue;
            }
            let negated = self.take("not");
            match self.predicate(left, negated, from) {
                Ok(made) => left = made,
                Err(unchanged) => {
                    self.at = before;
                    return unchanged;
                }
            }
        }
    }

    /// `IN`, `BETWEEN`, `LIKE` and the like behind an operand.
    fn predicate(&mut self, left: Expr, negated: bool, from: usize) -> Result<Expr, Expr> {
        if self.take("in") {
            let list = if self.is("(") { self.parenthesis() } else { Vec::new() };
            return Ok(self.made(What::In(Box::new(left), list, negated), from));
        }
        if self.take("between") {
            let low = self.operand();
            self.take("and");
            let high = self.operand();
            return Ok(self.made(What::Between(Box::new([left, low, high]), negated), from));
        }
        if self.take("like") {
            let fixed = self.fixed();
            let pattern = self.operand();
            if self.take("escape") {
                self.operand();
            }
            let fixed = fixed && pattern.is_constant();
            return Ok(self.made(What::Like(Box::new(left), fixed, negated), from));
        }
        if self.take("regexp") || self.take("rlike") {
            let pattern = self.operand();
            return Ok(self.made(What::Of(vec![left, pattern]), from));
        }
        Err(left)
    }

    /// Whether a pattern that begins with fixed text comes next.
    fn fixed(&self) -> bool {
        let mut at = self.at;
        while self.text.is(at, "(") || self.text.kind(at) == Some(TokenKind::Word) {
            at += 1;
        }
        let text = self.text.at(at).trim_start_matches(['\'', '"']);
        self.text.kind(at) == Some(TokenKind::String) && !text.starts_with(['%', '_', '\'', '"']) && !text.is_empty()
    }

    fn operator(&mut self) -> Option<String> {
        if self.at >= self.end {
            return None;
        }
        let mut text = String::new();
        for length in 0..3 {
            text.push_str(self.text.at(self.at + length));
            if !self.text.adjacent(self.at + length) {
                break;
            }
        }
        let found = COMPARISONS.iter().find(|operator| text.starts_with(**operator))?;
        if self.text.kind(self.at) != Some(TokenKind::Symbol) {
            return None;
        }
        self.at += found.len();
        Some((*found).to_owned())
    }

    /// What stands between two comparisons: a value, or a calculation.
    fn operand(&mut self) -> Expr {
        let from = self.at;
        let mut parts = vec![self.value()];
        loop {
            if self.at < self.end && self.text.is_any(self.at, &ARITHMETIC) {
                while self.at < self.end && self.text.is_any(self.at, &ARITHMETIC) || self.is(">") {
                    self.at += 1;
                }
                parts.push(self.value());
            } else if self.take("collate") {
                self.at += 1;
                parts.push(Expr { what: What::Constant, from: self.at, to: self.at });
            } else {
                break;
            }
        }
        match parts.pop() {
            Some(only) if parts.is_empty() => only,
            last => {
                parts.extend(last);
                self.made(What::Of(parts), from)
            }
        }
    }

    fn value(&mut self) -> Expr {
        let from = self.at;
        if self.at >= self.end {
            return self.made(What::Constant, from);
        }
        if let Some((names, next)) = self.text.chain(self.at) {
            self.at = next;
            return self.made(What::Column(names), from);
        }
        if self.is("(") {
            return self.group();
        }
        if self.is("<") {
            return self.marked();
        }
        if self.text.is_any(self.at, &["-", "+", "~", "interval", "binary", "distinct"]) {
            self.at += 1;
            let inner = self.value();
            let what = if inner.is_constant() { What::Constant } else { What::Of(vec![inner]) };
            return self.made(what, from);
        }
        if self.is("case") {
            return self.case();
        }
        let word = self.text.kind(self.at) == Some(TokenKind::Word);
        self.at += 1;
        if word && self.is("(") {
            return self.function(from);
        }
        if word && self.at < self.end && self.text.kind(self.at) == Some(TokenKind::String) {
            // `TIMESTAMP'…'`, `_utf8mb4'…'`.
            self.at += 1;
        }
        self.made(What::Constant, from)
    }

    fn function(&mut self, from: usize) -> Expr {
        let name = self.text.at(from).to_ascii_lowercase();
        let mut parts = self.parenthesis();
        if self.is("over") {
            self.at += 1;
            self.skip();
        }
        // A condition that only holds when an outer join found something.
        if name == "trigcond" && parts.len() == 1 {
            return parts.remove(0);
        }
        self.made(What::Of(parts), from)
    }

    /// `<cache>(…)`, `<expr_cache><…>(…)`, `<in_optimizer>(…)`: notes of the optimizer's own.
    fn marked(&mut self) -> Expr {
        let from = self.at;
        let mut cached = false;
        while self.is("<") {
            cached |= self.text.is(self.at + 1, "cache");
            while self.at < self.end && !self.is(">") {
                self.at += 1;
            }
            self.at += 1;
        }
        let parts = if self.is("(") { self.parenthesis() } else { Vec::new() };
        let constant = cached && parts.iter().all(Expr::is_constant);
        self.made(if constant { What::Constant } else { What::Of(parts) }, from)
    }

    fn case(&mut self) -> Expr {
        let from = self.at;
        let mut parts = Vec::new();
        self.at += 1;
        while self.at < self.end && !self.take("end") {
            if ["when", "then", "else"].iter().any(|word| self.is(word)) {
                self.at += 1;
            }
            let before = self.at;
            parts.push(self.or());
            self.at = self.at.max(before + 1);
        }
        self.made(What::Of(parts), from)
    }

    /// A parenthesis: an expression, a row, or a query.
    fn group(&mut self) -> Expr {
        let from = self.at;
        if self.text.is_query(self.at) {
            self.at = self.text.behind(self.at);
            return self.made(What::Query, from);
        }
        let mut parts = self.parenthesis();
        if parts.len() == 1 {
            let only = parts.remove(0);
            return Expr { from, to: self.at, ..only };
        }
        self.made(What::Row(parts), from)
    }

    /// What is in the parenthesis that opens here.
    fn parenthesis(&mut self) -> Vec<Expr> {
        let behind = self.text.behind(self.at).min(self.end);
        let inner = (self.at + 1, behind.saturating_sub(1));
        self.at = behind;
        if self.text.is_query(inner.0) {
            return vec![Expr { what: What::Query, from: inner.0, to: inner.1 }];
        }
        Reader::new(self.text, inner.0, inner.1).list()
    }
}
