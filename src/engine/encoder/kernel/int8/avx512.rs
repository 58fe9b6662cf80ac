//! int8 products with AVX-512 VNNI: tiles of 6 rows by 4 panels in 24 registers.

use std::arch::x86_64::{
    __m512, __m512i, _mm_loadu_si128, _mm_storeu_si128, _mm512_add_ps, _mm512_castps_si512,
    _mm512_castsi512_ps, _mm512_cvtepi8_epi32, _mm512_cvtepi32_epi8, _mm512_cvtepi32_ps, _mm512_dpbusd_epi32,
    _mm512_dpwssd_epi32, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_max_ps, _mm512_min_ps, _mm512_mul_ps,
    _mm512_reduce_add_epi32, _mm512_reduce_max_ps, _mm512_reduce_min_ps, _mm512_set1_epi32, _mm512_set1_ps,
    _mm512_setr_epi32, _mm512_setzero_ps, _mm512_setzero_si512, _mm512_srli_epi32, _mm512_storeu_ps,
    _mm512_sub_epi32, _mm512_ternarylogic_epi32,
};

use super::super::lanes::{LAST, ROUND, Rounding, Scale};
use super::super::starts;
use super::{GROUP, HIGH, LANES, Product, STEP, pair};

/// Rows of a whole tile.
const ROWS: usize = 6;

/// Vectors that a loop which takes a maximum goes on with in turn, so that none waits for the one before it.
const LOTS: usize = 4;

/// Works out a product.
///
/// # Safety
/// The product keeps its promise.
#[target_feature(enable = "avx512f,avx512vnni")]
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
#[target_feature(enable = "avx512f,avx512vnni")]
unsafe fn rows<const V: usize>(product: &Product, panel: usize, from: usize) {
    let mut row = 0;
    while row < product.rows {
        let rows = ROWS.min(product.rows - row);
        // SAFETY: `row..row + rows` lies within the product, the rest is promised by the caller.
        unsafe {
            match rows {
                1 => tile::<1, V>(product, row, panel, from),
                2 => tile::<2, V>(product, row, panel, from),
                3 => tile::<3, V>(product, row, panel, from),
                4 => tile::<4, V>(product, row, panel, from),
                5 => tile::<5, V>(product, row, panel, from),
                _ => tile::<ROWS, V>(product, row, panel, from),
            }
        }
        row += rows;
    }
}

/// # Safety
/// Rows `row..row + R` lie within the product, and so does the group of `V` panels that starts at `panel` with its
/// weights at `from`.
// Not inlined: several tiles in one function make the compiler keep sums on the stack.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512vnni")]
unsafe fn tile<const R: usize, const V: usize>(product: &Product, row: usize, panel: usize, from: usize) {
    let mut sums = [[_mm512_setzero_si512(); V]; R];
    // SAFETY: every offset is one that `Product` promises: a row below `rows`, an input below `inputs`, a panel below
    // `panels` with `LANES` numbers.
    unsafe {
        for (r, sums) in sums.iter_mut().enumerate() {
            let rounding = &*product.roundings.add(row + r);
            let zero = _mm512_set1_epi32(pair(-rounding.zero, -rounding.zero * HIGH));
            let apart = _mm512_set1_epi32(pair(rounding.apart, 0));
            let column = product.columns.add((rounding.place * product.panels + panel) * LANES);
            for (v, sum) in sums.iter_mut().enumerate() {
                let weight_sums = _mm512_loadu_si512(product.sums.add((panel + v) * LANES).cast());
                let weights = _mm512_cvtepi8_epi32(_mm_loadu_si128(column.add(v * LANES).cast()));
                let start = _mm512_dpwssd_epi32(_mm512_setzero_si512(), zero, weight_sums);
                *sum = _mm512_dpwssd_epi32(start, apart, weights);
            }
        }
        let left = starts::<u8, R>(product.left.add(row * product.inputs), product.inputs);
        let right = product.right.add(from);
        // Four steps between two looks at the end: looking takes turns where products are made.
        for input in (0..product.inputs).step_by(LANES) {
            for step in (0..LANES).step_by(STEP) {
                add_up(&mut sums, &left, right, input + step);
            }
        }
        let out = product.out.add(row * product.panels * LANES);
        for v in 0..V {
            let scales = _mm512_loadu_ps(product.scales.add((panel + v) * LANES));
            let bias = _mm512_loadu_ps(product.bias.add((panel + v) * LANES));
            for (r, sums) in sums.iter().enumerate() {
                let scales = _mm512_mul_ps(scales, _mm512_set1_ps((*product.roundings.add(row + r)).step));
                let value = _mm512_add_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(sums[v]), scales), bias);
                _mm512_storeu_ps(out.add((r * product.panels + panel + v) * LANES), value);
            }
        }
    }
}

/// Adds the products of [`STEP`] inputs to the sums of a tile.
///
/// # Safety
/// `input..input + STEP` lie within the rows that start at `left`, and the weights of `V` panels start at `right`.
#[inline]
#[target_feature(enable = "avx512f,avx512vnni")]
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

/// [`lanes::round`], which says what is done and why; in its own instructions because the compiler makes three times as
/// many of it.
///
/// # Safety
/// `row` fills whole lanes, is no longer than the places that [`LAST`] bounds, and `bytes` are as many.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(super) unsafe fn round(row: &mut [f32], bytes: &mut [u8]) -> Rounding {
    let last = _mm512_set1_epi32(LAST as i32);
    let ranks = _mm512_set1_epi32((u32::MAX >> 2 & !LAST) as i32);
    let step = _mm512_set1_epi32(LANES as i32);
    let lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    let mut places = _mm512_sub_epi32(last, lanes);
    let mut claims = [_mm512_setzero_ps(); LOTS];
    let count = row.len() / LANES;
    let (values, bytes) = (row.as_mut_ptr(), bytes.as_mut_ptr());
    // SAFETY: `count` vectors lie in the row, and as many quarters of one in the bytes; a place is below the length.
    unsafe {
        each(count, |at, lot| {
            let rank = _mm512_srli_epi32::<1>(_mm512_loadu_si512(values.add(at).cast()));
            let claim = _mm512_ternarylogic_epi32::<0xea>(rank, ranks, places);
            claims[lot] = _mm512_max_ps(claims[lot], _mm512_castsi512_ps(claim));
            places = _mm512_sub_epi32(places, step);
        });
        let most = _mm512_reduce_max_ps(folded(claims, |a, b| _mm512_max_ps(a, b)));
        let place = (LAST - (most.to_bits() & LAST)) as usize;
        let apart = *values.add(place);
        *values.add(place) = 0.0;

        let (mut least, mut most) = ([_mm512_setzero_ps(); LOTS], [_mm512_setzero_ps(); LOTS]);
        each(count, |at, lot| {
            let value = _mm512_loadu_ps(values.add(at));
            least[lot] = _mm512_min_ps(least[lot], value);
            most[lot] = _mm512_max_ps(most[lot], value);
        });
        let least = _mm512_reduce_min_ps(folded(least, |a, b| _mm512_min_ps(a, b)));
        let most = _mm512_reduce_max_ps(folded(most, |a, b| _mm512_max_ps(a, b)));
        let scale = Scale::new(least, most, apart);

        let (inverse, zero) = (_mm512_set1_ps(scale.inverse), _mm512_set1_ps(scale.zero));
        let (highest, whole) = (_mm512_set1_ps(255.0), _mm512_set1_ps(ROUND));
        each(count, |at, _| {
            let value = _mm512_add_ps(_mm512_mul_ps(_mm512_loadu_ps(values.add(at)), inverse), zero);
            let value = _mm512_castps_si512(_mm512_add_ps(_mm512_min_ps(value, highest), whole));
            _mm_storeu_si128(bytes.add(at).cast(), _mm512_cvtepi32_epi8(value));
        });
        *values.add(place) = apart;
        scale.rounding(place, apart)
    }
}

/// Calls `step` with the place of each of `count` vectors and the lot it belongs to.
#[inline(always)]
fn each(count: usize, mut step: impl FnMut(usize, usize)) {
    let whole = count / LOTS * LOTS;
    for vector in (0..whole).step_by(LOTS) {
        for lot in 0..LOTS {
            step((vector + lot) * LANES, lot);
        }
    }
    for vector in whole..count {
        step(vector * LANES, 0);
    }
}

/// The lots of vectors joined.
#[inline(always)]
fn folded([a, b, c, d]: [__m512; LOTS], join: impl Fn(__m512, __m512) -> __m512) -> __m512 {
    join(join(a, b), join(c, d))
}

/// Chains of multiply-adds for [`super::Kernel::peak_int8`]: how many, and their sum.
#[target_feature(enable = "avx512f,avx512vnni")]
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
