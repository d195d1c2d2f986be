//! The copy lab: rows, built indexes, and what statements and writers really take.
