//! The config in the shape the daemon works with.

use std::collections::HashMap;
use std::sync::Arc;

use url::Url;

use super::reading;
use crate::config::{self, Config, Recheck, SourceKind};
use crate::detect::Engine;
use crate::extract::Rules;
use crate::fetch::{Network, Policy};
use crate::source::pattern::Pattern;
use crate::source::section::SectionRules;
use crate::store::{Retention, Signs, SourceEntry};
use crate::watch::Watch;

/// What a reload replaces as a whole.
pub(super) struct Settings {
    pub(super) sources: HashMap<String, Arc<Source>>,
    pub(super) watches: Vec<Watch>,
    /// Detection with the operator's own kinds.
    pub(super) engine: Arc<Engine>,
    pub(super) config: Config,
}

/// A source with its rules in usable form.
pub(super) struct Source {
    pub(super) config: config::Source,
    pub(super) url: Url,
    pub(super) rules: Rules,
    pub(super) links: SectionRules,
}

impl Settings {
    /// What is as it was in `before` is taken from there. Fails only if the engine cannot be built,
    /// with the reason.
    pub(super) fn new(config: Config, before: Option<&Settings>) -> Result<Settings, String> {
        let engine = match before.filter(|before| before.config.kinds == config.kinds) {
            Some(before) => before.engine.clone(),
            None => Arc::new(Engine::new(&config.kinds)?),
        };
        let known = |source: &config::Source| {
            let known = before?.sources.get(&source.id)?;
            (known.config == *source).then(|| known.clone())
        };
        let sources = config
            .sources
            .iter()
            .map(|source| {
                let made = || Arc::new(Source::new(source.clone()));
                (source.id.clone(), known(source).unwrap_or_else(made))
            })
            .collect();
        let watches = config.watches.iter().map(watch).collect();
        Ok(Settings {
            sources,
            watches,
            engine,
            config,
        })
    }

    /// The sources as the store keeps them, in the order of the config.
    pub(super) fn entries(&self) -> Vec<SourceEntry> {
        let entry = |source: &config::Source| SourceEntry {
            id: source.id.clone(),
            kind: source.kind.as_str().to_owned(),
            url: crate::source::canonical(&source.url).into(),
            is_article: source.kind == SourceKind::Article,
            alert_on_first_sight: source.alert_on_first_sight,
            longest: match source.recheck {
                _ if source.kind == SourceKind::Article => Some(source.interval),
                Recheck::Auto => None,
                Recheck::Every(every) => Some(every),
            },
        };
        self.config.sources.iter().map(entry).collect()
    }

    /// A way out for each notifier of the config.
    pub(super) fn notifiers(&self) -> Vec<config::Notifier> {
        self.config.notifiers.clone()
    }

    /// An empty list of signs of a source's health.
    pub(super) fn signs(&self, source: &Source) -> Signs {
        Signs {
            subject: format!("source {}", source.config.id),
            source: Some((source.config.id.clone(), source.config.url.to_string())),
            signs: Vec::new(),
            notifiers: self.told_of_troubles(),
        }
    }

    /// What can be in trouble, and the selectors of each.
    pub(super) fn subjects(&self) -> Vec<(String, Vec<String>)> {
        let sources = self.config.sources.iter().map(|source| {
            let css = source.select.iter().chain(&source.remove);
            let selectors = css.map(|css| reading::selector_name(css));
            (format!("source {}", source.id), selectors.collect())
        });
        let notifiers = self.config.notifiers.iter();
        let notifiers = notifiers.map(|n| (format!("notifier {}", n.name), Vec::new()));
        let daemon = ("daemon".to_owned(), Vec::new());
        sources.chain(notifiers).chain([daemon]).collect()
    }

    /// Names of the notifiers that are told of troubles.
    pub(super) fn told_of_troubles(&self) -> Vec<String> {
        let told = self.config.notifiers.iter().filter(|n| n.health);
        told.map(|n| n.name.clone()).collect()
    }

    /// The manners of all requests.
    pub(super) fn policy(&self) -> Policy {
        policy(&self.config.fetch)
    }
}

/// The manners of all requests under a config.
pub fn policy(fetch: &config::Fetch) -> Policy {
    Policy {
        user_agent: fetch.user_agent.clone(),
        allow_private: fetch.allow_private.iter().filter_map(network).collect(),
        per_host_delay: fetch.per_host_delay,
        per_host_concurrency: fetch.per_host_concurrency,
        connect_timeout: fetch.connect_timeout,
        first_byte_timeout: fetch.first_byte_timeout,
        total_timeout: fetch.timeout,
        max_body_bytes: usize::try_from(fetch.max_body).unwrap_or(usize::MAX),
        max_redirects: fetch.max_redirects,
        proxy: fetch
            .proxy
            .as_ref()
            .and_then(|p| Url::parse(p.expose()).ok()),
        respect_robots: fetch.respect_robots,
        ..Policy::default()
    }
}

/// How much of the history the config keeps.
pub fn retention(store: &config::Store) -> Retention {
    Retention {
        history: store.keep_history,
        revisions: store.keep_revisions,
        fetches: store.keep_fetches,
    }
}

impl Source {
    pub(super) fn new(config: config::Source) -> Source {
        Source {
            url: crate::source::canonical(&config.url),
            rules: Rules {
                select: config.select.clone(),
                remove: config.remove.clone(),
            },
            links: SectionRules {
                same_site: config.same_site,
                include: patterns(&config.include),
                exclude: patterns(&config.exclude),
                cap: config.max_articles,
            },
            config,
        }
    }

    /// A fixed interval for the articles it led to, if the operator set one.
    pub(super) fn fixed_recheck(&self) -> Option<std::time::Duration> {
        match self.config.recheck {
            _ if self.config.kind == SourceKind::Article => Some(self.config.interval),
            Recheck::Auto => None,
            Recheck::Every(every) => Some(every),
        }
    }
}

fn network(network: &config::Network) -> Option<Network> {
    Network::parse(&format!("{}/{}", network.addr, network.prefix)).ok()
}

/// The config has checked them.
fn patterns(texts: &[String]) -> Vec<Pattern> {
    texts
        .iter()
        .filter_map(|text| Pattern::parse(text).ok())
        .collect()
}

fn watch(watch: &config::Watch) -> Watch {
    Watch {
        name: watch.name.clone(),
        any: watch.any.clone(),
        all: watch.all.clone(),
        none: watch.none.clone(),
        kinds: watch.kinds.clone(),
        sources: watch.sources.clone(),
        tags: watch.tags.clone(),
        min_confidence: watch.min_confidence,
        notify: watch.notify.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn config(text: &str) -> Config {
        let head = "[fetch]\nuser_agent = \"w (+mailto:desk@example.com)\"\n";
        config::parse(&format!("{head}{text}"), Path::new("w.toml"), &|_| None).unwrap()
    }

    fn source(id: &str, interval: &str) -> String {
        format!(
            "[[source]]\nid = \"{id}\"\nkind = \"feed\"\nurl = \"https://example.org/{id}\"\ninterval = \"{interval}\"\n"
        )
    }

    #[test]
    fn what_has_not_changed_is_taken_over() {
        let (a, b) = (source("a", "1m"), source("b", "1m"));
        let old = Settings::new(config(&format!("{a}{b}")), None).unwrap();
        let slower = source("b", "2m");
        let new = Settings::new(config(&format!("{a}{slower}")), Some(&old)).unwrap();
        assert!(Arc::ptr_eq(&old.engine, &new.engine));
        assert!(Arc::ptr_eq(&old.sources["a"], &new.sources["a"]));
        assert!(!Arc::ptr_eq(&old.sources["b"], &new.sources["b"]));

        let kind = "[[kind]]\nname = \"strike\"\nphrases = [\"hunger strike begins\"]\nexamples = [\"Hunger strike begins\"]\n";
        let other = Settings::new(config(&format!("{a}{b}{kind}")), Some(&old)).unwrap();
        assert!(!Arc::ptr_eq(&old.engine, &other.engine));
    }
}
