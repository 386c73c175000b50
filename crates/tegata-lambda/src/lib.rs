//! The functions of a deployment on AWS: one for each concern, each with its own routes, role and memory.
//!
//! A function is opened once, outside its handler: settings from the environment, the master key unwrapped by KMS, the
//! keys from their table. [`serve`] is all that the binary of one does; [`rotate_keys`] is the one that no request
//! reaches. Nothing trusts what a gateway says about a caller: an access token is verified here, whoever verified it
//! before.

mod audit_log;
mod aws;
mod endpoint;
mod event;
mod failure;
mod fresh_keys;
mod function;
mod invocation;
mod logging;
mod logout_notices;
mod master_key;
mod rotation;
mod settings;
mod wiring;

pub use audit_log::LineAuditLog;
pub use endpoint::{Endpoint, EventError};
pub use failure::Failure;
pub use function::Function;
pub use invocation::{Delivered, Invocation, Job, Outcome};
pub use master_key::{BoxError, KeyBytes, KeyService, MasterKeyError, WrappedKeys, unseal, unseal_or_make};
pub use rotation::{Publish, Report, Request, RotationError, rotate};
pub use settings::{HashCost, OriginSecrets, Problem, Problems, SETTINGS, Setting, Settings};
pub use wiring::{rotate_keys, serve};
