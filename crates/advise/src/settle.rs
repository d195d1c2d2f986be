//! Proof by measurement: builds the advice in a copy, runs the workload, withdraws what does not gain.
