//! What a link's place on the page tells of whether it leads to an article.

use std::collections::HashSet;

use scraper::ElementRef;

/// How far up a link's surroundings are looked at.
const MAX_ANCESTORS: usize = 64;

/// So many links with nothing between them are a list.
const MENU: usize = 4;

/// Words in the class or id of what frames a page.
const FRAME_WORDS: [&str; 22] = [
    "nav",
    "navbar",
    "navigation",
    "subnav",
    "menu",
    "submenu",
    "megamenu",
    "breadcrumb",
    "breadcrumbs",
    "footer",
    "pagination",
    "pager",
    "cookie",
    "consent",
    "social",
    "sharing",
    "toolbar",
    "topbar",
    "login",
    "masthead",
    "sitemap",
    "skip",
];

const HEADINGS: [&str; 6] = ["h1", "h2", "h3", "h4", "h5", "h6"];

/// Where a link stands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place<'a> {
    /// In or around a heading.
    pub heading: bool,
    /// In an article, list item or block that also has a heading, a date or a paragraph.
    pub teaser: bool,
    /// In navigation, footer or another part of the frame, by the element's own meaning.
    pub frame: bool,
    /// In something that is named like a part of the frame.
    pub named_frame: bool,
    /// In a side column.
    pub aside: bool,
    /// Among many links of a word or two, with nothing else between them.
    pub menu: bool,
    /// The one heading of the teaser that the link is in, if that is no link itself.
    pub block_heading: Option<ElementRef<'a>>,
}

impl Place<'_> {
    pub(super) fn score(self) -> i32 {
        let frame = match (self.frame, self.named_frame) {
            (true, _) => -4,
            (false, true) => -3,
            (false, false) => 0,
        };
        2 * i32::from(self.heading) + i32::from(self.teaser)
            - i32::from(self.aside)
            - 2 * i32::from(self.menu)
            + frame
    }
}

/// Identities of elements.
pub(super) type Holders = HashSet<ego_tree::NodeId>;

/// Elements that hold the page's main part, so that a class of theirs says nothing of the frame.
pub(super) fn content_holders(root: ElementRef<'_>) -> Holders {
    root.descendent_elements()
        .filter(|element| matches!(element.value().name(), "main" | "article" | "h1"))
        .flat_map(|element| {
            element
                .ancestors()
                .take(MAX_ANCESTORS)
                .map(|node| node.id())
        })
        .collect()
}

/// Judges a link's place.
pub(super) fn of<'a>(anchor: ElementRef<'a>, holders: &Holders) -> Place<'a> {
    let mut place = Place {
        heading: anchor.descendent_elements().any(|e| is_heading(&e)),
        ..Place::default()
    };
    let mut in_content = false;
    let mut among_several = false;
    let ancestors = anchor
        .ancestors()
        .take(MAX_ANCESTORS)
        .filter_map(ElementRef::wrap);
    for (distance, element) in ancestors.enumerate() {
        let name = element.value().name();
        let role = element.attr("role").unwrap_or_default();
        place.heading |= is_heading(&element);
        // Only close by: a whole column has headings and dates too.
        if distance < 5
            && matches!(
                name,
                "article" | "li" | "ul" | "ol" | "div" | "section" | "td"
            )
        {
            let block = Block::of(element);
            // The nearest block of several links says what kind of links they are.
            let several = block.links.len() >= MENU;
            place.menu |= several && !among_several && block.is_menu(element);
            among_several |= several;
            let item = !matches!(name, "ul" | "ol");
            place.teaser |= name == "article" || (item && block.is_teaser());
            if place.block_heading.is_none() && block.is_teaser() && block.headings == 1 {
                place.block_heading = block.heading.filter(|heading| !is_linked(heading));
            }
        }
        in_content |= matches!(name, "article" | "main") || role == "main";
        place.aside |= name == "aside" || role == "complementary";
        let frame = match name {
            "nav" | "footer" | "menu" => !(name == "footer" && in_content),
            // A teaser has a header of its own; the page's is outside its content.
            "header" => !in_content && !holders.contains(&element.id()),
            _ => false,
        };
        place.frame |= frame
            || matches!(
                role,
                "navigation" | "contentinfo" | "menu" | "menubar" | "banner"
            );
        place.named_frame |=
            !in_content && !holders.contains(&element.id()) && is_named_as_frame(element);
    }
    place
}

/// Whether an element is a heading, by name or role.
pub(super) fn is_heading(element: &ElementRef<'_>) -> bool {
    HEADINGS.contains(&element.value().name()) || element.attr("role") == Some("heading")
}

fn is_linked(heading: &ElementRef<'_>) -> bool {
    let is_link = |element: ElementRef<'_>| element.value().name() == "a";
    heading.descendent_elements().any(is_link)
        || heading
            .ancestors()
            .take(MAX_ANCESTORS)
            .filter_map(ElementRef::wrap)
            .any(is_link)
}

/// What is in a block around a link.
#[derive(Default)]
struct Block<'a> {
    links: HashSet<&'a str>,
    heading: Option<ElementRef<'a>>,
    headings: usize,
    /// Links of a word or two.
    short: usize,
    /// Dates and paragraphs.
    pieces: usize,
}

impl<'a> Block<'a> {
    fn of(element: ElementRef<'a>) -> Self {
        let mut block = Block::default();
        for inner in element.descendent_elements().take(60) {
            match inner.value().name() {
                "a" => {
                    let text: String = inner.text().collect();
                    let fresh = block.links.insert(inner.attr("href").unwrap_or_default());
                    block.short += usize::from(fresh && super::wordiness(&text) < 0);
                }
                "time" | "p" => block.pieces += 1,
                _ if is_heading(&inner) => {
                    block.heading = Some(inner);
                    block.headings += 1;
                }
                _ => {}
            }
        }
        block
    }

    /// Whether it only offers ways to other pages.
    fn is_menu(&self, element: ElementRef<'_>) -> bool {
        if self.headings + self.pieces > 0 || 2 * self.short < self.links.len() {
            return false;
        }
        let words: usize = element
            .descendants()
            .take(300)
            .filter_map(|node| {
                let linked = |n: ego_tree::NodeRef<'_, scraper::Node>| {
                    ElementRef::wrap(n).is_some_and(|e| e.value().name() == "a")
                };
                let text = node.value().as_text()?;
                let outside = !node.ancestors().take(4).any(linked);
                outside.then(|| text.split_whitespace().count())
            })
            .sum();
        words <= self.links.len()
    }

    /// Whether it tells of one article: a heading, date or paragraph, and few links.
    fn is_teaser(&self) -> bool {
        self.headings + self.pieces > 0 && self.links.len() <= 4
    }
}

fn is_named_as_frame(element: ElementRef<'_>) -> bool {
    let value = element.value();
    if matches!(value.name(), "html" | "body" | "main" | "article") {
        return false;
    }
    value.classes().chain(value.id()).any(|name| {
        name.split(['-', '_', ':'])
            .any(|word| FRAME_WORDS.contains(&word.to_ascii_lowercase().as_str()))
    })
}
