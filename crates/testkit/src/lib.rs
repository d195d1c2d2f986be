//! Real servers for tests: which ones run, how to reach them, one fresh database a test.
//!
//! `cargo xtask servers up` starts the servers and records them in the cache folder; tests only read
//! that record. There is no fallback: a server that can't be had makes the test panic with the reason,
//! because a test that quietly skips its engine proves nothing.

pub mod cache;
mod daemon;
mod database;
mod described;
pub mod disk;
mod engines;
pub mod launch;
pub mod memory;
pub mod my;
mod postgres;
pub mod process;
mod proxy;
mod record;
pub mod redis;
mod scratch;
pub mod sql;
pub mod writer;

pub use database::Database;
pub use described::{described, difference};
pub use engines::{engines, installed, is_skipped, main_program, meant, programs, server_url, variable};
pub use my::{MyDatabase, MyServer, my_server};
pub use postgres::{MAJORS, majors, postgres_bin, postgres_url};
pub use proxy::Proxy;
pub use record::Record;
pub use redis::{RedisCluster, RedisServer, redis_cluster, redis_sentinel, redis_server};
pub use scratch::Scratch;
