//! int8 products with AVX-512 VNNI: tiles of 6 rows by 4 panels in 24 registers.

use std::arch::x86_64::{
    __m512i, _MM_HINT_ET0, _MM_HINT_T0, _MM_HINT_T1, _mm_loadu_si128, _mm512_cvtepi8_epi32,
    _mm512_cvtepi32_ps, _mm512_dpbusd_epi32, _mm512_dpwssd_epi32, _mm512_fmadd_ps, _mm512_loadu_ps,
    _mm512_loadu_si512, _mm512_madd_epi16, _mm512_mul_ps, _mm512_reduce_add_epi32, _mm512_set1_epi32,
    _mm512_set1_ps, _mm512_setzero_si512, _mm512_storeu_ps,
};

use super::super::{prefetch, starts};
use super::{GROUP, LANES, Product, STEP};
use crate::engine::encoder::aligned::LINE;

/// Rows of a whole tile.
const ROWS: usize = 6;

/// Tiles that share in having the weights of the next group fetched: left to the processor they come too late.
const SHARES: usize = 8;

/// Bytes of the next group that are fetched while a tile takes [`LANES`] inputs.
const AHEAD: usize = GROUP * LANES * LANES / SHARES;

/// Works out a product.
///
/// # Safety
/// The product keeps its promise.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) unsafe fn multiply(product: &Product) {
    for (panel, panels, from) in product.groups() {
        // SAFETY: the group is one of the product's.
        unsafe {
            match panels {
                1 => rows::<1>(product, panel, from),
                2 => rows::<2>(product, panel, from),
                3 => rows::<3>(product, panel, from),
                _ => rows::<GROUP>(product, panel, from),
            }
        }
    }
}

/// # Safety
/// A group of `V` panels that starts at `panel` has its weights at `from`.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn rows<const V: usize>(product: &Product, panel: usize, from: usize) {
    let last = panel + V == product.panels;
    let next = if last { from } else { from + V * LANES * product.inputs };
    let mut row = 0;
    while row < product.rows {
        let rows = ROWS.min(product.rows - row);
        let share = row / ROWS % SHARES * (product.inputs / LANES * AHEAD);
        let ahead = product.right.wrapping_add(next + share);
        let later = if row + rows < product.rows { (row + rows, panel) } else { (0, panel + V) };
        // SAFETY: `row..row + rows` lies within the product, the rest is promised by the caller.
        unsafe {
            prefetch_columns(product, later);
            match rows {
                1 => tile::<1, V>(product, row, panel, from, ahead),
                2 => tile::<2, V>(product, row, panel, from, ahead),
                3 => tile::<3, V>(product, row, panel, from, ahead),
                4 => tile::<4, V>(product, row, panel, from, ahead),
                5 => tile::<5, V>(product, row, panel, from, ahead),
                _ => tile::<ROWS, V>(product, row, panel, from, ahead),
            }
        }
        row += rows;
    }
}

/// Has the weights fetched that the tile at `row` and `panel` starts with: they lie where only its rows say.
///
/// # Safety
/// The product keeps its promise.
#[inline]
unsafe fn prefetch_columns(product: &Product, (row, panel): (usize, usize)) {
    for row in row..product.rows.min(row + ROWS) {
        // SAFETY: the row is one of the product's.
        let place = unsafe { (*product.rounded.add(row)).place };
        let column = (place * product.panels + panel) * LANES;
        prefetch::<_MM_HINT_T0, _>(product.columns.wrapping_add(column));
    }
}

/// # Safety
/// Rows `row..row + R` lie within the product, and so does the group of `V` panels that starts at `panel` with its
/// weights at `from`. What lies from `ahead` on is fetched meanwhile.
// Not inlined: several tiles in one function make the compiler keep sums on the stack.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn tile<const R: usize, const V: usize>(
    product: &Product,
    row: usize,
    panel: usize,
    from: usize,
    ahead: *const i8,
) {
    let width = product.panels * LANES;
    let out = product.out.wrapping_add(row * width + panel * LANES);
    let mut sums = [[_mm512_setzero_si512(); V]; R];
    // SAFETY: every offset is one that `Product` promises: a row below `rows`, an input below `inputs`, a panel below
    // `panels` with `LANES` numbers.
    unsafe {
        for (r, sums) in sums.iter_mut().enumerate() {
            let rounded = &*product.rounded.add(row + r);
            let zero = _mm512_set1_epi32(rounded.zero);
            let apart = _mm512_set1_epi32(rounded.apart);
            let column = product.columns.add((rounded.place * product.panels + panel) * LANES);
            for (v, sum) in sums.iter_mut().enumerate() {
                let weight_sums = _mm512_loadu_si512(product.sums.add((panel + v) * LANES).cast());
                let weights = _mm512_cvtepi8_epi32(_mm_loadu_si128(column.add(v * LANES).cast()));
                let start = _mm512_madd_epi16(zero, weight_sums);
                *sum = _mm512_dpwssd_epi32(start, apart, weights);
                // Had for writing by the time that the sums are done.
                prefetch::<_MM_HINT_ET0, _>(out.wrapping_add(r * width + v * LANES));
            }
        }
        let left = starts::<u8, R>(product.left.add(row * product.inputs), product.inputs);
        let right = product.right.add(from);
        // Four steps between two looks at the end: looking takes turns where products are made.
        for input in (0..product.inputs).step_by(LANES) {
            for line in (0..AHEAD).step_by(LINE) {
                prefetch::<_MM_HINT_T1, _>(ahead.wrapping_add(input / LANES * AHEAD + line));
            }
            for step in (0..LANES).step_by(STEP) {
                add_up(&mut sums, &left, right, input + step);
            }
        }
        for v in 0..V {
            let scales = _mm512_loadu_ps(product.scales.add((panel + v) * LANES));
            let bias = _mm512_loadu_ps(product.bias.add((panel + v) * LANES));
            for (r, sums) in sums.iter().enumerate() {
                let scales = _mm512_mul_ps(scales, _mm512_set1_ps((*product.rounded.add(row + r)).step));
                let value = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums[v]), scales, bias);
                _mm512_storeu_ps(out.add(r * width + v * LANES), value);
            }
        }
    }
}

/// Adds the products of [`STEP`] inputs to the sums of a tile.
///
/// # Safety
/// `input..input + STEP` lie within the rows that start at `left`, and the weights of `V` panels start at `right`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn add_up<const R: usize, const V: usize>(
    sums: &mut [[__m512i; V]; R],
    left: &[*const u8; R],
    right: *const i8,
    input: usize,
) {
    // SAFETY: promised by the caller.
    unsafe {
        let mut weights: [__m512i; V] = [_mm512_setzero_si512(); V];
        for (v, weights) in weights.iter_mut().enumerate() {
            *weights = _mm512_loadu_si512(right.add((input * V + v * STEP) * LANES).cast());
        }
        for (left, sums) in left.iter().zip(sums) {
            let bytes = _mm512_set1_epi32(left.add(input).cast::<i32>().read_unaligned());
            for (sum, weights) in sums.iter_mut().zip(&weights) {
                *sum = _mm512_dpbusd_epi32(*sum, bytes, *weights);
            }
        }
    }
}

/// Chains of multiply-adds for [`super::Kernel::peak_int8`]: how many, and their sum.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(in super::super) fn chains(rounds: u32) -> (usize, i32) {
    let mut sums = [_mm512_set1_epi32(1); 24];
    let bytes = _mm512_set1_epi32(std::hint::black_box(0x0102_0304));
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = _mm512_dpbusd_epi32(*sum, bytes, bytes);
        }
    }
    let mut total = 0_i32;
    for sum in sums {
        total = total.wrapping_add(_mm512_reduce_add_epi32(sum));
    }
    (24 * LANES * STEP, total)
}
