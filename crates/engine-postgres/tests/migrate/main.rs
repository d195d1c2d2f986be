//! Migrations carried out on real servers: applied, interrupted anywhere, resumed, undone.

mod apply;
mod child;
mod common;
mod crash;
mod elsewhere;
mod hard;
mod meant;
mod named;
mod network;
mod scenario;
mod trap;
