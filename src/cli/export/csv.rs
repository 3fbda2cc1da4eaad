//! Rows as comma-separated values (RFC 4180), with a line of names.

use std::io::{self, Write};

use super::Sink;
use super::table::{Column, Value};

pub(super) struct Csv<W: Write> {
    out: ::csv::Writer<W>,
}

impl<W: Write> Csv<W> {
    pub(super) fn new(columns: &[Column], out: W) -> anyhow::Result<Csv<W>> {
        let mut out = ::csv::Writer::from_writer(out);
        out.write_record(columns.iter().map(|(name, _)| name))
            .map_err(plain)?;
        Ok(Csv { out })
    }
}

impl<W: Write> Sink for Csv<W> {
    fn put(
        &mut self,
        _: &dyn Fn() -> serde_json::Result<String>,
        row: &dyn Fn() -> Vec<Value>,
    ) -> anyhow::Result<()> {
        let text = |value: Value| match value {
            Value::Text(text) => text,
            Value::Time(time) => format!("{time:.3}"),
            Value::Number(number) => number.to_string(),
            Value::Integer(number) => number.to_string(),
            Value::Flag(flag) => flag.to_string(),
            Value::Nothing => String::new(),
        };
        let row = row().into_iter().map(text);
        Ok(self.out.write_record(row).map_err(plain)?)
    }

    fn end(&mut self) -> anyhow::Result<()> {
        Ok(self.out.flush()?)
    }
}

/// The error below, so that a reader that has gone away is known as such.
fn plain(error: ::csv::Error) -> io::Error {
    match error.into_kind() {
        ::csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
