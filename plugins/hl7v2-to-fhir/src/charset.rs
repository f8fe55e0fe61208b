//! From bytes to text: MLLP framing, byte order mark, and the character set that MSH-18 declares.

use crate::limits::MAX_INPUT_BYTES;

/// How `\Xdd..\` escapes and the message itself are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Charset {
    Utf8,
    Latin1,
}

pub struct Decoded {
    pub text: String,
    pub charset: Charset,
    pub warning: Option<String>,
}

const MLLP_START: u8 = 0x0b;
const MLLP_END: u8 = 0x1c;

/// The message without byte order mark and MLLP block characters (0x0B message 0x1C 0x0D).
#[inline(never)]
fn unframe(bytes: &[u8]) -> Result<&[u8], String> {
    let mut rest = bytes;
    loop {
        rest = match rest {
            [0xef, 0xbb, 0xbf, tail @ ..] => tail,
            [MLLP_START | b'\r' | b'\n' | b' ' | b'\t', tail @ ..] => tail,
            _ => break,
        };
    }
    if let Some(end) = rest.iter().position(|b| *b == MLLP_END) {
        let after = rest[end + 1..].iter().filter(|b| !matches!(**b, b'\r' | b'\n')).count();
        if after > 0 {
            return Err(format!(
                "message: {} bytes follow the MLLP end block (0x1C); send one message per call",
                after
            ));
        }
        rest = &rest[..end];
    }
    Ok(rest)
}

/// MSH-18, first repetition, read from the bytes: the character set must be known before they are text.
#[inline(never)]
fn declared(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|b| matches!(*b, b'\r' | b'\n')).unwrap_or(bytes.len());
    let header = &bytes[..end];
    let separator = match header.get(3) {
        Some(s) => *s,
        None => return String::new(),
    };
    let repetition = header.get(5).copied().unwrap_or(b'~');
    // MSH-1 is the separator itself, so MSH-18 is the 18th piece.
    let field = header.split(|b| *b == separator).nth(17).unwrap_or(&[]);
    let first = field.split(|b| *b == repetition).next().unwrap_or(&[]);
    String::from_utf8_lossy(first).trim().to_ascii_uppercase()
}

#[inline(never)]
pub fn decode(bytes: &[u8]) -> Result<Decoded, String> {
    if bytes.len() > MAX_INPUT_BYTES {
        return Err(format!(
            "message: {} bytes, the limit is {} bytes",
            bytes.len(),
            MAX_INPUT_BYTES
        ));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err("message: UTF-16 is not supported; send UNICODE UTF-8, ASCII or 8859/1".to_string());
    }
    let body = unframe(bytes)?;
    if body.is_empty() {
        return Err("message: empty".to_string());
    }
    if !body.starts_with(b"MSH") {
        return Err("segment 1: not MSH; an HL7 v2 message starts with MSH".to_string());
    }
    let name = declared(body);
    if matches!(name.as_str(), "8859/1" | "8859-1" | "ISO-8859-1" | "ISO8859-1" | "ISO IR100") {
        return Ok(Decoded {
            // ISO 8859-1 is the first 256 code points.
            text: body.iter().map(|b| *b as char).collect(),
            charset: Charset::Latin1,
            warning: None,
        });
    }
    let unicode = matches!(name.as_str(), "UNICODE UTF-8" | "UTF-8" | "UTF8");
    match std::str::from_utf8(body) {
        Ok(text) => {
            let warning = if unicode || body.is_ascii() && matches!(name.as_str(), "" | "ASCII") {
                None
            } else if name.is_empty() || name == "ASCII" {
                Some("MSH-18 (segment 1): bytes outside ASCII but no character set for them; read as UTF-8")
            } else {
                Some("MSH-18 (segment 1): character set not supported; read as UTF-8, which the bytes are")
            };
            Ok(Decoded {
                text: text.to_string(),
                charset: Charset::Utf8,
                warning: warning.map(str::to_string),
            })
        }
        Err(e) => Err(format!(
            "MSH-18 (segment 1): byte {} of the message is not UTF-8 and the character set is {}; \
             supported: ASCII, UNICODE UTF-8, 8859/1",
            e.valid_up_to() + 1,
            if unicode {
                "UTF-8"
            } else if name.is_empty() {
                "not declared"
            } else if name == "ASCII" {
                "ASCII"
            } else {
                "not a supported one"
            }
        )),
    }
}
