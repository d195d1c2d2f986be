//! `ACL LIST`, without passwords and their hashes.

use super::visit::{Gaps, Visit, list_of, text_of};
use crate::body::{User, area};

/// Reads users and rights. Servers before 6.0 have none.
pub(super) async fn read(visit: &mut Visit, gaps: &mut Gaps) {
    if visit.node.version() < (6, 0, 0) {
        return;
    }
    if let Some(answer) = visit.ask(gaps, area::ACL, &["ACL", "WHOAMI"]).await {
        visit.node.acl.whoami = text_of(&answer);
    }
    if let Some(answer) = visit.ask(gaps, area::ACL, &["ACL", "LIST"]).await {
        visit.node.acl.users = list_of(&answer).iter().filter_map(|line| user(&text_of(line))).collect();
    }
}

/// One line: `user ann on #hash… ~cache:* &* +@read (~x +get)`.
fn user(line: &str) -> Option<User> {
    let (line, selectors) = line.split_once(" (").map_or((line, ""), |(line, rest)| (line, rest));
    let mut words = line.strip_prefix("user ")?.split(' ');
    let mut user = User { name: words.next()?.to_owned(), ..User::default() };
    for word in words {
        match word.as_bytes() {
            b"on" => user.on = true,
            b"nopass" => user.nopass = true,
            [b'#', ..] => user.passwords += 1,
            [b'~' | b'%', ..] => user.keys.push(word.to_owned()),
            [b'&', ..] => user.channels.push(word.to_owned()),
            [b'+' | b'-', ..] => user.commands.push(word.to_owned()),
            _ => {}
        }
    }
    user.selectors =
        selectors.split(" (").filter(|s| !s.is_empty()).map(|s| s.trim_end_matches(')').to_owned()).collect();
    Some(user)
}

#[cfg(test)]
mod tests {
    use super::user;

    #[test]
    fn hashes_are_counted_and_not_kept() {
        let user = user("user ann on sanitize-payload #ab12 #cd34 ~cache:* %R~x:* resetchannels &news -@all +get (~y:* +set) (+del)")
            .expect("a user");
        assert!((user.on, user.nopass, user.passwords) == (true, false, 2));
        assert_eq!((user.keys.join(" ").as_str(), user.commands.join(" ").as_str()), ("~cache:* %R~x:*", "-@all +get"));
        assert_eq!(user.selectors, ["~y:* +set", "+del"]);
        assert!(!format!("{user:?}").contains("ab12"));
    }
}
