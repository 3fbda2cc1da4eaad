//! Values that must not be shown.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;

use super::read::{Given, Reader, reason};

/// A password, token or URL with one in it. Neither `Debug` nor `Display` nor serialising shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// What stands in place of a secret wherever it would be shown.
pub const HIDDEN: &str = "(hidden)";

impl Secret {
    /// Wraps a secret.
    pub fn new(value: String) -> Secret {
        Secret(value)
    }

    /// The secret itself, for the one who uses it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl serde::Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = HASH.with_borrow(|hash| match hash {
            Some(hash) => hash(&self.0),
            None => HIDDEN.to_owned(),
        });
        serializer.serialize_str(&text)
    }
}

type Hash = Box<dyn Fn(&str) -> String>;

thread_local! {
    /// What stands for secrets while a config is serialised for comparison.
    static HASH: RefCell<Option<Hash>> = const { RefCell::new(None) };
}

/// Does `work` on this thread with secrets serialised as what `hash` makes of them. Serde has no
/// other way to hand it down to wherever in a config a secret may be.
pub(super) fn hashed<T>(hash: impl Fn(&str) -> String + 'static, work: impl FnOnce() -> T) -> T {
    struct Restore;
    impl Drop for Restore {
        fn drop(&mut self) {
            HASH.set(None);
        }
    }
    HASH.set(Some(Box::new(hash)));
    let _restore = Restore;
    work()
}

impl Reader<'_> {
    /// A secret: given in place, or as the name of a file that holds it.
    pub(super) fn secret(
        &mut self,
        key: &str,
        value: &Option<Given<String>>,
        file: &Option<Given<String>>,
    ) -> Option<(Secret, Range<usize>)> {
        let found = self.secret_of(key, value, file);
        self.secrets
            .extend(found.iter().map(|(secret, _)| secret.clone()));
        found
    }

    fn secret_of(
        &mut self,
        key: &str,
        value: &Option<Given<String>>,
        file: &Option<Given<String>>,
    ) -> Option<(Secret, Range<usize>)> {
        match (value, file) {
            (Some(_), Some(file)) => {
                self.error(
                    file.span(),
                    format!("`{key}` and `{key}_file` are both given"),
                    "keep one of them",
                );
                None
            }
            (Some(value), None) => Some((Secret::new(value.get().clone()), value.span())),
            (None, Some(file)) => {
                let path = self.path(file);
                match std::fs::read_to_string(&path) {
                    Ok(text) if text.trim().is_empty() => {
                        self.error(
                            file.span(),
                            "the file is empty",
                            format!("put the value of `{key}` into it"),
                        );
                        None
                    }
                    Ok(text) => Some((
                        Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()),
                        file.span(),
                    )),
                    Err(error) => {
                        let message =
                            format!("failed to read `{}`: {}", path.display(), reason(&error));
                        self.error(
                            file.span(),
                            message,
                            format!("`{key}_file` names a file that holds the value of `{key}`"),
                        );
                        None
                    }
                }
            }
            (None, None) => None,
        }
    }
}
