//! `type = "exec"`: a program of the operator's.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Type;
use crate::config::read::{Given, Reader};
use crate::config::secret::Secret;
use crate::config::table::Table;

/// A program that is run for each message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exec {
    /// The program and its arguments; no shell reads them.
    pub command: Vec<String>,
    /// What it finds in its environment beside the alert.
    pub env: BTreeMap<String, Secret>,
}

/// A program of yours, run for each message: the alert as JSON on its standard input.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Raw {
    /// The program, found by its path or in `PATH`, and its arguments, as they are: no shell reads
    /// them. `timeout` ends it with everything it started.
    #[schemars(required, example = &["/usr/local/bin/tell-desk", "--channel", "politics"])]
    command: Option<Vec<Given<String>>>,
    /// Variables for its environment, each as a string; values are never shown. Of wirewatch's own
    /// environment it sees but PATH, HOME, USER, LANG and TZ.
    #[schemars(example = serde_json::json!({"DESK_TOKEN": "abc"}))]
    env: Option<BTreeMap<String, Given<String>>>,
}

impl Type for Raw {
    type Settings = Exec;

    fn build(reader: &mut Reader<'_>, table: &Table<Raw>) -> Option<Exec> {
        let help = "the program and its arguments: command = [\"/usr/local/bin/tell-desk\"]";
        let given = reader.require(table, "command", &table.raw.command, help)?;
        if given.first().is_none_or(|g| g.get().trim().is_empty()) {
            reader.error(table.span.clone(), "`command` names no program", help);
            return None;
        }
        let mut command = Vec::new();
        for part in given {
            if part.get().contains('\0') {
                reader.error(part.span(), "an argument cannot hold a zero byte", "");
                return None;
            }
            command.push(part.get().clone());
        }
        let mut env = BTreeMap::new();
        for (name, value) in table.raw.env.iter().flatten() {
            let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let good = !name.is_empty() && name.chars().all(fits) && !value.get().contains('\0');
            if !good || name.starts_with("WIREWATCH_") {
                let help = "letters, digits and `_`; what begins with WIREWATCH_ is wirewatch's";
                reader.error(value.span(), format!("`{name}` cannot be set"), help);
                continue;
            }
            let secret = Secret::new(value.get().clone());
            reader.secrets.push(secret.clone());
            env.insert(name.clone(), secret);
        }
        Some(Exec { command, env })
    }
}
