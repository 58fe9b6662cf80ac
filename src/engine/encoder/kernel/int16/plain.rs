//! 16-bit products for any chip: plain Rust that the compiler turns into what vectors the target has.

use super::{LANES, PAIR, Product};

/// Works out a product.
///
/// # Safety
/// The product keeps its promise.
pub(super) unsafe fn multiply(product: &Product) {
    for panel in 0..product.panels {
        for row in 0..product.rows {
            let mut sums = [0_i32; LANES];
            // SAFETY: every offset is one that `Product` promises: a row below `rows`, a pair below `steps`, a panel
            // below `panels`.
            unsafe {
                let left = product.left.add(row * product.left_stride);
                let right = product.right.add(panel * product.panel());
                for step in 0..product.steps {
                    let [first, second] = *left.add(step * PAIR).cast::<[i16; PAIR]>();
                    let lanes = &*right.add(step * LANES * PAIR).cast::<[[i16; PAIR]; LANES]>();
                    for (sum, lane) in sums.iter_mut().zip(lanes) {
                        let products =
                            [i32::from(first) * i32::from(lane[0]), i32::from(second) * i32::from(lane[1])];
                        *sum = sum.wrapping_add(products[0].wrapping_add(products[1]));
                    }
                }
                let out = product.out.add(row * product.out_stride + panel * LANES);
                for (lane, sum) in sums.iter().enumerate() {
                    *out.add(lane) = *sum as f32 * product.scale;
                }
            }
        }
    }
}
