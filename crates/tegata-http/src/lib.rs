//! The axum router over the core: parse, call, encode.
