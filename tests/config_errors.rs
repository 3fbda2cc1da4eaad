//! What the operator is told about a config that is wrong: the whole text, case by case.

use std::path::Path;

use wirewatch::config::parse;

fn variable(name: &str) -> Option<String> {
    match name {
        "SECRET" => Some("hunter2".to_owned()),
        "SELECT" => Some("div[[".to_owned()),
        _ => None,
    }
}

/// What the operator is told about this config.
fn told(text: &str) -> String {
    match parse(text, Path::new("wirewatch.toml"), &variable) {
        Ok(config) => {
            let warnings: Vec<String> = config.warnings.iter().map(ToString::to_string).collect();
            warnings.join("\n\n")
        }
        Err(errors) => errors.to_string(),
    }
}

#[test]
fn an_unknown_key_with_a_near_one() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
intervall = "5m"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: unknown key `intervall` in [[source]]
     --> wirewatch.toml:5:1
      |
    5 | intervall = "5m"
      | ^^^^^^^^^
      |
      = help: did you mean `interval`?
    "#);
}

#[test]
fn an_unknown_key_that_is_near_nothing() {
    let text = r#"[store]
colour = 3
[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: unknown key `colour` in [store]
     --> wirewatch.toml:2:1
      |
    2 | colour = 3
      | ^^^^^^
      |
      = help: [store] takes `archive`, `archive_path`, `keep_archive`, `keep_archive_size`, `keep_fetches`, `keep_history`, `keep_revisions` and `path`
    "#);
}

#[test]
fn a_misspelt_required_key_is_told_once() {
    let text = r#"[[source]]
id = "bbc"
knd = "feed"
url = "https://example.org/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: unknown key `knd` in [[source]]
     --> wirewatch.toml:3:1
      |
    3 | knd = "feed"
      | ^^^
      |
      = help: did you mean `kind`?
    "#);
}

#[test]
fn an_unknown_table() {
    let text = r#"[fetc]
timeout = "5s"

[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: unknown table `fetc`
     --> wirewatch.toml:1:2
      |
    1 | [fetc]
      |  ^^^^
      |
      = help: did you mean `fetch`?
    "#);
}

#[test]
fn a_key_outside_of_any_table() {
    let text = r#"interval = "5m"
[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: unknown key `interval`
     --> wirewatch.toml:1:1
      |
    1 | interval = "5m"
      | ^^^^^^^^
      |
      = help: put it below its heading: [defaults] or [[source]]
    "#);
}

#[test]
fn one_bracket_instead_of_two() {
    let text = r#"[source]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: `source` is a list of tables
     --> wirewatch.toml:1:1
      |
    1 | [source]
      | ^^^^^^^^
      |
      = help: write each with a heading of two brackets: [[source]]
    "#);
}

#[test]
fn a_value_where_a_table_belongs() {
    let text = r#"fetch = 1
[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: `fetch` is a table
     --> wirewatch.toml:1:9
      |
    1 | fetch = 1
      |         ^
      |
      = help: write it with a heading: [fetch]
    "#);
}

#[test]
fn a_list_of_values_where_tables_belong() {
    let text = r#"source = ["https://example.org/feed"]
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: `source` is a list of tables
     --> wirewatch.toml:1:11
      |
    1 | source = ["https://example.org/feed"]
      |           ^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write each with a heading of two brackets: [[source]]
    "#);
}

#[test]
fn an_open_string() {
    let text = r#"[store]
path = "wirewatch.db

[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: invalid basic string, expected `"`
     --> wirewatch.toml:2:21
      |
    2 | path = "wirewatch.db
      |                     ^
      |
      = help: close the string on its line with `"`; write `\\` for a backslash
    "#);
}

#[test]
fn every_syntax_error_of_the_file() {
    let text = r#"[store
path = 
[[source]]
id "bbc"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: unclosed table, expected `]`
     --> wirewatch.toml:1:7
      |
    1 | [store
      |       ^
      |
      = help: close the heading: [table], or [[table]] for one of several

    error: key with no value, expected `=`
     --> wirewatch.toml:4:4
      |
    4 | id "bbc"
      |    ^
      |
      = help: write the key, `=` and its value: key = "value"
    "#);
}

#[test]
fn a_key_given_twice() {
    let text = r#"[store]
path = "a.db"
path = "b.db"
[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: duplicate key
     --> wirewatch.toml:3:1
      |
    3 | path = "b.db"
      | ^^^^
      |
      = help: keep one of them
    "#);
}

#[test]
fn a_number_where_a_duration_belongs() {
    let text = r#"[fetch]
user_agent = "x@example.com"
timeout = 5
[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: expected a string, found integer
     --> wirewatch.toml:3:11
      |
    3 | timeout = 5
      |           ^
      |
      = help: for example: timeout = "60s"
    "#);
}

#[test]
fn a_string_where_a_list_belongs() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
tags = "world"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: expected a list, found string
     --> wirewatch.toml:5:8
      |
    5 | tags = "world"
      |        ^^^^^^^
      |
      = help: for example: tags = ["world"]
    "#);
}

#[test]
fn a_wrong_type_inside_a_list() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
tags = ["é", 5]
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: expected a string, found integer
     --> wirewatch.toml:5:14
      |
    5 | tags = ["é", 5]
      |              ^
      |
      = help: for example: tags = ["world"]
    "#);
}

#[test]
fn a_bare_number_as_duration() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
interval = "5"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: a duration needs a unit
     --> wirewatch.toml:5:12
      |
    5 | interval = "5"
      |            ^^^
      |
      = help: write "5s" for seconds, "5m" for minutes
    "#);
}

#[test]
fn a_duration_in_words() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
interval = "5 minutes"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: not a duration
     --> wirewatch.toml:5:12
      |
    5 | interval = "5 minutes"
      |            ^^^^^^^^^^^
      |
      = help: write a number and a unit: "500ms", "90s", "5m", "1h30m", "1d"
    "#);
}

#[test]
fn an_empty_duration() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
interval = ""
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: the duration is empty
     --> wirewatch.toml:5:12
      |
    5 | interval = ""
      |            ^^
      |
      = help: write a number and a unit: "500ms", "90s", "5m", "1h30m", "1d"
    "#);
}

#[test]
fn an_endless_duration() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
interval = "99999999999999999999d"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: not a duration
     --> wirewatch.toml:5:12
      |
    5 | interval = "99999999999999999999d"
      |            ^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write a number and a unit: "500ms", "90s", "5m", "1h30m", "1d"
    "#);
}

#[test]
fn an_interval_too_short() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
interval = "500ms"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: an interval is at least 1s
     --> wirewatch.toml:5:12
      |
    5 | interval = "500ms"
      |            ^^^^^^^
      |
      = help: news pages bear a poll a minute; try "60s"
    "#);
}

#[test]
fn an_interval_too_long() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
interval = "1000d"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: an interval is at most 30d
     --> wirewatch.toml:5:12
      |
    5 | interval = "1000d"
      |            ^^^^^^^
      |
      = help: to stop watching a source, take it out of the file
    "#);
}

#[test]
fn a_recheck_that_is_neither() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
recheck = "sometimes"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: not a recheck
     --> wirewatch.toml:5:11
      |
    5 | recheck = "sometimes"
      |           ^^^^^^^^^^^
      |
      = help: write "auto" or a duration: "10m"
    "#);
}

#[test]
fn sizes_and_numbers_out_of_range() {
    let text = r#"[fetch]
user_agent = "x@example.com"
max_body = "10"
max_redirects = -1
per_host_concurrency = 0
connect_timeout = "1h"
[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: a size needs a unit
     --> wirewatch.toml:3:12
      |
    3 | max_body = "10"
      |            ^^^^
      |
      = help: write a number and a unit, B, KB, MB or GB: "10MB"

    error: out of range
     --> wirewatch.toml:4:17
      |
    4 | max_redirects = -1
      |                 ^^
      |
      = help: it is between 0 and 20

    error: out of range
     --> wirewatch.toml:5:24
      |
    5 | per_host_concurrency = 0
      |                        ^
      |
      = help: it is between 1 and 16

    error: out of range
     --> wirewatch.toml:6:19
      |
    6 | connect_timeout = "1h"
      |                   ^^^^
      |
      = help: it is between 1ms and 10m
    "#);
}

#[test]
fn a_size_beyond_bounds() {
    let text = r#"[fetch]
user_agent = "x@example.com"
max_body = "5GB"
[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: out of range
     --> wirewatch.toml:3:12
      |
    3 | max_body = "5GB"
      |            ^^^^^
      |
      = help: it is between 1KB and 1GB
    "#);
}

#[test]
fn bad_networks() {
    let text = r#"[fetch]
user_agent = "x@example.com"
allow_private = ["10.0.0.1/8", "10.0.0.0/33", "localhost"]
[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: the block does not begin at 10.0.0.1
     --> wirewatch.toml:3:18
      |
    3 | allow_private = ["10.0.0.1/8", "10.0.0.0/33", "localhost"]
      |                  ^^^^^^^^^^^^
      |
      = help: write "10.0.0.0/8" for the block, "10.0.0.1" for the one address

    error: the part after `/` must be 0 to 32
     --> wirewatch.toml:3:32
      |
    3 | allow_private = ["10.0.0.1/8", "10.0.0.0/33", "localhost"]
      |                                ^^^^^^^^^^^^^
      |
      = help: write an address block: "127.0.0.0/8", "10.1.2.3", "fd00::/8"

    error: not an address block
     --> wirewatch.toml:3:47
      |
    3 | allow_private = ["10.0.0.1/8", "10.0.0.0/33", "localhost"]
      |                                               ^^^^^^^^^^^
      |
      = help: write an address block: "127.0.0.0/8", "10.1.2.3", "fd00::/8"
    "#);
}

#[test]
fn a_user_agent_without_contact() {
    let text = r#"[fetch]
user_agent = "wirewatch"
[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: the user agent names no contact
     --> wirewatch.toml:2:14
      |
    2 | user_agent = "wirewatch"
      |              ^^^^^^^^^^^
      |
      = help: say who asks, so that a site can write instead of blocking: [fetch] user_agent = "wirewatch (+mailto:you@your-newsroom)"
    "#);
}

#[test]
fn a_user_agent_that_is_not_ascii() {
    let text = r#"[fetch]
user_agent = "Nachrichtenwächter (desk@example.com)"
[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: a user agent is printable ASCII
     --> wirewatch.toml:2:14
      |
    2 | user_agent = "Nachrichtenwächter (desk@example.com)"
      |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: say who asks, so that a site can write instead of blocking: [fetch] user_agent = "wirewatch (+mailto:you@your-newsroom)"
    "#);
}

#[test]
fn a_placeholder_contact_is_a_warning() {
    let text = r#"[fetch]
user_agent = "wirewatch (+mailto:desk@example.org)"
[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
[[watch]]
name = "all"
notify = []
"#;
    insta::assert_snapshot!(told(text), @r#"
    warning: the user agent still has the placeholder contact
     --> wirewatch.toml:2:14
      |
    2 | user_agent = "wirewatch (+mailto:desk@example.org)"
      |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: say who asks, so that a site can write instead of blocking: [fetch] user_agent = "wirewatch (+mailto:you@your-newsroom)"

    warning: this watch tells nobody; its alerts are only recorded
     --> wirewatch.toml:7:1
      |
    7 | [[watch]]
      | ^^^^^^^^^
      |
      = help: add a [[notify]] and name it: notify = ["log"]
    "#);
}

#[test]
fn a_bad_proxy_is_not_shown() {
    let text = r#"[fetch]
user_agent = "x@example.com"
proxy = "me:hunter2@proxy"
[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: not the URL of a proxy
     --> wirewatch.toml:3:9
      |
    3 | proxy = ******************
      |         ^^^^^^^^^^^^^^^^^^
      |
      = help: write "http://host:port" or "https://host:port"
    "#);
}

#[test]
fn a_secret_is_not_shown_in_a_syntax_error() {
    let text = r#"[fetch]
proxy = "http://me:hunter2@proxy" 5
[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: unexpected key or value, expected newline, `#`
     --> wirewatch.toml:2:35
      |
    2 | proxy = ************************* 5
      |                                   ^
      |
      = help: begin a new line after the value
    "#);
}

#[test]
fn a_secret_given_twice() {
    let text = r#"[fetch]
user_agent = "x@example.com"
proxy = "http://proxy:3128"
proxy_file = "proxy"
[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: `proxy` and `proxy_file` are both given
     --> wirewatch.toml:4:14
      |
    4 | proxy_file = "proxy"
      |              ^^^^^^^
      |
      = help: keep one of them
    "#);
}

#[test]
fn a_secret_file_that_is_not_there() {
    let text = r#"[fetch]
user_agent = "x@example.com"
proxy_file = "no-such-file"
[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: failed to read `no-such-file`: no such file or directory
     --> wirewatch.toml:3:14
      |
    3 | proxy_file = "no-such-file"
      |              ^^^^^^^^^^^^^^
      |
      = help: `proxy_file` names a file that holds the value of `proxy`
    "#);
}

#[test]
fn a_variable_that_is_not_set() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://${NO_SUCH_HOST}/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: the environment variable `NO_SUCH_HOST` is not set
     --> wirewatch.toml:4:16
      |
    4 | url = "https://${NO_SUCH_HOST}/feed"
      |                ^^^^^^^^^^^^^^^
      |
      = help: set NO_SUCH_HOST, or write `$${` for a plain `${`
    "#);
}

#[test]
fn a_variable_without_its_end() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
select = "${OPEN"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: `${` without its `}`
     --> wirewatch.toml:5:11
      |
    5 | select = "${OPEN"
      |           ^^
      |
      = help: close it: `${NAME}`; write `$${` for a plain `${`
    "#);
}

#[test]
fn a_variable_with_an_impossible_name() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
select = "${a b}"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: `a b` cannot be a variable
     --> wirewatch.toml:5:11
      |
    5 | select = "${a b}"
      |           ^^^^^^
      |
      = help: a variable's name has letters, digits and `_`; write `$${` for a plain `${`
    "#);
}

#[test]
fn everything_required_of_a_source() {
    let text = r#"[[source]]
tags = ["world"]
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: `id` is missing
     --> wirewatch.toml:1:1
      |
    1 | [[source]]
      | ^^^^^^^^^^
      |
      = help: give it a name of your own: id = "bbc-world"

    error: `kind` is missing
     --> wirewatch.toml:1:1
      |
    1 | [[source]]
      | ^^^^^^^^^^
      |
      = help: say what the URL leads to: kind = "article", "section", "feed", "sitemap" or "auto"

    error: `url` is missing
     --> wirewatch.toml:1:1
      |
    1 | [[source]]
      | ^^^^^^^^^^
      |
      = help: say where it is: url = "https://…"
    "#);
}

#[test]
fn a_bad_id() {
    let text = r#"[[source]]
id = "BBC World"
kind = "feed"
url = "https://example.org/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: not a name
     --> wirewatch.toml:2:6
      |
    2 | id = "BBC World"
      |      ^^^^^^^^^^^
      |
      = help: use letters, digits, `.`, `_` and `-`, at most 64, beginning with a letter or digit
    "#);
}

#[test]
fn an_id_given_twice() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"

[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/other"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: `bbc` is taken
     --> wirewatch.toml:7:6
      |
    7 | id = "bbc"
      |      ^^^^^
      |
      = help: give each its own `id`
    "#);
}

#[test]
fn a_misspelt_kind() {
    let text = r#"[[source]]
id = "bbc"
kind = "feeds"
url = "https://example.org/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: unknown kind of source
     --> wirewatch.toml:3:8
      |
    3 | kind = "feeds"
      |        ^^^^^^^
      |
      = help: did you mean "feed"?
    "#);
}

#[test]
fn an_unheard_of_kind() {
    let text = r#"[[source]]
id = "bbc"
kind = "telegram"
url = "https://example.org/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: unknown kind of source
     --> wirewatch.toml:3:8
      |
    3 | kind = "telegram"
      |        ^^^^^^^^^^
      |
      = help: the kinds are `article`, `section`, `feed`, `sitemap` and `auto`
    "#);
}

#[test]
fn a_url_without_scheme() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "example.org/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: not a whole URL
     --> wirewatch.toml:4:7
      |
    4 | url = "example.org/feed"
      |       ^^^^^^^^^^^^^^^^^^
      |
      = help: begin it with https://
    "#);
}

#[test]
fn a_url_of_another_scheme() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "ftp://example.org/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: only http and https can be watched
     --> wirewatch.toml:4:7
      |
    4 | url = "ftp://example.org/feed"
      |       ^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: begin it with https://
    "#);
}

#[test]
fn a_url_with_a_password() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://me:hunter2@example.org/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: the URL has a user name or password in it, which would end up in alerts
     --> wirewatch.toml:4:7
      |
    4 | url = *************************************
      |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: take the part before `@` out
    "#);
}

#[test]
fn a_url_that_cannot_be() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org:99999/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: not a URL: invalid port number
     --> wirewatch.toml:4:7
      |
    4 | url = "https://example.org:99999/feed"
      |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write it as a browser shows it: "https://…"
    "#);
}

#[test]
fn bad_selectors() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
select = "div[["
remove = [".ad", "..promo"]
"#;
    insta::assert_snapshot!(told(text), @r##"
    error: not a CSS selector
     --> wirewatch.toml:5:10
      |
    5 | select = "div[["
      |          ^^^^^^^
      |
      = help: examples: "article", ".story-body", "#main > div.text"

    error: not a CSS selector
     --> wirewatch.toml:6:18
      |
    6 | remove = [".ad", "..promo"]
      |                  ^^^^^^^^^
      |
      = help: examples: "article", ".story-body", "#main > div.text"
    "##);
}

#[test]
fn patterns_that_match_all_or_nothing() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
include = ["*", "re:", "re:^/20[0-9"]
exclude = ["/video s/"]
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: the pattern matches everything
     --> wirewatch.toml:5:12
      |
    5 | include = ["*", "re:", "re:^/20[0-9"]
      |            ^^^
      |
      = help: examples: "/world/*" from the start of the path, "-live-" anywhere

    error: the pattern matches everything
     --> wirewatch.toml:5:17
      |
    5 | include = ["*", "re:", "re:^/20[0-9"]
      |                 ^^^^^
      |
      = help: examples: "/world/*" from the start of the path, "-live-" anywhere

    error: not a regular expression
     --> wirewatch.toml:5:24
      |
    5 | include = ["*", "re:", "re:^/20[0-9"]
      |                        ^^^^^^^^^^^^^
      |
      = help: leave `re:` out for a plain pattern, in which only `*` is special

    error: a URL has no blanks, so the pattern matches nothing
     --> wirewatch.toml:6:12
      |
    6 | exclude = ["/video s/"]
      |            ^^^^^^^^^^^
      |
      = help: examples: "/world/*" from the start of the path, "-live-" anywhere
    "#);
}

#[test]
fn keys_without_meaning_for_the_kind_are_warnings() {
    let text = r#"[[source]]
id = "bbc"
kind = "article"
url = "https://example.org/feed"
max_articles = 5
include = ["/news/"]
same_site = false
[[watch]]
name = "all"
"#;
    insta::assert_snapshot!(told(text), @r#"
    warning: `user_agent` is missing
    --> wirewatch.toml
     = help: say who asks, so that a site can write instead of blocking: [fetch] user_agent = "wirewatch (+mailto:you@your-newsroom)"

    warning: `max_articles` has no meaning for kind = "article"
     --> wirewatch.toml:5:16
      |
    5 | max_articles = 5
      |                ^
      |
      = help: take it out

    warning: `include` has no meaning for kind = "article"
     --> wirewatch.toml:6:12
      |
    6 | include = ["/news/"]
      |            ^^^^^^^^
      |
      = help: take it out

    warning: `same_site` has no meaning for kind = "article"
     --> wirewatch.toml:7:13
      |
    7 | same_site = false
      |             ^^^^^
      |
      = help: take it out

    warning: this watch tells nobody; its alerts are only recorded
     --> wirewatch.toml:8:1
      |
    8 | [[watch]]
      | ^^^^^^^^^
      |
      = help: add a [[notify]] and name it: notify = ["log"]
    "#);
}

#[test]
fn a_private_address_is_a_warning() {
    let text = r#"[fetch]
user_agent = "x@example.com"
allow_private = ["127.0.0.0/8"]
[[source]]
id = "here"
kind = "feed"
url = "http://127.0.0.1:8080/feed"
[[source]]
id = "there"
kind = "feed"
url = "http://0xA000001/feed"
[[watch]]
name = "all"
notify = ["log"]
[[notify]]
name = "log"
type = "log"
path = "a.jsonl"
"#;
    insta::assert_snapshot!(told(text), @r#"
    warning: a private address, which fetching refuses
      --> wirewatch.toml:11:7
       |
    11 | url = "http://0xA000001/feed"
       |       ^^^^^^^^^^^^^^^^^^^^^^^
       |
       = help: allow it: [fetch] allow_private = ["10.0.0.1"]
    "#);
}

#[test]
fn the_same_url_twice_is_a_warning() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
[[source]]
id = "bbc2"
kind = "feed"
url = "https://example.org/feed"
[[watch]]
name = "all"
notify = ["log"]
[[notify]]
name = "log"
type = "log"
path = "a.jsonl"
"#;
    insta::assert_snapshot!(told(text), @r#"
    warning: `user_agent` is missing
    --> wirewatch.toml
     = help: say who asks, so that a site can write instead of blocking: [fetch] user_agent = "wirewatch (+mailto:you@your-newsroom)"

    warning: the source `bbc` has the same URL
     --> wirewatch.toml:8:7
      |
    8 | url = "https://example.org/feed"
      |       ^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: it is fetched twice; take one out
    "#);
}

#[test]
fn everything_wrong_with_a_watch() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
[[watch]]
any = ["", "summit"]
kinds = ["canceled", "weather"]
sources = ["bcb"]
tags = ["world"]
min_confidence = 60
notify = ["lgo"]
[[notify]]
name = "log"
type = "log"
path = "a.jsonl"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: `name` is missing
     --> wirewatch.toml:5:1
      |
    5 | [[watch]]
      | ^^^^^^^^^
      |
      = help: give it a name of your own: name = "summits"

    error: there is no word in this
     --> wirewatch.toml:6:8
      |
    6 | any = ["", "summit"]
      |        ^^
      |
      = help: write a word or a phrase, or take it out

    error: unknown kind of development
     --> wirewatch.toml:7:10
      |
    7 | kinds = ["canceled", "weather"]
      |          ^^^^^^^^^^
      |
      = help: did you mean "cancelled"?

    error: unknown kind of development
     --> wirewatch.toml:7:22
      |
    7 | kinds = ["canceled", "weather"]
      |                      ^^^^^^^^^
      |
      = help: the kinds are `scheduled`, `occurred`, `postponed`, `cancelled`, `suspended`, `resumed`, `agreed`, `approved`, `rejected`, `withdrew`, `imposed`, `lifted`, `ceasefire`, `resigned`, `dismissed`, `appointed`, `arrested`, `charged`, `verdict`, `freed`, `died`, `incident`, `toll`, `figure`, `confirmed`, `denied`, `corrected` and `other`; [[kind]] adds one of your own

    error: no source has this id
     --> wirewatch.toml:8:12
      |
    8 | sources = ["bcb"]
      |            ^^^^^
      |
      = help: did you mean "bbc"?

    error: no source has this tag
     --> wirewatch.toml:9:9
      |
    9 | tags = ["world"]
      |         ^^^^^^^
      |
      = help: give a [[source]] this tag, or take it out

    error: out of range
      --> wirewatch.toml:10:18
       |
    10 | min_confidence = 60
       |                  ^^
       |
       = help: it is between 0 and 1: 0.6 means right six times in ten

    error: no notifier has this name
      --> wirewatch.toml:11:11
       |
    11 | notify = ["lgo"]
       |           ^^^^^
       |
       = help: did you mean "log"?
    "#);
}

#[test]
fn a_watch_name_of_two_lines() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
[[watch]]
name = """a
b"""
notify = ["log"]
[[notify]]
name = "log"
type = "log"
path = "a.jsonl"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: not a name for a watch
     --> wirewatch.toml:6:8
      |
    6 |   name = """a
      |  ________^
    7 | | b"""
      | |____^
      |
      = help: use 1 to 100 characters without line breaks, none of them a blank at an end
    "#);
}

#[test]
fn a_watch_that_tells_nobody_is_a_warning() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
[[watch]]
name = "all"
[[notify]]
name = "log"
type = "log"
path = "a.jsonl"
"#;
    insta::assert_snapshot!(told(text), @r#"
    warning: `user_agent` is missing
    --> wirewatch.toml
     = help: say who asks, so that a site can write instead of blocking: [fetch] user_agent = "wirewatch (+mailto:you@your-newsroom)"

    warning: this watch tells nobody; its alerts are only recorded
     --> wirewatch.toml:5:1
      |
    5 | [[watch]]
      | ^^^^^^^^^
      |
      = help: name a notifier: notify = ["log"]

    warning: no watch notifies `log`
     --> wirewatch.toml:7:1
      |
    7 | [[notify]]
      | ^^^^^^^^^^
      |
      = help: add it to a watch: notify = ["log"]
    "#);
}

#[test]
fn a_notifier_without_type() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
[[notify]]
name = "log"
path = "a.jsonl"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: `type` is missing
     --> wirewatch.toml:5:1
      |
    5 | [[notify]]
      | ^^^^^^^^^^
      |
      = help: say where alerts go: type = "log" or another of docs/NOTIFIERS.md
    "#);
}

#[test]
fn a_notifier_of_unknown_type() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
[[notify]]
name = "log"
type = "logs"
[[notify]]
name = "chat"
type = "carrier-pigeon"
[[notify]]
name = "n"
type = 5
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: unknown type of notifier
     --> wirewatch.toml:7:8
      |
    7 | type = "logs"
      |        ^^^^^^
      |
      = help: did you mean "log"?

    error: unknown type of notifier
      --> wirewatch.toml:10:8
       |
    10 | type = "carrier-pigeon"
       |        ^^^^^^^^^^^^^^^^
       |
       = help: docs/NOTIFIERS.md lists the types: "log", "email", "webhook" and others

    error: expected a string, found integer
      --> wirewatch.toml:13:8
       |
    13 | type = 5
       |        ^
       |
       = help: say where alerts go: type = "log" or another of docs/NOTIFIERS.md
    "#);
}

#[test]
fn a_log_without_name_and_path() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
[[notify]]
type = "log"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: `name` is missing
     --> wirewatch.toml:5:1
      |
    5 | [[notify]]
      | ^^^^^^^^^^
      |
      = help: give it a name of your own: name = "log"

    error: `path` is missing
     --> wirewatch.toml:5:1
      |
    5 | [[notify]]
      | ^^^^^^^^^^
      |
      = help: say which file: path = "alerts.jsonl"
    "#);
}

#[test]
fn a_key_of_another_type_of_notifier() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
[[notify]]
name = "screen"
type = "stdout"
path = "a.jsonl"
format = "xml"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: unknown key `path` in a [[notify]] of type "stdout"
     --> wirewatch.toml:8:1
      |
    8 | path = "a.jsonl"
      | ^^^^
      |
      = help: a [[notify]] of type "stdout" takes `format`, `health` and `name`

    error: unknown format
     --> wirewatch.toml:9:10
      |
    9 | format = "xml"
      |          ^^^^^
      |
      = help: write "text" or "json"
    "#);
}

#[test]
fn two_logs_into_one_file() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
[[watch]]
name = "all"
notify = ["a", "b"]
[[notify]]
name = "a"
type = "log"
path = "a.jsonl"
[[notify]]
name = "b"
type = "log"
path = "a.jsonl"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: `a` and `b` write to the same place
      --> wirewatch.toml:12:1
       |
    12 | [[notify]]
       | ^^^^^^^^^^
       |
       = help: give one another `path`, or take it out
    "#);
}

#[test]
fn an_empty_file() {
    let text = r#""#;
    insta::assert_snapshot!(told(text), @r#"
    error: there is no [[source]], so nothing to watch
    --> wirewatch.toml
     = help: add one, or let `wirewatch init` write a config to start from
    "#);
}

#[test]
fn several_errors_of_all_sorts_in_the_order_of_the_file() {
    let text = r#"[[watch]]
name = "summits"
kinds = ["canceled"]
notify = ["log"]

[fetch]
user_agent = "x@example.com"
timeout = "1 minute"

[[source]]
id = "bbc"
kind = "feed"
url = "bbc.co.uk"
intervall = "5m"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: unknown kind of development
     --> wirewatch.toml:3:10
      |
    3 | kinds = ["canceled"]
      |          ^^^^^^^^^^
      |
      = help: did you mean "cancelled"?

    error: no notifier has this name
     --> wirewatch.toml:4:11
      |
    4 | notify = ["log"]
      |           ^^^^^
      |
      = help: add a [[notify]] with this name, or take it out

    error: not a duration
     --> wirewatch.toml:8:11
      |
    8 | timeout = "1 minute"
      |           ^^^^^^^^^^
      |
      = help: write a number and a unit: "500ms", "90s", "5m", "1h30m", "1d"

    error: not a whole URL
      --> wirewatch.toml:13:7
       |
    13 | url = "bbc.co.uk"
       |       ^^^^^^^^^^^
       |
       = help: begin it with https://

    error: unknown key `intervall` in [[source]]
      --> wirewatch.toml:14:1
       |
    14 | intervall = "5m"
       | ^^^^^^^^^
       |
       = help: did you mean `interval`?
    "#);
}

#[test]
fn columns_count_characters() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
tags = ["äöü", "wörld"]
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: not a name
     --> wirewatch.toml:5:9
      |
    5 | tags = ["äöü", "wörld"]
      |         ^^^^^
      |
      = help: use letters, digits, `.`, `_` and `-`, at most 64, beginning with a letter or digit

    error: not a name
     --> wirewatch.toml:5:16
      |
    5 | tags = ["äöü", "wörld"]
      |                ^^^^^^^
      |
      = help: use letters, digits, `.`, `_` and `-`, at most 64, beginning with a letter or digit
    "#);
}

#[test]
fn an_unquoted_value() {
    let text = r#"[store]
path = wirewatch.db
[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: string values must be quoted, expected literal string
     --> wirewatch.toml:2:8
      |
    2 | path = wirewatch.db
      |        ^^^^^^^^^^^^
      |
      = help: put the value in quotes: key = "value"
    "#);
}

#[test]
fn a_list_that_does_not_end() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
tags = ["world"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: unclosed array, expected `]`
     --> wirewatch.toml:5:16
      |
    5 | tags = ["world"
      |                ^
      |
      = help: close the list: ["a", "b"]
    "#);
}

#[test]
fn a_boolean_in_words() {
    let text = r#"[fetch]
user_agent = "x@example.com"
respect_robots = "yes"
max_redirects = 1.5
[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: expected true or false, found string
     --> wirewatch.toml:3:18
      |
    3 | respect_robots = "yes"
      |                  ^^^^^
      |
      = help: for example: respect_robots = true

    error: expected a whole number, found floating
     --> wirewatch.toml:4:17
      |
    4 | max_redirects = 1.5
      |                 ^^^
      |
      = help: for example: max_redirects = 10
    "#);
}

#[test]
fn a_key_that_fits_no_table() {
    let text = r#"colour = 1
[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: unknown key `colour`
     --> wirewatch.toml:1:1
      |
    1 | colour = 1
      | ^^^^^^
      |
      = help: a config has `store`, `fetch`, `defaults`, `source`, `kind`, `watch`, `notify` and `web`
    "#);
}

#[test]
fn a_wrong_type_does_not_show_what_a_variable_holds() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
tags = "${SECRET}"
"#;
    insta::assert_snapshot!(told(text), @r#"
    error: expected a list, found string
     --> wirewatch.toml:5:8
      |
    5 | tags = "${SECRET}"
      |        ^^^^^^^^^^^
      |
      = help: for example: tags = ["world"]
    "#);
}

#[test]
fn an_unknown_key_inside_a_variable_heavy_table() {
    let text = r#"[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
select = "${SELECT}"
remove = ["$${x}"]
"#;
    insta::assert_snapshot!(told(text), @r##"
    error: not a CSS selector
     --> wirewatch.toml:5:10
      |
    5 | select = "${SELECT}"
      |          ^^^^^^^^^^^
      |
      = help: examples: "article", ".story-body", "#main > div.text"

    error: not a CSS selector
     --> wirewatch.toml:6:11
      |
    6 | remove = ["$${x}"]
      |           ^^^^^^^
      |
      = help: examples: "article", ".story-body", "#main > div.text"
    "##);
}

#[test]
fn addresses_that_are_none() {
    let source = "[[source]]\nid = \"bbc\"\nkind = \"feed\"\nurl = \"https://example.org/feed\"\n";
    let of = |listen: &str| told(&format!("{source}[web]\nlisten = \"{listen}\"\n"));
    insta::assert_snapshot!(of("localhost:9717"), @r#"
    error: not an address and a port
     --> wirewatch.toml:6:10
      |
    6 | listen = "localhost:9717"
      |          ^^^^^^^^^^^^^^^^
      |
      = help: write the address in numbers: "127.0.0.1:9717" for this machine alone
    "#);
    insta::assert_snapshot!(of("127.0.0.1"), @r#"
    error: not an address and a port
     --> wirewatch.toml:6:10
      |
    6 | listen = "127.0.0.1"
      |          ^^^^^^^^^^^
      |
      = help: write "127.0.0.1:9717" for this machine alone, "0.0.0.0:9717" or "[::]:9717" for all
    "#);
}

#[test]
fn an_address_that_others_reach_is_a_warning() {
    let text = r#"[fetch]
user_agent = "x@example.com"

[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"

[[watch]]
name = "everything"
notify = ["log"]

[[notify]]
name = "log"
type = "log"
path = "alerts.jsonl"

[web]
listen = "0.0.0.0:9717"
"#;
    insta::assert_snapshot!(told(text), @r#"
    warning: anyone who reaches this address can read how much is watched and how it goes
      --> wirewatch.toml:19:10
       |
    19 | listen = "0.0.0.0:9717"
       |          ^^^^^^^^^^^^^^
       |
       = help: listen on 127.0.0.1, or let a firewall say who reaches it
    "#);
    for own in ["127.0.0.1:9717", "[::1]:9717", "[::ffff:127.0.0.1]:0"] {
        assert_eq!(told(&text.replace("0.0.0.0:9717", own)), "", "{own}");
    }
}
