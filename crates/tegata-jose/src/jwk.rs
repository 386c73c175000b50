use aws_lc_rs::digest;

use crate::json::{Array, Malformed, Object, ObjectWriter, Text, Value};
use crate::{JoseError, base64url};

/// Longer than any public key of the supported types.
const MAX_JWK_LEN: usize = 8 * 1024;

/// A public key as JSON (RFC 7517, RFC 7518 §6, RFC 8037 §2).
///
/// It never holds a secret. A document that comes with private members (`d`, `p`, `q`, …) or a symmetric key (`k`) is
/// refused as a whole rather than stripped: what was meant to be public and holds a secret has leaked it, and whoever
/// put it there should hear of it.
///
/// Members that Tegata has no use for (`x5c`, `x5t`, `x5u`, …) are dropped; keys are never taken from certificates or URLs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jwk {
    pub(crate) material: Material,
    pub(crate) kid: Option<String>,
    pub(crate) alg: Option<String>,
    pub(crate) key_use: Option<String>,
    pub(crate) key_ops: Option<Vec<String>>,
}

/// The public numbers, with the lengths that their type demands already checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Material {
    Ec { curve: Curve, x: Vec<u8>, y: Vec<u8> },
    Rsa { n: Vec<u8>, e: Vec<u8> },
    Ed25519 { x: Vec<u8> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// Octets of a coordinate (RFC 7518 §6.2.1.2).
    pub(crate) const fn coordinate_len(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

/// Why one key of a set cannot be used; a set leaves out the first kind and falls with the second.
pub(crate) enum Rejected {
    /// RFC 7517 §5: not understood, incomplete or out of range.
    Unusable(JoseError),
    /// The set must not be used at all.
    Fatal(JoseError),
}

impl From<Malformed> for Rejected {
    fn from(_: Malformed) -> Self {
        Self::Unusable(JoseError::InvalidKey { reason: "not a JSON object" })
    }
}

impl Jwk {
    /// Reads one public key.
    ///
    /// # Errors
    /// [`JoseError::PrivateKey`] for private members or a symmetric key; [`JoseError::InvalidKey`] for anything that
    /// is no complete public key of a known type in canonical form.
    pub fn parse(json: &[u8]) -> Result<Self, JoseError> {
        if json.len() > MAX_JWK_LEN {
            return Err(JoseError::InvalidKey { reason: "too long" });
        }
        let text = std::str::from_utf8(json).map_err(|_| JoseError::InvalidKey { reason: "not UTF-8" })?;
        Self::read(text).map_err(|(Rejected::Unusable(error) | Rejected::Fatal(error))| error)
    }

    pub(crate) fn read(text: &str) -> Result<Self, Rejected> {
        let mut members = Members::default();
        let mut object = Object::open(text)?;
        while let Some((name, value)) = object.next_member()? {
            members.put(name, value)?;
        }
        members.into_jwk()
    }

    /// The key's name within its set.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The `alg` member, as it was written; it may be one that Tegata does not know.
    pub fn alg(&self) -> Option<&str> {
        self.alg.as_deref()
    }

    /// The key as JSON, its required members first.
    pub fn to_json(&self) -> String {
        let mut out = ObjectWriter::with_capacity(512);
        self.write_required(&mut out);
        out.optional_string("kid", self.kid.as_deref());
        out.optional_string("use", self.key_use.as_deref());
        if let Some(key_ops) = &self.key_ops {
            out.strings("key_ops", key_ops);
        }
        out.optional_string("alg", self.alg.as_deref());
        out.finish()
    }

    /// The SHA-256 thumbprint, base64url (RFC 7638 §3).
    pub fn thumbprint(&self) -> String {
        let mut out = ObjectWriter::with_capacity(512);
        self.write_required(&mut out);
        base64url::encode(digest::digest(&digest::SHA256, out.finish().as_bytes()))
    }

    /// The required members in lexicographic order, as RFC 7638 §3.2 hashes them.
    fn write_required(&self, out: &mut ObjectWriter) {
        match &self.material {
            Material::Ec { curve, x, y } => {
                out.string("crv", curve.name());
                out.string("kty", "EC");
                out.string("x", &base64url::encode(x));
                out.string("y", &base64url::encode(y));
            }
            Material::Rsa { n, e } => {
                out.string("e", &base64url::encode(e));
                out.string("kty", "RSA");
                out.string("n", &base64url::encode(n));
            }
            Material::Ed25519 { x } => {
                out.string("crv", "Ed25519");
                out.string("kty", "OKP");
                out.string("x", &base64url::encode(x));
            }
        }
    }
}

/// The members of a JWK that matter, as read.
#[derive(Default)]
struct Members {
    kty: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    kid: Option<String>,
    alg: Option<String>,
    key_use: Option<String>,
    key_ops: Option<Vec<String>>,
}

impl Members {
    fn put(&mut self, name: Text<'_>, value: Value<'_>) -> Result<(), Rejected> {
        let slot = match &*name.decode() {
            "kty" => &mut self.kty,
            "crv" => &mut self.crv,
            "x" => &mut self.x,
            "y" => &mut self.y,
            "n" => &mut self.n,
            "e" => &mut self.e,
            "kid" => &mut self.kid,
            "alg" => &mut self.alg,
            "use" => &mut self.key_use,
            "key_ops" => {
                self.key_ops = Some(read_key_ops(value)?);
                return Ok(());
            }
            // RFC 7518 §6.2.2, §6.3.2, §6.4.1, RFC 8037 §2.
            "d" | "p" | "q" | "dp" | "dq" | "qi" | "oth" | "k" => {
                return Err(Rejected::Fatal(JoseError::PrivateKey));
            }
            _ => return Ok(()),
        };
        let text = value.as_text().ok_or(unusable("a member is not a string"))?;
        *slot = Some(text.decode().into_owned());
        Ok(())
    }

    fn into_jwk(self) -> Result<Jwk, Rejected> {
        let material = match (self.kty.as_deref(), self.crv.as_deref()) {
            (Some("EC"), Some(crv)) => {
                let curve = match crv {
                    "P-256" => Curve::P256,
                    "P-384" => Curve::P384,
                    "P-521" => Curve::P521,
                    _ => return Err(unusable("curve is not supported")),
                };
                let len = curve.coordinate_len();
                Material::Ec { curve, x: exactly(len, self.x)?, y: exactly(len, self.y)? }
            }
            (Some("OKP"), Some("Ed25519")) => Material::Ed25519 { x: exactly(32, self.x)? },
            (Some("RSA"), _) => Material::Rsa { n: unsigned(self.n)?, e: unsigned(self.e)? },
            (Some("EC" | "OKP"), _) => return Err(unusable("curve is not supported")),
            (Some(_), _) => return Err(unusable("key type is not supported")),
            (None, _) => return Err(unusable("no key type")),
        };
        Ok(Jwk { material, kid: self.kid, alg: self.alg, key_use: self.key_use, key_ops: self.key_ops })
    }
}

fn unusable(reason: &'static str) -> Rejected {
    Rejected::Unusable(JoseError::InvalidKey { reason })
}

/// Operations are distinct (RFC 7517 §4.3).
fn read_key_ops(value: Value<'_>) -> Result<Vec<String>, Rejected> {
    const REASON: &str = "`key_ops` is not an array of distinct strings";
    let Value::Array(text) = value else { return Err(unusable(REASON)) };
    let mut key_ops: Vec<String> = Vec::new();
    let mut array = Array::open(text)?;
    while let Some(element) = array.next_element()? {
        let operation = element.as_text().ok_or(unusable(REASON))?.decode();
        if key_ops.len() == 16 || key_ops.iter().any(|known| *known == operation) {
            return Err(unusable(REASON));
        }
        key_ops.push(operation.into_owned());
    }
    Ok(key_ops)
}

fn octets(text: Option<String>) -> Result<Vec<u8>, Rejected> {
    let text = text.ok_or(unusable("a required member is missing"))?;
    base64url::decode(&text).map_err(|_| unusable("a member is not base64url"))
}

/// Fixed-size octets keep their leading zeros (RFC 7518 §6.2.1.2).
fn exactly(len: usize, text: Option<String>) -> Result<Vec<u8>, Rejected> {
    let octets = octets(text)?;
    if octets.len() == len { Ok(octets) } else { Err(unusable("a coordinate has the wrong length")) }
}

/// A number in as few octets as it needs (RFC 7518 §2, `Base64urlUInt`).
fn unsigned(text: Option<String>) -> Result<Vec<u8>, Rejected> {
    let octets = octets(text)?;
    match octets.first() {
        None | Some(0) => Err(unusable("a number is not in its shortest form")),
        Some(_) => Ok(octets),
    }
}
