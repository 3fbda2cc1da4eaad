//! From edits or a new article to developments. Pure.
