//! One exchange with the server: what the chosen keys are, and the next names.

use std::time::Instant;

use redis::{Pipeline, Value};

use super::super::visit::{Visit, bytes_of, count_of, list_of, number_of, text_of};
use super::finds::Finds;
use super::pace::Pacer;
use super::strata::{Chosen, Key, Scope};
use super::walk::{Step, Walk};
use crate::client::Refusal;

/// Commands that a key costs of which everything is asked.
const WHOLE: usize = 5;
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
        let mut pipeline = Pipeline::with_capacity(chosen.len() * WHOLE + 3);
        for key in chosen {
            self.ask(key, &mut pipeline);
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
        let mut rest = answers.as_slice();
        for chosen in chosen {
            let (answers, more) = rest.split_at(self.commands(chosen).min(rest.len()));
            rest = more;
            if let Some(key) = self.key(chosen, answers)? {
                self.finds.meet(scope, chosen, &key);
                scope.learn(chosen, &key);
            }
        }
        match (step, rest) {
            (Some(_), [scan, more @ ..]) => names(scan, more.first().filter(|_| walk.in_slots())),
            _ => Ok(Names { list: Vec::new(), cursor: 0, random: None }),
        }
    }

    /// How many commands a key costs.
    fn commands(&self, key: &Chosen) -> usize {
        if key.whole { WHOLE } else { 1 + usize::from(self.counts_uses) }
    }

    /// Asks what a key is.
    fn ask(&self, key: &Chosen, pipeline: &mut Pipeline) {
        pipeline.cmd("MEMORY").arg("USAGE").arg(&key.name).arg("SAMPLES").arg(SAMPLES);
        if self.counts_uses {
            pipeline.cmd("OBJECT").arg("FREQ").arg(&key.name);
        } else if key.whole {
            pipeline.cmd("OBJECT").arg("IDLETIME").arg(&key.name);
        }
        if key.whole {
            pipeline.cmd("TYPE").arg(&key.name);
            pipeline.cmd("PTTL").arg(&key.name);
            pipeline.cmd("OBJECT").arg("ENCODING").arg(&key.name);
        }
    }

    /// What a key is; none for one that is gone.
    fn key(&self, chosen: &Chosen, answers: &[Result<Value, Refusal>]) -> Result<Option<Key>, Refusal> {
        // A slot that moved away meanwhile is as good as gone. What the user may not ask is said once, by the failure.
        let memory = match answers.first() {
            Some(Ok(value)) => value,
            Some(Err(Refusal::Server { code, .. })) if MOVED.contains(&code.as_str()) => return Ok(None),
            Some(Err(refusal)) => return Err(refusal.clone()),
            None => return Ok(None),
        };
        let Some(bytes) = count_of(memory) else { return Ok(None) };
        let at = |at: usize| answers.get(at).and_then(|answer| answer.as_ref().ok()).unwrap_or(&Value::Nil);
        let mut key = Key { bytes, ..Key::default() };
        if self.counts_uses {
            key.frequency = count_of(at(1));
        }
        if chosen.whole {
            let since = self.start.elapsed().as_secs_f64();
            key.idle_s = number_of(at(1)).filter(|_| !self.counts_uses);
            key.kind = text_of(at(2));
            key.ttl_s = number_of(at(3)).filter(|ms| *ms >= 0.0).map(|ms| ms / 1000.0 + since);
            key.encoding = text_of(at(4));
        }
        Ok(Some(key))
    }
}

/// Refusals that say that a key is elsewhere.
const MOVED: [&str; 4] = ["MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN"];

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
