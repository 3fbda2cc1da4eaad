//! `type = "teams"`: a channel or chat of Microsoft Teams, by a workflow.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Type, receiver_url};
use crate::config::read::{Given, Reader};
use crate::config::secret::Secret;
use crate::config::table::Table;

/// A channel or chat of Microsoft Teams.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Teams {
    /// Of the workflow.
    pub url: Secret,
}

/// A channel or chat of Microsoft Teams, by a workflow.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Raw {
    /// Address of a workflow "Send webhook alerts to a channel" (or "to a chat"); or
    /// give `url_file`. Never shown.
    #[schemars(example = &"https://prod-00.westeurope.logic.azure.com/workflows/abcd/triggers/manual/paths/invoke?sig=abcd")]
    url: Option<Given<String>>,
    /// A file that holds `url`.
    #[schemars(example = &"${CREDENTIALS_DIRECTORY}/wirewatch.url")]
    url_file: Option<Given<String>>,
}

impl Type for Raw {
    type Settings = Teams;

    fn build(reader: &mut Reader<'_>, table: &Table<Raw>) -> Option<Teams> {
        let raw = &table.raw;
        let url = receiver_url(reader, table, ("url", &raw.url), &raw.url_file)?;
        if url.expose().contains(".webhook.office.com/") {
            let span = raw.url.as_ref().or(raw.url_file.as_ref());
            reader.warning(
                span.map_or(table.span.clone(), Given::span),
                "this is an Office 365 connector, which Microsoft has retired",
                "make a workflow in Teams, \"Send webhook alerts to a channel\", and give its address",
            );
        }
        Some(Teams { url })
    }
}
