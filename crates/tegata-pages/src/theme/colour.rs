//! Colours, and how well they are told apart.

use std::fmt;

/// A colour of sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Colour([u8; 3]);

/// A colour by day and by night.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) light: Colour,
    pub(super) dark: Colour,
}

impl Pair {
    /// `#rrggbb`, or `light-dark(#rrggbb, #rrggbb)` as CSS has it (Color Module Level 5 §7).
    pub(super) fn parse(value: &str) -> Option<Self> {
        let value = value.trim();
        match value.strip_prefix("light-dark(").and_then(|rest| rest.strip_suffix(')')) {
            None => Colour::parse(value).map(|colour| Self { light: colour, dark: colour }),
            Some(both) => {
                let (light, dark) = both.split_once(',')?;
                Some(Self { light: Colour::parse(light.trim())?, dark: Colour::parse(dark.trim())? })
            }
        }
    }
}

impl Colour {
    fn parse(value: &str) -> Option<Self> {
        let digits = value.strip_prefix('#')?;
        // Numbers may have a sign, which colours do not.
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let channel = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        Some(Self([channel(0)?, channel(2)?, channel(4)?]))
    }

    /// The contrast of WCAG 2.2, from 1 to 21.
    pub(super) fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// As much of the other as these percent.
    pub(super) fn mix(self, other: Self, percent: u16) -> Self {
        let mut mixed = self.0;
        for (channel, other) in mixed.iter_mut().zip(other.0) {
            let sum = u16::from(*channel) * (100 - percent) + u16::from(other) * percent;
            // Never above 255: it lies between the two.
            *channel = u8::try_from(sum / 100).unwrap_or(u8::MAX);
        }
        Self(mixed)
    }

    /// A shade that differs more from the text on it.
    pub(super) fn away_from(self, text: Self) -> Self {
        let is_lighter = self.luminance() > text.luminance();
        self.mix(Self(if is_lighter { [255; 3] } else { [0; 3] }), 18)
    }

    /// The relative luminance of WCAG 2.2.
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|channel| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}
