//! How settings are written: their names, their values, and what must not be set.
//!
//! The server reads them from a file, the environment and its command line, the functions from the environment alone.
//! What `TEGATA_TOKENS__ACCESS_TOKEN_TTL=2s` means must not depend on which of them reads it.

mod hash_cost;
mod public_url;
mod table;
mod value;

pub use hash_cost::hash_cost_problem;
pub use public_url::{Reach, endpoint_problem, is_loopback_url, public_url_problem};
pub use table::{Setting, type_of};
pub use value::{CssVariable, KibiBytes, Raw, SECRET, Value};
