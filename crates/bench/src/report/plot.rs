//! Plots: time against members, both logarithmic, ours and the peers'.

use std::path::Path;

use plotters::prelude::*;

use super::figures::Figures;
use crate::error::{BenchError, Outcome};
use crate::forge::Warmth;
use crate::member::Library;
use crate::operation::{Operation, Place};

/// One plot.
pub(super) struct Plot {
    /// The file's name.
    pub file: &'static str,
    /// Above the plot.
    pub title: &'static str,
    /// What is added up.
    pub operations: &'static [Operation],
    /// The state of the tree.
    pub warmth: Warmth,
}

/// All plots, the one that matters most first.
pub(super) const PLOTS: [Plot; 7] = [
    Plot {
        file: "self-update.svg",
        title: "Commit a self-update: create + apply",
        operations: &[Operation::CreateSelfUpdate, Operation::ApplySelfUpdate],
        warmth: Warmth::Warm,
    },
    Plot {
        file: "process.svg",
        title: "Process a self-update",
        operations: &[Operation::ProcessSelfUpdate],
        warmth: Warmth::Warm,
    },
    Plot {
        file: "add.svg",
        title: "Add one member: create + apply",
        operations: &[Operation::CreateAdd, Operation::ApplyAdd],
        warmth: Warmth::Warm,
    },
    Plot { file: "join.svg", title: "Join", operations: &[Operation::Join], warmth: Warmth::Warm },
    Plot {
        file: "build.svg",
        title: "Build the group in one commit, tree outside",
        operations: &[Operation::BuildOutside],
        warmth: Warmth::Cold,
    },
    Plot {
        file: "message.svg",
        title: "Encrypt a message of 32 octets",
        operations: &[Operation::Encrypt32],
        warmth: Warmth::Warm,
    },
    Plot { file: "load.svg", title: "Load the group", operations: &[Operation::Load], warmth: Warmth::Warm },
];

/// Draws one plot into `folder`.
pub(super) fn draw(figures: &Figures<'_>, plot: &Plot, folder: &Path) -> Outcome<()> {
    let lines: Vec<(Library, Vec<(f64, f64)>)> = figures
        .plan
        .libraries
        .iter()
        .map(|library| (*library, points(figures, plot, *library)))
        .filter(|(_, points)| points.len() > 1)
        .collect();
    let all = || lines.iter().flat_map(|(_, points)| points.iter());
    let (low, high) = all().fold((f64::MAX, f64::MIN), |(low, high), (_, y)| (low.min(*y), high.max(*y)));
    if lines.is_empty() {
        return Ok(());
    }
    let path = folder.join(plot.file);
    draw_lines(plot.title, &lines, (low / 2.0, high * 2.0), f64::from(figures.largest()), &path)
        .map_err(|error| BenchError::Plot(error.to_string()))
}

fn points(figures: &Figures<'_>, plot: &Plot, library: Library) -> Vec<(f64, f64)> {
    let sizes = figures.plan.sizes.iter();
    sizes
        .filter_map(|size| {
            let place = Place { size: *size, warmth: plot.warmth, library };
            Some((f64::from(*size), figures.time(plot.operations, place)? / 1e6))
        })
        .collect()
}

fn draw_lines(
    title: &str,
    lines: &[(Library, Vec<(f64, f64)>)],
    (low, high): (f64, f64),
    largest: f64,
    path: &Path,
) -> Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::new(path, (860, 480)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(title, ("sans-serif", 22))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(76)
        .build_cartesian_2d((2.0..largest * 1.1).log_scale(), (low..high).log_scale())?;
    chart
        .configure_mesh()
        .x_desc("members")
        .y_desc("milliseconds")
        .label_style(("sans-serif", 14))
        .x_label_formatter(&|members| format!("{members:.0}"))
        .y_label_formatter(&|time| format!("{time}"))
        .light_line_style(BLACK.mix(0.04))
        .draw()?;
    for (library, points) in lines {
        let style =
            ShapeStyle { color: color(*library).to_rgba(), filled: true, stroke_width: width(*library) };
        chart
            .draw_series(LineSeries::new(points.iter().copied(), style))?
            .label(library.name())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 24, y)], style));
        chart.draw_series(points.iter().map(|point| Circle::new(*point, 3, style)))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .label_font(("sans-serif", 14))
        .draw()?;
    root.present()?;
    Ok(())
}

/// Colours that those who are colour-blind can tell apart; ours are blue.
fn color(library: Library) -> RGBColor {
    match library {
        Library::CopathAwsLc => RGBColor(0, 68, 136),
        Library::CopathRing => RGBColor(51, 136, 204),
        Library::CopathRustCrypto => RGBColor(136, 190, 230),
        Library::MlsRsAwsLc => RGBColor(204, 85, 0),
        Library::MlsRsRustCrypto => RGBColor(230, 159, 0),
        Library::OpenMlsLibcrux => RGBColor(0, 110, 80),
        Library::OpenMlsRustCrypto => RGBColor(102, 166, 30),
    }
}

fn width(library: Library) -> u32 {
    if library == Library::CopathAwsLc { 4 } else { 2 }
}
