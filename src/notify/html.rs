//! The plain text of the simple HTML that chats take.

/// Without tags, and with what entities stand for.
pub(super) fn text(html: &str) -> String {
    read(html, false)
}

/// The same with the address after each link.
pub(super) fn text_with_links(html: &str) -> String {
    read(html, true)
}

fn read(html: &str, links: bool) -> String {
    let mut out = String::with_capacity(html.len());
    let mut link = String::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        out.push_str(&entities(before));
        let Some(end) = tag.find('>') else {
            rest = tag;
            break;
        };
        let name = tag.get(1..end).unwrap_or_default();
        if let Some(address) = name.strip_prefix("a href=\"") {
            link = entities(address.trim_end_matches('"'));
        }
        if name == "/a" && links && !link.is_empty() {
            out.push_str(&format!(" ({link})"));
        }
        if name == "br" || name == "br/" {
            out.push('\n');
        }
        rest = tag.get(end + 1..).unwrap_or_default();
    }
    out + &entities(rest)
}

fn entities(text: &str) -> String {
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_go_and_entities_are_read() {
        let html = "<b>A &amp;lt; B</b><br>see <a href=\"https://x.org/?a&amp;b\">it</a> &#39;&gt;";
        assert_eq!(text(html), "A &lt; B\nsee it '>");
        assert_eq!(
            text_with_links(html),
            "A &lt; B\nsee it (https://x.org/?a&b) '>"
        );
        assert_eq!(text("1 < 2"), "1 < 2");
    }
}
