//! The functions that answer requests.

use tegata_http::Part;

/// One function: one concern, with the rights that it needs and no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// Making accounts. It hashes passwords and cannot sign.
    Register,
    /// Logging in. It verifies passwords and signs.
    Login,
    /// Going on with a session, and ending it. It signs.
    Refresh,
    /// Everything that needs an access token, and what is public. It cannot sign.
    Account,
    /// The OpenID Provider towards other clients, with its pages. It verifies and hashes passwords and signs.
    OAuth,
}

impl Function {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Register, Self::Login, Self::Refresh, Self::Account, Self::OAuth];

    /// Its name, which is that of its binary.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Login => "login",
            Self::Refresh => "refresh",
            Self::Account => "account",
            Self::OAuth => "oauth",
        }
    }

    /// Its routes.
    pub const fn part(self) -> Part {
        match self {
            Self::Register => Part::Register,
            Self::Login => Part::Login,
            Self::Refresh => Part::Refresh,
            Self::Account => Part::Account,
            Self::OAuth => Part::OAuth,
        }
    }

    /// Whether it issues tokens, for which it must see private keys.
    pub const fn signs(self) -> bool {
        matches!(self, Self::Login | Self::Refresh | Self::OAuth)
    }

    /// Whether it tells clients of sessions that have ended, which it signs tokens for.
    pub const fn delivers(self) -> bool {
        matches!(self, Self::OAuth)
    }
}
