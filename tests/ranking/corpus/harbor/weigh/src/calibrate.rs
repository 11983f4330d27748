/// Raw numbers to grams: a zero point and a slope.
#[derive(Clone, Copy, Debug)]
pub struct Calibration {
    zero: i64,
    per_thousand: i64,
}

impl Calibration {
    pub fn none() -> Self {
        Calibration { zero: 0, per_thousand: 1000 }
    }

    /// From what the empty plate shows, and a known mass on it.
    pub fn measure(empty: i64, loaded: i64, grams: i64) -> Result<Self, String> {
        if loaded == empty {
            return Err("calibration failed: the reading did not change under the test mass".into());
        }
        Ok(Calibration { zero: empty, per_thousand: grams * 1000 / (loaded - empty) })
    }

    pub fn apply(&self, raw: i64) -> i64 {
        (raw - self.zero) * self.per_thousand / 1000
    }
}
