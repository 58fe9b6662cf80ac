//! The arithmetic of the encoder in three kernels: AVX-512, AVX2 and plain Rust, chosen at run time.
//!
//! *Takes* slices. *Gives* products of matrices, softmax, GELU and layer normalisation. *Cost*: a product
//! runs near the machine's peak if its rows number in the dozens.
//!
//! - each element of a product is one chain of multiply-adds over the inner dimension, in its order,
//!   whatever tile it falls into: a row gives the same bits alone and among others
//! - everything gives the same bits with every kernel, but a product of f32: AVX-512 and AVX2 fuse multiply and add,
//!   plain Rust has no such instruction
//! - a [`Kernel`] exists only if this machine can run it
#![expect(unsafe_code, reason = "vector instructions; every slice is checked before a kernel runs")]

/// The functions of `lanes.rs`, each under the attributes given; `FUSES` is what the kernel at hand says.
macro_rules! compiled {
    (@all $attributes:tt $($name:ident $(<$fuses:ident>)? ($($arguments:tt)*) $(-> $gives:ty)?;)*) => {
        $($crate::engine::encoder::kernel::compiled! {
            @one $attributes $name $(<$fuses>)? ($($arguments)*) $(-> $gives)?
        })*
    };
    (@one [$($attribute:tt)*] $name:ident $(<$fuses:ident>)? ($($argument:ident: $type:ty),*) $(-> $gives:ty)?) => {
        $($attribute)*
        pub(super) fn $name($($argument: $type),*) $(-> $gives)? {
            $crate::engine::encoder::kernel::lanes::$name$(::<$fuses>)?($($argument),*)
        }
    };
    ($($attribute:tt)*) => {
        $crate::engine::encoder::kernel::compiled! { @all [$($attribute)*]
            gelu<FUSES>(values: &mut [f32]);
            near_gelu<FUSES>(values: &mut [f32]);
            softmax<FUSES>(row: &mut [f32], scale: f32);
            round<FUSES>(row: &mut [f32], bytes: &mut [u8], least: Option<f32>)
                -> $crate::engine::encoder::kernel::lanes::Rounding;
            add_norm<FUSES>(row: &mut [f32], residual: &[f32], weight: &[f32], bias: &[f32], eps: f32);
            softmax_int16<FUSES>(row: &mut [f32], shares: &mut [i16]);
            panel_of_columns(rows: &[i16], stride: usize, panel: &mut [i16]);
        }
    };
}
use compiled;

/// Those that AVX-512 has of its own.
macro_rules! compiled_but_for_avx512 {
    ($($attribute:tt)*) => {
        $crate::engine::encoder::kernel::compiled! { @all [$($attribute)*]
            raise(ranks: &mut [f32; $crate::models::LANES], row: &[f32]);
            fix(row: &[f32], scale: f32, fixed: &mut [i16]);
            panel_of_rows(rows: &[i16], stride: usize, width: usize, panel: &mut [i16]);
        }
    };
}
use compiled_but_for_avx512;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
pub(super) mod bf16;
#[cfg(target_arch = "x86_64")]
mod fours;
pub(super) mod int16;
pub(super) mod int8;
mod lanes;
mod plain;

pub(super) use crate::models::LANES;

/// A set of instructions this machine can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kernel(Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Plain,
}

/// A matrix whose rows lie `stride` numbers apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) values: &'a [f32],
    pub(super) stride: usize,
    pub(super) rows: usize,
    pub(super) columns: usize,
}

/// A matrix in panels of [`LANES`] columns: row `k` of panel `p` starts at
/// `p × panel_stride + k × row_stride`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Panels<'a> {
    pub(super) values: &'a [f32],
    pub(super) row_stride: usize,
    pub(super) panel_stride: usize,
    pub(super) panels: usize,
}

/// Where a product goes; its rows lie `stride` numbers apart.
#[derive(Debug)]
pub(super) struct Out<'a> {
    pub(super) values: &'a mut [f32],
    pub(super) stride: usize,
}

/// A checked product: every address that its sizes and strides lead to lies in its slices.
struct Product {
    left: *const f32,
    left_stride: usize,
    right: *const f32,
    row_stride: usize,
    panel_stride: usize,
    out: *mut f32,
    out_stride: usize,
    /// [`LANES`] numbers per panel, or null.
    bias: *const f32,
    rows: usize,
    panels: usize,
    inner: usize,
}

/// Runs the function of the kernel at hand.
macro_rules! dispatch {
    ($kernel:expr, $function:ident($($argument:expr),*)) => {
        match $kernel.0 {
            // SAFETY: a `Kernel` of this kind exists only where the machine has the instructions.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => unsafe { avx512::$function($($argument),*) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => unsafe { avx2::$function($($argument),*) },
            Kind::Plain => plain::$function($($argument),*),
        }
    };
}

/// The starts of `R` rows, `stride` numbers apart, each a number of its own to the compiler: otherwise it walks from row
/// to row by additions, step after step, and Intel's processors do those where products are made.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn starts<T, const R: usize>(first: *const T, stride: usize) -> [*const T; R] {
    std::array::from_fn(|row| std::hint::black_box(first.wrapping_add(row * stride)))
}

/// Has the cache line at `place` brought nearer while other work goes on, as near as `HINT` says. A place outside of all
/// slices does no harm.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn prefetch<const HINT: i32, T>(place: *const T) {
    // SAFETY: a hint reads nothing, and every x86-64 has the instruction.
    unsafe { std::arch::x86_64::_mm_prefetch::<HINT>(place.cast()) };
}

impl Kernel {
    /// The kernels this machine can run, the fastest first.
    #[must_use]
    pub fn supported() -> Vec<Self> {
        let mut kernels = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            let has_avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            let has_avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512vnni");
            if has_avx2 && has_avx512 {
                kernels.push(Self(Kind::Avx512));
            }
            if has_avx2 {
                kernels.push(Self(Kind::Avx2));
            }
        }
        kernels.push(Self(Kind::Plain));
        kernels
    }

    /// The fastest kernel this machine can run.
    #[must_use]
    pub fn best() -> Self {
        Self::supported()[0]
    }

    /// Name for people: `avx512`, `avx2` or `plain`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => "avx512",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "avx2",
            Kind::Plain => "plain",
        }
    }

    /// Whether this machine has instructions for bf16, and this kernel uses them.
    #[must_use]
    pub fn has_bf16(self) -> bool {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => is_x86_feature_detected!("avx512bf16"),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => false,
            Kind::Plain => false,
        }
    }

    /// `out = left × right + bias`, `bias` with one number per column of `right`.
    ///
    /// # Panics
    /// If a slice is shorter than its sizes and strides say.
    pub(super) fn multiply(self, left: Rows<'_>, right: Panels<'_>, bias: Option<&[f32]>, out: Out<'_>) {
        if left.rows == 0 || left.columns == 0 || right.panels == 0 {
            return;
        }
        let width = right.panels * LANES;
        assert!((left.rows - 1) * left.stride + left.columns <= left.values.len());
        let last_panel = (right.panels - 1) * right.panel_stride;
        assert!(last_panel + (left.columns - 1) * right.row_stride + LANES <= right.values.len());
        assert!((left.rows - 1) * out.stride + width <= out.values.len());
        assert!(bias.is_none_or(|bias| bias.len() >= width));
        let product = Product {
            left: left.values.as_ptr(),
            left_stride: left.stride,
            right: right.values.as_ptr(),
            row_stride: right.row_stride,
            panel_stride: right.panel_stride,
            out: out.values.as_mut_ptr(),
            out_stride: out.stride,
            bias: bias.map_or(std::ptr::null(), <[f32]>::as_ptr),
            rows: left.rows,
            panels: right.panels,
            inner: left.columns,
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

    /// GELU in the erf form, in place; a multiple of [`LANES`] numbers.
    pub(super) fn gelu(self, values: &mut [f32]) {
        dispatch!(self, gelu(values));
    }

    /// GELU with an absolute error below 2e-4, in place; a multiple of [`LANES`] numbers.
    pub(super) fn near_gelu(self, values: &mut [f32]) {
        dispatch!(self, near_gelu(values));
    }

    /// Rounds a row to bytes; a multiple of [`LANES`] numbers, none below `least`, as before at the end.
    fn round(self, row: &mut [f32], bytes: &mut [u8], least: Option<f32>) -> lanes::Rounding {
        dispatch!(self, round(row, bytes, least))
    }

    /// Raises ranks to those of the numbers in a row, a multiple of [`LANES`] of them.
    fn raise(self, ranks: &mut [f32; LANES], row: &[f32]) {
        dispatch!(self, raise(ranks, row));
    }

    /// Rounds `row × scale`, of magnitudes below 2^15, to 16 bits.
    fn fix(self, row: &[f32], scale: f32, fixed: &mut [i16]) {
        dispatch!(self, fix(row, scale, fixed));
    }

    /// Softmax of each row of `width` numbers / log₂ e as 16 bits that add up to about 2^15; the last may be −∞.
    ///
    /// # Panics
    /// If `width` is no multiple of [`LANES`] or `shares` are not as many.
    pub(super) fn softmax_int16(self, rows: &mut [f32], shares: &mut [i16], width: usize) {
        assert!(width.is_multiple_of(LANES) && shares.len() == rows.len());
        let done = match self.0 {
            // SAFETY: a `Kernel` of this kind exists only where the machine has the instructions, and the lengths are
            // checked.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => unsafe { fours::softmax_int16(rows, shares, width) },
            _ => 0,
        };
        for (row, shares) in rows[done..].chunks_exact_mut(width).zip(shares[done..].chunks_exact_mut(width))
        {
            dispatch!(self, softmax_int16(row, shares));
        }
    }

    /// Lays out up to [`LANES`] rows of `width` numbers, `stride` apart, as one panel `[width / 2, LANES, 2]`.
    pub(super) fn panel_of_rows(self, rows: &[i16], stride: usize, width: usize, panel: &mut [i16]) {
        dispatch!(self, panel_of_rows(rows, stride, width, panel));
    }

    /// Lays out [`LANES`] columns of rows `stride` apart as one panel `[rows / 2, LANES, 2]`.
    pub(super) fn panel_of_columns(self, rows: &[i16], stride: usize, panel: &mut [i16]) {
        dispatch!(self, panel_of_columns(rows, stride, panel));
    }

    /// Softmax of `scale × row`, in place; a multiple of [`LANES`] numbers, the last may be −∞.
    pub(super) fn softmax(self, row: &mut [f32], scale: f32) {
        dispatch!(self, softmax(row, scale));
    }

    /// Adds `residual` and normalises each row, in place. `weight` and `bias` have the length of a row, a
    /// multiple of [`LANES`].
    pub(super) fn add_norm(self, rows: &mut [f32], residual: &[f32], weight: &[f32], bias: &[f32], eps: f32) {
        let width = weight.len();
        assert!(width.is_multiple_of(LANES) && bias.len() == width && residual.len() == rows.len());
        let done = match self.0 {
            // SAFETY: a `Kernel` of this kind exists only where the machine has the instructions, and the lengths are
            // checked.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => unsafe { fours::add_norm(rows, residual, weight, bias, eps) },
            _ => 0,
        };
        for (row, residual) in rows[done..].chunks_exact_mut(width).zip(residual[done..].chunks_exact(width))
        {
            dispatch!(self, add_norm(row, residual, weight, bias, eps));
        }
    }

    /// The most this kernel's instructions can do on one core, in GFLOP/s: what the benchmark compares the
    /// encoder with. The fastest of many runs of about a millisecond, as a busy core interrupts longer
    /// ones. `None` for plain Rust, whose instructions the compiler chooses.
    #[must_use]
    pub fn peak(self) -> Option<f64> {
        match self.0 {
            // SAFETY: a `Kernel` of this kind exists only where the machine has the instructions.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => Some(probe(|rounds| unsafe { avx512::chains(rounds) })),
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => Some(probe(|rounds| unsafe { avx2::chains(rounds) })),
            Kind::Plain => None,
        }
    }

    /// The same for products of bytes and int8, in GOP/s; `None` where no instruction is made for them.
    #[must_use]
    pub fn peak_int8(self) -> Option<f64> {
        match self.0 {
            // SAFETY: a `Kernel` of this kind exists only where the machine has the instructions.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => Some(probe(|rounds| unsafe { int8::chains(rounds) })),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => None,
            Kind::Plain => None,
        }
    }
}

/// Operations per nanosecond of `chains`, which takes a number of rounds and gives how many multiply-adds a round
/// has, and what they add up to. The fastest of many runs.
#[cfg(target_arch = "x86_64")]
fn probe<T>(chains: impl Fn(u32) -> (usize, T)) -> f64 {
    const ROUNDS: u32 = 100_000;
    let run = || {
        let start = std::time::Instant::now();
        let (count, sum) = chains(ROUNDS);
        let seconds = start.elapsed().as_secs_f64();
        std::hint::black_box(sum);
        2.0 * count as f64 * f64::from(ROUNDS) / seconds / 1e9
    };
    (0..300).map(|_| run()).fold(0.0, f64::max)
}

/// Sizes of products that a test works through, the smallest first: the interpreter Miri takes minutes for the rest.
#[cfg(test)]
const SIZES: usize = if cfg!(miri) { 2 } else { usize::MAX };

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random and are the same on each run.
    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed.wrapping_mul(2_654_435_769).wrapping_add(1);
        (0..count)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / 8_388_608.0 - 1.0
            })
            .collect()
    }

    fn product(kernel: Kernel, left: &[f32], right: &[f32], inner: usize, panels: usize) -> Vec<f32> {
        let rows = left.len() / inner;
        let bias = numbers(panels * LANES, 9);
        let mut out = vec![0.0; rows * panels * LANES];
        kernel.multiply(
            Rows { values: left, stride: inner, rows, columns: inner },
            Panels { values: right, row_stride: LANES, panel_stride: inner * LANES, panels },
            Some(&bias),
            Out { values: &mut out, stride: panels * LANES },
        );
        out
    }

    #[test]
    fn a_product_is_what_f64_says() {
        for kernel in Kernel::supported() {
            for (rows, inner, panels) in
                [(1, 1, 1), (5, 7, 1), (13, 64, 2), (26, 100, 5), (31, 1000, 3)].into_iter().take(SIZES)
            {
                let left = numbers(rows * inner, 1);
                let right = numbers(inner * panels * LANES, 2);
                let bias = numbers(panels * LANES, 9);
                let out = product(kernel, &left, &right, inner, panels);
                for row in 0..rows {
                    for column in 0..panels * LANES {
                        let (panel, lane) = (column / LANES, column % LANES);
                        let exact: f64 = (0..inner)
                            .map(|k| {
                                let right = right[(panel * inner + k) * LANES + lane];
                                f64::from(left[row * inner + k]) * f64::from(right)
                            })
                            .sum::<f64>()
                            + f64::from(bias[column]);
                        let value = f64::from(out[row * panels * LANES + column]);
                        assert!((value - exact).abs() < 1e-4, "{} {row} {column}", kernel.name());
                    }
                }
            }
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "takes minutes")]
    fn a_row_gives_the_same_bits_alone_and_among_others() {
        let (rows, inner, panels) = (29, 700, 7);
        let left = numbers(rows * inner, 3);
        let right = numbers(inner * panels * LANES, 4);
        for kernel in Kernel::supported() {
            let together = product(kernel, &left, &right, inner, panels);
            for (row, expected) in left.chunks(inner).zip(together.chunks(panels * LANES)) {
                assert_eq!(product(kernel, row, &right, inner, panels), expected, "{}", kernel.name());
            }
        }
    }

    #[test]
    fn avx_512_and_avx2_give_the_same_bits() {
        let fused: Vec<Kernel> =
            Kernel::supported().into_iter().filter(|kernel| kernel.name() != "plain").collect();
        let left = numbers(17 * 900, 5);
        let right = numbers(900 * 3 * LANES, 6);
        for pair in fused.windows(2) {
            assert_eq!(product(pair[0], &left, &right, 900, 3), product(pair[1], &left, &right, 900, 3));
        }
    }

    #[test]
    fn every_kernel_gives_the_same_bits_element_by_element() {
        const ROWS: usize = 6;
        for width in [16, 48, 64, 112] {
            let values: Vec<f32> = numbers(ROWS * width, 7).iter().map(|value| value * 6.0).collect();
            let of = |kernel: Kernel| {
                let mut gelu = values.clone();
                kernel.gelu(&mut gelu);
                let mut near = values.clone();
                kernel.near_gelu(&mut near);
                let mut scores = values.clone();
                scores.chunks_mut(width).for_each(|row| row[width - 5..].fill(f32::NEG_INFINITY));
                let mut shares = vec![0; values.len()];
                kernel.softmax_int16(&mut scores, &mut shares, width);
                let mut softmax = values.clone();
                softmax.chunks_mut(width).for_each(|row| kernel.softmax(row, 0.3));
                let mut norm = values.clone();
                let (weight, bias) = (numbers(width, 8), numbers(width, 9));
                kernel.add_norm(&mut norm, &numbers(ROWS * width, 10), &weight, &bias, 1e-12);
                let mut fixed = vec![0; values.len()];
                let steps = kernel.fix_rows(&values, width / 16, [9_000.0; 16], &mut fixed);
                ([gelu, near, softmax, norm], steps, fixed, shares)
            };
            for kernel in Kernel::supported() {
                assert_eq!(of(kernel), of(Kernel(Kind::Plain)), "{} {width}", kernel.name());
            }
        }
    }

    #[test]
    fn every_kernel_lays_out_rows_as_the_same_panel() {
        let rows: Vec<i16> = (0..16 * 100).collect();
        for width in [16, 32, 48, 64, 80] {
            let of = |kernel: Kernel| {
                let mut panel = vec![0; width * LANES];
                kernel.panel_of_rows(&rows[3..], 99, width, &mut panel);
                panel
            };
            for kernel in Kernel::supported() {
                assert_eq!(of(kernel), of(Kernel(Kind::Plain)), "{} {width}", kernel.name());
            }
        }
    }

    #[test]
    #[should_panic(expected = "assertion failed")]
    fn a_short_slice_is_never_read_past_its_end() {
        let left = [1.0; 10];
        let mut out = [0.0; LANES];
        Kernel::best().multiply(
            Rows { values: &left, stride: 11, rows: 1, columns: 11 },
            Panels { values: &[0.0; 11 * LANES], row_stride: LANES, panel_stride: 11 * LANES, panels: 1 },
            None,
            Out { values: &mut out, stride: LANES },
        );
    }
}
