//! Raw HTML as a row of tags and text, without a tree: what [`super::guard`] rewrites for the
//! parsers and what [`super::region`] compares. Both read with this, so that what one sees is what
//! the other sees. Keeps no stack, allocates nothing for a tag, takes time linear in the page.

/// Attributes read of one tag; real tags have under 20.
const MAX_ATTRIBUTES: usize = 40;
/// Longer attribute values are inlined images, JSON state and the like; nobody reads them here.
const MAX_VALUE: usize = 4 * 1024;

/// One piece of a page. Comments and declarations are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Text with its character references as they stand.
    Text(&'a str),
    /// A `<` that begins no tag.
    Less,
    /// A start tag: its name as written, and whether it closes itself. Its attributes are in
    /// [`Tokens::attributes`] until the next token is asked for.
    Start(&'a str, bool),
    /// The name of an end tag, as written.
    End(&'a str),
}

/// Reads a page piece by piece.
pub(super) struct Tokens<'a> {
    rest: &'a str,
    /// Those of the last start tag; scripts, over-long values and `srcset` are left out.
    pub attributes: Vec<(&'a str, &'a str)>,
    /// The input ends inside a tag, comment or script.
    pub cut_inside: bool,
}

impl<'a> Tokens<'a> {
    pub fn new(html: &'a str) -> Tokens<'a> {
        Tokens {
            rest: html,
            attributes: Vec::new(),
            cut_inside: false,
        }
    }

    /// The next piece; `None` at the end of the page.
    pub fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let bytes = self.rest.as_bytes();
            match (bytes.first()?, bytes.get(1).copied().unwrap_or(0)) {
                (b'<', b'!') if self.rest.starts_with("<!--") => self.comment(),
                (b'<', b'!' | b'?') => self.skip_past(">"),
                (b'<', b'/') => {
                    let name = tag_name(self.rest.get(2..).unwrap_or(""));
                    self.skip_past(">");
                    if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
                        return Some(Token::End(name));
                    }
                }
                (b'<', second) if second.is_ascii_alphabetic() => {
                    self.attributes.clear();
                    match start_tag(self.rest, &mut self.attributes) {
                        Some((name, length, closes)) => {
                            self.advance(length);
                            return Some(Token::Start(name, closes));
                        }
                        None => self.cut(),
                    }
                }
                (b'<', _) => {
                    self.advance(1);
                    return Some(Token::Less);
                }
                _ => {
                    let end = self.rest.find('<').unwrap_or(self.rest.len());
                    let (text, rest) = self.rest.split_at(end);
                    self.rest = rest;
                    return Some(Token::Text(text));
                }
            }
        }
    }

    /// Takes everything up to the end tag of `name`, and the tag as well.
    pub fn until_end(&mut self, name: &str) -> &'a str {
        let rest = self.rest;
        let mut from = 0;
        while let Some(at) = rest.get(from..).and_then(|r| r.find("</")) {
            let start = from + at;
            let found = tag_name(rest.get(start + 2..).unwrap_or(""));
            if found.eq_ignore_ascii_case(name) {
                self.advance(start);
                self.skip_past(">");
                return rest.get(..start).unwrap_or("");
            }
            from = start + 2;
        }
        self.cut();
        rest
    }

    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or("");
    }

    fn cut(&mut self) {
        self.cut_inside = true;
        self.rest = "";
    }

    fn skip_past(&mut self, end: &str) {
        match self.rest.find(end) {
            Some(at) => self.advance(at + end.len()),
            None => self.cut(),
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
}

/// The tag name at the start of `s`.
fn tag_name(s: &str) -> &str {
    let end = s
        .bytes()
        .position(|c| c.is_ascii_whitespace() || matches!(c, b'>' | b'/' | b'<'))
        .unwrap_or(s.len());
    s.get(..end).unwrap_or("")
}

/// Parses the start tag at the beginning of `s`: its name, its length in bytes, and whether it
/// closes itself. `None` where the input ends before the tag does.
fn start_tag<'a>(
    s: &'a str,
    attributes: &mut Vec<(&'a str, &'a str)>,
) -> Option<(&'a str, usize, bool)> {
    let bytes = s.as_bytes();
    let name = tag_name(s.get(1..)?);
    let mut at = 1 + name.len();
    let mut self_closing = false;
    loop {
        while bytes.get(at)?.is_ascii_whitespace() {
            at += 1;
        }
        match bytes.get(at)? {
            b'>' => return Some((name, at + 1, self_closing)),
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
                let length = s.get(at + 1..)?.find(char::from(quote))?;
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
