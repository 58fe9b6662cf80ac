//! Products of 16-bit whole numbers: attention where sums must not depend on the kernel.
//!
//! *Takes* rows and panels of i16 whose sums fit 32 bits. *Gives* sum × scale. *Cost*: with AVX-512 VNNI 32
//! multiply-adds an instruction.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod plain;

use super::{Kernel, Kind, LANES, Out, lanes};
#[cfg(target_arch = "x86_64")]
pub(super) use avx512::{fix, panel_of_rows, raise, scaled};

/// Numbers that one lane multiplies and adds up in one step.
pub(in crate::engine::encoder) const PAIR: usize = 2;

/// A matrix whose rows lie `stride` numbers apart; `columns` are a multiple of [`PAIR`].
#[derive(Debug, Clone, Copy)]
pub(in crate::engine::encoder) struct Rows16<'a> {
    pub(in crate::engine::encoder) values: &'a [i16],
    pub(in crate::engine::encoder) stride: usize,
    pub(in crate::engine::encoder) rows: usize,
    pub(in crate::engine::encoder) columns: usize,
}

/// A checked product: every address that its sizes and strides lead to lies in its slices.
struct Product {
    left: *const i16,
    left_stride: usize,
    /// `[panels, steps, LANES, PAIR]`
    right: *const i16,
    out: *mut f32,
    out_stride: usize,
    scale: f32,
    rows: usize,
    panels: usize,
    /// Pairs of the inner dimension.
    steps: usize,
}

impl Product {
    /// Numbers of one panel.
    fn panel(&self) -> usize {
        self.steps * LANES * PAIR
    }
}

impl Kernel {
    /// `out = scale × left × right`, `right` in panels `[columns / PAIR, LANES, PAIR]` one after another. Sums beyond
    /// 32 bits wrap.
    ///
    /// # Panics
    /// If a slice is shorter than its sizes and strides say.
    pub(in crate::engine::encoder) fn multiply_int16(
        self,
        left: Rows16<'_>,
        right: &[i16],
        scale: f32,
        out: Out<'_>,
    ) {
        if left.rows == 0 || left.columns == 0 {
            return;
        }
        let panels = right.len() / (left.columns * LANES);
        assert!(left.columns.is_multiple_of(PAIR) && right.len() == panels * left.columns * LANES);
        assert!((left.rows - 1) * left.stride + left.columns <= left.values.len());
        assert!((left.rows - 1) * out.stride + panels * LANES <= out.values.len());
        let product = Product {
            left: left.values.as_ptr(),
            left_stride: left.stride,
            right: right.as_ptr(),
            out: out.values.as_mut_ptr(),
            out_stride: out.stride,
            scale,
            rows: left.rows,
            panels,
            steps: left.columns / PAIR,
        };
        match self.0 {
            // SAFETY: a `Kernel` of this kind exists only where the machine has the instructions, and the
            // assertions above are what `Product` promises.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => unsafe { avx512::multiply(&product) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => unsafe { avx2::multiply(&product) },
            // SAFETY: as above, without instructions of its own.
            Kind::Plain => unsafe { plain::multiply(&product) },
        }
    }

    /// Rounds the first `most.len()` parts of each row, of equal width, to 16 bits; the magnitudes of part `p` become at
    /// most `most[p]`. Gives per part what one step is worth: NaN where a number is not finite.
    pub(in crate::engine::encoder) fn fix_rows<const P: usize>(
        self,
        rows: &[f32],
        width: usize,
        most: [f32; P],
        fixed: &mut [i16],
    ) -> [f32; P] {
        let mut ranks = [[0.0; LANES]; P];
        for parts in rows.chunks_exact(P * width) {
            for (ranks, part) in ranks.iter_mut().zip(parts.chunks_exact(width)) {
                self.raise(ranks, part);
            }
        }
        let mut steps = [0.0; P];
        let mut scales = [0.0; P];
        for part in 0..P {
            steps[part] = lanes::magnitude(ranks[part]) / most[part];
            scales[part] = if steps[part] > f32::MIN_POSITIVE { 1.0 / steps[part] } else { 0.0 };
        }
        for (parts, fixed) in rows.chunks_exact(P * width).zip(fixed.chunks_exact_mut(P * width)) {
            for (index, fixed) in fixed.chunks_exact_mut(width).enumerate() {
                self.fix(&parts[index * width..][..width], scales[index], fixed);
            }
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::super::SIZES;
    use super::*;
    use crate::random::Random;

    #[test]
    fn a_product_is_exact_with_every_kernel() {
        let mut random = Random::new(3);
        for (rows, columns, panels) in
            [(1, 2, 1), (5, 32, 2), (13, 64, 3), (8, 48, 4), (20, 512, 9)].into_iter().take(SIZES)
        {
            let mut numbers = |count: usize| -> Vec<i16> {
                (0..count).map(|_| random.below(16_001) as i16 - 8_000).collect()
            };
            let (left, right) = (numbers(rows * columns), numbers(columns * panels * LANES));
            for kernel in Kernel::supported() {
                let mut out = vec![0.0; rows * panels * LANES];
                let stride = panels * LANES;
                kernel.multiply_int16(
                    Rows16 { values: &left, stride: columns, rows, columns },
                    &right,
                    0.5,
                    Out { values: &mut out, stride },
                );
                for row in 0..rows {
                    for column in 0..stride {
                        let (panel, lane) = (column / LANES, column % LANES);
                        let sum = (0..columns).fold(0_i32, |sum, k| {
                            let place =
                                ((panel * columns / PAIR + k / PAIR) * LANES + lane) * PAIR + k % PAIR;
                            sum.wrapping_add(i32::from(left[row * columns + k]) * i32::from(right[place]))
                        });
                        assert_eq!(out[row * stride + column], sum as f32 * 0.5, "{}", kernel.name());
                    }
                }
            }
        }
    }

    #[test]
    fn rows_are_fixed_part_by_part() {
        let rows: Vec<f32> = (0..4 * 32_u8).map(|index| f32::from(index) - 50.0).collect();
        for kernel in Kernel::supported() {
            let mut fixed = vec![0; rows.len()];
            let steps = kernel.fix_rows(&rows, 32, [1_000.0, 30_000.0], &mut fixed);
            for (index, (value, fixed)) in rows.iter().zip(&fixed).enumerate() {
                let step = steps[index / 32 % 2];
                assert!((f32::from(*fixed) * step - value).abs() <= 0.51 * step, "{} {index}", kernel.name());
            }
            let mut odd = rows.clone();
            odd[33] = f32::INFINITY;
            let steps = kernel.fix_rows(&odd, 32, [1_000.0, 30_000.0], &mut fixed);
            assert!(steps[0].is_finite() && !steps[1].is_finite());
        }
    }

    #[test]
    #[should_panic(expected = "assertion failed")]
    fn a_short_slice_is_never_read_past_its_end() {
        Kernel::best().multiply_int16(
            Rows16 { values: &[1; 10], stride: 12, rows: 1, columns: 12 },
            &[1; 12 * LANES],
            1.0,
            Out { values: &mut [0.0; LANES], stride: LANES },
        );
    }
}
