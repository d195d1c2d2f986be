//! What is there already and need not be: unused, duplicate, redundant and replaced indexes.
