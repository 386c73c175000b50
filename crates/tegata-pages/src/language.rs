//! Which language a page speaks.

use crate::text::{Text, en, ja};

/// A language that all pages have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Language {
    /// English, which is also for everyone whose languages there are not.
    #[default]
    En,
    /// Japanese.
    Ja,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::En, Self::Ja];

    /// The first of the user's languages that there is.
    ///
    /// What the client says of its user, `ui_locales` (OpenID Connect Core §3.1.2.1: tags separated by spaces, the most
    /// preferred first), goes before what the browser says, `Accept-Language` (RFC 9110 §12.5.4). A tag stands for every
    /// prefix of it, as in the lookup of RFC 4647 §3.4: `ja-JP` is `ja`. What is no tag is passed over.
    pub fn choose(ui_locales: Option<&str>, accept_language: Option<&str>) -> Self {
        ui_locales
            .and_then(|tags| tags.split(' ').find_map(Self::of_tag))
            .or_else(|| accept_language.and_then(Self::of_header))
            .unwrap_or_default()
    }

    /// The tag of it (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ja => "ja",
        }
    }

    /// What a scope of OpenID Connect allows (Core §5.4 and §11), for those that the specification defines.
    pub fn standard_scope(self, scope: &str) -> Option<&'static str> {
        let scopes = &self.text().scopes;
        Some(match scope {
            "openid" => scopes.openid,
            "profile" => scopes.profile,
            "email" => scopes.email,
            "address" => scopes.address,
            "phone" => scopes.phone,
            "offline_access" => scopes.offline_access,
            _ => return None,
        })
    }

    /// What a standard claim tells of its user (Core §5.1), for an application that asks for it by its name.
    pub fn standard_claim(self, claim: &str) -> Option<&'static str> {
        let claims = &self.text().claims;
        Some(match claim {
            "preferred_username" => claims.preferred_username,
            "name" => claims.name,
            "given_name" => claims.given_name,
            "family_name" => claims.family_name,
            "middle_name" => claims.middle_name,
            "nickname" => claims.nickname,
            "profile" => claims.profile,
            "picture" => claims.picture,
            "website" => claims.website,
            "gender" => claims.gender,
            "birthdate" => claims.birthdate,
            "zoneinfo" => claims.zoneinfo,
            "locale" => claims.locale,
            "updated_at" => claims.updated_at,
            "email" => claims.email,
            "email_verified" => claims.email_verified,
            "address" => claims.address,
            "phone_number" => claims.phone_number,
            "phone_number_verified" => claims.phone_number_verified,
            _ => return None,
        })
    }

    pub(crate) fn text(self) -> &'static Text {
        match self {
            Self::En => &en::TEXT,
            Self::Ja => &ja::TEXT,
        }
    }

    fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// The one with the greatest weight; among equals, the one that is named first.
    fn of_header(header: &str) -> Option<Self> {
        let mut best: Option<(u16, Self)> = None;
        for range in header.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let Some(language) = parts.next().and_then(Self::of_tag) else { continue };
            let Some(weight) = parts.next().map_or(Some(1000), weight_of) else { continue };
            if weight > best.map_or(0, |(weight, _)| weight) {
                best = Some((weight, language));
            }
        }
        best.map(|(_, language)| language)
    }
}

/// A weight in thousandths (RFC 9110 §12.4.2: `q=0.8`, at most three decimals).
fn weight_of(parameter: &str) -> Option<u16> {
    let value = parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q="))?;
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{decimals:0<3}").parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_s_wish_goes_before_the_browser_s() {
        assert_eq!(Language::choose(Some("ja"), Some("en")), Language::Ja);
        assert_eq!(Language::choose(Some("en"), Some("ja")), Language::En);
        assert_eq!(Language::choose(None, Some("ja")), Language::Ja);
    }

    #[test]
    fn the_first_language_that_there_is_wins() {
        assert_eq!(Language::choose(Some("fr-CA ja en"), None), Language::Ja);
        assert_eq!(Language::choose(Some("fr de"), Some("ja")), Language::Ja);
        assert_eq!(Language::choose(Some("fr"), Some("de, it")), Language::En);
        assert_eq!(Language::choose(None, None), Language::En);
    }

    #[test]
    fn a_tag_stands_for_its_prefixes_and_for_nothing_that_only_looks_like_one() {
        assert_eq!(Language::choose(Some("JA-Latn-JP-x-private"), None), Language::Ja);
        assert_eq!(Language::choose(Some("jam"), None), Language::En);
        assert_eq!(Language::choose(Some(""), Some("jav, ja-JP")), Language::Ja);
    }

    #[test]
    fn weights_decide_and_zero_is_a_refusal() {
        assert_eq!(Language::choose(None, Some("en;q=0.8, ja;q=0.9")), Language::Ja);
        assert_eq!(Language::choose(None, Some("en;q=0.8, ja")), Language::Ja);
        assert_eq!(Language::choose(None, Some("ja, en")), Language::Ja);
        assert_eq!(Language::choose(None, Some("ja;q=0")), Language::En);
        assert_eq!(Language::choose(None, Some("*, ja;q=0.1")), Language::Ja);
    }

    #[test]
    fn a_weight_that_is_none_is_passed_over() {
        for weight in ["q=2", "q=1.001", "q=0.1234", "q=-1", "q=0.+1", "q", "x=1", "q="] {
            let header = format!("ja;{weight}, en;q=0.001");
            assert_eq!(Language::choose(None, Some(&header)), Language::En, "{weight}");
        }
    }
}
