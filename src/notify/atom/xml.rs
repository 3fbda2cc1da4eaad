//! The feed as text, and its entries read back. No I/O.
//!
//! Read back is only what was written here, so looking for the marks it was written with will do:
//! no text in it has a `<`.

use std::collections::VecDeque;
use std::fmt::Write as _;

use crate::alert::Alert;
use crate::config;
use crate::message::for_html;

/// One alert, written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// "urn:wirewatch:" and the alert's id.
    pub(super) id: String,
    /// When it was detected.
    updated: String,
    /// From `<entry>` to `</entry>`.
    xml: String,
}

const GENERATOR: &str = "<generator>wirewatch</generator>";

/// The feed, newest first.
pub(super) fn feed(config: &config::Atom, entries: &VecDeque<Entry>) -> String {
    let title = escape(&config.title);
    let updated = entries.iter().map(|e| e.updated.as_str()).max();
    let updated = updated.unwrap_or("1970-01-01T00:00:00Z");
    let id = match &config.link {
        Some(link) => escape(link.as_str()),
        None => "urn:wirewatch:alerts".to_owned(),
    };
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n\
         {GENERATOR}\n<id>{id}</id>\n<title>{title}</title>\n<updated>{updated}</updated>\n\
         <author><name>wirewatch</name></author>\n"
    );
    if config.link.is_some() {
        let _ = writeln!(text, "<link rel=\"self\" href=\"{id}\"/>");
    }
    for entry in entries {
        text.push_str(&entry.xml);
        text.push('\n');
    }
    text.push_str("</feed>\n");
    text
}

/// The entry of an alert, with a text in HTML.
pub(super) fn entry(alert: &Alert, html: &str) -> Entry {
    let id = format!("urn:wirewatch:{}", escape(&alert.id));
    let updated = alert.time.to_string();
    let mut xml = format!(
        "<entry>\n<id>{id}</id>\n<title>{}</title>\n<updated>{updated}</updated>\n<published>{updated}</published>\n",
        escape(&alert.summary)
    );
    if !alert.url.is_empty() {
        let _ = writeln!(
            xml,
            "<link rel=\"alternate\" href=\"{}\"/>",
            escape(&alert.url)
        );
    }
    if !alert.source.is_empty() {
        let _ = writeln!(
            xml,
            "<author><name>{}</name></author>",
            escape(&alert.source)
        );
    }
    let _ = write!(
        xml,
        "<category term=\"{}\"/>\n<content type=\"html\">{}</content>\n</entry>",
        alert.kind.as_str(),
        escape(html)
    );
    Entry { id, updated, xml }
}

/// The entries of a feed written here; `None`: it was not.
pub(super) fn entries(text: &str) -> Option<VecDeque<Entry>> {
    text.contains(GENERATOR).then_some(())?;
    let parts = text.split("<entry>").skip(1);
    let entries = parts.filter_map(|part| {
        let inner = part.split_once("</entry>")?.0;
        let of = |name: &str| {
            let (_, rest) = inner.split_once(&format!("<{name}>"))?;
            Some(rest.split_once(&format!("</{name}>"))?.0.to_owned())
        };
        Some(Entry {
            id: of("id")?,
            updated: of("updated")?,
            xml: format!("<entry>{inner}</entry>"),
        })
    });
    Some(entries.collect())
}

/// For XML, without what no XML may hold.
fn escape(text: &str) -> String {
    let may = |c: &char| match c {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        c => !c.is_control(),
    };
    for_html(&text.chars().filter(may).collect::<String>())
}
