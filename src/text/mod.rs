//! Language basics: sentences, normalising, numbers, dates.
//!
//! Pure functions over text. May use nothing of the other modules. What a language knows is data,
//! one readable file per language or family under `lang/`.

pub mod date;
mod lang;
mod normal;
pub mod number;
mod sentence;

pub(crate) use normal::unify;
pub use normal::{is_stamp, normalise};
pub use sentence::sentences;

/// The paragraphs of a text, parted by blank lines, without white space around them.
pub fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let mut end = 0;
        for line in rest.split_inclusive('\n') {
            if line.trim().is_empty() {
                break;
            }
            end += line.len();
        }
        let (paragraph, after) = rest.split_at_checked(end)?;
        rest = after;
        (!paragraph.is_empty()).then(|| paragraph.trim_end())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_parted_by_blank_lines_only() {
        let cases: [(&str, &[&str]); 7] = [
            ("", &[]),
            (" \n \n", &[]),
            ("One.", &["One."]),
            ("One.\nStill one.\n\nTwo.", &["One.\nStill one.", "Two."]),
            ("\r\nOne.\r\n \t\r\n\r\nTwo.\r\n", &["One.", "Two."]),
            ("  One.\n\u{a0}\nTwo.  ", &["One.", "Two."]),
            ("一。\n\n二。", &["一。", "二。"]),
        ];
        for (text, want) in cases {
            assert_eq!(paragraphs(text).collect::<Vec<_>>(), want, "{text:?}");
        }
    }
}
