//! The page's structured data (`application/ld+json`): headline, names, dates, live-blog entries.

use serde_json::Value;
use url::Url;

use super::dom::squeeze;

/// What the structured data says of the article.
#[derive(Debug, Clone, Default)]
pub(super) struct Data {
    pub headline: Option<String>,
    pub authors: Vec<String>,
    pub published: Option<String>,
    pub modified: Option<String>,
    pub body: Option<String>,
    pub language: Option<String>,
    pub free: Option<bool>,
    /// The node is a live blog.
    pub is_live: bool,
    /// Its entries, in the order of the data.
    pub live: Vec<LiveUpdate>,
    /// Names of the publisher and the site, to be told from people.
    pub publishers: Vec<String>,
    /// Some node is an article of some kind.
    pub is_article: bool,
}

/// One entry of a live blog.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct LiveUpdate {
    pub headline: Option<String>,
    /// Paragraphs.
    pub body: Vec<String>,
}

impl LiveUpdate {
    fn of(node: &Value) -> Option<LiveUpdate> {
        let headline = ["headline", "name"]
            .iter()
            .find_map(|key| node.get(*key))
            .and_then(as_text);
        let body = ["articleBody", "text"]
            .iter()
            .find_map(|key| node.get(*key))
            .and_then(Value::as_str)
            .map(paragraphs)
            .unwrap_or_default();
        (headline.is_some() || !body.is_empty()).then_some(LiveUpdate { headline, body })
    }

    /// What it tells, on one line.
    pub fn told(&self) -> String {
        match (self.body.as_slice(), &self.headline) {
            ([], Some(headline)) => headline.clone(),
            (body, _) => body.join(" "),
        }
    }
}

/// A text that may have markup in it, as paragraphs.
fn paragraphs(text: &str) -> Vec<String> {
    if text.contains('<') {
        let blocks = super::blocks::blocks(&scraper::Html::parse_fragment(text));
        return blocks.into_iter().map(|block| block.text).collect();
    }
    let lines = text.lines().map(|line| squeeze(&unescape(line)));
    lines.filter(|line| !line.is_empty()).collect()
}

/// Live blogs run to hundreds of entries; the newest matter.
const MAX_ENTRIES: usize = 500;

/// Reads every block; a block that is not JSON is mended or skipped.
pub(super) fn read<S: AsRef<str>>(blocks: &[S], url: Option<&Url>) -> Data {
    let mut nodes = Vec::new();
    let parsed: Vec<Value> = blocks.iter().flat_map(|b| parse(b.as_ref())).collect();
    for value in &parsed {
        collect(value, &mut nodes, 0);
    }
    let mut data = Data::default();
    for node in &nodes {
        if is_type(node, |t| {
            matches!(t, "Organization" | "NewsMediaOrganization" | "WebSite")
        }) {
            data.publishers.extend(node.get("name").and_then(as_text));
        }
        if let Some(publisher) = node.get("publisher") {
            data.publishers.extend(names(publisher, &nodes, 0));
        }
    }
    // The article itself first, other articles never (they are related links), a web page last.
    let best = nodes
        .iter()
        .filter(|n| is_type(n, is_article_type))
        .enumerate()
        .max_by_key(|(order, n)| (score(n, url), usize::MAX - order))
        .map(|(_, n)| *n);
    if let Some(article) = best {
        data.is_article = true;
        data.headline = ["headline", "name"]
            .iter()
            .find_map(|k| article.get(*k))
            .and_then(as_text);
        for key in ["author", "creator"] {
            if data.authors.is_empty()
                && let Some(author) = article.get(key)
            {
                data.authors = names(author, &nodes, 0);
            }
        }
        data.body = article.get("articleBody").and_then(as_text_raw);
        data.language = article.get("inLanguage").and_then(as_text);
        data.free = article.get("isAccessibleForFree").and_then(as_bool);
        data.is_live = is_type(article, |t| t == "LiveBlogPosting");
        if let Some(Value::Array(entries)) = article.get("liveBlogUpdate") {
            let entries = entries.iter().take(MAX_ENTRIES);
            data.live = entries.filter_map(LiveUpdate::of).collect();
        }
    }
    let dated = best.into_iter().chain(nodes.iter().copied().filter(|n| {
        is_type(n, |t| {
            t.ends_with("WebPage") || t == "VideoObject" && best.is_none()
        })
    }));
    for node in dated {
        for key in ["datePublished", "dateCreated", "uploadDate"] {
            if data.published.is_none() {
                data.published = node.get(key).and_then(as_text);
            }
        }
        if data.modified.is_none() {
            data.modified = node.get("dateModified").and_then(as_text);
        }
    }
    data
}

fn is_article_type(name: &str) -> bool {
    let name = name.rsplit(['/', ':']).next().unwrap_or(name);
    name.ends_with("Article")
        || matches!(
            name,
            "LiveBlogPosting"
                | "BlogPosting"
                | "Report"
                | "Review"
                | "Recipe"
                | "ClaimReview"
                | "SocialMediaPosting"
                | "CreativeWork"
        )
}

/// How much a node looks like the page's own article.
fn score(node: &Value, url: Option<&Url>) -> u32 {
    let mut score = 0;
    let own = url.is_some_and(|url| {
        ["url", "@id", "mainEntityOfPage"].iter().any(|key| {
            let named = node
                .get(*key)
                .map(|v| v.get("@id").or_else(|| v.get("url")).unwrap_or(v));
            named
                .and_then(Value::as_str)
                .is_some_and(|s| s.contains(url.path()) && url.path().len() > 1)
        })
    });
    score += if own { 8 } else { 0 };
    score += if is_type(node, |t| {
        t.ends_with("NewsArticle") || t == "LiveBlogPosting"
    }) {
        2
    } else {
        0
    };
    for (key, weight) in [
        ("headline", 4),
        ("datePublished", 4),
        ("author", 2),
        ("articleBody", 3),
    ] {
        if node.get(key).is_some() {
            score += weight;
        }
    }
    score
}

/// Every object of the block, outermost first, through arrays, `@graph` and `mainEntity`.
fn collect<'a>(value: &'a Value, out: &mut Vec<&'a Value>, depth: usize) {
    if depth > 6 || out.len() > 2_000 {
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|v| collect(v, out, depth + 1)),
        Value::Object(map) => {
            out.push(value);
            for key in [
                "@graph",
                "mainEntity",
                "mainEntityOfPage",
                "author",
                "publisher",
            ] {
                if let Some(inner @ (Value::Array(_) | Value::Object(_))) = map.get(key) {
                    collect(inner, out, depth + 1);
                }
            }
        }
        _ => {}
    }
}

fn is_type(node: &Value, test: impl Fn(&str) -> bool) -> bool {
    match node.get("@type") {
        Some(Value::String(s)) => test(s),
        Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).any(test),
        _ => false,
    }
}

/// Author names: a string, an object with a name, a reference to one, or a list of these.
fn names(value: &Value, nodes: &[&Value], depth: usize) -> Vec<String> {
    if depth > 3 {
        return Vec::new();
    }
    match value {
        Value::String(_) => as_text(value).into_iter().collect(),
        Value::Array(items) => items
            .iter()
            .flat_map(|v| names(v, nodes, depth + 1))
            .collect(),
        Value::Object(map) => {
            if let Some(name) = map.get("name") {
                return names(name, nodes, depth + 1);
            }
            let parts: Vec<String> = ["givenName", "familyName"]
                .iter()
                .filter_map(|k| map.get(*k).and_then(as_text))
                .collect();
            if !parts.is_empty() {
                return vec![parts.join(" ")];
            }
            let id = map.get("@id").and_then(Value::as_str);
            let named = id.and_then(|id| {
                nodes.iter().find(|n| {
                    n.get("@id").and_then(Value::as_str) == Some(id) && n.get("name").is_some()
                })
            });
            named
                .and_then(|n| n.get("name"))
                .map(|n| names(n, nodes, depth + 1))
                .unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

fn as_text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(s) => squeeze(&unescape(s)),
        Value::Array(items) => return items.iter().find_map(as_text),
        Value::Object(map) => return map.get("@value").and_then(as_text),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn as_text_raw(value: &Value) -> Option<String> {
    value.as_str().map(str::to_string)
}

fn as_bool(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(b) => Some(*b),
        Value::String(s) => match s.to_ascii_lowercase().as_str() {
            "true" | "yes" => Some(true),
            "false" | "no" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// Structured data often carries HTML entities, sometimes tags, inside its strings.
fn unescape(s: &str) -> String {
    if !s.contains(['&', '<']) {
        return s.to_string();
    }
    scraper::Html::parse_fragment(s)
        .root_element()
        .text()
        .collect()
}

/// Parses a block, mending what breaks most: wrappers, raw line ends in strings, trailing commas,
/// two values one after the other.
fn parse(block: &str) -> Vec<Value> {
    let block = block
        .trim()
        .trim_start_matches("<!--")
        .trim_start_matches("//<![CDATA[")
        .trim_start_matches("<![CDATA[");
    let block = block
        .trim_end_matches("-->")
        .trim_end_matches("]]>")
        .trim_end_matches("//")
        .trim()
        .trim_end_matches(';');
    if let Ok(value) = serde_json::from_str(block) {
        return vec![value];
    }
    let mended = mend(block);
    serde_json::Deserializer::from_str(&mended)
        .into_iter::<Value>()
        .map_while(Result::ok)
        .collect()
}

fn mend(block: &str) -> String {
    let mut out = String::with_capacity(block.len());
    let (mut inside, mut escaped) = (false, false);
    for c in block.chars() {
        if inside {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => inside = false,
                _ => {}
            }
        } else if c == '"' {
            inside = true;
        } else if matches!(c, '}' | ']') && out.trim_end().ends_with(',') {
            out.truncate(out.trim_end().len() - 1);
        }
        out.push(if c.is_control() { ' ' } else { c });
    }
    out
}
