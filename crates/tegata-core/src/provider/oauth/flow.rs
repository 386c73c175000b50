//! What a visitor has been asked and has answered, on the way from an authorization request to its answer.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::entropy::random;
use crate::error::{FieldError, ProviderError};
use crate::identifier::SessionId;
use crate::provider::Provider;
use crate::secret::equal;
use crate::timestamp::Timestamp;
use crate::user::InvalidField;

/// How long a visitor may take.
const TTL_MILLIS: u64 = 60 * 60 * 1000;

/// Where a visitor stands on the way. It is signed by this server, for one browser and one place to go on, so nothing of
/// it is kept here: a visitor who is not logged in writes nothing to the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// Its name, which no other has.
    #[serde(rename = "n")]
    pub name: String,
    /// Whether nobody has come back with it yet, and with the cookie that it is signed for.
    #[serde(skip)]
    pub is_new: bool,
    /// When it began: a login before that is not the one that was asked for.
    #[serde(rename = "t")]
    pub started_at: Timestamp,
    /// What the visitor answered last.
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// The browser session in which they did: an answer is that user's.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub browser_session: Option<SessionId>,
    /// Whether they were sent to make an account (`prompt=create`) and have said that they have one.
    #[serde(rename = "h", default, skip_serializing_if = "std::ops::Not::not")]
    pub has_account: bool,
    /// Whether the parameters of the place were taken out of an object that their client has signed.
    #[serde(rename = "r", default, skip_serializing_if = "std::ops::Not::not")]
    pub is_signed: bool,
    /// What went wrong, to be shown once.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<FlowProblem>,
}

/// What a visitor answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// To go on as who they are.
    Continue,
    /// That the client may.
    Allow,
    /// That it may not.
    Deny,
    /// To go on as somebody else.
    Switch,
}

/// What went wrong with a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowProblem {
    /// Unknown user, wrong password, closed account: one for all of them.
    Credentials,
    /// Too many attempts; so many seconds to wait.
    Throttled(u64),
    /// Too much to do.
    Overloaded,
    /// The store does not answer.
    Unavailable,
    /// The fields of a sign-up.
    SignUp(SignUpProblem),
}

/// What is wrong with the fields of a sign-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SignUpProblem {
    /// Somebody has the user name.
    #[serde(rename = "t")]
    pub username_taken: bool,
    /// Of the user name.
    #[serde(rename = "u")]
    pub username: Option<InvalidField>,
    /// Of the e-mail address.
    #[serde(rename = "e")]
    pub email: Option<InvalidField>,
    /// Of the password.
    #[serde(rename = "p")]
    pub password: Option<InvalidField>,
}

impl SignUpProblem {
    /// From the fields that were refused.
    pub fn new(fields: &[FieldError]) -> Self {
        let error = |name| fields.iter().find(|field| field.field == name).map(|field| field.error);
        Self {
            username_taken: false,
            username: error("username"),
            email: error("email"),
            password: error("password"),
        }
    }
}

impl Flow {
    /// The same with an answer that was given in a browser session.
    #[must_use]
    pub fn answered(&self, answer: Answer, browser_session: SessionId) -> Self {
        Self { answer: Some(answer), browser_session: Some(browser_session), problem: None, ..self.clone() }
    }

    /// The same with something that went wrong.
    #[must_use]
    pub fn failed(&self, problem: FlowProblem) -> Self {
        Self { problem: Some(problem), ..self.clone() }
    }
}

impl Provider {
    /// The beginning of a flow.
    ///
    /// # Errors
    /// When there is no randomness to be had.
    pub fn begin_flow(&self, now: Timestamp) -> Result<Flow, ProviderError> {
        let name = URL_SAFE_NO_PAD.encode(random::<12>(self.ports.entropy.as_ref())?);
        Ok(Flow {
            name,
            is_new: true,
            started_at: now,
            answer: None,
            browser_session: None,
            has_account: false,
            is_signed: false,
            problem: None,
        })
    }

    /// The secret of a browser, for its cookie, to which its flows are bound.
    ///
    /// # Errors
    /// When there is no randomness to be had.
    pub fn new_flow_secret(&self) -> Result<String, ProviderError> {
        Ok(URL_SAFE_NO_PAD.encode(random::<16>(self.ports.entropy.as_ref())?))
    }

    /// Signs a flow for one browser, by the secret in its cookie, and one place to go on.
    pub fn sign_flow(&self, flow: &Flow, browser: &str, place: &str) -> String {
        // Numbers and identifiers only: writing them cannot fail.
        let body = URL_SAFE_NO_PAD.encode(serde_json::to_vec(flow).unwrap_or_default());
        let mac = self.flow_mac(&body, browser, place);
        format!("{body}.{}", URL_SAFE_NO_PAD.encode(mac))
    }

    /// Reads a flow that this server has signed for this browser and this place; `None` for everything else, and for one
    /// that has taken too long.
    pub fn read_flow(&self, text: &str, browser: &str, place: &str, now: Timestamp) -> Option<Flow> {
        let (body, mac) = text.split_once('.')?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        if !equal(&mac, &self.flow_mac(body, browser, place)) {
            return None;
        }
        let flow: Flow = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).ok()?).ok()?;
        (now.as_millis().abs_diff(flow.started_at.as_millis()) < TTL_MILLIS).then_some(flow)
    }

    fn flow_mac(&self, body: &str, browser: &str, place: &str) -> [u8; 32] {
        let tenant = self.settings.tenant.as_str();
        self.key_ring().secrets.flow.mac(&[
            tenant.as_bytes(),
            body.as_bytes(),
            browser.as_bytes(),
            place.as_bytes(),
        ])
    }
}
