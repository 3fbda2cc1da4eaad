//! What the notifiers that speak to a broker have in common: servers, topics, logins, and that a
//! program may be built without them.

use crate::config::read::{Given, Reader};
use crate::config::secret::Secret;
use crate::config::table::Table;
use crate::message::Topic;
use url::Url;

/// Why a type of notifier does nothing, and what to do.
#[cfg(not(all(feature = "kafka", feature = "mqtt", feature = "nats")))]
pub(crate) fn without(feature: &str) -> String {
    format!("this program was built without {feature}: {}", fix(feature))
}

fn fix(feature: &str) -> String {
    format!(
        "build it with `cargo install --path . --features {feature}`, or install the Debian package, which has it"
    )
}

/// Tells of a type that this program was built without.
pub(super) fn built<T>(reader: &mut Reader<'_>, table: &Table<T>, feature: &str, there: bool) {
    if !there {
        reader.error(
            table.span.clone(),
            format!("this program was built without {feature}"),
            fix(feature),
        );
    }
}

/// The address of a server in one of `schemes`, the first without TLS. No login in it: what is
/// logged and shown must not hold one.
pub(super) fn server(text: &str, schemes: [&str; 2]) -> Result<Url, (String, String)> {
    let help = || format!("write it as {}://broker.example.org", schemes[1]);
    let url = Url::parse(text.trim()).map_err(|e| (format!("not a URL: {e}"), help()))?;
    if !schemes.contains(&url.scheme()) || url.host_str().is_none_or(str::is_empty) {
        let message = format!("not a {} or {} address", schemes[0], schemes[1]);
        return Err((message, help()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        let help = "take it out and give it in keys of its own: username = \"…\", password = \"…\"";
        return Err((
            "a login in the address would be shown".to_owned(),
            help.to_owned(),
        ));
    }
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return Err((
            "the address goes on after the port".to_owned(),
            "write scheme, host and port alone".to_owned(),
        ));
    }
    Ok(url)
}

/// A topic with names in braces; `level` parts its levels, `wild` are characters it must not have.
pub(super) fn topic(text: &str, level: char, wild: &[char]) -> Result<Topic, (String, String)> {
    let help = || {
        format!(
            "write such as \"wirewatch{level}{{watch}}\"; {{kind}}, {{source}}, {{watch}} and {{story}} are filled in"
        )
    };
    let topic = Topic::parse(text).map_err(|message| (message, help()))?;
    if text.split(level).any(str::is_empty) {
        return Err(("it has an empty level".to_owned(), help()));
    }
    if text.contains(|c: char| c.is_control() || c.is_whitespace() || wild.contains(&c)) {
        let message = "it has a character that no topic to send to has".to_owned();
        return Err((message, help()));
    }
    Ok(topic)
}

/// A user name and a password: both or none.
pub(super) fn login<T>(
    reader: &mut Reader<'_>,
    table: &Table<T>,
    username: &Option<Given<String>>,
    (password, file): (&Option<Given<String>>, &Option<Given<String>>),
) -> Option<Option<(String, Secret)>> {
    let name = username.as_ref();
    let secret = reader.secret("password", password, file);
    match (name, secret) {
        (None, None) if password.is_none() && file.is_none() => Some(None),
        (Some(name), Some((secret, _))) if !name.get().trim().is_empty() => {
            Some(Some((name.get().clone(), secret)))
        }
        (Some(_), None) if password.is_some() || file.is_some() => None,
        (Some(name), None) => {
            if !table.is_broken("password") && !table.is_broken("password_file") {
                reader.error(
                    name.span(),
                    "a `username` without a password",
                    "give it in place, as password = \"${VARIABLE}\", or in a file: password_file = \"…\"",
                );
            }
            None
        }
        (Some(name), Some(_)) => {
            reader.error(name.span(), "`username` is empty", "");
            None
        }
        (None, found) => {
            if let (Some((_, span)), false) = (found, table.is_broken("username")) {
                reader.error(
                    span,
                    "a password without a `username`",
                    "say whose it is: username = \"…\"",
                );
            }
            None
        }
    }
}

/// A list of servers: at least one, each checked.
pub(super) fn servers<T>(
    reader: &mut Reader<'_>,
    table: &Table<T>,
    (key, given): (&str, &Option<Vec<Given<String>>>),
    help: &str,
    check: impl Fn(&str) -> Result<String, (String, String)>,
) -> Option<Vec<String>> {
    let given = reader.require(table, key, given, help)?;
    if given.is_empty() {
        reader.error(table.span.clone(), format!("`{key}` is empty"), help);
        return None;
    }
    let found: Vec<String> = given
        .iter()
        .filter_map(|server| reader.check(server, &check))
        .collect();
    (found.len() == given.len()).then_some(found)
}
