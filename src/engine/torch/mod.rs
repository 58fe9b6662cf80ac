//! Models run by libtorch through rust-bert: the reference for the built-in encoder, and what fine-tuning learns with.

pub mod network;

use crate::engine::Device;

impl From<Device> for tch::Device {
    fn from(device: Device) -> Self {
        match device {
            Device::Cpu => Self::Cpu,
            Device::Cuda => Self::Cuda(0),
        }
    }
}
