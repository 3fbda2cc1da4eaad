//! When what is due, and how politely. Pure: time comes in as a value.
