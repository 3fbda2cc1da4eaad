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
    reason, with, poss, by, not_object, particle, lethal, series, due, person, measure, disaster,
    /// Verbs of saying.
    say,
    /// Nouns that are seldom the verb their form could be.
    nounish,
    /// Governors: what makes the happening below them not actual.
    g_demand, g_possible, g_refuse, g_deny, g_fear, g_commit, g_crime,
    /// Words that say a thing is past: "ago", "anniversary".
    past_mark,
    /// Period words after "last": "last year".
    period, last,
    /// Question words and explainer words that open a headline.
    question, explainer,
    /// Words that make what follows them a thing to come ("braces", "ahead"), a side's word ("claims"),
    /// or one more of the same ("another"); verbs of public acts.
    looks_ahead, claims, another, not_quite, since, when, act, light, comes, leave, happening,
    /// Houses of a parliament: what one passed the other may pass next.
    chamber,
    hedge, hearsay, sport, still, month, approx, at_least, at_most, rise, fall, reach, of,
}
