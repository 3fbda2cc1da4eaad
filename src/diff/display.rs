//! A diff as plain text for a terminal.

use std::fmt::Write;

use super::{Diff, WordChange, words};
use crate::article::{Edit, EditKind, Place, Sentence};

/// One line an edit: `+` added, `-` removed, `~` changed, `>` moved, then where (sentences count
/// from 1) and the sentence, in a changed one `[-old-]{+new+}` words. Ends with a line break
/// unless the diff is empty. Control characters of the page do not reach the terminal.
pub fn display(diff: &Diff) -> String {
    let mut out = String::new();
    for edit in &diff.edits {
        let sign = match edit.kind {
            EditKind::Added => '+',
            EditKind::Removed => '-',
            EditKind::Changed => '~',
            EditKind::Moved => '>',
        };
        // Writing to a string does not fail.
        let _ = writeln!(out, "{sign} {}: {}", place(edit), one_line(&text(edit)));
    }
    out
}

fn place(edit: &Edit) -> String {
    let number = |sentence: &Option<Sentence>| sentence.as_ref().map(|s| s.index + 1);
    match (edit.place, number(&edit.old), number(&edit.new)) {
        (Place::Title, ..) => "title".to_owned(),
        (_, Some(old), Some(new)) if old != new => format!("{old}→{new}"),
        (_, old, new) => new.or(old).map_or_else(String::new, |n| n.to_string()),
    }
}

fn text(edit: &Edit) -> String {
    match (edit.kind, &edit.old, &edit.new) {
        (EditKind::Changed, Some(old), Some(new)) => marked(&old.text, &new.text),
        (_, _, Some(sentence)) | (_, Some(sentence), None) => sentence.text.clone(),
        (_, None, None) => String::new(),
    }
}

fn marked(old: &str, new: &str) -> String {
    let mark = |change| match change {
        WordChange::Same(text) => text,
        WordChange::Removed(text) => format!("[-{text}-]"),
        WordChange::Added(text) => format!("{{+{text}+}}"),
    };
    words(old, new).into_iter().map(mark).collect()
}

/// The text with plain spaces, without control characters and marks that turn the direction.
fn one_line(text: &str) -> String {
    let harmful =
        |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let spaced = text.split_whitespace().collect::<Vec<_>>().join(" ");
    spaced.chars().filter(|c| !harmful(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::Revision;
    use crate::diff::diff;

    fn shown(old: (&str, &str), new: (&str, &str)) -> String {
        let revision = |(title, text): (&str, &str)| Revision {
            title: title.to_owned(),
            text: text.to_owned(),
            ..Revision::default()
        };
        display(&diff(&revision(old), &revision(new)))
    }

    #[test]
    fn a_story_that_changed() {
        let old = (
            "Presidents to meet in Budapest",
            "The two presidents will meet in Budapest next week.\n\n\
             Hungary offered to host both delegations. A blast killed 12 people.\n\n\
             The weather was mild.\n\nShops stayed open.",
        );
        let new = (
            "Presidents call off Budapest meeting",
            "The two presidents will not meet in Budapest, the White House said.\n\n\
             Shops stayed open. Hungary offered to host both delegations. A blast killed 15 people.\n\n\
             Envoys spoke by telephone on Monday.",
        );
        insta::assert_snapshot!(shown(old, new), @r"
        ~ title: Presidents [-to meet in Budapest-]{+call off Budapest meeting+}
        ~ 1: The two presidents will {+not +}meet in Budapest[- next week-]{+, the White House said+}.
        > 5→2: Shops stayed open.
        - 4: The weather was mild.
        ~ 3→4: A blast killed [-12-]{+15+} people.
        + 5: Envoys spoke by telephone on Monday.
        ");
    }

    #[test]
    fn nothing_to_show() {
        insta::assert_snapshot!(shown(("T", "One."), ("T", "One.")), @"");
    }

    #[test]
    fn a_page_cannot_write_to_the_terminal() {
        let page = "Red\u{1b}[31m alert\u{7}\u{202e} and\n  a line break.";
        insta::assert_snapshot!(shown(("", ""), ("\u{9b}2JTitle", page)), @r"
        + title: 2JTitle
        + 1: Red[31m alert and a line break.
        ");
    }

    #[test]
    fn an_edit_without_sentences_is_an_empty_line() {
        let edit = Edit {
            kind: EditKind::Moved,
            place: Place::Body,
            old: None,
            new: None,
        };
        assert_eq!(display(&Diff { edits: vec![edit] }), "> : \n");
    }
}
