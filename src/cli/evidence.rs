//! `wirewatch evidence`: all that proves one alert, in a folder that stands on its own.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use serde_json::json;
use sha2::{Digest, Sha256};
use similar::TextDiff;

use super::common::{ConfigArg, show};
use crate::alert::{Alert, Archived};
use crate::archive;
use crate::files::Part;
use crate::store::Reader;

/// Write a folder with all that proves an alert.
///
/// The alert, the texts before and after and what differs, the page as it was fetched and its record
/// if it was kept (`archive` in the config), a README that says what is what and what is missing, and
/// SHA256SUMS for `sha256sum -c`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArg,
    /// The alert's id, as in `wirewatch alerts --json`
    id: String,
    /// The folder; it must not be there yet [default: evidence-ID]
    #[arg(long, short, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What goes into the folder.
#[derive(Default)]
struct Bundle {
    /// Name, what it is, content.
    files: Vec<(&'static str, &'static str, Vec<u8>)>,
    missing: Vec<String>,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = args.config.load()?;
    let reader = Reader::open(&config.store.path)?;
    let Some(told) = reader.alert(&args.id)? else {
        bail!(
            "there is no alert {:?}; `wirewatch alerts --json` lists the ids",
            args.id
        );
    };
    let alert = told.alert;
    let default = || PathBuf::from(format!("evidence-{}", alert.id));
    let folder = args.output.clone().unwrap_or_else(default);
    if folder.symlink_metadata().is_ok() {
        bail!(
            "{} is there already; name another folder with --output",
            folder.display()
        );
    }
    let mut bundle = Bundle::default();
    bundle.add("alert.json", "the alert, as it was sent", told.json + "\n");
    bundle.texts(&reader, &alert)?;
    bundle.pages(&reader, &alert, &config.store.archive_path)?;
    bundle.write(&alert, &folder)?;
    let names: Vec<&str> = bundle.files.iter().map(|(name, ..)| *name).collect();
    let mut out = std::io::stdout().lock();
    if args.json {
        let line = json!({"folder": folder, "files": names, "missing": bundle.missing});
        writeln!(out, "{line}")?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(out, "{}: {}", folder.display(), names.join(", "))?;
    for missing in &bundle.missing {
        writeln!(out, "missing: {missing}")?;
    }
    Ok(ExitCode::SUCCESS)
}

impl Bundle {
    fn add(&mut self, name: &'static str, what: &'static str, content: impl Into<Vec<u8>>) {
        self.files.push((name, what, content.into()));
    }

    fn missing(&mut self, what: impl Into<String>) {
        self.missing.push(what.into());
    }

    /// The article's texts before and after, and what differs.
    fn texts(&mut self, reader: &Reader, alert: &Alert) -> anyhow::Result<()> {
        if alert.health.is_some() {
            self.missing("texts and pages: the alert is about the health of the service, not about an article");
            return Ok(());
        }
        let plain = |(title, text): (String, String)| format!("{title}\n\n{text}\n");
        let after = reader.content(&alert.revision.new)?.map(plain);
        let before = match &alert.revision.old {
            Some(hash) => reader.content(hash)?.map(plain),
            None => None,
        };
        match (&before, &alert.revision.old) {
            (Some(text), _) => self.add("before.txt", "headline and text before", text.as_str()),
            (None, Some(_)) => self.missing("before.txt: the revision was dropped by retention ([store] keep_history, keep_revisions)"),
            (None, None) => self.missing("before.txt: the article was new, there was no text before"),
        }
        match &after {
            Some(text) => self.add("after.txt", "headline and text after", text.as_str()),
            None => self.missing("after.txt: the revision was dropped by retention"),
        }
        match (&before, &after) {
            (Some(before), Some(after)) => {
                let diff = TextDiff::from_lines(before.as_str(), after.as_str());
                let mut lines = diff.unified_diff();
                let lines = lines.header("before.txt", "after.txt");
                self.add(
                    "diff.txt",
                    "what differs, paragraph by paragraph",
                    lines.to_string(),
                );
            }
            _ => self.missing("diff.txt: it takes both texts"),
        }
        Ok(())
    }

    /// The page behind the alert and the one before it, as far as they were kept.
    fn pages(&mut self, reader: &Reader, alert: &Alert, folder: &Path) -> anyhow::Result<()> {
        if alert.health.is_some() {
            return Ok(());
        }
        match &alert.archive {
            Some(place) => match archive::read(folder, place) {
                Ok(kept) => {
                    self.add("page.html", "the page as it was read", kept.page);
                    self.add("record.warc.gz", "the record of the archive that holds the page, with status and headers", kept.record);
                }
                Err(error) => self.missing(format!("page.html, record.warc.gz: {error}")),
            },
            None => self.missing("page.html, record.warc.gz: the page was not kept; [store] archive = \"warc\" keeps those of later alerts"),
        }
        let Some(old) = &alert.revision.old else {
            return Ok(());
        };
        let before: Option<Archived> = reader.kept_page(&alert.id, old)?;
        match before.map(|place| archive::read(folder, &place)) {
            Some(Ok(kept)) => {
                self.add("before.html", "the page before, as it was read", kept.page);
                self.add("before.warc.gz", "its record", kept.record);
            }
            Some(Err(error)) => self.missing(format!("before.html: {error}")),
            None => self.missing("before.html: the page before the change was not kept, since it led to no alert of its own"),
        }
        Ok(())
    }

    /// Writes everything, then a README and the sums.
    fn write(&mut self, alert: &Alert, folder: &Path) -> anyhow::Result<()> {
        let failed = || format!("failed to write {}", folder.display());
        let readme = self.readme(alert);
        self.add("README.txt", "this", readme);
        let mut sums = String::new();
        for (name, _, content) in &self.files {
            // Writing to a string does not fail.
            let _ = writeln!(sums, "{}  {name}", hex(&Sha256::digest(content)));
        }
        self.add("SHA256SUMS", "for sha256sum -c", sums);
        let part = Part::folder(folder).with_context(failed)?;
        for (name, _, content) in &self.files {
            let mut file = File::create_new(part.path().join(name)).with_context(failed)?;
            file.write_all(content).with_context(failed)?;
            file.sync_all().with_context(failed)?;
        }
        part.place().with_context(failed)
    }

    fn readme(&self, alert: &Alert) -> String {
        let mut text = format!("{}\n\n", alert.summary);
        let mut line = |name: &str, value: &str| {
            let _ = writeln!(text, "{name:<12} {value}");
        };
        line("Alert", &alert.id);
        line("Detected", &show(alert.time));
        line("Kind", alert.kind.as_str());
        line("Headline", &alert.headline);
        line("Page", &alert.url);
        line("Source", &alert.source);
        for (name, value) in [
            ("Published", &alert.published),
            ("Says who", &alert.attribution),
            ("Was", &alert.evidence.old),
            ("Is", &alert.evidence.new),
        ] {
            if let Some(value) = value {
                line(name, value);
            }
        }
        if let Some(place) = &alert.archive {
            line(
                "Archive",
                &format!("{} at byte {}", place.file, place.offset),
            );
            line("Page SHA-256", &place.sha256);
        }
        text += "\nFiles\n";
        for (name, what, _) in &self.files {
            let _ = writeln!(text, "  {name:<15} {what}");
        }
        text += "  SHA256SUMS      the sums of all of them: sha256sum -c SHA256SUMS\n";
        if !self.missing.is_empty() {
            text += "\nMissing\n";
            for missing in &self.missing {
                let _ = writeln!(text, "  {missing}");
            }
        }
        let _ = writeln!(
            text,
            "\nWritten by wirewatch {}.",
            env!("CARGO_PKG_VERSION")
        );
        text
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
