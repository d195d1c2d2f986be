//! What a statement returned, in a few numbers, so that two results can be compared without keeping rows.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use dbwright_advise::port::Digest;
use tokio_postgres::SimpleQueryRow;
use tokio_postgres::types::Type;

/// Takes rows and forgets them.
///
/// The order of rows does not count: a statement that orders leaves open which of two equal rows comes first, and an
/// index changes just that.
#[derive(Debug)]
pub(super) struct Digester {
    /// Whether a column holds floating point numbers, whose sums depend on the order of summing.
    rounded: Vec<bool>,
    digest: Digest,
}

impl Digester {
    pub(super) fn new(types: &[Type]) -> Self {
        let rounded = types.iter().map(|one| matches!(*one, Type::FLOAT4 | Type::FLOAT8)).collect();
        Self { rounded, digest: Digest::default() }
    }

    pub(super) fn take(&mut self, row: &SimpleQueryRow) {
        let values: Vec<Option<&str>> = (0..row.len()).map(|at| row.get(at)).collect();
        self.add(&values);
    }

    fn add(&mut self, values: &[Option<&str>]) {
        let mut hasher = DefaultHasher::new();
        for (at, value) in values.iter().enumerate() {
            let number =
                value.filter(|_| self.rounded.get(at) == Some(&true)).and_then(|text| text.parse::<f64>().ok());
            match number.filter(|number| number.is_finite()) {
                Some(number) => self.digest.rounded += number,
                None => value.hash(&mut hasher),
            }
        }
        self.digest.rows += 1;
        self.digest.sum = self.digest.sum.wrapping_add(hasher.finish());
    }

    /// The end of a statement that returned or changed so many rows.
    pub(super) fn finished(&mut self, rows: u64) {
        self.digest.rows = self.digest.rows.max(rows);
    }

    pub(super) fn end(self) -> Digest {
        self.digest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(types: &[Type], rows: &[[&str; 2]]) -> Digest {
        let mut digester = Digester::new(types);
        for row in rows {
            digester.add(&row.map(Some));
        }
        digester.end()
    }

    #[test]
    fn the_order_of_rows_does_not_count_and_their_values_do() {
        let types = [Type::INT4, Type::TEXT];
        let one = digest(&types, &[["1", "a"], ["2", "b"]]);
        assert!(one.same(&digest(&types, &[["2", "b"], ["1", "a"]])));
        assert!(!one.same(&digest(&types, &[["2", "a"], ["1", "b"]])));
        assert!(!one.same(&digest(&types, &[["1", "a"]])));
        assert!(!one.same(&digest(&types, &[["1", "a"], ["1", "a"]])), "how often a row comes counts");
    }

    #[test]
    fn rounding_errors_are_no_difference() {
        let types = [Type::INT4, Type::FLOAT8];
        let one = digest(&types, &[["1", "0.30000000000000004"]]);
        assert!(one.same(&digest(&types, &[["1", "0.3"]])));
        assert!(!one.same(&digest(&types, &[["1", "0.31"]])));
        let exact = [Type::INT4, Type::NUMERIC];
        assert!(!digest(&exact, &[["1", "0.30000000000000004"]]).same(&digest(&exact, &[["1", "0.3"]])));
    }
}
