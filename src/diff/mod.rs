//! From two revisions to their edits. Pure.
