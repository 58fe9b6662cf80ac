//! Four rows at a time with AVX-512: what `lanes.rs` says of one row, to the same bits.
//!
//! A row alone waits for itself: for a sum in its order, for the lanes to be joined, for a division. Four rows wait
//! together, and their lanes are joined in the instructions of one.

use std::arch::x86_64::{
    __m512, _MM_HINT_T0, _mm_storeu_si128, _mm512_add_epi32, _mm512_add_ps, _mm512_castps_si512,
    _mm512_castsi512_ps, _mm512_cvtps_epi32, _mm512_cvtusepi32_epi8, _mm512_div_ps, _mm512_fmadd_ps,
    _mm512_fmsub_ps, _mm512_loadu_ps, _mm512_max_epu32, _mm512_max_ps, _mm512_min_ps, _mm512_mul_ps,
    _mm512_packus_epi16, _mm512_packus_epi32, _mm512_permutexvar_epi32, _mm512_range_ps, _mm512_set1_epi32,
    _mm512_set1_ps, _mm512_setr_epi32, _mm512_setzero_ps, _mm512_setzero_si512, _mm512_shuffle_f32x4,
    _mm512_shuffle_ps, _mm512_slli_epi32, _mm512_sqrt_ps, _mm512_storeu_ps, _mm512_storeu_si512,
    _mm512_sub_epi32, _mm512_sub_ps, _mm512_ternarylogic_epi32,
};

use super::int16::scaled;
use super::lanes::{
    LAST, LEAST_EXPONENT, LEAST_NEAR_GELU, NEAR_EXP2, NEAR_GELU, NEAR_GELU_END, ROUND, Rounding, Scale,
};
use super::{LANES, prefetch};

/// Rows worked on together.
const ROWS: usize = 4;

/// Numbers in the whole fours among `count` numbers in rows of `width`.
fn whole(count: usize, width: usize) -> usize {
    count / (ROWS * width) * ROWS * width
}

/// A vector of each of four rows that lie `width` numbers apart. All are loaded before any is stored: rows of a power of
/// two look alike to the processor, which then holds a load back until the store before it is done.
///
/// # Safety
/// The vectors lie in a slice.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn load(first: *const f32, width: usize) -> [__m512; ROWS] {
    // SAFETY: promised by the caller.
    std::array::from_fn(|row| unsafe { _mm512_loadu_ps(first.add(row * width)) })
}

/// Puts back what [`load`] takes.
///
/// # Safety
/// As for [`load`].
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn store(four: [__m512; ROWS], first: *mut f32, width: usize) {
    for (row, value) in four.into_iter().enumerate() {
        // SAFETY: promised by the caller.
        unsafe { _mm512_storeu_ps(first.add(row * width), value) };
    }
}

/// The lanes of each row joined, halves first as in `lanes.rs`: the result of row `r` fills quarter `r`.
#[inline]
#[target_feature(enable = "avx512f")]
fn joined(rows: [__m512; ROWS], join: impl Fn(__m512, __m512) -> __m512) -> __m512 {
    // Rows a and b: halves, then quarters.
    let halves = |a, b| join(_mm512_shuffle_f32x4::<0x44>(a, b), _mm512_shuffle_f32x4::<0xee>(a, b));
    let [a, b, c, d] = rows;
    let (ab, cd) = (halves(a, b), halves(c, d));
    let quarters = join(_mm512_shuffle_f32x4::<0x88>(ab, cd), _mm512_shuffle_f32x4::<0xdd>(ab, cd));
    let pairs = join(quarters, _mm512_shuffle_ps::<0x4e>(quarters, quarters));
    join(pairs, _mm512_shuffle_ps::<0xb1>(pairs, pairs))
}

/// Per row a vector full of what its quarter of `joined` holds.
#[inline]
#[target_feature(enable = "avx512f")]
fn each(joined: __m512) -> [__m512; ROWS] {
    [
        _mm512_shuffle_f32x4::<0x00>(joined, joined),
        _mm512_shuffle_f32x4::<0x55>(joined, joined),
        _mm512_shuffle_f32x4::<0xaa>(joined, joined),
        _mm512_shuffle_f32x4::<0xff>(joined, joined),
    ]
}

/// The first lane of each quarter.
#[inline]
#[target_feature(enable = "avx512f")]
fn numbers(joined: __m512) -> [f32; ROWS] {
    let mut lanes = [0.0; LANES];
    // SAFETY: the lanes are as many as a vector has.
    unsafe { _mm512_storeu_ps(lanes.as_mut_ptr(), joined) };
    std::array::from_fn(|row| lanes[row * LANES / ROWS])
}

/// [`super::lanes::add_norm`] of all whole fours of rows. Gives how many numbers that are.
///
/// # Safety
/// `weight` and `bias` are as long as a row, which fills whole lanes; `residual` is as long as `rows`.
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn add_norm(
    rows: &mut [f32],
    residual: &[f32],
    weight: &[f32],
    bias: &[f32],
    eps: f32,
) -> usize {
    let done = whole(rows.len(), weight.len());
    for from in (0..done).step_by(ROWS * weight.len()) {
        // SAFETY: four rows start at `from`.
        unsafe { add_norm_of_four(&mut rows[from..], &residual[from..], weight, bias, eps) };
    }
    done
}

/// # Safety
/// As for [`add_norm`], with four rows at least.
#[target_feature(enable = "avx512f")]
unsafe fn add_norm_of_four(rows: &mut [f32], residual: &[f32], weight: &[f32], bias: &[f32], eps: f32) {
    let width = weight.len();
    let length = _mm512_set1_ps(width as f32);
    let (values, residual) = (rows.as_mut_ptr(), residual.as_ptr());
    // SAFETY: every vector lies in a row, which is promised by the caller.
    unsafe {
        let mut sums = [_mm512_setzero_ps(); ROWS];
        for at in (0..width).step_by(LANES) {
            for (row, sum) in sums.iter_mut().enumerate() {
                let place = values.add(row * width + at);
                let residual = _mm512_loadu_ps(residual.add(row * width + at));
                let value = _mm512_add_ps(_mm512_loadu_ps(place), residual);
                _mm512_storeu_ps(place, value);
                *sum = _mm512_add_ps(*sum, value);
            }
        }
        let means = each(_mm512_div_ps(joined(sums, |a, b| _mm512_add_ps(a, b)), length));
        let mut sums = [_mm512_setzero_ps(); ROWS];
        for at in (0..width).step_by(LANES) {
            for (row, sum) in sums.iter_mut().enumerate() {
                prefetch::<_MM_HINT_T0, _>(values.wrapping_add((ROWS + row) * width + at));
                prefetch::<_MM_HINT_T0, _>(residual.wrapping_add((ROWS + row) * width + at));
                let off = _mm512_sub_ps(_mm512_loadu_ps(values.add(row * width + at)), means[row]);
                *sum = _mm512_fmadd_ps(off, off, *sum);
            }
        }
        let variances = _mm512_div_ps(joined(sums, |a, b| _mm512_add_ps(a, b)), length);
        let deviations = _mm512_sqrt_ps(_mm512_add_ps(variances, _mm512_set1_ps(eps)));
        let scales = each(_mm512_div_ps(_mm512_set1_ps(1.0), deviations));
        let shifts: [__m512; ROWS] = std::array::from_fn(|row| _mm512_mul_ps(means[row], scales[row]));
        for at in (0..width).step_by(LANES) {
            let weight = _mm512_loadu_ps(weight.as_ptr().add(at));
            let bias = _mm512_loadu_ps(bias.as_ptr().add(at));
            for row in 0..ROWS {
                let place = values.add(row * width + at);
                let value = _mm512_fmsub_ps(_mm512_loadu_ps(place), scales[row], shifts[row]);
                _mm512_storeu_ps(place, _mm512_fmadd_ps(value, weight, bias));
            }
        }
    }
}

/// [`super::lanes::softmax_int16`] of all whole fours of rows. Gives how many numbers that are.
///
/// # Safety
/// `width` fills whole lanes; `shares` is as long as `rows`.
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) unsafe fn softmax_int16(rows: &mut [f32], shares: &mut [i16], width: usize) -> usize {
    let done = whole(rows.len(), width);
    for from in (0..done).step_by(ROWS * width) {
        // SAFETY: four rows start at `from`.
        unsafe { softmax_of_four(&mut rows[from..], &mut shares[from..], width) };
    }
    done
}

/// # Safety
/// As for [`softmax_int16`], with four rows at least.
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn softmax_of_four(rows: &mut [f32], shares: &mut [i16], width: usize) {
    let values = rows.as_mut_ptr();
    // SAFETY: every vector lies in a row, which is promised by the caller.
    unsafe {
        let mut most = [_mm512_set1_ps(f32::NEG_INFINITY); ROWS];
        for at in (0..width).step_by(LANES) {
            for (row, most) in most.iter_mut().enumerate() {
                *most = _mm512_max_ps(*most, _mm512_loadu_ps(values.add(row * width + at)));
            }
        }
        let most = each(joined(most, |a, b| _mm512_max_ps(a, b)));
        let mut sums = [_mm512_setzero_ps(); ROWS];
        for at in (0..width).step_by(LANES) {
            let four = load(values.add(at), width);
            let four = near_exp2(std::array::from_fn(|row| _mm512_sub_ps(four[row], most[row])));
            store(four, values.add(at), width);
            sums = std::array::from_fn(|row| _mm512_add_ps(sums[row], four[row]));
        }
        let whole = _mm512_set1_ps(f32::from(i16::MAX));
        let scales = each(_mm512_div_ps(whole, joined(sums, |a, b| _mm512_add_ps(a, b))));
        let rows = rows.chunks_exact(width).zip(shares.chunks_exact_mut(width));
        for ((row, shares), scale) in rows.zip(scales) {
            scaled(row, scale, shares);
        }
    }
}

/// `lanes::near_exp2` of several vectors, step by step side by side: alone each would wait for its own last step.
#[inline]
#[target_feature(enable = "avx512f")]
fn near_exp2<const N: usize>(values: [__m512; N]) -> [__m512; N] {
    let round = _mm512_set1_ps(ROUND);
    let x = values.map(|x| _mm512_max_ps(x, _mm512_set1_ps(LEAST_EXPONENT)));
    let shifted = x.map(|x| _mm512_add_ps(x, round));
    let whole = shifted.map(|shifted| _mm512_sub_ps(shifted, round));
    let fraction: [__m512; N] = std::array::from_fn(|n| _mm512_sub_ps(x[n], whole[n]));
    let power = polynomial(NEAR_EXP2, fraction);
    std::array::from_fn(|n| {
        let exponent = _mm512_slli_epi32::<23>(_mm512_castps_si512(shifted[n]));
        _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(power[n]), exponent))
    })
}

/// `lanes::near_gelu` of several vectors, side by side like [`near_exp2`].
#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
fn near_gelu<const N: usize>(values: [__m512; N]) -> [__m512; N] {
    // The smaller magnitude of the two, with the sign of the first.
    let x = values.map(|value| _mm512_range_ps::<0b0010>(value, _mm512_set1_ps(NEAR_GELU_END)));
    let p = polynomial(NEAR_GELU, x.map(|x| _mm512_mul_ps(x, x)));
    let phi: [__m512; N] = std::array::from_fn(|n| _mm512_fmadd_ps(p[n], x[n], _mm512_set1_ps(0.5)));
    std::array::from_fn(|n| _mm512_mul_ps(values[n], phi[n]))
}

/// The polynomial with these numbers, the highest power first, at each `x`.
#[inline]
#[target_feature(enable = "avx512f")]
fn polynomial<const M: usize, const N: usize>(numbers: [f32; M], x: [__m512; N]) -> [__m512; N] {
    let [first, rest @ ..] = numbers.as_slice() else { return x };
    let mut p = [_mm512_set1_ps(*first); N];
    for number in rest {
        p = std::array::from_fn(|n| _mm512_fmadd_ps(p[n], x[n], _mm512_set1_ps(*number)));
    }
    p
}

/// [`super::lanes::round`] of all whole fours of rows, with `GELU` after `lanes::near_gelu`. Gives how many numbers that
/// are.
///
/// # Safety
/// `width` fills whole lanes and is no longer than the places that [`LAST`] bounds; `bytes` is as long as `rows`.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(super) unsafe fn round<const GELU: bool, R: From<Rounding>>(
    rows: &mut [f32],
    bytes: &mut [u8],
    width: usize,
    roundings: &mut Vec<R>,
) -> usize {
    let done = whole(rows.len(), width);
    for from in (0..done).step_by(ROWS * width) {
        // SAFETY: four rows start at `from`.
        let four = unsafe { round_four::<GELU>(&mut rows[from..], &mut bytes[from..], width) };
        roundings.extend(four.map(R::from));
    }
    done
}

/// # Safety
/// As for [`round`], with four rows at least.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
unsafe fn round_four<const GELU: bool>(rows: &mut [f32], bytes: &mut [u8], width: usize) -> [Rounding; ROWS] {
    let values = rows.as_mut_ptr();
    let step = _mm512_set1_epi32(LANES as i32);
    let magnitude = _mm512_set1_epi32(i32::MAX & !(2 * LAST as i32 + 1));
    let lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    let mut places = _mm512_sub_epi32(_mm512_set1_epi32(LAST as i32), lanes);
    let mut claims = [_mm512_setzero_si512(); ROWS];
    // SAFETY: every vector lies in a row, a place is below the width, and the bytes are as many.
    unsafe {
        if GELU {
            gelu(values, width);
        }
        for at in (0..width).step_by(LANES) {
            let four = load(values.add(at), width);
            for (value, claims) in four.into_iter().zip(&mut claims) {
                // (value & magnitude) | places: `lanes::claim` in twice its size.
                let claim = _mm512_ternarylogic_epi32::<0xea>(_mm512_castps_si512(value), magnitude, places);
                *claims = _mm512_max_epu32(*claims, claim);
            }
            places = _mm512_sub_epi32(places, step);
        }
        let claims = joined(claims.map(|claims| _mm512_castsi512_ps(claims)), |a, b| {
            _mm512_castsi512_ps(_mm512_max_epu32(_mm512_castps_si512(a), _mm512_castps_si512(b)))
        });
        let places = numbers(claims).map(|claim| (LAST - (claim.to_bits() & LAST)) as usize);
        let apart: [f32; ROWS] =
            std::array::from_fn(|row| std::mem::take(&mut *values.add(row * width + places[row])));

        let (mut least, mut most) = ([_mm512_setzero_ps(); ROWS], [_mm512_setzero_ps(); ROWS]);
        for at in (0..width).step_by(LANES) {
            for row in 0..ROWS {
                if !GELU {
                    prefetch::<_MM_HINT_T0, _>(values.wrapping_add((ROWS + row) * width + at));
                }
                let value = _mm512_loadu_ps(values.add(row * width + at));
                if !GELU {
                    least[row] = _mm512_min_ps(least[row], value);
                }
                most[row] = _mm512_max_ps(most[row], value);
            }
        }
        let least =
            if GELU { [LEAST_NEAR_GELU; ROWS] } else { numbers(joined(least, |a, b| _mm512_min_ps(a, b))) };
        let most = numbers(joined(most, |a, b| _mm512_max_ps(a, b)));

        std::array::from_fn(|row| {
            let scale = Scale::new(least[row], most[row], apart[row]);
            let from = row * width;
            write_bytes(&rows[from..from + width], scale, bytes.as_mut_ptr().add(from));
            rows[from + places[row]] = apart[row];
            scale.rounding(places[row], apart[row])
        })
    }
}

/// `lanes::near_gelu` of four rows, two vectors of each together.
///
/// # Safety
/// Four rows of `width` numbers, which fills whole lanes, start at `values`.
#[target_feature(enable = "avx512f,avx512dq")]
unsafe fn gelu(values: *mut f32, width: usize) {
    let pairs = width / (2 * LANES) * 2 * LANES;
    // SAFETY: every vector lies in a row.
    unsafe {
        for at in (0..pairs).step_by(2 * LANES) {
            let ([a, b, c, d], [e, f, g, h]) =
                (load(values.add(at), width), load(values.add(at + LANES), width));
            let [a, b, c, d, e, f, g, h] = near_gelu([a, b, c, d, e, f, g, h]);
            store([a, b, c, d], values.add(at), width);
            store([e, f, g, h], values.add(at + LANES), width);
        }
        for at in (pairs..width).step_by(LANES) {
            store(near_gelu(load(values.add(at), width)), values.add(at), width);
        }
    }
}

/// Rounds a row to bytes.
///
/// # Safety
/// `row` fills whole lanes, and as many numbers lie at `bytes`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn write_bytes(row: &[f32], scale: Scale, bytes: *mut u8) {
    const FOUR: usize = 4 * LANES;
    let (inverse, zero) = (_mm512_set1_ps(scale.inverse), _mm512_set1_ps(scale.zero));
    // Packing goes quarter by quarter: this puts the quarters in order.
    let order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    // SAFETY: every vector lies in the row, and as many numbers at `bytes`.
    unsafe {
        let whole =
            |at| _mm512_cvtps_epi32(_mm512_fmadd_ps(_mm512_loadu_ps(row.as_ptr().add(at)), inverse, zero));
        let fours = row.len() / FOUR * FOUR;
        for at in (0..fours).step_by(FOUR) {
            let low = _mm512_packus_epi32(whole(at), whole(at + LANES));
            let high = _mm512_packus_epi32(whole(at + 2 * LANES), whole(at + 3 * LANES));
            let packed = _mm512_permutexvar_epi32(order, _mm512_packus_epi16(low, high));
            _mm512_storeu_si512(bytes.add(at).cast(), packed);
        }
        for at in (fours..row.len()).step_by(LANES) {
            _mm_storeu_si128(bytes.add(at).cast(), _mm512_cvtusepi32_epi8(whole(at)));
        }
    }
}
