//! The pass over raw HTML before any parser sees it: caps on size, depth and attributes, scripts
//! and drawings out, structured data kept aside.
//!
//! Parsers recurse and attribute lists grow: 50,000 nested tags overflow the stack and abort the
//! process, which no thread boundary catches. This scanner keeps no tree, so nothing can overflow.

use std::collections::HashMap;

use super::token::{Token, Tokens};

/// Pages above this many bytes of decoded text are refused. Real article pages stay under 3 MB.
pub const MAX_BYTES: usize = 10 * 1024 * 1024;
/// Start tags nested deeper than this are left out, their text kept. Real pages stay under 100.
pub(super) const MAX_DEPTH: usize = 200;
/// Tables nested deeper than this are left out: the extractors weigh every table again for each
/// one around it. Old layouts nest five or six.
const MAX_TABLES: usize = 12;
/// The extractors copy the table for every row of it: 4,000 rows take a second and 400 MB.
const MAX_ROWS: usize = 1_000;
/// Unclosed formatting tags (`<b>`, `<a>`, ...) are reopened by the parser in every later block,
/// so their number multiplies; beyond this many they are left out.
const MAX_FORMATTING: u32 = 40;
/// More tags than this and the page is refused: the extractors are slower than linear.
pub(super) const MAX_TAGS: usize = 150_000;
/// All structured data together; more is a product catalogue, not an article.
pub(super) const MAX_JSON: usize = 4 * 1024 * 1024;

/// A page fit for parsing.
#[derive(Debug, Default)]
pub(super) struct Guarded {
    pub html: String,
    /// The contents of `<script type="application/ld+json">`.
    pub json_ld: Vec<String>,
    /// `</body>` or `</html>` was seen.
    pub closed: bool,
    /// The input ends inside a tag, comment or script.
    pub cut_inside: bool,
    /// Elements open at the end, formatting aside.
    pub left_open: usize,
    /// Scripts left out, structured data aside.
    pub scripts: usize,
    /// Start tags left out for depth.
    pub tags_dropped: usize,
}

/// Elements whose whole content goes: code, drawings, embedded documents.
pub(super) const DROPPED: &[&str] = &[
    "script", "style", "noscript", "svg", "math", "iframe", "noframes", "noembed", "object",
    "canvas",
];
/// Elements whose content is text, never tags.
const TEXT_ONLY: &[&str] = &["title", "textarea"];
/// Elements that have no content, or that the parser closes by itself before they could nest.
const FLAT: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr", "p", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot", "option",
    "optgroup", "html", "head", "body",
];
const FORMATTING: &[&str] = &[
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
];

/// Rewrites the page within the caps.
///
/// # Errors
/// A sentence saying which cap the page breaks.
pub(super) fn guard(html: &str) -> Result<Guarded, String> {
    if html.len() > MAX_BYTES {
        return Err(format!(
            "page too large: {} bytes, at most {MAX_BYTES}",
            html.len()
        ));
    }
    let mut scan = Scan {
        tokens: Tokens::new(html),
        out: Guarded::default(),
        open: Vec::new(),
        depth: 0,
        formatting: HashMap::new(),
        tags: 0,
        rows: 0,
    };
    scan.out.html.reserve(html.len() / 2);
    while let Some(token) = scan.tokens.next() {
        scan.step(token);
        if scan.tags > MAX_TAGS {
            return Err(format!("page has more than {MAX_TAGS} tags"));
        }
    }
    scan.out.cut_inside = scan.tokens.cut_inside;
    scan.out.left_open = scan
        .open
        .iter()
        .filter(|(name, _)| !FORMATTING.contains(&name.to_ascii_lowercase().as_str()))
        .count();
    Ok(scan.out)
}

struct Scan<'a> {
    tokens: Tokens<'a>,
    out: Guarded,
    /// Open elements that can nest: name, and whether the start tag was kept.
    open: Vec<(&'a str, bool)>,
    /// How many of `open` were kept.
    depth: usize,
    formatting: HashMap<String, u32>,
    tags: usize,
    rows: usize,
}

impl<'a> Scan<'a> {
    fn step(&mut self, token: Token<'a>) {
        match token {
            Token::Text(text) => self.out.html.push_str(text),
            Token::Less => self.out.html.push_str("&lt;"),
            Token::Start(name, closes) => self.start_tag(name, closes),
            Token::End(name) => self.end_tag(name),
        }
    }

    /// Kept tables that are open. The stack of kept elements is at most [`MAX_DEPTH`] deep, but
    /// those left out lie among them, so only its newest part is looked at.
    fn tables(&self) -> usize {
        let newest = self.open.iter().rev().take(MAX_DEPTH);
        newest
            .filter(|(name, kept)| *kept && name.eq_ignore_ascii_case("table"))
            .count()
    }

    fn end_tag(&mut self, name: &'a str) {
        let lower = name.to_ascii_lowercase();
        self.tags += 1;
        if lower == "body" || lower == "html" {
            // Content after them still belongs to the body, so the tags themselves are left out.
            self.out.closed = true;
        } else if FLAT.contains(&lower.as_str()) {
            self.emit_end(&lower);
        } else {
            if let Some(count) = self.formatting.get_mut(&lower) {
                *count = count.saturating_sub(1);
            }
            // A misnested page closes an outer element first; look a little way down only, so a
            // page of nothing but wrong end tags stays linear.
            match self
                .open
                .iter()
                .rev()
                .take(64)
                .position(|(n, _)| n.eq_ignore_ascii_case(name))
            {
                Some(above) => {
                    let at = self.open.len() - 1 - above;
                    let closed = self.open.split_off(at);
                    self.depth -= closed.iter().filter(|(_, kept)| *kept).count();
                    if closed.first().is_some_and(|(_, kept)| *kept) {
                        self.emit_end(&lower);
                    }
                }
                None => self.emit_end(&lower),
            }
        }
    }

    fn emit_end(&mut self, name: &str) {
        self.out.html.push_str("</");
        self.out.html.push_str(name);
        self.out.html.push('>');
    }

    fn start_tag(&mut self, written: &'a str, self_closing: bool) {
        self.tags += 1;
        let name = written.to_ascii_lowercase();
        if DROPPED.contains(&name.as_str()) {
            let foreign = matches!(name.as_str(), "svg" | "math");
            if !(foreign && self_closing) {
                self.raw(&name);
            }
            return;
        }
        match name.as_str() {
            // One row or cell more than anyone reads: its text is kept, the tag is not.
            "tr" | "td" | "th" | "tbody" if self.rows >= MAX_ROWS => {
                self.out.tags_dropped += 1;
                self.out.html.push(' ');
                return;
            }
            "tr" => self.rows += 1,
            "template" | "plaintext" | "xmp" | "listing" | "frameset" | "frame" => return,
            _ => {}
        }
        if !FLAT.contains(&name.as_str()) && !self_closing_void(&name) {
            let mut kept =
                self.depth < MAX_DEPTH && !(name == "table" && self.tables() >= MAX_TABLES);
            if FORMATTING.contains(&name.as_str()) {
                let total: u32 = self.formatting.values().sum();
                kept &= total < MAX_FORMATTING;
                if kept {
                    *self.formatting.entry(name.clone()).or_default() += 1;
                }
            }
            if !TEXT_ONLY.contains(&name.as_str()) {
                self.open.push((written, kept));
                self.depth += usize::from(kept);
            }
            if !kept {
                self.out.tags_dropped += 1;
                // A space keeps the words of two dropped blocks apart.
                self.out.html.push(' ');
                return;
            }
        }
        self.emit_start(&name);
        if TEXT_ONLY.contains(&name.as_str()) {
            let content = self.tokens.until_end(&name);
            self.out.html.push_str(&content.replace('<', "&lt;"));
            self.emit_end(&name);
        }
    }

    fn emit_start(&mut self, name: &str) {
        let html = &mut self.out.html;
        html.push('<');
        html.push_str(name);
        for (key, value) in &self.tokens.attributes {
            html.push(' ');
            html.push_str(key);
            html.push_str("=\"");
            if value.contains('"') {
                html.push_str(&value.replace('"', "&quot;"));
            } else {
                html.push_str(value);
            }
            html.push('"');
        }
        html.push('>');
    }

    /// Skips an element whose content is not wanted, keeping structured data.
    fn raw(&mut self, name: &str) {
        let json = name == "script" && is_json_ld(&self.tokens.attributes);
        let content = self.tokens.until_end(name);
        let used: usize = self.out.json_ld.iter().map(String::len).sum();
        self.out.scripts += usize::from(name == "script" && !json);
        if json && used + content.len() <= MAX_JSON {
            self.out.json_ld.push(content.to_string());
        }
    }
}

/// Whether a script with these attributes is structured data.
pub(super) fn is_json_ld(attributes: &[(&str, &str)]) -> bool {
    attributes
        .iter()
        .any(|(k, v)| k.eq_ignore_ascii_case("type") && v.to_ascii_lowercase().contains("ld+json"))
}

fn self_closing_void(name: &str) -> bool {
    matches!(name, "basefont" | "bgsound" | "keygen" | "image")
}
