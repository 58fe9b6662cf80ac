//! Minimises a smooth convex function by L-BFGS.
//!
//! D. Liu & J. Nocedal, "On the limited memory BFGS method for large scale optimization", Mathematical
//! Programming 45, 1989; two-loop recursion and backtracking as in Nocedal & Wright, "Numerical
//! optimization", 2006, algorithms 3.1 and 7.4. Everything is summed in one order, so the same input gives
//! the same bits.

/// Pairs of steps and gradient changes remembered; Liu & Nocedal find no gain beyond 3 to 20.
const MEMORY: usize = 10;

/// Most steps; the problems here take 20 to 80.
const MAX_STEPS: usize = 300;

/// A gradient whose largest element is below this ends the search; losses are means of about 0.3.
const GRADIENT: f64 = 1e-6;

/// Share of the decrease promised by the gradient that a step must bring (Armijo).
const SUFFICIENT: f64 = 1e-4;

/// Most halvings of one step; beyond them the function is flat to the last bit.
const MAX_HALVINGS: usize = 40;

/// Finds the minimum of `objective` from `start`. `objective` gives the value at a point and writes the
/// gradient there.
pub(super) fn minimise(start: Vec<f64>, mut objective: impl FnMut(&[f64], &mut [f64]) -> f64) -> Vec<f64> {
    let size = start.len();
    let mut point = start;
    let mut gradient = vec![0.0; size];
    let mut value = objective(&point, &mut gradient);
    let mut memory: Vec<Change> = Vec::with_capacity(MEMORY);
    let (mut next, mut next_gradient) = (vec![0.0; size], vec![0.0; size]);
    for _ in 0..MAX_STEPS {
        if gradient.iter().all(|element| element.abs() < GRADIENT) {
            break;
        }
        let direction = direction(&gradient, &memory);
        let slope = dot(&direction, &gradient);
        // The first direction is the gradient itself, whose length says nothing of how far to go.
        let mut step =
            if memory.is_empty() { (1.0 / dot(&gradient, &gradient).sqrt()).min(1.0) } else { 1.0 };
        let mut is_found = false;
        for _ in 0..MAX_HALVINGS {
            for ((next, point), direction) in next.iter_mut().zip(&point).zip(&direction) {
                *next = point + step * direction;
            }
            let next_value = objective(&next, &mut next_gradient);
            if next_value <= value + SUFFICIENT * step * slope {
                value = next_value;
                is_found = true;
                break;
            }
            step /= 2.0;
        }
        if !is_found {
            break;
        }
        let change = Change::new(&next, &point, &next_gradient, &gradient);
        std::mem::swap(&mut point, &mut next);
        std::mem::swap(&mut gradient, &mut next_gradient);
        // Without positive curvature the pair would spoil the model of the function.
        if change.curvature > 0.0 {
            if memory.len() == MEMORY {
                memory.remove(0);
            }
            memory.push(change);
        }
    }
    point
}

/// One step and what it did to the gradient.
struct Change {
    step: Vec<f64>,
    gradient: Vec<f64>,
    /// step · gradient change.
    curvature: f64,
}

impl Change {
    fn new(point: &[f64], former: &[f64], gradient: &[f64], former_gradient: &[f64]) -> Self {
        let less = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<_>>();
        let (step, gradient) = (less(point, former), less(gradient, former_gradient));
        let curvature = dot(&step, &gradient);
        Self { step, gradient, curvature }
    }
}

/// The direction of descent: minus the gradient times the inverse Hessian as the remembered pairs show it.
fn direction(gradient: &[f64], memory: &[Change]) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|element| -element).collect();
    let mut shares = Vec::with_capacity(memory.len());
    for change in memory.iter().rev() {
        let share = dot(&change.step, &direction) / change.curvature;
        add(&mut direction, -share, &change.gradient);
        shares.push(share);
    }
    if let Some(last) = memory.last() {
        let scale = last.curvature / dot(&last.gradient, &last.gradient);
        direction.iter_mut().for_each(|element| *element *= scale);
    }
    for (change, share) in memory.iter().zip(shares.iter().rev()) {
        let correction = dot(&change.gradient, &direction) / change.curvature;
        add(&mut direction, share - correction, &change.step);
    }
    direction
}

/// a · b, summed in eight lanes so that it can be vectorised.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a_lanes, a_rest) = a.as_chunks::<8>();
    let (b_lanes, b_rest) = b.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (a, b) in a_lanes.iter().zip(b_lanes) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f64>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f64>()
}

/// to += factor × from.
pub(super) fn add(to: &mut [f64], factor: f64, from: &[f64]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += factor * from);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretched_bowl_ends_at_its_bottom() {
        let bottom = [3.0, -2.0, 0.5, 10.0];
        let stretch = [1.0, 100.0, 0.01, 7.0];
        let found = minimise(vec![0.0; 4], |point, gradient| {
            let mut value = 0.0;
            for index in 0..4 {
                let distance = point[index] - bottom[index];
                gradient[index] = stretch[index] * distance;
                value += 0.5 * stretch[index] * distance * distance;
            }
            value
        });
        for (found, bottom) in found.iter().zip(bottom) {
            assert!((found - bottom).abs() < 1e-3, "{found} {bottom}");
        }
    }

    #[test]
    fn the_lanes_of_a_dot_product_add_up() {
        let a: Vec<f64> = (0..19).map(f64::from).collect();
        assert_eq!(dot(&a, &a), (0..19).map(|x| f64::from(x * x)).sum::<f64>());
    }
}
