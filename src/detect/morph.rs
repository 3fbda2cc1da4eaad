//! Regular endings of English verbs and nouns. Over-generates on purpose ("targetted" and "targeted"):
//! a form nobody writes costs one table entry.

/// The tag of a verb or noun form.
pub(super) mod tag {
    pub const BASE: u16 = 1;
    pub const S: u16 = 2;
    pub const PAST: u16 = 4;
    pub const PART: u16 = 8;
    pub const ING: u16 = 16;
    pub const NOUN: u16 = 32;
    pub const PLURAL: u16 = 64;
    pub const WORD: u16 = 128;
    pub const VERB: u16 = BASE | S | PAST | PART | ING;
    pub const NOMINAL: u16 = NOUN | PLURAL;
}

fn is_vowel(c: Option<char>) -> bool {
    matches!(c, Some('a' | 'e' | 'i' | 'o' | 'u'))
}

/// Regular `-s` form.
pub(super) fn s_form(word: &str) -> String {
    let mut back = word.chars().rev();
    let (last, before) = (back.next(), back.next());
    if last == Some('y') && !is_vowel(before) {
        return format!("{}ies", &word[..word.len() - 1]);
    }
    if word.ends_with("sh")
        || word.ends_with("ch")
        || matches!(last, Some('s' | 'x' | 'z'))
        || matches!(word, "go" | "veto" | "torpedo" | "echo" | "hero")
    {
        return format!("{word}es");
    }
    format!("{word}s")
}

/// Regular forms of a verb: past and `-ing`, doubled and not.
pub(super) fn verb_forms(word: &str) -> Vec<(String, u16)> {
    let mut out = vec![(word.to_owned(), tag::BASE), (s_form(word), tag::S)];
    let past = tag::PAST | tag::PART;
    let mut back = word.chars().rev();
    let (last, before, third) = (back.next(), back.next(), back.next());
    if let Some(stem) = word.strip_suffix('e') {
        out.push((format!("{word}d"), past));
        if word.ends_with("ee") || word.ends_with("oe") {
            out.push((format!("{word}ing"), tag::ING));
        } else if let Some(stem) = word.strip_suffix("ie") {
            out.push((format!("{stem}ying"), tag::ING));
        } else {
            out.push((format!("{stem}ing"), tag::ING));
        }
        return out;
    }
    let double = matches!(last, Some(c) if c.is_ascii_alphabetic() && !matches!(c, 'w' | 'x' | 'y') && !is_vowel(last));
    let double = double && is_vowel(before) && (!is_vowel(third) || word.contains("qu"));
    // "tapping", never "taping", which is of another verb
    let short =
        double && !word.contains("qu") && word.chars().filter(|c| is_vowel(Some(*c))).count() == 1;
    if !short {
        if last == Some('y') && !is_vowel(before) {
            out.push((format!("{}ied", &word[..word.len() - 1]), past));
        } else {
            out.push((format!("{word}ed"), past));
        }
        out.push((format!("{word}ing"), tag::ING));
    }
    if double {
        let c = last.unwrap_or_default();
        out.push((format!("{word}{c}ed"), past));
        out.push((format!("{word}{c}ing"), tag::ING));
    }
    if last == Some('c') {
        out.push((format!("{word}ked"), past));
        out.push((format!("{word}king"), tag::ING));
    }
    out
}
