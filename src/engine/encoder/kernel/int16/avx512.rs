//! 16-bit products with AVX-512 VNNI: tiles of 6 rows by up to 4 panels in 24 registers.

use std::arch::x86_64::{
    __m512, __m512i, _MM_HINT_T0, _mm256_storeu_si256, _mm512_and_si512, _mm512_cvtepi32_epi16,
    _mm512_cvtepi32_ps, _mm512_cvtps_epi32, _mm512_dpwssd_epi32, _mm512_loadu_ps, _mm512_loadu_si512,
    _mm512_maskz_loadu_epi32, _mm512_max_epu32, _mm512_mul_ps, _mm512_packs_epi32, _mm512_permutexvar_epi64,
    _mm512_set1_epi32, _mm512_set1_ps, _mm512_setr_epi64, _mm512_setzero_si512, _mm512_shuffle_i32x4,
    _mm512_slli_epi32, _mm512_srli_epi32, _mm512_storeu_ps, _mm512_storeu_si512, _mm512_unpackhi_epi32,
    _mm512_unpackhi_epi64, _mm512_unpacklo_epi32, _mm512_unpacklo_epi64,
};

use super::super::{prefetch, starts};
use super::{LANES, PAIR, Product};

/// Rows and panels of a whole tile.
const ROWS: usize = 6;
const PANELS: usize = 4;

/// Numbers from those at work to those that are fetched meanwhile.
const AHEAD: usize = 512;

/// Works out a product.
///
/// # Safety
/// The product keeps its promise.
#[target_feature(enable = "avx512f,avx512vnni")]
pub(super) unsafe fn multiply(product: &Product) {
    for panel in (0..product.panels).step_by(PANELS) {
        // SAFETY: the panels are among the product's.
        unsafe {
            match product.panels - panel {
                1 => rows::<1>(product, panel),
                2 => rows::<2>(product, panel),
                3 => rows::<3>(product, panel),
                _ => rows::<PANELS>(product, panel),
            }
        }
    }
}

/// # Safety
/// Panels `panel..panel + V` lie within the product.
#[target_feature(enable = "avx512f,avx512vnni")]
unsafe fn rows<const V: usize>(product: &Product, panel: usize) {
    let mut row = 0;
    while row < product.rows {
        let rows = ROWS.min(product.rows - row);
        // SAFETY: `row..row + rows` lies within the product, the rest is promised by the caller.
        unsafe {
            match rows {
                1 => tile::<1, V>(product, row, panel),
                2 => tile::<2, V>(product, row, panel),
                3 => tile::<3, V>(product, row, panel),
                4 => tile::<4, V>(product, row, panel),
                5 => tile::<5, V>(product, row, panel),
                _ => tile::<ROWS, V>(product, row, panel),
            }
        }
        row += rows;
    }
}

/// # Safety
/// Rows `row..row + R` and panels `panel..panel + V` lie within the product.
// Not inlined: several tiles in one function make the compiler keep sums on the stack.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512vnni")]
unsafe fn tile<const R: usize, const V: usize>(product: &Product, row: usize, panel: usize) {
    let mut sums = [[_mm512_setzero_si512(); V]; R];
    // SAFETY: every offset is one that `Product` promises: a row below `rows`, a pair below `steps`, a panel below
    // `panels`.
    unsafe {
        let left = starts::<i16, R>(product.left.add(row * product.left_stride), product.left_stride);
        let right = product.right.add(panel * product.panel());
        for step in 0..product.steps {
            let mut weights: [__m512i; V] = [_mm512_setzero_si512(); V];
            for (v, weights) in weights.iter_mut().enumerate() {
                *weights = _mm512_loadu_si512(right.add(v * product.panel() + step * LANES * PAIR).cast());
            }
            for (left, sums) in left.iter().zip(&mut sums) {
                let pair = left.add(step * PAIR).cast::<i32>().read_unaligned();
                let pair = _mm512_set1_epi32(pair);
                for (sum, weights) in sums.iter_mut().zip(&weights) {
                    *sum = _mm512_dpwssd_epi32(*sum, pair, *weights);
                }
            }
        }
        let scale = _mm512_set1_ps(product.scale);
        for (r, sums) in sums.iter().enumerate() {
            let out = product.out.add((row + r) * product.out_stride + panel * LANES);
            for (v, sum) in sums.iter().enumerate() {
                _mm512_storeu_ps(out.add(v * LANES), _mm512_mul_ps(_mm512_cvtepi32_ps(*sum), scale));
            }
        }
    }
}

/// [`lanes::raise`](super::lanes::raise): magnitudes as whole numbers are in the same order, and a maximum of those does
/// not wait for the one before it.
#[target_feature(enable = "avx512f")]
pub(in super::super) fn raise(ranks: &mut [f32; LANES], row: &[f32]) {
    let magnitude = _mm512_set1_epi32(i32::MAX);
    // SAFETY: every vector is `LANES` numbers of a slice or an array.
    unsafe {
        let mut most = _mm512_slli_epi32::<1>(_mm512_loadu_si512(ranks.as_ptr().cast()));
        for values in row.as_chunks::<LANES>().0 {
            prefetch::<_MM_HINT_T0, _>(values.as_ptr().wrapping_add(AHEAD));
            let values = _mm512_and_si512(_mm512_loadu_si512(values.as_ptr().cast()), magnitude);
            most = _mm512_max_epu32(most, values);
        }
        _mm512_storeu_si512(ranks.as_mut_ptr().cast(), _mm512_srli_epi32::<1>(most));
    }
}

/// [`lanes::fix`](super::lanes::fix).
#[target_feature(enable = "avx512f,avx512bw")]
pub(in super::super) fn fix(row: &[f32], scale: f32, fixed: &mut [i16]) {
    scaled(row, _mm512_set1_ps(scale), fixed);
}

/// The same with a scale in all lanes.
///
/// # Panics
/// If the slices are not of one length.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub(in super::super) fn scaled(row: &[f32], scale: __m512, fixed: &mut [i16]) {
    assert_eq!(row.len(), fixed.len());
    // Packing goes quarter by quarter: this puts the quarters in order.
    let order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
    let (pairs, last) = row.as_chunks::<{ 2 * LANES }>();
    let (fixed_pairs, fixed_last) = fixed.as_chunks_mut::<{ 2 * LANES }>();
    // SAFETY: every vector is as many numbers of a slice as it has lanes.
    unsafe {
        let whole = |row: *const f32| _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(row), scale));
        for (pair, fixed) in pairs.iter().zip(fixed_pairs) {
            prefetch::<_MM_HINT_T0, _>(pair.as_ptr().wrapping_add(AHEAD));
            prefetch::<_MM_HINT_T0, _>(pair.as_ptr().wrapping_add(AHEAD + LANES));
            let pair = _mm512_packs_epi32(whole(pair.as_ptr()), whole(pair.as_ptr().add(LANES)));
            _mm512_storeu_si512(fixed.as_mut_ptr().cast(), _mm512_permutexvar_epi64(order, pair));
        }
        for (row, fixed) in last.as_chunks::<LANES>().0.iter().zip(fixed_last.as_chunks_mut::<LANES>().0) {
            _mm256_storeu_si256(fixed.as_mut_ptr().cast(), _mm512_cvtepi32_epi16(whole(row.as_ptr())));
        }
    }
}

/// [`lanes::panel_of_rows`](super::lanes::panel_of_rows): squares of 16 pairs by 16 rows are turned over in registers.
#[target_feature(enable = "avx512f")]
pub(in super::super) fn panel_of_rows(rows: &[i16], stride: usize, width: usize, panel: &mut [i16]) {
    const SQUARE: usize = LANES * PAIR;
    assert!((LANES - 1) * stride + width <= rows.len() && panel.len() == width * LANES);
    for from in (0..width).step_by(SQUARE) {
        let pairs = (width - from).min(SQUARE) / PAIR;
        let filled = u16::MAX >> (LANES - pairs);
        // SAFETY: `pairs` pairs of each row are read and as many steps of the panel written, which the assertion bounds.
        unsafe {
            let rows: [__m512i; LANES] = std::array::from_fn(|lane| {
                _mm512_maskz_loadu_epi32(filled, rows.as_ptr().add(lane * stride + from).cast())
            });
            for (step, pairs) in turned(rows).into_iter().take(pairs).enumerate() {
                _mm512_storeu_si512(panel.as_mut_ptr().add((from / PAIR + step) * SQUARE).cast(), pairs);
            }
        }
    }
}

/// Column by column what is given row by row.
#[inline]
#[target_feature(enable = "avx512f")]
fn turned(rows: [__m512i; LANES]) -> [__m512i; LANES] {
    // Within quarters: of rows 4g to 4g + 3, number n of every quarter stands at 4g + n.
    let mut fours = rows;
    for four in fours.as_chunks_mut::<4>().0 {
        let [a, b, c, d] = *four;
        let (ab, cd) = (_mm512_unpacklo_epi32(a, b), _mm512_unpacklo_epi32(c, d));
        let (ef, gh) = (_mm512_unpackhi_epi32(a, b), _mm512_unpackhi_epi32(c, d));
        *four = [
            _mm512_unpacklo_epi64(ab, cd),
            _mm512_unpackhi_epi64(ab, cd),
            _mm512_unpacklo_epi64(ef, gh),
            _mm512_unpackhi_epi64(ef, gh),
        ];
    }
    // Quarters: number n of quarter q is column 4q + n.
    let mut columns = rows;
    for n in 0..4 {
        let [a, b, c, d] = [fours[n], fours[4 + n], fours[8 + n], fours[12 + n]];
        let (low, high) = (_mm512_shuffle_i32x4::<0x44>(a, b), _mm512_shuffle_i32x4::<0x44>(c, d));
        columns[n] = _mm512_shuffle_i32x4::<0x88>(low, high);
        columns[4 + n] = _mm512_shuffle_i32x4::<0xdd>(low, high);
        let (low, high) = (_mm512_shuffle_i32x4::<0xee>(a, b), _mm512_shuffle_i32x4::<0xee>(c, d));
        columns[8 + n] = _mm512_shuffle_i32x4::<0x88>(low, high);
        columns[12 + n] = _mm512_shuffle_i32x4::<0xdd>(low, high);
    }
    columns
}
