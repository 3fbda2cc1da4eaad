//! The characters sentences are split at.

/// Ends that need no white space after them: CJK, Urdu, Devanagari, Armenian, Ethiopic, Burmese, Khmer.
pub(super) fn is_full_stop(c: char) -> bool {
    matches!(
        c,
        '。' | '！' | '？' | '｡' | '۔' | '।' | '॥' | '։' | '።' | '။' | '។'
    )
}

pub(super) fn is_stop(c: char) -> bool {
    matches!(
        c,
        '.' | '!' | '?' | '…' | '؟' | '‼' | '⁇' | '⁈' | '⁉' | '\u{37e}'
    )
}

pub(super) fn is_comma(c: char) -> bool {
    matches!(c, ',' | ';' | ':' | '、' | '，' | '：' | '；' | '،')
}

/// What may close after a full stop. Quotation marks that open in one language close in another.
pub(super) fn is_closer(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | '”'
            | '’'
            | '“'
            | '‘'
            | '»'
            | '«'
            | '›'
            | ')'
            | ']'
            | '}'
            | '）'
            | '」'
            | '』'
            | '】'
            | '》'
            | '〉'
            | '〕'
    )
}

pub(super) fn is_opener(c: char) -> bool {
    is_dash(c)
        || is_bullet(c)
        || matches!(
            c,
            '"' | '\''
                | '“'
                | '‘'
                | '”'
                | '’'
                | '„'
                | '‚'
                | '«'
                | '»'
                | '‹'
                | '('
                | '['
                | '{'
                | '¿'
                | '¡'
                | '*'
                | '（'
                | '「'
                | '『'
                | '【'
                | '《'
        )
}

pub(super) fn is_dash(c: char) -> bool {
    matches!(c, '-' | '‐' | '‑' | '–' | '—' | '―')
}

pub(super) fn is_bullet(c: char) -> bool {
    matches!(c, '•' | '▪' | '●' | '‣' | '◦' | '■' | '►' | '▶' | '➤')
}

pub(super) fn is_hiragana(c: char) -> bool {
    ('\u{3041}'..='\u{309f}').contains(&c)
}

/// Lower case in a script whose sentences begin with upper case; Georgian's do not.
pub(super) fn is_lower(c: char) -> bool {
    c.is_lowercase() && !('\u{10d0}'..='\u{10ff}').contains(&c)
}
