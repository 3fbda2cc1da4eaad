//! Whatever the file holds, the operator gets an answer and no crash.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;
use wirewatch::config::{self, Network, Severity, parse};

/// The answer to a text: loading succeeds, or there is at least one error, and each can be shown
/// and points into the text.
fn answered(text: &str) {
    let result = parse(text, Path::new("w.toml"), &|name| {
        (name == "SET").then(|| "x".to_owned())
    });
    let problems = match &result {
        Ok(config) => {
            assert!(config.to_toml().is_ok());
            &config.warnings[..]
        }
        Err(errors) => {
            assert!(
                errors
                    .problems()
                    .iter()
                    .any(|p| p.severity == Severity::Error)
            );
            errors.problems()
        }
    };
    let lines = text.split('\n').count();
    for problem in problems {
        assert!(
            problem.line.is_none_or(|line| (1..=lines).contains(&line)),
            "{problem:?}"
        );
        assert!(
            problem.render(true).contains(&problem.message),
            "{problem:?}"
        );
        assert!(!problem.to_string().is_empty());
    }
}

/// Pieces of config, right and wrong, that make up a text.
fn piece() -> impl Strategy<Value = String> {
    let fixed = prop::sample::select(vec![
        "[store]\n",
        "[fetch]\n",
        "[defaults]\n",
        "[[source]]\n",
        "[[watch]]\n",
        "[[notify]]\n",
        "[source]\n",
        "[fetch.x]\n",
        "path = ",
        "proxy = ",
        "proxy_file = ",
        "timeout = ",
        "max_body = ",
        "allow_private = ",
        "id = ",
        "kind = ",
        "url = ",
        "interval = ",
        "recheck = ",
        "tags = ",
        "select = ",
        "include = ",
        "name = ",
        "kinds = ",
        "notify = ",
        "type = ",
        "format = ",
        "min_confidence = ",
        "\"feed\"\n",
        "\"log\"\n",
        "\"a\"\n",
        "[\"a\", \"b\"]\n",
        "[",
        "]",
        "{",
        "}",
        "\"https://example.org/\"\n",
        "\"http://u:p@h/\"\n",
        "\"${SET}\"\n",
        "\"${UNSET}\"\n",
        "\"${\"\n",
        "\"$${\"\n",
        "\"5m\"\n",
        "\"5\"\n",
        "5\n",
        "1.5\n",
        "nan\n",
        "true\n",
        "1979-05-27\n",
        "\"ä😀\"\n",
        "ä",
        "\"\"\"\n",
        "'''",
        "\\",
        "\"",
        "#",
        "=",
        ".",
        ",",
        "\n",
        "\r\n",
        "\u{feff}",
        "\0",
    ]);
    prop_oneof![8 => fixed.prop_map(str::to_owned), 1 => any::<String>()]
}

/// Telling every error of a large file that is no config would take minutes, and fill the journal.
#[test]
fn what_is_no_config_at_all_is_answered_briefly() {
    let texts = [
        format!("a = {}", "[".repeat(200_000)),
        format!("a = {}", "{a=".repeat(100_000)),
        format!("{} = 1", vec!["a"; 20_000].join(".")),
        "<div class=\"x\">hello</div>\n".repeat(20_000),
        (0..2_000).map(|i| format!("[t{i}]\nx = 1\n")).collect(),
        "\u{1}\0x".repeat(100_000),
        "\n".repeat(1_000_000),
    ];
    for text in texts {
        let errors = parse(&text, Path::new("w.toml"), &|_| None).unwrap_err();
        assert!((1..=51).contains(&errors.problems().len()));
        assert!(errors.to_string().len() < 200_000);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        answered(&text);
    }

    #[test]
    fn any_mix_of_pieces_is_answered(pieces in prop::collection::vec(piece(), 0..40)) {
        answered(&pieces.concat());
    }

    #[test]
    fn the_starter_config_with_a_piece_gone_wrong_is_answered(
        at in any::<prop::sample::Index>(),
        gone in 0..200_usize,
        new in piece(),
    ) {
        let text: Vec<char> = config::STARTER.chars().collect();
        let at = at.index(text.len());
        let before: String = text[..at].iter().collect();
        let after: String = text[(at + gone).min(text.len())..].iter().collect();
        answered(&format!("{before}{new}{after}"));
    }

    #[test]
    fn any_value_of_any_key_is_answered(value in any::<String>(), key in "[a-z_]{1,20}") {
        let value = toml::Value::String(value).to_string();
        answered(&format!("[fetch]\nproxy = {value}\n[[source]]\n{key} = {value}\nselect = {value}\nurl = {value}\n"));
    }

    #[test]
    fn a_duration_written_reads_the_same(millis in any::<u64>()) {
        let duration = Duration::from_millis(millis);
        prop_assert_eq!(config::duration(&config::show_duration(duration)), Ok(duration));
    }

    #[test]
    fn a_size_written_reads_the_same(bytes in any::<u64>()) {
        prop_assert_eq!(config::size(&config::show_size(bytes)), Ok(bytes));
    }

    #[test]
    fn a_network_holds_its_addresses_and_reads_back(bits in any::<u128>(), prefix in 0..=128_u8, v4 in any::<bool>()) {
        let (addr, prefix) = if v4 {
            (std::net::IpAddr::V4(((bits >> 96) as u32).into()), prefix / 4)
        } else {
            (std::net::IpAddr::V6(bits.into()), prefix)
        };
        let whole = Network::parse(&addr.to_string()).unwrap();
        prop_assert!(whole.contains(addr));
        if let Ok(network) = Network::parse(&format!("{addr}/{prefix}")) {
            prop_assert!(network.contains(addr));
            prop_assert_eq!(Network::parse(&network.to_string()), Ok(network));
        }
    }
}
