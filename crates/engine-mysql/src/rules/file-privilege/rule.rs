//! `mysql/file-privilege`: an account of a program that may read and write files of the server's machine.

use dbwright_core::{Change, Cx, Severity};
use dbwright_sql::Dialect;

use crate::accounts;
use crate::body::Body;

/// Reports accounts with FILE that are no administrators.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let Some(folder) = cx.body.variable("secure_file_priv").map(str::to_owned) else { return };
    // Nothing can be read or written then, whatever the right is.
    if folder.eq_ignore_ascii_case("NULL") {
        return;
    }
    let everywhere = folder.is_empty();
    for account in &cx.body.accounts {
        let has = account.file || account.file_through.is_some();
        if !has || accounts::may_all(account) || account.locked || account.role || account.user.is_empty() {
            continue;
        }
        let name = accounts::name(account);
        let through = accounts::through(account.file_through.as_deref());
        let place = if everywhere { "any file that the server's user may" } else { "the files of one folder" };
        let finding = cx
            .finding(accounts::subject(account), format!("{name} may read and write {place}{through}"))
            .severity(if everywhere { Severity::High } else { Severity::Medium })
            .evidence("FILE", true, "", "mysql.user.File_priv")
            .evidence("secure_file_priv", folder.as_str(), "", "SHOW GLOBAL VARIABLES");
        let why = "SQL that somebody smuggled in reads files with LOAD_FILE and leaves programs or pages with SELECT … INTO OUTFILE; the right is for the whole server, \
                   whatever the account may do with tables";
        let holder = match &account.file_through {
            Some(role) => role.rsplit_once('@').map_or_else(
                || Dialect::Mysql.literal(role),
                |(user, host)| format!("{}@{}", Dialect::Mysql.literal(user), Dialect::Mysql.literal(host)),
            ),
            None => name,
        };
        let change = Change::new(
            [format!("REVOKE FILE ON *.* FROM {holder}")],
            "no lock; open sessions lose it at their next statement or connection",
        )
        .outside_transaction()
        .back([format!("GRANT FILE ON *.* TO {holder}")]);
        cx.report(finding.why(why).change(change));
    }
}
