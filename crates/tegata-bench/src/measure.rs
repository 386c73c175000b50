//! One module for each thing that is measured.

pub(crate) mod footprint;
pub(crate) mod lambda;
pub(crate) mod login;
pub(crate) mod oauth;
pub(crate) mod protected;
pub(crate) mod refresh;
pub(crate) mod storm;
pub(crate) mod verify;
