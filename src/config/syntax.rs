//! What the TOML parser and serde say, said with the fix.

/// What a syntax error says, or part of it, and how it is mended.
const FIXES: [(&str, &str); 8] = [
    ("duplicate key", "keep one of them"),
    (
        "unclosed table",
        "close the heading: [table], or [[table]] for one of several",
    ),
    ("unclosed array", "close the list: [\"a\", \"b\"]"),
    (
        "key with no value",
        "write the key, `=` and its value: key = \"value\"",
    ),
    (
        "string values must be quoted",
        "put the value in quotes: key = \"value\"",
    ),
    (
        "invalid basic string",
        "close the string on its line with `\"`; write `\\\\` for a backslash",
    ),
    (
        "invalid literal string",
        "close the string on its line with `'`",
    ),
    ("expected newline", "begin a new line after the value"),
];

/// How a syntax error of this message is mended.
pub(super) fn fix(message: &str) -> &'static str {
    let found = FIXES.iter().find(|(part, _)| message.contains(part));
    found.map_or(
        "a line is a heading, [table] or [[table]], or key = \"value\"",
        |(_, fix)| fix,
    )
}

/// serde's "invalid type: integer `5`, expected a string" as "expected a string, found integer":
/// in the operator's words, and without the value, which may have come from a variable.
pub(super) fn plain_type_error(message: &str) -> String {
    let Some((found, expected)) = message.split_once(", expected ") else {
        return message.to_owned();
    };
    let Some(found) = found.strip_prefix("invalid type: ") else {
        return message.to_owned();
    };
    let found = found.split([' ', '`', '"']).next().unwrap_or_default();
    let found = match found {
        "map" => "table",
        "sequence" => "list",
        other => other,
    };
    let expected = match expected {
        "a sequence" => "a list",
        "i64" => "a whole number",
        "f64" => "a number",
        "a boolean" => "true or false",
        other => other,
    };
    format!("expected {expected}, found {found}")
}
