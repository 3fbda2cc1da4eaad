//! What a fetch brought, judged against what the article was before. Pure.
//!
//! A page that says nothing of itself (no wall, no error, a well-formed document) may still not be
//! the article: half of it, a teaser, another text. The known revision tells. Such a judgement is a
//! doubt, not a finding, because publishers do cut, replace and translate their texts: what stays
//! the same for long enough is believed. What the page says of itself is never argued away so.

use std::time::Duration;

use super::compared::Compared;
use super::garbled::is_garbled;
use super::judge::{ARTICLE_WORDS, Fetched, facts, judge, offers, own_words, says, words_of};
use super::meta::detect_language;
use super::{Page, Wall};
use crate::article::{Outcome, Revision, is_live};

/// What is known of an article when its page is judged.
#[derive(Debug, Clone, Copy)]
pub struct Past<'a> {
    /// The revision it stands at.
    pub revision: &'a Revision,
    /// How the last fetches ended, if all alike.
    pub run: Option<&'a Run>,
}

/// Fetches in a row that ended in the same outcome for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The reason.
    pub reason: String,
    /// How many.
    pub times: u32,
    /// Since the first of them.
    pub lasting: Duration,
}

/// A doubt is given up when this many fetches in a row, the present one with them, met the same
/// page...
const BELIEVED_AFTER: u32 = 3;
/// ...over this time. Half pages and garbled ones come of a system at fault, and newsrooms mend
/// their systems within the hour.
const PATIENCE: Duration = Duration::from_secs(2 * 3600);
/// Where another text stands in its place, whole and in the same language: that is how an address
/// works under which the latest of something is to be found.
const ANOTHER_PATIENCE: Duration = Duration::from_secs(1800);
/// Where the page offers a subscription: metered walls last until the meter starts anew.
const PAYWALL_PATIENCE: Duration = Duration::from_secs(24 * 3600);

/// In percent of the known text's words: so much of it and the page is the article, whatever is
/// laid over it.
const THERE: usize = 80;
/// No more than this and nothing of the text is left.
const NOTHING: usize = 10;
/// Less than this, and a page headed like a wall is one.
const LITTLE: usize = 30;
/// A loss at the end from which on it is a cut; publishers trim the odd last paragraph.
const CUT: usize = 20;
/// A loss anywhere from which on the text is suddenly short.
const SHORT: usize = 40;
/// A text of which fewer long words than this were known is about something else; a new version
/// of a story shares its names.
const RELATED: usize = 20;
/// A cut of fewer words is an edit.
const FEWEST_LOST: usize = 12;
/// Fewer words tell no language.
const FEWEST_FOR_LANGUAGE: usize = 30;

/// Judges a fetch as [`super::judge()`] does, and against the article's past.
pub fn judge_against(fetched: &Fetched, page: &Page, past: &Past) -> (Outcome, String) {
    if let Some(judged) = facts(fetched, page) {
        return judged;
    }
    let (old, new) = (past.revision, &page.article);
    // A live blog shows as much as it likes of what it told.
    if old.is_live() && is_live(&new.text) {
        return judge(fetched, page);
    }
    let compared = Compared::of(&old.text, &new.text);
    let size = words_of(page);
    if compared.keeps(THERE) && compared.tail * 100 < compared.known * CUT {
        // Complete, whatever is laid over it and however the address reads.
        let doubt = garbled(old, page).or_else(|| unfinished(page, &compared));
        return settle(doubt, past, page, size);
    }
    if let Some(judged) = own_words(fetched, page, size) {
        return judged;
    }
    if let Some(judged) = wall_instead(page, &compared, old) {
        return judged;
    }
    let doubt = garbled(old, page)
        .or_else(|| unfinished(page, &compared))
        .or_else(|| another(page, &compared, old))
        .or_else(|| short(page, &compared));
    settle(doubt, past, page, size)
}

/// What may be wrong with a page that says nothing of itself.
struct Doubt {
    outcome: Outcome,
    /// Names nothing that changes from one request to the next: it is compared with the last one.
    reason: String,
    patience: Duration,
}

impl Doubt {
    fn new(outcome: Outcome, reason: impl Into<String>) -> Option<Doubt> {
        Some(Doubt {
            outcome,
            reason: reason.into(),
            patience: PATIENCE,
        })
    }
}

/// The doubt, unless it has lasted; without one the page is content.
fn settle(doubt: Option<Doubt>, past: &Past, page: &Page, words: usize) -> (Outcome, String) {
    let content = format!("{words} words of text");
    let Some(doubt) = doubt else {
        return (Outcome::Content, content);
    };
    let lasted = past.run.is_some_and(|run| {
        run.reason == doubt.reason
            && run.times + 1 >= BELIEVED_AFTER
            && run.lasting >= doubt.patience
    });
    if lasted && is_whole(page) {
        return (
            Outcome::Content,
            format!("{content}; believed, for it has lasted: {}", doubt.reason),
        );
    }
    (doubt.outcome, doubt.reason)
}

/// The document came to its end.
fn is_whole(page: &Page) -> bool {
    let s = &page.signals;
    s.closed || (s.left_open == 0 && !s.cut_inside)
}

fn garbled(old: &Revision, page: &Page) -> Option<Doubt> {
    let title = page.article.title.as_deref().unwrap_or_default();
    let before = format!("{}\n{}", old.title, old.text);
    let now = format!("{title}\n{}", page.article.text);
    if is_garbled(&before, &now) {
        return Doubt::new(
            Outcome::Error,
            "charset broken: letters that the known text has are garbled",
        );
    }
    None
}

/// The document breaks off, and what it lacks is the end of the text.
fn unfinished(page: &Page, compared: &Compared) -> Option<Doubt> {
    if is_whole(page) || compared.tail == 0 {
        return None;
    }
    Doubt::new(
        Outcome::Truncated,
        "the page breaks off before the end of the known text",
    )
}

/// A good part of the known text is missing and next to nothing stands in its place.
fn short(page: &Page, compared: &Compared) -> Option<Doubt> {
    let of_known = |percent: usize| compared.known * percent / 100;
    let cut = compared.tail >= of_known(CUT).max(FEWEST_LOST);
    let short = compared.lost() >= of_known(SHORT).max(FEWEST_LOST);
    if !(cut || short) {
        return None;
    }
    let s = &page.signals;
    let offer = s.notices.contains(&Wall::Pay) || s.free == Some(false) || offers(page);
    if cut && offer && compared.added < compared.tail {
        return Some(Doubt {
            outcome: Outcome::Paywall,
            reason: "the known text is cut and a subscription offered".into(),
            patience: PAYWALL_PATIENCE,
        });
    }
    if compared.added * 3 >= compared.lost() {
        return None;
    }
    let reason = if cut {
        "the end of the known text is missing"
    } else {
        "most of the known text is missing"
    };
    Doubt::new(Outcome::Truncated, reason)
}

/// Hardly anything of the known text is left and the page is headed like a wall or an error.
fn wall_instead(page: &Page, compared: &Compared, old: &Revision) -> Option<(Outcome, String)> {
    let size = words_of(page);
    if compared.keeps(LITTLE) || page.signals.article_markup || size >= ARTICLE_WORDS {
        return None;
    }
    let unrelated = !compared.keeps(NOTHING) && compared.shared < RELATED && !same_title(page, old);
    for (wall, outcome) in [
        (Wall::Bot, Outcome::Blocked),
        (Wall::Missing, Outcome::Soft404),
        (Wall::Failed, Outcome::Error),
        (Wall::Consent, Outcome::Consent),
        (Wall::Login, Outcome::Blocked),
        (Wall::Pay, Outcome::Paywall),
    ] {
        if let Some(phrase) = says(page, wall, unrelated) {
            let reason = format!("the page says \"{phrase}\" in place of the known text");
            return Some((outcome, reason));
        }
    }
    (unrelated && page.signals.password).then(|| {
        let reason = "the page asks for a password in place of the known text";
        (Outcome::Blocked, reason.into())
    })
}

/// Nothing of the known text is left.
fn another(page: &Page, compared: &Compared, old: &Revision) -> Option<Doubt> {
    if compared.keeps(NOTHING) {
        return None;
    }
    let enough = |text: &str| text.split_whitespace().count() >= FEWEST_FOR_LANGUAGE;
    if enough(&old.text)
        && enough(&page.article.text)
        && let (Some(before), Some(now)) = (
            detect_language(&old.text),
            detect_language(&page.article.text),
        )
        && before != now
    {
        return Doubt::new(
            Outcome::Error,
            format!("wrong language: {now}, and the known text is {before}"),
        );
    }
    if compared.shared < RELATED && !same_title(page, old) {
        return Some(Doubt {
            outcome: Outcome::Error,
            reason: "another text: nothing of the known one is left".into(),
            patience: ANOTHER_PATIENCE,
        });
    }
    None
}

/// The headline is the known one, or half of its longer words are.
fn same_title(page: &Page, old: &Revision) -> bool {
    let title = page.article.title.as_deref().unwrap_or_default();
    Compared::of(&old.title, title).shared >= 50
}
