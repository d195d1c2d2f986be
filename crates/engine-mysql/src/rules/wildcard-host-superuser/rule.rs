//! `mysql/wildcard-host-superuser`: an administrator who may come from anywhere.

use dbwright_core::{Change, Cx, Severity};
use dbwright_sql::Dialect;

use crate::accounts;
use crate::body::Body;

/// Reports such accounts.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    for account in
        cx.body.accounts.iter().filter(|a| accounts::may_all(a) && !a.locked && !a.role && !a.user.is_empty())
    {
        let Some(reach) = Reach::of(&account.host) else { continue };
        let name = accounts::name(account);
        let finding = cx
            .finding(
                accounts::subject(account),
                format!(
                    "{name} may do everything{}, and come from {}",
                    accounts::through(account.superuser_through.as_deref()),
                    reach.words()
                ),
            )
            .severity(if reach == Reach::Anywhere { Severity::High } else { Severity::Low })
            .evidence("host", account.host.as_str(), "", accounts::SOURCE)
            .evidence("superuser", true, "", "mysql.user (Super_priv, Create_user_priv, Grant_priv)");
        let finding = match &account.superuser_through {
            Some(role) => {
                finding.evidence("through the role", role.as_str(), "", cx.body.server.flavour.roles_source())
            }
            None => finding,
        };
        let why = match reach {
            Reach::Anywhere => {
                "every machine that reaches the port may try passwords for an account that can read and change all there is"
            }
            Reach::Network => {
                "every machine of a large network may try passwords for an account that can read and change all there is: one of them that is taken over is enough"
            }
            Reach::Domain => {
                "whoever can make a name of that domain lead to his machine may try passwords for an account that can read and change all there is"
            }
        };
        let local = format!("{}@'localhost'", Dialect::Mysql.literal(&account.user));
        let taken = cx.body.accounts.iter().any(|other| other.user == account.user && other.host == "localhost");
        let reason = if accounts::is_own(cx.body, account) {
            "because dbwright is connected with this account".to_owned()
        } else if taken {
            format!("because {local} is there already: drop this one when nobody needs it")
        } else {
            let change = Change::new([format!("RENAME USER {name} TO {local}")], "no lock; open sessions go on")
                .outside_transaction()
                .back([format!("RENAME USER {local} TO {name}")]);
            cx.report(finding.why(format!("{why}; take the network of your administrators instead of localhost when they come from elsewhere")).change(change));
            continue;
        };
        cx.report(finding.why(format!("{why}. No change is given, {reason}")));
    }
}

/// From where an account may come, as far as that is more than a few machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Anywhere,
    /// More than 256 addresses.
    Network,
    /// Names that the server looks up.
    Domain,
}

impl Reach {
    fn of(host: &str) -> Option<Self> {
        if matches!(host, "%" | "" | "%.%" | "%:%" | "%.%.%.%" | "0.0.0.0/0.0.0.0" | "0.0.0.0/0") {
            return Some(Self::Anywhere);
        }
        if let Some((_, mask)) = host.split_once('/') {
            let narrow = mask.parse::<u8>().map_or_else(|_| mask.starts_with("255.255.255."), |bits| bits >= 24);
            return (!narrow).then_some(Self::Network);
        }
        if !host.contains(['%', '_']) {
            return None;
        }
        let parts: Vec<&str> = host.split('.').collect();
        let whole = |part: &&&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if parts.first().is_some_and(|first| first.starts_with(|c: char| c.is_ascii_digit())) {
            return (parts.iter().filter(whole).count() < 3).then_some(Self::Network);
        }
        let ends =
            parts.last().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
        (host.starts_with('%') && ends).then_some(Self::Domain)
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Anywhere => "anywhere",
            Self::Network => "a large network",
            Self::Domain => "any machine of a domain",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Reach;

    #[test]
    fn hosts_reach_as_far_as_their_pattern() {
        for host in ["%", "", "0.0.0.0/0.0.0.0", "%.%.%.%"] {
            assert_eq!(Reach::of(host), Some(Reach::Anywhere), "{host}");
        }
        for host in ["10.%", "10.0.%", "1%", "192.168.%.%", "10.0.0.0/255.0.0.0", "10.0.0.0/16"] {
            assert_eq!(Reach::of(host), Some(Reach::Network), "{host}");
        }
        assert_eq!(Reach::of("%.example.com"), Some(Reach::Domain));
        for host in
            ["localhost", "db1.example.com", "10.0.0.%", "10.0.0.7", "10.0.0.0/255.255.255.0", "10.0.0.0/24", "::1"]
        {
            assert_eq!(Reach::of(host), None, "{host}");
        }
    }
}
