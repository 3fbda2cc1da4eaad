//! Templates: a title and a body for each channel, in its markup, never longer than it takes.
//!
//! A template is minijinja's. It sees `alerts` (a list: one alert, or those of a digest), `alert`
//! (the first of them), `count` and `reminder` (how often it has been told before). Whatever a
//! template prints is escaped for the channel; `| safe` prints it as it is.

use std::fmt::Write as _;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, ErrorKind, UndefinedBehavior};

use super::{Message, Told};
use crate::alert::Alert;

/// What makes a text harmless in a channel's markup.
pub type Escape = fn(&str) -> String;

/// The title where neither channel nor operator says otherwise.
pub const TITLE: &str = include_str!("title.jinja");

/// How much work a template may do; a loop over a full digest takes some thousands.
const FUEL: u64 = 500_000;

/// The parts of an alert that may be shortened are shortened to so many characters, one step after
/// the other, until a message fits.
const STEPS: [usize; 5] = [usize::MAX, 600, 240, 120, 60];

/// The wording of a channel, compiled.
#[derive(Debug)]
pub struct Face {
    templates: Environment<'static>,
    escape: Escape,
}

impl Face {
    /// Compiles a title and a body. Fails with what is wrong with one of them, and which.
    pub fn new(escape: Escape, title: &str, body: &str) -> Result<Face, (&'static str, String)> {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Lenient);
        templates.set_syntax(syntax());
        templates.set_fuel(Some(FUEL));
        templates.set_formatter(move |out, _, value| {
            if value.is_none() {
                return Ok(());
            }
            match value.as_str() {
                Some(text) if value.is_safe() => out.write_str(text)?,
                Some(text) => out.write_str(&escape(text))?,
                None => out.write_str(&escape(&value.to_string()))?,
            }
            Ok(())
        });
        templates.add_filter("upper_first", upper_first);
        templates.add_filter("cut", |text: String, most: usize| cut_text(&text, most));
        for (name, source) in [("title", title), ("body", body)] {
            templates
                .add_template_owned(name, source.to_owned())
                .map_err(|e| (name, said(&e)))?;
        }
        Ok(Face { templates, escape })
    }

    /// Whether both templates can be filled in for an alert, with every name in them known.
    pub fn try_on(&mut self, alert: &Alert) -> Result<(), (&'static str, String)> {
        self.templates
            .set_undefined_behavior(UndefinedBehavior::SemiStrict);
        let message = Message {
            id: alert.id.clone(),
            alerts: vec![Told {
                alert: alert.clone(),
                json: String::new(),
            }],
            reminder: 1,
            thread: None,
        };
        let tried = ["title", "body"].into_iter().try_for_each(|name| {
            self.fill(name, &context(&message, usize::MAX))
                .map(drop)
                .map_err(|e| (name, said(&e)))
        });
        self.templates
            .set_undefined_behavior(UndefinedBehavior::Lenient);
        tried
    }

    /// The title on one line, of at most `most` UTF-16 units.
    pub fn title(&self, message: &Message, most: usize) -> String {
        let line = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        for step in STEPS {
            match self.fill("title", &context(message, step)).map(line) {
                Ok(text) if text.encode_utf16().count() <= most => return text,
                Ok(_) => {}
                Err(_) => break,
            }
        }
        let units = |text: &str| text.encode_utf16().count();
        cut(&line(plain(message)), most, "", units, self.escape)
    }

    /// The body, of at most `most` characters: where it would be longer, sentences are shortened,
    /// then alerts of a digest are left out and counted, and at last it is cut and ends in a link.
    pub fn body(&self, message: &Message, most: usize) -> String {
        self.fitted(message, most, |text| text.chars().count())
    }

    /// As [`Face::body`], with another measure of length.
    pub fn fitted(&self, message: &Message, most: usize, length: fn(&str) -> usize) -> String {
        for step in STEPS {
            match self.fill("body", &context(message, step)) {
                Ok(text) if length(text.trim()) <= most => return text.trim().to_owned(),
                Ok(_) => {}
                Err(_) => break,
            }
        }
        let mut shown = message.alerts.len() / 2;
        while shown > 0 && message.alerts.len() > 1 {
            let part = Message {
                alerts: message.alerts.iter().take(shown).cloned().collect(),
                ..message.clone()
            };
            let more = message.alerts.len() - shown;
            if let Ok(text) = self.fill("body", &context(&part, 240)) {
                let text = format!("{}\n\n… {more} more: wirewatch alerts", text.trim());
                if length(&text) <= most {
                    return text;
                }
            }
            shown /= 2;
        }
        let (plain, link) = (plain(message), self.link(message));
        let whole = format!("{}\n{link}", (self.escape)(&plain));
        match length(&whole) <= most {
            true => whole.trim_end().to_owned(),
            false => cut(&plain, most, &link, length, self.escape),
        }
    }

    fn link(&self, message: &Message) -> String {
        message
            .first()
            .map(|a| (self.escape)(&a.url))
            .unwrap_or_default()
    }

    fn fill(&self, name: &str, context: &Value) -> Result<String, minijinja::Error> {
        self.templates.get_template(name)?.render(context)
    }
}

/// A line that holds but a block leaves no empty line.
fn syntax() -> SyntaxConfig {
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true);
    syntax.build().unwrap_or_default()
}

/// What templates see; long parts cut to `most` characters.
fn context(message: &Message, most: usize) -> Value {
    let alerts: Vec<Value> = message
        .alerts
        .iter()
        .map(|told| {
            let mut alert = told.alert.clone();
            let evidence = &mut alert.evidence;
            for text in [&mut evidence.new, &mut evidence.old].into_iter().flatten() {
                *text = cut_text(text, most);
            }
            for part in [&mut alert.summary, &mut alert.headline, &mut alert.subject] {
                *part = cut_text(part, most.saturating_mul(2));
            }
            Value::from(Serde(&alert))
        })
        .collect();
    minijinja::context! {
        alert => alerts.first().cloned().unwrap_or_default(),
        count => alerts.len(),
        reminder => message.reminder,
        alerts,
    }
}

/// Summaries alone, without a template.
fn plain(message: &Message) -> String {
    let lines = message
        .alerts
        .iter()
        .map(|told| told.alert.summary.as_str());
    lines.collect::<Vec<_>>().join("\n")
}

/// A plain text, escaped, of at most `most` as `length` counts it; where it is cut, it ends in
/// `link`. No sign is cut in two, nor what it is escaped as.
pub fn cut(
    text: &str,
    most: usize,
    link: &str,
    length: fn(&str) -> usize,
    escape: Escape,
) -> String {
    let whole = escape(text);
    if length(&whole) <= most {
        return whole;
    }
    let tail = match link.is_empty() || length(link) + 2 > most {
        true => "…".to_owned(),
        false => format!("… {link}"),
    };
    let upto = |end: usize| {
        let kept = text.get(..end).unwrap_or_default().trim_end();
        escape(kept) + &tail
    };
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let fitting = ends.partition_point(|end| length(&upto(*end)) <= most);
    let end = fitting.checked_sub(1).and_then(|n| ends.get(n));
    upto(end.copied().unwrap_or(0))
}

/// At most `most` characters, with an ellipsis where it was longer.
fn cut_text(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) if most == 0 => String::new(),
        Some(_) => {
            let mut kept: String = text.chars().take(most - 1).collect();
            kept.truncate(kept.trim_end().len());
            kept.push('…');
            kept
        }
    }
}

fn upper_first(text: String) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + chars.as_str()
}

/// The error in a line, with its place.
fn said(error: &minijinja::Error) -> String {
    let mut text = error.detail().map_or_else(
        || error.kind().to_string(),
        |detail| format!("{}: {detail}", error.kind()),
    );
    if error.kind() == ErrorKind::OutOfFuel {
        text = "it does too much work".to_owned();
    }
    if let Some(line) = error.line() {
        let _ = write!(text, " (line {line})");
    }
    text
}

/// For plain text: as it is.
pub fn for_nothing(text: &str) -> String {
    text.to_owned()
}

/// For HTML, in text and in attributes.
pub fn for_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// An address with the signs that would end it, or that are markup, as `%XX`.
fn encoded(address: &str) -> String {
    let mut out = String::with_capacity(address.len());
    for c in address.chars() {
        match c {
            '<' | '>' | '(' | ')' | '[' | ']' | '*' | '`' | '|' | '\\' | '"' | '\'' => {
                let _ = write!(out, "%{:02X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// For Markdown as chats read it: nothing in the text is taken for markup, nobody is called upon.
/// An address stays one.
pub fn for_markdown(text: &str) -> String {
    let address = text.starts_with("https://") || text.starts_with("http://");
    if address && !text.contains(char::is_whitespace) {
        return encoded(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '*' | '_' | '`' | '~' | '|' | '[' | ']' | '<' | '>' | '#' => {
                out.push('\\');
                out.push(c);
            }
            // A zero-width space after it: no name is called.
            '@' => out.push_str("@\u{200b}"),
            c => out.push(c),
        }
    }
    out
}
