//! Argon2id behind an admission gate, and the password policy's word list.
