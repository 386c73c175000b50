//! Claims about users: the standard ones (OIDC Core §5.1), and those that an installation makes from its own attributes.

mod map;

pub use map::{ClaimName, ClaimTarget, MappedClaim};

/// The standard claims, each with the scope token that gives it (OIDC Core §5.4).
pub const STANDARD_CLAIMS: [(&str, &str); 19] = [
    ("preferred_username", "profile"),
    ("name", "profile"),
    ("given_name", "profile"),
    ("family_name", "profile"),
    ("middle_name", "profile"),
    ("nickname", "profile"),
    ("profile", "profile"),
    ("picture", "profile"),
    ("website", "profile"),
    ("gender", "profile"),
    ("birthdate", "profile"),
    ("zoneinfo", "profile"),
    ("locale", "profile"),
    ("updated_at", "profile"),
    ("email", "email"),
    ("email_verified", "email"),
    ("address", "address"),
    ("phone_number", "phone"),
    ("phone_number_verified", "phone"),
];

/// The scope token that gives a standard claim; `None` for a claim that is none of them.
pub fn standard_scope(claim: &str) -> Option<&'static str> {
    STANDARD_CLAIMS.iter().find(|(name, _)| *name == claim).map(|(_, scope)| *scope)
}

/// Claims that lead to further claims elsewhere (OIDC Core §5.6.2): their readers would fetch what they name.
const LEADING_ELSEWHERE: [&str; 2] = ["_claim_names", "_claim_sources"];

/// Whether a name is no claim about a user: the protocol of a token gives it a meaning.
pub fn is_reserved(claim: &str) -> bool {
    tegata_jose::is_reserved_claim(claim) || LEADING_ELSEWHERE.contains(&claim)
}
