//! What makes an RSA public key acceptable, and how to read one from a key pair.

use crate::JoseError;

/// The least bits of a modulus (RFC 7518 §3.3).
const MIN_BITS: usize = 2048;
/// The most: verifying costs the square of the length, and a foreign key set chooses it.
const MAX_BITS: usize = 4096;

/// Octets of a signature by the longest key.
pub(crate) const MAX_SIGNATURE_LEN: usize = MAX_BITS / 8;

/// Checks big-endian numbers without leading zeros.
pub(crate) fn check(n: &[u8], e: &[u8]) -> Result<(), JoseError> {
    let invalid = |reason| Err(JoseError::InvalidKey { reason });
    let leading_zeros = n.first().map_or(0, |byte| byte.leading_zeros() as usize);
    let bits = n.len() * 8 - leading_zeros;
    if bits < MIN_BITS {
        return invalid("modulus is shorter than 2048 bits");
    }
    if bits > MAX_BITS {
        return invalid("modulus is longer than 4096 bits");
    }
    if is_even(n) {
        return invalid("modulus is even");
    }
    if is_even(e) || e == [1] || e.len() > 4 {
        return invalid("public exponent is not an odd number from 3 to 2^32");
    }
    if has_roca_fingerprint(n) {
        return invalid("modulus is of a broken generator (CVE-2017-15361)");
    }
    Ok(())
}

fn is_even(number: &[u8]) -> bool {
    number.last().is_none_or(|byte| byte % 2 == 0)
}

/// Whether a modulus comes from the generator of CVE-2017-15361, whose keys can be factored: modulo each of these primes
/// it is a power of 65537. A sound modulus is so by chance once in 2^28 or less.
fn has_roca_fingerprint(n: &[u8]) -> bool {
    const PRIMES: [u32; 17] = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];
    PRIMES.iter().all(|&prime| {
        let rest = n.iter().fold(0, |rest, byte| (rest * 256 + u32::from(*byte)) % prime);
        let mut power = 1;
        (0..prime).any(|_| {
            power = power * (65537 % prime) % prime;
            power == rest
        })
    })
}

/// The modulus and the exponent of a DER `RSAPublicKey` (RFC 8017 §A.1.1), big-endian without leading zeros.
pub(crate) fn read_der(der: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    const SEQUENCE: u8 = 0x30;
    let (body, rest) = read_element(SEQUENCE, der)?;
    let (n, body) = read_unsigned(body)?;
    let (e, body) = read_unsigned(body)?;
    (rest.is_empty() && body.is_empty()).then_some((n, e))
}

fn read_unsigned(der: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    const INTEGER: u8 = 0x02;
    let (number, rest) = read_element(INTEGER, der)?;
    Some((number.strip_prefix(&[0]).unwrap_or(number).to_vec(), rest))
}

/// The content of the first element, and what follows it.
fn read_element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&short, rest) = rest.split_first()?;
    let (len, rest) = match short {
        0..=0x7f => (usize::from(short), rest),
        0x81 | 0x82 => {
            let (long, rest) = rest.split_at_checked(usize::from(short & 0x7f))?;
            (long.iter().fold(0, |len, byte| len << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    if found == tag { rest.split_at_checked(len) } else { None }
}
