//! Language basics: sentences, normalising, numbers, dates.
