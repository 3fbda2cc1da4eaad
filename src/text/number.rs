//! Numbers as news prints them: `12`, `1,200`, `$33bn`, `6.4%`, `8,312`.
//!
//! Digits are read here; number words ("twelve", "dozens") are language data and live with the
//! language.

/// What a number is a number of, as far as its own token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Nothing said.
    None,
    /// `%`.
    Percent,
    /// `$`, `£`, `€`, `¥`.
    Money,
}

/// A number read from one token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number {
    /// The value, with the scale suffix (`k`, `m`, `bn`, `tn`) multiplied in.
    pub value: f64,
    /// The unit printed with it.
    pub unit: Unit,
}

/// Reads a token of digits; `None` for ordinals (`19th`), ages (`12-year-old`), times (`21:00`)
/// and all that is not a plain amount.
pub fn parse_digits(token: &str) -> Option<Number> {
    if !token.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut unit = Unit::None;
    let mut rest = token;
    let letters = rest.len()
        - rest
            .trim_start_matches(|c: char| c.is_ascii_uppercase())
            .len();
    // US$, C$, A$, HK$
    if (1..=3).contains(&letters) && rest[letters..].starts_with(['$', '£', '€']) {
        rest = &rest[letters..];
    }
    if let Some(r) = rest.strip_prefix(['$', '£', '€', '¥', '₹', '₦']) {
        unit = Unit::Money;
        rest = r;
    }
    if let Some(r) = rest.strip_suffix('%') {
        unit = Unit::Percent;
        rest = r;
    }
    let digits = rest.len()
        - rest
            .trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, ',' | '.'))
            .len();
    let (number, suffix) = rest.split_at(digits);
    let number = number.trim_end_matches(['.', ',']);
    if !number.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let scale = match suffix {
        "" => 1.0,
        "k" | "K" => 1e3,
        "m" | "M" | "mn" | "mln" | "million" => 1e6,
        "b" | "bn" | "B" | "bln" | "billion" => 1e9,
        "tn" | "trn" | "trillion" => 1e12,
        "p" | "c" => {
            unit = Unit::Money;
            1.0
        }
        _ => return None,
    };
    let value: f64 = number.replace(',', "").parse().ok()?;
    Some(Number {
        value: value * scale,
        unit,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_read_with_unit_and_scale() {
        for (token, value, unit) in [
            ("12", 12.0, Unit::None),
            ("1,200", 1200.0, Unit::None),
            ("$33bn", 33e9, Unit::Money),
            ("£5.5m", 5.5e6, Unit::Money),
            ("C$40,000", 40_000.0, Unit::Money),
            ("6.4%", 6.4, Unit::Percent),
        ] {
            assert_eq!(parse_digits(token), Some(Number { value, unit }), "{token}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for token in [
            "19th",
            "12-year-old",
            "21:00",
            "",
            "$",
            "F-22",
            "1980s",
            "abc",
            "é",
        ] {
            assert_eq!(parse_digits(token), None, "{token}");
        }
    }
}
