//! Several lists as one.

use std::fmt;

use tegata_core::password::Blocklist;

/// What is on any of these lists.
#[derive(Default)]
pub struct Blocklists(Vec<Box<dyn Blocklist>>);

impl Blocklists {
    /// The lists as one; they are asked in this order, so that a slow one belongs at the end.
    pub fn new(lists: Vec<Box<dyn Blocklist>>) -> Self {
        Self(lists)
    }
}

impl Blocklist for Blocklists {
    fn contains(&self, password: &str) -> bool {
        self.0.iter().any(|list| list.contains(password))
    }
}

impl fmt::Debug for Blocklists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Blocklists").field(&self.0.len()).finish()
    }
}
