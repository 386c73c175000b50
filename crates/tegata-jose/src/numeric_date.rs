/// An instant in whole seconds since the Unix epoch, UTC: the `NumericDate` of RFC 7519 §2.
///
/// The RFC also allows fractions. Tegata writes none and refuses them (see [`verify`](crate::verify)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NumericDate(i64);

impl NumericDate {
    /// An instant from seconds since the Unix epoch.
    pub const fn new(secs: i64) -> Self {
        Self(secs)
    }

    /// Seconds since the Unix epoch.
    pub const fn as_secs(self) -> i64 {
        self.0
    }

    /// This instant moved by `secs`; beyond the range it stays at its end.
    #[must_use]
    pub const fn saturating_add(self, secs: i64) -> Self {
        Self(self.0.saturating_add(secs))
    }
}
