//! Migrations carried out on real MySQL and MariaDB servers: asked, applied, interrupted anywhere, resumed, undone.

mod apply;
mod child;
mod common;
mod copy;
mod crash;
mod queue;
mod trap;
