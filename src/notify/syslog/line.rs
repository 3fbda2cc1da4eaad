//! One alert as a line of RFC 5424. No I/O but the name of this machine, asked once.

use std::fmt::Write as _;

use crate::alert::Alert;
use crate::config;
use crate::message::{Face, Message, for_nothing};
use crate::notify::face;
use crate::notify::push::{loudness, severity};

/// Most characters of a parameter in the structured data.
const PARAMETER: usize = 255;

/// Writes lines.
pub(super) struct Writer {
    facility: u8,
    app_name: String,
    most: usize,
    host: String,
    given: Option<config::Delivery>,
    face: Face,
}

impl Writer {
    pub(super) fn new(
        config: &config::Syslog,
        given: Option<&config::Delivery>,
    ) -> Result<Writer, String> {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let host: String = host
            .trim()
            .chars()
            .filter(char::is_ascii_graphic)
            .take(255)
            .collect();
        Ok(Writer {
            facility: config.facility.0,
            app_name: config.app_name.clone(),
            most: config.max_length,
            host: if host.is_empty() {
                "-".to_owned()
            } else {
                host
            },
            given: given.cloned(),
            face: face(for_nothing, given, None, include_str!("body.jinja"))?,
        })
    }

    /// The line of a message with one alert, of at most so many bytes as configured.
    pub(super) fn line(&self, message: &Message) -> String {
        let Some(alert) = message.first() else {
            return String::new();
        };
        let priority = self.facility * 8 + severity(loudness(message, self.given.as_ref()));
        let head = format!(
            "<{priority}>1 {} {} {} {} {} ",
            alert.time.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"),
            self.host,
            self.app_name,
            std::process::id(),
            alert.kind.as_str(),
        );
        // The text is worth more than the parameters, which it mostly repeats.
        let room = self.most.saturating_sub(head.len());
        let data = [usize::MAX, 3, 1, 0]
            .into_iter()
            .map(|n| data(message, alert, n));
        let data = data.into_iter().find(|data| data.len() <= room / 2);
        let mut line = head;
        line.push_str(data.as_deref().unwrap_or("-"));
        line.push(' ');
        let room = self.most.saturating_sub(line.len());
        line.push_str(&flat(&self.face.fitted(message, room, str::len)));
        line
    }
}

/// The first of the parameters: `[wirewatch@32473 id="al_…"]`. The number is the one for examples:
/// this program has none of its own.
fn data(message: &Message, alert: &Alert, most: usize) -> String {
    let reminder = message.reminder.to_string();
    let parameters = [
        ("id", alert.id.as_str()),
        ("story", &alert.story.id),
        ("kind", alert.kind.as_str()),
        ("watch", &alert.watch),
        ("source", &alert.source),
        ("reminder", &reminder),
        ("url", &alert.url),
    ];
    if most == 0 {
        return "-".to_owned();
    }
    let mut text = "[wirewatch@32473".to_owned();
    for (name, value) in parameters.into_iter().take(most) {
        // Half an address is none.
        if name == "url" && value.len() > PARAMETER * 4 {
            continue;
        }
        let short = match name {
            "url" => value.to_owned(),
            _ => value.chars().take(PARAMETER).collect(),
        };
        let mut escaped = String::new();
        for c in flat(&short).chars() {
            if matches!(c, '"' | '\\' | ']') {
                escaped.push('\\');
            }
            escaped.push(c);
        }
        let _ = write!(text, " {name}=\"{escaped}\"");
    }
    text.push(']');
    text
}

/// On one line: nothing in it ends a line or moves a terminal's cursor.
fn flat(text: &str) -> String {
    let parts = text.split(|c: char| c.is_control() || c.is_whitespace());
    parts
        .filter(|p| !p.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
