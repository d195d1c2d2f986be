//! What-if sessions: indexes that need not exist, in the twin or, with HypoPG, on the target.
