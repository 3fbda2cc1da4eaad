//! Works out the date of a time from the day its sentence was written.

use jiff::ToSpan;
use jiff::civil::Date;

use super::expression::{Expression, Time};
use super::words::Sense;
use crate::article::Precision;

/// The date as far as it is known. `None` for history: a happening that is news is not of a year
/// before.
pub(super) fn resolve(
    e: &Expression,
    ahead: bool,
    base: Option<Date>,
) -> Option<(Option<String>, Precision)> {
    let day = |date: Date| match e.hour {
        Some((h, m)) => (Some(format!("{date}T{h:02}:{m:02}")), Precision::Minute),
        None => (Some(date.to_string()), Precision::Day),
    };
    let unknown = |precision: Precision| match e.hour {
        Some(_) => (None, Precision::Minute),
        None => (None, precision),
    };
    let month = |year: i16, month: i8| (Some(format!("{year}-{month:02}")), Precision::Month);
    let recent = |date: Date| base.is_none_or(|b| date >= b.saturating_sub(RECENT.days()));
    Some(match (e.time, base) {
        (Time::Full(Some(y), m, d), _) => {
            let date = Date::new(y, m, d).ok()?;
            recent(date).then(|| day(date))?
        }
        (Time::Full(None, m, d), Some(b)) => {
            let years = [b.year() - 1, b.year(), b.year() + 1];
            let mut dates = years.into_iter().filter_map(|y| Date::new(y, m, d).ok());
            let date = match ahead {
                true => dates.find(|date| *date >= b),
                false => dates.rfind(|date| *date <= b),
            };
            day(date?)
        }
        (Time::Full(None, m, d), None) => {
            Date::new(2000, m, d).ok()?;
            unknown(Precision::Day)
        }
        (Time::Month(Some(y), m), _) => {
            let last = Date::new(y, m, 28).ok()?;
            recent(last).then(|| month(y, m))?
        }
        (Time::Month(None, m), Some(b)) => {
            let last = e.before == Some(Sense::Last);
            let next = e.before == Some(Sense::Next);
            let back = last || (!ahead && !next);
            let year = match (back, m.cmp(&b.month())) {
                (true, std::cmp::Ordering::Greater) => b.year() - 1,
                (false, std::cmp::Ordering::Less) => b.year() + 1,
                (_, std::cmp::Ordering::Equal) if next => b.year() + 1,
                (_, std::cmp::Ordering::Equal) if last => b.year() - 1,
                _ => b.year(),
            };
            month(year, m)
        }
        (Time::Month(None, _), None) => unknown(Precision::Month),
        (Time::Year(y), Some(b)) if y >= b.year() => (Some(y.to_string()), Precision::Year),
        (Time::Year(_), _) => return None,
        (Time::Weekday(wanted, weeks), Some(b)) => {
            let today = i32::from(b.weekday().to_monday_zero_offset());
            let mut days = i32::from(wanted) - today;
            let past = weeks < 0 || (weeks == 0 && !ahead);
            if past && days > 0 {
                days -= 7;
            } else if !past && days < 0 {
                days += 7;
            }
            // "next Tuesday" on a Tuesday
            if days == 0 {
                days += 7 * weeks;
            }
            day(b.checked_add(days.days()).ok()?)
        }
        (Time::Away(days), Some(b)) => day(b.checked_add(days.days()).ok()?),
        (Time::Weekday(..) | Time::Away(_), None) => unknown(Precision::Day),
        (Time::Units(Precision::Year, -1), _) => return None,
        (Time::Units(unit, n), Some(b)) => match unit {
            Precision::Week => {
                let monday = i32::from(b.weekday().to_monday_zero_offset());
                let date = b.checked_add((7 * n - monday).days()).ok()?;
                (Some(date.to_string()), Precision::Week)
            }
            Precision::Month => {
                let date = b.first_of_month().checked_add(n.months()).ok()?;
                month(date.year(), date.month())
            }
            _ => {
                let year = i32::from(b.year()) + n;
                (Some(year.to_string()), Precision::Year)
            }
        },
        (Time::Units(unit, _), None) => unknown(unit),
        (Time::Hour(..), _) => (None, Precision::Minute),
    })
}

/// Days before the article's date that a date with its year may lie and still be the news.
const RECENT: i32 = 60;
