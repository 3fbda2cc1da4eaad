//! `${VARIABLE}` in the strings of the file.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Where a variable stands, the whole string it stands in, what is wrong and the fix.
pub(super) type Missing = (Range<usize>, Range<usize>, String, String);

type Variables<'v> = &'v dyn Fn(&str) -> Option<String>;

/// Fills in the variables of every string in the table; keys are left as they are.
pub(super) fn fill_table(
    table: &mut DeTable<'_>,
    text: &str,
    variables: Variables<'_>,
    missing: &mut Vec<Missing>,
) {
    for (_, value) in table.iter_mut() {
        fill_value(value, text, variables, missing);
    }
}

fn fill_value(
    value: &mut Spanned<DeValue<'_>>,
    text: &str,
    variables: Variables<'_>,
    missing: &mut Vec<Missing>,
) {
    let span = value.span();
    match value.get_mut() {
        DeValue::String(string) if string.contains("${") => match fill(string, variables) {
            Ok(filled) => *string = filled.into(),
            Err((found, message, help)) => {
                let written = text.get(span.clone()).unwrap_or_default();
                let place = match written.find(&found) {
                    Some(offset) => span.start + offset..span.start + offset + found.len(),
                    None => span.clone(),
                };
                missing.push((place, span, message, help));
            }
        },
        DeValue::Array(items) => {
            for item in items.iter_mut() {
                fill_value(item, text, variables, missing);
            }
        }
        DeValue::Table(table) => fill_table(table, text, variables, missing),
        _ => {}
    }
}

/// Fills in one string: `${NAME}` is the variable, `$${` stands for `${`. An error tells the piece
/// of the string that is wrong, what is wrong and the fix.
pub(super) fn fill(
    string: &str,
    variables: Variables<'_>,
) -> Result<String, (String, String, String)> {
    let mut filled = String::new();
    let mut rest = string;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(before) = before.strip_suffix('$') {
            filled.push_str(before);
            filled.push_str("${");
            rest = after;
            continue;
        }
        filled.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            let help = "close it: `${NAME}`; write `$${` for a plain `${`";
            return Err((
                "${".to_owned(),
                "`${` without its `}`".to_owned(),
                help.to_owned(),
            ));
        };
        let piece = format!("${{{name}}}");
        if !is_variable(name) {
            let help =
                "a variable's name has letters, digits and `_`; write `$${` for a plain `${`";
            return Err((
                piece,
                format!("`{name}` cannot be a variable"),
                help.to_owned(),
            ));
        }
        let Some(value) = variables(name) else {
            let message = format!("the environment variable `{name}` is not set");
            let help = format!("set {name}, or write `$${{` for a plain `${{`");
            return Err((piece, message, help));
        };
        filled.push_str(&value);
        rest = tail;
    }
    filled.push_str(rest);
    Ok(filled)
}

fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
