//! `redis/sentinel-cannot-fail-over`: who watches can do nothing.

use dbwright_core::{Cx, Severity};

use crate::body::{Body, WatchedMaster};

const SOURCE: &str = "SENTINEL MASTERS";

/// Reports each master that it watches.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let Some(sentinel) = &cx.body.sentinel else { return };
    for master in &sentinel.masters {
        let Some((severity, title, why)) = verdict(master) else { continue };
        let finding = cx
            .finding(format!("service {}", master.name), title)
            .severity(severity)
            .why(format!("{why}; it takes servers or a decision, so there is no change"))
            .evidence("sentinels", master.other_sentinels + 1, "Sentinels", SOURCE)
            .evidence("quorum", master.quorum, "Sentinels", SOURCE)
            .evidence("replicas", master.replicas, "replicas", SOURCE)
            .evidence("flags", master.flags.join(","), "", SOURCE);
        cx.report(finding);
    }
}

/// The worst that is to be said.
fn verdict(master: &WatchedMaster) -> Option<(Severity, String, &'static str)> {
    let sentinels = master.other_sentinels + 1;
    let is_down = master.flags.iter().any(|flag| flag == "o_down" || flag == "s_down");
    Some(if is_down {
        (
            Severity::Critical,
            format!("Sentinel holds the master {} for down", master.address),
            "nothing is written until it is back or replaced",
        )
    } else if master.quorum > sentinels {
        let title =
            format!("{} Sentinels must agree that {} is down, and there are {sentinels}", master.quorum, master.name);
        (Severity::High, title, "a master that fails is never replaced")
    } else if master.replicas == 0 {
        (
            Severity::High,
            format!("{} has no replica that could take over", master.name),
            "a master that fails can't be replaced",
        )
    } else if sentinels < 3 {
        let title = if sentinels == 1 {
            "one Sentinel watches alone".to_owned()
        } else {
            format!("{sentinels} Sentinels watch")
        };
        (
            Severity::Medium,
            title,
            "replacing a master takes the majority of all Sentinels: when one of fewer than three is lost with it, nothing happens",
        )
    } else if master.quorum < 2 {
        let title = format!("one of {sentinels} Sentinels is enough to call {} down", master.name);
        (Severity::Low, title, "a single one with a bad line starts a failover of a master that is well")
    } else {
        return None;
    })
}

#[cfg(test)]
mod tests {
    use dbwright_core::Severity;

    use super::verdict;
    use crate::body::WatchedMaster;

    #[test]
    fn the_worst_is_told() {
        let severity = |other_sentinels, quorum, replicas, flag: &str| {
            let flags = vec!["master".to_owned(), flag.to_owned()];
            let master = WatchedMaster { flags, replicas, other_sentinels, quorum, ..WatchedMaster::default() };
            verdict(&master).map(|(severity, ..)| severity)
        };
        assert_eq!(severity(2, 2, 1, ""), None);
        assert_eq!(severity(2, 2, 1, "s_down"), Some(Severity::Critical));
        assert_eq!(severity(1, 3, 1, ""), Some(Severity::High));
        assert_eq!(severity(2, 2, 0, ""), Some(Severity::High));
        assert_eq!(severity(1, 2, 1, ""), Some(Severity::Medium));
        assert_eq!(severity(2, 1, 1, ""), Some(Severity::Low));
    }
}
