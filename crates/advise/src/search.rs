//! The search: costs with as few plans as possible, the exact choice on them, and refinement with real plans.
