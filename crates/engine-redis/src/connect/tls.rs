//! TLS with the modes that `sslmode` has for PostgreSQL, on rustls with aws-lc-rs.
//!
//! rustls by itself always verifies, host name included. A verifier of our own leaves out exactly what the mode
//! leaves out, and nothing else: the server always proves that it holds its certificate's key.

use std::path::Path;
use std::sync::Arc;

use dbwright_core::Failure;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::TlsConnector;

use super::params::{SslMode, Tls};

/// How far a certificate is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// Not at all.
    None,
    /// Whether a trusted authority signed it.
    Authority,
    /// Also whether it is made out for the host.
    Host,
}

/// The connector for these parameters.
///
/// # Errors
/// When a certificate or key file can't be used.
pub(super) fn connector(tls: &Tls) -> Result<TlsConnector, Failure> {
    let depth = match tls.mode {
        SslMode::VerifyFull => Depth::Host,
        SslMode::VerifyCa => Depth::Authority,
        // As for PostgreSQL, `require` verifies the authority when there is a root certificate to do it with.
        SslMode::Require if tls.root.is_some() => Depth::Authority,
        SslMode::Require => Depth::None,
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier =
        Verifier { depth, roots: roots(tls, depth)?, algorithms: provider.signature_verification_algorithms };
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|e| unusable("TLS can't be set up", &e))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let config = match client_certificate(tls, &provider)? {
        Some((chain, key)) => builder
            .with_client_auth_cert(chain, key)
            .map_err(|e| unusable("the client certificate can't be used", &e))?,
        None => builder.with_no_client_auth(),
    };
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Trusted certificates.
struct Roots {
    store: RootCertStore,
    /// The same, as they are: a server may present one of them itself.
    exact: Vec<CertificateDer<'static>>,
}

fn roots(tls: &Tls, depth: Depth) -> Result<Roots, Failure> {
    let mut roots = Roots { store: RootCertStore::empty(), exact: Vec::new() };
    if depth == Depth::None {
        return Ok(roots);
    }
    let file = tls.root.as_deref().unwrap_or_else(|| Path::new("system"));
    roots.exact =
        if file == Path::new("system") { rustls_native_certs::load_native_certs().certs } else { certificates(file)? };
    roots.store.add_parsable_certificates(roots.exact.iter().cloned());
    if roots.store.is_empty() {
        return Err(Failure::usage("redis.no-root-certificate", format!("{} holds no certificate", file.display()))
            .hint("name the authority's certificate with sslrootcert=FILE, or use sslmode=require where the network is trusted"));
    }
    Ok(roots)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let unreadable =
        |e: &dyn std::fmt::Display| unusable(&format!("the certificate {} can't be read", file.display()), e);
    let read = CertificateDer::pem_file_iter(file).map_err(|e| unreadable(&e))?;
    read.collect::<Result<_, _>>().map_err(|e| unreadable(&e))
}

type Chain = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn client_certificate(tls: &Tls, provider: &CryptoProvider) -> Result<Option<Chain>, Failure> {
    let Some((certificate, key)) = &tls.client else { return Ok(None) };
    let chain = certificates(certificate)?;
    let shown = key.display();
    let der = PrivateKeyDer::from_pem_file(key).map_err(|e| {
        unusable(&format!("the client key {shown} can't be read"), &e)
            .hint("an encrypted key is not supported: decrypt it with `openssl pkey -in KEY -out PLAIN`")
    })?;
    let usable = provider.key_provider.load_private_key(der.clone_key());
    usable.map_err(|e| unusable(&format!("the client key {shown} can't be used"), &e))?;
    Ok(Some((chain, der)))
}

fn unusable(what: &str, error: &dyn std::fmt::Display) -> Failure {
    Failure::usage("redis.tls-file", format!("{what}: {error}"))
        .hint("check the files that sslrootcert, sslcert and sslkey name")
}

struct Verifier {
    depth: Depth,
    roots: Roots,
    algorithms: WebPkiSupportedAlgorithms,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier").field("depth", &self.depth).finish_non_exhaustive()
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.depth == Depth::None {
            return Ok(ServerCertVerified::assertion());
        }
        let certificate = ParsedCertificate::try_from(end_entity)?;
        let all = self.algorithms.all;
        let signed =
            verify_server_cert_signed_by_trust_anchor(&certificate, &self.roots.store, intermediates, now, all);
        // A self-signed certificate that is itself the root is no chain for webpki, but people name it as root.
        // Expiry is a fault in either case.
        let is_root = self.roots.exact.iter().any(|root| root.as_ref() == end_entity.as_ref());
        match signed {
            Err(Error::InvalidCertificate(
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. },
            )) => signed?,
            Err(_) if is_root => {}
            other => other?,
        }
        if self.depth == Depth::Host {
            verify_server_name(&certificate, server_name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
