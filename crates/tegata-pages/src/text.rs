//! What pages say. A language is a constant of these structs, so one with a text missing does not compile.

pub(crate) mod en;
pub(crate) mod ja;

/// A sentence with a name in it. The name is put between the two as an element of its own.
pub(crate) struct Sentence {
    pub(crate) before: &'static str,
    pub(crate) after: &'static str,
}

pub(crate) struct Text {
    /// Between two sentences.
    pub(crate) gap: &'static str,
    /// Before the title of a page that shows a problem.
    pub(crate) problem_title: &'static str,
    pub(crate) problems: Problems,
    pub(crate) fields: Fields,
    pub(crate) login: Login,
    pub(crate) signup: SignUp,
    pub(crate) account: Account,
    pub(crate) consent: Consent,
    pub(crate) scopes: Scopes,
    pub(crate) claims: Claims,
    pub(crate) device: Device,
    pub(crate) logout: Logout,
    pub(crate) error: Error,
    pub(crate) form_post: FormPost,
    pub(crate) apps: Apps,
}

/// Why a form was not accepted as a whole.
pub(crate) struct Problems {
    pub(crate) invalid_credentials: &'static str,
    pub(crate) unknown_code: &'static str,
    /// With the seconds to wait.
    pub(crate) too_many_attempts: fn(u64) -> String,
    pub(crate) overloaded: &'static str,
    pub(crate) unavailable: &'static str,
    pub(crate) flow_expired: &'static str,
    pub(crate) check_fields: &'static str,
}

/// Why a field was not accepted.
pub(crate) struct Fields {
    pub(crate) required: &'static str,
    pub(crate) too_short: fn(usize) -> String,
    pub(crate) too_long: &'static str,
    pub(crate) invalid: &'static str,
    pub(crate) invalid_username: &'static str,
    pub(crate) username_taken: &'static str,
    pub(crate) blocked: &'static str,
    pub(crate) contains_username: &'static str,
}

pub(crate) struct Login {
    pub(crate) title: &'static str,
    pub(crate) lead: Sentence,
    pub(crate) title_again: &'static str,
    pub(crate) lead_again: Sentence,
    pub(crate) identifier: &'static str,
    pub(crate) password: &'static str,
    pub(crate) submit: &'static str,
    pub(crate) no_account: &'static str,
    pub(crate) sign_up: &'static str,
}

pub(crate) struct SignUp {
    pub(crate) title: &'static str,
    pub(crate) lead: Sentence,
    pub(crate) username: &'static str,
    pub(crate) username_hint: &'static str,
    pub(crate) email: &'static str,
    pub(crate) password_hint: fn(usize) -> String,
    pub(crate) submit: &'static str,
    pub(crate) have_account: &'static str,
}

pub(crate) struct Account {
    pub(crate) title: &'static str,
    pub(crate) lead: Sentence,
    pub(crate) continue_as: Sentence,
    pub(crate) other: &'static str,
}

pub(crate) struct Consent {
    pub(crate) title: &'static str,
    pub(crate) lead: Sentence,
    pub(crate) unverified_title: &'static str,
    pub(crate) unverified: &'static str,
    /// Where there is an address.
    pub(crate) unverified_address: &'static str,
    pub(crate) logged_in_as: &'static str,
    pub(crate) described_at: &'static str,
    pub(crate) leads_to: &'static str,
    pub(crate) website: &'static str,
    pub(crate) privacy_policy: &'static str,
    pub(crate) terms: &'static str,
    pub(crate) opens_in_new_tab: &'static str,
    pub(crate) scopes: &'static str,
    pub(crate) no_scopes: &'static str,
    pub(crate) resources: &'static str,
    pub(crate) lifetime: &'static str,
    pub(crate) access_token_minutes: fn(u64) -> String,
    pub(crate) until_logout: &'static str,
    pub(crate) offline_days: fn(u64) -> String,
    pub(crate) never_renewed: &'static str,
    pub(crate) revocable: &'static str,
    pub(crate) allow: &'static str,
    pub(crate) deny: &'static str,
}

pub(crate) struct Scopes {
    pub(crate) openid: &'static str,
    pub(crate) profile: &'static str,
    pub(crate) email: &'static str,
    pub(crate) address: &'static str,
    pub(crate) phone: &'static str,
    pub(crate) offline_access: &'static str,
}

/// What an application sees that asks for a claim by its name.
pub(crate) struct Claims {
    pub(crate) preferred_username: &'static str,
    pub(crate) name: &'static str,
    pub(crate) given_name: &'static str,
    pub(crate) family_name: &'static str,
    pub(crate) middle_name: &'static str,
    pub(crate) nickname: &'static str,
    pub(crate) profile: &'static str,
    pub(crate) picture: &'static str,
    pub(crate) website: &'static str,
    pub(crate) gender: &'static str,
    pub(crate) birthdate: &'static str,
    pub(crate) zoneinfo: &'static str,
    pub(crate) locale: &'static str,
    pub(crate) updated_at: &'static str,
    pub(crate) email: &'static str,
    pub(crate) email_verified: &'static str,
    pub(crate) address: &'static str,
    pub(crate) phone_number: &'static str,
    pub(crate) phone_number_verified: &'static str,
}

pub(crate) struct Device {
    pub(crate) title: &'static str,
    pub(crate) lead: &'static str,
    pub(crate) code: &'static str,
    pub(crate) code_hint: &'static str,
    pub(crate) submit: &'static str,
    pub(crate) confirm_title: &'static str,
    pub(crate) confirm_lead: Sentence,
    pub(crate) confirm_code: &'static str,
    pub(crate) warning_title: &'static str,
    pub(crate) warning: &'static str,
    pub(crate) allowed_title: &'static str,
    pub(crate) allowed: &'static str,
    pub(crate) denied_title: &'static str,
    pub(crate) denied: &'static str,
}

pub(crate) struct Logout {
    pub(crate) title: &'static str,
    pub(crate) asked_by: Sentence,
    pub(crate) logged_in_as: Sentence,
    pub(crate) lead: &'static str,
    pub(crate) confirm: &'static str,
    pub(crate) cancel: &'static str,
    pub(crate) done_title: &'static str,
    pub(crate) done: &'static str,
}

pub(crate) struct Error {
    pub(crate) title: &'static str,
    /// When the request was wrong: the user can do little.
    pub(crate) of_client: &'static str,
    /// When this server is at fault.
    pub(crate) of_server: &'static str,
    pub(crate) details: &'static str,
    pub(crate) code: &'static str,
    pub(crate) description: &'static str,
    pub(crate) request_id: &'static str,
}

pub(crate) struct FormPost {
    pub(crate) title: &'static str,
    pub(crate) lead: &'static str,
    pub(crate) submit: &'static str,
}

pub(crate) struct Apps {
    pub(crate) title: &'static str,
    pub(crate) lead: Sentence,
    pub(crate) none: &'static str,
    pub(crate) unverified: &'static str,
    pub(crate) since: Sentence,
    /// Year, month (1 to 12) and day.
    pub(crate) date: fn(u16, usize, u8) -> String,
    pub(crate) revoke: &'static str,
    pub(crate) revoke_hint: &'static str,
}
