//! The wiring: one way from a due source to a delivered alert.
