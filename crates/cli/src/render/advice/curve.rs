//! Gain against storage as a picture: what the workload costs for each number of bytes given to indexes, over a
//! shaded floor that no set of the indexes considered can break through.
//!
//! Both lines are steps, because nothing else is proven: a cost is reached from its bytes on, and the bound of a
//! budget holds for every smaller one too.

use dbwright_advise::Advice;
use dbwright_advise::advice::CurvePoint;
use maud::{Markup, html};

use super::words;
use crate::render::units;

/// Width and height of the picture in its own units.
const SIZE: (f64, f64) = (720.0, 340.0);
/// Room for labels: left, right, top, bottom.
const ROOM: (f64, f64, f64, f64) = (64.0, 20.0, 16.0, 52.0);
/// A wider range than this is drawn from zero on, so that a small gain does not look like a large one for nothing.
const FROM_ZERO: f64 = 0.6;
/// A floor of this height has room for its name.
const TALL: f64 = 40.0;

/// Where values lie on the picture.
struct Frame {
    most_bytes: f64,
    /// Least and greatest share of today's cost that is drawn.
    shares: (f64, f64),
    today: f64,
}

impl Frame {
    fn of(advice: &Advice) -> Option<Self> {
        let most_bytes = advice.curve.iter().map(|p| p.bytes as f64).fold(0.0, f64::max);
        let today = advice.cost_before;
        let lowest = advice.curve.iter().map(|p| p.bound.min(p.cost)).fold(f64::INFINITY, f64::min) / today;
        let drawable = today > 0.0 && most_bytes > 0.0 && lowest.is_finite() && advice.curve.len() > 1;
        let floor = if lowest < FROM_ZERO { 0.0 } else { ((lowest - (1.0 - lowest) * 0.3) * 20.0).floor() / 20.0 };
        drawable.then_some(Self { most_bytes: most_bytes * 1.04, shares: (floor.max(0.0), 1.0), today })
    }

    fn x(&self, bytes: f64) -> f64 {
        ROOM.0 + bytes / self.most_bytes * (SIZE.0 - ROOM.0 - ROOM.1)
    }

    /// Height of a cost, which is kept inside the picture.
    fn y(&self, cost: f64) -> f64 {
        let (low, high) = self.shares;
        let share = (cost / self.today).clamp(low, high);
        ROOM.2 + (high - share) / (high - low) * (SIZE.1 - ROOM.2 - ROOM.3)
    }

    fn right(&self) -> f64 {
        self.x(self.most_bytes)
    }

    fn bottom(&self) -> f64 {
        self.y(0.0)
    }
}

/// The section; nothing when there are no points to draw.
pub(super) fn section(advice: &Advice) -> Markup {
    let mut points = advice.curve.clone();
    points.sort_by_key(|point| point.bytes);
    html! {
        @if let Some(frame) = Frame::of(advice) {
            section {
                h2 { "Gain against storage" }
                p.aside {
                    "The line is what the workload costs with the best set found for each number of bytes; nothing that was "
                    "considered can reach into the shaded area. The dot is this advice."
                }
                div.scroll { (picture(advice, &points, &frame)) }
                details { summary { "The numbers" } div.scroll { (numbers(advice, &points)) } }
            }
        }
    }
}

fn picture(advice: &Advice, points: &[CurvePoint], frame: &Frame) -> Markup {
    let label = format!("What the workload costs against bytes of new indexes. {}.", words::headline(advice));
    html! {
        svg.curve viewBox={ "0 0 " (SIZE.0) " " (SIZE.1) } role="img" aria-label=(label) {
            path.floor d=(floor(points, frame)) {}
            (axes(frame))
            path.best d=(steps(points, frame)) {}
            @if frame.bottom() - points.last().map_or(0.0, |p| frame.y(p.bound)) > TALL {
                text.aside x=(px(frame.right() - 8.0)) y=(px(frame.bottom() - 10.0)) text-anchor="end" { "proven out of reach" }
            }
            @for point in points.iter().filter(|point| !point.chosen) { (dot(advice, point, frame)) }
            @for point in points.iter().filter(|point| point.chosen) { (dot(advice, point, frame)) (chosen(advice, point, frame)) }
        }
    }
}

/// The best costs: each holds from its bytes on.
fn steps(points: &[CurvePoint], frame: &Frame) -> String {
    let mut path = format!("M{} {}", px(frame.x(0.0)), px(frame.y(frame.today)));
    for point in points {
        path += &format!(" H{} V{}", px(frame.x(point.bytes as f64)), px(frame.y(point.cost)));
    }
    path + &format!(" H{}", px(frame.right()))
}

/// The area below the bounds: each holds up to its bytes.
fn floor(points: &[CurvePoint], frame: &Frame) -> String {
    let mut path = format!("M{} {}", px(frame.x(0.0)), px(frame.bottom()));
    for point in points {
        path += &format!(" V{} H{}", px(frame.y(point.bound)), px(frame.x(point.bytes as f64)));
    }
    path + &format!(" H{} V{} Z", px(frame.right()), px(frame.bottom()))
}

fn axes(frame: &Frame) -> Markup {
    let (left, bottom) = (frame.x(0.0), frame.bottom());
    html! {
        @for share in share_ticks(frame.shares) {
            @let y = frame.y(share * frame.today);
            line.grid x1=(px(left)) x2=(px(frame.right())) y1=(px(y)) y2=(px(y)) {}
            text.tick x=(px(left - 8.0)) y=(px(y + 4.0)) text-anchor="end" { (units::percent(share)) }
        }
        @for bytes in byte_ticks(frame.most_bytes) {
            @let x = frame.x(bytes);
            line.grid x1=(px(x)) x2=(px(x)) y1=(px(bottom)) y2=(px(bottom + 5.0)) {}
            text.tick x=(px(x)) y=(px(bottom + 19.0)) text-anchor="middle" { (units::decimal_bytes(bytes)) }
        }
        text.tick x=(px(frame.right())) y=(px(bottom + 40.0)) text-anchor="end" { "bytes of new indexes" }
        text.tick x=(px(left)) y=(px(bottom + 40.0)) { "cost of the workload, in % of today's" }
    }
}

fn dot(advice: &Advice, point: &CurvePoint, frame: &Frame) -> Markup {
    let class = if point.chosen { "dot chosen" } else { "dot" };
    let size = if point.chosen { 6.5 } else { 3.0 };
    let (x, y) = (px(frame.x(point.bytes as f64)), px(frame.y(point.cost)));
    html! {
        g {
            title { (words_of(advice, point)) }
            circle class=(class) cx=(x) cy=(y) r=(size) {}
            // A larger place to point at.
            circle.touch cx=(x) cy=(y) r="12" {}
        }
    }
}

/// A point in words, for whoever points at it or can't see it.
fn words_of(advice: &Advice, point: &CurvePoint) -> String {
    let share = |cost: f64| units::percent(cost / advice.cost_before);
    let lead = if point.chosen { "this advice: " } else { "" };
    let [cost, bound] = [share(point.cost), share(point.bound)];
    format!("{lead}{}: cost {cost} of today's, at best {bound}", units::decimal_bytes(point.bytes as f64))
}

/// The label of the chosen point, on the side that has room.
fn chosen(advice: &Advice, point: &CurvePoint, frame: &Frame) -> Markup {
    let x = frame.x(point.bytes as f64);
    let leftmost = x > SIZE.0 * 0.6;
    let (at, anchor) = if leftmost { (x - 4.0, "end") } else { (x + 4.0, "start") };
    let y = (frame.y(point.cost) - 14.0).max(ROOM.2 + 28.0);
    let saved = 1.0 - point.cost / advice.cost_before;
    html! {
        text.label x=(px(at)) y=(px(y - 16.0)) text-anchor=(anchor) {
            (units::decimal_bytes(point.bytes as f64)) ", " (units::percent(saved)) " less"
        }
        text.tick x=(px(at)) y=(px(y)) text-anchor=(anchor) { "gap ≤ " (words::gap_percent(advice)) }
    }
}

fn numbers(advice: &Advice, points: &[CurvePoint]) -> Markup {
    html! {
        table {
            thead { tr { th.num { "bytes of new indexes" } th.num { "cost, of today's" } th.num { "at best" } th { "" } } }
            tbody {
                @for point in points {
                    tr {
                        td.num { (units::decimal_bytes(point.bytes as f64)) }
                        td.num { (units::percent(point.cost / advice.cost_before)) }
                        td.num { (units::percent(point.bound / advice.cost_before)) }
                        td { @if point.chosen { b { "this advice" } } }
                    }
                }
            }
        }
    }
}

/// Round shares inside a range, about five.
fn share_ticks((low, high): (f64, f64)) -> Vec<f64> {
    let step = round_step(high - low);
    let first = (low / step - 1e-9).ceil();
    (0..12).map(|i| (first + f64::from(i)) * step).take_while(|share| *share <= high + 1e-9).collect()
}

/// Round numbers of bytes from zero on, about five.
fn byte_ticks(most: f64) -> Vec<f64> {
    let step = round_step(most);
    (0..12).map(|i| f64::from(i) * step).take_while(|bytes| *bytes <= most).collect()
}

/// 1, 2 or 5 times a power of ten, so that four to ten steps make the range.
fn round_step(range: f64) -> f64 {
    let power = 10_f64.powf((range / 5.0).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| range / step <= 6.0);
    step.unwrap_or(power * 10.0)
}

fn px(n: f64) -> String {
    format!("{n:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(byte_ticks(412e6), [0.0, 1e8, 2e8, 3e8, 4e8]);
        assert_eq!(byte_ticks(12_000.0), [0.0, 2e3, 4e3, 6e3, 8e3, 1e4, 1.2e4]);
        assert_eq!(share_ticks((0.0, 1.0)).len(), 6);
        assert!(share_ticks((0.85, 1.0)).iter().all(|share| (0.85..=1.0 + 1e-9).contains(share)));
    }

    #[test]
    fn lines_are_steps_that_never_promise_more_than_is_proven() {
        let point = |bytes, cost, bound| CurvePoint { bytes, cost, bound, chosen: false };
        let frame = Frame { most_bytes: 100.0, shares: (0.0, 1.0), today: 10.0 };
        let points = [point(50, 5.0, 4.0), point(100, 4.0, 4.0)];
        let [left, middle, right] = [0.0, 50.0, 100.0].map(|bytes| px(frame.x(bytes)));
        let [today, half, least] = [10.0, 5.0, 4.0].map(|cost| px(frame.y(cost)));
        let expected = format!("M{left} {today} H{middle} V{half} H{right} V{least} H{right}");
        assert_eq!(steps(&points, &frame), expected);
        assert!(floor(&points, &frame).starts_with(&format!("M{left} {} V{least} H{middle}", px(frame.bottom()))));
    }
}
