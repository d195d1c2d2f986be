//! One exchange with the server: what the chosen keys are, and the next names.

use std::time::Instant;

use redis::{Pipeline, Value};

use super::super::visit::{Visit, bytes_of, count_of, list_of, number_of, text_of};
use super::finds::Finds;
use super::pace::Pacer;
use super::strata::{Chosen, Key, Scope};
use super::walk::{Step, Walk};
use crate::client::Refusal;

/// Commands that a key costs.
const COMMANDS: usize = 5;
/// Elements of a collection that `MEMORY USAGE` measures.
const SAMPLES: u32 = 5;
/// Keys that are looked at in one exchange, so that no other client waits behind more than these.
pub(super) const MOST: usize = 100;

/// What looking needs beside the connection.
pub(super) struct Looker<'a> {
    /// Whether the server counts uses (LFU) instead of keeping the time of the last.
    pub(super) counts_uses: bool,
    /// Large, hot and streaming keys.
    pub(super) finds: &'a mut Finds,
    /// When the sample began.
    pub(super) start: Instant,
}

/// What a step brought.
pub(super) struct Names {
    /// Names.
    pub(super) list: Vec<Vec<u8>>,
    /// Where the scan stands.
    pub(super) cursor: u64,
    /// A random key, when the walk goes from slot to slot.
    pub(super) random: Option<Vec<u8>>,
}

impl Looker<'_> {
    /// Looks at the chosen keys and asks for the next names, in one exchange.
    ///
    /// # Errors
    /// When the server refuses to scan, or is lost.
    pub(super) async fn round(
        &mut self,
        visit: &mut Visit,
        scope: &mut Scope,
        pacer: &mut Pacer,
        chosen: &[Chosen],
        step: Option<Step>,
        walk: &Walk,
    ) -> Result<Names, Refusal> {
        let mut pipeline = Pipeline::with_capacity(chosen.len() * COMMANDS + 3);
        let use_word = if self.counts_uses { "FREQ" } else { "IDLETIME" };
        for key in chosen {
            pipeline.cmd("TYPE").arg(&key.name);
            pipeline.cmd("MEMORY").arg("USAGE").arg(&key.name).arg("SAMPLES").arg(SAMPLES);
            pipeline.cmd("PTTL").arg(&key.name);
            pipeline.cmd("OBJECT").arg("ENCODING").arg(&key.name);
            pipeline.cmd("OBJECT").arg(use_word).arg(&key.name);
        }
        if let Some(step) = step {
            step.ask(walk.in_slots(), &mut pipeline);
            if walk.in_slots() {
                pipeline.cmd("RANDOMKEY");
            }
        }
        Pacer::ask(&mut pipeline);
        let start = Instant::now();
        let answers = visit.client.pipeline(pipeline).await?;
        if let Some(last) = answers.last() {
            pacer.book(start.elapsed(), last);
        }
        let (keys, rest) = answers.split_at(chosen.len() * COMMANDS);
        for (chosen, answers) in chosen.iter().zip(keys.chunks_exact(COMMANDS)) {
            if let Some(key) = self.key(answers)? {
                self.finds.meet(scope, chosen, &key);
                scope.learn(chosen, &key);
            }
        }
        match (step, rest) {
            (Some(_), [scan, more @ ..]) => names(scan, more.first().filter(|_| walk.in_slots())),
            _ => Ok(Names { list: Vec::new(), cursor: 0, random: None }),
        }
    }

    /// What a key is; none for one that is gone.
    fn key(&self, answers: &[Result<Value, Refusal>]) -> Result<Option<Key>, Refusal> {
        let [kind, memory, ttl, encoding, usage] = answers else { return Ok(None) };
        // A slot that moved away meanwhile is as good as gone. What the user may not ask is said once, by the failure.
        let memory = match memory {
            Ok(value) => value,
            Err(Refusal::Server { code, .. }) if matches!(code.as_str(), "MOVED" | "ASK" | "TRYAGAIN" | "CLUSTERDOWN") => {
                return Ok(None);
            }
            Err(refusal) => return Err(refusal.clone()),
        };
        let Some(bytes) = count_of(memory) else { return Ok(None) };
        let text = |answer: &Result<Value, Refusal>| answer.as_ref().map(text_of).unwrap_or_default();
        let number = |answer: &Result<Value, Refusal>| answer.as_ref().ok().and_then(number_of);
        let since = self.start.elapsed().as_secs_f64();
        Ok(Some(Key {
            kind: text(kind),
            encoding: text(encoding),
            bytes,
            ttl_s: number(ttl).filter(|ms| *ms >= 0.0).map(|ms| ms / 1000.0 + since),
            idle_s: number(usage).filter(|_| !self.counts_uses),
            frequency: usage.as_ref().ok().and_then(count_of).filter(|_| self.counts_uses),
        }))
    }
}

fn names(scan: &Result<Value, Refusal>, random: Option<&Result<Value, Refusal>>) -> Result<Names, Refusal> {
    let answer = scan.as_ref().map_err(Clone::clone)?;
    let parts = list_of(answer);
    let list = parts.get(1).map(list_of).unwrap_or_default();
    Ok(Names {
        list: list.iter().filter_map(|name| bytes_of(name).map(<[u8]>::to_vec)).collect(),
        cursor: parts.first().map(text_of).and_then(|text| text.parse().ok()).unwrap_or(0),
        random: random.and_then(|answer| bytes_of(answer.as_ref().ok()?).map(<[u8]>::to_vec)),
    })
}
