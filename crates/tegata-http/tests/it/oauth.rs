//! The OpenID Provider, as clients and browsers meet it.

mod code_flow;
mod logout;
mod pages;
mod relying_party;
mod tokens;
