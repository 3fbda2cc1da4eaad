//! What is wrong with a config, said so that it can be mended: file, line, column, the place with
//! a caret, and the fix.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};
use serde::Serialize;

/// How bad a [`Problem`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The config is refused.
    Error,
    /// The config is taken, but probably does not do what was meant.
    Warning,
}

/// One thing to mend. Shows itself (`Display`) as an excerpt with a caret, over several lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Error or warning.
    pub severity: Severity,
    /// The config file, as it was named to us.
    pub file: PathBuf,
    /// Line of the place, counted from 1; absent where the file as a whole is meant.
    pub line: Option<usize>,
    /// Column of the place in characters, counted from 1; absent with the line.
    pub column: Option<usize>,
    /// What is wrong, in one line.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
    /// Where in the file it stands, for the order.
    #[serde(skip)]
    start: usize,
    /// The lines of the place, and the bytes of them that are meant.
    #[serde(skip)]
    excerpt: Option<(String, Range<usize>)>,
}

/// Longest excerpt in bytes; what is longer is no line that anybody wrote, and is slow to render.
const LONGEST: usize = 2000;

impl Problem {
    /// A problem with the file as a whole.
    pub(super) fn of_file(
        file: &Path,
        severity: Severity,
        message: String,
        help: Option<String>,
    ) -> Problem {
        Problem {
            severity,
            file: file.to_path_buf(),
            line: None,
            column: None,
            message,
            help,
            start: 0,
            excerpt: None,
        }
    }

    /// A problem with the bytes `span` of `text`, which is the file with its secrets masked.
    pub(super) fn at(
        file: &Path,
        text: &str,
        span: Range<usize>,
        severity: Severity,
        message: String,
        help: Option<String>,
    ) -> Problem {
        let start = text.floor_char_boundary(span.start);
        let end = text.floor_char_boundary(span.end).max(start);
        let (before, rest) = text.split_at(start);
        let (meant, after) = rest.split_at(end - start);
        let first = before.rfind('\n').map_or(0, |at| at + 1);
        let lead = before.get(first..).unwrap_or_default();
        let tail = after.split('\n').next().unwrap_or_default();
        let length = lead.len() + meant.len() + tail.len();
        let shown = lead.len()..lead.len() + meant.len();
        Problem {
            severity,
            file: file.to_path_buf(),
            line: Some(before.matches('\n').count() + 1),
            column: Some(lead.trim_start_matches('\u{feff}').chars().count() + 1),
            message,
            help,
            start,
            excerpt: (length <= LONGEST).then(|| (format!("{lead}{meant}{tail}"), shown)),
        }
    }

    /// The problem as text of several lines, without a final newline; `styled` with colours for
    /// a terminal.
    pub fn render(&self, styled: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let file = self.file.display().to_string();
        let title = level.primary_title(self.message.as_str());
        let mut group = match (&self.excerpt, self.line.zip(self.column)) {
            (Some((lines, span)), _) => title.element(
                Snippet::source(lines.as_str())
                    .line_start(self.line.unwrap_or(1))
                    .path(file.as_str())
                    .annotation(AnnotationKind::Primary.span(span.clone())),
            ),
            (None, Some((line, column))) => {
                title.element(Origin::path(file.as_str()).line(line).char_column(column))
            }
            (None, None) => title.element(Origin::path(file.as_str())),
        };
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        let renderer = if styled {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        renderer.render(&[group])
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

/// The problems in the order of the file.
pub(super) fn in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by_key(|p| p.start);
    problems
}

/// Why a config is refused: every error that could be found in one pass, in the order of the file.
/// Never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Errors(Vec<Problem>);

impl Errors {
    pub(super) fn new(problems: Vec<Problem>) -> Errors {
        Errors(problems)
    }

    /// The errors, in the order of the file.
    pub fn problems(&self) -> &[Problem] {
        &self.0
    }

    /// The first error with its place, and how many more there are, in one line.
    pub fn brief(&self) -> String {
        let Some(first) = self.0.first() else {
            return String::new();
        };
        let place = match first.line.zip(first.column) {
            Some((line, column)) => format!("{}:{line}:{column}", first.file.display()),
            None => first.file.display().to_string(),
        };
        let more = match self.0.len() - 1 {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        format!("{place}: {}{more}", first.message)
    }

    /// All errors as text, parted by blank lines, without a final newline.
    pub fn render(&self, styled: bool) -> String {
        let all: Vec<String> = self.0.iter().map(|p| p.render(styled)).collect();
        all.join("\n\n")
    }
}

impl From<Problem> for Errors {
    fn from(problem: Problem) -> Errors {
        Errors(vec![problem])
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Errors {}
