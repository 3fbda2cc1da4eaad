//! The TOML file: read, checked, explained.
