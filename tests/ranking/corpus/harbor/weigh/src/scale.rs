use crate::calibrate::Calibration;
use crate::units::Grams;

/// A reading that has not changed for a while.
#[derive(Debug, PartialEq)]
pub struct StableWeight(pub Grams);

pub struct Scale<R> {
    port: R,
    calibration: Calibration,
    last: Vec<i64>,
}

impl<R: Iterator<Item = i64>> Scale<R> {
    pub fn new(port: R, calibration: Calibration) -> Self {
        Scale { port, calibration, last: Vec::new() }
    }

    /// Wait until five readings in a row differ by at most two grams.
    pub fn wait_until_stable(&mut self) -> Option<StableWeight> {
        while let Some(raw) = self.port.next() {
            self.last.push(self.calibration.apply(raw));
            if self.last.len() > 5 {
                self.last.remove(0);
            }
            if self.last.len() == 5 && spread(&self.last) <= 2 {
                return Some(StableWeight(Grams(self.last[4])));
            }
        }
        None
    }
}

fn spread(readings: &[i64]) -> i64 {
    readings.iter().max().unwrap() - readings.iter().min().unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_wait_until_the_weight_on_the_scale_is_stable() {
        let readings = vec![0, 50, 99, 100, 101, 100, 100, 100];
        let mut scale = Scale::new(readings.into_iter(), Calibration::none());
        assert_eq!(scale.wait_until_stable(), Some(StableWeight(Grams(100))));
    }

    #[test]
    fn test_a_scale_that_is_never_stable_has_no_weight() {
        let mut scale = Scale::new((0..90).map(|n| n * 10), Calibration::none());
        assert_eq!(scale.wait_until_stable(), None);
    }
}
