//! Notifiers: an alert on its way out.
