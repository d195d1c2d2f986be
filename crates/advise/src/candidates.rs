//! Plain candidates from usage: keys in every useful order, covering, partial, expressions; merges and prefixes.
