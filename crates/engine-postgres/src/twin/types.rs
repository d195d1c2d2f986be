//! Operators and element types that ANALYZE uses for a type.

use std::collections::{BTreeSet, HashMap};

use dbwright_core::Failure;
use tokio_postgres::Client;

use super::load::lost;

/// What statistics of a type refer to; 0 where there is none.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct OfType {
    /// Equality.
    pub(super) equal: u32,
    /// Order.
    pub(super) less: u32,
    /// Type of the elements.
    pub(super) element: u32,
    /// Equality of the elements.
    pub(super) element_equal: u32,
    /// Collation of the elements when it is not the column's.
    pub(super) element_collation: Option<u32>,
    /// The range type: itself, or that of a multirange.
    pub(super) range: u32,
}

/// Operators by type.
pub(super) struct Operators(HashMap<u32, OfType>);

impl Operators {
    pub(super) fn of(&self, type_oid: u32) -> OfType {
        self.0.get(&type_oid).copied().unwrap_or_default()
    }
}

const TSVECTOR: u32 = 3614;
const TEXT: u32 = 25;
const TEXT_EQUAL: u32 = 98;
const DEFAULT_COLLATION: u32 = 100;

/// `class` finds the type's default operator class as the server does: that of the type itself, else of a type that it is
/// read as without conversion. `key` is the type that operator classes of families of types are declared for.
const SQL: &str = "\
WITH RECURSIVE base(oid, now) AS (
  SELECT t, t FROM unnest($1::oid[]) t
  UNION ALL SELECT b.oid, t.typbasetype FROM base b JOIN pg_type t ON t.oid = b.now WHERE t.typtype = 'd'),
plain AS (SELECT b.oid, t.* FROM base b JOIN LATERAL (SELECT t.oid AS type, t.typtype, t.typelem, t.typlen, t.typcategory
            FROM pg_type t WHERE t.oid = b.now AND t.typtype <> 'd') t ON true),
wanted AS (
  SELECT p.oid AS for, false AS element, p.type AS type FROM plain p
  UNION ALL SELECT p.oid, true, p.typelem FROM plain p WHERE p.typelem <> 0 AND p.typcategory = 'A'),
keyed AS (
  SELECT w.for, w.element, w.type, CASE
      WHEN t.typtype = 'e' THEN 3500 WHEN t.typtype = 'r' THEN 3831 WHEN t.typtype = 'm' THEN 4537 WHEN t.typtype = 'c' THEN 2249
      WHEN t.typelem <> 0 AND t.typcategory = 'A' THEN 2277 WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END::oid AS key
  FROM wanted w JOIN pg_type t ON t.oid = w.type)
SELECT k.for, k.element, k.type, coalesce(e.amopopr, 0::oid), coalesce(l.amopopr, 0::oid),
       coalesce((SELECT (to_jsonb(r) ->> 'rngtypid')::oid FROM pg_range r WHERE to_jsonb(r) ->> 'rngmultitypid' = k.type::text), k.type)
FROM keyed k
LEFT JOIN LATERAL (
  SELECT o.opcfamily, o.opcintype, m.amname FROM pg_opclass o JOIN pg_am m ON m.oid = o.opcmethod
  WHERE o.opcdefault AND m.amname IN ('btree', 'hash')
    AND (o.opcintype = k.key OR o.opcintype IN (SELECT c.casttarget FROM pg_cast c WHERE c.castsource = k.key AND c.castmethod = 'b' AND c.castcontext = 'i'))
  ORDER BY m.amname, o.opcintype <> k.key, o.oid LIMIT 1) class ON true
LEFT JOIN pg_amop e ON e.amopfamily = class.opcfamily AND e.amoplefttype = class.opcintype AND e.amoprighttype = class.opcintype
      AND e.amopstrategy = CASE class.amname WHEN 'btree' THEN 3 ELSE 1 END
LEFT JOIN pg_amop l ON l.amopfamily = class.opcfamily AND l.amoplefttype = class.opcintype AND l.amoprighttype = class.opcintype
      AND l.amopstrategy = 1 AND class.amname = 'btree'";

/// Looks the operators of types up in the twin.
pub(super) async fn operators(client: &Client, types: &BTreeSet<u32>) -> Result<Operators, Failure> {
    let types: Vec<u32> = types.iter().copied().collect();
    let mut found: HashMap<u32, OfType> = HashMap::new();
    for row in client.query(SQL, &[&types]).await.map_err(|e| lost(&e))? {
        let of = found.entry(row.get(0)).or_default();
        if row.get(1) {
            (of.element, of.element_equal) = (row.get(2), row.get(3));
        } else {
            (of.equal, of.less, of.range) = (row.get(3), row.get(4), row.get(5));
        }
    }
    if let Some(of) = found.get_mut(&TSVECTOR) {
        (of.element, of.element_equal, of.element_collation) = (TEXT, TEXT_EQUAL, Some(DEFAULT_COLLATION));
    }
    Ok(Operators(found))
}
