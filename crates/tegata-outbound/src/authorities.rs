//! Certificate authorities of one's own.

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use thiserror::Error;
use webpki_roots::TLS_SERVER_ROOTS;

/// Why certificate authorities are of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidAuthorities {
    /// They are no PEM (RFC 7468).
    #[error("it is no PEM")]
    NotPem,
    /// Whoever names some wants somebody to be trusted.
    #[error("there is no certificate in it")]
    Empty,
    /// One of them is no certificate of X.509.
    #[error("a certificate in it cannot be used")]
    Unusable,
}

/// The roots of the Web PKI, and beside them the certificates of a PEM text.
pub(crate) fn roots(pem: &[u8]) -> Result<RootCertStore, InvalidAuthorities> {
    let mut roots: RootCertStore = TLS_SERVER_ROOTS.iter().cloned().collect();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| InvalidAuthorities::NotPem)?;
        roots.add(certificate).map_err(|_| InvalidAuthorities::Unusable)?;
    }
    if roots.len() == TLS_SERVER_ROOTS.len() {
        return Err(InvalidAuthorities::Empty);
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities_of_ones_own_are_certificates_in_pem() {
        let pem = include_bytes!("../testdata/authority.pem");
        assert_eq!(roots(pem).unwrap().len(), TLS_SERVER_ROOTS.len() + 1);
        assert_eq!(roots(&pem.repeat(2)).unwrap().len(), TLS_SERVER_ROOTS.len() + 2);
        let refused = |pem: &[u8]| roots(pem).unwrap_err();
        assert_eq!(refused(b""), InvalidAuthorities::Empty);
        assert_eq!(refused(include_bytes!("../testdata/server.der")), InvalidAuthorities::Empty);
        assert_eq!(refused(&pem[..100]), InvalidAuthorities::NotPem);
        let other = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_eq!(refused(other), InvalidAuthorities::Unusable);
        let key = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        assert_eq!(refused(key), InvalidAuthorities::Empty);
    }
}
