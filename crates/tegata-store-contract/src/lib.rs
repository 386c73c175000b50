//! The test suite that every store passes.
