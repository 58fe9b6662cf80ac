use crate::pages::Page;
pub fn compare(_pages: &[Page]) {}
