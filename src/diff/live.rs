//! Live blogs: what a new reading of one adds to what was read before.
//!
//! A page shows its entries in any order, some of them twice or pinned, and lets old ones go. So an
//! entry that left the page stays, one that comes back is no news, and order does not matter.

use std::collections::{HashMap, HashSet};

use unicode_segmentation::UnicodeSegmentation;

use crate::article::{ENTRY_BREAK, Revision};
use crate::text;

/// Entries kept that the page no longer shows.
const KEPT: usize = 200;

/// Entries that share so much of the words of both, or of the shorter one, are one that was edited.
const ALIKE: f64 = 0.6;
const GROWN: f64 = 0.8;
/// With fewer words, a shorter one is in any longer one by chance.
const GROWN_FROM: usize = 8;

/// The new revision as it follows the old one: of a live blog, with the entries that the page has
/// let go, in an order that does not depend on the page's. Any other revision as it is.
pub fn carry(old: &Revision, new: Revision) -> Revision {
    if !new.is_live() {
        return new;
    }
    let (lead, entries) = parts(&new.text);
    let entries = Entry::all(&entries);
    let (old_lead, old_entries) = match old.is_live() {
        true => parts(&old.text),
        false => ("", Vec::new()),
    };
    let old_entries = Entry::all(&old_entries);
    let follows = follow(&old_entries, &entries);

    // What is new comes first, in the order of the page; then what was there, where it was.
    let known: HashSet<usize> = follows.values().copied().collect();
    let fresh = entries
        .iter()
        .enumerate()
        .filter(|(n, _)| !known.contains(n));
    let mut texts: Vec<&str> = fresh.map(|(_, entry)| entry.text).collect();
    let mut gone = 0;
    for (o, entry) in old_entries.iter().enumerate() {
        match follows.get(&o).and_then(|n| entries.get(*n)) {
            // Word for word the same, perhaps with another time: as it was.
            Some(now) if now.normal == entry.normal => texts.push(entry.text),
            Some(now) => texts.push(now.text),
            None if gone < KEPT => {
                gone += 1;
                texts.push(entry.text);
            }
            None => {}
        }
    }
    let lead = if lead.is_empty() { old_lead } else { lead };
    let mut all = vec![lead];
    all.extend(texts);
    Revision {
        text: all
            .join(&format!("\n\n{ENTRY_BREAK}\n\n"))
            .trim_start()
            .to_owned(),
        ..new
    }
}

/// What stands before the entries, and the entries.
fn parts(text: &str) -> (&str, Vec<&str>) {
    let mut pieces = Vec::new();
    let mut rest = text;
    // The lead may be missing, so that the text begins with a break.
    if let Some(after) = rest.strip_prefix(ENTRY_BREAK) {
        pieces.push("");
        rest = after;
    }
    let parting = format!("\n\n{ENTRY_BREAK}\n\n");
    pieces.extend(rest.split(parting.as_str()).map(str::trim));
    let mut pieces = pieces.into_iter();
    let lead = pieces.next().unwrap_or_default();
    (lead, pieces.filter(|piece| !piece.is_empty()).collect())
}

struct Entry<'t> {
    text: &'t str,
    /// Its sentences as a reader tells them apart, without stamps.
    normal: String,
    words: HashSet<String>,
}

impl<'t> Entry<'t> {
    /// The entries that say something, each once.
    fn all(texts: &[&'t str]) -> Vec<Entry<'t>> {
        let mut seen = HashSet::new();
        let entry = |text: &&'t str| {
            let sentences = text::paragraphs(text)
                .filter(|paragraph| !text::is_stamp(paragraph))
                .flat_map(text::sentences)
                .filter(|sentence| !text::is_stamp(sentence))
                .map(text::normalise);
            let normal = sentences.collect::<Vec<_>>().join("\n");
            (!normal.trim().is_empty()).then(|| Entry {
                text,
                words: normal.unicode_words().map(str::to_owned).collect(),
                normal,
            })
        };
        let entries = texts.iter().filter_map(entry);
        entries
            .filter(|entry| seen.insert(entry.normal.clone()))
            .collect()
    }

    fn is_edit_of(&self, old: &Entry<'_>) -> Option<f64> {
        let shared = self.words.intersection(&old.words).count() as f64;
        let (own, other) = (self.words.len() as f64, old.words.len() as f64);
        let alike = 2.0 * shared / (own + other).max(1.0);
        let shorter = own.min(other);
        let grown = shorter >= GROWN_FROM as f64 && shared / shorter >= GROWN;
        (alike >= ALIKE || grown).then_some(alike)
    }
}

/// Which new entry each old one became: the same first, then the most alike.
fn follow(old: &[Entry<'_>], new: &[Entry<'_>]) -> HashMap<usize, usize> {
    let by_text: HashMap<&str, usize> = new
        .iter()
        .enumerate()
        .map(|(n, entry)| (entry.normal.as_str(), n))
        .collect();
    let mut follows: HashMap<usize, usize> = HashMap::new();
    for (o, entry) in old.iter().enumerate() {
        if let Some(n) = by_text.get(entry.normal.as_str()) {
            follows.insert(o, *n);
        }
    }
    let taken: HashSet<usize> = follows.values().copied().collect();
    let mut pairs = Vec::new();
    for (n, entry) in new.iter().enumerate().filter(|(n, _)| !taken.contains(n)) {
        for (o, before) in old
            .iter()
            .enumerate()
            .filter(|(o, _)| !follows.contains_key(o))
        {
            if let Some(alike) = entry.is_edit_of(before) {
                pairs.push((alike, o, n));
            }
        }
    }
    pairs.sort_by(|a, b| {
        b.0.total_cmp(&a.0)
            .then_with(|| (a.1, a.2).cmp(&(b.1, b.2)))
    });
    let mut taken = taken;
    for (_, o, n) in pairs {
        if !follows.contains_key(&o) && taken.insert(n) {
            follows.insert(o, n);
        }
    }
    follows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::diff;
    use proptest::prelude::*;

    fn live(lead: &str, entries: &[&str]) -> Revision {
        let mut parts = vec![lead];
        parts.extend(entries);
        Revision {
            title: "Storm: live".to_owned(),
            text: parts.join("\n\n* * *\n\n").trim_start().to_owned(),
            ..Revision::default()
        }
    }

    const A: &str =
        "Twelve people were killed when the storm hit the coast, the mayor said on Monday.";
    const B: &str =
        "Schools\n\nSchools stay closed until Thursday, the ministry said in a statement.";
    const C: &str = "The railway says that trains run again between the two towns since noon.";
    const D: &str = "A minute of silence was held at the harbour.";

    fn edits(old: &Revision, new: Revision) -> usize {
        diff(old, &carry(old, new)).edits.len()
    }

    #[test]
    fn order_pins_and_what_left_do_not_matter() {
        let old = live("Lead of it.", &[C, B, A]);
        for page in [
            vec![A, B, C],
            vec![A, C, B, A],
            vec![C],
            vec![
                "5 minutes ago\n\nSchools\n\nSchools stay closed until Thursday, the ministry said in a statement.",
                C,
            ],
        ] {
            let next = carry(&old, live("Lead of it.", &page));
            assert_eq!(next, old, "{page:?}");
        }
        assert_eq!(carry(&old, live("", &[C])), old, "a lead that was not read");
        // It left, and comes back much later.
        let later = carry(&old, live("Lead of it.", &[D]));
        assert_eq!(edits(&later, live("Lead of it.", &[D, A])), 0);
    }

    #[test]
    fn a_new_entry_is_added_and_an_edited_one_changed() {
        let old = live("Lead of it.", &[B, A]);
        let next = carry(&old, live("Lead of it.", &[A, C]));
        assert_eq!(next, live("Lead of it.", &[C, B, A]));
        let risen = A.replace("Twelve", "Fifteen");
        let next = carry(&old, live("Lead of it.", &[&risen, B]));
        assert_eq!(next, live("Lead of it.", &[B, &risen]));
        assert_eq!(diff(&old, &next).edits.len(), 1);
        // One that grew.
        let grown = format!("{A}\n\nHe spoke at the town hall, where hundreds had come.");
        let next = carry(&old, live("Lead of it.", &[B, &grown]));
        assert_eq!(next, live("Lead of it.", &[B, &grown]));
    }

    #[test]
    fn only_so_much_is_kept_of_what_left() {
        let many: Vec<String> = (0..500)
            .map(|n| format!("Entry {n} tells of the {n}th thing."))
            .collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let old = live("", &many);
        let next = carry(&old, live("", &[A]));
        assert_eq!(parts(&next.text).1.len(), KEPT + 1);
        assert_eq!(carry(&next, live("", &[A])), next);
    }

    #[test]
    fn other_revisions_are_left_alone() {
        let plain = Revision {
            text: "One.\n\nTwo.".to_owned(),
            ..Revision::default()
        };
        assert_eq!(carry(&live("", &[A]), plain.clone()), plain);
        assert_eq!(carry(&plain, live("", &[B, A])), live("", &[B, A]));
    }

    proptest! {
        #[test]
        fn any_view_of_known_entries_changes_nothing(
            order in Just(vec![A, B, C, D]).prop_shuffle(),
            shown in 1usize..4,
        ) {
            let old = live("Lead of it.", &[A, B, C, D]);
            prop_assert_eq!(carry(&old, live("Lead of it.", &order[..shown])), old);
        }
    }
}
