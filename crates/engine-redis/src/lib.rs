//! Redis and Valkey, alone, in a cluster or behind Sentinel: how they are reached, observed without leaving a trace
//! in their data, and checked.

pub mod body;
mod client;
mod compare;
mod connect;
pub mod engine;
pub mod error;
mod observe;
pub mod rules;
mod scorecard;

pub use engine::Redis;
