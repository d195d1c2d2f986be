//! Lint on scripts without a server.
