//! The browser of this machine, for sources with `rendered = true`.

use std::path::PathBuf;

/// Names under which Chromium and what is made of it are installed, the plain one first.
const NAMES: [&str; 6] = [
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "chrome",
    "microsoft-edge-stable",
];

/// The first of them in the folders of `path`, which is what `PATH` says.
pub(super) fn find(path: Option<&str>) -> Option<PathBuf> {
    let folders: Vec<PathBuf> = std::env::split_paths(path?).collect();
    NAMES
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plainest_name_wins_wherever_it_lies() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("a"), folder.path().join("b"));
        for (folder, name) in [(&first, "google-chrome"), (&second, "chromium")] {
            std::fs::create_dir(folder).unwrap();
            std::fs::write(folder.join(name), "").unwrap();
        }
        let path = format!("{}:{}", first.display(), second.display());
        assert_eq!(find(Some(&path)), Some(second.join("chromium")));
        assert_eq!(
            find(Some(&first.display().to_string())),
            Some(first.join("google-chrome"))
        );
        assert_eq!(find(Some("/nowhere")), None);
        assert_eq!(find(None), None);
    }
}
