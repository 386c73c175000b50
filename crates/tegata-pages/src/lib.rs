//! The pages of the OpenID Provider: pure functions from view models to HTML.
//!
//! A page is a struct with what it shows, and `render` makes a document of it. There is no I/O here, no HTTP and none of
//! the rules: whoever answers a request decides what is shown, and sends it with the headers below.
//!
//! The templates are `maud`'s: they are compiled, so a page that renders is well-formed, and they escape every value unless
//! told otherwise, so the name of a client is text wherever it stands. No template is read at run time.
//!
//! # What pages rely on
//!
//! - They work without scripts and load nothing from elsewhere, but logos. [`STYLESHEET`] is served at [`STYLESHEET_PATH`]
//!   and [`theme_css`] at [`THEME_PATH`]; there is neither a `style` attribute nor an inline script, with the one exception
//!   of [`FormPostPage`], whose script has the hash [`FORM_POST_SCRIPT_HASH`].
//! - The content security policy is `default-src 'none'; style-src 'self'; img-src 'self' …; form-action 'self';
//!   base-uri 'none'; frame-ancestors 'none'`. [`csp_source`] says what stands at the dots: the addresses of the logos. A page
//!   whose form leads to a client has no `form-action`: browsers apply it to all the redirects after it as well.
//! - A form is sent by `POST`. Its `hidden` fields come back as they were given, and are where a CSRF token belongs.
//! - Element ids are an interface: people's password managers and tests find the fields by them.

mod account;
mod apps;
mod client;
mod device;
mod error;
mod form;
mod form_post;
mod language;
mod layout;
mod login;
mod logout;
mod signup;
mod text;
mod theme;
mod url;

pub use account::AccountPage;
pub use apps::{App, AppsPage};
pub use client::{Access, Client, ConsentPage, Lifetime, ScopeText, Until};
pub use device::{DeviceCodeError, DeviceCodePage, DeviceConfirmPage, DeviceDonePage};
pub use error::ErrorPage;
pub use form::Hidden;
pub use form_post::{FORM_POST_SCRIPT_HASH, FormPostPage};
pub use language::Language;
pub use layout::{STYLESHEET, STYLESHEET_PATH, THEME_PATH};
pub use login::{LoginError, LoginPage};
pub use logout::{LoggedOutPage, LogoutPage};
pub use signup::{FieldError, SignUpError, SignUpErrors, SignUpPage};
pub use theme::{Theme, ThemeProblem, theme_css};
pub use url::csp_source;
