//! Whom we believe when we ask somebody over TLS.
//!
//! Those of the settings are read at once, since who wrote them is still there to hear what is wrong. The system's are some
//! hundred and fifty certificates, which many a server never needs: they are read for the first request.

use std::error::Error;
use std::fmt;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use tokio_rustls::TlsConnector;

/// The system's authorities and those of the settings.
pub struct Authorities {
    /// Those of the settings.
    further: RootCertStore,
    connector: OnceCell<TlsConnector>,
}

/// Why `GRANTOR_OUTBOUND_CA` cannot be used, in a sentence.
#[derive(Debug)]
pub struct UnusableAuthorities(String);

impl Error for UnusableAuthorities {}

impl fmt::Display for UnusableAuthorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Authorities {
    /// The system's and those in this file.
    pub fn with(file: Option<&Path>) -> Result<Self, UnusableAuthorities> {
        let further = file.map_or(Ok(RootCertStore::empty()), read)?;
        Ok(Self { further, connector: OnceCell::new() })
    }

    /// Makes connections over TLS to whom they vouch for.
    pub async fn connector(&self) -> &TlsConnector {
        let read = || async {
            let further = self.further.clone();
            let config = spawn_blocking(move || trust(further)).await;
            TlsConnector::from(Arc::new(config.unwrap_or_else(|error| resume_unwind(error.into_panic()))))
        };
        self.connector.get_or_init(read).await
    }
}

fn read(file: &Path) -> Result<RootCertStore, UnusableAuthorities> {
    let problem = |error: &dyn fmt::Display| {
        UnusableAuthorities(format!("GRANTOR_OUTBOUND_CA: cannot use {}: {error}", file.display()))
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| problem(&error))? {
        roots.add(certificate.map_err(|error| problem(&error))?).map_err(|error| problem(&error))?;
    }
    if roots.is_empty() {
        return Err(problem(&"it contains no certificate"));
    }
    Ok(roots)
}

/// Believes the system's authorities beside these.
fn trust(mut roots: RootCertStore) -> ClientConfig {
    let system = rustls_native_certs::load_native_certs();
    for error in &system.errors {
        tracing::warn!(%error, "some certificate authorities of the system cannot be read");
    }
    roots.add_parsable_certificates(system.certs);
    if roots.is_empty() {
        tracing::warn!(
            "this system has no certificate authorities, so requests that we make fail; install its package \
             ca-certificates, or set GRANTOR_OUTBOUND_CA"
        );
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has the default versions");
    builder.with_root_certificates(roots).with_no_client_auth()
}
