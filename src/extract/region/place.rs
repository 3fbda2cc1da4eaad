//! Where a text stands: the open elements around it, as one hash, so that texts of one kind have
//! one place on every page of a site.

use std::hash::Hasher;

use super::words::Stable;

/// The attributes that the full way judges an element by.
const READ: &[&str] = &[
    "class",
    "id",
    "itemprop",
    "role",
    "data-testid",
    "data-component",
    "data-module",
    "data-type",
];

/// The place of an element inside another of place `around`.
pub(super) fn of(around: u64, name: &str, attributes: &[(&str, &str)]) -> u64 {
    let mut hasher = Stable::default();
    hasher.write_u64(around);
    hasher.write(name.as_bytes());
    for (key, value) in attributes {
        if READ.iter().any(|read| key.eq_ignore_ascii_case(read)) {
            for token in value.split_ascii_whitespace() {
                hasher.write_u8(b' ');
                hasher.write(lasting(token).as_bytes());
            }
        }
    }
    hasher.write_u8(u8::from(is_hidden(attributes)));
    hasher.finish()
}

/// The part of a name that stays when a page numbers or hashes its names anew at every request:
/// `ad-4411` and `css-1x9` keep `ad-` and `css-`.
fn lasting(token: &str) -> &str {
    let Some(digit) = token.find(|c: char| c.is_ascii_digit()) else {
        return token;
    };
    let before = token.get(..digit).unwrap_or("");
    let end = before
        .rfind(['-', '_', ':'])
        .map_or(0, |separator| separator + 1);
    before.get(..end).unwrap_or("")
}

/// Whether the attributes hide the element from readers, as far as the full way sees it.
pub(super) fn is_hidden(attributes: &[(&str, &str)]) -> bool {
    attributes.iter().any(|(key, value)| {
        key.eq_ignore_ascii_case("hidden")
            || key.eq_ignore_ascii_case("aria-hidden") && *value == "true"
            || key.eq_ignore_ascii_case("style") && {
                let bare: String = value.chars().filter(|c| !c.is_whitespace()).collect();
                bare.contains("display:none") || bare.contains("visibility:hidden")
            }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_are_no_part_of_a_place() {
        let of = |class| of(7, "div", &[("class", class)]);
        assert_eq!(of("ad exp-2 css-3fa"), of("ad exp-9 css-77"));
        assert_eq!(of("ad css-ab1"), of("ad css-x2"));
        assert_ne!(of("ad"), of("advice"));
        assert_ne!(of("exp-2"), of("promo-2"));
    }

    #[test]
    fn what_hides_an_element_is_part_of_its_place() {
        let p = |attributes: &[(&str, &str)]| of(7, "p", attributes);
        assert_ne!(p(&[]), p(&[("hidden", "")]));
        assert_ne!(p(&[]), p(&[("style", "color: red; display : none")]));
        assert_ne!(p(&[]), p(&[("aria-hidden", "true")]));
        assert_eq!(p(&[]), p(&[("style", "color: red")]));
    }
}
