//! What a page costs that is compared with its last full reading, beside one that is read in full;
//! the ratio of the two is printed first. Pages are written here, in three sizes.

use std::time::{Duration, Instant};

use url::Url;
use wirewatch::extract::{Region, Rules, SiteChurn, Trace, extract};

fn main() {
    for size in SIZES {
        let page = page(size);
        let (region, url, rules) = learned(&page);
        let churn = SiteChurn::default();
        let full = fastest(|| drop(extract(&page, Some(&url), &rules)));
        let shortcut = fastest(|| {
            let _ = divan::black_box(region.check(&page, &url, &rules, &churn));
        });
        println!(
            "{size} paragraphs, {} kB: full {full:?}, shortcut {shortcut:?}, ratio {:.0}",
            page.len() / 1000,
            full.as_secs_f64() / shortcut.as_secs_f64()
        );
    }
    divan::main();
}

/// Paragraphs of a page.
const SIZES: [usize; 3] = [10, 40, 200];

/// A news page among the furniture and scripts that pages usually have.
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

fn learned(page: &str) -> (Region, Url, Rules) {
    let (Ok(url), rules) = (Url::parse("https://courier.example/a"), Rules::default()) else {
        unreachable!("the URL is a constant")
    };
    let text = extract(page, Some(&url), &rules).article.text;
    let Some(seen) = Trace::of(page, &url, &rules, &text) else {
        unreachable!("the page is an article")
    };
    (seen.region, url, rules)
}

/// The fastest of some runs: the others were disturbed.
fn fastest(mut work: impl FnMut()) -> Duration {
    let run = |_| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..40).map(run).min().unwrap_or_default()
}

#[divan::bench(args = SIZES)]
fn full(bencher: divan::Bencher, paragraphs: usize) {
    let page = page(paragraphs);
    let (_, url, rules) = learned(&page);
    bencher
        .counter(divan::counter::BytesCount::of_str(&page))
        .bench(|| extract(divan::black_box(&page), Some(&url), &rules));
}

#[divan::bench(args = SIZES)]
fn shortcut(bencher: divan::Bencher, paragraphs: usize) {
    let page = page(paragraphs);
    let (region, url, rules) = learned(&page);
    let churn = SiteChurn::default();
    bencher
        .counter(divan::counter::BytesCount::of_str(&page))
        .bench(|| region.check(divan::black_box(&page), &url, &rules, &churn));
}
