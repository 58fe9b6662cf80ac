//! Self-attention of one input: softmax(queries × keysᵀ / √width) × values, head by head.
//!
//! *Takes* `[tokens, 3 × hidden]`: queries, keys and values side by side. *Gives* `[tokens, hidden]`.
//!
//! In int8 precision everything is rounded to 16 bits first, so finely that vectors stay within what int8 makes of
//! them, and sums are whole numbers, the same with every kernel.

use super::Precision;
use super::aligned::Aligned;
use super::kernel::int16::{PAIR, Rows16};
use super::kernel::{Kernel, LANES, Out, Panels, Rows};

/// Queries of one head that are scored together; bounds the attention scores of a long input.
const QUERY_ROWS: usize = 48;

/// The shape of attention, and how it is computed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attention {
    pub(super) kernel: Kernel,
    pub(super) precision: Precision,
    pub(super) hidden: usize,
    pub(super) heads: usize,
}

/// Buffers of one thread, used again from input to input.
#[derive(Debug, Default)]
pub(super) struct Room {
    keys: Aligned,
    scores: Aligned,
    fixed: Aligned<i16>,
    fixed_keys: Aligned<i16>,
    fixed_values: Aligned<i16>,
    shares: Aligned<i16>,
}

impl Attention {
    /// Mixes the values of one input.
    pub(super) fn mix(&self, given: &[f32], mixed: &mut [f32], room: &mut Room) {
        match self.precision {
            Precision::Int8 => self.mix_int16(given, mixed, room),
            Precision::Bf16 | Precision::F32 => {
                (0..self.heads).for_each(|head| self.mix_head(head, given, mixed, room))
            }
        }
    }

    fn mix_head(&self, head: usize, given: &[f32], mixed: &mut [f32], room: &mut Room) {
        let hidden = self.hidden;
        let width = hidden / self.heads;
        let stride = 3 * hidden;
        let length = given.len() / stride;
        let offset = head * width;
        let filled = length.next_multiple_of(LANES);

        let keys = room.keys.at_least(filled * width); // [filled / LANES, width, LANES]
        for (index, panel) in keys.chunks_exact_mut(LANES * width).enumerate() {
            for lane in 0..LANES {
                let token = index * LANES + lane;
                if token < length {
                    let key = &given[token * stride + hidden + offset..][..width];
                    for (step, value) in panel.chunks_exact_mut(LANES).zip(key) {
                        step[lane] = *value;
                    }
                } else {
                    panel.chunks_exact_mut(LANES).for_each(|step| step[lane] = 0.0);
                }
            }
        }

        let scores = room.scores.at_least(QUERY_ROWS * filled); // [queries, filled]
        let scale = 1.0 / (width as f32).sqrt();
        for from in (0..length).step_by(QUERY_ROWS) {
            let rows = QUERY_ROWS.min(length - from);
            self.kernel.multiply(
                Rows { values: &given[from * stride + offset..], stride, rows, columns: width },
                Panels {
                    values: keys,
                    row_stride: LANES,
                    panel_stride: LANES * width,
                    panels: filled / LANES,
                },
                None,
                Out { values: scores, stride: filled },
            );
            for row in scores.chunks_exact_mut(filled).take(rows) {
                row[length..].fill(f32::NEG_INFINITY);
                self.kernel.softmax(row, scale);
            }
            self.kernel.multiply(
                Rows { values: scores, stride: filled, rows, columns: length },
                Panels {
                    values: &given[2 * hidden + offset..],
                    row_stride: stride,
                    panel_stride: LANES,
                    panels: width / LANES,
                },
                None,
                Out { values: &mut mixed[from * hidden + offset..], stride: hidden },
            );
        }
    }

    fn mix_int16(&self, given: &[f32], mixed: &mut [f32], room: &mut Room) {
        let hidden = self.hidden;
        let width = hidden / self.heads;
        let stride = 3 * hidden;
        let length = given.len() / stride;
        let filled = length.next_multiple_of(LANES);

        let fixed = room.fixed.at_least(filled * stride);
        // The product of a query and a key must fit 32 bits; so does that of shares, which add up to 2^15, and values.
        let most = (i32::MAX as f32 / width as f32).sqrt().floor() - 1.0;
        let steps = self.kernel.fix_rows(given, hidden, [most, most, f32::from(i16::MAX)], fixed);
        let [query_step, key_step, value_step] = steps;
        fixed[length * stride..].fill(0);
        let scale = query_step * key_step / (width as f32).sqrt() * std::f32::consts::LOG2_E;
        // A query or key that is not finite must not end as a finite number.
        let value_scale = value_step / f32::from(i16::MAX) + 0.0 * scale;

        let keys = room.fixed_keys.at_least(filled * width); // [filled / LANES, width / PAIR, LANES, PAIR]
        let values = room.fixed_values.at_least(filled * width); // [width / LANES, filled / PAIR, LANES, PAIR]
        let scores = room.scores.at_least(QUERY_ROWS * filled); // [queries, filled]
        let shares = room.shares.at_least(QUERY_ROWS * filled); // [queries, filled]
        for head in 0..self.heads {
            let offset = head * width;
            for (index, panel) in keys.chunks_exact_mut(LANES * width).enumerate() {
                let rows = &fixed[index * LANES * stride + hidden + offset..];
                self.kernel.panel_of_rows(rows, stride, width, panel);
            }
            for (index, panel) in values.chunks_exact_mut(LANES * filled).enumerate() {
                let columns = &fixed[2 * hidden + offset + index * LANES..];
                self.kernel.panel_of_columns(columns, stride, panel);
            }
            for from in (0..length).step_by(QUERY_ROWS) {
                let rows = QUERY_ROWS.min(length - from);
                let queries =
                    Rows16 { values: &fixed[from * stride + offset..], stride, rows, columns: width };
                let scored = Out { values: &mut *scores, stride: filled };
                self.kernel.multiply_int16(queries, keys, scale, scored);
                let scores = &mut scores[..rows * filled];
                scores.chunks_exact_mut(filled).for_each(|row| row[length..].fill(f32::NEG_INFINITY));
                self.kernel.softmax_int16(scores, &mut shares[..rows * filled], filled);
                let shares = Rows16 { values: shares, stride: filled, rows, columns: filled };
                let out = Out { values: &mut mixed[from * hidden + offset..], stride: hidden };
                self.kernel.multiply_int16(shares, values, value_scale, out);
            }
        }
    }
}

/// Tokens of a panel are pairs.
const _: () = assert!(LANES.is_multiple_of(PAIR));
