/// A mass in grams.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Grams(pub i64);

/// A mass in avoirdupois ounces.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Ounces(pub f64);

impl From<Ounces> for Grams {
    fn from(ounces: Ounces) -> Self {
        Grams((ounces.0 * 28.349523125).round() as i64)
    }
}

impl From<Grams> for Ounces {
    fn from(grams: Grams) -> Self {
        Ounces(grams.0 as f64 / 28.349523125)
    }
}
