//! `cargo xtask bench solver FILE`: the choice alone, on a cost matrix whose optimum may be known.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use dbwright_advise::solve::{Limits, Matrix, ampl, solve};
use serde_json::{Value, json};

use crate::Done;

/// What the solver is tried with.
#[derive(Args)]
pub(crate) struct Options {
    /// A cost matrix in AMPL's data format.
    file: PathBuf,
    /// Most bytes of the chosen indexes; without it any.
    #[arg(long, value_name = "BYTES")]
    budget: Option<u64>,
    /// Most indexes; without it any.
    #[arg(long, value_name = "N")]
    count: Option<usize>,
    /// Seconds after which the best found by then is printed; 0 goes on until the proof is complete.
    #[arg(long, value_name = "S", default_value_t = 0.8)]
    time: f64,
}

/// Solves, and prints one line of JSON: `seconds` counts reading the file, preparing and solving.
pub(crate) fn run(options: &Options) -> Done {
    let began = Instant::now();
    let at = |reason: String| format!("{}: {reason}", options.file.display());
    let text = fs::read_to_string(&options.file).map_err(|e| at(e.to_string()))?;
    let named = ampl::read(&text).map_err(at)?;
    let time = (options.time > 0.0).then(|| Duration::try_from_secs_f64(options.time)).transpose();
    let time = time.map_err(|e| format!("--time {}: {e}", options.time))?.map(|t| t.saturating_sub(began.elapsed()));
    let limits = Limits { bytes: options.budget, count: options.count, time, ..Limits::default() };
    let choice = solve(&named.matrix, &limits);
    let chosen: Vec<_> = choice.chosen.iter().map(|&index| name(&named.indexes[index as usize])).collect();
    let line = json!({
        "cost_ratio": ratio(&named.matrix, choice.cost),
        "gap": finite(choice.gap()),
        "seconds": began.elapsed().as_secs_f64(),
        "chosen": chosen,
    });
    println!("{line}");
    Ok(())
}

/// Cost as a share of that without indexes; none when a query has no answer without one.
fn ratio(matrix: &Matrix, cost: f64) -> Option<f64> {
    let before = matrix.cost(&[]);
    if before == cost { Some(1.0) } else { finite(cost / before).filter(|_| before.is_finite()) }
}

fn finite(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

/// An index's name as the file has it: a number where it is one.
fn name(name: &str) -> Value {
    name.parse::<u64>().map_or_else(|_| json!(name), |number| json!(number))
}
