//! The word classes the engine itself asks for, by name.

use super::lexicon::Lexicon;

macro_rules! known {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// Masks of the classes the engine asks for; 0 where a language has none.
        #[derive(Debug, Default, Clone, Copy)]
        pub(super) struct Known { $($(#[$doc])* pub $name: u128,)* }

        impl Known {
            /// Looks the classes up by name.
            pub fn new(lex: &Lexicon) -> Known {
                Known { $($name: lex.class_mask(stringify!($name)),)* }
            }
        }
    };
}

known! {
    det, prep, sub, conj, pron, be, have, do_, will, may, to, neg, adv, adj, that, who, after, cond, before,
    reason, with, poss, by, not_object, particle, lethal, series, due, person, office, troops, measure, disaster,
    /// Prepositions that set a year as a time.
    in_time,
    /// Verbs of saying.
    say,
    /// Nouns that are seldom the verb their form could be.
    nounish,
    /// Governors: what makes the happening below them not actual.
    g_demand, g_possible, g_refuse, g_deny, g_fear, g_commit, g_crime,
    /// "wants X banned"; "his decision to", which is known already; "announced that it would".
    g_wish, g_known, g_means, g_announce, would,
    /// Words that say a thing is past: "ago", "anniversary".
    past_mark,
    /// Period words after "last": "last year".
    period, last, recent,
    /// Question words and explainer words that open a headline.
    question, explainer,
    /// "how", "why": what they open is taken as known.
    manner,
    /// Words of several persons whose verb may stand in the plural: "Couple face eviction".
    several,
    /// Verbs that judge or recall what is known already; "from", before what is kept from happening.
    g_react, from,
    /// "It comes after", "it follows": what comes then is recalled.
    recaps,
    /// Words that make what follows them a thing to come ("braces", "ahead"), a side's word ("claims"),
    /// or one more of the same ("another"); verbs of public acts.
    looks_ahead, claims, another, not_quite, since, when, too, act, to_noun, light, comes, leave, happening,
    /// Singulars that take the verb of a plural: "staff walk out".
    collective,
    /// Houses of a parliament: what one passed the other may pass next.
    chamber,
    hedge, hearsay, sport, still, month, approx, at_least, at_most, rise, fall, reach, of,
}
