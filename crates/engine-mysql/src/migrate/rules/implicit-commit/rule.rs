//! `migrate/implicit-commit`: the server ends a transaction in its middle.

use dbwright_core::{Cx, Severity};

use crate::migrate::lint::{Line, Scene};
use crate::migrate::parse::Act;
use crate::migrate::text::Cursor;

/// Reports statements that commit by themselves inside a transaction.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some(word) = commits(scene.line()) else { return };
    if let Some(open) = open(scene.before()) {
        return inside(cx, &word, open);
    }
    if scene.in_transaction && !scene.before().iter().any(|line| commits(line).is_some() || ends(line)) {
        by_tool(cx, &word);
    }
}

/// A transaction of the file's own.
fn inside(cx: &mut Cx<'_, Scene>, word: &str, open: usize) {
    let scene = cx.body;
    let began = &scene.lines[open];
    let wrote = scene.lines[open..scene.at].iter().find(|line| writes(line));
    let back = scene.after().iter().find(|line| ends(line)).is_some_and(|line| Cursor::new(&line.sql).is("rollback"));
    let starts = matches!(scene.act(), Act::Transaction(_));
    if starts && wrote.is_none() {
        return;
    }
    let lost = match (wrote, back) {
        (Some(line), true) => format!("the rows of line {} are kept, whatever the ROLLBACK says", line.line),
        (Some(line), false) => format!("the rows of line {} are kept even when what follows fails", line.line),
        (None, true) => "the ROLLBACK takes nothing of it back".to_owned(),
        (None, false) => "what follows is a transaction no more".to_owned(),
    };
    let finding = cx
        .finding(scene.file.clone(), format!("{word} commits the transaction that line {} began: {lost}", began.line))
        .why(
            "the server commits before such a statement, also when it then fails, and after it; no change is shown: leave BEGIN and COMMIT out around \
             DDL, and put rows into a transaction of their own",
        )
        .evidence("transaction since line", began.line, "", "the file");
    let severe = !starts && (wrote.is_some() || back);
    cx.report(if severe { finding } else { finding.severity(Severity::Medium) });
}

/// A transaction that the user's tool makes around the file.
fn by_tool(cx: &mut Cx<'_, Scene>, word: &str) {
    let scene = cx.body;
    let busy = |line: &&Line| match &line.act {
        Act::Write { table: Some(name), .. } => !scene.world.table(name).quiet() && !scene.makes(name),
        _ => false,
    };
    let Some(line) = scene.lines.iter().find(busy) else { return };
    let finding = cx
        .finding(scene.file.clone(), format!("{word} commits, so that this file is no transaction: a failure leaves half of it, rows of line {} among it", line.line))
        .why(
            "the tool runs the file in one transaction, which holds for rows alone; no change is shown: put rows into a file of their own, behind the one \
             that changes the schema",
        )
        .evidence("rows changed in line", line.line, "", "the file");
    cx.report(finding.severity(Severity::Medium));
}

/// Where the transaction began that is open after these lines.
fn open(before: &[Line]) -> Option<usize> {
    for (at, line) in before.iter().enumerate().rev() {
        match &line.act {
            Act::Transaction(word) if matches!(word.as_str(), "BEGIN" | "START") => return Some(at),
            Act::Set => match autocommit(&line.sql) {
                Some(true) => return Some(at),
                Some(false) => return None,
                None => {}
            },
            _ if ends(line) || commits(line).is_some() => return None,
            _ => {}
        }
    }
    None
}

/// Whether `SET autocommit` turns it off.
fn autocommit(sql: &str) -> Option<bool> {
    let all = crate::migrate::lint::read::settings::assignments(sql);
    all.iter().find(|one| one.name == "autocommit")?.off()
}

/// `COMMIT`, and `ROLLBACK` of the whole.
fn ends(line: &Line) -> bool {
    match &line.act {
        Act::Transaction(word) if word == "COMMIT" => true,
        Act::Transaction(word) if word == "ROLLBACK" => !Cursor::new(&line.sql).seek(&["to"]),
        _ => false,
    }
}

fn writes(line: &Line) -> bool {
    match &line.act {
        Act::Other(word) => word == "LOAD",
        act => matches!(act, Act::Write { .. }),
    }
}

/// The words of a statement that commits what was done before it.
fn commits(line: &Line) -> Option<String> {
    if matches!(line.act, Act::Write { .. } | Act::Set | Act::SetGlobal | Act::Use) {
        return None;
    }
    let mut cursor = Cursor::new(&line.sql);
    let words: Vec<String> = (0..2)
        .map(|_| {
            let word = cursor.peek().to_uppercase();
            cursor.skip();
            word
        })
        .collect();
    let both = words.join(" ");
    match &line.act {
        Act::Alter { .. }
        | Act::Truncate { .. }
        | Act::RenameTable { .. }
        | Act::CreateTable { temporary: false, .. }
        | Act::DropTable { temporary: false, .. } => Some(both),
        Act::Create { kind, .. } => Some(format!("CREATE {}", kind.word())),
        Act::Drop { kind, .. } => Some(format!("DROP {}", kind.word())),
        Act::Lock if words[0] == "LOCK" => Some(both),
        Act::Transaction(word) if matches!(word.as_str(), "BEGIN" | "START") => Some(word.clone()),
        Act::Query if words[0] == "ANALYZE" => Some(both),
        Act::Other(word) => {
            let known = [
                "CREATE",
                "DROP",
                "ALTER",
                "GRANT",
                "REVOKE",
                "RENAME",
                "FLUSH",
                "INSTALL",
                "UNINSTALL",
                "OPTIMIZE",
                "REPAIR",
            ];
            (known.contains(&word.as_str()) && words[1] != "TEMPORARY").then_some(both)
        }
        _ => None,
    }
}
