//! QR codes, for screens and terminals.

use std::fmt::{self, Write};

use qrcodegen::QrCodeEcc;

use crate::Error;
use crate::error::Bug;

/// Light modules that have to surround a code.
const QUIET_ZONE: i32 = 4;

/// A QR code (ISO/IEC 18004), drawn as SVG or in a terminal.
#[derive(Clone, PartialEq, Eq)]
pub struct QrCode(qrcodegen::QrCode);

impl QrCode {
    pub(crate) fn of_text(text: &str) -> Result<Self, Error> {
        let code = qrcodegen::QrCode::encode_text(text, QrCodeEcc::Medium);
        code.map(Self).map_err(|_| Error::Bug(Bug::UnknownFailure))
    }

    /// Modules on a side, without the quiet zone.
    pub fn size(&self) -> u32 {
        self.0.size().unsigned_abs()
    }

    /// Whether a module is dark; those outside of the code are light.
    pub fn is_dark(&self, x: u32, y: u32) -> bool {
        match (i32::try_from(x), i32::try_from(y)) {
            (Ok(x), Ok(y)) => self.0.get_module(x, y),
            _ => false,
        }
    }

    /// A picture in SVG, dark on white with its quiet zone; it scales to any size.
    pub fn to_svg(&self) -> String {
        let side = self.side();
        let mut path = String::new();
        for (x, y) in self.coordinates().filter(|(x, y)| self.0.get_module(*x, *y)) {
            let (x, y) = (x.saturating_add(QUIET_ZONE), y.saturating_add(QUIET_ZONE));
            // Writing to a string doesn't fail.
            let _ = write!(path, "M{x},{y}h1v1h-1z");
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" \
             shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0,0h{side}v{side}h-{side}z\"/>\
             <path fill=\"#000\" d=\"{path}\"/></svg>"
        )
    }

    /// Lines of half blocks, two rows of modules each, with the quiet zone. The light modules are drawn: made for light
    /// characters on a dark ground. Readers also take the inverse that a light ground shows.
    pub fn to_terminal(&self) -> String {
        let rows = (-QUIET_ZONE..self.0.size().saturating_add(QUIET_ZONE)).step_by(2);
        let mut text = String::new();
        for y in rows {
            for x in -QUIET_ZONE..self.0.size().saturating_add(QUIET_ZONE) {
                let (upper, lower) = (self.0.get_module(x, y), self.0.get_module(x, y.saturating_add(1)));
                text.push(match (upper, lower) {
                    (false, false) => '█',
                    (false, true) => '▀',
                    (true, false) => '▄',
                    (true, true) => ' ',
                });
            }
            text.push('\n');
        }
        text
    }

    fn side(&self) -> i32 {
        self.0.size().saturating_add(2 * QUIET_ZONE)
    }

    fn coordinates(&self) -> impl Iterator<Item = (i32, i32)> {
        let size = self.0.size();
        (0..size).flat_map(move |y| (0..size).map(move |x| (x, y)))
    }
}

impl fmt::Debug for QrCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QrCode({0}x{0})", self.size())
    }
}
