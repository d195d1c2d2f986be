//! Tests on real servers: one program, so that its helpers are built once.

mod cluster;
mod common;
mod compare;
mod connecting;
mod cut;
mod hard;
mod observe;
mod sample;
mod tls;
