//! What a broker is sent: the alert's JSON as a webhook has it, or the operator's own body.

use crate::config;
use crate::message::{Face, Message, for_nothing};
use crate::notify::{Failure, face, webhook};

/// Makes payloads.
pub(in crate::notify) struct Payload {
    own: Option<Face>,
}

impl Payload {
    /// Fails where the operator's template cannot be compiled.
    pub(in crate::notify) fn new(given: Option<&config::Delivery>) -> Result<Payload, String> {
        let own = match given {
            Some(delivery) if delivery.body.is_some() => Some(face(for_nothing, given, None, "")?),
            _ => None,
        };
        Ok(Payload { own })
    }

    /// The payload, and its media type.
    pub(in crate::notify) fn of(
        &self,
        message: &Message,
    ) -> Result<(String, &'static str), Failure> {
        match &self.own {
            // A broker that has a limit says so; nothing is cut beforehand.
            Some(face) => Ok((face.body(message, usize::MAX), "text/plain; charset=utf-8")),
            None => Ok((webhook::plain(message)?, "application/json")),
        }
    }
}
