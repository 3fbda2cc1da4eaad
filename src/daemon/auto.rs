//! Sources of kind auto: what their address leads to, decided once, remembered, and decided anew
//! when what was found dies.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::settings::Source;
use super::shared::{Shared, TurnError};
use super::survey::{SurveyError, survey};
use crate::article::Outcome;
use crate::config::SourceKind;
use crate::store::FoundSource;

/// After so many bad polls in a row it is looked for anew, and again with each that follows; these
/// come ever more rarely.
const DEAD_AFTER: u32 = 3;

/// Even what answers is looked at anew after this time: feeds are left to rot.
const DECISION_HOLDS: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The list that a source is polled by.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) kind: SourceKind,
    pub(super) url: Url,
}

impl Target {
    /// What the config says, which for a source of kind auto is only where to look.
    pub(super) fn of(source: &Source) -> Target {
        Target {
            kind: source.config.kind,
            url: source.url.clone(),
        }
    }

    fn remembered(found: &FoundSource) -> Option<Target> {
        Some(Target {
            kind: SourceKind::named(&found.kind)?,
            url: Url::parse(&found.url).ok()?,
        })
    }
}

/// The list to poll a source of kind auto by. `failures` counts its bad polls in a row. The error
/// is why there is none.
pub(super) async fn decide(
    shared: &Shared,
    source: &Arc<Source>,
    failures: u32,
) -> Result<Result<Target, (Outcome, String)>, TurnError> {
    let id = &source.config.id;
    let (store, name) = (shared.store.clone(), id.clone());
    let found = shared.blocking(move || store.found_source(&name)).await?;
    let now = Timestamp::now();
    let known = found.as_ref().and_then(Target::remembered);
    let stale = |found: &FoundSource| now.duration_since(found.decided).abs() > DECISION_HOLDS;
    if let Some(target) = &known
        && failures < DEAD_AFTER
        && !found.as_ref().is_some_and(stale)
    {
        return Ok(Ok(target.clone()));
    }
    let target = match survey(&shared.fetcher(), &source.url, now).await {
        Ok(survey) => survey.chosen().map(|best| Target {
            kind: best.kind,
            url: best.url.clone(),
        }),
        Err(error) if known.is_none() => return Ok(Err((outcome(&error), error.to_string()))),
        Err(error) => {
            tracing::debug!(source = %id, %error, "nothing better found");
            None
        }
    };
    let Some(target) = target.or(known) else {
        return Ok(Err((Outcome::Empty, "nothing found".to_owned())));
    };
    tracing::info!(source = %id, kind = target.kind.as_str(), url = %target.url, "decided what to poll");
    let found = FoundSource {
        kind: target.kind.as_str().to_owned(),
        url: target.url.to_string(),
        decided: now,
    };
    shared.store.put_found_source(id.clone(), found).await?;
    Ok(Ok(target))
}

fn outcome(error: &SurveyError) -> Outcome {
    match error {
        SurveyError::Robots(_) => Outcome::Blocked,
        SurveyError::Nothing { .. } => Outcome::Empty,
        SurveyError::Unreachable(_) | SurveyError::Later(_) => Outcome::Error,
    }
}
