//! SQLite: what was seen, found, told and is still to be told.
