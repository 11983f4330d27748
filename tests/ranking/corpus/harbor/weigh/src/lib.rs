//! Reads the scales of a depot.

mod calibrate;
mod scale;
mod units;

pub use calibrate::Calibration;
pub use scale::{Scale, StableWeight};
pub use serialport::SerialPort;
pub use units::{Grams, Ounces};
