//! Which columns are copied, by which expressions, and how rows are found: for both directions.

use super::super::name::ident;
use super::Change;
use super::log::noted;
use super::names::Way;

/// One direction of keeping one table as the other.
#[derive(Debug, Clone)]
pub(super) struct Direction {
    /// The table that users write.
    pub(super) source: String,
    /// The table that is kept.
    pub(super) target: String,
    /// What identifies a row.
    pub(super) key: Vec<KeyColumn>,
    /// Columns that are copied: their quoted name, the expression over the source's row `s`, and the type that it gives.
    pub(super) copied: Vec<Copied>,
}

/// A column that is copied.
#[derive(Debug, Clone)]
pub(super) struct Copied {
    /// Quoted.
    pub(super) name: String,
    /// As it is inserted.
    pub(super) value: String,
    /// As it is compared: of the target's type.
    pub(super) compared: String,
}

/// A column of the key.
#[derive(Debug, Clone)]
pub(super) struct KeyColumn {
    /// Quoted.
    pub(super) column: String,
    /// Its column in the log.
    pub(super) noted: String,
    /// Its type in the source.
    pub(super) ty: String,
    /// Its type in the target, when another.
    cast: Option<String>,
    /// How two values are compared.
    equal: String,
}

impl KeyColumn {
    /// The variable that holds its values.
    pub(super) fn list(&self) -> String {
        format!("{}s", self.noted)
    }

    fn same(&self, row: &str, cast: Option<&String>) -> String {
        let cast = cast.map(|ty| format!("::{ty}")).unwrap_or_default();
        format!("{row}.{} {} k.{}{cast}", self.column, self.equal, self.noted)
    }
}

impl Direction {
    pub(super) fn of(change: &Change, way: Way) -> Self {
        let names = &change.names;
        let (source, target) = match way {
            Way::Forward => (names.seen(), names.shadow()),
            Way::Back => (names.seen(), names.waiting()),
        };
        let key = change.key.parts.iter().enumerate().map(|(at, part)| key_column(change, way, at, part)).collect();
        let copied = change.copied().map(|column| copied(change, way, column)).collect();
        Self { source, target, key, copied }
    }

    /// The columns, for `INSERT`.
    pub(super) fn columns(&self) -> String {
        self.copied.iter().map(|c| c.name.clone()).collect::<Vec<_>>().join(", ")
    }

    /// Their values, for `INSERT … SELECT`.
    pub(super) fn values(&self) -> String {
        self.copied.iter().map(|c| c.value.clone()).collect::<Vec<_>>().join(", ")
    }

    /// Whether a row `d` of the kept table has the key `k`.
    pub(super) fn same_target(&self) -> String {
        self.key.iter().map(|k| k.same("d", k.cast.as_ref())).collect::<Vec<_>>().join(" AND ")
    }

    /// Whether a row `d` of the kept table and a row `s` of the written one have the same key.
    pub(super) fn same_rows(&self) -> String {
        let one = |k: &KeyColumn| {
            let cast = k.cast.as_ref().map(|ty| format!("::{ty}")).unwrap_or_default();
            format!("d.{0} {1} s.{0}{cast}", k.column, k.equal)
        };
        self.key.iter().map(one).collect::<Vec<_>>().join(" AND ")
    }

    /// Whether a row `s` of the written table has the key `k`.
    pub(super) fn same_source(&self) -> String {
        self.key.iter().map(|k| k.same("s", None)).collect::<Vec<_>>().join(" AND ")
    }
}

fn key_column(change: &Change, way: Way, at: usize, part: &super::facts::KeyPart) -> KeyColumn {
    let retype = change.reshape.columns.iter().find(|r| r.column == part.column);
    let (ty, cast) = match (way, retype) {
        (_, None) => (part.ty.clone(), None),
        (Way::Forward, Some(retype)) => (part.ty.clone(), Some(retype.ty.clone())),
        (Way::Back, Some(retype)) => (retype.ty.clone(), Some(part.ty.clone())),
    };
    // Another type has another operator, which its default operator class names.
    let equal = if retype.is_some() { "=".to_owned() } else { part.equal.clone() };
    KeyColumn { column: ident(&part.column), noted: noted(at), ty, cast, equal }
}

fn copied(change: &Change, way: Way, column: &super::facts::Column) -> Copied {
    let name = ident(&column.name);
    let plain = format!("s.{name}");
    let Some(retype) = change.reshape.columns.iter().find(|r| r.column == column.name) else {
        return Copied { name, value: plain.clone(), compared: plain };
    };
    match way {
        // As in the plain statement: the conversion that was written, else what an assignment does.
        Way::Forward => {
            let value = retype.using.as_ref().map_or_else(|| plain.clone(), |using| format!("({using})"));
            Copied { name, compared: format!("CAST({value} AS {})", retype.ty), value }
        }
        Way::Back => {
            let value = if change.through_text.contains(&column.name) {
                format!("CAST(CAST({plain} AS text) AS {})", column.ty)
            } else {
                format!("CAST({plain} AS {})", column.ty)
            };
            Copied { name, compared: value.clone(), value }
        }
    }
}
