//! One run at a time for each server, and for the machine's package manager.
//!
//! A lock on a file ends with the process that holds it, so a crash leaves nothing to clean up.

use std::fs::{self, File, TryLockError};

use dbwright_testkit::cache;

use crate::Done;

/// Holds until dropped.
pub(crate) struct Lock(#[expect(dead_code, reason = "the open file is the lock")] File);

/// Waits for the lock of this name.
pub(crate) fn take(name: &str) -> Done<Lock> {
    locked(name, File::lock)
}

/// Waits until nobody has the lock of this name alone, and shares it.
pub(crate) fn share(name: &str) -> Done<Lock> {
    locked(name, File::lock_shared)
}

/// The lock of this name, when nobody has or shares it.
pub(crate) fn take_if_free(name: &str) -> Done<Option<Lock>> {
    let (file, shown) = open(name)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Lock(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(e)) => Err(format!("{shown}: {e}")),
    }
}

fn locked(name: &str, how: impl Fn(&File) -> std::io::Result<()>) -> Done<Lock> {
    let (file, shown) = open(name)?;
    how(&file).map_err(|e| format!("{shown}: {e}"))?;
    Ok(Lock(file))
}

/// The lock's file and its path for messages.
fn open(name: &str) -> Done<(File, String)> {
    let folder = cache::folder().join("locks");
    let path = folder.join(name);
    let shown = path.display().to_string();
    let file = fs::create_dir_all(&folder).and_then(|()| File::create(&path));
    Ok((file.map_err(|e| format!("{shown}: {e}"))?, shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_lock_is_not_free_until_the_last_has_let_go() {
        let name = format!("test-{}", std::process::id());
        let (first, second) = (share(&name).expect("free"), share(&name).expect("shared"));
        drop(first);
        assert!(take_if_free(&name).expect("it can be asked").is_none());
        drop(second);
        assert!(take_if_free(&name).expect("it can be asked").is_some());
        fs::remove_file(cache::folder().join("locks").join(name)).expect("it is there");
    }
}
