//! wirewatch tells you when the story changes, not when the page changes.
//!
//! Data goes one way:
//!
//! ```text
//! Source -> Fetch -> Article -> Revision -> Edits -> Developments -> Story -> Alert -> Delivery
//! schedule  fetch    extract    store       diff     detect          story    watch    notify
//! ```
//!
//! The map, lowest first. A module may use those above it in this table, never those below.
//!
//! | module | subject | may use besides |
//! |---|---|---|
//! | [`article`], [`alert`] | the nouns everyone shares | nothing |
//! | [`files`] | files that appear whole or not at all | file system |
//! | [`text`] | sentences, normalising, numbers, dates | nothing |
//! | [`extract`], [`diff`], [`detect`] | the pure middle: values in, values out | no clock, network, database, async |
//! | [`watch`] | which developments become alerts | nothing |
//! | [`metrics`] | figures for Prometheus, a function each, the names in one place | nothing |
//! | [`health`] | signs that a source, a notifier or the daemon is in trouble | nothing |
//! | [`message`] | what a notifier is handed: wording, and when it goes | a template engine |
//! | [`config`] | the TOML file, checked | file system |
//! | [`fetch`], [`source`], [`store`], [`notify`] | the edges: I/O, nothing of language | network, database, files |
//! | [`archive`] | raw pages kept as evidence, in WARC files | file system |
//! | [`render`] | pages as a browser shows them | [`fetch`], a browser |
//! | [`web`] | HTTP: how the daemon does | [`store`], network |
//! | [`schedule`] | when, and how politely | nothing: time comes in as a value |
//! | [`daemon`] | the wiring of all that, supervision, reload, shutdown | everything above |
//! | [`demo`] | a small newsroom to watch | nothing of the product |
//! | [`cli`] | the commands, a file each | everything above |

pub mod alert;
pub mod archive;
pub mod article;
pub mod cli;
pub mod config;
pub mod daemon;
pub mod demo;
pub mod detect;
pub mod diff;
pub mod extract;
pub mod fetch;
pub mod files;
pub mod health;
pub mod message;
pub mod metrics;
pub mod notify;
pub mod render;
pub mod schedule;
pub mod source;
pub mod store;
pub mod text;
pub mod watch;
pub mod web;
