//! The steps of a copy by a tool, or why there can be none.

mod refuse;

use dbwright_core::Failure;
use dbwright_migrate::Step;
use dbwright_migrate::plan::{Back, Held, Phase, Program, Work};
use dbwright_sql::Dialect;

use super::facts::Tool;
use super::find::{self, Found};
use super::leftovers::Names;
use super::words::{self, Order};
use crate::flavour::Flavour;
use crate::migrate::plan::alter::{Answer, Change};
use crate::migrate::plan::{Draft, Planner, step};
use crate::migrate::table::TableText;

/// A copy by the tool that the user names, or why it can't make it.
pub(in crate::migrate) async fn by(
    planner: &mut Planner<'_>,
    tool: Tool,
    change: &Change<'_>,
    answer: &Answer,
) -> Result<Result<Draft, String>, Failure> {
    let Some(found) = planner.tools.found().await.into_iter().find(|found| found.tool == tool) else {
        return Err(find::missing(tool));
    };
    let Some(after) = &answer.after else { return Ok(later(planner, &found)) };
    Ok(match refuse::refused(planner, tool, change, after).await? {
        Some(why) => Err(format!("{} can't copy it: {why}", tool.name())),
        None => Ok(draft(planner, &found, change).note(format!("{} was asked for", tool.name()))),
    })
}

/// A copy by any tool that is installed, for what our own copy can't do: `why`.
pub(in crate::migrate) async fn instead(
    planner: &mut Planner<'_>,
    change: &Change<'_>,
    answer: &Answer,
    why: &str,
) -> Result<Result<Draft, String>, Failure> {
    let Some(after) = &answer.after else { return Ok(Err(why.to_owned())) };
    let installed = planner.tools.found().await;
    let mut reasons = vec![why.to_owned()];
    for tool in Tool::ALL {
        let found = installed.iter().find(|found| found.tool == tool);
        match (refuse::refused(planner, tool, change, after).await?, found) {
            (None, Some(found)) => {
                let note = format!("{} copies it, because a copy of dbwright's own can't: {why}", tool.name());
                return Ok(Ok(draft(planner, found, change).note(note)));
            }
            (None, None) => reasons.push(format!("{} could, and is not installed", tool.name())),
            (Some(why), Some(_)) => reasons.push(format!("nor by {}: {why}", tool.name())),
            (Some(_), None) => {}
        }
    }
    Ok(Err(reasons.join("; ")))
}

/// The server has not been asked yet how the table will be.
fn later(planner: &Planner<'_>, found: &Found) -> Result<Draft, String> {
    if planner.lab.is_none() && planner.no_lab.is_some() {
        return Err("the server could not be asked how the new table looks".to_owned());
    }
    let later =
        format!("{} copies the table; its words are known when the server is asked, at its turn", found.tool.name());
    Ok(Draft { later: Some(later), ..Draft::of(found.tool.name()) })
}

fn draft(planner: &Planner<'_>, found: &Found, change: &Change<'_>) -> Draft {
    let tool = found.tool;
    let facts = tool.facts();
    let names = Names::of(tool, planner.home, &change.table.name);
    let copy = Copy { planner, found, change, names: &names };
    let mut draft = Draft { steps: copy.steps(), ..Draft::of(tool.name()) };
    let megabytes = change.size.bytes / 1_000_000 + 1;
    draft.notes.push(format!("{} was found; about {megabytes} MB more are needed until `contract`", found.title()));
    draft.notes.extend(untested(found, planner.link.flavour));
    draft.notes.push(format!("at the switch {}", facts.switch));
    draft.notes.push(match (tool, words::resumes(found, planner.link.flavour)) {
        (_, true) => "killed in the middle, it goes on with the rows that it has copied".to_owned(),
        (Tool::Pt, false) => {
            "killed in the middle, it begins anew: it keeps no history that it could go on with".to_owned()
        }
        (Tool::GhOst, false) => "killed in the middle, it begins anew".to_owned(),
    });
    if copy.has_checks() {
        draft.notes.push(format!("its CHECKs {}", facts.checks));
    }
    draft
}

/// What the tests don't vouch for.
fn untested(found: &Found, flavour: Flavour) -> Option<String> {
    let (tool, title, server) = (found.tool, found.title(), flavour.name());
    if tool.tested(&found.version, flavour) {
        return None;
    }
    Some(if tool.tried(&found.version, flavour) {
        format!(
            "dbwright's tests were run with {title} on {server} by hand, and are not for each release; rehearse it first"
        )
    } else {
        format!("untested: dbwright's own tests don't run with {title} on {server}; rehearse it first")
    })
}

struct Copy<'a> {
    planner: &'a Planner<'a>,
    found: &'a Found,
    change: &'a Change<'a>,
    names: &'a Names,
}

impl Copy<'_> {
    fn has_checks(&self) -> bool {
        use crate::migrate::table::ItemKind;
        let table: &TableText = &self.change.before;
        table.of(ItemKind::Check).next().is_some() || table.of(ItemKind::Foreign).next().is_some()
    }

    fn steps(&self) -> Vec<Step> {
        vec![self.dry_run(), self.work(), self.clear(), self.contract()]
    }

    fn program(&self, work: bool) -> Program {
        let tools = &self.planner.tools;
        let texts: Vec<_> = self.change.clauses.iter().map(|clause| clause.text.clone()).collect();
        let history = format!("dbwright.{}", self.names.history);
        let order = Order {
            home: self.planner.home,
            table: &self.change.table.name,
            clauses: &texts.join(", "),
            new: &self.names.new,
            history: &history,
            referred: tools.referred,
            settings: if tools.forms { ",explain_format=TRADITIONAL" } else { "" },
            flavour: self.planner.link.flavour,
        };
        let tool = self.found.tool;
        let resumes = work && words::resumes(self.found, self.planner.link.flavour);
        Program {
            name: tool.name().to_owned(),
            version: self.found.version.clone(),
            what: self.what(work),
            words: words::words(self.found, &order, &tools.reached, work),
            throttle: if work { words::throttle(tool, &tools.limits) } else { Vec::new() },
            busy: self.names.busy(),
            done: if work { self.names.switched() } else { String::new() },
            clear: if work { self.names.before() } else { self.names.of_a_try() },
            unfinished: if resumes { self.names.unfinished() } else { String::new() },
            rows: work.then_some(self.change.size.rows),
        }
    }

    fn what(&self, work: bool) -> String {
        let account = match self.found.tool {
            Tool::Pt => "ACCOUNT_FILE holds user, password, host and port under [client], and is readable by you alone",
            Tool::GhOst => "ACCOUNT_FILE holds user and password under [client], and is readable by you alone",
        };
        if !work {
            return format!(
                "{} tries the change on an empty table and copies nothing.\n{account}:",
                self.found.title()
            );
        }
        let how = match self.found.tool {
            Tool::Pt => "keeps a copy in step by triggers, copies all rows, and exchanges the tables",
            Tool::GhOst => {
                "follows the binary log, copies all rows, and exchanges the tables when FOLDER/postpone is removed; it waits as long as there is a FOLDER/pause"
            }
        };
        format!(
            "{} {how}; the old one stays as {}.\n{account}:",
            self.found.title(),
            Dialect::Mysql.name(&self.names.old)
        )
    }

    fn dry_run(&self) -> Step {
        let back = Back { alone: true, clear: self.names.of_a_try(), ..Back::default() };
        let work = Work::Program(self.program(false));
        let title = format!("let {} try the change on an empty table", self.found.tool.name());
        Step { title, phase: Phase::Expand, work, ..step::plain("", back) }
    }

    fn work(&self) -> Step {
        let change = self.change;
        let too_late = "what is written from then on is not in the old table";
        let back =
            Back { alone: true, clear: self.names.before(), too_late: Some(too_late.to_owned()), ..Back::default() };
        let title =
            format!("copy {} with {}, and exchange them", self.planner.subject(change.table), self.found.tool.name());
        Step {
            title,
            work: Work::Program(self.program(true)),
            lock: step::lock(step::EXCLUSIVE, self.planner.subject(change.table), Held::Moment),
            estimate_ms: Some(change.size.copy_ms() * 4.0),
            ..step::plain("", back)
        }
    }

    fn clear(&self) -> Step {
        let work = Work::Alone { statement: "DO 0".to_owned(), done: String::new(), clear: self.names.after() };
        let title = format!("clear what {} needed on the way", self.found.tool.name());
        Step { title, work, ..step::plain("", Back::nothing()) }
    }

    fn contract(&self) -> Step {
        let subject = Dialect::Mysql.name(&self.change.table.name);
        let gone = Back::impossible("the old table is gone");
        let sql = self.names.drop_old();
        Step {
            phase: Phase::Contract,
            ..step::alone(format!("drop the old table of {subject}"), sql, String::new(), gone)
        }
    }
}
