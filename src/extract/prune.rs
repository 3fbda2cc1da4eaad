//! Cuts what is never body out of the tree before extraction.

use std::collections::HashMap;

use ego_tree::NodeId;
use scraper::{ElementRef, Html, Node};

/// Elements that never hold body text.
const ELEMENTS: &[&str] = &[
    "nav",
    "footer",
    "form",
    "figcaption",
    "aside",
    "button",
    "select",
    "input",
    "textarea",
    "dialog",
    "video",
    "audio",
    "menu",
    "label",
    "embed",
    "progress",
];

/// How the ids of the large consent managers' dialogs begin (OneTrust, Sourcepoint, Didomi,
/// Quantcast, Cookiebot, Usercentrics, Funding Choices, TrustArc, consentmanager, iubenda, Osano,
/// Klaro, Borlabs, CookieYes, Complianz, tarteaucitron, Axeptio, Termly). They are
/// laid over an article that is there, and hold more text than a short one.
const CONSENT_IDS: &[&str] = &[
    "onetrust",
    "ot-sdk",
    "sp_message",
    "didomi",
    "qc-cmp",
    "cybotcookiebot",
    "usercentrics",
    "uc-",
    "fc-consent",
    "truste",
    "cmpbox",
    "cmpwrapper",
    "iubenda-cs",
    "osano-cm",
    "klaro",
    "borlabs-cookie",
    "borlabscookie",
    "cookieyes",
    "cky-",
    "cmplz",
    "tarteaucitron",
    "axeptio",
    "termly",
    "cookie-law-info",
    "cookie-banner",
    "cookie-notice",
    "cookie-consent",
    "cookiebanner",
    "cookieconsent",
    "cookienotice",
    "consent-banner",
    "consent-layer",
    "consent-overlay",
    "consent-modal",
    "consent-dialog",
    "gdpr-",
    "tcf-",
];

/// A wrapper that holds this share (in percent) of the page's prose is the template's
/// way of building the page, not a form or a side column.
const WRAPS: usize = 30;
/// A run of text of this many bytes is prose; menus and labels are shorter.
const PROSE: usize = 60;

/// Cuts them.
pub(super) fn prune(doc: &mut Html) {
    let mut prose: HashMap<NodeId, usize> = HashMap::new();
    for node in doc.tree.root().descendants() {
        if let Node::Text(text) = node.value()
            && text.trim().len() >= PROSE
        {
            for around in node.ancestors() {
                *prose.entry(around.id()).or_default() += text.trim().len();
            }
        }
    }
    let whole = prose
        .get(&doc.tree.root().id())
        .copied()
        .unwrap_or_default();
    let doomed: Vec<NodeId> = doc
        .tree
        .root()
        .descendants()
        .filter(|node| match node.value() {
            Node::Element(e) => {
                let cut =
                    ELEMENTS.contains(&e.name()) || ElementRef::wrap(*node).is_some_and(hidden);
                let prose = prose.get(&node.id()).copied().unwrap_or_default();
                cut && prose * 100 <= whole * WRAPS
                    || ElementRef::wrap(*node).is_some_and(is_consent_dialog)
            }
            Node::Comment(_) => true,
            _ => false,
        })
        .map(|node| node.id())
        .collect();
    for id in doomed {
        if let Some(mut node) = doc.tree.get_mut(id) {
            node.detach();
        }
    }
}

fn hidden(e: ElementRef) -> bool {
    e.attr("hidden").is_some()
        || e.attr("aria-hidden") == Some("true") && e.value().name() != "p"
        || e.attr("style").is_some_and(|s| {
            let s: String = s.chars().filter(|c| !c.is_whitespace()).collect();
            s.contains("display:none") || s.contains("visibility:hidden")
        })
}

/// A consent manager's dialog, by its id or a class: it goes however much text it holds, unless the
/// article itself stands in it.
fn is_consent_dialog(e: ElementRef) -> bool {
    let named = |name: &str| {
        let name = name.to_ascii_lowercase();
        CONSENT_IDS.iter().any(|id| name.starts_with(id))
    };
    let value = e.value();
    matches!(value.name(), "div" | "section" | "dialog" | "aside")
        && (value.id().is_some_and(named) || value.classes().any(named))
        && !e
            .descendent_elements()
            .any(|inner| matches!(inner.value().name(), "article" | "main"))
}
