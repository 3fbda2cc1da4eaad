//! From the bytes of a page to an [`crate::article::Article`]. Pure.
