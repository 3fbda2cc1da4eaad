//! Pages as news sites make them: the text, and around it all that differs on every request.

use std::fmt::Write;

/// One state of an article.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    pub title: &'static str,
    pub paragraphs: &'static [&'static str],
}

/// An article in the layout of a WordPress news theme. `churn` is what moves the counters, the
/// order of links, the advertisements, the relative times and the tokens of the comment form.
pub fn news(text: &Text, churn: u64) -> String {
    article(text.title, text.paragraphs, churn)
}

/// As [`news`], of any title and paragraphs.
pub fn article(title: &str, paragraphs: &[impl AsRef<str>], churn: u64) -> String {
    const ADS: [&str; 4] = [
        "Sale ends tonight: garden chairs from 39",
        "Get our app and never miss a headline",
        "Win two tickets for the spring gala",
        "Compare electricity prices in one minute",
    ];
    const OTHERS: [(&str, &str); 5] = [
        ("rain-weekend", "Rain moves in for the weekend"),
        ("tram-line-nine", "A look at the plans for tram line nine"),
        ("market-square", "Letters: our market square"),
        (
            "baker-portrait",
            "Portrait of a baker at four in the morning",
        ),
        ("crossword", "The Saturday crossword"),
    ];
    let n = churn as usize;
    let token = churn.wrapping_add(7).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let ad = ADS[n % ADS.len()];
    let mut body = String::new();
    for (i, paragraph) in paragraphs.iter().enumerate() {
        let paragraph = paragraph.as_ref();
        let _ = writeln!(body, "<p>{paragraph}</p>");
        if i == 0 {
            let _ = writeln!(
                body,
                "<figure id=\"attachment_{token:x}\" class=\"wp-caption aligncenter\"><img \
                 src=\"/wp-content/uploads/{token:x}.jpg\" alt=\"\" width=\"800\">\
                 <figcaption class=\"wp-caption-text\">A view of the parliament in the evening \
                 (Photo: picture desk)</figcaption></figure>"
            );
        }
        if i == 1 {
            let _ = writeln!(body, "<div class=\"code-block code-block-{n}\">{ad}</div>");
        }
    }
    let mut links = String::new();
    for step in 0..3 {
        let (slug, name) = OTHERS[(n + step) % OTHERS.len()];
        let _ = write!(links, "<li><a href=\"/{slug}/\">{name}</a></li>");
    }
    format!(
        r##"<!DOCTYPE html>
<html lang="en-US"><head><meta charset="UTF-8">
<title>{title} - The Riverside Gazette</title>
<meta property="og:type" content="article"><meta property="og:title" content="{title}">
<meta property="og:site_name" content="The Riverside Gazette">
<link rel="stylesheet" href="/wp-includes/css/style.css?ver={n}">
<script>var nonce = "{token:x}"; var loaded = {churn};</script></head>
<body class="post-template-default single single-post postid-4711 variant-{variant}">
<header id="masthead"><a href="/">The Riverside Gazette</a>
<nav class="main-navigation"><ul><li><a href="/world/">World</a></li><li><a href="/local/">Local</a></li></ul></nav>
<div class="ticker">{ad}</div></header>
<div id="content" class="site-content"><main id="main" class="site-main">
<article id="post-4711" class="post type-post status-publish hentry">
<header class="entry-header"><h1 class="entry-title">{title}</h1>
<div class="entry-meta"><span class="byline">by <a class="url fn n" href="/author/desk/">News Desk</a></span>
<span class="posted-on">Updated {minutes} minutes ago</span></div></header>
<div class="entry-content">
{body}<div class="sharedaddy sd-sharing-enabled"><h3 class="sd-title">Share this:</h3><ul>
<li><a href="?share=facebook&amp;nb={churn}">Facebook</a></li><li><a href="?share=x&amp;nb={churn}">X</a></li></ul>
<span class="share-count">{shares} shares</span></div>
<div class="post-views">Visited {visits} times, {today} visit(s) today</div>
</div><footer class="entry-footer"><span class="tags-links">Posted in <a href="/world/">World</a></span></footer></article>
<nav class="post-navigation"><a rel="prev" href="/{token:x}/">Previous post</a></nav>
<div id="comments" class="comments-area"><div id="respond" class="comment-respond">
<h3 class="comment-reply-title">Leave a Reply</h3>
<p class="comment-notes">Your email address will not be published. Required fields are marked *</p>
<form action="/wp-comments-post.php" method="post"><textarea name="comment"></textarea>
<label>What is {a} + {b}?</label><input name="captcha"><input type="hidden" name="ak_js" value="{token:x}">
<input type="submit" value="Post Comment"></form></div></div></main>
<aside id="secondary" class="widget-area"><section class="widget widget_recent_entries"><h2>Recent Posts</h2><ul>{links}</ul></section>
<section class="widget">{online} readers online</section></aside></div>
<footer id="colophon">© The Riverside Gazette. {ad}</footer></body></html>
"##,
        variant = n % 2,
        minutes = churn % 50 + 2,
        shares = 40 + churn * 3,
        visits = 210 + churn,
        today = churn % 9 + 1,
        a = churn % 7 + 1,
        b = churn % 5 + 2,
        online = 20 + churn % 13,
    )
}

/// An RSS feed of these links and titles, in order.
pub fn feed(items: &[(String, String)]) -> String {
    let mut list = String::new();
    for (url, title) in items {
        let _ = writeln!(
            list,
            "<item><title>{title}</title><link>{url}</link><guid>{url}</guid></item>"
        );
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel>\
         <title>The Riverside Gazette</title><link>http://127.0.0.1/</link><description>News</description>\n\
         {list}</channel></rss>"
    )
}

/// A section page with these links and titles, in order.
pub fn section(items: &[(String, String)], churn: u64) -> String {
    let mut list = String::new();
    for (url, title) in items {
        let _ = writeln!(
            list,
            "<article class=\"teaser\"><h2><a href=\"{url}\">{title}</a></h2><time>{} minutes ago</time></article>",
            churn % 40 + 1
        );
    }
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>World - The Riverside Gazette</title></head>\
         <body><nav><a href=\"/world/\">World</a> <a href=\"/about\">About</a> <a href=\"/login\">Sign in</a></nav>\
         <main><h1>World</h1>\n{list}</main><footer><a href=\"/privacy\">Privacy</a></footer></body></html>"
    )
}

/// A gathering that is to take place.
pub fn planned(subject: &str, place: &str) -> (String, Vec<String>) {
    (
        format!("{place} prepares for the {subject}"),
        vec![
            format!("The {subject} in {place} will be held on Saturday as planned, the town council said on Monday."),
            "Wooden stalls stand along the quay, and the smell of fresh paint hangs over the lower town.".to_owned(),
            "The quay is lined with plane trees that are older than most of the houses behind them.".to_owned(),
        ],
    )
}

/// The same, called off.
pub fn cancelled(subject: &str, place: &str) -> (String, Vec<String>) {
    let (_, mut paragraphs) = planned(subject, place);
    paragraphs[0] =
        format!("The {subject} in {place} has been called off, the town council said on Tuesday.");
    (format!("{subject} in {place} called off"), paragraphs)
}
