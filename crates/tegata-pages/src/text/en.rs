use super::{
    Account, Apps, Consent, Device, Error, Fields, FormPost, Login, Logout, Problems, Scopes, Sentence,
    SignUp, Text,
};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub(crate) const TEXT: Text = Text {
    problem_title: "Problem: ",
    problems: Problems {
        invalid_credentials: "User name or password is wrong.",
        unknown_code: "There is no such code, or it has expired. Please compare it with the one on your device.",
        too_many_attempts: |seconds| format!("Too many attempts. Please try again in {}.", duration(seconds)),
        overloaded: "The server is busy. Please try again in a moment.",
        unavailable: "The server cannot do this at the moment. Please try again later.",
        flow_expired: "This page was open for too long. Please try again.",
        check_fields: "Please check the marked fields.",
    },
    fields: Fields {
        required: "Please fill this in.",
        too_short: |min| format!("Please use at least {min} characters."),
        too_long: "This is too long.",
        invalid: "This is not valid.",
        invalid_username: "Please use 3 to 64 letters (a to z), digits, dots, hyphens or underscores, beginning with a \
                           letter or a digit.",
        username_taken: "This user name is already taken.",
        blocked: "This password is on lists of common passwords. Please choose another.",
        contains_username: "The password must not contain your user name.",
    },
    login: Login {
        title: "Log in",
        lead: Sentence { before: "Log in to continue to ", after: "." },
        title_again: "Confirm that it is you",
        lead_again: Sentence {
            before: "You are logged in as ",
            after: ". Please enter your password again.",
        },
        identifier: "User name or e-mail",
        password: "Password",
        submit: "Log in",
        no_account: "No account yet?",
        sign_up: "Sign up",
    },
    signup: SignUp {
        title: "Sign up",
        lead: Sentence { before: "Create an account to continue to ", after: "." },
        username: "User name",
        username_hint: "3 to 64 letters, digits, dots, hyphens or underscores. Everyone can see it.",
        email: "E-mail (optional)",
        password_hint: |min| format!("At least {min} characters. A few words in a row are easy to remember."),
        submit: "Sign up and log in",
        have_account: "Already have an account?",
    },
    account: Account {
        title: "Choose an account",
        lead: Sentence { before: "Choose an account to continue to ", after: "." },
        continue_as: Sentence { before: "Continue as ", after: "" },
        other: "Use another account",
    },
    consent: Consent {
        title: "Allow access?",
        lead: Sentence { before: "", after: " asks for access to your account." },
        unverified: "No one here has checked this app, and its name is what it calls itself. Continue only if you trust \
                     the address below.",
        unverified_title: "Unverified app",
        logged_in_as: "Your account",
        leads_to: "Takes you to",
        website: "Website",
        privacy_policy: "Privacy policy",
        terms: "Terms of service",
        opens_in_new_tab: "(opens in a new tab)",
        scopes: "It will be able to",
        no_scopes: "It will only learn that you have allowed it.",
        resources: "At these services",
        lifetime: "For how long",
        access_token_minutes: |minutes| match minutes {
            1 => "Each access token is valid for 1 minute.".to_owned(),
            _ => format!("Each access token is valid for {minutes} minutes."),
        },
        until_logout: "They can be renewed until you log out.",
        offline_days: |days| match days {
            1 => "It stays allowed while you are away, for up to 1 day.".to_owned(),
            _ => format!("It stays allowed while you are away, for up to {days} days."),
        },
        offline_until_revoked: "It stays allowed while you are away, until you take it back.",
        revocable: "You can take this back at any time.",
        allow: "Allow",
        deny: "Do not allow",
    },
    scopes: Scopes {
        openid: "Recognise you when you come back",
        profile: "See your profile, such as your name and user name",
        email: "See your e-mail address",
        address: "See your postal address",
        phone: "See your phone number",
        offline_access: "Keep this access while you are away",
    },
    device: Device {
        title: "Connect a device",
        lead: "Enter the code that your device shows.",
        code: "Code",
        code_hint: "Capitals, hyphens and spaces make no difference.",
        submit: "Continue",
        confirm_title: "Connect this device?",
        confirm_lead: Sentence { before: "", after: " on another device asks for access to your account." },
        confirm_code: "Code on the device",
        warning_title: "Only continue if the device in front of you shows this code.",
        warning: "If someone sent you this code or a link, do not allow it: they would get into your account.",
        allowed_title: "The device is connected",
        allowed: "You can close this page and go on with your device.",
        denied_title: "The device is not connected",
        denied: "It has no access to your account. You can close this page.",
    },
    logout: Logout {
        title: "Log out?",
        asked_by: Sentence { before: "", after: " asks to log you out." },
        logged_in_as: Sentence { before: "You are logged in as ", after: "." },
        lead: "This also logs you out of the apps that you have opened with this account in this browser.",
        confirm: "Log out",
        cancel: "Stay logged in",
        done_title: "You are logged out",
        done: "You can close this page. On a shared computer, please close the browser as well.",
    },
    error: Error {
        title: "This did not work",
        of_client: "The app that sent you here asked for something that cannot be done. Please go back to it and try \
                    again. If this happens again, tell the people who run it what is written below.",
        of_server: "The fault is on our side. Please go back and try again in a moment.",
        details: "Details",
        code: "Error",
        description: "Description",
        request_id: "Request",
    },
    form_post: FormPost {
        title: "One moment …",
        lead: "You are being taken back to the app. If nothing happens, please continue by the button.",
        submit: "Continue",
    },
    apps: Apps {
        title: "Apps with access",
        lead: Sentence { before: "You have given these apps access to your account ", after: "." },
        none: "No app has access to your account.",
        unverified: "Unverified",
        since: Sentence { before: "Allowed since ", after: "" },
        date: |year, month, day| {
            let month = MONTHS.get(month.wrapping_sub(1)).unwrap_or(&"");
            format!("{day} {month} {year}")
        },
        revoke: "Take access back",
        revoke_hint: "An app that loses access can use what it already holds for some minutes at most.",
    },
};

fn duration(seconds: u64) -> String {
    match (seconds, seconds.div_ceil(60)) {
        (..=1, _) => "1 second".to_owned(),
        (..=90, _) => format!("{seconds} seconds"),
        (_, minutes) => format!("{minutes} minutes"),
    }
}
