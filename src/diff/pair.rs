//! Which of the sentences left over on both sides are rewritings of each other.
//!
//! Candidates come from an index over rarer words and from the same gap of the text; only they are
//! compared, so that time does not grow with the product of the numbers of sentences.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use unicode_segmentation::UnicodeSegmentation;

use super::align::Alignment;

/// Pairs at least this alike are a rewriting when they stand in the same gap of the text, ...
const ALIKE_IN_PLACE: f64 = 0.3;
/// ... and this alike anywhere.
const ALIKE_ANYWHERE: f64 = 0.5;
/// A part of a split sentence must be covered so far by what its first part left over.
const COVERED: f64 = 0.6;
/// Words that more left-over sentences have than this tell nothing about pairs.
const COMMON: usize = 24;
/// How many candidates per sentence the index may name.
const CANDIDATES: usize = 8;
/// Gaps up to this many pairs are compared in full.
const SMALL_GAP: usize = 64;

/// The changed pairs among the left-over sentences, as old and new index. Each sentence is in one
/// pair, save that a split sentence is the old side of several and a joined one the new side.
pub(super) fn pair(old: &[String], new: &[String], alignment: &Alignment) -> Vec<(usize, usize)> {
    let mut vocabulary = HashMap::new();
    let mut bags = |side: &[String], left: &[usize]| -> Vec<Bag> {
        let text = |i: usize| side.get(i).map_or("", String::as_str);
        left.iter()
            .map(|&i| Bag::of(text(i), &mut vocabulary))
            .collect()
    };
    let old_bags = bags(old, &alignment.old_left);
    let new_bags = bags(new, &alignment.new_left);
    let candidates = candidates(&old_bags, &new_bags, alignment);

    // The most alike pairs first; what is paired is taken.
    let mut best: Vec<&Candidate> = candidates.iter().filter(|c| c.is_pair()).collect();
    best.sort_by(|a, b| {
        b.alike
            .total_cmp(&a.alike)
            .then_with(|| a.tie().cmp(&b.tie()))
    });
    let (mut partner_of_old, mut partner_of_new) = (HashMap::new(), HashMap::new());
    let mut pairs = Vec::new();
    for c in best {
        if !partner_of_old.contains_key(&c.o) && !partner_of_new.contains_key(&c.n) {
            partner_of_old.insert(c.o, c.new);
            partner_of_new.insert(c.n, c.old);
            pairs.push((c.o, c.n));
        }
    }

    // What is still single may be the other part of a split or joined sentence.
    let (mut split, mut joined) = (HashMap::new(), HashMap::new());
    for c in &candidates {
        match (partner_of_old.get(&c.o), partner_of_new.get(&c.n)) {
            (Some(first), None) => keep_best(&mut split, c.n, c.o, c.new.covered(c.old, first)),
            (None, Some(first)) => keep_best(&mut joined, c.o, c.n, c.old.covered(c.new, first)),
            _ => {}
        }
    }
    pairs.extend(split.into_iter().map(|(n, (o, _))| (o, n)));
    pairs.extend(joined.into_iter().map(|(o, (n, _))| (o, n)));

    let index = |(o, n)| Some((*alignment.old_left.get(o)?, *alignment.new_left.get(n)?));
    pairs.into_iter().filter_map(index).collect()
}

/// Two left-over sentences worth comparing.
struct Candidate<'b> {
    /// The old one's place among the left-over ones.
    o: usize,
    /// The new one's.
    n: usize,
    old: &'b Bag,
    new: &'b Bag,
    alike: f64,
    /// Whether both lie in the same gap of the text.
    in_place: bool,
}

impl Candidate<'_> {
    fn is_pair(&self) -> bool {
        self.alike
            >= if self.in_place {
                ALIKE_IN_PLACE
            } else {
                ALIKE_ANYWHERE
            }
    }

    /// Among equals, the pair in the same gap, then the nearest, then the first.
    fn tie(&self) -> (bool, usize, usize, usize) {
        (!self.in_place, self.o.abs_diff(self.n), self.o, self.n)
    }
}

fn candidates<'b>(old: &'b [Bag], new: &'b [Bag], alignment: &Alignment) -> Vec<Candidate<'b>> {
    let mut places = in_gaps(alignment);
    places.extend(by_words(old, new));
    let candidate = |(o, n): (usize, usize)| {
        let (old, new) = (old.get(o)?, new.get(n)?);
        let (old_index, new_index) = (*alignment.old_left.get(o)?, *alignment.new_left.get(n)?);
        let in_place = alignment.old_gap(old_index) == alignment.new_gap(new_index);
        Some(Candidate {
            o,
            n,
            old,
            new,
            alike: old.alike(new),
            in_place,
        })
    };
    places.into_iter().filter_map(candidate).collect()
}

fn keep_best(best: &mut HashMap<usize, (usize, f64)>, part: usize, whole: usize, covered: f64) {
    let known = best.get(&part).map_or(0.0, |&(_, known)| known);
    if covered >= COVERED && covered > known {
        best.insert(part, (whole, covered));
    }
}

/// The pairs that lie in the same gap of the text at about the same place.
fn in_gaps(alignment: &Alignment) -> BTreeSet<(usize, usize)> {
    let mut gaps: HashMap<usize, (Vec<usize>, Vec<usize>)> = HashMap::new();
    for (o, &old) in alignment.old_left.iter().enumerate() {
        gaps.entry(alignment.old_gap(old)).or_default().0.push(o);
    }
    for (n, &new) in alignment.new_left.iter().enumerate() {
        gaps.entry(alignment.new_gap(new)).or_default().1.push(n);
    }
    let mut pairs = BTreeSet::new();
    for (olds, news) in gaps.values() {
        let reach = if olds.len() * news.len() <= SMALL_GAP {
            SMALL_GAP
        } else {
            2
        };
        for (i, &n) in news.iter().enumerate() {
            let middle = i * olds.len() / news.len();
            let first = middle.saturating_sub(reach);
            pairs.extend(olds.iter().skip(first).take(2 * reach + 1).map(|&o| (o, n)));
        }
    }
    pairs
}

/// For each new sentence, the old ones that share most of its rarer words.
fn by_words(old: &[Bag], new: &[Bag]) -> Vec<(usize, usize)> {
    let mut having: HashMap<usize, Vec<usize>> = HashMap::new();
    for (o, bag) in old.iter().enumerate() {
        for &(word, _) in &bag.words {
            having.entry(word).or_default().push(o);
        }
    }
    let mut pairs = Vec::new();
    for (n, bag) in new.iter().enumerate() {
        let mut shared: BTreeMap<usize, f64> = BTreeMap::new();
        for (word, weight) in &bag.words {
            for &o in having
                .get(word)
                .filter(|list| list.len() <= COMMON)
                .into_iter()
                .flatten()
            {
                *shared.entry(o).or_default() += weight;
            }
        }
        let mut shared: Vec<(usize, f64)> = shared.into_iter().collect();
        shared.sort_by(|a, b| b.1.total_cmp(&a.1));
        pairs.extend(shared.into_iter().take(CANDIDATES).map(|(o, _)| (o, n)));
    }
    pairs
}

/// The words of a sentence, without their order.
struct Bag {
    /// Number of the word and its weight times how often it occurs, by number.
    words: Vec<(usize, f64)>,
    total: f64,
}

impl Bag {
    fn of(sentence: &str, vocabulary: &mut HashMap<String, usize>) -> Bag {
        let mut words: BTreeMap<usize, f64> = BTreeMap::new();
        for word in sentence.unicode_words() {
            let next = vocabulary.len();
            let number = *vocabulary.entry(word.to_owned()).or_insert(next);
            *words.entry(number).or_default() += weight(word);
        }
        let words: Vec<(usize, f64)> = words.into_iter().collect();
        let total = words.iter().map(|(_, weight)| weight).sum();
        Bag { words, total }
    }

    fn of_word(&self, word: usize) -> f64 {
        let found = self.words.binary_search_by_key(&word, |&(word, _)| word);
        found
            .ok()
            .and_then(|i| self.words.get(i))
            .map_or(0.0, |&(_, weight)| weight)
    }

    /// From 0, nothing shared, to 1, the same words. A sentence that only grew or shrank counts
    /// by how much of the shorter form the longer one has.
    fn alike(&self, other: &Bag) -> f64 {
        let shared: f64 = self
            .words
            .iter()
            .map(|&(w, weight)| weight.min(other.of_word(w)))
            .sum();
        let shorter = self.total.min(other.total);
        let both = self.total + other.total;
        if both <= 0.0 {
            return 0.0;
        }
        let grown = if shorter >= 3.0 {
            0.7 * shared / shorter
        } else {
            0.0
        };
        (2.0 * shared / both).max(grown)
    }

    /// How much of this sentence is in what `first` left over of `whole`, from 0 to 1.
    fn covered(&self, whole: &Bag, first: &Bag) -> f64 {
        if self.total < 2.0 {
            return 0.0;
        }
        let left = |word| (whole.of_word(word) - first.of_word(word)).max(0.0);
        let shared: f64 = self
            .words
            .iter()
            .map(|&(word, weight)| weight.min(left(word)))
            .sum();
        shared / self.total
    }
}

/// Short words are mostly grammar; a number, and a character of a script without spaces, is not.
fn weight(word: &str) -> f64 {
    let short = word.chars().nth(3).is_none();
    if short && word.chars().all(|c| c.is_lowercase()) {
        0.4
    } else {
        1.0
    }
}
