//! Articles of any source about the same event. Pure.
