//! The rules of Tegata: users, sessions, tokens and their rotation. No I/O, no runtime, no HTTP types.
