use proptest::prelude::*;

use super::{is_stamp, normalise};

#[test]
fn spellings_of_one_sentence_have_one_form() {
    let same: &[&[&str]] = &[
        &[
            "He said “no”.",
            "He said \"no.\"",
            "He  said ‘no’",
            "he said „no“ .",
            "He said « no ».",
            "He said 'no'.",
        ],
        &["It's over.", "It’s over", "It´s over.", "IT`S OVER"],
        &[
            "A deal — of sorts — is near.",
            "A deal – of sorts – is near.",
            "A deal—of sorts—is near.",
            "A deal -- of sorts -- is near",
            "A deal - of sorts - is near.",
        ],
        &[
            "Wait… what?",
            "Wait... what?",
            "Wait . . . what?",
            "Wait.... what ?",
        ],
        &[
            "10–12 people",
            "10-12 people",
            "10−12 people",
            "10‑12\u{a0}people",
        ],
        &[
            "The summit is off.",
            "The sum\u{ad}mit is off.",
            "The sum\u{200b}mit is off",
            "\u{feff}The\tsummit\n is off .",
            "• The summit is off.",
            "- The summit is off;",
        ],
        &["Ｔｈｅ ｓｕｍｍｉｔ", "The summit"],
        &["Café olé", "Cafe\u{301} ole\u{301}"],
        &[
            "L’accord « tient » ; il l’a dit : oui !",
            "L'accord \"tient\"; il l'a dit: oui!",
        ],
        &[
            "Talks were called off on Tuesday.",
            "BUDAPEST, Hungary (AP) — Talks were called off on Tuesday.",
            "LONDON (Reuters) - Talks were called off on Tuesday.",
            "KYIV, Ukraine — Talks were called off on Tuesday.",
            "London, March 3 (Reuters) – Talks were called off on Tuesday.",
            "(AFP) – Talks were called off on Tuesday.",
            "NEW YORK -- Talks were called off on Tuesday.",
        ],
        &[
            "Gespräche sind abgesagt.",
            "Berlin (dpa) - Gespräche sind abgesagt.",
        ],
        &[
            "La cumbre se cancela.",
            "Madrid (EFE).- La cumbre se cancela.",
        ],
        &["会谈取消", "新华社北京11月23日电 会谈取消。"],
        &["会談は中止", "【ワシントン共同】会談は中止。"],
        &["会談は「中止」", "会談は『中止』。"],
    ];
    for forms in same {
        let want = normalise(forms[0]);
        assert!(!want.is_empty());
        for form in *forms {
            assert_eq!(normalise(form), want, "{form:?}");
        }
    }
}

#[test]
fn what_a_reader_can_tell_keeps_its_form() {
    let different = [
        ("12 people died.", "15 people died."),
        ("The talks will go on.", "The talks will not go on."),
        ("He resigned.", "He resigned?"),
        ("Rates rise 3.5%", "Rates rise 35%"),
        ("well-known", "well known"),
        ("It fell 5 points.", "It fell -5 points."),
        ("-5 degrees in Oslo", "5 degrees in Oslo"),
        ("−5 degrees in Oslo", "5 degrees in Oslo"),
        ("EU - talks fail over fish", "UN - talks fail over fish"),
        ("We are on.", "We're on."),
    ];
    for (a, b) in different {
        assert_ne!(normalise(a), normalise(b), "{a:?} {b:?}");
    }
}

#[test]
fn nothing_to_read_is_empty() {
    for text in ["", "  ", "***", "—", "• • •", "\"\"", "?!", "\u{200b}"] {
        assert_eq!(normalise(text), "", "{text:?}");
        assert!(!is_stamp(text), "{text:?}");
    }
}

#[test]
fn stamps_are_known() {
    for line in [
        "Updated 3 minutes ago",
        "Last updated at 14:05 GMT",
        "Last updated on Mon 23 Nov 2026 14.05 GMT",
        "Published: 23 November 2026",
        "Published 5:02 PM EST, Mon November 23, 2026",
        "First published on Sun 22 Nov 2026 09.10 EST",
        "This article was updated on November 3, 2026 at 5 p.m.",
        "UPDATED: Nov. 3, 2026, 9:15 a.m. ET",
        "Posted 1 hour ago",
        "2 hours ago",
        "(3 hours ago)",
        "just now",
        "23 November 2026",
        "Monday, November 23, 2026 10:15 am",
        "2026-11-23T14:05:00Z",
        "23.11.2026, 14:05",
        "Visited 17 times, 1 visit(s) today",
        "1,204 views",
        "12 comments",
        "Comments (5)",
        "Views: 3.1k",
        "5 min read",
        "Reading time: 4 minutes",
        "3-minute read",
        "Advertisement",
        "ADVERTISEMENT.",
        "Story continues below advertisement",
        "LONDON (Reuters) -",
        "BUDAPEST, Hungary (AP) —",
        "Stand: 23.11.2026, 14:05 Uhr",
        "Aktualisiert am 23. November 2026 um 14:05 Uhr",
        "vor 5 Minuten",
        "Anzeige",
        "Publié le 23 novembre 2026 à 14h05, mis à jour le 24 novembre 2026 à 9h00",
        "il y a 2 heures",
        "Actualizado el 23 de noviembre de 2026 a las 14:05 h",
        "hace 10 minutos",
        "Atualizado em 23/11/2026 às 14h05",
        "Aggiornato alle 14:05 del 23 novembre 2026",
        "Bijgewerkt op 23 november 2026 om 14:05 uur",
        "Обновлено: 23 ноября 2026, 14:05",
        "5 минут назад",
        "Aktualizacja: 23 listopada 2026, 14:05",
        "Uppdaterad 23 november 2026 kl. 14.05",
        "更新时间：2026年11月23日 14:05",
        "5分前",
        "2026年11月23日 14:05",
        "입력 2026.11.23 14:05",
        "منذ 5 دقائق",
    ] {
        assert!(is_stamp(line), "{line:?} {:?}", normalise(line));
    }
}

#[test]
fn news_is_no_stamp() {
    for line in [
        "Updated guidance was published on Monday.",
        "The minister was visited 17 times in prison.",
        "Published reports say 12 died.",
        "5 November",
        "29 November 2026 - 20 January 2027",
        "12 dead",
        "12 days",
        "1917",
        "Monday.",
        "Today.",
        "Two hours ago the palace fell silent.",
        "3 minutes later the roof fell in.",
        "Advertisement ban approved",
        "The page was read by the judge.",
        "In March 2026 the bridge fell.",
        "NATO - the alliance - met.",
        "The talks were called off on 23 November 2026.",
        "No comment",
        "Posted as missing",
    ] {
        assert!(!is_stamp(line), "{line:?}");
    }
}

#[test]
fn a_long_line_is_no_stamp() {
    assert!(!is_stamp(&"Updated 3 minutes ago ".repeat(50)));
}

proptest! {
    #[test]
    fn a_normal_form_is_its_own(text in any::<String>()) {
        let normal = normalise(&text);
        prop_assert_eq!(normalise(&normal), normal);
    }

    #[test]
    fn marks_are_their_own_normal_form(text in "[a-cA-C1 .,;:!?'\"“”‘’«»—–()%•*>\u{200b}-]{0,30}") {
        let normal = normalise(&text);
        prop_assert_eq!(normalise(&normal), normal);
    }

    #[test]
    fn spacing_and_case_do_not_matter(words in prop::collection::vec("[a-z]{1,8}", 1..8)) {
        let plain = words.join(" ");
        let wild = format!(" {}\n", words.join(" \u{a0}\t").to_uppercase());
        prop_assert_eq!(normalise(&plain), normalise(&wild));
    }
}
