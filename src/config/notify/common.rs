//! What every notifier takes beside its own keys, and what those that speak to people take too.

use std::ops::RangeInclusive;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use crate::config::fetch;
use crate::config::read::{Given, Reader};
use crate::config::table::Table;
use crate::config::value::{DURATION, duration, show_duration};
use crate::config::watch;
use crate::message::timing::{Digest, Hours, Rate};
use crate::watch::Wanted;

/// What only notifiers that send messages to people take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// Template of the title, where the operator has one.
    pub title: Option<String>,
    /// Template of the body, where the operator has one.
    pub body: Option<String>,
    /// Alerts are gathered and sent together.
    pub digest: Option<Digest>,
    /// Nothing is sent in these hours.
    pub quiet_hours: Vec<Hours>,
    /// Kinds that neither digest nor quiet hours hold up.
    pub urgent: Vec<Wanted>,
    /// So many messages at most; what is over is folded into one.
    pub rate_limit: Option<Rate>,
    /// Told again after this time until acknowledged.
    #[serde(serialize_with = "optional_duration")]
    pub remind: Option<Duration>,
    /// So often at most.
    pub remind_times: u32,
    /// One attempt may take so long.
    #[serde(serialize_with = "crate::config::print::duration")]
    pub timeout: Duration,
    /// After this time of failing a delivery is given up.
    #[serde(serialize_with = "crate::config::print::duration")]
    pub give_up_after: Duration,
}

impl Default for Delivery {
    fn default() -> Delivery {
        Delivery {
            title: None,
            body: None,
            digest: None,
            quiet_hours: Vec::new(),
            urgent: Vec::new(),
            rate_limit: None,
            remind: None,
            remind_times: REMIND_TIMES,
            timeout: TIMEOUT,
            give_up_after: GIVE_UP_AFTER,
        }
    }
}

const DAY: Duration = Duration::from_secs(86_400);
const TIMEOUT: Duration = Duration::from_secs(20);
const GIVE_UP_AFTER: Duration = Duration::from_secs(3 * 86_400);
const REMIND_TIMES: u32 = 5;

const TIMEOUTS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(600);
const GIVING_UP: RangeInclusive<Duration> =
    Duration::from_secs(60)..=Duration::from_secs(90 * 86_400);
const REMINDERS: RangeInclusive<Duration> = Duration::from_secs(10)..=DAY;

/// What every notifier takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Always {
    /// Your name for the notifier, for watches to refer to.
    #[schemars(required, example = &"desk")]
    pub(super) name: Option<Given<String>>,
    /// Whether troubles of sources, notifiers and the daemon itself are told here: alerts of kind
    /// `health`, one at the start and one at the end. A `log` is told of them unless you say
    /// otherwise, any other notifier only if you say so.
    #[schemars(example = true)]
    pub(super) health: Option<Given<bool>>,
}

/// What notifiers take that send messages.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Raw {
    /// Your name for the notifier, for watches to refer to.
    #[schemars(required, example = &"desk")]
    pub(super) name: Option<Given<String>>,
    /// Whether troubles of sources, notifiers and the daemon itself are told here: alerts of kind
    /// `health`, one at the start and one at the end. A `log` is told of them unless you say
    /// otherwise, any other notifier only if you say so.
    #[schemars(example = true)]
    pub(super) health: Option<Given<bool>>,
    /// Template of the title or subject line (docs/NOTIFIERS.md) instead of the channel's own.
    #[schemars(example = &"{{ alert.kind | upper }}: {{ alert.summary }}")]
    title: Option<Given<String>>,
    /// Template of the body instead of the channel's own.
    #[schemars(example = &"{% for a in alerts %}{{ a.summary }} {{ a.url }}\n{% endfor %}")]
    body: Option<Given<String>>,
    /// Alerts are gathered and sent together: "every 15m", "hourly", "daily 07:00 Europe/London",
    /// "mon,thu 07:00,19:00 Europe/London".
    #[schemars(example = &"daily 07:00 Europe/London")]
    digest: Option<Given<String>>,
    /// Nothing is sent in these hours; it comes, in one message, at their end. With days in front
    /// only on those.
    #[schemars(extend("default" = []), example = &["22:00-07:00 Europe/London", "sat,sun 00:00-24:00 Europe/London"])]
    quiet_hours: Option<Vec<Given<String>>>,
    /// Kinds of development that neither `digest` nor `quiet_hours` hold up.
    #[schemars(extend("default" = []), example = &["cancelled", "toll"])]
    urgent: Option<Vec<Given<String>>>,
    /// So many messages at most in a time, "10/1h" or "20/1m"; what is over is folded into one.
    #[schemars(example = &"10/1h")]
    rate_limit: Option<Given<String>>,
    /// Told again after this time, 10s to 1d, until it is acknowledged: `wirewatch ack ID`.
    #[schemars(pattern(DURATION), example = &"30m")]
    remind: Option<Given<String>>,
    /// How many reminders there are at most, 1 to 1000.
    #[schemars(extend("default" = 5), range(min = 1, max = 1000), example = 5)]
    remind_times: Option<Given<i64>>,
    /// How long one attempt may take, 1s to 10m.
    #[schemars(extend("default" = "20s"), pattern(DURATION), example = &"20s")]
    timeout: Option<Given<String>>,
    /// A delivery that has failed for so long is given up and told as a trouble, 1m to 90d;
    /// `wirewatch deliveries retry` takes it up again.
    #[schemars(extend("default" = "3d"), pattern(DURATION), example = &"3d")]
    give_up_after: Option<Given<String>>,
}

/// The templates have been checked by the caller, which knows the channel.
/// `own`: names of the operator's own kinds. `marks_urgent`: the channel has a way to tell what is
/// urgent from what is not.
pub(super) fn build(
    reader: &mut Reader<'_>,
    table: &Table<Raw>,
    own: &[String],
    marks_urgent: bool,
) -> Delivery {
    let raw = &table.raw;
    let text = |given: &Option<Given<String>>| given.as_ref().map(|g| g.get().clone());
    let quiet = raw.quiet_hours.iter().flatten();
    let quiet_hours = quiet
        .filter_map(|given| reader.check(given, Hours::parse))
        .collect();
    let urgent = raw.urgent.iter().flatten();
    let urgent: Vec<Wanted> = urgent
        .filter_map(|given| watch::kind(reader, given, own))
        .collect();
    let digest = raw.digest.as_ref();
    let digest = digest.and_then(|given| reader.check(given, |t| Digest::parse(t, duration)));
    let rate_limit = raw.rate_limit.as_ref();
    let rate_limit = rate_limit.and_then(|given| reader.check(given, |t| Rate::parse(t, duration)));
    let remind = raw
        .remind
        .as_ref()
        .map(|_| fetch::time(reader, &raw.remind, REMINDERS, Duration::from_secs(1800)));
    if let (Some(times), None) = (&raw.remind_times, &raw.remind) {
        reader.warning(
            times.span(),
            "`remind_times` without `remind` says nothing",
            "say when to remind: remind = \"30m\"",
        );
    }
    if let (false, None, true) = (urgent.is_empty(), &digest, raw.quiet_hours.is_none())
        && !marks_urgent
        && let Some(first) = raw.urgent.iter().flatten().next()
    {
        reader.warning(
            first.span(),
            "`urgent` without `digest` or `quiet_hours` says nothing",
            "without them every alert goes out at once",
        );
    }
    for (name, given) in [("title", &raw.title), ("body", &raw.body)] {
        if let Some(given) = given
            && given.get().trim().is_empty()
        {
            reader.error(
                given.span(),
                format!("the {name} is empty"),
                "leave the key out to have the channel's own",
            );
        }
    }
    super::try_templates(reader, [("title", &raw.title), ("body", &raw.body)]);
    Delivery {
        title: text(&raw.title),
        body: text(&raw.body),
        digest,
        quiet_hours,
        urgent,
        rate_limit,
        remind,
        remind_times: fetch::number(reader, &raw.remind_times, 1..=1000, REMIND_TIMES as usize)
            as u32,
        timeout: fetch::time(reader, &raw.timeout, TIMEOUTS, TIMEOUT),
        give_up_after: fetch::time(reader, &raw.give_up_after, GIVING_UP, GIVE_UP_AFTER),
    }
}

fn optional_duration<S: Serializer>(
    value: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.serialize_some(&show_duration(*value)),
        None => serializer.serialize_none(),
    }
}
