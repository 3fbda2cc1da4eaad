//! The effective config as text: what `wirewatch check --print` shows. Secrets are hidden.

use std::fmt::Display;
use std::time::Duration;

use serde::Serializer;
use url::Url;

use super::Config;
use super::value::{show_duration, show_size};

impl Config {
    /// The config with every default filled in, as TOML that loads again (but for its secrets).
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }
}

pub(super) fn duration<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&show_duration(*value))
}

pub(super) fn size<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&show_size(*value))
}

pub(super) fn url<S: Serializer>(value: &Url, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(value.as_str())
}

pub(super) fn displayed<S: Serializer, T: Display>(
    values: &[T],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().map(T::to_string))
}

pub(super) fn is_some<S: Serializer, T>(
    value: &Option<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_bool(value.is_some())
}
