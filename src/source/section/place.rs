//! What a link's place on the page tells of whether it leads to an article.

use std::collections::HashSet;

use scraper::ElementRef;

/// How far up a link's surroundings are looked at.
const MAX_ANCESTORS: usize = 64;

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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// In or around a heading.
    pub heading: bool,
    /// In an article, list item or block that also has a heading, a date or a paragraph.
    pub teaser: bool,
    /// In navigation, footer or another part of the frame.
    pub frame: bool,
    /// In a side column.
    pub aside: bool,
}

impl Place {
    pub(super) fn score(self) -> i32 {
        let points = [
            (self.heading, 2),
            (self.teaser, 1),
            (self.frame, -4),
            (self.aside, -1),
        ];
        points
            .iter()
            .filter(|(holds, _)| *holds)
            .map(|(_, points)| points)
            .sum()
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
pub(super) fn of(anchor: ElementRef<'_>, holders: &Holders) -> Place {
    let mut place = Place {
        heading: anchor.descendent_elements().any(|e| is_heading(e)),
        ..Place::default()
    };
    let mut in_content = false;
    let ancestors = anchor
        .ancestors()
        .take(MAX_ANCESTORS)
        .filter_map(ElementRef::wrap);
    for (distance, element) in ancestors.enumerate() {
        let name = element.value().name();
        let role = element.attr("role").unwrap_or_default();
        place.heading |= is_heading(element);
        // Only close by: a whole column has headings and dates too.
        if distance < 5 && matches!(name, "article" | "li" | "div" | "section" | "td") {
            place.teaser |= name == "article" || looks_like_teaser(element);
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
            )
            || (!in_content && !holders.contains(&element.id()) && is_named_as_frame(element));
    }
    place
}

fn is_heading(element: ElementRef<'_>) -> bool {
    HEADINGS.contains(&element.value().name()) || element.attr("role") == Some("heading")
}

/// Whether a block has one heading, or a date or paragraph beside its link.
fn looks_like_teaser(block: ElementRef<'_>) -> bool {
    let mut links = HashSet::new();
    let mut signs = 0;
    for element in block.descendent_elements().take(60) {
        match element.value().name() {
            "a" => {
                links.insert(element.attr("href").unwrap_or_default());
            }
            "time" | "p" => signs += 1,
            name if HEADINGS.contains(&name) => signs += 1,
            _ => {}
        }
    }
    signs > 0 && links.len() <= 4
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
