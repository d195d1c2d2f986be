//! Settings that decide how statements are planned.

use crate::body::PgBody;

/// Settings of "Query Tuning" without the prefix `enable_`, and others that a plan depends on.
const NAMES: [&str; 45] = [
    "seq_page_cost",
    "random_page_cost",
    "cpu_tuple_cost",
    "cpu_index_tuple_cost",
    "cpu_operator_cost",
    "parallel_tuple_cost",
    "parallel_setup_cost",
    "min_parallel_table_scan_size",
    "min_parallel_index_scan_size",
    "effective_cache_size",
    "effective_io_concurrency",
    "jit",
    "jit_above_cost",
    "jit_inline_above_cost",
    "jit_optimize_above_cost",
    "geqo",
    "geqo_threshold",
    "geqo_effort",
    "geqo_pool_size",
    "geqo_generations",
    "geqo_selection_bias",
    "geqo_seed",
    "default_statistics_target",
    "constraint_exclusion",
    "cursor_tuple_fraction",
    "from_collapse_limit",
    "join_collapse_limit",
    "recursive_worktable_factor",
    "force_parallel_mode",
    "debug_parallel_query",
    "parallel_leader_participation",
    "max_parallel_workers",
    "max_parallel_workers_per_gather",
    "work_mem",
    "hash_mem_multiplier",
    "search_path",
    "TimeZone",
    "DateStyle",
    "IntervalStyle",
    "default_text_search_config",
    "transform_null_equals",
    "array_nulls",
    "row_security",
    "plan_cache_mode",
    "standard_conforming_strings",
];

/// Settings of the private server itself: it holds no rows and needs no memory. `wal_level = minimal` would write less, but
/// reads the pages of small new indexes back into shared buffers, where they would hide what is written to their files.
const OWN: [(&str, &str); 7] = [
    ("shared_buffers", "16MB"),
    ("wal_level", "replica"),
    ("max_wal_senders", "0"),
    ("max_wal_size", "1GB"),
    ("checkpoint_timeout", "1d"),
    ("max_worker_processes", "0"),
    // Planning locks every index of a table, and a table may have thousands of candidates.
    ("max_locks_per_transaction", "8192"),
];

/// All settings for the twin of a database.
pub(super) fn of(body: &PgBody, connections: usize) -> Vec<(String, String)> {
    let own = OWN.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let connections = ("max_connections".to_owned(), (connections.max(8) + 12).to_string());
    own.chain([connections]).chain(planner(body)).collect()
}

/// The settings of the target that decide how statements are planned.
pub(crate) fn planner(body: &PgBody) -> impl Iterator<Item = (String, String)> {
    // A value without a unit is read in the setting's own unit, which is how it was observed.
    let planner = body.settings.iter().filter(|setting| decides(&setting.name));
    planner.map(|setting| (setting.name.clone(), setting.value.clone()))
}

fn decides(name: &str) -> bool {
    name.starts_with("enable_") && !name.contains('.') || NAMES.contains(&name)
}
