//! How long a page takes, from text to article.
//!
//! Set `WIREWATCH_BENCH_PAGES` to a folder of saved `.html` pages to time each of them once and
//! print the median and the slowest.

use std::time::{Duration, Instant};

use wirewatch::extract::{Rules, decode, extract};

fn main() -> std::io::Result<()> {
    match std::env::var_os("WIREWATCH_BENCH_PAGES") {
        Some(folder) => saved(std::path::Path::new(&folder)),
        None => {
            divan::main();
            Ok(())
        }
    }
}

/// A page with this many paragraphs, among the furniture pages usually have.
fn page(paragraphs: usize) -> String {
    let furniture: String = (0..60)
        .map(|i| format!("<li class=\"menu-item\"><a href=\"/s/{i}\">Section number {i}</a></li>"))
        .collect();
    let body: String = (0..paragraphs)
        .map(|i| format!("<p>Paragraph {i} tells what the council of the town decided on the matter, who spoke for it, and what it costs.</p>\n"))
        .collect();
    let script = "window.state = {\"a\": [1, 2, 3]};".repeat(1_500);
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><title>Council decides - Courier</title><script>{script}</script></head><body><nav><ul>{furniture}</ul></nav>\
         <main><article><h1>Council decides</h1><div class=\"entry-content\">{body}</div></article><aside><ul>{furniture}</ul></aside></main></body></html>"
    )
}

#[divan::bench(args = [10, 40, 200])]
fn news_page(bencher: divan::Bencher, paragraphs: usize) {
    let html = page(paragraphs);
    bencher
        .counter(divan::counter::BytesCount::of_str(&html))
        .bench(|| extract(divan::black_box(&html), None, &Rules::default()));
}

#[divan::bench]
fn ten_thousand_nested_tags(bencher: divan::Bencher) {
    let html = page(10).replace("<article>", &format!("<article>{}", "<div>".repeat(10_000)));
    bencher.bench(|| extract(divan::black_box(&html), None, &Rules::default()));
}

fn saved(folder: &std::path::Path) -> std::io::Result<()> {
    let mut times: Vec<(Duration, String)> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "html") {
            let bytes = std::fs::read(&path)?;
            let start = Instant::now();
            divan::black_box(extract(&decode(&bytes, None).text, None, &Rules::default()));
            times.push((start.elapsed(), path.display().to_string()));
        }
    }
    times.sort();
    if let (Some(median), Some(slowest)) = (times.get(times.len() / 2), times.last()) {
        println!(
            "{} pages, median {:?}, slowest {:?} ({})",
            times.len(),
            median.0,
            slowest.0,
            slowest.1
        );
    }
    Ok(())
}
