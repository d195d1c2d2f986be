//! TLS as `sslmode` has it, through the driver's options (rustls with aws-lc-rs).

use std::path::{Path, PathBuf};

use dbwright_core::Failure;
use mysql_async::{ClientIdentity, SslOpts};

use super::params::{Params, SslMode};

/// The driver's options for these parameters. `name` stands in for the host's name when the certificate is looked at.
///
/// # Errors
/// When a certificate or key file can't be read.
pub(super) fn options(params: &Params, name: Option<String>) -> Result<SslOpts, Failure> {
    let mut options = SslOpts::default().with_disable_built_in_roots(true);
    if params.ssl < SslMode::VerifyCa {
        // The driver needs some root to build its verifier, which is then not asked.
        options = options.with_disable_built_in_roots(false).with_danger_accept_invalid_certs(true);
    } else if let Some(file) = &params.root {
        options = if file == Path::new("system") {
            options.with_disable_built_in_roots(false)
        } else {
            options.with_root_certs(vec![read(file)?.into()])
        };
    }
    if let Some((certificate, key)) = &params.client {
        let identity = ClientIdentity::new(read(certificate)?.into(), read(key)?.into());
        options = options.with_client_identity(Some(identity));
    }
    Ok(match name {
        Some(name) => options.with_danger_tls_hostname_override(Some(name)),
        None => options,
    })
}

fn read(file: &PathBuf) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|e| {
        Failure::usage("mysql.tls-file", format!("{} can't be read: {e}", file.display()))
            .hint("check the files that sslrootcert, sslcert and sslkey name")
    })
}

/// A name that the refused certificate is made out for.
pub(super) fn presented(error: &mysql_async::Error) -> Option<String> {
    let text = error.to_string();
    let (_, names) = text.split_once("only valid for ")?;
    let start = names.find("DnsName(\"")? + "DnsName(\"".len();
    let name = names[start..].split('"').next()?;
    Some(name.trim_start_matches("*.").to_owned()).filter(|name| !name.is_empty())
}
