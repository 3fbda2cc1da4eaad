//! The states of a happening: what a kind leads to, and what it presupposes.

use crate::article::{Kind, Modality};

/// The state reached by a development of this kind.
pub(super) fn reached(kind: Kind) -> &'static str {
    match kind {
        Kind::Occurred => "under way",
        Kind::Imposed => "in force",
        Kind::Incident => "happened",
        Kind::Toll | Kind::Figure => "changed",
        Kind::Other => "new",
        Kind::Ceasefire => "in force",
        other => other.as_str(),
    }
}

/// The state that must have held before, whatever the article said.
pub(super) fn presupposed(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::Cancelled | Kind::Postponed => "scheduled",
        Kind::Suspended => "under way",
        Kind::Resumed => "suspended",
        Kind::Lifted => "in force",
        Kind::Rejected => "proposed",
        Kind::Resigned | Kind::Dismissed => "in office",
        _ => return None,
    })
}

/// The state an earlier mention of the same happening left it in, where this kind can follow.
pub(super) fn before(old: Kind, modality: Modality, now: Kind) -> Option<&'static str> {
    use Kind::*;
    if !matches!(modality, Modality::Actual | Modality::Background) {
        return (old == now && modality != Modality::Negated).then_some("expected");
    }
    let follows = match now {
        Cancelled | Postponed => matches!(
            old,
            Scheduled | Postponed | Suspended | Resumed | Agreed | Approved | Confirmed
        ),
        Occurred => matches!(old, Scheduled | Postponed | Confirmed),
        Suspended => matches!(old, Occurred | Resumed | Scheduled | Agreed),
        Resumed => matches!(old, Suspended | Postponed | Cancelled | Rejected),
        Scheduled => matches!(old, Postponed | Cancelled | Suspended | Confirmed),
        Lifted => matches!(old, Imposed),
        Imposed => matches!(old, Lifted),
        Ceasefire => matches!(old, Ceasefire | Incident),
        Approved => matches!(old, Agreed | Scheduled | Rejected | Postponed),
        Rejected => matches!(old, Scheduled | Agreed | Approved | Postponed),
        Charged => matches!(old, Arrested | Charged),
        Verdict => matches!(old, Charged | Arrested | Verdict | Occurred),
        Freed => matches!(old, Arrested | Incident | Verdict),
        Died => matches!(old, Incident | Arrested),
        Withdrew => matches!(old, Scheduled | Agreed | Confirmed | Appointed),
        Denied | Confirmed => matches!(old, Incident | Confirmed | Denied | Charged),
        _ => false,
    };
    follows.then(|| match old {
        Scheduled => "scheduled",
        Imposed => "in force",
        Occurred => "under way",
        other => other.as_str(),
    })
}
