//! The pass over raw HTML before any parser sees it: caps on size, depth and attributes, scripts
//! and drawings out, structured data kept aside.
//!
//! Parsers recurse and attribute lists grow: 50,000 nested tags overflow the stack and abort the
//! process, which no thread boundary catches. This scanner keeps no tree, so nothing can overflow.

use std::collections::HashMap;

/// Pages above this many bytes of decoded text are refused. Real article pages stay under 3 MB.
pub const MAX_BYTES: usize = 10 * 1024 * 1024;
/// Start tags nested deeper than this are left out, their text kept. Real pages stay under 100.
const MAX_DEPTH: usize = 200;
/// Tables nested deeper than this are left out: the extractors weigh every table again for each
/// one around it. Old layouts nest five or six.
const MAX_TABLES: usize = 12;
/// The extractors copy the table for every row of it: 4,000 rows take a second and 400 MB.
const MAX_ROWS: usize = 1_000;
/// Unclosed formatting tags (`<b>`, `<a>`, ...) are reopened by the parser in every later block,
/// so their number multiplies; beyond this many they are left out.
const MAX_FORMATTING: u32 = 40;
/// More tags than this and the page is refused: the extractors are slower than linear.
const MAX_TAGS: usize = 150_000;
const MAX_ATTRIBUTES: usize = 40;
/// Longer attribute values are inlined images, JSON state and the like; nobody reads them here.
const MAX_VALUE: usize = 4 * 1024;
/// All structured data together; more is a product catalogue, not an article.
const MAX_JSON: usize = 4 * 1024 * 1024;

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
const DROPPED: &[&str] = &[
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
        rest: html,
        out: Guarded::default(),
        open: Vec::new(),
        depth: 0,
        formatting: HashMap::new(),
        tags: 0,
        rows: 0,
    };
    scan.out.html.reserve(html.len() / 2);
    while !scan.rest.is_empty() {
        scan.step();
        if scan.tags > MAX_TAGS {
            return Err(format!("page has more than {MAX_TAGS} tags"));
        }
    }
    scan.out.left_open = scan
        .open
        .iter()
        .filter(|(name, _)| !FORMATTING.contains(&name.to_ascii_lowercase().as_str()))
        .count();
    Ok(scan.out)
}

struct Scan<'a> {
    rest: &'a str,
    out: Guarded,
    /// Open elements that can nest: name, and whether the start tag was kept.
    open: Vec<(&'a str, bool)>,
    /// How many of `open` were kept.
    depth: usize,
    formatting: HashMap<String, u32>,
    tags: usize,
    rows: usize,
}

/// One start tag.
struct Tag<'a> {
    name: &'a str,
    attributes: Vec<(&'a str, &'a str)>,
}

impl<'a> Scan<'a> {
    fn step(&mut self) {
        let Some(at) = self.rest.find('<') else {
            self.out.html.push_str(self.rest);
            self.rest = "";
            return;
        };
        let (text, rest) = self.rest.split_at(at);
        self.out.html.push_str(text);
        self.rest = rest;
        let mut after = rest.chars().skip(1);
        match (after.next(), after.next()) {
            (Some('!'), _) if rest.starts_with("<!--") => self.comment(),
            (Some('!' | '?'), _) => self.skip_past(">"),
            (Some('/'), Some(c)) if c.is_ascii_alphabetic() => self.end_tag(),
            (Some('/'), _) => self.skip_past(">"),
            (Some(c), _) if c.is_ascii_alphabetic() => self.start_tag(),
            _ => {
                self.out.html.push_str("&lt;");
                self.advance(1);
            }
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

    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or("");
    }

    fn skip_past(&mut self, end: &str) {
        match self.rest.find(end) {
            Some(at) => self.advance(at + end.len()),
            None => {
                self.out.cut_inside = true;
                self.rest = "";
            }
        }
    }

    fn comment(&mut self) {
        self.advance("<!--".len());
        // `<!-->` and `<!--->` are whole comments.
        for short in [">", "->"] {
            if self.rest.starts_with(short) {
                self.advance(short.len());
                return;
            }
        }
        self.skip_past("-->");
    }

    fn end_tag(&mut self) {
        let name = tag_name(self.rest.get(2..).unwrap_or(""));
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
        self.skip_past(">");
    }

    fn emit_end(&mut self, name: &str) {
        self.out.html.push_str("</");
        self.out.html.push_str(name);
        self.out.html.push('>');
    }

    fn start_tag(&mut self) {
        self.tags += 1;
        let Some((tag, length, self_closing)) = parse_tag(self.rest) else {
            self.out.cut_inside = true;
            self.rest = "";
            return;
        };
        self.advance(length);
        let name = tag.name.to_ascii_lowercase();
        if DROPPED.contains(&name.as_str()) {
            let foreign = matches!(name.as_str(), "svg" | "math");
            if !(foreign && self_closing) {
                self.raw(&name, &tag);
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
                self.open.push((tag.name, kept));
                self.depth += usize::from(kept);
            }
            if !kept {
                self.out.tags_dropped += 1;
                // A space keeps the words of two dropped blocks apart.
                self.out.html.push(' ');
                return;
            }
        }
        self.emit_start(&name, &tag);
        if TEXT_ONLY.contains(&name.as_str()) {
            let (content, _) = self.until_end(&name);
            self.out.html.push_str(&content.replace('<', "&lt;"));
            self.emit_end(&name);
        }
    }

    fn emit_start(&mut self, name: &str, tag: &Tag) {
        let html = &mut self.out.html;
        html.push('<');
        html.push_str(name);
        for (key, value) in &tag.attributes {
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
    fn raw(&mut self, name: &str, tag: &Tag) {
        let json = name == "script"
            && tag.attributes.iter().any(|(k, v)| {
                k.eq_ignore_ascii_case("type") && v.to_ascii_lowercase().contains("ld+json")
            });
        let (content, _) = self.until_end(name);
        let used: usize = self.out.json_ld.iter().map(String::len).sum();
        self.out.scripts += usize::from(name == "script" && !json);
        if json && used + content.len() <= MAX_JSON {
            self.out.json_ld.push(content.to_string());
        }
    }

    /// Takes everything up to and with the end tag of `name`.
    fn until_end(&mut self, name: &str) -> (&'a str, bool) {
        let rest = self.rest;
        let mut from = 0;
        while let Some(at) = rest.get(from..).and_then(|r| r.find("</")) {
            let start = from + at;
            let found = tag_name(rest.get(start + 2..).unwrap_or(""));
            if found.eq_ignore_ascii_case(name) {
                self.advance(start);
                self.skip_past(">");
                return (rest.get(..start).unwrap_or(""), true);
            }
            from = start + 2;
        }
        self.out.cut_inside = true;
        self.rest = "";
        (rest, false)
    }
}

fn self_closing_void(name: &str) -> bool {
    matches!(name, "basefont" | "bgsound" | "keygen" | "image")
}

/// The tag name at the start of `s`.
fn tag_name(s: &str) -> &str {
    let end = s
        .find(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/' | '<'))
        .unwrap_or(s.len());
    s.get(..end).unwrap_or("")
}

/// Parses the start tag at the beginning of `s`: the tag, its length in bytes, and whether it
/// closes itself. `None` where the input ends before the tag does.
fn parse_tag(s: &str) -> Option<(Tag<'_>, usize, bool)> {
    let bytes = s.as_bytes();
    let name = tag_name(s.get(1..)?);
    let mut at = 1 + name.len();
    let mut attributes = Vec::new();
    let mut self_closing = false;
    loop {
        while bytes.get(at)?.is_ascii_whitespace() {
            at += 1;
        }
        match bytes.get(at)? {
            b'>' => return Some((Tag { name, attributes }, at + 1, self_closing)),
            b'/' => {
                self_closing = true;
                at += 1;
                continue;
            }
            _ => self_closing = false,
        }
        let start = at;
        // A `=` as first character belongs to the name, as in the HTML standard.
        at += 1;
        while !matches!(bytes.get(at)?, b'=' | b'>' | b'/') && !bytes.get(at)?.is_ascii_whitespace()
        {
            at += 1;
        }
        let key = s.get(start..at)?;
        while bytes.get(at)?.is_ascii_whitespace() {
            at += 1;
        }
        let mut value = "";
        if bytes.get(at)? == &b'=' {
            at += 1;
            while bytes.get(at)?.is_ascii_whitespace() {
                at += 1;
            }
            let quote = *bytes.get(at)?;
            if quote == b'"' || quote == b'\'' {
                let length = bytes.get(at + 1..)?.iter().position(|b| *b == quote)?;
                value = s.get(at + 1..at + 1 + length)?;
                at += length + 2;
            } else {
                let start = at;
                while !matches!(bytes.get(at)?, b'>') && !bytes.get(at)?.is_ascii_whitespace() {
                    at += 1;
                }
                value = s.get(start..at)?;
            }
        }
        let harmless = key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':' | b'.'));
        if harmless
            && attributes.len() < MAX_ATTRIBUTES
            && value.len() <= MAX_VALUE
            && !key.starts_with("on")
            && key != "srcset"
        {
            attributes.push((key, value));
        }
    }
}
