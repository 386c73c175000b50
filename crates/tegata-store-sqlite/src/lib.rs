//! The embedded store: SQLite with grouped commits.
