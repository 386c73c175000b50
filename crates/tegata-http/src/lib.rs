//! The axum router over the core: parse, call, encode.
//!
//! [`router`] is everything that a binary mounts; [`router_of`] is what one of several functions does. A handler is three
//! steps: extractors parse, one call of the core decides, the reply encodes. What holds for every request (limits, CORS,
//! security headers, request ids, metrics, problems) is done once, at the edge, in one layer around every route.

mod account;
mod ambient;
mod auth;
mod cookies;
mod discovery;
mod edge;
mod error;
mod extract;
mod metrics;
mod oauth;
mod openapi;
mod operator;
mod router;
mod settings;
mod state;
mod wire;

pub use ambient::{Clock, SystemClock, SystemEntropy};
pub use edge::not_found;
pub use openapi::OPENAPI;
pub use router::{Part, closed_router, router, router_of};
pub use settings::{HttpSettings, MetricsAccess};
pub use state::AppState;
