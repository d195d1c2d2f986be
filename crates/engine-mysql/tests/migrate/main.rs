//! Migrations carried out on real MySQL and MariaDB servers: asked, applied, interrupted anywhere, resumed, undone.

mod apply;
mod asked;
mod batch;
mod bound;
mod by_hand;
mod child;
mod common;
mod copy;
mod crash;
mod foreign;
mod gh_ost;
mod named;
mod objects;
mod paced;
mod queue;
mod replica;
mod tool;

/// Accidents happen at the same points on every engine.
#[path = "../../../engine-postgres/tests/migrate/trap.rs"]
mod trap;
