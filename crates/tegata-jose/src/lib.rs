//! JWS, JWK and JWT claims: strict signing and verification, without I/O.
