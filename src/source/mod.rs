//! What a source lists: links to articles.
