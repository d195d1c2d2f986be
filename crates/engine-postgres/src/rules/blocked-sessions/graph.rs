//! Who waits for whom, as a graph: its roots, and everybody behind each of them.
//!
//! A root blocks others and waits for nobody: ending it is what sets the others free. Sessions that wait
//! for each other in a circle have no root; they are given as one group that is led by its smallest pid.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::body::LockWait;

/// Everybody behind one root, or one circle.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// The pid to begin with; 0 stands for a prepared transaction.
    pub(super) root: i32,
    /// The circle, in the order of waiting, the root first; empty when the root waits for nobody.
    pub(super) circle: Vec<i32>,
    /// Who waits, nearest first, each with the pid through which it hangs on the root.
    pub(super) waiters: Vec<(i32, i32)>,
}

impl Group {
    /// The longest way to the root: the root first, the last in line last.
    pub(super) fn longest_chain(&self) -> Vec<i32> {
        let Some(&(mut at, mut next)) = self.waiters.last() else { return vec![self.root] };
        let towards: BTreeMap<i32, i32> = self.waiters.iter().copied().collect();
        let mut chain = vec![at];
        while at != self.root && chain.len() <= self.waiters.len() {
            chain.push(next);
            at = next;
            next = towards.get(&at).copied().unwrap_or(self.root);
        }
        chain.reverse();
        chain
    }
}

/// The groups, by root.
pub(super) fn groups(waits: &[LockWait]) -> Vec<Group> {
    let waiting: BTreeMap<i32, &[i32]> = waits.iter().map(|wait| (wait.pid, wait.blocked_by.as_slice())).collect();
    let mut behind: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for (&pid, blockers) in &waiting {
        for &blocker in *blockers {
            behind.entry(blocker).or_default().push(pid);
        }
    }
    let roots = behind.keys().copied().filter(|pid| !waiting.contains_key(pid));
    let mut groups: Vec<_> = roots.map(|root| group(root, Vec::new(), &behind)).collect();
    let mut reached: BTreeSet<i32> = groups.iter().flat_map(|g| g.waiters.iter().map(|(pid, _)| *pid)).collect();
    for (&pid, blockers) in &waiting {
        if blockers.is_empty() || reached.contains(&pid) {
            continue;
        }
        let circle = circle(pid, &waiting);
        let found = group(circle[0], circle, &behind);
        reached.extend(found.waiters.iter().map(|(pid, _)| *pid).chain([found.root]));
        groups.push(found);
    }
    groups
}

/// Everybody behind `root`, nearest first.
fn group(root: i32, circle: Vec<i32>, behind: &BTreeMap<i32, Vec<i32>>) -> Group {
    let mut waiters = Vec::new();
    let mut seen = BTreeSet::from([root]);
    let mut next = VecDeque::from([root]);
    while let Some(pid) = next.pop_front() {
        for &waiter in behind.get(&pid).into_iter().flatten() {
            if seen.insert(waiter) {
                waiters.push((waiter, pid));
                next.push_back(waiter);
            }
        }
    }
    Group { root, circle, waiters }
}

/// The circle that a pid leads to when no way from it ends at a root: its smallest pid first.
fn circle(from: i32, waiting: &BTreeMap<i32, &[i32]>) -> Vec<i32> {
    let mut path = vec![from];
    loop {
        let at = path[path.len() - 1];
        let Some(&next) = waiting.get(&at).and_then(|blockers| blockers.first()) else { return path };
        if let Some(start) = path.iter().position(|&pid| pid == next) {
            let mut circle = path.split_off(start);
            let smallest = circle.iter().enumerate().min_by_key(|(_, pid)| **pid).map_or(0, |(at, _)| at);
            circle.rotate_left(smallest);
            return circle;
        }
        path.push(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(pairs: &[(i32, &[i32])]) -> Vec<LockWait> {
        let wait = |(pid, blocked_by): &(i32, &[i32])| LockWait {
            pid: *pid,
            blocked_by: blocked_by.to_vec(),
            mode: None,
            lock_type: None,
            relation: None,
            wait_s: None,
        };
        pairs.iter().map(wait).collect()
    }

    #[test]
    fn a_chain_is_one_group_at_its_root() {
        let found = groups(&waits(&[(2, &[1]), (3, &[2]), (4, &[2]), (5, &[4])]));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].root, found[0].waiters.as_slice()), (1, [(2, 1), (3, 2), (4, 2), (5, 4)].as_slice()));
        assert_eq!(found[0].longest_chain(), [1, 2, 4, 5]);
    }

    #[test]
    fn who_waits_for_two_roots_is_behind_both() {
        let found = groups(&waits(&[(3, &[1, 2])]));
        assert_eq!(
            found.iter().map(|g| (g.root, g.waiters.clone())).collect::<Vec<_>>(),
            [(1, vec![(3, 1)]), (2, vec![(3, 2)])]
        );
    }

    #[test]
    fn a_circle_is_one_group_with_those_who_wait_for_it() {
        let found = groups(&waits(&[(7, &[9]), (9, &[8]), (8, &[7]), (10, &[9])]));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].root, found[0].circle.as_slice()), (7, [7, 9, 8].as_slice()));
        assert_eq!(found[0].waiters.iter().map(|(pid, _)| *pid).collect::<BTreeSet<_>>(), BTreeSet::from([8, 9, 10]));
        assert!(found[0].longest_chain().len() <= 4);
    }

    #[test]
    fn a_circle_that_also_waits_for_a_root_belongs_to_the_root() {
        let found = groups(&waits(&[(2, &[3, 1]), (3, &[2])]));
        assert_eq!(found.iter().map(|g| g.root).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn nobody_waits_and_waits_without_blockers_yield_nothing() {
        assert!(groups(&[]).is_empty());
        assert!(groups(&waits(&[(1, &[])])).is_empty());
        assert_eq!(groups(&waits(&[(1, &[1])])).len(), 1, "a pid that blocks itself must not hang");
    }
}
