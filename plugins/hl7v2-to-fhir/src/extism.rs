//! The Extism plugin ABI (https://extism.org, "extism:host/env"), as far as this plugin needs it.
//!
//! The host keeps input, output and error in its own memory, which is addressed by offsets and reached by load and
//! store calls only; it is not this module's linear memory.

use crate::convert::convert as convert_message;

#[link(wasm_import_module = "extism:host/env")]
extern "C" {
    fn input_length() -> u64;
    fn input_load_u8(offset: u64) -> u32;
    fn input_load_u64(offset: u64) -> u64;
    fn alloc(length: u64) -> u64;
    fn store_u8(offset: u64, value: u32);
    fn store_u64(offset: u64, value: u64);
    fn output_set(offset: u64, length: u64);
    fn error_set(offset: u64);
    fn log_warn(offset: u64);
}

/// The whole input. One over the limit is refused before any memory is taken for it.
fn input() -> Result<Vec<u8>, String> {
    let length = unsafe { input_length() } as usize;
    if length > crate::limits::MAX_INPUT_BYTES {
        return Err(format!("message: {} bytes, the limit is {} bytes", length, crate::limits::MAX_INPUT_BYTES));
    }
    let mut bytes = Vec::with_capacity(length);
    let words = length / 8;
    for i in 0..words {
        bytes.extend_from_slice(&unsafe { input_load_u64(i as u64 * 8) }.to_le_bytes());
    }
    for i in words * 8..length {
        bytes.push(unsafe { input_load_u8(i as u64) } as u8);
    }
    Ok(bytes)
}

/// A block of host memory that holds these bytes.
fn block(bytes: &[u8]) -> u64 {
    unsafe {
        let offset = alloc(bytes.len() as u64);
        let mut words = bytes.chunks_exact(8);
        let mut at = offset;
        for w in &mut words {
            store_u64(at, u64::from_le_bytes([w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]]));
            at += 8;
        }
        for b in words.remainder() {
            store_u8(at, *b as u32);
            at += 1;
        }
        offset
    }
}

/// 0 with the Bundle as output, or 1 with the error text set.
#[no_mangle]
pub extern "C" fn convert() -> i32 {
    match input().and_then(|bytes| convert_message(&bytes)) {
        Ok(converted) => {
            if converted.warnings > 0 {
                // A number only: the warnings themselves travel in the Bundle.
                let line = format!("{} warnings, listed in the OperationOutcome of the Bundle", converted.warnings);
                unsafe { log_warn(block(line.as_bytes())) };
            }
            let json = converted.json.as_bytes();
            unsafe { output_set(block(json), json.len() as u64) };
            0
        }
        Err(error) => {
            unsafe { error_set(block(error.as_bytes())) };
            1
        }
    }
}
