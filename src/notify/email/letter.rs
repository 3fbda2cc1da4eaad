//! A message as a mail: headers and two bodies. No network.

use lettre::Address;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};

use crate::config;
use crate::message::{Face, Message, TITLE, for_html, for_nothing};

/// Most characters of a subject; programs show far less.
const SUBJECT: usize = 200;

/// Most characters of either body: more than a full digest has.
const BODY: usize = 500_000;

/// Writes mails.
pub(super) struct Writer {
    from: Mailbox,
    to: Vec<Mailbox>,
    reply_to: Option<Mailbox>,
    text: Face,
    /// Without: plain text alone.
    html: Option<Face>,
}

impl Writer {
    pub(super) fn new(
        config: &config::Email,
        given: Option<&config::Delivery>,
    ) -> Result<Writer, String> {
        let text = crate::notify::face(for_nothing, given, None, include_str!("body.jinja"))?;
        let own_body = given.is_some_and(|d| d.body.is_some());
        let html = match (&config.html, own_body) {
            (Some(own), _) => Some(own.as_str()),
            (None, false) => Some(include_str!("html.jinja")),
            (None, true) => None,
        };
        let html = html.map(|html| {
            Face::new(for_html, TITLE, html)
                .map_err(|(_, why)| format!("the template of its HTML fails: {why}"))
        });
        let to = config.to.iter().map(|to| mailbox(to));
        Ok(Writer {
            from: mailbox(&config.from)?,
            to: to.collect::<Result<_, _>>()?,
            reply_to: config.reply_to.as_deref().map(mailbox).transpose()?,
            text,
            html: html.transpose()?,
        })
    }

    pub(super) fn sender(&self) -> &Address {
        &self.from.email
    }

    pub(super) fn recipients(&self) -> Vec<Address> {
        let mut all: Vec<Address> = Vec::new();
        for to in &self.to {
            if !all.contains(&to.email) {
                all.push(to.email.clone());
            }
        }
        all
    }

    /// The mail as it goes over the wire.
    pub(super) fn write(&self, message: &Message) -> Result<Vec<u8>, String> {
        let host = self.from.email.domain();
        let mut mail = lettre::Message::builder()
            .from(self.from.clone())
            .message_id(Some(format!("<{}@{host}>", token(&message.id))))
            .date_now()
            .subject(line(&self.text.title(message, SUBJECT)));
        for to in &self.to {
            mail = mail.to(to.clone());
        }
        if let Some(reply_to) = &self.reply_to {
            mail = mail.reply_to(reply_to.clone());
        }
        // Nobody has a mail of this id; what names it belongs together all the same.
        if let Some(story) = message.story() {
            let thread = format!("<{}.story@{host}>", token(story));
            mail = mail.in_reply_to(thread.clone()).references(thread);
        }
        let mut headers = vec![
            ("Auto-Submitted", "auto-generated".to_owned()),
            ("List-Id", format!("wirewatch alerts <wirewatch.{host}>")),
            ("X-Auto-Response-Suppress", "All".to_owned()),
            ("X-Wirewatch-Id", message.id.clone()),
        ];
        if let Some(alert) = message.first() {
            let kind = match message.alerts.len() {
                1 => alert.kind.as_str(),
                _ => "digest",
            };
            headers.push(("X-Wirewatch-Kind", kind.to_owned()));
            headers.push(("X-Wirewatch-Watch", alert.watch.clone()));
            headers.push(("X-Wirewatch-Source", alert.source.clone()));
        }
        if let Some(story) = message.story() {
            headers.push(("X-Wirewatch-Story", story.to_owned()));
        }
        for (name, value) in headers {
            let value = line(&value);
            if !value.is_empty() {
                let name = HeaderName::new_from_ascii_str(name);
                mail = mail.raw_header(HeaderValue::new(name, value));
            }
        }
        let text = SinglePart::plain(self.text.body(message, BODY));
        let mail = match &self.html {
            None => mail.singlepart(text),
            Some(html) => mail.multipart(
                MultiPart::alternative()
                    .singlepart(text)
                    .singlepart(SinglePart::html(html.body(message, BODY))),
            ),
        };
        mail.map(|mail| mail.formatted())
            .map_err(|e| format!("failed to write the mail: {e}"))
    }
}

fn mailbox(text: &str) -> Result<Mailbox, String> {
    text.parse()
        .map_err(|e| format!("`{text}` is no mail address: {e}"))
}

/// One line without anything that ends or hides it.
fn line(text: &str) -> String {
    let parts = text.split(|c: char| c.is_control() || c.is_whitespace());
    parts
        .filter(|p| !p.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The part of an id that may stand in a Message-ID.
fn token(id: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    id.chars().map(|c| if fits(c) { c } else { '_' }).collect()
}
