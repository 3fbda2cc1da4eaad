//! The files a config is read from: itself, and what its `*_file` keys name.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use toml::de::{DeTable, DeValue};

use super::env;

/// The files a config is read from, and what they held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    /// The config, then what its `*_file` keys name.
    pub paths: Vec<PathBuf>,
    /// A digest of what they hold, or of why they cannot be read.
    pub digest: [u8; 32],
}

impl Files {
    /// Looks at the config at `path` and at the files it names, right or wrong as it may be.
    pub fn look(path: &Path) -> Files {
        let mut digest = Sha256::new();
        let mut paths = vec![path.to_path_buf()];
        let text = std::fs::read(path);
        enter(&mut digest, &text);
        if let Ok(text) = text.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()) {
            paths.extend(named(&text, path, &|name| std::env::var(name).ok()));
        }
        for path in paths.iter().skip(1) {
            enter(&mut digest, &std::fs::read(path));
        }
        Files {
            paths,
            digest: digest.finalize().into(),
        }
    }
}

fn enter(digest: &mut Sha256, read: &std::io::Result<Vec<u8>>) {
    match read {
        Ok(bytes) => {
            digest.update((bytes.len() as u64).to_le_bytes());
            digest.update(bytes);
        }
        Err(error) => digest.update(format!("{:?}", error.kind())),
    }
}

/// What the `*_file` keys of a config name, as far as it can be read.
fn named(text: &str, path: &Path, variables: &dyn Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    let mut found = Vec::new();
    // Most configs have none, and may be long.
    if text.contains("_file") {
        let (root, _) = DeTable::parse_recoverable(text);
        of_table(root.get_ref(), &mut found);
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let filled = found
        .iter()
        .filter_map(|name| env::fill(name, variables).ok());
    filled.map(|name| folder.join(name)).collect()
}

fn of_table(table: &DeTable<'_>, found: &mut Vec<String>) {
    for (key, value) in table {
        match value.get_ref() {
            DeValue::String(name) if key.get_ref().ends_with("_file") => {
                found.push(name.to_string());
            }
            DeValue::Table(inner) => of_table(inner, found),
            DeValue::Array(items) => {
                let tables = items.iter().filter_map(|item| item.get_ref().as_table());
                tables.for_each(|inner| of_table(inner, found));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_is_found_in_every_table_of_a_config_that_may_be_wrong() {
        let text = "[fetch]\nproxy_file = \"${DIR}/proxy\"\nproxi = 1\n\
                    [[notify]]\nname = \"x\"\nsecret_file = \"s\"\nother_file = \"${NONE}\"\n";
        let env = |name: &str| (name == "DIR").then(|| "/run".to_owned());
        let found = named(text, Path::new("/etc/w/w.toml"), &env);
        assert_eq!(
            found,
            [PathBuf::from("/run/proxy"), PathBuf::from("/etc/w/s")]
        );
    }

    #[test]
    fn the_digest_goes_by_all_of_them() {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("w.toml");
        let mut seen = vec![Files::look(&config).digest];
        std::fs::write(&config, "[fetch]\nproxy_file = \"p\"\n").unwrap();
        seen.push(Files::look(&config).digest);
        for secret in ["one", "two"] {
            std::fs::write(dir.path().join("p"), secret).unwrap();
            seen.push(Files::look(&config).digest);
        }
        let last = Files::look(&config);
        assert_eq!(last.digest, seen[3]);
        assert_eq!(last.paths, [config, dir.path().join("p")]);
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 4);
    }
}
