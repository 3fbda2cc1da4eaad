//! `wirewatch sources add URL`: what to write into the config to watch a site.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use jiff::Timestamp;
use serde_json::json;
use url::Url;

use super::common::{ConfigArg, show};
use super::{FORBIDDEN, UNAVAILABLE, USAGE};
use crate::config::Config;
use crate::daemon::{self, Candidate, Survey, SurveyError};
use crate::fetch::Fetcher;
use crate::source::Link;

/// Articles shown as samples.
const SAMPLES: usize = 3;

/// The longest id that a config takes.
const LONGEST_ID: usize = 64;

/// Find where a site lists its articles, and print the source to put into the config.
///
/// Looks for its feed, its news sitemap, or links on the page itself, asking politely. The output is
/// TOML: `wirewatch sources add URL >> wirewatch.toml`. The config is only read, for its table `fetch`
/// and the ids that are taken.
///
/// Exit codes: 0 found, 1 nothing found, 64 not a URL, 69 the site cannot be reached, 77 its
/// robots.txt forbids it, 78 the config is wrong.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The address of a site, of a section of it, or of a feed or sitemap
    url: String,
    #[command(flatten)]
    config: ConfigArg,
    /// Print one JSON object instead of TOML
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let url = match address(&args.url) {
        Ok(url) => url,
        Err(why) => {
            eprintln!("wirewatch: {:?} {why}", args.url);
            return Ok(ExitCode::from(USAGE));
        }
    };
    let config = args.config.load_if_any()?;
    let fetch = config.as_ref().map(|c| c.fetch.clone()).unwrap_or_default();
    let fetcher = Fetcher::new(daemon::policy(&fetch))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("failed to start the async runtime")?;
    let now = Timestamp::now();
    let surveyed = runtime.block_on(daemon::survey(&fetcher, &url, now));
    runtime.shutdown_background();
    let survey = match surveyed {
        Ok(survey) => survey,
        Err(error) => {
            eprintln!("wirewatch: {error}");
            return Ok(ExitCode::from(match error {
                SurveyError::Nothing { .. } => 1,
                SurveyError::Robots(_) => FORBIDDEN,
                SurveyError::Unreachable(_) | SurveyError::Later(_) => UNAVAILABLE,
            }));
        }
    };
    let Some(best) = survey.chosen() else {
        return Ok(ExitCode::FAILURE);
    };
    let block = block(best, &url, config.as_ref());
    let mut out = std::io::stdout().lock();
    match args.json {
        true => writeln!(out, "{}", as_json(&url, &survey, best, &block))?,
        false => write!(
            out,
            "{}",
            as_toml(&url, &survey, best, &block, config.as_ref())
        )?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The address as a person types it: the scheme may be missing.
fn address(text: &str) -> Result<Url, &'static str> {
    let whole = match text.contains("://") {
        true => text.to_owned(),
        false => format!("https://{text}"),
    };
    let url = Url::parse(&whole).map_err(|_| "is not a URL; give it as a browser shows it")?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        _ => Err("cannot be watched; only http and https can"),
    }
}

/// What goes into the config.
struct Block {
    id: String,
    toml: String,
}

fn block(best: &Candidate, url: &Url, config: Option<&Config>) -> Block {
    let taken = |id: &str| config.is_some_and(|c| c.sources.iter().any(|s| s.id == id));
    let plain = name_for(url);
    let id = match taken(&plain) {
        false => plain,
        true => (2..)
            .map(|n| format!("{plain}-{n}"))
            .find(|id| !taken(id))
            .unwrap_or(plain),
    };
    let toml = format!(
        "[[source]]\nid = \"{id}\"\nkind = \"{}\"\nurl = \"{}\"\n",
        best.kind.as_str(),
        // A URL has neither quotes nor backslashes left that are not escaped.
        best.url
    );
    Block { id, toml }
}

/// `https://www.example.org/world/` -> `example.org-world`.
fn name_for(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host);
    let mut name = String::new();
    for c in format!("{host}/{}", url.path()).chars() {
        match c {
            'a'..='z' | '0'..='9' | '.' => name.push(c),
            'A'..='Z' => name.push(c.to_ascii_lowercase()),
            _ if name.is_empty() || name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    name.truncate(LONGEST_ID - 4);
    name.trim_matches(['-', '.']).to_owned()
}

fn as_toml(
    url: &Url,
    survey: &Survey,
    best: &Candidate,
    block: &Block,
    config: Option<&Config>,
) -> String {
    let mut out = format!("\n# {url}\n# found, the best first:\n");
    for c in &survey.candidates {
        out.push_str(&format!(
            "#   {:<8} {}  ({}; {})\n",
            c.kind.as_str(),
            c.url,
            c.by.phrase(),
            c.describe()
        ));
    }
    if let Some(known) = config.and_then(|c| c.sources.iter().find(|s| s.url == best.url)) {
        out.push_str(&format!("# watched already, as the source {}\n", known.id));
    }
    out.push_str("# some of its articles:\n");
    for Link {
        url,
        title,
        published,
    } in best.articles.iter().take(SAMPLES)
    {
        let date = published.map_or(String::new(), |at| format!("{}  ", show(at)));
        let title = title.as_deref().unwrap_or("(no title)");
        out.push_str(&format!("#   {date}{title}\n#     {url}\n"));
    }
    out.push_str(&block.toml);
    out
}

fn as_json(url: &Url, survey: &Survey, best: &Candidate, block: &Block) -> serde_json::Value {
    let candidate = |c: &Candidate| {
        json!({
            "kind": c.kind.as_str(), "url": c.url.as_str(), "by": c.by.phrase(),
            "articles": c.articles.len(), "newest": c.newest, "news": c.is_news,
            "chosen": std::ptr::eq(c, best), "problem": c.problem,
        })
    };
    let sample =
        |l: &Link| json!({"url": l.url.as_str(), "title": l.title, "published": l.published});
    json!({
        "url": url.as_str(),
        "source": {"id": block.id, "kind": best.kind.as_str(), "url": best.url.as_str()},
        "toml": block.toml,
        "candidates": survey.candidates.iter().map(candidate).collect::<Vec<_>>(),
        "samples": best.articles.iter().take(SAMPLES).map(sample).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_named_after_its_address() {
        for (url, want) in [
            ("https://www.Example.org/", "example.org"),
            (
                "https://news.example.org/world/Europe_2/?x=1",
                "news.example.org-world-europe-2",
            ),
            ("http://127.0.0.1:8080/", "127.0.0.1"),
            ("http://[::1]/", "1"),
        ] {
            assert_eq!(name_for(&Url::parse(url).unwrap()), want);
        }
        let long = format!("https://example.org/{}", "a/".repeat(100));
        assert!(name_for(&Url::parse(&long).unwrap()).len() <= 60);
    }

    #[test]
    fn an_address_may_lack_its_scheme() {
        assert_eq!(
            address("example.org/world").unwrap().as_str(),
            "https://example.org/world"
        );
        assert!(address("ftp://example.org").is_err());
        assert!(address("not a url").is_err());
    }
}
