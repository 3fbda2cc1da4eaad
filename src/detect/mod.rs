//! From edits or a new article to developments. Pure.
//!
//! A sentence is read once: tokens ([`token`]), the part each plays ([`pos`]), triggers in their
//! sense ([`find`], [`rule`]), how they are said ([`scope`]), numbers with what they count
//! ([`quantity`]). What the old revision said ([`memory`]) and how the new one stands to it
//! ([`bearing`]) decide what is new ([`judge`]). A second opinion, a small net ([`net`]) that read many
//! sentences, hears what one sounds like as a whole ([`gist`]) and proposes what the rules have no
//! trigger for ([`proposed`]). A small linear layer grades what is left ([`grade`]). What a language knows is a file under
//! `lang/`; this code knows none of its words.

mod attribution;
mod bearing;
mod candidate;
mod counted;
mod describe;
mod engine;
mod file;
mod find;
mod gist;
mod grade;
mod hardened;
mod judge;
mod known;
mod lexicon;
mod memory;
mod morph;
mod moved;
mod net;
mod novelty;
mod outlook;
mod own;
mod pattern;
mod pos;
mod proposed;
mod quantity;
mod rank;
mod realised;
mod rule;
mod scope;
mod softened;
mod span;
mod state;
mod story;
mod token;
mod undone;
mod when;

pub use candidate::{Decision, Explained, Explanation};
pub use engine::{Engine, Input};
pub use own::{CustomKind, Failure};
