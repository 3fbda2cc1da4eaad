//! A config as it is kept and compared: what a daemon runs with, and what a reload would change.
//!
//! Holds no secret: of each there is a salted hash, by which a change is seen.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::secret::{HIDDEN, hashed};
use super::{Config, Source};

/// What a change of needs a restart: table and key.
const RESTART: [(&str, &str); 1] = [("store", "path")];

/// A config without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// What secrets are hashed with.
    salt: String,
    tables: Tables,
}

/// By table the entries by name, each as JSON; a table that is no list has one without name.
type Tables = BTreeMap<String, BTreeMap<String, String>>;

/// What differs between two configs, in the order of tables and names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// One for each entry of a list, or table, that differs.
    pub entries: Vec<Entry>,
}

/// One entry that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The table: "source", "fetch".
    pub table: String,
    /// Which of a list; empty where the table is no list.
    pub name: String,
    /// What becomes of it.
    pub change: Change,
    /// The keys that differ, where it is changed.
    pub keys: Vec<Key>,
}

/// What becomes of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It has other values.
    Changed,
}

/// A key with another value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Key {
    /// Its name.
    pub key: String,
    /// What it was; null if it was not set. A secret is "(hidden)".
    pub old: Value,
    /// What it is now.
    pub new: Value,
    /// A running daemon refuses this change.
    pub restart: bool,
}

impl Snapshot {
    /// The config as text to be kept, for [`Snapshot::read`]. Never in memory as anything else:
    /// there may be a hundred thousand sources.
    pub fn text(config: &Config) -> Result<String, serde_json::Error> {
        let salt = salt();
        let mut text = serde_json::to_string(&salt)?;
        each(config, &salt, &|_| true, &mut |table, name, entry| {
            let head = serde_json::to_string(&(table, name)).unwrap_or_default();
            text.extend(["\n", &head, "\n", &entry]);
        })?;
        Ok(text)
    }

    /// Reads what [`Snapshot::text`] wrote.
    pub fn read(text: &str) -> Result<Snapshot, serde_json::Error> {
        let mut lines = text.lines();
        let salt = serde_json::from_str(lines.next().unwrap_or_default())?;
        let mut tables = Tables::new();
        while let (Some(head), Some(entry)) = (lines.next(), lines.next()) {
            let (table, name): (String, String) = serde_json::from_str(head)?;
            let entries = tables.entry(table).or_default();
            entries.insert(name, entry.to_owned());
        }
        Ok(Snapshot { salt, tables })
    }

    /// What differs in `config` from what this was made of.
    pub fn diff(&self, config: &Config) -> Result<Diff, serde_json::Error> {
        let new = tables(config, &self.salt, &|_| true)?;
        Diff::of(&self.tables, &new)
    }
}

fn salt() -> String {
    std::iter::repeat_with(fastrand::alphanumeric)
        .take(32)
        .collect()
}

fn tables(
    config: &Config,
    salt: &str,
    wanted: &dyn Fn(&Source) -> bool,
) -> Result<Tables, serde_json::Error> {
    let mut tables = Tables::new();
    each(config, salt, wanted, &mut |table, name, entry| {
        let entries = tables.entry(table.to_owned()).or_default();
        entries.insert(name.to_owned(), entry);
    })?;
    Ok(tables)
}

/// Hands every entry of the config to `take`: its table, its name, and itself as JSON with its
/// secrets hashed.
fn each(
    config: &Config,
    salt: &str,
    wanted: &dyn Fn(&Source) -> bool,
    take: &mut dyn FnMut(&str, &str, String),
) -> Result<(), serde_json::Error> {
    // A table that is added here is added to Config::means_the_same.
    let Config {
        path: _,
        files: _,
        warnings: _,
        store,
        fetch,
        defaults,
        sources,
        kinds,
        watches,
        notifiers,
        web,
    } = config;
    let with = salt.to_owned();
    let hash = move |secret: &str| {
        let digest = Sha256::digest(format!("{with}{secret}"));
        let hex: String = digest.iter().map(|b| format!("{b:02x}")).collect();
        format!("{HIDDEN} {hex}")
    };
    hashed(hash, || {
        take("store", "", serde_json::to_string(store)?);
        take("fetch", "", serde_json::to_string(fetch)?);
        take("defaults", "", serde_json::to_string(defaults)?);
        take("web", "", serde_json::to_string(web)?);
        for source in sources.iter().filter(|source| wanted(source)) {
            take("source", &source.id, serde_json::to_string(source)?);
        }
        for kind in kinds {
            take("kind", &kind.name, serde_json::to_string(kind)?);
        }
        for watch in watches {
            take("watch", &watch.name, serde_json::to_string(watch)?);
        }
        for notifier in notifiers {
            take("notify", &notifier.name, serde_json::to_string(notifier)?);
        }
        Ok(())
    })
}

impl Diff {
    /// What differs between two configs at hand.
    pub fn between(old: &Config, new: &Config) -> Result<Diff, serde_json::Error> {
        let known: HashMap<&str, &Source> =
            old.sources.iter().map(|s| (s.id.as_str(), s)).collect();
        let same = |source: &&Source| known.get(source.id.as_str()) == Some(source);
        let same: HashSet<&str> = new
            .sources
            .iter()
            .filter(same)
            .map(|source| source.id.as_str())
            .collect();
        let (salt, wanted) = (salt(), |source: &Source| !same.contains(source.id.as_str()));
        Diff::of(&tables(old, &salt, &wanted)?, &tables(new, &salt, &wanted)?)
    }

    fn of(old: &Tables, new: &Tables) -> Result<Diff, serde_json::Error> {
        let mut diff = Diff::default();
        let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
        names.sort_unstable();
        names.dedup();
        let none = BTreeMap::new();
        for table in names {
            let old = old.get(table).unwrap_or(&none);
            let new = new.get(table).unwrap_or(&none);
            diff.table(table, old, new)?;
        }
        Ok(diff)
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The keys whose change a running daemon refuses, as `[store] path`.
    pub fn needs_restart(&self) -> Vec<String> {
        let mut all = Vec::new();
        for entry in &self.entries {
            let keys = entry.keys.iter().filter(|key| key.restart);
            all.extend(keys.map(|key| format!("[{}] {}", entry.table, key.key)));
        }
        all
    }

    fn table(
        &mut self,
        table: &str,
        old: &BTreeMap<String, String>,
        new: &BTreeMap<String, String>,
    ) -> Result<(), serde_json::Error> {
        let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let (change, keys) = match (old.get(name), new.get(name)) {
                (Some(old), Some(new)) if old == new => continue,
                (Some(old), Some(new)) => (Change::Changed, keys(table, old, new)?),
                (None, _) => (Change::Added, Vec::new()),
                (_, None) => (Change::Removed, Vec::new()),
            };
            self.entries.push(Entry {
                table: table.to_owned(),
                name: name.clone(),
                change,
                keys,
            });
        }
        Ok(())
    }
}

fn keys(table: &str, old: &str, new: &str) -> Result<Vec<Key>, serde_json::Error> {
    let read = serde_json::from_str::<serde_json::Map<String, Value>>;
    let (old, new) = (read(old)?, read(new)?);
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let value = |map: &serde_json::Map<String, Value>, key: &String| {
        map.get(key).cloned().unwrap_or(Value::Null)
    };
    let differs = names
        .into_iter()
        .filter(|key| value(&old, key) != value(&new, key));
    let key = |key: &String| Key {
        key: key.clone(),
        old: shown(value(&old, key)),
        new: shown(value(&new, key)),
        restart: RESTART.contains(&(table, key.as_str())),
    };
    Ok(differs.map(key).collect())
}

/// The value with the hashes of secrets taken out, however deep they are.
fn shown(value: Value) -> Value {
    match value {
        Value::String(text) if text.starts_with(HIDDEN) => HIDDEN.into(),
        Value::Array(items) => items.into_iter().map(shown).collect(),
        Value::Object(map) => map.into_iter().map(|(k, v)| (k, shown(v))).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn config(text: &str) -> Config {
        let head = "[fetch]\nuser_agent = \"w (+mailto:desk@example.com)\"\n";
        let text = match text.contains("[fetch]") {
            true => text.to_owned(),
            false => format!("{head}{text}"),
        };
        super::super::parse(&text, Path::new("/w/w.toml"), &|_| None).unwrap()
    }

    const SOURCE: &str =
        "[[source]]\nid = \"a\"\nkind = \"feed\"\nurl = \"https://example.org/f\"\n";

    fn proxied(password: &str) -> Config {
        config(&format!(
            "[fetch]\nuser_agent = \"w (+mailto:desk@example.com)\"\nproxy = \"http://me:{password}@proxy:1\"\n{SOURCE}"
        ))
    }

    #[test]
    fn entries_are_added_removed_and_changed() {
        let old = config(&format!("{SOURCE}[[watch]]\nname = \"w\"\n"));
        let new = config(
            "[store]\npath = \"other.db\"\n[[source]]\nid = \"a\"\nkind = \"section\"\nurl = \"https://example.org/f\"\n\
             [[source]]\nid = \"b\"\nkind = \"feed\"\nurl = \"https://example.org/g\"\n",
        );
        let snapshot = Snapshot::read(&Snapshot::text(&old).unwrap()).unwrap();
        assert!(snapshot.diff(&old).unwrap().is_empty());
        let diff = snapshot.diff(&new).unwrap();
        assert_eq!(Diff::between(&old, &new).unwrap(), diff);
        assert!(Diff::between(&old, &old).unwrap().is_empty());
        let told: Vec<String> = diff
            .entries
            .iter()
            .map(|e| {
                let keys: Vec<&str> = e.keys.iter().map(|k| k.key.as_str()).collect();
                format!("{} {} {:?} {}", e.table, e.name, e.change, keys.join(","))
            })
            .collect();
        assert_eq!(
            told,
            [
                "source a Changed kind,same_site",
                "source b Added ",
                "store  Changed path",
                "watch w Removed "
            ]
        );
        assert_eq!(diff.needs_restart(), ["[store] path"]);
    }

    #[test]
    fn a_secret_is_seen_to_change_and_never_shown() {
        let kept = Snapshot::text(&proxied("hunter2")).unwrap();
        assert!(!kept.contains("hunter2"), "{kept}");
        let snapshot = Snapshot::read(&kept).unwrap();
        assert!(snapshot.diff(&proxied("hunter2")).unwrap().is_empty());
        let diff = snapshot.diff(&proxied("hunter3")).unwrap();
        let [entry] = &diff.entries[..] else {
            panic!("{diff:?}")
        };
        let key = &entry.keys[0];
        assert_eq!(
            (key.key.as_str(), &key.old, &key.new),
            ("proxy", &HIDDEN.into(), &HIDDEN.into())
        );
        // Without a salt in force it is hidden as ever.
        let plain = serde_json::to_string(&proxied("hunter2")).unwrap();
        assert!(plain.contains("\"proxy\":\"(hidden)\""), "{plain}");
    }
}
