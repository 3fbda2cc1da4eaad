//! What a pass over a raw page finds, in the same pieces in which the full way reads it: every text
//! between two block boundaries with its place, and what the head of the page says. No tree; linear
//! in the page.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::Hasher;

use super::super::blocks::is_block;
use super::super::body::MAX_BLOCKS;
use super::super::guard::{DROPPED, MAX_BYTES, MAX_DEPTH, MAX_JSON, MAX_TAGS, is_json_ld};
use super::super::meta;
use super::super::token::{Token, Tokens};
use super::place;
use super::words::{self, Stable, Words};

/// The place of what no block is around.
const PAGE: u64 = 0;

/// A page as far as it can be compared with an earlier reading.
#[derive(Debug)]
pub(in super::super) struct Print<'a> {
    pub(super) words: String,
    pub(super) atoms: Vec<Atom>,
    /// The contents of `<script type="application/ld+json">`.
    pub(super) json: Vec<&'a str>,
    /// The place of the innermost element around all texts asked for.
    pub(super) container: Option<u64>,
}

/// One text of a page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Atom {
    /// Where it stands: its place, and how much of it is link and emphasis.
    pub slot: u32,
    /// Of the text.
    pub hash: u64,
    /// Where it is in [`Print::words`].
    start: u32,
    end: u32,
    pub kind: Kind,
    /// Most of it is link text.
    pub linked: bool,
    /// It stands inside the article's container.
    pub inside: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text that a reader sees.
    Shown,
    /// What the headline, the canonical URL or the language is read from: any change counts.
    Named,
    /// Anything else that the head says.
    Said,
}

impl Print<'_> {
    pub(super) fn text(&self, atom: &Atom) -> &str {
        self.words
            .get(atom.start as usize..atom.end as usize)
            .unwrap_or("")
    }
}

/// Which part of a page is to be looked at closely.
pub(super) enum Look<'l> {
    /// The element of this place is the article's container.
    In(u64),
    /// The container is that of the texts with these hashes.
    For(&'l HashSet<u64>),
}

/// Passes over a page. `None` where it cannot be told without a parser what the page holds: too
/// large or too deep, or its end is missing.
pub(super) fn print<'a>(html: &'a str, look: &Look) -> Option<Print<'a>> {
    if html.len() > MAX_BYTES {
        return None;
    }
    let mut pass = Pass {
        look,
        tokens: Tokens::new(html),
        words: Words::default(),
        atoms: Vec::with_capacity(256),
        json: Vec::new(),
        json_bytes: 0,
        open: Vec::with_capacity(64),
        common: None,
        length: 0,
        linked: 0,
        emphasised: 0,
        in_link: 0,
        in_emphasis: 0,
        whole: matches!(look, Look::In(PAGE)),
        closed: false,
    };
    let mut tags = 0;
    while let Some(token) = pass.tokens.next() {
        match token {
            Token::Text(text) => pass.text(text),
            Token::Less => pass.text("<"),
            Token::End(name) => pass.close(name),
            Token::Start(name, closes) => {
                tags += 1;
                pass.open(name, closes);
            }
        }
        if tags > MAX_TAGS || pass.open.len() > MAX_DEPTH || pass.atoms.len() > MAX_BLOCKS {
            return None;
        }
    }
    pass.flush();
    (pass.closed && !pass.tokens.cut_inside).then_some(Print {
        words: pass.words.all,
        atoms: pass.atoms,
        json: pass.json,
        container: pass
            .common
            .map(|common| common.last().copied().unwrap_or(PAGE)),
    })
}

struct Pass<'a, 'l> {
    look: &'l Look<'l>,
    tokens: Tokens<'a>,
    words: Words,
    atoms: Vec<Atom>,
    json: Vec<&'a str>,
    json_bytes: usize,
    open: Vec<Open<'a>>,
    /// Places of the elements around all texts looked for so far, outermost first.
    common: Option<Vec<u64>>,
    /// Characters of the present text: all, in links, in emphasis.
    length: u32,
    linked: u32,
    emphasised: u32,
    in_link: u32,
    in_emphasis: u32,
    /// The whole page is the container.
    whole: bool,
    closed: bool,
}

struct Open<'a> {
    name: Cow<'a, str>,
    place: u64,
    block: bool,
    inside: bool,
    heading: bool,
}

impl<'a> Pass<'a, '_> {
    fn text(&mut self, raw: &str) {
        let count = self.words.add(raw);
        self.length += count;
        if self.in_link > 0 {
            self.linked += count;
        }
        if self.in_emphasis > 0 {
            self.emphasised += count;
        }
    }

    /// Ends the present text.
    fn flush(&mut self) {
        let (length, linked) = (self.length, self.linked);
        let share = |part: u32| match part {
            0 => 0,
            part if part * 10 >= length * 9 => 2,
            _ => 1,
        };
        if let Some((start, end)) = self.words.end() {
            let inner = self.open.last();
            let mut slot = Stable::default();
            slot.write_u64(inner.map_or(PAGE, |open| open.place));
            slot.write_u8(share(linked) * 3 + share(self.emphasised));
            let heading = inner.is_some_and(|open| open.heading);
            let inside = inner.map_or(self.whole, |open| open.inside);
            let atom = self.atom(
                slot.finish(),
                (start, end),
                match heading {
                    true => Kind::Named,
                    false => Kind::Shown,
                },
            );
            self.atoms.push(Atom {
                linked: linked * 10 >= length * 6,
                inside,
                ..atom
            });
            self.note(atom.hash);
        }
        (self.length, self.linked, self.emphasised) = (0, 0, 0);
    }

    fn atom(&self, slot: u64, (start, end): (u32, u32), kind: Kind) -> Atom {
        let text = self.words.all.get(start as usize..end as usize);
        Atom {
            slot: words::short(slot),
            hash: words::hash(text.unwrap_or("")),
            start,
            end,
            kind,
            linked: false,
            inside: false,
        }
    }

    /// Takes what the head says of `key`.
    fn say(&mut self, key: &str, value: &str, kind: Kind) {
        self.flush();
        self.words.add(value);
        if let Some(range) = self.words.end() {
            let mut slot = Stable::default();
            slot.write(b"head ");
            slot.write(key.as_bytes());
            let atom = self.atom(slot.finish(), range, kind);
            self.atoms.push(atom);
        }
    }

    /// Narrows the container to one more of the texts looked for.
    fn note(&mut self, hash: u64) {
        let Look::For(texts) = self.look else { return };
        if !texts.contains(&hash) {
            return;
        }
        // Its own block is no container of it.
        let blocks = self.open.iter().filter(|o| o.block);
        let count = blocks.clone().count().saturating_sub(1);
        let around = blocks.take(count).map(|o| o.place);
        match &mut self.common {
            None => self.common = Some(around.collect()),
            Some(common) => {
                let same = common.iter().zip(around).take_while(|(a, b)| **a == *b);
                let length = same.count();
                common.truncate(length);
            }
        }
    }

    fn open(&mut self, written: &'a str, closes: bool) {
        let name = lower(written);
        match name.as_ref() {
            "svg" | "math" if closes => {}
            name if DROPPED.contains(&name) => {
                let json = name == "script" && is_json_ld(&self.tokens.attributes);
                let content = self.tokens.until_end(name);
                if json && self.json_bytes + content.len() <= MAX_JSON {
                    self.json_bytes += content.len();
                    self.json.push(content);
                }
            }
            "title" => {
                let content = self.tokens.until_end("title");
                self.say("title", content, Kind::Named);
            }
            "textarea" => {
                self.flush();
                let content = self.tokens.until_end("textarea");
                self.text(content);
                self.flush();
            }
            "meta" => self.meta(),
            "link" => self.link(),
            "html" | "body" | "head" => {
                let around = place::of(0, &name, &self.tokens.attributes);
                self.say(&name, &format!("{around:x}"), Kind::Said);
                if let Some(lang) = self.attribute("lang").filter(|_| name == "html") {
                    self.say("lang", lang, Kind::Named);
                }
            }
            "br" | "hr" => self.flush(),
            "area" | "base" | "col" | "embed" | "img" | "input" | "param" | "source" | "track"
            | "wbr" | "template" | "plaintext" | "xmp" | "listing" | "frameset" | "frame" => {}
            _ => self.push(name),
        }
    }

    fn push(&mut self, name: Cow<'a, str>) {
        let block = is_block(&name) || place::is_hidden(&self.tokens.attributes);
        if block {
            self.flush();
            self.end_implied(&name);
        }
        let (around, inside, heading) = self.open.last().map_or((PAGE, self.whole, false), |o| {
            (o.place, o.inside, o.heading)
        });
        match name.as_ref() {
            "a" => self.in_link += 1,
            "b" | "strong" | "em" | "i" => self.in_emphasis += 1,
            _ => {}
        }
        let place = match block {
            true => place::of(around, &name, &self.tokens.attributes),
            false => around,
        };
        self.open.push(Open {
            place,
            block,
            inside: inside || matches!(self.look, Look::In(container) if *container == place),
            heading: heading || name == "h1",
            name,
        });
    }

    /// Ends what the start of `name` ends without an end tag.
    fn end_implied(&mut self, name: &str) {
        let (ended, within): (&[&str], &[&str]) = match name {
            "li" => (&["li"], &["ul", "ol", "menu"]),
            "dt" | "dd" => (&["dt", "dd"], &["dl"]),
            "td" | "th" => (&["td", "th"], &["tr", "table"]),
            "tr" => (&["tr"], &["table", "tbody", "thead", "tfoot"]),
            "tbody" | "thead" | "tfoot" => (&["tbody", "thead", "tfoot"], &["table"]),
            "option" => (&["option"], &["select"]),
            _ => (&["p"], &["div", "section", "article", "td", "li", "button"]),
        };
        let found = self
            .open
            .iter()
            .rposition(|o| ended.contains(&o.name.as_ref()) || within.contains(&o.name.as_ref()));
        if let Some(at) = found
            && self
                .open
                .get(at)
                .is_some_and(|o| ended.contains(&o.name.as_ref()))
        {
            self.pop_to(at);
        }
    }

    fn close(&mut self, written: &str) {
        let name = lower(written);
        if matches!(name.as_ref(), "body" | "html") {
            self.closed = true;
            return;
        }
        if is_block(&name) || name == "br" {
            self.flush();
        }
        if let Some(at) = self.open.iter().rposition(|o| o.name == name) {
            self.pop_to(at);
        }
    }

    fn pop_to(&mut self, at: usize) {
        while self.open.len() > at {
            if self.open.last().is_some_and(|o| o.block) {
                self.flush();
            }
            match self.open.pop().as_ref().map(|o| o.name.as_ref()) {
                Some("a") => self.in_link -= 1,
                Some("b" | "strong" | "em" | "i") => self.in_emphasis -= 1,
                _ => {}
            }
        }
    }

    fn meta(&mut self) {
        let Some(content) = self.attribute("content") else {
            return;
        };
        for key in ["name", "property", "itemprop", "http-equiv"] {
            if let Some(name) = self.attribute(key) {
                let name = name.trim().to_ascii_lowercase();
                let kind = match meta::NAMING
                    .iter()
                    .any(|names| names.contains(&name.as_str()))
                {
                    true => Kind::Named,
                    false => Kind::Said,
                };
                self.say(&name, content, kind);
            }
        }
    }

    fn link(&mut self) {
        let canonical = self.attribute("rel").is_some_and(|rel| {
            rel.split_ascii_whitespace()
                .any(|r| r.eq_ignore_ascii_case("canonical"))
        });
        if let Some(href) = self.attribute("href").filter(|_| canonical) {
            self.say("canonical", href, Kind::Named);
        }
    }

    fn attribute(&self, name: &str) -> Option<&'a str> {
        let mut all = self.tokens.attributes.iter();
        all.find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value)
    }
}

fn lower(name: &str) -> Cow<'_, str> {
    match name.bytes().any(|b| b.is_ascii_uppercase()) {
        true => Cow::Owned(name.to_ascii_lowercase()),
        false => Cow::Borrowed(name),
    }
}
