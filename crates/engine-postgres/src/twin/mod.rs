//! The planner twin: an empty private PostgreSQL that plans as the full one does.
