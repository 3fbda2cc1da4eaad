use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::sentences;

/// Paragraphs with the places where they must be split marked by `|`.
const TABLE: &[&str] = &[
    // Plain ends.
    "The talks failed. |Both sides left the city.",
    "Will he go? |Nobody knows! |The palace is silent.",
    "Talks called off as ministers leave",
    "Storm nears coast, schools shut",
    "",
    // Titles, initials, names.
    "Mr. Harlan met Mrs. Osei and Dr. Lind on Monday. |They spoke for an hour.",
    "Gov. Ada Brandt and Sen. Tom Reyes signed it. |Lt. Col. Rik Moss looked on.",
    "J. K. Rowling and J.R.R. Tolkien sold well. |George W. Bush did not.",
    "R. De Niro spoke first. |L. Van Dam answered.",
    "The prize went to Sammy Dean Jr. |The crowd cheered.",
    "Rev. A. B. Cole said no. |The vote goes on.",
    "The Rt. Hon. Member for Leeds rose. |He sat down again.",
    "St. Louis and Mt. Hood are far apart. |Ft. Worth is not near either.",
    "Lawyers cited Roe v. Wade and Smith vs. Jones. |The court agreed.",
    // Abbreviations that may end a sentence.
    "He flew back to the U.S. |The talks go on without him.",
    "The U.S. Senate and the U.N. Security Council met. |Nothing came of it.",
    "Talks in Washington, D.C. |They end on Friday.",
    "Acme Corp. Chief Executive Jo Park quit. |Shares fell.",
    "She sued Acme Inc. |It denied all claims.",
    "She has a Ph.D. in physics. |He has a Ph.D. |They met in Bonn.",
    "They sell rope, tape, etc. |Police found both.",
    "A fire in Fresno, Calif. killed two, and one in Salem, Ore. killed none. |Both are out.",
    "She left the U.S. |“I will not return,” she said. |She told me. |He heard.",
    // Numbers.
    "Rates rose to 3.5 percent. |Growth was 0.2 points lower.",
    "The No. 2 official resigned. |His answer was no. |Everyone left.",
    "See Art. 5 and pp. 12-14. |It was in Vol. 3.",
    "It happened in 2020. |The trial began a year later.",
    "It fell. |12 people died. |$3 million was raised.",
    "1. Close the valve. |2. Leave the building.",
    "It cost $3.50. |He paid 4.",
    "Version 2.0.1 of the rules came in at 10.30 on Sunday. |Nobody read it.",
    // Dates and times.
    "It ended on Jan. 5 and began in Dec. 2019. |The rest is known.",
    "He came in Sept. |The house was empty.",
    "The vote is at 9 a.m. Monday. |It ends at 5 p.m. EST.",
    "The gates opened at 6 a.m. |Police counted 500 people.",
    "He left at 11 p.m. on Friday. |She stayed until 2 A.M. |Neighbours complained.",
    // Quotations and brackets.
    "\"We will go,\" he said. |\"They will not.\" |Then he left.",
    "“We will go.” |The minister then left the room.",
    "\"Why now?\" he asked. |'Because!' she said.",
    "He called it a mistake (a grave one.) |She agreed.",
    "It is over (for now). |(More follows.) |Stay tuned.",
    "The firm (Acme Ltd.) denied it. |Its shares rose.",
    "Er sagte: „Nein.“ |Dann ging er.",
    "« Non ! » a-t-il dit. |« Jamais. » |Il est parti.",
    "»Nein«, sagte er. |»Niemals.« |Dann ging er.",
    // Ellipses and other ends.
    "He waited... and waited. |Then nothing… |The end.",
    "Well . . . maybe. |We shall see.",
    "What?! |No way!! |Yes.",
    "Yahoo! shares rose. |Nobody knew why.",
    "The phone ended.|The minister called again.",
    "Visit example.com or write to a.b@example.org. |It is free.",
    "The new iPhone is out. |iPhone sales rose.",
    // Lists, questions and answers.
    "• First point |• Second point",
    "Q. What happened? |A. He resigned.",
    "Q: Did he resign? |A: No. |Q: Will he? |A: Perhaps.",
    "What we know\n|What we do not know\n|Who is hurt",
    "This is a line of prose that is so long that it was wrapped at some\nColumn and goes on here. |So does this.",
    "Demands:\n|- more pay\n|- fewer hours",
    "Tour dates:\n|Aug. 2 - Riverside Music Theatre, Northfield, Illinois\n|Aug. 4 - The Hall, Springfield",
    // Other languages.
    "Die Abg. Kern (z. B. in Nr. 5) sprach mit Prof. Dr. Wolf. |Das war am 3. Oktober.",
    "Der 2. Weltkrieg endete 1945. |Die Folgen bleiben. |Am 9. November fiel die Mauer.",
    "Es brannte im 1. Obergeschoss. |Neben der F.A.Z. berichtete das Blatt. |Laut ING. |Doch nein.",
    "Die Firma verlor 3 Mio. Euro. |Der Chef, d. h. Herr Kurz, ging.",
    "M. Le Goff et Mme. Roux ont signé. |L'accord vaut dès lundi.",
    "El Sr. Ruiz y la Sra. Paz viajan a EE. UU. mañana. |¿Volverán? |¡Nadie lo sabe!",
    "O Sr. Lima falou às 10h. |A Dra. Reis respondeu.",
    "Il dott. Neri e l'avv. Bassi hanno firmato. |È finita.",
    "Dhr. Smit en mevr. Bos vertrokken, d.w.z. gisteren. |Het overleg gaat door.",
    "В 2020 г. он уехал. |В г. Тверь живёт А. С. Иванов и проф. Лосев. |Это всё.",
    "Ceny wzrosły, tzn. o ok. 5 proc. |To dużo, mówi prof. Lis.",
    "Mötet hölls den 3. Maj, bl.a. om skatten. |Det blev inget av.",
    "Η σύνοδος ακυρώθηκε. |Γιατί; |Κανείς δεν ξέρει.",
    "首脑会谈取消。|双方没有说明原因！|为什么？|无人知道",
    "“会谈取消了。”|发言人说。",
    "「中止する。」と述べた。|会談は来週に延期された。",
    "회담이 취소됐다. |양측은 이유를 밝히지 않았다.",
    "أُلغيت القمة. |هل ستعقد لاحقا؟ |لا أحد يعلم.",
    "सम्मेलन रद्द हुआ।|कारण नहीं बताया गया।|जाँच जारी है",
    "اجلاس منسوخ ہو گیا۔ |وجہ نہیں بتائی گئی۔",
    "სამიტი გაუქმდა. |მიზეზი უცნობია.",
    "การประชุมถูกยกเลิก ไม่มีเหตุผล",
];

#[test]
fn table() {
    let mut wrong = Vec::new();
    for case in TABLE {
        let paragraph = case.replace('|', "");
        let want: Vec<&str> = case
            .split('|')
            .map(str::trim)
            .filter(|s| !s.is_empty())
            .collect();
        let got = sentences(&paragraph);
        if got != want {
            wrong.push(format!("want {want:#?}\ngot  {got:#?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Text dense in what the rules look at.
fn tricky() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "Mr", "U.S", "The", "he", "J", "K", "No", "5", "3.5", "12", "a.m", "Monday", "г", "Он",
        "会谈", "と", "。", "！", ".", ".", "!", "?", "…", "...", " ", " ", " ", "\n", "\n\n",
        "\t", "\u{a0}", "\"", "'", "“", "”", "«", "»", "„", "(", ")", "•", "-", "—", ",", ";", "ς",
        "iPhone", "der", "Oktober", "|",
    ]);
    prop_oneof![
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat()),
        any::<String>(),
    ]
}

proptest! {
    /// The slices are the paragraph: in order, apart only by white space, none empty or padded;
    /// and each of them is one sentence when seen alone.
    #[test]
    fn slices_cover_the_paragraph(text in tricky()) {
        let found = sentences(&text);
        let mut at = 0;
        for sentence in &found {
            let start = sentence.as_ptr() as usize - text.as_ptr() as usize;
            prop_assert!(text[at..start].trim().is_empty());
            prop_assert!(!sentence.is_empty() && sentence.trim() == *sentence);
            prop_assert_eq!(sentences(sentence), vec![*sentence]);
            at = start + sentence.len();
        }
        prop_assert!(text[at..].trim().is_empty());
    }
}

/// A quarter megabyte of anything is split in time that grows with its length alone: the bound is
/// far above what an unoptimised build on a busy machine needs, and far below what quadratic time
/// would take.
#[test]
fn long_text_takes_linear_time() {
    for unit in [
        "The U.S. Senate met. ",
        ". ",
        "• ",
        "\n",
        "a\n",
        "a \n \n",
        ".\"",
        "5. ",
        "x",
        "\" ",
        "。",
        "- ",
        " ",
        "».",
        ". »",
    ] {
        let text = unit.repeat((1 << 18) / unit.len());
        let begun = Instant::now();
        std::hint::black_box(sentences(&text));
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "{unit:?} took {:?}",
            begun.elapsed()
        );
    }
}
