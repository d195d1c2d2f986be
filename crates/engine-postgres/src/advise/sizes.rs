//! How large an index would be when built, and what its upkeep would cost.
