//! The kernel for any chip: plain Rust that the compiler turns into what vectors the target has.

use super::Product;
use crate::models::LANES;

/// Whether the target always has an instruction for multiplication and addition.
pub(super) const FUSES: bool = cfg!(any(target_arch = "aarch64", target_feature = "fma"));

super::compiled!();
super::compiled_but_for_avx512!();

/// Rows of a tile: with 16 lanes each, what the registers of the target hold.
const ROWS: usize = if cfg!(target_arch = "aarch64") { 4 } else { 2 };

/// `a × b + c`: fused where the target always has the instruction, else in two steps.
#[inline(always)]
fn multiply_add(a: f32, b: f32, c: f32) -> f32 {
    if FUSES { a.mul_add(b, c) } else { a * b + c }
}

/// Works out a product.
///
/// # Safety
/// The product keeps its promise.
pub(super) unsafe fn multiply(product: &Product) {
    for panel in 0..product.panels {
        let whole = product.rows - product.rows % ROWS;
        for row in (0..whole).step_by(ROWS) {
            // SAFETY: rows `row..row + ROWS` and the panel are within the product.
            unsafe { tile::<ROWS>(product, row, panel) };
        }
        for row in whole..product.rows {
            // SAFETY: as above with one row.
            unsafe { tile::<1>(product, row, panel) };
        }
    }
}

/// # Safety
/// Rows `row..row + R` and `panel` lie within the product.
unsafe fn tile<const R: usize>(product: &Product, row: usize, panel: usize) {
    let mut sums = [[0.0_f32; LANES]; R];
    // SAFETY: every offset is one that `Product` promises: a row below `rows`, a step below `inner`, a
    // panel below `panels`, a lane below `LANES`.
    unsafe {
        let left = product.left.add(row * product.left_stride);
        let right = product.right.add(panel * product.panel_stride);
        for k in 0..product.inner {
            let lanes = &*right.add(k * product.row_stride).cast::<[f32; LANES]>();
            for (r, sums) in sums.iter_mut().enumerate() {
                let value = *left.add(r * product.left_stride + k);
                for (sum, lane) in sums.iter_mut().zip(lanes) {
                    *sum = multiply_add(value, *lane, *sum);
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            let out = product.out.add((row + r) * product.out_stride + panel * LANES);
            for (lane, sum) in sums.iter().enumerate() {
                let bias = if product.bias.is_null() { 0.0 } else { *product.bias.add(panel * LANES + lane) };
                *out.add(lane) = sum + bias;
            }
        }
    }
}
