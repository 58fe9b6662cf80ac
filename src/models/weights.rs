//! `model.safetensors` of a model folder: named tensors, as floats or as int8 rows with a scale each.
//!
//! *Takes* bytes. *Gives* [`Weights`]. *Fails* on anything but safetensors with finite floats (32 bits, or the
//! 16 of f16 and bf16, which fit f32 exactly) and int8 rows; every size is checked against the bytes that are
//! there before anyone allocates by it.
//!
//! A matrix `x.weight` in int8 has the companion `x.weight.scale` with one f32 per row; the value is
//! `int8 × scale`. One scale per row keeps pooled vectors at a cosine of 0.9994 to those of f32, one
//! per matrix only at 0.96.

use std::collections::BTreeMap;

use half::{bf16, f16};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::config::WHOLE_FOLDER;
use crate::error::{Error, Result};

/// Suffix of the tensor that holds the scales of an int8 matrix.
const SCALE: &str = ".scale";

/// Longest safetensors header accepted, in bytes; that of a 24-layer BERT has about 50,000.
const MAX_HEADER_BYTES: u64 = 1 << 20;

/// A matrix with its rows in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    values: Values,
}

/// The numbers of a matrix, row by row.
#[derive(Debug, Clone, PartialEq)]
enum Values {
    Float(Vec<f32>),
    /// Values in −127..=127, and one scale per row.
    Int8(Vec<i8>, Vec<f32>),
}

impl Matrix {
    /// A matrix of f32.
    ///
    /// # Panics
    /// If `values` does not hold `rows × columns` numbers.
    #[must_use]
    pub fn new(rows: usize, columns: usize, values: Vec<f32>) -> Self {
        assert_eq!(values.len(), rows * columns, "a matrix holds rows × columns numbers");
        Self { rows, columns, values: Values::Float(values) }
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Writes row `index` as f32 into `out`; `None` if there is no such row.
    ///
    /// # Panics
    /// If `out` is not as long as a row.
    #[must_use]
    pub fn write_row(&self, index: usize, out: &mut [f32]) -> Option<()> {
        assert_eq!(out.len(), self.columns, "a row is written whole");
        if index >= self.rows {
            return None;
        }
        let row = index * self.columns..(index + 1) * self.columns;
        match &self.values {
            Values::Float(values) => out.copy_from_slice(&values[row]),
            Values::Int8(values, scales) => {
                let scale = scales[index];
                for (out, value) in out.iter_mut().zip(&values[row]) {
                    *out = f32::from(*value) * scale;
                }
            }
        }
        Some(())
    }

    /// The values row by row as int8, and the scale of each row; an f32 matrix is [quantised](Self::quantised) first.
    #[must_use]
    pub fn into_int8(self) -> (Vec<i8>, Vec<f32>) {
        match self.values {
            Values::Int8(values, scales) => (values, scales),
            Values::Float(_) => self.quantised().into_int8(),
        }
    }

    /// The same matrix as int8 rows: scale = largest magnitude of the row / 127, rounded half to even.
    #[must_use]
    pub fn quantised(&self) -> Self {
        let mut scales = Vec::with_capacity(self.rows);
        let mut quantised = Vec::with_capacity(self.rows * self.columns);
        let mut row = vec![0.0; self.columns];
        for index in 0..self.rows {
            self.write_row(index, &mut row).expect("`index` is below the number of rows");
            let scale = row.iter().fold(0.0_f32, |most, value| most.max(value.abs())) / 127.0;
            // A row of zeros, or of numbers so small that the scale underflows, is a row of zeros.
            let inverse = if scale > f32::MIN_POSITIVE { 1.0 / scale } else { 0.0 };
            scales.push(if inverse == 0.0 { 0.0 } else { scale });
            quantised.extend(
                row.iter().map(|value| (value * inverse).round_ties_even().clamp(-127.0, 127.0) as i8),
            );
        }
        Self { rows: self.rows, columns: self.columns, values: Values::Int8(quantised, scales) }
    }
}

/// One named tensor.
#[derive(Debug, Clone, PartialEq)]
enum Tensor {
    Vector(Vec<f32>),
    Matrix(Matrix),
}

/// The tensors of a model by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Weights {
    tensors: BTreeMap<String, Tensor>,
}

impl Weights {
    /// Reads the tensors of `model` (named in messages) whose names `keep` maps to a name.
    ///
    /// # Errors
    /// [`Error::Model`] if the bytes are not safetensors, or a kept tensor has more than two dimensions,
    /// is neither f32, f16 or bf16 nor int8 with scales, or holds a number that is not finite.
    pub fn parse(model: &str, bytes: &[u8], keep: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let fault =
            |what: String| Error::model(format!("model `{model}`: `model.safetensors` {what}"), WHOLE_FOLDER);
        let header = bytes.first_chunk().map(|length| u64::from_le_bytes(*length));
        match header {
            Some(length) if length <= MAX_HEADER_BYTES => {}
            Some(_) | None => return Err(fault(format!("is {}", recognised(bytes)))),
        }
        let file = SafeTensors::deserialize(bytes)
            .map_err(|error| fault(format!("is not a sound safetensors file: {error}")))?;
        let mut views: BTreeMap<String, TensorView<'_>> = BTreeMap::new();
        for (name, view) in file.iter() {
            if let Some(kept) = keep(name) {
                views.insert(kept, view);
            }
        }
        let mut tensors = BTreeMap::new();
        for (name, view) in &views {
            if name.strip_suffix(SCALE).is_some_and(|matrix| views.contains_key(matrix)) {
                continue;
            }
            let shown: String = name.chars().filter(|letter| !letter.is_control()).take(80).collect();
            let wrong = |what: &str| fault(format!("holds `{shown}`, which {what}"));
            let tensor = match (view.dtype(), view.shape()) {
                (Dtype::F32 | Dtype::F16 | Dtype::BF16, [_]) => {
                    Tensor::Vector(floats(view).ok_or_else(|| wrong(NOT_FINITE))?)
                }
                (Dtype::F32 | Dtype::F16 | Dtype::BF16, &[rows, columns]) => {
                    Tensor::Matrix(Matrix::new(rows, columns, floats(view).ok_or_else(|| wrong(NOT_FINITE))?))
                }
                (Dtype::I8, &[rows, columns]) => {
                    let scales = views
                        .get(&format!("{name}{SCALE}"))
                        .filter(|scale| scale.dtype() == Dtype::F32 && scale.shape() == [rows])
                        .ok_or_else(|| wrong("has no f32 scale per row beside it"))?;
                    let scales = floats(scales).ok_or_else(|| wrong(NOT_FINITE))?;
                    let values = view.data().iter().map(|byte| i8::from_le_bytes([*byte])).collect();
                    Tensor::Matrix(Matrix { rows, columns, values: Values::Int8(values, scales) })
                }
                (dtype, shape) => {
                    return Err(wrong(&format!("is of type {dtype:?} and shape {shape:?}")));
                }
            };
            tensors.insert(name.clone(), tensor);
        }
        Ok(Self { tensors })
    }

    /// Takes the matrix `name` out, if it is there and has this shape.
    ///
    /// # Errors
    /// [`Error::Model`] otherwise.
    pub fn take_matrix(&mut self, model: &str, name: &str, rows: usize, columns: usize) -> Result<Matrix> {
        match self.tensors.remove(name) {
            Some(Tensor::Matrix(matrix)) if matrix.rows == rows && matrix.columns == columns => Ok(matrix),
            found => Err(mismatch(model, name, &format!("[{rows}, {columns}]"), found.as_ref())),
        }
    }

    /// Takes the vector `name` out, if it is there and has this length.
    ///
    /// # Errors
    /// [`Error::Model`] otherwise.
    pub fn take_vector(&mut self, model: &str, name: &str, length: usize) -> Result<Vec<f32>> {
        match self.tensors.remove(name) {
            Some(Tensor::Vector(values)) if values.len() == length => Ok(values),
            found => Err(mismatch(model, name, &format!("[{length}]"), found.as_ref())),
        }
    }

    /// Adds a matrix, or replaces it.
    pub fn insert_matrix(&mut self, name: impl Into<String>, matrix: Matrix) {
        self.tensors.insert(name.into(), Tensor::Matrix(matrix));
    }

    /// Adds a vector, or replaces it.
    pub fn insert_vector(&mut self, name: impl Into<String>, values: Vec<f32>) {
        self.tensors.insert(name.into(), Tensor::Vector(values));
    }

    /// Turns every matrix whose name `wanted` accepts into int8 rows.
    pub fn quantise(&mut self, wanted: impl Fn(&str) -> bool) {
        for (name, tensor) in &mut self.tensors {
            if let Tensor::Matrix(matrix) = tensor
                && matches!(matrix.values, Values::Float(_))
                && wanted(name)
            {
                *matrix = matrix.quantised();
            }
        }
    }

    /// Writes safetensors; the same tensors give the same bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut parts: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = Vec::new();
        for (name, tensor) in &self.tensors {
            match tensor {
                Tensor::Vector(values) => {
                    parts.push((name.clone(), Dtype::F32, vec![values.len()], le_bytes(values)));
                }
                Tensor::Matrix(Matrix { rows, columns, values }) => {
                    let shape = vec![*rows, *columns];
                    match values {
                        Values::Float(values) => {
                            parts.push((name.clone(), Dtype::F32, shape, le_bytes(values)));
                        }
                        Values::Int8(values, scales) => {
                            let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
                            parts.push((name.clone(), Dtype::I8, shape, bytes));
                            let name = format!("{name}{SCALE}");
                            parts.push((name, Dtype::F32, vec![*rows], le_bytes(scales)));
                        }
                    }
                }
            }
        }
        let views = parts.iter().map(|(name, dtype, shape, bytes)| {
            let view = TensorView::new(*dtype, shape.clone(), bytes);
            (name.as_str(), view.expect("as many bytes as the shape says"))
        });
        safetensors::serialize(views, None).expect("names and shapes fit a header")
    }
}

const NOT_FINITE: &str = "holds a number that is not finite";

/// The numbers of a tensor of floats; `None` if one is not finite.
fn floats(view: &TensorView<'_>) -> Option<Vec<f32>> {
    let pairs = || view.data().as_chunks::<2>().0.iter();
    let values: Vec<f32> = match view.dtype() {
        Dtype::F16 => pairs().map(|bytes| f16::from_le_bytes(*bytes).to_f32()).collect(),
        Dtype::BF16 => pairs().map(|bytes| bf16::from_le_bytes(*bytes).to_f32()).collect(),
        _ => view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
    };
    values.iter().all(|value| value.is_finite()).then_some(values)
}

fn le_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn mismatch(model: &str, name: &str, wanted: &str, found: Option<&Tensor>) -> Error {
    let found = match found {
        None => "has none".into(),
        Some(Tensor::Vector(values)) => format!("has one of shape [{}]", values.len()),
        Some(Tensor::Matrix(matrix)) => format!("has one of shape [{}, {}]", matrix.rows, matrix.columns),
    };
    Error::model(
        format!("model `{model}` needs `{name}` of shape {wanted}, `model.safetensors` {found}"),
        "the weights and `config.json` must be of the same model",
    )
}

/// What a file that is no safetensors seems to be; formats that can run code are named as such.
fn recognised(bytes: &[u8]) -> &'static str {
    match bytes {
        [] => "empty",
        [0x80, 2..=5, ..] => "a Python pickle, which can run code and is never opened",
        [b'P', b'K', 3, 4, ..] => "a zip, as PyTorch writes pickles, which can run code and is never opened",
        _ if bytes.starts_with(b"version https://git-lfs") => "a Git LFS pointer, not the file itself",
        _ => "not a safetensors file",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(name: &str) -> Option<String> {
        Some(name.to_owned())
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut weights = Weights::default();
        weights.insert_vector("bias", vec![0.5, -1.0]);
        weights.insert_matrix("a.weight", Matrix::new(2, 3, vec![1.0, -2.0, 0.5, 0.0, 0.0, 0.0]));
        weights.insert_matrix("b.weight", Matrix::new(1, 2, vec![0.25, 4.0]));
        weights.quantise(|name| name == "a.weight");
        let again = Weights::parse("m", &weights.to_bytes(), all).expect("its own output");
        assert_eq!(weights, again);
    }

    #[test]
    fn a_quantised_value_is_within_half_a_step() {
        let values: Vec<f32> = (0..64_u16).map(|i| (f32::from(i) * 0.37).sin()).collect();
        let matrix = Matrix::new(4, 16, values.clone());
        let quantised = matrix.quantised();
        let mut row = [0.0; 16];
        for (index, expected) in values.chunks(16).enumerate() {
            quantised.write_row(index, &mut row).expect("four rows");
            let step = expected.iter().fold(0.0_f32, |most, value| most.max(value.abs())) / 127.0;
            for (value, expected) in row.iter().zip(expected) {
                assert!((value - expected).abs() <= step * 0.5001, "{value} {expected}");
            }
        }
        assert!(quantised.write_row(4, &mut row).is_none());
    }

    #[test]
    fn floats_of_sixteen_bits_are_read_as_what_they_are() {
        // The last of each is the smallest above 0 that is not subnormal in bf16, and the smallest of all in f16.
        for (dtype, bits, numbers) in [
            (Dtype::F16, [0x3800_u16, 0xbc00, 0x5600, 0x0001], [0.5, -1.0, 96.0, 2.0_f32.powi(-24)]),
            (Dtype::BF16, [0x3f00, 0xbf80, 0x42c0, 0x0080], [0.5, -1.0, 96.0, f32::MIN_POSITIVE]),
        ] {
            let bytes: Vec<u8> = bits.iter().flat_map(|bits| bits.to_le_bytes()).collect();
            let view = TensorView::new(dtype, vec![2, 2], &bytes).expect("as many bytes as the shape says");
            let file = safetensors::serialize([("a", view)], None).expect("a file");
            let mut read = Weights::parse("m", &file, all).expect("a sound file");
            let matrix = read.take_matrix("m", "a", 2, 2).expect("the matrix");
            assert_eq!(matrix, Matrix::new(2, 2, numbers.to_vec()), "{dtype:?}");
        }
        for (dtype, infinity) in [(Dtype::F16, 0x7c00_u16), (Dtype::BF16, 0x7f80)] {
            let bytes = infinity.to_le_bytes();
            let view = TensorView::new(dtype, vec![1], &bytes).expect("one number");
            let file = safetensors::serialize([("a", view)], None).expect("a file");
            assert!(Weights::parse("m", &file, all).is_err(), "{dtype:?}");
        }
    }

    #[test]
    fn other_formats_are_refused_by_name() {
        for (bytes, name) in [
            (&b"\x80\x02}q\x00"[..], "pickle"),
            (b"PK\x03\x04rest of a zip", "zip"),
            (b"version https://git-lfs.github.com/spec/v1", "LFS"),
            (b"", "empty"),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff{}", "not a safetensors"),
        ] {
            let error = Weights::parse("m", bytes, all).expect_err(name);
            assert!(error.to_string().contains(name), "{error}");
        }
    }

    #[test]
    fn a_header_that_lies_is_refused() {
        let header = br#"{"a":{"dtype":"F32","shape":[4294967295,4294967295],"data_offsets":[0,8]}}"#;
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(header);
        bytes.extend_from_slice(&[0; 8]);
        assert!(Weights::parse("m", &bytes, all).is_err());
        let mut weights = Weights::default();
        weights.insert_vector("bias", vec![f32::NAN]);
        let error = Weights::parse("m", &weights.to_bytes(), all).expect_err("not finite");
        assert!(error.to_string().contains("`bias`"), "{error}");
    }
}
