//! Servers as they are on bad days: that refuse, die, hang, are empty, are replicas, or have names nobody expects.

mod certificate;
mod common;
mod connecting;
mod dying;
mod names;
mod quiet;
mod servers;
