//! A linear layer in the precision it is served in.

use rayon::prelude::*;

use super::Precision;
use super::aligned::Aligned;
#[cfg(target_arch = "x86_64")]
use super::kernel::bf16::WeightsBf16;
use super::kernel::int8::{Rounded, Weights8};
use super::kernel::{Kernel, LANES, Out, Panels, Rows};
use crate::models::Matrix;

/// A matrix laid out for the kernels, with its bias.
#[derive(Debug)]
pub(super) struct Linear {
    weights: Layout,
    bias: Vec<f32>,
    inputs: usize,
}

#[derive(Debug)]
enum Layout {
    /// `[outputs / LANES, inputs, LANES]`
    Float(Aligned),
    #[cfg(target_arch = "x86_64")]
    Bf16(WeightsBf16),
    Int8(Weights8),
}

/// Room for the rows of a product in the precision it is computed in.
#[derive(Debug, Default)]
pub(super) struct Operands {
    bytes: Rounded,
    /// Rows taken in, where they stay floats.
    taken: Vec<f32>,
    #[cfg(target_arch = "x86_64")]
    short: Aligned<u16>,
}

impl Linear {
    /// Joins matrices `[outputs, inputs]` one below the other and lays them out for `precision`.
    pub(super) fn pack(matrices: Vec<Matrix>, bias: Vec<f32>, inputs: usize, precision: Precision) -> Self {
        let weights = match precision {
            Precision::Int8 => {
                let (mut values, mut scales) = (Vec::with_capacity(bias.len() * inputs), Vec::new());
                for matrix in matrices {
                    let (rows, of_rows) = matrix.into_int8();
                    values.extend(rows);
                    scales.extend(of_rows);
                }
                Layout::Int8(Weights8::pack(&values, scales, inputs))
            }
            #[cfg(target_arch = "x86_64")]
            Precision::Bf16 => Layout::Bf16(WeightsBf16::pack(bias.len(), inputs, write_rows(&matrices))),
            #[cfg(not(target_arch = "x86_64"))]
            Precision::Bf16 => Layout::Float(panels(&matrices, bias.len(), inputs)),
            Precision::F32 => Layout::Float(panels(&matrices, bias.len(), inputs)),
        };
        Self { weights, bias, inputs }
    }

    /// `out = rows × matrixᵀ + bias`; the rows are as before at the end.
    pub(super) fn apply(&self, kernel: Kernel, rows: &mut [f32], operands: &mut Operands, out: &mut [f32]) {
        let outputs = self.bias.len();
        match &self.weights {
            Layout::Int8(weights) => {
                operands.bytes.set(kernel, rows, self.inputs);
                kernel.multiply_int8(&operands.bytes, weights, &self.bias, out);
            }
            #[cfg(target_arch = "x86_64")]
            Layout::Bf16(weights) => {
                kernel.multiply_bf16(rows, weights, &self.bias, &mut operands.short, out);
            }
            Layout::Float(panels) => kernel.multiply(
                Rows {
                    values: rows,
                    stride: self.inputs,
                    rows: rows.len() / self.inputs,
                    columns: self.inputs,
                },
                Panels {
                    values: panels,
                    row_stride: LANES,
                    panel_stride: self.inputs * LANES,
                    panels: outputs / LANES,
                },
                Some(&self.bias),
                Out { values: out, stride: outputs },
            ),
        }
    }

    /// Makes room for `rows` rows that [`Linear::take_gelu`] takes in, and forgets those taken in before.
    pub(super) fn begin(&self, rows: usize, operands: &mut Operands) {
        if let Layout::Int8(_) = &self.weights {
            operands.bytes.clear(rows * self.inputs);
        } else {
            operands.taken.clear();
        }
    }

    /// Takes in GELU(rows), behind those taken in before; the rows are something else at the end.
    pub(super) fn take_gelu(&self, kernel: Kernel, rows: &mut [f32], operands: &mut Operands) {
        if let Layout::Int8(_) = &self.weights {
            operands.bytes.push::<true>(kernel, rows, self.inputs);
        } else {
            kernel.gelu(rows);
            operands.taken.extend_from_slice(rows);
        }
    }

    /// `out = rows × matrixᵀ + bias` for the rows taken in.
    pub(super) fn give(&self, kernel: Kernel, operands: &mut Operands, out: &mut [f32]) {
        if let Layout::Int8(weights) = &self.weights {
            kernel.multiply_int8(&operands.bytes, weights, &self.bias, out);
        } else {
            let mut taken = std::mem::take(&mut operands.taken);
            self.apply(kernel, &mut taken, operands, out);
            operands.taken = taken;
        }
    }
}

/// Writes row `index` of the matrices, counted through.
#[cfg(target_arch = "x86_64")]
fn write_rows(matrices: &[Matrix]) -> impl FnMut(usize, &mut [f32]) {
    move |mut index, row| {
        for matrix in matrices {
            if matrix.write_row(index, row).is_some() {
                return;
            }
            index -= matrix.rows();
        }
    }
}

/// The rows of all matrices in panels of f32.
fn panels(matrices: &[Matrix], outputs: usize, inputs: usize) -> Aligned {
    let mut panels = Aligned::zeros(outputs * inputs);
    let mut rest: &mut [f32] = &mut panels;
    for matrix in matrices {
        let (part, after) = rest.split_at_mut(matrix.rows() * inputs);
        rest = after;
        part.par_chunks_mut(LANES * inputs).enumerate().for_each_init(
            || vec![0.0; inputs],
            |row, (index, panel)| {
                for lane in 0..LANES {
                    matrix
                        .write_row(index * LANES + lane, row)
                        .expect("a checked configuration has rows in multiples of a panel");
                    for (step, value) in panel.chunks_exact_mut(LANES).zip(row.iter()) {
                        step[lane] = *value;
                    }
                }
            },
        );
    }
    panels
}
