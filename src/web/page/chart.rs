//! Pictures of numbers over time, drawn here as paths: no script, no inline style, and the numbers in a table behind.
//!
//! A picture is stretched to the width it gets, so whatever is text stands beside it in HTML. Colours and dashes are
//! classes (`s1`, `s2`, …) of the style sheet; the legend says in words which is which.

use std::fmt::Write;

/// The size of the drawing, in its own units.
const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 120.0;
/// The part of a bar's place that it fills.
const BAR: f64 = 0.72;

/// A picture, ready to be arranged.
pub struct Chart {
    /// For the table's id and the picture's name.
    pub id: &'static str,
    pub title: String,
    /// What the numbers are: `per second`, `milliseconds`.
    pub unit: String,
    pub series: Vec<Series>,
    /// The number at the upper edge.
    pub top: String,
    /// The times at the left and the right edge.
    pub first: String,
    pub last: String,
    /// One for each point in time, the newest first.
    pub rows: Vec<Row>,
    /// Places to point at, each with what it says.
    pub spots: Vec<Spot>,
    /// Every number is zero or unknown.
    pub is_flat: bool,
}

/// One quantity.
pub struct Series {
    pub label: String,
    /// `s1`, `s2`, …
    pub class: String,
    /// The `d` of its path.
    pub path: String,
    pub is_filled: bool,
}

pub struct Row {
    pub at: String,
    pub values: Vec<String>,
}

pub struct Spot {
    pub x: String,
    pub width: String,
    pub text: String,
}

/// The quantities at one time; `None` where nothing is known.
pub struct Point {
    pub at: String,
    pub values: Vec<Option<f64>>,
}

/// What a picture is of.
pub struct About {
    pub id: &'static str,
    pub title: String,
    pub unit: String,
    /// A name for each quantity.
    pub labels: Vec<String>,
    pub show: fn(f64) -> String,
}

impl Chart {
    /// Thin lines, for quantities that are measured.
    pub fn lines(about: About, points: &[Point]) -> Self {
        let top = round_up(points.iter().flat_map(|point| point.values.iter().copied().flatten()).fold(0.0, f64::max));
        let step = WIDTH / (points.len().max(2) - 1) as f64;
        Self::drawn(about, points, top, step, |number| line(points, number, top, step))
    }

    /// Stacked bars, for what is counted.
    pub fn bars(about: About, points: &[Point]) -> Self {
        let height = |point: &Point| point.values.iter().copied().flatten().sum::<f64>();
        let top = round_up(points.iter().map(height).fold(0.0, f64::max));
        let step = WIDTH / points.len().max(1) as f64;
        let labels = about.labels.clone();
        let empty = Self { series: Vec::new(), ..Self::drawn(about, points, top, step, |_| String::new()) };
        empty.with_bars(&labels, points, top, step)
    }

    fn with_bars(mut self, labels: &[String], points: &[Point], top: f64, step: f64) -> Self {
        let mut floors = vec![0.0; points.len()];
        for (number, label) in labels.iter().enumerate() {
            let mut path = String::new();
            for (index, (point, floor)) in points.iter().zip(&mut floors).enumerate() {
                let value = point.values.get(number).copied().flatten().unwrap_or(0.0);
                if value > 0.0 {
                    let left = step.mul_add(index as f64, step * (1.0 - BAR) / 2.0);
                    let (low, high) = (y(*floor, top), y(*floor + value, top));
                    let _ = write!(path, "M{left:.1} {low:.1}V{high:.1}h{:.1}V{low:.1}z", step * BAR);
                    *floor += value;
                }
            }
            self.series.push(Series { label: label.clone(), class: class(number), path, is_filled: true });
        }
        self
    }

    fn drawn(about: About, points: &[Point], top: f64, step: f64, path: impl Fn(usize) -> String) -> Self {
        let show = |value: &Option<f64>| value.map_or_else(|| "–".to_owned(), about.show);
        let said = |point: &Point| {
            let values = about.labels.iter().zip(&point.values);
            let values = values.map(|(label, value)| format!("{label} {}", show(value))).collect::<Vec<_>>();
            format!("{}: {}", point.at, values.join(", "))
        };
        let series = about.labels.iter().enumerate().map(|(number, label)| Series {
            label: label.clone(),
            class: class(number),
            path: path(number),
            is_filled: false,
        });
        let edge = |point: Option<&Point>| point.map(|point| point.at.clone()).unwrap_or_default();
        let spots = points.iter().enumerate().map(|(index, point)| Spot {
            x: format!("{:.1}", step * index as f64),
            width: format!("{step:.1}"),
            text: said(point),
        });
        let rows = points
            .iter()
            .rev()
            .map(|point| Row { at: point.at.clone(), values: point.values.iter().map(show).collect() });
        Self {
            id: about.id,
            title: about.title,
            unit: about.unit,
            series: series.collect(),
            top: (about.show)(top),
            first: edge(points.first()),
            last: edge(points.last()),
            rows: rows.collect(),
            spots: spots.collect(),
            is_flat: points.iter().all(|point| point.values.iter().flatten().all(|value| *value == 0.0)),
        }
    }

    /// What a screen reader says instead of the picture.
    pub fn summary(&self) -> String {
        t!("chart-summary", title = self.title, first = self.first, last = self.last, top = self.top)
    }
}

fn class(number: usize) -> String {
    format!("s{}", number % 6 + 1)
}

/// A line with a gap where nothing is known.
fn line(points: &[Point], number: usize, top: f64, step: f64) -> String {
    let (mut path, mut is_drawing) = (String::new(), false);
    for (index, point) in points.iter().enumerate() {
        let Some(value) = point.values.get(number).copied().flatten() else {
            is_drawing = false;
            continue;
        };
        let (command, x) = (if is_drawing { 'L' } else { 'M' }, step * index as f64);
        // A point alone is a short line, or nobody would see it.
        let dot = if is_drawing { "" } else { "h0.1" };
        let _ = write!(path, "{command}{x:.1} {:.1}{dot}", y(value, top));
        is_drawing = true;
    }
    path
}

/// From the upper edge down, with room for the line's own width.
fn y(value: f64, top: f64) -> f64 {
    let usable = HEIGHT - 2.0;
    (1.0 - (value / top).min(1.0)).mul_add(usable, 1.0)
}

/// The next number with one digit: 1, 2, 5, 10, …
fn round_up(number: f64) -> f64 {
    if number <= 0.0 {
        return 1.0;
    }
    let scale = 10_f64.powf(number.log10().floor());
    let steps = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    steps.into_iter().map(|step| step * scale).find(|step| *step >= number * 0.999_999).unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about() -> About {
        let labels = vec!["one".to_owned(), "two".to_owned()];
        About { id: "t", title: "Things".into(), unit: String::new(), labels, show: |value| format!("{value}") }
    }

    fn points(values: &[[Option<f64>; 2]]) -> Vec<Point> {
        let point =
            |(index, values): (usize, &[Option<f64>; 2])| Point { at: format!("{index}"), values: values.to_vec() };
        values.iter().enumerate().map(point).collect()
    }

    #[test]
    fn a_line_has_a_gap_where_nothing_is_known() {
        let chart = Chart::lines(about(), &points(&[[Some(0.0), None], [Some(7.0), Some(1.0)], [None, Some(2.0)]]));
        assert_eq!(chart.top, "8");
        assert_eq!(chart.series[0].path, "M0.0 119.0h0.1L300.0 15.8");
        assert_eq!(chart.series[1].path, "M300.0 104.2h0.1L600.0 89.5");
        assert_eq!(chart.rows[0].values, ["–", "2"]);
        assert_eq!(chart.spots[1].text, "1: one 7, two 1");
    }

    #[test]
    fn bars_stand_on_each_other() {
        let chart = Chart::bars(about(), &points(&[[Some(1.0), Some(1.0)], [None, Some(2.0)]]));
        assert_eq!(chart.series[0].path, "M42.0 119.0V60.0h216.0V119.0z");
        assert_eq!(chart.series[1].path, "M42.0 60.0V1.0h216.0V60.0zM342.0 119.0V1.0h216.0V119.0z");
        assert!(!chart.is_flat && Chart::bars(about(), &points(&[[Some(0.0), None]])).is_flat);
    }

    #[test]
    fn edges_are_round() {
        for (number, edge) in [(0.0, 1.0), (0.03, 0.03), (1.0, 1.0), (6.5, 8.0), (101.0, 200.0), (95_000.0, 100_000.0)]
        {
            assert!((round_up(number) - edge).abs() < edge * 1e-6, "{number}: {}", round_up(number));
        }
    }
}
