//! One connection to a NATS cluster: opened, used for one message at a time, never repaired.

use std::time::Duration;

use async_nats::{Client, ConnectErrorKind, ConnectOptions, Event};
use tokio::sync::watch;

use crate::config::NatsLogin;
use crate::notify::Failure;
use crate::notify::broker::said;

/// A connection, and what became of it.
pub(super) struct Link {
    pub(super) client: Client,
    /// What the server complained of, or that it is gone.
    trouble: watch::Receiver<Option<String>>,
}

impl Link {
    /// Connects, and waits until the server has let us in.
    pub(super) async fn open(
        servers: &[String],
        login: &NatsLogin,
        tls: &rustls::ClientConfig,
        patience: Duration,
    ) -> Result<Link, Failure> {
        let (tell, trouble) = watch::channel(None);
        let options = ConnectOptions::new()
            .name("wirewatch")
            .connection_timeout(patience)
            .tls_client_config(tls.clone())
            .event_callback(move |event| {
                let text = match event {
                    Event::Disconnected | Event::Closed => Some("the connection broke".to_owned()),
                    Event::ServerError(error) => Some(format!("the server says: {error}")),
                    _ => None,
                };
                if let Some(text) = text {
                    // The first is the cause of the others.
                    tell.send_if_modified(|known| known.is_none() && known.replace(text).is_none());
                }
                async {}
            });
        let options = match login {
            NatsLogin::None {} => options,
            NatsLogin::User { username, password } => {
                options.user_and_password(username.clone(), password.expose().to_owned())
            }
            NatsLogin::Token { token } => options.token(token.expose().trim().to_owned()),
            NatsLogin::Creds { creds } => options
                .credentials(creds.expose())
                .map_err(|e| Failure::later(format!("`creds_file` is not well formed: {e}")))?,
        };
        match options.connect(servers).await {
            Ok(client) => Ok(Link { client, trouble }),
            Err(error) if error.kind() == ConnectErrorKind::AuthorizationViolation => {
                Err(Failure::later(
                    "the server does not let us in: check `username` and `password`, `token` or `creds_file`",
                ))
            }
            Err(error) => Err(Failure::later(format!(
                "no connection to the server: {}",
                said(&error)
            ))),
        }
    }

    /// Whether nothing has gone wrong with it.
    pub(super) fn is_up(&self) -> bool {
        self.trouble.borrow().is_none()
    }

    /// Does something that waits for the server, which ends when the server is gone or complains.
    pub(super) async fn unless_down<T>(
        &mut self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        tokio::select! {
            biased;
            done = work => done,
            Ok(trouble) = self.trouble.wait_for(Option::is_some) => {
                let reason = trouble.clone().unwrap_or_default();
                Err(Failure::later(reason))
            }
        }
    }
}
