//! The newsroom's pages: what a news site wraps around its text, different on every request.

use std::fmt::Write;

use super::stories::{STORIES, Stage, Story};

/// Advertisements and tickers, one after another.
const ADS: [&str; 4] = [
    "Save 40% on winter tyres today only",
    "Markets: index up 0.3%, oil down 1.1%",
    "Subscribe now and read the first month free",
    "Breaking sports news, live scores and tables",
];

/// An article in the layout of a common blog system.
pub(super) fn article(story: &Story, title: &str, text: &[&str], request: u64) -> String {
    let ad = pick(&ADS, request);
    let minutes = request % 50 + 2;
    let visits = 17 + request;
    let token = request.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut body = String::new();
    for (n, paragraph) in text.iter().enumerate() {
        let _ = writeln!(body, "<p>{paragraph}</p>");
        if n == 0 {
            let _ = write!(
                body,
                "<figure class=\"wp-block-image\"><img src=\"/i/{token:x}.jpg\" alt=\"\">\
                 <figcaption>A picture of the scene. Photograph: Agency pool</figcaption></figure>\n\
                 <div class=\"ad-slot\">{ad}</div>\n"
            );
        }
    }
    let related = links(request, 3, story.slug);
    format!(
        r#"<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title} - The Demo Courier</title>
<meta property="og:title" content="{title}"><meta name="csrf-token" content="{token:x}"></head>
<body class="single variant-{variant}">
<header><nav><a href="/world/">World</a> <a href="/about">About</a></nav><p class="ticker">{ad}</p></header>
<main><article class="post">
<h1 class="entry-title">{title}</h1>
<p class="byline">By <span class="author">{author}</span> <span class="updated">Updated {minutes} minutes ago</span></p>
<div class="entry-content">
{body}</div>
<div class="sharedaddy share-bar"><a href="/s/f">Share on Facebook</a> <a href="/s/x">Post</a> {shares} shares</div>
<p class="views">Visited {visits} times, {today} visit(s) today</p>
</article>
<aside class="related"><h3>Related</h3><ul>{related}</ul></aside>
<section id="respond" class="comment-respond"><h3>Leave a Reply</h3>
<form method="post"><input type="hidden" name="token" value="{token:x}"><textarea></textarea></form></section></main>
<footer>© The Demo Courier. {ad}</footer></body></html>"#,
        variant = request % 2,
        author = story.author,
        shares = 100 + request * 3,
        today = request % 9 + 1,
    )
}

/// A cookie dialog where the article should be.
pub(super) fn consent() -> String {
    r#"<!DOCTYPE html><html lang="en"><head><title>Before you continue</title></head>
<body><div id="cmp-container" role="dialog" class="consent-dialog">
<h1>Before you continue to The Demo Courier</h1>
<p>We and our 812 partners store and access information on your device, such as cookies, and process personal data.</p>
<p>You can change your choices at any time in the privacy settings.</p>
<button>Accept all</button> <button>Reject all</button> <button>Manage options</button></div></body></html>"#
        .to_owned()
}

/// The section page: teasers, and the usual surroundings.
pub(super) fn section(stage: usize, request: u64) -> String {
    let mut teasers = String::new();
    for (story, title) in published(stage) {
        let slug = story.slug;
        let _ = writeln!(
            teasers,
            "<article class=\"teaser\"><h2><a href=\"/news/{slug}\">{title}</a></h2>\
             <time>{} minutes ago</time></article>",
            request % 40 + 1
        );
    }
    format!(
        r#"<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>World - The Demo Courier</title></head>
<body><nav><a href="/world/">World</a> <a href="/sport/">Sport</a> <a href="/about">About</a> <a href="/login">Sign in</a></nav>
<main><h1>World</h1>
{teasers}</main>
<aside>{ad}</aside><footer><a href="/privacy">Privacy</a></footer></body></html>"#,
        ad = pick(&ADS, request)
    )
}

/// The feed, as RSS.
pub(super) fn feed(stage: usize, host: &str) -> String {
    let mut items = String::new();
    for (story, title) in published(stage) {
        let slug = story.slug;
        let _ = writeln!(
            items,
            "<item><title>{title}</title><link>http://{host}/news/{slug}</link>\
             <guid>http://{host}/news/{slug}</guid></item>"
        );
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel>\
         <title>The Demo Courier</title><link>http://{host}/</link><description>News</description>\n\
         {items}</channel></rss>"
    )
}

/// Stories on the site with their headlines. One behind a cookie dialog keeps the headline it had.
fn published(stage: usize) -> impl Iterator<Item = (&'static Story, &'static str)> {
    STORIES.iter().filter_map(move |story| {
        let headline = (0..=stage).rev().find_map(|n| match story.at(n) {
            Stage::Article { title, .. } => Some(title),
            Stage::Consent | Stage::Unpublished => None,
        });
        headline.map(|title| (story, title))
    })
}

/// `n` links to other stories, in an order that changes.
fn links(request: u64, n: usize, but: &str) -> String {
    let others: Vec<&Story> = STORIES.iter().filter(|s| s.slug != but).collect();
    let mut list = String::new();
    for step in 0..n as u64 {
        let story = pick(&others, request + step);
        let slug = story.slug;
        let _ = write!(
            list,
            "<li><a href=\"/news/{slug}\">{}</a></li>",
            slug.replace('-', " ")
        );
    }
    list
}

fn pick<T: Copy>(list: &[T], n: u64) -> T {
    list[(n % list.len() as u64) as usize]
}
