//! What rules read out of statements of which the planner needs to know no more than their kind.

pub(in crate::migrate) mod grant;
pub(in crate::migrate) mod made;
pub(in crate::migrate) mod rows;
pub(in crate::migrate) mod settings;
pub(in crate::migrate) mod stored;

use crate::migrate::text::Cursor;

/// A word, name or string without its quotes.
pub(super) fn unquoted(text: &str) -> String {
    let Some(quote) = text.chars().next().filter(|c| matches!(c, '\'' | '"' | '`')) else { return text.to_owned() };
    let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
    inner.replace(&format!("{quote}{quote}"), &quote.to_string())
}

/// An account as statements name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::migrate) struct Named {
    /// User or role; empty for the anonymous one.
    pub(in crate::migrate) user: String,
    /// Host, when it is written.
    pub(in crate::migrate) host: Option<String>,
}

impl Named {
    /// Reads `user[@host]`; none for `CURRENT_USER` and the like, and at the end.
    fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        if cursor.any(&["current_user", "current_role"]).is_some() {
            cursor.parens();
            return None;
        }
        let user = Self::part(cursor)?;
        let host = if cursor.accept(&["@"]) { Self::part(cursor) } else { None };
        Some(Self { user, host })
    }

    fn part(cursor: &mut Cursor<'_>) -> Option<String> {
        let text = cursor.peek();
        cursor.skip();
        (!text.is_empty()).then(|| unquoted(text))
    }

    /// The host that it may come from.
    pub(in crate::migrate) fn host(&self) -> &str {
        self.host.as_deref().unwrap_or("%")
    }

    /// As people write it.
    pub(in crate::migrate) fn shown(&self) -> String {
        self.host.as_ref().map_or_else(|| self.user.clone(), |host| format!("{}@{host}", self.user))
    }
}
