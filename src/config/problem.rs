//! What is wrong with a config, said so that it can be mended: file, line, column, the place with
//! a caret, and the fix.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
    #[serde(skip)]
    excerpt: Option<(Arc<str>, Range<usize>)>,
}

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
            excerpt: None,
        }
    }

    /// A problem with the bytes `span` of `text`, which is the file with its secrets masked.
    pub(super) fn at(
        file: &Path,
        text: &Arc<str>,
        span: Range<usize>,
        severity: Severity,
        message: String,
        help: Option<String>,
    ) -> Problem {
        let start = floor(text, span.start);
        let end = floor(text, span.end).max(start);
        let before = text.get(..start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        Problem {
            severity,
            file: file.to_path_buf(),
            line: Some(line),
            column: Some(column),
            message,
            help,
            excerpt: Some((text.clone(), start..end)),
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
        let mut group = match &self.excerpt {
            Some((text, span)) => title.element(
                Snippet::source(text.as_ref())
                    .path(file.as_str())
                    .annotation(AnnotationKind::Primary.span(span.clone())),
            ),
            None => title.element(Origin::path(file.as_str())),
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

/// The last character boundary at or before `index`.
fn floor(text: &str, index: usize) -> usize {
    (0..=index.min(text.len()))
        .rev()
        .find(|i| text.is_char_boundary(*i))
        .unwrap_or(0)
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

/// The problems in the order of the file.
pub(super) fn in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by_key(|p| p.excerpt.as_ref().map_or(0, |(_, span)| span.start));
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
