//! Candidates of PostgreSQL's own kinds: inverted, spatial, block range, hash, vector, trigram.
