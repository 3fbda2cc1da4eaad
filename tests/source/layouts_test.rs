//! Section pages in the layouts that news sites have, each with what must stay out.

use url::Url;
use wirewatch::source::section::{SectionRules, links};

/// The paths (or whole addresses elsewhere) of the article links of a page.
fn read(base: &str, html: &str) -> Vec<String> {
    let base = Url::parse(base).unwrap();
    links(html, &base, &SectionRules::default())
        .unwrap()
        .into_iter()
        .map(|link| match link.url.host_str() == base.host_str() {
            true => link.url[url::Position::BeforePath..].to_owned(),
            false => link.url.into(),
        })
        .collect()
}

/// What frames every page here, as links that are no news.
const FRAME: &str = r##"
<div class="kx1"><a href="/">The Post</a> <a href="/world/">World</a> <a href="/world/middle-east-and-north-africa/">Middle East and North Africa</a>
<a href="/business/markets">Markets</a> <a href="/video/">Video</a> <a href="/login?next=/world/">Log in</a> <a href="/account/register">Register for free today</a></div>
<div class="kx2"><a href="/newsletters/the-morning-briefing-in-your-inbox">Sign up for our morning briefing</a>
<a href="https://shop.post.example.org/collections/mugs-and-tea-towels-for-readers">Mugs and tea towels for readers</a>
<a href="/subscribe/digital-and-print-offers-for-students">Digital and print offers for students</a></div>
<div class="kx3"><a href="/terms-and-conditions-of-sale-for-subscribers">Terms and conditions of sale for subscribers</a>
<a href="/privacy-policy-and-your-choices">Privacy policy and your choices</a> <a href="/about-us/who-we-are-and-what-we-do">Who we are and what we do</a>
<a href="/careers/graduate-trainee-scheme-2026">Graduate trainee scheme 2026</a> <a href="/contact-us-by-phone-or-letter">Contact us by phone or letter</a></div>"##;

#[test]
fn a_blog_theme_with_dates_authors_and_archives() {
    let html = format!(
        r##"<body class="home blog"><div id="page"><main>
        <article class="post-101 hentry"><header><h2 class="entry-title"><a href="/2026/05/17/ferry-strike-off/" rel="bookmark">Ferry strike called off</a></h2>
        <div class="entry-meta"><a href="/2026/05/17/"><time datetime="2026-05-17T08:30:00+00:00">May 17, 2026</time></a> by <a href="/author/jane-q-public-of-the-desk/">Jane Q Public</a>
        in <a href="/category/world/">World</a></div></header><p>Talks went on until dawn. <a href="/2026/05/17/ferry-strike-off/#more-101" class="more-link">Continue reading</a></p>
        <footer><a href="/tag/ferries-and-harbours-of-the-north/">ferries and harbours of the north</a> <a href="/2026/05/17/ferry-strike-off/#respond">Leave a comment</a></footer></article>
        <article class="post-100 hentry"><h2 class="entry-title"><a href="/2026/05/16/toll-rises/">Toll rises to 15</a></h2><p>Rescuers found three more.</p></article>
        <div class="navigation pagination"><a class="page-numbers" href="/page/2/">2</a> <a class="next" href="/page/2/">Older posts of this page</a></div></main>
        <aside id="secondary"><h2>Recent Comments</h2><ul><li>Ann on <a href="/2026/05/16/toll-rises/#comment-7">Toll rises to 15</a></li></ul>
        <h2>Archives</h2><ul><li><a href="/2026/05/">May 2026</a></li><li><a href="/2026/04/">April 2026</a></li></ul></aside>{FRAME}</div></body>"##
    );
    assert_eq!(
        read("https://post.example.org/", &html),
        ["/2026/05/17/ferry-strike-off/", "/2026/05/16/toll-rises/"]
    );
}

#[test]
fn nameless_boxes_with_opaque_addresses() {
    let card = |href: &str, head: &str| {
        format!(
            r#"<div class="sc-4befc967-0"><a href="{href}" class="sc-2e6baa30-0"><div><img src="x.webp"></div><div><div><h2 class="sc-fa814188-3">{head}</h2></div>
            <p class="sc-ae29827d-0">A line about it that runs on.</p><span>2 hrs ago</span><span>Europe</span></div></a></div>"#
        )
    };
    let html = format!(
        "<div id='__next'>{}{}{}{}<div><a href='/world/europe'>See more of Europe</a></div>{FRAME}</div>",
        card("/news/articles/cx2jd0w1y0zo", "Ferry strike called off"),
        card(
            "/news/live/c1kx9q8d7zyt",
            "Court hearing on the ban: follow live"
        ),
        card(
            "/news/videos/c7vd3k8m2w1o",
            "Watch: how the ferry was raised"
        ),
        card("/news/articles/c0rp4j5k6lmo", "Bank raises rate"),
    );
    assert_eq!(
        read("https://post.example.org/news", &html),
        [
            "/news/articles/cx2jd0w1y0zo",
            "/news/live/c1kx9q8d7zyt",
            "/news/articles/c0rp4j5k6lmo"
        ]
    );
}

#[test]
fn a_german_portal_with_kickers() {
    let html = format!(
        r##"<nav><ul><li><a href="/politik/">Politik</a></li><li><a href="/spiele/kreuzwortraetsel-fuer-zwischendurch">Kreuzworträtsel für zwischendurch</a></li></ul></nav>
        <main><section><article><a href="/politik/ausland/faehrstreik-nach-verhandlungen-abgesagt-a-8f1c2d3e-0001-4a5b-9c6d-7e8f90a1b2c3" title="Fährstreik nach Verhandlungen abgesagt">
        <span class="kicker">Nach langer Nacht</span><span class="head">Fährstreik abgesagt</span></a><span>Von <a href="/impressum/autor-4b5c6d7e-0001-0003-0000-000000012345">Max Muster</a></span></article>
        <article><header><h2><a href="/panorama/zahl-der-toten-steigt-a-8f1c2d3e-0002-4a5b-9c6d-7e8f90a1b2c3"><span>Flut im Tal</span> <span>Zahl der Toten steigt auf 15</span></a></h2></header></article>
        <article><a href="/thema/hochwasser-in-der-region/">Hochwasser in der Region</a></article></section>
        <section><h3>Anzeige</h3><a href="/anzeigen/die-besten-matratzen-im-grossen-vergleich">Die besten Matratzen im großen Vergleich</a>
        <a href="/gutscheine/rabatt-code-fuer-moebelhaus">Rabatt-Code für Möbelhaus</a></section>
        <section><h2><a href="/plus/">Plus</a></h2><a href="/abo/jetzt-vier-wochen-lesen-fuer-einen-euro">Jetzt vier Wochen lesen für einen Euro</a></section></main>{FRAME}"##
    );
    assert_eq!(
        read("https://post.example.org/", &html),
        [
            "/politik/ausland/faehrstreik-nach-verhandlungen-abgesagt-a-8f1c2d3e-0001-4a5b-9c6d-7e8f90a1b2c3",
            "/panorama/zahl-der-toten-steigt-a-8f1c2d3e-0002-4a5b-9c6d-7e8f90a1b2c3"
        ]
    );
}

#[test]
fn tables_and_numbered_stories() {
    let html = format!(
        r##"<table><tr><td bgcolor="#eee"><a href="index.php">Home</a><br><a href="list.php?cat=3">World</a><br><a href="list.php?cat=4&page=2">Sport</a></td>
        <td><font size="4"><b><a href="story.php?id=48213">Ferry strike called off</a></b></font><br>Talks went on until dawn. <a href="story.php?id=48213">more...</a><hr>
        <a href="story.php?id=48212"><b>Toll of valley flood rises to 15</b></a><br>Rescuers found three more.<br>
        <a href="print.php?id=48212">Print</a> <a href="mail.php?id=48212">Send</a><hr></td></tr></table>{FRAME}"##
    );
    assert_eq!(
        read("https://post.example.org/news/index.php", &html),
        ["/news/story.php?id=48213", "/news/story.php?id=48212"]
    );
}

#[test]
fn an_agency_with_topics_and_hashes() {
    let item = |slug: &str, head: &str| {
        format!(
            r#"<div class="PagePromo" data-posted="1"><div class="PagePromo-media"><a class="Link" href="/article/{slug}" aria-label="{head}"><img></a></div>
            <div class="PagePromo-content"><bsp-heading><h3 class="PagePromo-title"><a class="Link" href="/article/{slug}"><span>{head}</span></a></h3></bsp-heading>
            <div class="PagePromo-byline">By <a href="/author/jane-public">JANE PUBLIC</a></div></div></div>"#
        )
    };
    let html = format!(
        r#"<bsp-header class="Page-header"><a href="/hub/floods-and-landslides-of-the-valley">Floods and landslides of the valley</a></bsp-header>
        <div class="PageList">{}{}</div><div class="Carousel"><a href="/photo-gallery/ferries-harbour-strike-photos-6c5d4e3f2a1b">AP PHOTOS: Ferries lie idle in the harbour</a>
        <a href="/video/ferry-captain-on-the-strike-6c5d4e3f2a1b6c5d">Ferry captain on the strike</a></div>{FRAME}"#,
        item(
            "ferry-strike-talks-6c5d4e3f2a1b6c5d4e3f2a1b6c5d4e3f",
            "Ferry strike called off after night of talks"
        ),
        item(
            "flood-toll-0a1b2c3d4e5f60718293a4b5c6d7e8f9",
            "Toll rises to 15"
        ),
    );
    assert_eq!(
        read("https://post.example.org/", &html),
        [
            "/article/ferry-strike-talks-6c5d4e3f2a1b6c5d4e3f2a1b6c5d4e3f",
            "/article/flood-toll-0a1b2c3d4e5f60718293a4b5c6d7e8f9"
        ]
    );
}

#[test]
fn pictures_only_with_a_list_for_machines() {
    let html = format!(
        r##"<script type="application/ld+json">{{"@context":"https://schema.org","@type":"CollectionPage","mainEntity":{{"@type":"ItemList","itemListElement":[
        {{"@type":"ListItem","position":1,"url":"https://post.example.org/s/ferry"}},
        {{"@type":"ListItem","position":2,"item":{{"@type":"NewsArticle","url":"https://post.example.org/s/flood","headline":"Toll of valley flood rises to 15"}}}}]}}}}</script>
        <div><a href="/s/ferry"><img alt="A ferry"></a><a href="/s/flood"><img alt="A valley"></a><a href="/s/advert"><img alt="Chairs"></a></div>{FRAME}"##
    );
    assert_eq!(
        read("https://post.example.org/", &html),
        ["/s/ferry", "/s/flood"]
    );
}

#[test]
fn a_french_paper_with_lives_and_portfolios() {
    let teaser = |href: &str, head: &str| {
        format!(
            r#"<section class="teaser teaser--inline-picture"><a class="teaser__link" href="{href}"><figure><img></figure><h3 class="teaser__title">{head}</h3>
            <p class="teaser__desc">Les discussions ont duré jusqu'à l'aube.</p></a><span class="meta__date">Publié à 08h30</span></section>"#
        )
    };
    let html = format!(
        r##"<header class="Header"><a href="https://abonnements.post.example.org/offres-numeriques-pour-les-etudiants">Offres numériques pour les étudiants</a></header>
        <section class="zone">{}{}{}{}</section>
        <section class="zone"><h2><a href="/signataires/jeanne-publique/">Jeanne Publique</a></h2><a href="/podcasts/article/2026/05/17/ecoutez-notre-emission-du-matin_1.html">Écoutez notre émission du matin</a></section>{FRAME}"##,
        teaser(
            "/international/article/2026/05/17/la-greve-des-ferries-est-annulee_6234567_3210.html",
            "La grève des ferries est annulée"
        ),
        teaser(
            "/planete/live/2026/05/17/en-direct-inondations_6234560_3244.html",
            "En direct, inondations"
        ),
        teaser(
            "/planete/article/2026/05/16/le-bilan-monte-a-15_6234001_3244.html",
            "Le bilan monte à 15"
        ),
        teaser(
            "/videos/video/2026/05/17/comment-le-ferry-a-ete-releve_6234568_1669088.html",
            "Comment le ferry a été relevé"
        ),
    );
    assert_eq!(
        read("https://post.example.org/", &html),
        [
            "/international/article/2026/05/17/la-greve-des-ferries-est-annulee_6234567_3210.html",
            "/planete/live/2026/05/17/en-direct-inondations_6234560_3244.html",
            "/planete/article/2026/05/16/le-bilan-monte-a-15_6234001_3244.html"
        ]
    );
}

#[test]
fn short_addresses_known_by_their_teasers() {
    let teaser = |href: &str, head: &str| {
        format!(
            r#"<li class="river-item"><h3><a href="{href}">{head}</a></h3><p>A line about it that runs on.</p><time datetime="2026-05-17T08:30:00Z">08:30</time></li>"#
        )
    };
    let html = format!(
        r#"<ul>{}{}{}</ul><ul class="topics"><li><a href="/world/asia">Asia</a></li><li><a href="/world/oceania-and-pacific">Oceania and Pacific</a></li></ul>
        <div class="widget"><h3><a href="/world/">More from World</a></h3></div><div class="authors"><h3><a href="/authors/jane">Jane Public writes about ferries</a></h3></div>{FRAME}"#,
        teaser("/ferry-off", "Ferry strike called off"),
        teaser("/news/flood", "Toll rises to 15 in valley"),
        teaser("/p/k3v9", "Bank raises rate to 4.5%"),
    );
    assert_eq!(
        read("https://post.example.org/world/", &html),
        ["/ferry-off", "/news/flood", "/p/k3v9"]
    );
}

#[test]
fn a_bare_list_of_headlines() {
    let html = format!(
        r#"<div class="latest"><ul><li>08:30 <a href="/world/ferry-strike-called-off-after-talks">Ferry strike called off after talks</a></li>
        <li>08:10 <a href="/world/middle-east-and-north-africa/truce-holds-for-third-day">Truce holds for third day</a></li>
        <li>07:55 <a href="/world/middle-east-and-north-africa/envoys-meet-in-valletta-again">Envoys meet in Valletta again</a></li>
        <li>07:00 <a href="/sport/rowers-win-cup-for-third-time">Rowers win cup for third time</a></li></ul></div>{FRAME}"#
    );
    assert_eq!(
        read("https://post.example.org/", &html),
        [
            "/world/ferry-strike-called-off-after-talks",
            "/world/middle-east-and-north-africa/truce-holds-for-third-day",
            "/world/middle-east-and-north-africa/envoys-meet-in-valletta-again",
            "/sport/rowers-win-cup-for-third-time"
        ]
    );
}

#[test]
fn a_japanese_paper() {
    let html = format!(
        r#"<ul class="List"><li><a href="/articles/ASS5K2TQ1S5KUHBI00CM.html"><span class="SummaryTitle">首相、予定されていた首脳会談の中止を発表</span><span class="Time">8時30分</span></a></li>
        <li><a href="/articles/ASS5K3FD7S5KUTIL00QM.html?iref=comtop_7_02"><span class="SummaryTitle">洪水の死者15人に</span></a></li>
        <li><a href="/topics/word/%E9%A6%96%E7%9B%B8.html">首相の動静に関するニュース</a></li><li><a href="/rensai/list.html?id=1234">連載の一覧</a></li></ul>
        <div class="Nav"><a href="/national/">社会の新着ニュース一覧</a><a href="/shimbun/subscribe/">新聞の購読を申し込む</a></div>{FRAME}"#
    );
    let found = read("https://post.example.org/", &html);
    assert_eq!(
        found[..2],
        [
            "/articles/ASS5K2TQ1S5KUHBI00CM.html",
            "/articles/ASS5K3FD7S5KUTIL00QM.html?iref=comtop_7_02"
        ]
    );
    assert!(
        found
            .iter()
            .all(|path| !path.contains("topics") && !path.contains("national")),
        "{found:?}"
    );
}
