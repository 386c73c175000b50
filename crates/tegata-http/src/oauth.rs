//! The endpoints and pages of the OpenID Provider: parse, call, encode.
//!
//! What programs ask is answered in JSON with the errors of RFC 6749 §5.2; what people see is a page of `tegata-pages`.
//! A page's form comes back with a signed flow that belongs to the browser, and every `POST` is answered by a redirect
//! with 303, so that no browser sends a password a second time, or to somebody else (RFC 9700 §4.12).

mod apps;
mod authorize;
mod consent;
mod device;
mod error;
mod form;
mod introspection;
mod login;
mod logout;
mod metadata;
mod page;
mod place;
mod presented;
mod pushed;
mod register;
mod returned;
mod signup;
mod token;
mod userinfo;

pub(crate) use apps::{apps, revoke_app};
pub(crate) use authorize::{authorize, authorize_form};
pub(crate) use consent::{consent, select_account};
pub(crate) use device::{device_authorization, device_form, device_page};
pub(crate) use error::OAuthReject;
pub(crate) use introspection::{introspect, revoke};
pub(crate) use login::log_in;
pub(crate) use logout::{log_out, log_out_form};
pub(crate) use metadata::OAuthMetadata;
pub(crate) use page::{stylesheet, theme};
pub(crate) use presented::{proof, with_nonce, write_nonce};
pub(crate) use pushed::push;
pub(crate) use register::{end_registration, register, registration, update_registration};
pub(crate) use signup::{sign_up, signup_page};
pub(crate) use token::token;
pub(crate) use userinfo::{user_info, user_info_form};

pub(crate) const AUTHORIZE_PATH: &str = "/oauth2/authorize";
pub(crate) const TOKEN_PATH: &str = "/oauth2/token";
pub(crate) const USERINFO_PATH: &str = "/oauth2/userinfo";
pub(crate) const PUSH_PATH: &str = "/oauth2/par";
pub(crate) const LOGIN_PATH: &str = "/oauth2/login";
pub(crate) const SIGNUP_PATH: &str = "/oauth2/signup";
pub(crate) const CONSENT_PATH: &str = "/oauth2/consent";
pub(crate) const SELECT_PATH: &str = "/oauth2/select-account";
pub(crate) const LOGOUT_PATH: &str = "/oauth2/logout";
pub(crate) const APPS_PATH: &str = "/oauth2/apps";
pub(crate) const INTROSPECTION_PATH: &str = "/oauth2/introspect";
pub(crate) const REVOCATION_PATH: &str = "/oauth2/revoke";
pub(crate) const DEVICE_AUTHORIZATION_PATH: &str = "/oauth2/device_authorization";
pub(crate) const DEVICE_PATH: &str = "/oauth2/device";
pub(crate) const REGISTRATION_PATH: &str = "/oauth2/register";
pub(crate) const REGISTERED_PATH: &str = "/oauth2/register/{client_id}";
