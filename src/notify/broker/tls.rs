//! TLS to a broker: the certificates that the system trusts, and no weaker.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls_platform_verifier::Verifier;

/// The provider of cryptography is named: several are linked in, and rustls guesses none.
pub(in crate::notify) fn tls() -> Result<ClientConfig, String> {
    let failed = |e: rustls::Error| format!("failed to set up its TLS: {e}");
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Verifier::new(Arc::clone(&provider)).map_err(failed)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(config)
}
