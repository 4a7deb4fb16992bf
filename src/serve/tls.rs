//! The certificate that we serve https with, renewed without a restart.
//!
//! [`Certificates::follow`] reads the two files every few seconds. When their content has changed and they fit each other,
//! the next handshake shows the new certificate. When they do not (half written, the wrong key), the old one stays and the
//! log says why, once.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::config::Tls;
use crate::secret::sha256;

/// How often the files are looked at.
const INTERVAL: Duration = Duration::from_secs(2);

/// The certificate of the moment, and where it comes from.
#[derive(Debug)]
pub struct Certificates {
    files: Tls,
    current: ArcSwap<CertifiedKey>,
    /// The digest of the files' content when they were last looked at.
    seen: Mutex<[u8; 32]>,
}

/// What a look at the files found.
#[derive(Debug, PartialEq, Eq)]
pub enum Look {
    Same,
    Renewed,
    /// They cannot be used, for this reason; the certificate from before stays.
    Unusable(String),
}

/// The content of the two files.
struct Files {
    cert: Vec<u8>,
    key: Vec<u8>,
}

impl Certificates {
    /// Reads the files for the first time.
    ///
    /// # Errors
    /// A sentence for the operator that names the file.
    pub fn load(tls: &Tls) -> Result<Arc<Self>, String> {
        let files = Files::read(tls)?;
        let current = ArcSwap::from(files.certified_key(tls)?);
        Ok(Arc::new(Self { seen: Mutex::new(files.digest()), files: tls.clone(), current }))
    }

    /// What a listener needs: TLS 1.2 and 1.3 without client certificates. The listener adds HTTP/2 and HTTP/1.1.
    pub fn server_config(self: &Arc<Self>) -> ServerConfig {
        ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider has the default versions")
            .with_no_client_auth()
            .with_cert_resolver(Arc::<Self>::clone(self))
    }

    /// Looks at the files again and again.
    pub async fn follow(self: Arc<Self>) {
        loop {
            tokio::time::sleep(INTERVAL).await;
            let certificates = Arc::clone(&self);
            match tokio::task::spawn_blocking(move || certificates.look()).await {
                Ok(Look::Same) | Err(_) => {}
                Ok(Look::Renewed) => {
                    tracing::info!(cert = %self.files.cert.display(), "the TLS certificate was renewed");
                }
                Ok(Look::Unusable(reason)) => {
                    tracing::error!(reason, "the new TLS certificate cannot be used; the one from before stays");
                }
            }
        }
    }

    /// Looks at the files, and takes the certificate in them if it is another and whole.
    pub fn look(&self) -> Look {
        let files = match Files::read(&self.files) {
            Ok(files) => files,
            Err(reason) => return if self.is_news([0; 32]) { Look::Unusable(reason) } else { Look::Same },
        };
        if !self.is_news(files.digest()) {
            return Look::Same;
        }
        match files.certified_key(&self.files) {
            Ok(key) => {
                self.current.store(key);
                Look::Renewed
            }
            Err(reason) => Look::Unusable(reason),
        }
    }

    fn is_news(&self, digest: [u8; 32]) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *seen, digest) != digest
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

impl Files {
    fn read(tls: &Tls) -> Result<Self, String> {
        let read =
            |path: &Path| std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()));
        Ok(Self { cert: read(&tls.cert)?, key: read(&tls.key)? })
    }

    fn digest(&self) -> [u8; 32] {
        sha256(&[sha256(&self.cert), sha256(&self.key)].concat())
    }

    fn certified_key(&self, tls: &Tls) -> Result<Arc<CertifiedKey>, String> {
        let chain = CertificateDer::pem_slice_iter(&self.cert)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| format!("cannot use {}: {error}", tls.cert.display()))?;
        if chain.is_empty() {
            return Err(format!("cannot use {}: it contains no certificate", tls.cert.display()));
        }
        let key = PrivateKeyDer::from_pem_slice(&self.key)
            .map_err(|error| format!("cannot use {}: {error}", tls.key.display()))?;
        let certified = CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider())
            .map_err(|error| format!("cannot use {} with {}: {error}", tls.cert.display(), tls.key.display()))?;
        Ok(Arc::new(certified))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rcgen::{CertificateParams, KeyPair};
    use tempfile::TempDir;

    use super::*;

    struct Pair {
        cert: String,
        key: String,
    }

    fn pair() -> Pair {
        let key = KeyPair::generate().unwrap();
        let cert = CertificateParams::new(vec!["as.example".to_owned()]).unwrap().self_signed(&key).unwrap();
        Pair { cert: cert.pem(), key: key.serialize_pem() }
    }

    fn files(directory: &TempDir, pair: &Pair) -> Tls {
        let tls = Tls { cert: directory.path().join("cert.pem"), key: directory.path().join("key.pem") };
        fs::write(&tls.cert, &pair.cert).unwrap();
        fs::write(&tls.key, &pair.key).unwrap();
        tls
    }

    fn shown(certificates: &Certificates) -> CertificateDer<'static> {
        certificates.current.load().cert[0].clone()
    }

    fn parsed(pair: &Pair) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(pair.cert.as_bytes()).unwrap()
    }

    #[test]
    fn new_files_are_taken_when_they_fit() {
        let (directory, old, new) = (TempDir::new().unwrap(), pair(), pair());
        let tls = files(&directory, &old);
        let certificates = Certificates::load(&tls).unwrap();
        assert_eq!(certificates.look(), Look::Same);
        // Between the two writes they do not fit, and that is said once.
        fs::write(&tls.cert, &new.cert).unwrap();
        assert!(matches!(certificates.look(), Look::Unusable(_)));
        assert_eq!(certificates.look(), Look::Same);
        assert_eq!(shown(&certificates), parsed(&old));
        fs::write(&tls.key, &new.key).unwrap();
        assert_eq!(certificates.look(), Look::Renewed);
        assert_eq!(shown(&certificates), parsed(&new));
        assert_eq!(certificates.look(), Look::Same);
    }

    #[test]
    fn broken_and_missing_files_leave_the_certificate_that_was_there() {
        let (directory, old, new) = (TempDir::new().unwrap(), pair(), pair());
        let tls = files(&directory, &old);
        let certificates = Certificates::load(&tls).unwrap();
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned();
        for cert in [String::new(), "x".to_owned(), broken, new.cert[..200].to_owned()] {
            fs::write(&tls.cert, &cert).unwrap();
            let look = certificates.look();
            assert!(matches!(&look, Look::Unusable(reason) if reason.contains("cert.pem")), "{cert}: {look:?}");
        }
        fs::remove_file(&tls.key).unwrap();
        assert!(matches!(certificates.look(), Look::Unusable(reason) if reason.contains("key.pem")));
        assert_eq!(certificates.look(), Look::Same);
        assert_eq!(shown(&certificates), parsed(&old));
        files(&directory, &new);
        assert_eq!(certificates.look(), Look::Renewed);
    }

    #[test]
    fn unusable_files_stop_the_start() {
        let (directory, one, other) = (TempDir::new().unwrap(), pair(), pair());
        let tls = files(&directory, &Pair { cert: one.cert, key: other.key });
        assert!(Certificates::load(&tls).unwrap_err().contains("cert.pem"));
        fs::remove_file(&tls.cert).unwrap();
        assert!(Certificates::load(&tls).unwrap_err().starts_with("cannot read "));
    }
}
