//! Rows as Apache Parquet: every column optional, packed with Snappy, a row group at a time in memory.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use super::Sink;
use super::table::{Column, Type, Value};

/// A row group ends at so many rows or bytes of text.
const ROWS: usize = 20_000;
const BYTES: usize = 16 << 20;

pub(super) struct Parquet<W: Write + Send> {
    out: Option<SerializedFileWriter<W>>,
    columns: &'static [Column],
    rows: Vec<Vec<Value>>,
    bytes: usize,
}

impl<W: Write + Send> Parquet<W> {
    pub(super) fn new(columns: &'static [Column], out: W) -> anyhow::Result<Parquet<W>> {
        let mut message = "message wirewatch {\n".to_owned();
        for (name, column) in columns {
            message += &match column {
                Type::Text => format!("optional binary {name} (STRING);\n"),
                Type::Time => format!("optional int64 {name} (TIMESTAMP(MILLIS,true));\n"),
                Type::Number => format!("optional double {name};\n"),
                Type::Integer => format!("optional int64 {name};\n"),
                Type::Flag => format!("optional boolean {name};\n"),
            };
        }
        let schema = Arc::new(parse_message_type(&(message + "}"))?);
        let how = WriterProperties::builder().set_compression(Compression::SNAPPY);
        Ok(Parquet {
            out: Some(SerializedFileWriter::new(
                out,
                schema,
                Arc::new(how.build()),
            )?),
            columns,
            rows: Vec::new(),
            bytes: 0,
        })
    }

    fn flush(&mut self) -> Result<(), ParquetError> {
        let Some(out) = self.out.as_mut().filter(|_| !self.rows.is_empty()) else {
            return Ok(());
        };
        let mut group = out.next_row_group()?;
        for n in 0..self.columns.len() {
            let Some(mut column) = group.next_column()? else {
                break;
            };
            let values = self.rows.iter_mut().map(|row| match row.get_mut(n) {
                Some(value) => std::mem::replace(value, Value::Nothing),
                None => Value::Nothing,
            });
            put(column.untyped(), values)?;
            column.close()?;
        }
        group.close()?;
        self.rows.clear();
        self.bytes = 0;
        Ok(())
    }
}

impl<W: Write + Send> Sink for Parquet<W> {
    fn put(
        &mut self,
        _: &dyn Fn() -> serde_json::Result<String>,
        row: &dyn Fn() -> Vec<Value>,
    ) -> anyhow::Result<()> {
        let row = row();
        let size = |value: &Value| match value {
            Value::Text(text) => text.len(),
            _ => 8,
        };
        self.bytes += row.iter().map(size).sum::<usize>();
        self.rows.push(row);
        if self.rows.len() >= ROWS || self.bytes >= BYTES {
            self.flush()?;
        }
        Ok(())
    }

    fn end(&mut self) -> anyhow::Result<()> {
        self.flush()?;
        if let Some(out) = self.out.take() {
            out.into_inner()?.flush()?;
        }
        Ok(())
    }
}

/// Writes one column of a row group. A value of another type than its column's is written as none.
fn put(
    column: &mut ColumnWriter<'_>,
    values: impl Iterator<Item = Value>,
) -> Result<(), ParquetError> {
    match column {
        ColumnWriter::ByteArrayColumnWriter(out) => {
            let text = |value| match value {
                Value::Text(text) => Some(ByteArray::from(text.into_bytes())),
                _ => None,
            };
            let (there, found) = parted(values.map(text));
            out.write_batch(&found, Some(&there), None)?;
        }
        ColumnWriter::Int64ColumnWriter(out) => {
            let number = |value| match value {
                Value::Time(time) => Some(time.as_millisecond()),
                Value::Integer(number) => Some(number),
                _ => None,
            };
            let (there, found) = parted(values.map(number));
            out.write_batch(&found, Some(&there), None)?;
        }
        ColumnWriter::DoubleColumnWriter(out) => {
            let number = |value| match value {
                Value::Number(number) => Some(number),
                _ => None,
            };
            let (there, found) = parted(values.map(number));
            out.write_batch(&found, Some(&there), None)?;
        }
        ColumnWriter::BoolColumnWriter(out) => {
            let flag = |value| match value {
                Value::Flag(flag) => Some(flag),
                _ => None,
            };
            let (there, found) = parted(values.map(flag));
            out.write_batch(&found, Some(&there), None)?;
        }
        _ => return Err(ParquetError::NYI("a column of this type".to_owned())),
    }
    Ok(())
}

/// 1 for each value that is there and 0 for each that is not, and those that are.
fn parted<T>(values: impl Iterator<Item = Option<T>>) -> (Vec<i16>, Vec<T>) {
    let (mut there, mut found) = (Vec::new(), Vec::new());
    for value in values {
        there.push(i16::from(value.is_some()));
        found.extend(value);
    }
    (there, found)
}
