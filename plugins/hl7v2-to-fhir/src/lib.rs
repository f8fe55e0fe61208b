//! HL7 v2 (ER7) to FHIR R4: an Extism plugin.
//!
//! The crate is plain `std` Rust without dependencies. Everything but `extism` also compiles natively, so the
//! tests run on the machine that builds the plugin.

pub mod bundle;
pub mod charset;
pub mod convert;
pub mod datatypes;
pub mod datetime;
pub mod er7;
#[cfg(target_arch = "wasm32")]
mod extism;
pub mod json;
pub mod observation;
pub mod patient;
pub mod terminology;
pub mod uuid;

#[cfg(test)]
mod tests;

pub use convert::{convert, Converted};

/// Limits on one message. Each has its own error, which names the limit and the size met.
pub mod limits {
    /// Bytes of the message, framing included. The same figure as `limits.inputBytes` in plugin.json.
    pub const MAX_INPUT_BYTES: usize = 1_048_576;
    /// Bytes of the Bundle. The same figure as `limits.outputBytes` in plugin.json.
    pub const MAX_OUTPUT_BYTES: usize = 4_194_304;
    pub const MAX_SEGMENTS: usize = 2_000;
    pub const MAX_FIELDS_PER_SEGMENT: usize = 200;
    pub const MAX_REPETITIONS_PER_FIELD: usize = 200;
    pub const MAX_COMPONENTS_PER_REPETITION: usize = 100;
    /// HL7 v2 nests no deeper than subcomponents, so their number is the only nesting limit there can be.
    pub const MAX_SUBCOMPONENTS_PER_COMPONENT: usize = 100;
    /// Issues listed one by one in the OperationOutcome; the last entry then says how many more there were.
    pub const MAX_ISSUES: usize = 200;
}
