//! Expressions as PostgreSQL prints them: a tolerant reader. What it does not understand becomes opaque, with its columns.

use std::ops::Range;

use super::lex::{Kind, Source};

/// A part of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    /// What it is.
    pub(super) form: Form,
    /// Its tokens, the brackets around an operator included.
    pub(super) tokens: Range<usize>,
}

/// What a part of an expression is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// A column; the alias is absent where PostgreSQL prints none because there is one table only.
    Column {
        /// Name of the reference.
        alias: Option<String>,
        /// Name of the column.
        name: String,
    },
    /// A constant or a parameter.
    Constant,
    /// `NOT x`.
    Not(Box<Node>),
    /// `x AND y …`.
    And(Vec<Node>),
    /// `x OR y …`.
    Or(Vec<Node>),
    /// `x op y`.
    Compare {
        /// The operator.
        symbol: String,
        /// Left side.
        left: Box<Node>,
        /// Right side.
        right: Box<Node>,
    },
    /// `x op ANY (y)`.
    Any {
        /// The operator.
        symbol: String,
        /// Left side.
        left: Box<Node>,
        /// The array.
        right: Box<Node>,
    },
    /// `x IS NULL` or, negated, `x IS NOT NULL`.
    Null {
        /// What is tested.
        of: Box<Node>,
        /// Whether it is `IS NOT NULL`.
        negated: bool,
    },
    /// `x IS TRUE` or `x IS FALSE`.
    Truth {
        /// What is tested.
        of: Box<Node>,
        /// Which it should be.
        value: bool,
    },
    /// `f(x, …)`.
    Call {
        /// Name of the function, unqualified.
        name: String,
        /// Its arguments.
        arguments: Vec<Node>,
    },
    /// `x::type`.
    Cast {
        /// What is cast.
        of: Box<Node>,
        /// Name of the type.
        to: String,
    },
    /// `ROW(x, …)`.
    Row(Vec<Node>),
    /// `x COLLATE "C"`.
    Collate {
        /// What has the collation.
        of: Box<Node>,
        /// The collation.
        collation: String,
    },
    /// Anything else.
    Opaque,
}

/// Reads a condition or a key: the expression and where it ends, because a key goes on (`DESC`).
pub(super) fn read(source: &Source<'_>) -> (Node, usize) {
    let mut reader = Reader { source, at: 0, depth: 0 };
    let node = reader.expression();
    (node, reader.at)
}

/// Reads a whole condition; opaque when it does not end where the text ends.
pub(super) fn condition(source: &Source<'_>) -> Node {
    let (node, end) = read(source);
    let all = 0..source.tokens.len();
    if end == all.end { node } else { Node { form: Form::Opaque, tokens: all } }
}

/// Nesting that is followed; what is deeper is opaque.
const DEEPEST: u32 = 200;

struct Reader<'s, 'a> {
    source: &'s Source<'a>,
    at: usize,
    depth: u32,
}

impl Reader<'_, '_> {
    fn is(&self, word: &str) -> bool {
        self.source.is(self.at, word)
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.is(word);
        self.at += usize::from(found);
        found
    }

    fn node(&self, from: usize, form: Form) -> Node {
        Node { form, tokens: from..self.at }
    }

    fn expression(&mut self) -> Node {
        let from = self.at;
        if self.take("NOT") {
            let of = Box::new(self.operand());
            return self.node(from, Form::Not(of));
        }
        let first = self.operand();
        for (word, list) in [("AND", Form::And as fn(Vec<Node>) -> Form), ("OR", Form::Or)] {
            if self.is(word) {
                return self.list(from, first, word, list);
            }
        }
        self.tail(from, first)
    }

    fn list(&mut self, from: usize, first: Node, word: &str, form: fn(Vec<Node>) -> Form) -> Node {
        let mut parts = vec![first];
        while self.take(word) {
            parts.push(if self.is("NOT") { self.expression() } else { self.operand() });
        }
        self.node(from, form(parts))
    }

    /// What follows an operand: a test, an operator with the other side, or nothing.
    fn tail(&mut self, from: usize, left: Node) -> Node {
        if self.take("IS") {
            return self.test(from, left);
        }
        let Some(symbol) = self.operator() else { return left };
        let left = Box::new(left);
        let many = if self.take("ANY") { Some(true) } else { self.take("ALL").then_some(false) };
        let right = Box::new(self.operand());
        match many {
            Some(true) => self.node(from, Form::Any { symbol, left, right }),
            Some(false) => self.node(from, Form::Opaque),
            None => self.node(from, Form::Compare { symbol, left, right }),
        }
    }

    fn operator(&mut self) -> Option<String> {
        if self.is("OPERATOR") && self.source.is(self.at + 1, "(") {
            self.at += 2;
            let mut symbol = None;
            while self.at < self.source.tokens.len() && !self.take(")") {
                if self.source.kind(self.at) == Some(&Kind::Operator) {
                    symbol = Some(self.source.word(self.at).to_owned());
                }
                self.at += 1;
            }
            return symbol;
        }
        let found = (self.source.kind(self.at) == Some(&Kind::Operator)).then(|| self.source.word(self.at).to_owned());
        self.at += usize::from(found.is_some());
        found
    }

    fn test(&mut self, from: usize, of: Node) -> Node {
        let negated = self.take("NOT");
        let of = Box::new(of);
        if self.take("NULL") {
            return self.node(from, Form::Null { of, negated });
        }
        for (word, value) in [("TRUE", true), ("FALSE", false)] {
            if self.take(word) {
                return self.node(from, if negated { Form::Opaque } else { Form::Truth { of, value } });
            }
        }
        if self.take("DISTINCT") && self.take("FROM") {
            self.operand();
        }
        self.take("UNKNOWN");
        self.node(from, Form::Opaque)
    }

    fn operand(&mut self) -> Node {
        let from = self.at;
        let mut node = self.primary();
        loop {
            if self.source.kind(self.at) == Some(&Kind::Cast) {
                self.at += 1;
                let to = self.type_name();
                // A cast of a constant is a constant, and one node less to look through.
                let form = match node.form {
                    Form::Constant => Form::Constant,
                    _ => Form::Cast { of: Box::new(node), to },
                };
                node = self.node(from, form);
            } else if self.is("COLLATE") {
                self.at += 1;
                let collation = self.qualified();
                node = match node.form {
                    Form::Constant => self.node(from, Form::Constant),
                    _ => self.node(from, Form::Collate { of: Box::new(node), collation }),
                };
            } else if self.is("[") {
                self.skip();
                node = self.node(from, Form::Opaque);
            } else if self.is(".") {
                self.at += 2;
                node = self.node(from, Form::Opaque);
            } else if self.is("AT") && self.source.is(self.at + 1, "TIME") {
                self.at += 3;
                self.operand();
                node = self.node(from, Form::Opaque);
            } else {
                return node;
            }
        }
    }

    fn primary(&mut self) -> Node {
        let from = self.at;
        match self.source.kind(self.at) {
            Some(Kind::Mark('(')) => self.bracketed(),
            Some(Kind::Text | Kind::Number | Kind::Parameter) => {
                self.at += 1;
                self.node(from, Form::Constant)
            }
            Some(Kind::Name(_)) => self.name(),
            Some(Kind::Word) => self.keyword(),
            Some(Kind::Operator) => {
                // A prefix operator.
                self.at += 1;
                self.operand();
                self.node(from, Form::Opaque)
            }
            _ => self.node(from, Form::Opaque),
        }
    }

    fn bracketed(&mut self) -> Node {
        let from = self.at;
        let end = self.closing(from);
        self.at += 1;
        self.depth += 1;
        let inner = if self.depth > DEEPEST { None } else { Some(self.expression()) };
        self.depth -= 1;
        let whole = inner.as_ref().is_some() && self.at + 1 == end;
        self.at = end;
        match inner {
            Some(inner) if whole && self.closing(from + 1) + 1 == end && self.source.is(from + 1, "(") => inner,
            Some(inner) if whole => bracket(inner, from..end),
            _ => self.node(from, Form::Opaque),
        }
    }

    fn name(&mut self) -> Node {
        let from = self.at;
        let mut names = Vec::new();
        while let Some(Kind::Name(name)) = self.source.kind(self.at) {
            names.push(name.clone());
            self.at += 1;
            let more = self.is(".") && matches!(self.source.kind(self.at + 1), Some(Kind::Name(_)));
            if !more {
                break;
            }
            self.at += 1;
        }
        let name = names.pop().unwrap_or_default();
        if self.is("(") {
            return self.call(from, name);
        }
        if self.is(".") {
            // A whole row.
            self.at += 2;
            return self.node(from, Form::Opaque);
        }
        if names.is_empty() && matches!(name.as_str(), "true" | "false") {
            return self.node(from, Form::Constant);
        }
        self.node(from, Form::Column { alias: names.pop(), name })
    }

    fn call(&mut self, from: usize, name: String) -> Node {
        let end = self.closing(self.at);
        let arguments = self.arguments(end);
        self.at = end;
        let special = self.is("FILTER") || self.is("OVER") || self.is("WITHIN");
        while self.is("FILTER") || self.is("OVER") || self.is("WITHIN") || self.is("GROUP") || self.is("(") {
            if self.is("(") { self.skip() } else { self.at += 1 }
        }
        match arguments {
            Some(arguments) if !special => self.node(from, Form::Call { name, arguments }),
            _ => self.node(from, Form::Opaque),
        }
    }

    /// Arguments in brackets that end before `end`; none when they are more than a list of expressions.
    fn arguments(&mut self, end: usize) -> Option<Vec<Node>> {
        self.at += 1;
        let mut arguments = Vec::new();
        self.depth += 1;
        while self.at + 1 < end && self.depth <= DEEPEST {
            arguments.push(self.expression());
            if !self.take(",") {
                break;
            }
        }
        self.depth -= 1;
        (self.at + 1 == end).then_some(arguments)
    }

    fn keyword(&mut self) -> Node {
        let from = self.at;
        let word = self.source.word(self.at);
        self.at += 1;
        match word {
            "NULL" | "CURRENT_DATE" | "CURRENT_TIMESTAMP" | "LOCALTIMESTAMP" | "CURRENT_USER" | "SESSION_USER"
            | "CURRENT_ROLE" => self.node(from, Form::Constant),
            "ROW" if self.is("(") => {
                let end = self.closing(self.at);
                let parts = self.arguments(end);
                self.at = end;
                self.node(from, parts.map_or(Form::Opaque, Form::Row))
            }
            "CASE" => {
                self.case();
                self.node(from, Form::Opaque)
            }
            _ if self.is("(") || self.is("[") => self.special(from, word),
            _ => self.node(from, Form::Opaque),
        }
    }

    /// `COALESCE(…)`, `EXTRACT(… FROM …)`, `ARRAY[…]`, `EXISTS(…)`.
    fn special(&mut self, from: usize, word: &str) -> Node {
        if matches!(word, "COALESCE" | "GREATEST" | "LEAST" | "NULLIF") {
            return self.call(from, word.to_owned());
        }
        self.skip();
        self.node(from, Form::Opaque)
    }

    fn case(&mut self) {
        let mut open = 1;
        while open > 0 && self.at < self.source.tokens.len() {
            match self.source.word(self.at) {
                "CASE" => open += 1,
                "END" => open -= 1,
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Goes behind the bracket that closes the one here.
    fn skip(&mut self) {
        self.at = self.closing(self.at);
    }

    /// Position behind the bracket that closes the one at `from`.
    fn closing(&self, from: usize) -> usize {
        let mut open = 0_usize;
        for at in from..self.source.tokens.len() {
            match self.source.kind(at) {
                Some(Kind::Mark('(' | '[')) => open += 1,
                Some(Kind::Mark(')' | ']')) => open = open.saturating_sub(1),
                _ => {}
            }
            if open == 0 {
                return at + 1;
            }
        }
        self.source.tokens.len()
    }

    fn qualified(&mut self) -> String {
        let from = self.at;
        self.at += 1;
        while self.is(".") {
            self.at += 2;
        }
        self.source.slice(&(from..self.at)).to_owned()
    }

    fn type_name(&mut self) -> String {
        let from = self.at;
        self.qualified();
        let words = [
            "varying",
            "precision",
            "with",
            "without",
            "time",
            "zone",
            "year",
            "month",
            "day",
            "hour",
            "minute",
            "second",
            "to",
        ];
        loop {
            if words.contains(&self.source.word(self.at)) {
                self.at += 1;
            } else if self.is("(") || (self.is("[") && self.source.is(self.at + 1, "]")) {
                self.skip();
            } else {
                return self.source.slice(&(from..self.at)).to_owned();
            }
        }
    }
}

/// Brackets belong to an operator, and to nothing else: PostgreSQL prints index expressions so.
fn bracket(inner: Node, tokens: Range<usize>) -> Node {
    match inner.form {
        Form::Column { .. }
        | Form::Constant
        | Form::Call { .. }
        | Form::Cast { .. }
        | Form::Row(_)
        | Form::Collate { .. } => inner,
        _ => Node { form: inner.form, tokens },
    }
}

#[cfg(test)]
mod tests {
    use super::super::names::{mentions, runs_a_plan, unqualified};
    use super::*;

    fn text(source: &Source<'_>, node: &Node) -> String {
        source.slice(&node.tokens).to_owned()
    }

    #[test]
    fn a_filter_is_taken_apart() {
        let source = Source::new(
            "(t.b AND (NOT t.c) AND ((t.name)::text = 'x y'::character varying(3)) AND (t.a = ANY ('{1,2}'::integer[])) \
             AND ((t.x IS NOT NULL) OR (lower(t.y) ~~ 'a%'::text)) AND (t.w = (SubPlan 1)))",
        );
        let Form::And(parts) = condition(&source).form else { panic!("an AND") };
        assert_eq!(parts.len(), 6);
        let Some(Form::Compare { symbol, left, right }) = parts.get(2).map(|part| part.form.clone()) else {
            panic!("=")
        };
        assert_eq!((symbol.as_str(), text(&source, &left).as_str()), ("=", "(t.name)::text"));
        assert_eq!((right.form, unqualified(&source, &left.tokens)), (Form::Constant, "(name)::text".to_owned()));
        assert!(matches!(parts.get(3).map(|part| &part.form), Some(Form::Any { .. })));
        let Some(Form::Or(arms)) = parts.get(4).map(|part| part.form.clone()) else { panic!("an OR") };
        let second = arms.get(1).expect("two arms");
        assert_eq!(unqualified(&source, &second.tokens), "(lower(y) ~~ 'a%'::text)");
        assert!(runs_a_plan(&source, parts.get(5).expect("six").tokens.clone()));
    }

    #[test]
    fn what_is_not_understood_keeps_its_columns() {
        for text in [
            "(CASE WHEN (t.a > 1) THEN t.b ELSE NULL::integer END = 3)",
            "((t.a IS DISTINCT FROM t.b) AND (t.c).f[1] = ((5)))",
            "(EXTRACT(year FROM t.a) = '3'::numeric AND t.b",
            "(t.a OPERATOR(public.@@@) t.b)",
            "sum(t.a) FILTER (WHERE (t.b > 0)) OVER (?)",
            "(ARRAY[t.a, t.b] && x.f(1)) %% (",
        ] {
            let source = Source::new(text);
            let _ = condition(&source);
            let all = mentions(&source, 0..source.tokens.len());
            for name in ["a", "b"] {
                assert!(all.contains(&(Some("t".to_owned()), Some(name.to_owned()))), "{text}: {all:?}");
            }
            assert!(!all.iter().any(|(alias, _)| alias.as_deref() == Some("x")), "{text}: {all:?}");
        }
    }

    #[test]
    fn brackets_are_those_of_an_index_definition() {
        for (text, expected) in [
            ("((t.a + t.b))", "(a + b)"),
            ("(lower((t.\"A b\")::text))", "lower((\"A b\")::text)"),
            ("((t.a)::text)", "(a)::text"),
            ("(t.a)", "a"),
        ] {
            let source = Source::new(text);
            assert_eq!(unqualified(&source, &condition(&source).tokens), expected);
        }
    }

    #[test]
    fn depth_is_limited() {
        let text = format!("{}t.a{}", "(".repeat(100_000), ")".repeat(100_000));
        let source = Source::new(&text);
        assert_eq!(mentions(&source, 0..source.tokens.len()).len(), 1);
    }
}
