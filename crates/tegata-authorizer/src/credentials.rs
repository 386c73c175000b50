//! Where the token is in a request.
//!
//! In the `Authorization` header (RFC 6750 §2.1). A browser cannot set that for a WebSocket, so its handshake may offer the
//! token as a protocol: `new WebSocket(url, ["bearer", token])`. Never in the query: URLs end up in logs and histories.

use tegata_jose::{JoseError, MAX_TOKEN_LEN};

use crate::error::Refusal;
use crate::event::{Event, Form, Values};

/// Room for the scheme and spaces before a token of the greatest length.
const MAX_HEADER_LEN: usize = MAX_TOKEN_LEN + 64;

/// The token of a request. Nothing but its place and length has been looked at.
pub(crate) fn find_token<'e>(event: &'e Event<'_>) -> Result<&'e str, Refusal> {
    match &event.form {
        Form::Token { authorization } => bearer_token(authorization),
        Form::Http { authorization: Values::One(authorization), .. }
        | Form::Request { authorization: Values::One(authorization), protocols: Values::None } => {
            bearer_token(authorization)
        }
        Form::Request { authorization: Values::None, protocols: Values::One(protocols) } => {
            offered_token(protocols)
        }
        Form::Http { authorization: Values::None, .. }
        | Form::Request { authorization: Values::None, protocols: Values::None } => Err(Refusal::NoToken),
        // Two values, or one of each kind.
        Form::Http { .. } | Form::Request { .. } => Err(Refusal::SeveralTokens),
    }
}

/// `Bearer <token>`; the scheme in any letter case, several spaces allowed (RFC 9110 §11.4).
fn bearer_token(header: &str) -> Result<&str, Refusal> {
    check_len(header)?;
    let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err(Refusal::NotBearer);
    }
    let token = token.trim_matches(' ');
    if token.is_empty() { Err(Refusal::NoToken) } else { Ok(token) }
}

/// `bearer, <token>`: exactly these two, so that the server can only choose `bearer`, and never sends the token back as the
/// chosen protocol.
fn offered_token(protocols: &str) -> Result<&str, Refusal> {
    check_len(protocols)?;
    let (scheme, token) = protocols.split_once(',').ok_or(Refusal::NotBearer)?;
    let token = token.trim_matches(' ');
    if scheme.trim_matches(' ') != "bearer" || token.contains(',') {
        return Err(Refusal::NotBearer);
    }
    if token.is_empty() { Err(Refusal::NoToken) } else { Ok(token) }
}

fn check_len(header: &str) -> Result<(), Refusal> {
    if header.len() > MAX_HEADER_LEN { Err(JoseError::TokenTooLarge.into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_comes_in_any_letter_case_and_with_spaces() {
        for header in ["Bearer a.b.c", "bearer a.b.c", "BEARER   a.b.c "] {
            assert_eq!(bearer_token(header).unwrap(), "a.b.c", "{header}");
        }
    }

    #[test]
    fn other_credentials_are_no_token() {
        for header in
            ["Basic YTpi", "a.b.c", "Bearer\ta.b.c", "Bearera.b.c", "DPoP a.b.c", "", " Bearer a.b.c"]
        {
            assert_eq!(bearer_token(header), Err(Refusal::NotBearer), "{header}");
        }
        for header in ["Bearer", "Bearer ", "bearer    "] {
            assert_eq!(bearer_token(header), Err(Refusal::NoToken), "{header}");
        }
    }

    #[test]
    fn a_handshake_offers_the_token_beside_its_scheme_and_nothing_else() {
        assert_eq!(offered_token("bearer, a.b.c").unwrap(), "a.b.c");
        assert_eq!(offered_token("bearer,a.b.c").unwrap(), "a.b.c");
        for protocols in
            ["a.b.c", "a.b.c, bearer", "bearer, a.b.c, chat", "chat, bearer, a.b.c", "Bearer, a.b.c"]
        {
            assert_eq!(offered_token(protocols), Err(Refusal::NotBearer), "{protocols}");
        }
        assert_eq!(offered_token("bearer, "), Err(Refusal::NoToken));
    }

    #[test]
    fn r69_a_header_of_a_megabyte_is_not_read() {
        let header = format!("Bearer {}", "a".repeat(1024 * 1024));
        assert_eq!(bearer_token(&header), Err(Refusal::Token(JoseError::TokenTooLarge)));
        assert_eq!(offered_token(&header), Err(Refusal::Token(JoseError::TokenTooLarge)));
    }
}
