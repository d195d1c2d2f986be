//! `ALTER TABLE`: in the way that does the least harm, by the server's own word for it.

use dbwright_core::Failure;
use dbwright_migrate::Step;
use dbwright_migrate::plan::{Back, Blocking, Held};
use dbwright_sql::Dialect;

use super::facts::Size;
use super::{AS_IS, Draft, Planner, assume, rejected, step};
use crate::migrate::lab::{Lab, Tried};
use crate::migrate::parse::{Action, Clause};
use crate::migrate::session::alone::WHEN;
use crate::migrate::session::shown;
use crate::migrate::session::trouble::code;
use crate::migrate::shadow;
use crate::migrate::table::{Item, ItemKind, Renames, TableText, same};
use crate::migrate::text::Cursor;
use crate::migrate::text::cursor::Name;
use crate::migrate::tool::{self, Wanted};
use crate::migrate::ways::{IN_PLACE, Way};

/// The server's number for an index whose name another one has.
const NAME_TAKEN: u16 = 1061;

/// Up to this a table is written anew under a lock without asking: that takes less than what nobody notices.
const SMALL: u64 = 4 * 1024 * 1024;

/// A change of one table, and what is known of it.
pub(in crate::migrate) struct Change<'a> {
    pub(in crate::migrate) sql: &'a str,
    pub(in crate::migrate) table: &'a Name,
    /// The clauses, without those that say how.
    pub(in crate::migrate) clauses: Vec<Clause>,
    /// The table in the target.
    pub(in crate::migrate) before: TableText,
    pub(in crate::migrate) size: Size,
}

/// What the server said of a change.
#[derive(Debug)]
pub(in crate::migrate) struct Answer {
    /// None where the statement has no place for it.
    pub(in crate::migrate) way: Option<Way>,
    /// The table afterwards; none when it was not asked.
    pub(in crate::migrate) after: Option<TableText>,
    /// The way back, or why there is none.
    back: Result<(Vec<String>, Option<Way>), String>,
    /// Whether the likeness was defined as the table is.
    faithful: bool,
}

impl Change<'_> {
    fn texts(&self) -> Vec<String> {
        self.clauses.iter().map(|clause| clause.text.clone()).collect()
    }

    fn partitions(&self) -> Option<&str> {
        self.clauses.iter().find_map(|clause| match &clause.action {
            Action::Partition(words) => Some(words.as_str()),
            _ => None,
        })
    }

    /// Names that it gives.
    pub(in crate::migrate) fn renames(&self) -> Renames {
        let mut renames = Renames::default();
        for clause in &self.clauses {
            match &clause.action {
                Action::Change { from, to, .. } | Action::RenameColumn { from, to } if from != to => {
                    renames.columns.push((from.clone(), to.clone()));
                }
                Action::RenameIndex { from, to } => renames.indexes.push((from.clone(), to.clone())),
                _ => {}
            }
        }
        renames
    }
}

impl Planner<'_> {
    pub(super) async fn alter(
        &mut self,
        sql: &str,
        table: &Name,
        if_exists: bool,
        clauses: &[Clause],
    ) -> Result<Draft, Failure> {
        let (wanted, clauses): (Vec<_>, Vec<_>) =
            clauses.iter().cloned().partition(|clause| matches!(clause.action, Action::Wanted { .. }));
        let (named, clauses): (Vec<_>, Vec<_>) =
            clauses.into_iter().partition(|clause| matches!(clause.action, Action::RenameTable(_)));
        let new_name = named.into_iter().find_map(|clause| match clause.action {
            Action::RenameTable(name) => Some(name.in_schema_of(table)),
            _ => None,
        });
        let mut draft =
            if clauses.is_empty() { Draft::of(AS_IS) } else { self.changed(sql, table, if_exists, clauses).await? };
        for clause in wanted {
            if let Action::Wanted { what, value } = clause.action {
                draft
                    .notes
                    .push(format!("{what}={value} is left out: dbwright takes the way that does the least harm"));
            }
        }
        if let Some(to) = new_name {
            let renamed = self.rename(sql, &[(table.clone(), to)]).await?;
            draft.steps.extend(renamed.steps);
            draft.notes.extend(renamed.notes);
        }
        Ok(draft)
    }

    async fn changed(
        &mut self,
        sql: &str,
        table: &Name,
        if_exists: bool,
        clauses: Vec<Clause>,
    ) -> Result<Draft, Failure> {
        let lower = table.name.to_lowercase();
        let real = self.now(table).await?;
        let in_lab = self.lab_has(table).await?;
        if !in_lab && real.is_none() && self.made.contains(&lower) {
            let why = format!("{} is made by an earlier statement", self.subject(table));
            return Ok(Draft { later: Some(why), ..Draft::of(AS_IS) });
        }
        if !in_lab && real.is_none() && self.veiled {
            let why = format!("{} may be made by an earlier statement", self.subject(table));
            return Ok(Draft { later: Some(why), ..Draft::of(AS_IS) });
        }
        let Some(before) = (if in_lab { self.lab_text(table).await? } else { real.clone() }) else {
            if if_exists {
                return Ok(
                    Draft::of(AS_IS).note(format!("there is no table {}, so nothing is done", self.subject(table)))
                );
            }
            let message = format!("there is no table {}", self.subject(table));
            return Err(Failure::usage("migrate.no-table", message).excerpt(sql.to_owned()));
        };
        let size = if real.is_some() { self.size(table).await? } else { Size::default() };
        let change = Change { sql, table, clauses, before, size };
        let answer = self.answer(&change, real.as_ref()).await?;
        self.decide(change, answer, real.is_some()).await
    }

    async fn decide(&mut self, change: Change<'_>, mut answer: Answer, real: bool) -> Result<Draft, Failure> {
        let instant = self.link.flavour.ways()[0];
        if answer.way == Some(instant) && self.versions_used_up(change.table).await {
            answer.way = Some(self.link.flavour.ways()[1]);
        }
        let online = answer.way.map_or_else(|| light(change.partitions()), Way::online);
        let empty = !real || (change.size.rows <= 1_000 && !self.has_rows(change.table).await?);
        let mut draft = if online || empty {
            self.direct(&change, &answer)
        } else {
            if let Some(draft) = self.referring_later(&change, &answer).filter(|_| change.size.bytes > SMALL) {
                return Ok(draft);
            }
            match self.copied(&change, &answer).await? {
                // What is small is done before a copy has begun.
                _ if change.size.bytes <= SMALL => {
                    let ms = change.size.copy_ms();
                    let note = format!("the table is small: it is written anew, and writers wait for about {ms:.0} ms");
                    self.direct(&change, &answer).note(note)
                }
                Ok(draft) => draft,
                Err(why) => self.blocking(&change, &answer, &why),
            }
        };
        draft.notes.extend(self.warnings(&change, &answer));
        Ok(draft)
    }

    /// A copy beside the table, by whom it is wanted from and can be had, or why there is none.
    async fn copied(&mut self, change: &Change<'_>, answer: &Answer) -> Result<Result<Draft, String>, Failure> {
        match self.tools.wanted {
            Wanted::Tool(tool) => tool::plan::by(self, tool, change, answer).await,
            Wanted::Own => shadow::plan(self, change, answer).await,
            Wanted::Auto => match shadow::plan(self, change, answer).await? {
                Err(why) => tool::plan::instead(self, change, answer, &why).await,
                own => Ok(own),
            },
        }
    }

    /// What users should know whatever the way.
    fn warnings(&self, change: &Change<'_>, answer: &Answer) -> Vec<String> {
        let mut notes = Vec::new();
        for clause in &change.clauses {
            match &clause.action {
                Action::DropColumn(name) => notes.push(format!("code that still names {name} fails from then on")),
                Action::RenameColumn { from, .. } => {
                    notes.push(format!("code that still says {from} fails from then on"));
                }
                Action::Change { from, to, .. } if from != to => {
                    notes.push(format!("code that still says {from} fails from then on"));
                }
                _ => {}
            }
        }
        if answer.after.is_none() {
            let assumed = "what the server does is assumed from its manual";
            notes.push(match (&self.no_lab, &self.missing) {
                (Some(why), _) => format!("{assumed}: it could not be asked ({why})"),
                (None, Some(why)) => format!("{assumed} ({why}); it is asked itself when the change is applied"),
                (None, None) => format!("{assumed}; it is asked itself when the change is applied"),
            });
        }
        notes
    }

    /// The statement as one step.
    pub(in crate::migrate) fn direct(&self, change: &Change<'_>, answer: &Answer) -> Draft {
        let way = answer.way;
        let quoted = self.quoted(change.table);
        let said = way.map(|way| format!("{}, ", way.clause())).unwrap_or_default();
        let statement = format!("ALTER TABLE {quoted} {said}{}", change.texts().join(", "));
        let mut step =
            step::alone(step::title(change.sql), statement, self.done(change, answer), self.back(change, answer));
        let online = way.map_or_else(|| light(change.partitions()), Way::online);
        let (mode, held) = if online {
            (step::EXCLUSIVE, Held::Moment)
        } else if way.is_some_and(|way| way.lock == "EXCLUSIVE") {
            (step::EXCLUSIVE, Held::Rewrite)
        } else {
            (step::SHARED, Held::Rewrite)
        };
        step.lock = step::lock(mode, self.subject(change.table), held);
        let instant = way.is_some_and(|way| way.algorithm == "INSTANT");
        step.estimate_ms = if instant { None } else { Some(change.size.copy_ms()) };
        let method = match way.map(|way| way.algorithm) {
            Some("INSTANT") => "instant",
            Some("INPLACE") => "in-place",
            Some(_) => "copy-under-lock",
            None => AS_IS,
        };
        Draft::one(method, Step { ..step })
    }

    fn blocking(&self, change: &Change<'_>, answer: &Answer, why: &str) -> Draft {
        let how = answer.way.map_or_else(|| "by moving rows".to_owned(), |way| format!("with {}", way.clause()));
        let who = if answer.way.is_some_and(|way| way.lock == "EXCLUSIVE") { "use the table" } else { "write" };
        let reason = format!(
            "the server does this only {how}: nobody can {who} meanwhile; and it can't be done beside the table: {why}"
        );
        let draft = self.direct(change, answer);
        Draft { blocking: Some(Blocking { reason, expected_ms: Some(change.size.copy_ms()) }), ..draft }
    }

    fn done(&self, change: &Change<'_>, answer: &Answer) -> String {
        let quoted = self.quoted(change.table);
        match &answer.after {
            // Nothing that could be seen.
            Some(after) if after.mark() == change.before.mark() => String::new(),
            Some(after) if answer.faithful => shown::is(&quoted, &after.mark()),
            _ => shown::is_not(&quoted, &change.before.mark()),
        }
    }

    fn back(&self, change: &Change<'_>, answer: &Answer) -> Back {
        let (clauses, way) = match &answer.back {
            Ok(back) => back,
            Err(why) if answer.after.is_none() && self.no_lab.is_none() => return Back::unknown(why.clone()),
            Err(why) => return Back::impossible(why.clone()),
        };
        if clauses.is_empty() {
            return Back::nothing();
        }
        let quoted = self.quoted(change.table);
        let said = way.map(|way| format!("{}, ", way.clause())).unwrap_or_default();
        let statement = format!("ALTER TABLE {quoted} {said}{}", clauses.join(", "));
        let changed = shown::is_not(&quoted, &change.before.mark());
        let mut clear = self.indexes_that_gave_way(change, answer);
        clear.push(format!("{changed}{WHEN}{statement}"));
        Back { alone: true, clear, ..Back::default() }
    }

    /// An index that came with a foreign key is gone where a new one serves it, which then can't be dropped: the server does
    /// not tell such an index from one that somebody has made, so it is looked for when the change is taken back.
    fn indexes_that_gave_way(&self, change: &Change<'_>, answer: &Answer) -> Vec<String> {
        let Some(after) = answer.after.as_ref().filter(|after| is_indexed_anew(&change.before, after)) else {
            return Vec::new();
        };
        let (quoted, way) = (self.quoted(change.table), IN_PLACE.clause());
        let (schema, table) = change.table.within(self.home);
        let literal = |text: &str| Dialect::Mysql.literal(text);
        let again = |key: &Item| {
            format!(
                "SELECT COUNT(*) = 0 FROM information_schema.statistics WHERE table_schema = {} AND table_name = {} \
                 AND index_name = {}{WHEN}ALTER TABLE {quoted} {way}, ADD {}",
                literal(schema),
                literal(table),
                literal(&key.name),
                key.text
            )
        };
        let stays = |key: &&Item| after.of(ItemKind::Key).any(|other| same(&other.name, &key.name));
        change.before.gives_way().filter(stays).map(again).collect()
    }

    /// Asks the server, where there is a lab; else the manual.
    async fn answer(&mut self, change: &Change<'_>, real: Option<&TableText>) -> Result<Answer, Failure> {
        if let Some(mut lab) = self.lab.take() {
            let answer = self.ask(&mut lab, change, real).await;
            // One that refused what the target may take knows no more how the tables will be.
            let doubted = matches!(answer, Ok(None)) && self.doubted;
            self.lab = (!doubted).then_some(lab);
            if let Some(answer) = answer? {
                return Ok(answer);
            }
        }
        let way = assume::way(self.link.flavour, self.link.version, &change.clauses, Some(&change.before));
        let told = change.partitions().is_none() || self.link.flavour.partitions_take_ways();
        let why = "what it will have made is known only when it is applied".to_owned();
        Ok(Answer { way: told.then_some(way), after: None, back: Err(why), faithful: false })
    }

    /// Tries the change on a likeness, and the way back; the likeness is then as the table will be.
    async fn ask(
        &mut self,
        lab: &mut Lab,
        change: &Change<'_>,
        real: Option<&TableText>,
    ) -> Result<Option<Answer>, Failure> {
        if !self.is_home(change.table) {
            return Ok(None);
        }
        let name = change.table.name.as_str();
        if let Err(error) = self.likeness(lab, change.table, real).await? {
            self.no_lab = Some(crate::error::text(&error));
            return Ok(None);
        }
        if let Err(error) = self.referred(lab, change).await? {
            self.no_lab = Some(crate::error::text(&error));
            return Ok(None);
        }
        let before = lab.text(self.link, name).await.map_err(|e| Self::unreadable(&e))?.unwrap_or_default();
        let (tried, remade) = self.try_change(lab, change).await?;
        let way = match tried {
            Ok(way) => way,
            Err(error) if lab.doubts(&error, self.link) => {
                self.doubt(&error);
                return Ok(None);
            }
            Err(error) => return Err(rejected(&error, change.sql)),
        };
        let after = lab.text(self.link, name).await.map_err(|e| Self::unreadable(&e))?.unwrap_or_default();
        let drops = change.clauses.iter().any(|clause| matches!(clause.action, Action::DropColumn(_)));
        let empty = drops && (real.is_none() || !self.has_rows(change.table).await?);
        let back = match after.back_to(&before, &change.renames(), empty) {
            Ok(clauses) if clauses.is_empty() => Ok((clauses, None)),
            Ok(clauses) => self.try_back(lab, change, &before, clauses).await?,
            Err(why) => Err(why),
        };
        // Indexes that were made again stand behind the others, and some give way in the target alone.
        let gives_way = is_indexed_anew(&before, &after) && before.gives_way().next().is_some();
        let faithful = !remade && !gives_way && before.mark() == change.before.mark();
        Ok(Some(Answer { way, after: Some(after), back, faithful }))
    }

    /// Makes the likeness, unless an earlier statement did.
    async fn likeness(
        &mut self,
        lab: &mut Lab,
        table: &Name,
        real: Option<&TableText>,
    ) -> Result<Result<(), mysql_async::Error>, Failure> {
        let there = lab.has(self.link, &table.name).await.map_err(|e| Self::unreadable(&e))?;
        let Some(real) = real.filter(|_| !there) else { return Ok(Ok(())) };
        let around = self.around(table, real).await?;
        let made = lab.like(self.link, &table.name, real, &around).await;
        if made.is_err() && lab.lost(self.link) {
            return made.map(Ok).map_err(|e| Self::unreadable(&e));
        }
        Ok(made)
    }

    /// The tables that new foreign keys refer to come along: the server looks at their columns.
    async fn referred(
        &mut self,
        lab: &mut Lab,
        change: &Change<'_>,
    ) -> Result<Result<(), mysql_async::Error>, Failure> {
        for clause in &change.clauses {
            let mut cursor = Cursor::new(&clause.text);
            while cursor.seek(&["references"]) {
                cursor.skip();
                let Some(name) = cursor.qualified().filter(|name| self.is_home(name)) else { continue };
                if lab.has(self.link, &name.name).await.map_err(|e| Self::unreadable(&e))? {
                    continue;
                }
                if let Some(text) = self.real(&name).await? {
                    let made = lab.like(self.link, &name.name, &text, &[]).await;
                    if made.is_err() {
                        return if lab.lost(self.link) {
                            made.map(Ok).map_err(|e| Self::unreadable(&e))
                        } else {
                            Ok(made)
                        };
                    }
                }
            }
        }
        Ok(Ok(()))
    }

    /// Tries the change; where a name is taken, once more with the indexes of foreign keys as the server makes them, which give way
    /// to one of the same name. Says whether these were made.
    async fn try_change(
        &mut self,
        lab: &mut Lab,
        change: &Change<'_>,
    ) -> Result<(Result<Option<Way>, mysql_async::Error>, bool), Failure> {
        let tried = self.try_in(lab, change, &change.texts()).await?;
        if tried.as_ref().err().is_none_or(|error| code(error) != NAME_TAKEN) {
            return Ok((tried, false));
        }
        let remade = lab.remake_brought(self.link, &change.table.name).await.map_err(|e| Self::unreadable(&e))?;
        let tried = if remade { self.try_in(lab, change, &change.texts()).await? } else { tried };
        Ok((tried, remade))
    }

    async fn try_in(
        &mut self,
        lab: &mut Lab,
        change: &Change<'_>,
        clauses: &[String],
    ) -> Result<Result<Option<Way>, mysql_async::Error>, Failure> {
        let name = change.table.name.as_str();
        if change.partitions().is_some() && !self.link.flavour.partitions_take_ways() {
            let sql = format!("/* dbwright */ ALTER TABLE {} {}", lab.table(name), clauses.join(", "));
            return Ok(lab.send(self.link, &sql).await.map(|()| None));
        }
        match lab.alter(self.link, name, clauses).await.map_err(|e| Self::unreadable(&e))? {
            Tried::Done(way) => Ok(Ok(Some(way))),
            Tried::Rejected(error) => Ok(Err(error)),
        }
    }

    /// Goes back on the likeness, and forth again.
    async fn try_back(
        &mut self,
        lab: &mut Lab,
        change: &Change<'_>,
        before: &TableText,
        clauses: Vec<String>,
    ) -> Result<Result<(Vec<String>, Option<Way>), String>, Failure> {
        let way = match self.try_in(lab, change, &clauses).await? {
            Ok(way) => way,
            Err(error) => return Ok(Err(format!("the server refuses the way back: {}", crate::error::text(&error)))),
        };
        let again = lab.text(self.link, &change.table.name).await.map_err(|e| Self::unreadable(&e))?;
        let same = again.is_some_and(|text| text.mark() == before.mark());
        if let Err(error) = self.try_change(lab, change).await?.0 {
            return Err(rejected(&error, change.sql));
        }
        if !same {
            return Ok(Err("the table would not be defined as before".to_owned()));
        }
        Ok(Ok((clauses, way)))
    }

    /// Takes notice of a refusal that the target may not share.
    pub(super) fn doubt(&mut self, error: &mysql_async::Error) {
        self.doubted = true;
        self.no_lab = Some(format!("the server on this machine refuses it: {}", crate::error::text(error)));
    }

    /// Whether an earlier statement has made the table's likeness.
    pub(in crate::migrate) async fn lab_has(&mut self, table: &Name) -> Result<bool, Failure> {
        let home = self.is_home(table);
        match &mut self.lab {
            Some(lab) if home => lab.has(self.link, &table.name).await.map_err(|e| Self::unreadable(&e)),
            _ => Ok(false),
        }
    }

    async fn lab_text(&mut self, table: &Name) -> Result<Option<TableText>, Failure> {
        match &mut self.lab {
            Some(lab) => lab.text(self.link, &table.name).await.map_err(|e| Self::unreadable(&e)),
            None => Ok(None),
        }
    }
}

/// Whether a table has indexes that it had not.
fn is_indexed_anew(before: &TableText, after: &TableText) -> bool {
    let indexes = |table: &'_ TableText| {
        [ItemKind::Key, ItemKind::Unique]
            .map(|kind| table.of(kind).map(|item| item.name.clone()).collect::<Vec<_>>())
            .concat()
    };
    let old = indexes(before);
    indexes(after).iter().any(|name| !old.iter().any(|other| same(other, name)))
}

/// Whether a change of partitions moves no rows.
fn light(words: Option<&str>) -> bool {
    matches!(
        words,
        Some("ADD PARTITION" | "DROP PARTITION" | "TRUNCATE PARTITION" | "EXCHANGE PARTITION" | "CONVERT PARTITION")
    )
}
