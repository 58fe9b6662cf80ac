//! int8 products for any chip: plain Rust that the compiler turns into what vectors the target has.
//!
//! The whole numbers are summed up as f32, for which every chip has vectors: up to 2^24 none of them is rounded, and
//! [`BLOCK`] inputs stay below.

use super::super::lanes::fused;
use super::super::plain::FUSES;
use super::{HIGH, LANES, Product, STEP};

/// Inputs whose products add up to less than 2^24.
const BLOCK: usize = 512;
const _: () = assert!(BLOCK * 255 * 128 < 1 << 24 && BLOCK.is_multiple_of(STEP));

/// Rows of a tile: with 16 lanes each, what the registers of the target hold.
const ROWS: usize = if cfg!(target_arch = "aarch64") { 4 } else { 2 };

/// Works out a product.
///
/// # Safety
/// The product keeps its promise.
pub(super) unsafe fn multiply(product: &Product) {
    let mut weights = [[0.0; LANES]; BLOCK];
    let mut sums = vec![[0_i32; LANES]; product.rows];
    for (first, panels, from) in product.groups() {
        for panel in 0..panels {
            sums.fill([0; LANES]);
            for input in (0..product.inputs).step_by(BLOCK) {
                let inputs = BLOCK.min(product.inputs - input);
                // SAFETY: the group has its weights at `from`, `[inputs / STEP, panels, LANES, STEP]`; the inputs
                // `input..input + inputs` are among them, and the rows are the product's.
                unsafe {
                    let right = product.right.add(from + (input * panels + panel * STEP) * LANES);
                    unpack(right, panels, &mut weights[..inputs]);
                    let left = product.left.add(input);
                    for (tile, sums) in sums.chunks_mut(ROWS).enumerate() {
                        let left = left.add(tile * ROWS * product.inputs);
                        match sums.as_chunks_mut::<ROWS>() {
                            ([sums], _) => add(left, product.inputs, &weights[..inputs], sums),
                            _ => sums.iter_mut().enumerate().for_each(|(row, sums)| {
                                let sums = std::slice::from_mut(sums).as_mut_array::<1>().expect("one row");
                                add(left.add(row * product.inputs), product.inputs, &weights[..inputs], sums);
                            }),
                        }
                    }
                }
            }
            // SAFETY: the panel is one of the product's.
            unsafe { finish(product, first + panel, &sums) };
        }
    }
}

/// Writes the weights of one panel as f32, a lane per output.
///
/// # Safety
/// From `right` there are `weights` inputs of a panel, in groups of `panels`.
unsafe fn unpack(right: *const i8, panels: usize, weights: &mut [[f32; LANES]]) {
    for (step, weights) in weights.as_chunks_mut::<STEP>().0.iter_mut().enumerate() {
        // SAFETY: promised by the caller.
        let lanes = unsafe { &*right.add(step * panels * LANES * STEP).cast::<[[i8; STEP]; LANES]>() };
        for (lane, values) in lanes.iter().enumerate() {
            for (weights, value) in weights.iter_mut().zip(values) {
                weights[lane] = f32::from(*value);
            }
        }
    }
}

/// Adds to `sums` what the rows from `left`, `stride` apart, give with up to [`BLOCK`] inputs.
///
/// # Safety
/// Each row has as many bytes as there are `weights`.
unsafe fn add<const R: usize>(
    left: *const u8,
    stride: usize,
    weights: &[[f32; LANES]],
    sums: &mut [[i32; LANES]; R],
) {
    let mut block = [[0.0_f32; LANES]; R];
    for (input, weights) in weights.iter().enumerate() {
        for (row, block) in block.iter_mut().enumerate() {
            // SAFETY: promised by the caller.
            let byte = f32::from(unsafe { *left.add(row * stride + input) });
            for (sum, weight) in block.iter_mut().zip(weights) {
                *sum += byte * weight;
            }
        }
    }
    for (sums, block) in sums.iter_mut().flatten().zip(block.iter().flatten()) {
        *sums += *block as i32;
    }
}

/// Turns the sums of a panel into numbers.
///
/// # Safety
/// `panel` lies within the product, and `sums` has its rows.
unsafe fn finish(product: &Product, panel: usize, sums: &[[i32; LANES]]) {
    for (row, sums) in sums.iter().enumerate() {
        for (lane, sum) in sums.iter().enumerate() {
            let column = panel * LANES + lane;
            // SAFETY: promised by the caller.
            unsafe {
                let rounded = &*product.rounded.add(row);
                let weight = *product.columns.add(rounded.place * product.panels * LANES + column);
                let [low, high] = (*product.sums.add(column)).map(i32::from);
                let (zero, apart) = (i32::from(rounded.zero as i16), i32::from(rounded.apart as i16));
                let sum = sum + zero * (high * HIGH + low) + apart * i32::from(weight);
                let scale = *product.scales.add(column) * rounded.step;
                *product.out.add(row * product.panels * LANES + column) =
                    fused::<FUSES>(sum as f32, scale, *product.bias.add(column));
            }
        }
    }
}
