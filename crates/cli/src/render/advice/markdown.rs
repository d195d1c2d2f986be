//! The advice for a pull request, an issue or a document.

use dbwright_advise::Advice;

use super::words::{self, Effect, Line};
use crate::render::markdown::{code, fence_text, prose};
use crate::render::{layout, units};

/// Statements that are shown before the others are folded away.
const SHOWN: usize = 15;

/// The whole advice.
pub(super) fn render(advice: &Advice) -> String {
    let mut out = head(advice);
    out += &table(advice);
    out += &withdrawn(advice);
    out += &statements(advice);
    out += &left_out(advice);
    for note in &advice.notes {
        out += &format!("\n{}\n", prose(note));
    }
    out + &sql(advice)
}

fn head(advice: &Advice) -> String {
    let target = &advice.target;
    let mut out = format!(
        "# dbwright: index advice for {}\n\n{} {}, dbwright {}\n\n",
        prose(&target.name),
        prose(&crate::render::engine_name(&target.engine, &target.version)),
        prose(&target.version),
        prose(&advice.dbwright),
    );
    if advice.interrupted {
        out += "**Stopped before the end: this is the best that was found until then.**\n\n";
    }
    out += &format!("**{}.**\n", prose(&words::headline(advice)));
    let more =
        [words::measured(advice), Some(words::gap(advice)), Some(words::workload(advice)), Some(words::effort(advice))];
    for sentence in more.into_iter().flatten() {
        out += &format!("\n- {}", prose(&words::sentence(&sentence)));
    }
    out + "\n"
}

fn table(advice: &Advice) -> String {
    let lines = words::lines(advice);
    if lines.is_empty() {
        return String::new();
    }
    let mut out =
        "\n## What to do\n\n| | | index | size | gain | upkeep | proof |\n|---:|---|---|---:|---:|---:|---|\n"
            .to_owned();
    out.extend(lines.iter().map(row));
    let [net, saved] = [words::signed(words::net_bytes(advice)), units::percent(words::saved(advice))];
    out += &format!("| | | in all | {net} | {saved} | | |\n");
    out + "\nGain: what the workload would cost more without this one index. Upkeep: what writes spend on keeping it. \
Both as shares of what the workload costs today.\n"
}

fn row(line: &Line<'_>) -> String {
    let [gain, upkeep] = [line.gain, line.writes].map(|share| share.map(words::share).unwrap_or_default());
    let why = if line.why.is_empty() { String::new() } else { format!("<br>{}", prose(&line.why)) };
    let (what, size, verb) = (code(&line.what), words::signed(line.bytes), line.verb.word());
    format!("| {} | {verb} | {what}{why} | {size} | {gain} | {upkeep} | {} |\n", line.number, line.proof.method())
}

fn withdrawn(advice: &Advice) -> String {
    if advice.withdrawn.is_empty() {
        return String::new();
    }
    let mut out = "\n## Withdrawn\n\nAn experiment showed no gain:\n\n".to_owned();
    for one in &advice.withdrawn {
        let proof = words::proof(&one.proof).map(|proof| format!(" ({})", prose(&proof))).unwrap_or_default();
        out += &format!("- {}: {}{proof}\n", code(&words::definition(&one.statement)), prose(&one.reason));
    }
    out
}

fn statements(advice: &Advice) -> String {
    let effects = words::effects(advice);
    if effects.is_empty() {
        return String::new();
    }
    let losers = effects.iter().filter(|effect| effect.loses).count();
    let (first, rest) = effects.split_at(effects.len().min(SHOWN.max(losers)));
    let mut out = format!("\n## Statements\n\n{}\n\n{}", prose(&words::tally(&effects)), effect_table(first));
    if !rest.is_empty() {
        out += &format!("\n<details><summary>{} more</summary>\n\n{}\n</details>\n", rest.len(), effect_table(rest));
    }
    out
}

fn effect_table(effects: &[Effect<'_>]) -> String {
    let mut out =
        "| statement | change | a call | calls | share today | by |\n|---|---|---|---:|---:|---|\n".to_owned();
    for effect in effects {
        let text = effect.cost.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let word = if effect.loses { format!("**! {}**", effect.word()) } else { effect.word() };
        let by: Vec<_> = effect.by.iter().filter(|_| effect.gains).map(usize::to_string).collect();
        let [calls, share] = [units::plain(effect.cost.weight), words::share(effect.share)];
        let text = code(&layout::cut(&text, 120));
        out += &format!("| {text} | {word} | {} | {calls} | {share} | {} |\n", prose(&effect.arrow()), by.join(", "));
    }
    out
}

fn left_out(advice: &Advice) -> String {
    let skipped = &advice.workload.skipped;
    if skipped.is_empty() {
        return String::new();
    }
    let mut out = "\n## Left out\n\nThe advice says nothing about these statements:\n\n".to_owned();
    for one in skipped {
        let (text, share) = (code(&layout::cut(&one.statement, 120)), words::share(one.time_share));
        out += &format!("- {text}: {} ({share} of the time)\n", prose(&one.reason));
    }
    out
}

fn sql(advice: &Advice) -> String {
    let forward = words::forward(advice);
    if forward.is_empty() {
        return String::new();
    }
    let back = words::back(advice);
    let [forward_sql, back_sql] = [&forward, &back].map(|parts| fence_text(&pasted(parts)));
    let altered = forward.iter().chain(&back).flat_map(|(_, sql)| sql.iter()).any(|sql| layout::altered(sql));
    let note = if altered { format!("\n({})\n", layout::ALTERED) } else { String::new() };
    format!("\n## To run\n\n{forward_sql}\n<details><summary>The way back</summary>\n\n{back_sql}\n</details>\n{note}")
}

fn pasted(parts: &[(Vec<String>, &[String])]) -> String {
    let mut lines = Vec::new();
    for (remarks, statements) in parts {
        lines.extend(remarks.iter().map(|remark| format!("-- {}", layout::inline(remark))));
        lines.extend(statements.iter().map(|sql| layout::statement(sql, "")));
    }
    lines.join("\n")
}
