//! The shortcut: a page whose article stands as it stood when it was last read in full need not be
//! parsed.
//!
//! Pure. A full reading leaves a [`Region`]: of every text of the page, in or outside the article,
//! a hash by its place. A later page matches it if one pass over the raw markup finds the same
//! texts at the same places, apart from places of which a full reading has shown that they change
//! while the article does not ([`SiteChurn`], learned by site); and even there only texts are let
//! pass that cannot be body: seen there before but for their numbers, links, or a few words outside
//! the article's container. Whatever else is new, gone, moved or changed, or announces a wall,
//! sends the page the full way: when in doubt, so.
//!
//! Places that hold a line of the article, its headline, its canonical URL or its language are
//! never learned as changing.

mod place;
mod print;
mod stored;
mod words;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};
use url::Url;

use super::jsonld::{self, Data};
use super::{Rules, judge};
use print::{Atom, Kind, Look, Print};
use words::{Stable, short};

/// Raised when extraction reads a page otherwise than before, so that each is read anew once.
const READER: u32 = 2;
/// Places of one site that may change.
const MAX_PLACES: usize = 1_000;
/// Texts remembered of each; the oldest go first.
const MAX_TEXTS: usize = 64;
/// More words than this and a text outside the container may be prose.
const FEW_WORDS: usize = 8;
/// More words than this and even a linked text may be prose.
const LINK_WORDS: usize = 40;
/// The place of what structured data says beside the headline and the body.
const JSON: u32 = 1;

/// What a full reading found on a page of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Under which rules, at which address.
    context: u64,
    /// Place of the element around the article.
    container: u64,
    /// Hash of the texts in the fixed places, in order.
    order: u64,
    json: Json,
    /// Places that hold the article or its headline.
    fixed: Vec<u32>,
    /// All others, with a hash of their texts.
    others: Vec<(u32, u32)>,
}

/// Hashes of the page's structured data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Json {
    raw: u64,
    /// Of what the headline, the body and the judgement are read from.
    named: u64,
    /// Of the rest of what is read.
    said: u64,
}

/// Where a site's pages change while their articles do not; serialise it with the site.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteChurn {
    /// Place -> texts seen there, numbers aside.
    places: BTreeMap<u32, Vec<u32>>,
}

/// A full reading's [`Region`], with what a site's churn is learned from.
#[derive(Debug, Clone)]
pub struct Trace {
    /// To be kept with the article.
    pub region: Region,
    /// Texts outside the fixed places that are no links, numbers aside.
    texts: Vec<(u32, u32)>,
}

/// Why a page has to be read in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Other rules, another address, or an older reader.
    Context,
    /// Its end is missing, or it is out of bounds.
    Unfit,
    /// Something of the article or its headline is new, gone, moved or changed.
    Article,
    /// Something else is, at a place that did not change before.
    Place,
    /// A text that may be prose or a wall, at a place that does change.
    Text,
    /// The structured data.
    Data,
}

impl Trace {
    /// Describes a page that was read in full and judged content; `text` is the article's. `None`
    /// where the text cannot be found in the raw page: then there is no shortcut.
    pub fn of(html: &str, url: &Url, rules: &Rules, text: &str) -> Option<Trace> {
        let lines: HashSet<u64> = text
            .split("\n\n")
            .map(words::plain)
            .filter(|line| line.contains(char::is_alphanumeric))
            .map(|line| words::hash(&line))
            .collect();
        let container = print::print(html, &Look::For(&lines))?.container?;
        let print = print::print(html, &Look::In(container))?;
        let (mut fixed, mut found) = (HashSet::new(), HashSet::new());
        for atom in &print.atoms {
            if atom.kind == Kind::Named {
                fixed.insert(atom.slot);
            } else if lines.contains(&atom.hash) {
                fixed.insert(atom.slot);
                found.insert(atom.hash);
            }
        }
        if found.len() < lines.len() {
            return None;
        }
        let mut fixed: Vec<u32> = fixed.into_iter().collect();
        fixed.sort_unstable();
        let loose = |atom: &&Atom| atom.kind == Kind::Shown && !atom.linked && !is_in(&fixed, atom);
        let texts = print
            .atoms
            .iter()
            .filter(loose)
            .map(|atom| (atom.slot, words::masked(print.text(atom))))
            .collect();
        let data = json_data(&print, url);
        let region = Region {
            context: context(url, rules),
            container,
            order: order(&print, &fixed),
            json: Json {
                raw: json_raw(&print),
                named: named(&data),
                said: said(&data),
            },
            others: groups(&print, &fixed)
                .into_iter()
                .map(|(slot, atoms)| (slot, digest(&atoms)))
                .collect(),
            fixed,
        };
        Some(Trace { region, texts })
    }
}

impl Region {
    /// Whether a page says what it said when this was made, as far as its article goes.
    ///
    /// # Errors
    /// Why it has to be read in full.
    pub fn check(
        &self,
        html: &str,
        url: &Url,
        rules: &Rules,
        churn: &SiteChurn,
    ) -> Result<(), Doubt> {
        if context(url, rules) != self.context {
            return Err(Doubt::Context);
        }
        let print = print::print(html, &Look::In(self.container)).ok_or(Doubt::Unfit)?;
        if order(&print, &self.fixed) != self.order {
            return Err(Doubt::Article);
        }
        self.check_data(&print, url, churn)?;
        let mut before = self.others.iter().peekable();
        for (slot, atoms) in groups(&print, &self.fixed) {
            // Both are sorted, so what is passed over is gone.
            while let Some((gone, _)) = before.next_if(|(other, _)| *other < slot) {
                churn.places.get(gone).ok_or(Doubt::Place)?;
            }
            let same = before.next_if(|(other, _)| *other == slot);
            if same.is_some_and(|(_, other)| *other == digest(&atoms)) {
                continue;
            }
            let known = churn.places.get(&slot).ok_or(Doubt::Place)?;
            if !atoms.iter().all(|atom| passes(&print, atom, known)) {
                return Err(Doubt::Text);
            }
        }
        match before.all(|(gone, _)| churn.places.contains_key(gone)) {
            true => Ok(()),
            false => Err(Doubt::Place),
        }
    }

    fn check_data(&self, print: &Print, url: &Url, churn: &SiteChurn) -> Result<(), Doubt> {
        if json_raw(print) == self.json.raw {
            return Ok(());
        }
        let data = json_data(print, url);
        let same = named(&data) == self.json.named
            && (said(&data) == self.json.said || churn.places.contains_key(&JSON));
        same.then_some(()).ok_or(Doubt::Data)
    }
}

impl SiteChurn {
    /// Learns from two full readings of one article that found the same text in both: what differs
    /// around it does not matter. Whether there was anything new to learn.
    pub fn learn(&mut self, before: &Region, now: &Trace) -> bool {
        let (old, new) = (before, &now.region);
        if old.context != new.context {
            return false;
        }
        let was: BTreeMap<u32, u32> = old.others.iter().copied().collect();
        let is: BTreeMap<u32, u32> = new.others.iter().copied().collect();
        let fixed = |slot: &u32| {
            old.fixed.binary_search(slot).is_ok() || new.fixed.binary_search(slot).is_ok()
        };
        let differing: BTreeSet<u32> = was
            .keys()
            .chain(is.keys())
            .filter(|slot| was.get(slot) != is.get(slot) && !fixed(slot))
            .copied()
            .collect();
        let mut learned = false;
        for slot in &differing {
            learned |= self.allow(*slot);
        }
        for (slot, text) in now.texts.iter().filter(|(at, _)| differing.contains(at)) {
            if let Some(texts) = self.places.get_mut(slot).filter(|t| !t.contains(text)) {
                if texts.len() >= MAX_TEXTS {
                    texts.remove(0);
                }
                texts.push(*text);
                learned = true;
            }
        }
        if old.json.named == new.json.named && old.json.said != new.json.said {
            learned |= self.allow(JSON);
        }
        learned
    }

    /// Places and texts remembered.
    pub fn len(&self) -> usize {
        self.places.values().map(|texts| texts.len() + 1).sum()
    }

    /// Whether nothing was learned yet.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Lets a place change from now on; whether it might not before.
    fn allow(&mut self, slot: u32) -> bool {
        let room = self.places.len() < MAX_PLACES;
        if room && !self.places.contains_key(&slot) {
            self.places.insert(slot, Vec::new());
            return true;
        }
        false
    }
}

/// Whether a text at a place that changes cannot be body or a wall.
fn passes(print: &Print, atom: &Atom, known: &[u32]) -> bool {
    if atom.kind == Kind::Said {
        return true;
    }
    let text = print.text(atom);
    if known.contains(&words::masked(text)) {
        return true;
    }
    // Some scripts put no spaces between words.
    let words = text.split(' ').count().max(text.chars().count() / 6);
    let few = match atom.linked {
        true => LINK_WORDS,
        false if atom.inside => 0,
        false => FEW_WORDS,
    };
    words <= few && !judge::announces(text)
}

/// The atoms outside the fixed places by place, in order.
fn groups<'p>(print: &'p Print, fixed: &[u32]) -> Vec<(u32, Vec<&'p Atom>)> {
    let mut loose: Vec<&Atom> = print.atoms.iter().filter(|a| !is_in(fixed, a)).collect();
    loose.sort_by_key(|atom| atom.slot);
    loose
        .chunk_by(|a, b| a.slot == b.slot)
        .filter_map(|group| Some((group.first()?.slot, group.to_vec())))
        .collect()
}

fn is_in(slots: &[u32], atom: &Atom) -> bool {
    slots.binary_search(&atom.slot).is_ok()
}

fn digest(atoms: &[&Atom]) -> u32 {
    let mut hasher = Stable::default();
    atoms.iter().for_each(|atom| hasher.write_u64(atom.hash));
    short(hasher.finish())
}

/// Hash of the texts in the fixed places, in the order of the page.
fn order(print: &Print, fixed: &[u32]) -> u64 {
    let mut hasher = Stable::default();
    for atom in print.atoms.iter().filter(|atom| is_in(fixed, atom)) {
        hasher.write_u32(atom.slot);
        hasher.write_u64(atom.hash);
    }
    hasher.finish()
}

fn context(url: &Url, rules: &Rules) -> u64 {
    hashed(&(
        READER,
        env!("CARGO_PKG_VERSION"),
        url.as_str(),
        &rules.select,
        &rules.remove,
    ))
}

fn json_raw(print: &Print) -> u64 {
    hashed(&print.json)
}

fn json_data(print: &Print, url: &Url) -> Data {
    jsonld::read(&print.json, Some(url))
}

fn named(data: &Data) -> u64 {
    let Data {
        headline,
        body,
        language,
        free,
        is_live,
        live,
        publishers,
        is_article,
        authors: _,
        published: _,
        modified: _,
    } = data;
    hashed(&(
        headline, body, language, free, is_live, live, publishers, is_article,
    ))
}

fn said(data: &Data) -> u64 {
    hashed(&(&data.authors, &data.published, &data.modified))
}

fn hashed(value: &impl Hash) -> u64 {
    let mut hasher = Stable::default();
    value.hash(&mut hasher);
    hasher.finish()
}
