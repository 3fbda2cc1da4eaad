//! `type = "webhook"`: the alert's JSON to an address of the operator's.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Type, receiver_url};
use crate::config::read::{Given, Reader};
use crate::config::secret::Secret;
use crate::config::table::Table;

/// The alert's JSON by POST.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Webhook {
    /// Where to; may hold a token.
    pub url: Secret,
    /// Signs each message, as Standard Webhooks has it: the bytes of the key.
    pub secret: Option<Secret>,
    /// Further headers.
    pub headers: BTreeMap<String, Secret>,
    /// What the body is.
    pub format: WebhookFormat,
}

/// What the body of a webhook is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookFormat {
    /// The alert.
    Json,
    /// The alert in a CloudEvents 1.0 envelope.
    Cloudevents,
}

/// The alert's JSON by POST to an address of yours.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Raw {
    /// Where to; or give `url_file`. Never shown.
    #[schemars(example = &"https://hooks.example.org/wirewatch")]
    url: Option<Given<String>>,
    /// A file that holds `url`.
    #[schemars(example = &"${CREDENTIALS_DIRECTORY}/wirewatch.url")]
    url_file: Option<Given<String>>,
    /// Key to sign with, as Standard Webhooks has it: `whsec_` and base64.
    #[schemars(example = &"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    secret: Option<Given<String>>,
    /// A file that holds `secret`.
    #[schemars(example = &"${CREDENTIALS_DIRECTORY}/wirewatch.secret")]
    secret_file: Option<Given<String>>,
    /// Further headers, each as a string; values are never shown.
    #[schemars(example = serde_json::json!({"Authorization": "Bearer abc"}))]
    headers: Option<BTreeMap<String, Given<String>>>,
    /// The alert's JSON, or the same in a CloudEvents 1.0 envelope.
    #[schemars(extend("enum" = ["json", "cloudevents"], "default" = "json"), example = &"json")]
    format: Option<Given<String>>,
}

impl Type for Raw {
    type Settings = Webhook;

    fn build(reader: &mut Reader<'_>, table: &Table<Raw>) -> Option<Webhook> {
        let raw = &table.raw;
        let url = receiver_url(reader, table, ("url", &raw.url), &raw.url_file);
        let secret = match reader.secret("secret", &raw.secret, &raw.secret_file) {
            Some((secret, span)) => match signing_key(secret.expose()) {
                Ok(()) => Some(secret),
                Err(message) => {
                    let help = "write whsec_ and 24 to 64 bytes in base64: echo \"whsec_$(openssl rand -base64 32)\"";
                    reader.error(span, message, help);
                    None
                }
            },
            None => None,
        };
        let mut headers = BTreeMap::new();
        for (name, value) in raw.headers.iter().flatten() {
            let fits = reqwest::header::HeaderName::from_bytes(name.as_bytes()).is_ok()
                && reqwest::header::HeaderValue::from_str(value.get()).is_ok();
            if !fits {
                reader.error(
                    value.span(),
                    format!("`{name}` cannot be sent as a header"),
                    "names have letters, digits and `-`, values are one line",
                );
                continue;
            }
            let secret = Secret::new(value.get().clone());
            reader.secrets.push(secret.clone());
            headers.insert(name.clone(), secret);
        }
        let format = match raw.format.as_ref() {
            None => Some(WebhookFormat::Json),
            Some(given) => reader.check(given, |text| match text {
                "json" => Ok(WebhookFormat::Json),
                "cloudevents" => Ok(WebhookFormat::Cloudevents),
                _ => Err((
                    "unknown format".to_owned(),
                    "write \"json\" or \"cloudevents\"".to_owned(),
                )),
            }),
        };
        Some(Webhook {
            url: url?,
            secret,
            headers,
            format: format?,
        })
    }
}

/// Whether this is a key as Standard Webhooks writes them.
fn signing_key(text: &str) -> Result<(), &'static str> {
    use base64::Engine as _;
    let key = text.strip_prefix("whsec_").ok_or("not a signing key")?;
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(key)
        .map_err(|_| "the signing key is not base64")?;
    match bytes.len() {
        24..=64 => Ok(()),
        _ => Err("the signing key is too short or too long"),
    }
}
