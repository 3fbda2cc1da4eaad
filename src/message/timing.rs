//! When messages go: digests, quiet hours, and rates, as the operator writes them.

use std::time::Duration;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};
use serde::{Serialize, Serializer};

/// What is wrong with a text, and how to mend it.
pub type Wrong = (String, String);

/// When what was gathered is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    text: String,
    when: When,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum When {
    /// So long after the first of it.
    Every(Duration),
    /// At these times of these days.
    At {
        days: Days,
        times: Vec<Time>,
        zone: TimeZone,
    },
}

/// Days of the week, Monday first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Days([bool; 7]);

const EVERY_DAY: Days = Days([true; 7]);

/// Hours of some days in which nothing is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    text: String,
    days: Days,
    /// Minutes since midnight.
    from: u32,
    /// Minutes since midnight; not after `from`: of the next day.
    to: u32,
    zone: TimeZone,
}

/// So many in a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rate {
    text: String,
    /// Messages.
    pub count: u32,
    /// In this time.
    pub per: Duration,
}

/// The longest a digest gathers.
const LONGEST: Duration = Duration::from_secs(7 * 86_400);

impl Digest {
    /// "every 15m", "hourly", "daily 07:00 Europe/London", "mon,thu 07:00,19:00 Europe/London".
    pub fn parse(
        text: &str,
        duration: impl Fn(&str) -> Result<Duration, Wrong>,
    ) -> Result<Digest, Wrong> {
        let help = "write \"every 15m\", \"hourly\", \"daily 07:00 Europe/London\" or \"mon,thu 07:00,19:00 Europe/London\"";
        let wrong = |message: &str| (message.to_owned(), help.to_owned());
        let mut words = text.split_whitespace();
        let first = words.next().ok_or_else(|| wrong("the digest is empty"))?;
        let rest: Vec<&str> = words.collect();
        let when = match (first, rest.as_slice()) {
            ("hourly", []) => When::Every(Duration::from_secs(3600)),
            ("every", [time]) => {
                let time = duration(time)?;
                if !(Duration::from_secs(1)..=LONGEST).contains(&time) {
                    return Err(wrong("a digest gathers for 1s to 7d"));
                }
                When::Every(time)
            }
            (days, [times, zone @ ..]) => {
                let days = Days::parse(days).ok_or_else(|| wrong("not a digest"))?;
                let times: Option<Vec<Time>> = times.split(',').map(time).collect();
                let mut times = times.ok_or_else(|| wrong("not a time of day"))?;
                times.sort();
                When::At {
                    days,
                    times,
                    zone: zone_of(zone)?,
                }
            }
            _ => return Err(wrong("not a digest")),
        };
        Ok(Digest {
            text: text.to_owned(),
            when,
        })
    }

    /// When something that has waited since `from` is sent.
    pub fn release(&self, from: Timestamp) -> Timestamp {
        match &self.when {
            When::Every(time) => from.checked_add(*time).unwrap_or(from),
            When::At { days, times, zone } => {
                let start = zone.to_datetime(from).date();
                // A week and a day: the next such day, were it a week away.
                let moments = (0..=8).flat_map(|n| moments(start, n, *days, times, zone));
                moments.into_iter().find(|at| *at > from).unwrap_or(from)
            }
        }
    }
}

/// The moments of one day, `n` days after `start`, in order.
fn moments(start: Date, n: i64, days: Days, times: &[Time], zone: &TimeZone) -> Vec<Timestamp> {
    let Ok(date) = start.checked_add(Span::new().days(n)) else {
        return Vec::new();
    };
    if !days.has(date.weekday()) {
        return Vec::new();
    }
    let at = |time: &Time| zone.to_timestamp(date.to_datetime(*time)).ok();
    times.iter().filter_map(at).collect()
}

impl Hours {
    /// "22:00-07:00 Europe/London", "sat,sun 00:00-24:00 Europe/London".
    pub fn parse(text: &str) -> Result<Hours, Wrong> {
        let help = "write \"22:00-07:00 Europe/London\" or \"sat,sun 00:00-24:00\"; without a zone it is UTC";
        let wrong = |message: &str| (message.to_owned(), help.to_owned());
        let words: Vec<&str> = text.split_whitespace().collect();
        let (days, span, zone) = match words.as_slice() {
            [span, zone @ ..] if span.contains('-') && span.contains(':') => {
                (EVERY_DAY, *span, zone)
            }
            [days, span, zone @ ..] => {
                let days = Days::parse(days).ok_or_else(|| wrong("not days of the week"))?;
                (days, *span, zone)
            }
            _ => return Err(wrong("not hours of the day")),
        };
        let (from, to) = span
            .split_once('-')
            .ok_or_else(|| wrong("not hours of the day"))?;
        let (Some(from), Some(to)) = (minutes(from), minutes(to)) else {
            return Err(wrong("not hours of the day"));
        };
        if from == to || from == 24 * 60 {
            return Err(wrong("these hours are empty"));
        }
        Ok(Hours {
            text: text.to_owned(),
            days,
            from,
            to,
            zone: zone_of(zone)?,
        })
    }

    /// If `at` lies within: when these hours end.
    pub fn end(&self, at: Timestamp) -> Option<Timestamp> {
        let today = self.zone.to_datetime(at).date();
        let yesterday = today.checked_sub(1.day()).ok()?;
        [yesterday, today].into_iter().find_map(|date| {
            if !self.days.has(date.weekday()) {
                return None;
            }
            let begin = self.moment(date, self.from)?;
            let last = match self.to > self.from {
                true => self.to,
                false => self.to + 24 * 60,
            };
            let end = self.moment(date, last)?;
            (begin <= at && at < end).then_some(end)
        })
    }

    fn moment(&self, date: Date, minutes: u32) -> Option<Timestamp> {
        let date = date
            .checked_add(Span::new().days(i64::from(minutes / (24 * 60))))
            .ok()?;
        let minutes = minutes % (24 * 60);
        let time = Time::new((minutes / 60) as i8, (minutes % 60) as i8, 0, 0).ok()?;
        self.zone.to_timestamp(date.to_datetime(time)).ok()
    }
}

impl Rate {
    /// "10/1h".
    pub fn parse(
        text: &str,
        duration: impl Fn(&str) -> Result<Duration, Wrong>,
    ) -> Result<Rate, Wrong> {
        let help = "write \"10/1h\": ten messages an hour";
        let wrong = |message: &str| (message.to_owned(), help.to_owned());
        let (count, per) = text.split_once('/').ok_or_else(|| wrong("not a rate"))?;
        let count: u32 = count.trim().parse().map_err(|_| wrong("not a rate"))?;
        let per = per.trim();
        let per = match per.starts_with(|c: char| c.is_ascii_digit()) {
            true => duration(per)?,
            false => duration(&format!("1{per}"))?,
        };
        if !(1..=10_000).contains(&count) || per < Duration::from_secs(1) || per > LONGEST {
            return Err(wrong("a rate is 1 to 10000 messages in 1s to 7d"));
        }
        Ok(Rate {
            text: text.to_owned(),
            count,
            per,
        })
    }
}

impl Days {
    fn parse(text: &str) -> Option<Days> {
        match text {
            "daily" => return Some(EVERY_DAY),
            "weekdays" => return Some(Days([true, true, true, true, true, false, false])),
            _ => {}
        }
        let mut days = [false; 7];
        for name in text.split(',') {
            let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
            let n = names.iter().position(|n| n.eq_ignore_ascii_case(name))?;
            if let Some(day) = days.get_mut(n) {
                *day = true;
            }
        }
        Some(Days(days))
    }

    fn has(self, day: Weekday) -> bool {
        let n = usize::try_from(day.to_monday_zero_offset()).unwrap_or(0);
        self.0.get(n).copied().unwrap_or(false)
    }
}

fn zone_of(words: &[&str]) -> Result<TimeZone, Wrong> {
    match words {
        [] => Ok(TimeZone::UTC),
        [name] => TimeZone::get(name).map_err(|_| {
            (
                format!("unknown time zone `{name}`"),
                "write it as \"Europe/London\" or \"UTC\"".to_owned(),
            )
        }),
        _ => Err((
            "more than a time zone".to_owned(),
            "end with the zone: \"daily 07:00 Europe/London\"".to_owned(),
        )),
    }
}

/// "07:00" in minutes; "24:00" is the day's end.
fn minutes(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    if hours.len() > 2 || minutes.len() != 2 {
        return None;
    }
    let all = hours.parse::<u32>().ok()? * 60 + minutes.parse::<u32>().ok().filter(|m| *m < 60)?;
    (all <= 24 * 60).then_some(all)
}

fn time(text: &str) -> Option<Time> {
    let minutes = minutes(text).filter(|m| *m < 24 * 60)?;
    Time::new((minutes / 60) as i8, (minutes % 60) as i8, 0, 0).ok()
}

macro_rules! as_written {
    ($($name:ident),*) => {$(
        /// As the operator wrote it.
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.text)
            }
        }
    )*};
}
as_written!(Digest, Hours, Rate);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::duration;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_digest_is_released_at_its_next_moment() {
        for (digest, from, release) in [
            ("every 15m", "2026-11-25T10:00:00Z", "2026-11-25T10:15:00Z"),
            ("hourly", "2026-11-25T10:20:00Z", "2026-11-25T11:20:00Z"),
            (
                "daily 07:00",
                "2026-11-25T06:59:00Z",
                "2026-11-25T07:00:00Z",
            ),
            (
                "daily 07:00",
                "2026-11-25T07:00:00Z",
                "2026-11-26T07:00:00Z",
            ),
            // Summer time: seven in London is six in UTC.
            (
                "daily 07:00 Europe/London",
                "2026-07-01T05:59:00Z",
                "2026-07-01T06:00:00Z",
            ),
            (
                "daily 19:00,07:00 Europe/London",
                "2026-11-25T08:00:00Z",
                "2026-11-25T19:00:00Z",
            ),
            // A Wednesday.
            (
                "mon,thu 07:00",
                "2026-11-25T10:00:00Z",
                "2026-11-26T07:00:00Z",
            ),
            ("mon 07:00", "2026-11-23T08:00:00Z", "2026-11-30T07:00:00Z"),
            (
                "weekdays 07:00",
                "2026-11-27T08:00:00Z",
                "2026-11-30T07:00:00Z",
            ),
            // There is no half past one that night.
            (
                "daily 01:30 Europe/London",
                "2026-03-29T00:00:00Z",
                "2026-03-29T01:30:00Z",
            ),
        ] {
            let parsed = Digest::parse(digest, duration).unwrap();
            assert_eq!(
                parsed.release(at(from)),
                at(release),
                "{digest} from {from}"
            );
        }
    }

    #[test]
    fn quiet_hours_end() {
        for (hours, now, end) in [
            ("22:00-07:00", "2026-11-25T21:59:00Z", None),
            (
                "22:00-07:00",
                "2026-11-25T22:00:00Z",
                Some("2026-11-26T07:00:00Z"),
            ),
            (
                "22:00-07:00",
                "2026-11-26T06:59:00Z",
                Some("2026-11-26T07:00:00Z"),
            ),
            ("22:00-07:00", "2026-11-26T07:00:00Z", None),
            (
                "12:00-13:00 Europe/Berlin",
                "2026-11-25T11:30:00Z",
                Some("2026-11-25T12:00:00Z"),
            ),
            (
                "sat,sun 00:00-24:00",
                "2026-11-28T05:00:00Z",
                Some("2026-11-29T00:00:00Z"),
            ),
            ("sat,sun 00:00-24:00", "2026-11-27T23:00:00Z", None),
            // Friday's night reaches into Saturday.
            (
                "fri 22:00-07:00",
                "2026-11-28T06:00:00Z",
                Some("2026-11-28T07:00:00Z"),
            ),
            ("fri 22:00-07:00", "2026-11-28T22:30:00Z", None),
        ] {
            let parsed = Hours::parse(hours).unwrap();
            assert_eq!(parsed.end(at(now)), end.map(at), "{hours} at {now}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, message) in [
            ("", "empty"),
            ("sometimes", "not a digest"),
            ("every", "not a digest"),
            ("every 15", "unit"),
            ("every 30d", "1s to 7d"),
            ("daily 25:00", "time of day"),
            ("daily 07:00 Mars/Base", "Mars/Base"),
            ("daily 07:00 Europe / London", "more than"),
        ] {
            let wrong = Digest::parse(text, duration).unwrap_err();
            assert!(wrong.0.contains(message), "{text}: {wrong:?}");
        }
        for text in [
            "",
            "22:00",
            "22:00-22:00",
            "22-07",
            "noon 10:00-11:00",
            "24:00-01:00",
        ] {
            assert!(Hours::parse(text).is_err(), "{text}");
        }
        for text in ["", "10", "0/1h", "x/1h", "10/100d"] {
            assert!(Rate::parse(text, duration).is_err(), "{text}");
        }
        assert_eq!(Rate::parse("10/h", duration).unwrap().per.as_secs(), 3600);
    }
}
