//! The load on MySQL and MariaDB: its statements, and its sessions, which belong to an account of their own so that they can
//! be told from those that carry the change out.

mod client;
mod templates;

pub(super) use client::MyClients;
pub(super) use templates::templates;
