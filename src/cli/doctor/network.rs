//! Names, one fetch of each source, and the clock by what the sites say.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use jiff::SignedDuration;
use tokio::net::lookup_host;
use tokio::time::timeout;

use super::{Finding, Findings};
use crate::article::Outcome;
use crate::config::{Config, Source};
use crate::daemon::{self, Sample};
use crate::fetch::Fetcher;

/// Sources looked at side by side; those of one host wait for each other all the same.
const AT_ONCE: usize = 8;

/// How long a name may take.
const NAME: Duration = Duration::from_secs(10);

/// By so much this clock may differ from what most sites say.
const APART: SignedDuration = SignedDuration::from_secs(60);

/// Looks at these sources.
pub(super) async fn look(
    config: &Config,
    sources: Vec<&Source>,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    // A proxy looks names up itself.
    if config.fetch.proxy.is_none() {
        names(&sources, findings).await?;
    }
    let fetcher = Fetcher::new(daemon::policy(&config.fetch))?;
    let fetcher = &fetcher;
    let mut samples = stream::iter(sources)
        .map(|source| async move { (source, daemon::sample(fetcher, source).await) })
        .buffered(AT_ONCE);
    let mut clocks = Vec::new();
    while let Some((source, sample)) = samples.next().await {
        clocks.extend(sample.as_ref().and_then(|sample| sample.clock_ahead));
        findings.add(of_sample(source, sample))?;
    }
    if let Some(finding) = clock(clocks) {
        findings.add(finding)?;
    }
    Ok(())
}

async fn names(sources: &[&Source], findings: &mut Findings) -> anyhow::Result<()> {
    let hosts: BTreeSet<String> = sources
        .iter()
        .filter_map(|source| source.url.domain().map(str::to_owned))
        .collect();
    let count = hosts.len();
    let mut lookups = stream::iter(hosts)
        .map(|host| async move {
            let found = timeout(NAME, lookup_host((host.as_str(), 443))).await;
            let error = match found {
                Ok(Ok(mut addresses)) => match addresses.next() {
                    Some(_) => None,
                    None => Some("it has no address".to_owned()),
                },
                Ok(Err(error)) => Some(error.to_string()),
                Err(_) => Some(format!("no answer within {} s", NAME.as_secs())),
            };
            error.map(|error| format!("{host}: {error}"))
        })
        .buffered(AT_ONCE);
    let mut bad = 0;
    while let Some(error) = lookups.next().await {
        if let Some(error) = error {
            bad += 1;
            let fix = "check its spelling, and this machine's DNS";
            findings.add(Finding::fail("dns", error, fix))?;
        }
    }
    if count > bad {
        findings.add(Finding::ok(
            "dns",
            format!("{} names are known", count - bad),
        ))?;
    }
    Ok(())
}

fn of_sample(source: &Source, sample: Option<Sample>) -> Finding {
    let what = format!("source {}", source.id);
    let Some(sample) = sample else {
        let detail = "its host wants to be left alone for now";
        return Finding::warn(what, detail, "try again later");
    };
    let kind = source.kind.as_str();
    if sample.outcome == Outcome::Content {
        return Finding::ok(what, format!("{kind}: {}", sample.reason));
    }
    let detail = format!("{kind}: {}: {}", sample.outcome.as_str(), sample.reason);
    if source.rendered.is_some() {
        let fix = "it was looked at without the browser; `wirewatch sources` says what came of it with it";
        return Finding::warn(what, detail, fix);
    }
    Finding::fail(what, detail, fix(sample.outcome))
}

fn fix(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Blocked => {
            "ask the site to let wirewatch in, or watch another: `wirewatch sources add URL`"
        }
        Outcome::Consent | Outcome::Paywall => {
            "watch a feed of the site in its place: `wirewatch sources add URL`"
        }
        Outcome::Gone | Outcome::Soft404 => {
            "mend its `url`: `wirewatch sources add SITE` finds where it is now"
        }
        Outcome::Empty => {
            "is its `kind` right? `wirewatch sources add URL` finds out; a page that scripts write needs rendered = true"
        }
        _ => "open its `url` in a browser; if it is right, try again later",
    }
}

/// What this clock is worth by the middle one of what the sites say.
fn clock(mut ahead: Vec<SignedDuration>) -> Option<Finding> {
    ahead.sort_unstable();
    let middle = *ahead.get(ahead.len() / 2)?;
    if middle.abs() <= APART {
        return Some(Finding::ok(
            "clock",
            format!("as that of {} sites", ahead.len()),
        ));
    }
    let (by, way) = (
        middle.abs().as_secs(),
        if middle.is_negative() { "fast" } else { "slow" },
    );
    Some(Finding::warn(
        "clock",
        format!("{by} s {way}, by what {} sites say", ahead.len()),
        "alerts carry wrong times: set up time synchronisation (timedatectl set-ntp true)",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::Level;

    #[test]
    fn the_clock_is_judged_by_the_middle_of_what_sites_say() {
        let of = |seconds: &[i64]| {
            clock(
                seconds
                    .iter()
                    .map(|s| SignedDuration::from_secs(*s))
                    .collect(),
            )
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[0, -1, 9_999]).unwrap().level, Level::Ok);
        let slow = of(&[3_600, 3_601, 0]).unwrap();
        assert_eq!(slow.level, Level::Warn);
        assert!(slow.detail.starts_with("3600 s slow"), "{slow:?}");
        assert!(of(&[-90]).unwrap().detail.starts_with("90 s fast"));
    }
}
