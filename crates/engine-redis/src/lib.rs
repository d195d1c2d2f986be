//! Redis and Valkey, alone, in a cluster or behind Sentinel: how they are reached, observed without leaving a trace
//! in their data, and checked.

pub mod body;
mod client;
mod compare;
mod connect;
pub mod engine;
pub mod error;
mod mend;
mod observe;
mod rights;
pub mod rules;
#[cfg(test)]
mod sample;
mod scorecard;
mod together;
mod words;

pub use engine::Redis;
