//! HTTP, politely and within bounds. Knows nothing of language.
