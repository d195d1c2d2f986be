//! A squarified treemap (Bruls, Huizing, van Wijk, 2000): rectangles with areas in proportion, as square as can be.

/// A rectangle of the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rectangle {
    /// Left edge.
    pub(super) x: f64,
    /// Upper edge.
    pub(super) y: f64,
    /// Width.
    pub(super) width: f64,
    /// Height.
    pub(super) height: f64,
}

/// One rectangle a weight, in the weights' order; weights must be positive, the largest first.
pub(super) fn squarify(weights: &[f64], width: f64, height: f64) -> Vec<Rectangle> {
    let total: f64 = weights.iter().sum();
    let areas: Vec<f64> = weights.iter().map(|w| w / total * width * height).collect();
    let mut free = Rectangle { x: 0.0, y: 0.0, width, height };
    let mut out = Vec::new();
    let mut rest = areas.as_slice();
    while !rest.is_empty() {
        let side = free.width.min(free.height);
        let mut n = 1;
        while n < rest.len() && worst(&rest[..=n], side) <= worst(&rest[..n], side) {
            n += 1;
        }
        let (row, later) = rest.split_at(n);
        free = lay(row, free, &mut out);
        rest = later;
    }
    out
}

/// The largest ratio of sides in a row along a side of this length.
fn worst(row: &[f64], side: f64) -> f64 {
    let sum: f64 = row.iter().sum();
    let ratio = |area: &f64| {
        let ratio = side * side * area / (sum * sum);
        ratio.max(1.0 / ratio)
    };
    row.iter().map(ratio).fold(0.0, f64::max)
}

/// Lays a row along the shorter side and gives what is left free.
fn lay(row: &[f64], free: Rectangle, out: &mut Vec<Rectangle>) -> Rectangle {
    let sum: f64 = row.iter().sum();
    let upright = free.width >= free.height;
    let side = if upright { free.height } else { free.width };
    let depth = if side > 0.0 { sum / side } else { 0.0 };
    let mut at = 0.0;
    for area in row {
        let length = if depth > 0.0 { area / depth } else { 0.0 };
        out.push(if upright {
            Rectangle { x: free.x, y: free.y + at, width: depth, height: length }
        } else {
            Rectangle { x: free.x + at, y: free.y, width: length, height: depth }
        });
        at += length;
    }
    if upright {
        Rectangle { x: free.x + depth, width: (free.width - depth).max(0.0), ..free }
    } else {
        Rectangle { y: free.y + depth, height: (free.height - depth).max(0.0), ..free }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn areas_are_in_proportion_and_inside(mut weights in prop::collection::vec(1.0_f64..1e12, 1..60)) {
            weights.sort_by(|a, b| b.total_cmp(a));
            let total: f64 = weights.iter().sum();
            let found = squarify(&weights, 960.0, 420.0);
            prop_assert_eq!(found.len(), weights.len());
            for (r, weight) in found.iter().zip(&weights) {
                let area = weight / total * 960.0 * 420.0;
                prop_assert!((r.width * r.height - area).abs() <= area * 1e-6 + 1e-6);
                prop_assert!(r.x >= -1e-6 && r.x + r.width <= 960.0 + 1e-6);
                prop_assert!(r.y >= -1e-6 && r.y + r.height <= 420.0 + 1e-6);
            }
        }
    }
}
