//! The binary `tegata`.
fn main() {}
