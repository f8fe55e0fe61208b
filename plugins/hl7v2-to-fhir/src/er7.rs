//! The ER7 ("pipe and hat") syntax: HL7 v2.9 chapter 2, sections 2.5 (construction rules) and 2.7 (escapes).
//!
//! Nothing is copied until a value is asked for: a `Node` is a slice of the message with the place it came from.

use crate::charset::Charset;
use crate::limits::*;
use std::fmt;

/// MSH-1 and MSH-2. A character the sender left out of MSH-2 is not in use, so it is data when it occurs.
#[derive(Clone, Copy, Debug)]
pub struct Delimiters {
    pub field: char,
    pub component: char,
    pub repetition: Option<char>,
    pub escape: Option<char>,
    pub subcomponent: Option<char>,
    pub truncation: Option<char>,
    pub charset: Charset,
}

/// Where a value stands; printed as `PID-7 (segment 2)`. Never prints the value.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    pub segment: &'a str,
    pub ordinal: usize,
    pub field: usize,
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field == 0 {
            write!(f, "{} (segment {})", self.segment, self.ordinal)
        } else {
            write!(f, "{}-{} (segment {})", self.segment, self.field, self.ordinal)
        }
    }
}

pub struct Segment<'a> {
    pub name: &'a str,
    /// 1 for MSH, counting every segment of the message.
    pub ordinal: usize,
    fields: Vec<&'a str>,
    delimiters: &'a Delimiters,
}

pub struct Message<'a> {
    pub segments: Vec<Segment<'a>>,
}

/// A field, repetition, component or subcomponent.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    raw: &'a str,
    segment: &'a Segment<'a>,
    field: u16,
    /// Components are found by the subcomponent separator: see `sub_as_components`.
    nested: bool,
}

impl<'a> Segment<'a> {
    pub fn at(&self) -> At<'a> {
        At { segment: self.name, ordinal: self.ordinal, field: 0 }
    }

    /// The field by its HL7 number; an absent one is empty.
    #[inline(never)]
    pub fn field(&self, number: usize) -> Node<'_> {
        Node {
            raw: self.fields.get(number).copied().unwrap_or(""),
            segment: self,
            // MAX_FIELDS_PER_SEGMENT is far below.
            field: number as u16,
            nested: false,
        }
    }

    /// Numbers of the fields that hold something.
    pub fn valued(&self) -> impl Iterator<Item = usize> + '_ {
        (1..self.fields.len()).filter(move |n| !self.field(*n).is_empty())
    }
}

impl<'a> Node<'a> {
    #[inline(never)]
    pub fn at(&self) -> At<'a> {
        At { field: self.field as usize, ..self.segment.at() }
    }

    fn delimiters(&self) -> &'a Delimiters {
        self.segment.delimiters
    }

    /// Nothing but delimiters and white space, or the HL7 null `""` (delete what you have), which a
    /// FHIR resource can only express by leaving the element out.
    #[inline(never)]
    pub fn is_empty(&self) -> bool {
        let d = self.delimiters();
        let separator = |c: char| {
            c == d.component || Some(c) == d.repetition || Some(c) == d.subcomponent || c.is_whitespace()
        };
        self.raw.chars().all(separator) || self.raw.trim() == "\"\""
    }

    fn with(&self, raw: &'a str) -> Node<'a> {
        Node { raw, ..*self }
    }

    fn component_separator(&self) -> Option<char> {
        if self.nested {
            self.delimiters().subcomponent
        } else {
            Some(self.delimiters().component)
        }
    }

    fn subcomponent_separator(&self) -> Option<char> {
        if self.nested {
            None
        } else {
            self.delimiters().subcomponent
        }
    }

    fn repetition_separator(&self) -> Option<char> {
        if self.nested {
            None
        } else {
            self.delimiters().repetition
        }
    }

    /// The repetitions that hold something.
    #[inline(never)]
    pub fn repetitions(&self) -> Vec<Node<'a>> {
        let mut all = self.all_repetitions();
        all.retain(|r| !r.is_empty());
        all
    }

    /// All repetitions, also the empty ones: in text they are empty lines.
    #[inline(never)]
    pub fn all_repetitions(&self) -> Vec<Node<'a>> {
        match self.repetition_separator() {
            Some(r) => self.raw.split(r).map(|raw| self.with(raw)).collect(),
            None => vec![*self],
        }
    }

    #[inline(never)]
    pub fn first(&self) -> Node<'a> {
        self.piece(self.repetition_separator(), 1)
    }

    /// The component by its HL7 number, of the first repetition.
    #[inline(never)]
    pub fn component(&self, number: usize) -> Node<'a> {
        self.first().piece(self.component_separator(), number)
    }

    #[inline(never)]
    pub fn subcomponent(&self, number: usize) -> Node<'a> {
        self.piece(self.subcomponent_separator(), number)
    }

    #[inline(never)]
    fn piece(&self, separator: Option<char>, number: usize) -> Node<'a> {
        let separator = match separator {
            Some(s) => s as u8,
            None if number == 1 => return *self,
            None => return self.with(""),
        };
        // Separators are ASCII, so a byte that equals one is one, and the cuts are between characters.
        let bytes = self.raw.as_bytes();
        let mut start = 0;
        let mut count = 1;
        for (i, b) in bytes.iter().enumerate() {
            if *b == separator {
                if count == number {
                    return self.with(self.raw.get(start..i).unwrap_or(""));
                }
                count += 1;
                start = i + 1;
            }
        }
        self.with(if count == number { self.raw.get(start..).unwrap_or("") } else { "" })
    }

    /// This subcomponent list read as if it were a component list (an HD inside a CX, a CWE inside an SPS).
    pub fn sub_as_components(&self) -> Node<'a> {
        Node { nested: true, ..*self }
    }

    /// The value: first repetition, first component, first subcomponent, unescaped and trimmed.
    #[inline(never)]
    pub fn text(&self) -> Option<String> {
        let primary = self.component(1).subcomponent(1);
        let value = primary.unescaped();
        let value = value.trim();
        if value.is_empty() || value == "\"\"" {
            None
        } else {
            Some(value.to_string())
        }
    }

    /// The value as a FHIR code: no white space but single spaces inside.
    #[inline(never)]
    pub fn code(&self) -> Option<String> {
        self.text().map(|t| t.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// Everything of this repetition as text: ST, TX and FT hold no components, so a delimiter that a sloppy
    /// sender forgot to escape stays part of the text.
    #[inline(never)]
    pub fn whole(&self) -> String {
        let value = self.unescaped();
        if value.trim() == "\"\"" {
            String::new()
        } else {
            value.trim_end().to_string()
        }
    }

    #[inline(never)]
    pub fn is_truncated(&self) -> bool {
        match self.delimiters().truncation {
            Some(t) => self.raw.len() > 1 && self.raw.ends_with(t),
            None => false,
        }
    }

    /// Whether any value in this field carries the truncation character.
    pub fn holds_truncated(&self) -> bool {
        let d = self.delimiters();
        d.truncation.is_some()
            && self
                .raw
                .split(|c| c == d.component || Some(c) == d.repetition || Some(c) == d.subcomponent)
                .any(|raw| self.with(raw).is_truncated())
    }

    /// The number of characters as sent, for errors that must not show the value.
    pub fn characters(&self) -> usize {
        self.raw.chars().count()
    }

    #[inline(never)]
    fn unescaped(&self) -> String {
        let d = self.delimiters();
        let mut raw = self.raw;
        if self.is_truncated() {
            raw = &raw[..raw.len() - 1];
        }
        let escape = match d.escape {
            Some(e) if raw.contains(e) => e,
            _ => return printable(raw),
        };
        let mut out = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(start) = rest.find(escape) {
            out.push_str(&rest[..start]);
            let after = &rest[start + escape.len_utf8()..];
            match after.find(escape) {
                Some(end) => {
                    match unescape(&after[..end], d) {
                        Some(text) => out.push_str(&text),
                        // Unknown: kept as sent, the receiver may know it.
                        None => {
                            out.push(escape);
                            out.push_str(&after[..end]);
                            out.push(escape);
                        }
                    }
                    rest = &after[end + escape.len_utf8()..];
                }
                None => {
                    // A lone escape character is data that the sender forgot to escape.
                    out.push(escape);
                    rest = after;
                }
            }
        }
        out.push_str(rest);
        printable(&out)
    }
}

/// What stands between two escape characters, as text; None if it is no escape this plugin knows.
#[inline(never)]
fn unescape(sequence: &str, d: &Delimiters) -> Option<String> {
    let one = |c: Option<char>| c.map(|c| c.to_string());
    match sequence {
        "F" => one(Some(d.field)),
        "S" => one(Some(d.component)),
        "R" => one(d.repetition),
        "E" => one(d.escape),
        "T" => one(d.subcomponent),
        "P" => one(d.truncation),
        // Highlighting has no counterpart in a FHIR string.
        "H" | "N" => Some(String::new()),
        ".br" | ".BR" => Some("\n".to_string()),
        _ => {
            if let Some(count) = sequence.strip_prefix(".sp") {
                let lines = if count.is_empty() { 1 } else { count.trim_start_matches('+').parse().ok()? };
                return if lines <= 100usize { Some("\n".repeat(lines)) } else { None };
            }
            let hex = sequence.strip_prefix('X')?;
            if hex.is_empty() || hex.len() % 2 != 0 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
                return None;
            }
            let bytes: Vec<u8> = (0..hex.len())
                .step_by(2)
                .filter_map(|i| u8::from_str_radix(&hex[i..i + 2], 16).ok())
                .collect();
            let text: String = match d.charset {
                Charset::Latin1 => bytes.iter().map(|b| *b as char).collect(),
                Charset::Utf8 => String::from_utf8_lossy(&bytes).into_owned(),
            };
            Some(one_line_end(&text))
        }
    }
}

/// CR and CR LF as LF.
#[inline(never)]
fn one_line_end(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut after_cr = false;
    for c in text.chars() {
        if c == '\r' {
            out.push('\n');
        } else if !(after_cr && c == '\n') {
            out.push(c);
        }
        after_cr = c == '\r';
    }
    out
}

/// FHIR strings have no character below U+0020 but tab, CR and LF: others become U+FFFD, so they can be seen.
#[inline(never)]
fn printable(text: &str) -> String {
    if text.bytes().all(|b| b >= 0x20) {
        return text.to_string();
    }
    text.chars()
        .map(|c| {
            if (c as u32) < 0x20 && !matches!(c, '\t' | '\n' | '\r') {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

/// MSH-1 and MSH-2.
#[inline(never)]
pub fn delimiters(header: &str, charset: Charset) -> Result<Delimiters, String> {
    let mut chars = header.chars().skip(3);
    let usable = |c: char| c.is_ascii() && !c.is_ascii_alphanumeric() && (c as u32) >= 0x09 && c != '\u{7f}';
    let field = match chars.next() {
        Some(c) if usable(c) => c,
        Some(_) => return Err("MSH-1 (segment 1): the field separator is a letter, a digit or not ASCII".into()),
        None => return Err("MSH-1 (segment 1): missing".into()),
    };
    let encoding: Vec<char> = chars.take_while(|c| *c != field && *c != '\r' && *c != '\n').collect();
    if encoding.is_empty() {
        return Err("MSH-2 (segment 1): no encoding characters, at least the component separator is needed".into());
    }
    if encoding.len() > 5 {
        return Err(format!("MSH-2 (segment 1): {} encoding characters, at most 5 are defined", encoding.len()));
    }
    for (i, c) in encoding.iter().enumerate() {
        if !usable(*c) {
            return Err(format!("MSH-2 (segment 1): encoding character {} is a letter, a digit or not ASCII", i + 1));
        }
        if encoding[..i].contains(c) {
            return Err(format!("MSH-2 (segment 1): encoding character {} is the same as an earlier one", i + 1));
        }
    }
    Ok(Delimiters {
        field,
        component: encoding[0],
        repetition: encoding.get(1).copied(),
        escape: encoding.get(2).copied(),
        subcomponent: encoding.get(3).copied(),
        truncation: encoding.get(4).copied(),
        charset,
    })
}

fn is_segment_name(name: &str) -> bool {
    let b = name.as_bytes();
    b.len() == 3
        && b[0].is_ascii_uppercase()
        && b[1..].iter().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

fn over(at: At, what: &str, size: usize, limit: usize) -> String {
    format!("{}: {} {}, the limit is {}", at, size, what, limit)
}

#[inline(never)]
pub fn parse<'a>(text: &'a str, d: &'a Delimiters) -> Result<Message<'a>, String> {
    let mut lines = text.split(|c| c == '\r' || c == '\n').map(str::trim_end).filter(|l| !l.is_empty());
    // Counted before anything is built from them.
    let count = lines.clone().count();
    if count > MAX_SEGMENTS {
        return Err(format!("message: {} segments, the limit is {}", count, MAX_SEGMENTS));
    }
    let header = lines.next().unwrap_or("");
    let mut segments = Vec::with_capacity(count);
    segments.push(segment(header, 1, d)?);
    for (i, line) in lines.enumerate() {
        let s = segment(line, i + 2, d)?;
        if s.name == "MSH" {
            return Err(format!("{}: a second message header; send one message per call", s.at()));
        }
        segments.push(s);
    }
    Ok(Message { segments })
}

#[inline(never)]
fn segment<'a>(line: &'a str, ordinal: usize, d: &'a Delimiters) -> Result<Segment<'a>, String> {
    let name = line.split(d.field).next().unwrap_or("");
    if !is_segment_name(name) {
        return Err(format!(
            "segment {}: does not start with a segment name (3 capitals or digits, then the field separator), {} characters",
            ordinal,
            line.chars().count()
        ));
    }
    let mut fields: Vec<&str> = line.split(d.field).collect();
    if name == "MSH" {
        // MSH-1 is the separator itself; with it in place the index is the HL7 field number.
        fields.insert(1, line.get(3..4).unwrap_or(""));
    }
    let s = Segment { name, ordinal, fields, delimiters: d };
    let numbers = s.fields.len() - 1;
    if numbers > MAX_FIELDS_PER_SEGMENT {
        return Err(over(s.at(), "fields", numbers, MAX_FIELDS_PER_SEGMENT));
    }
    let first = if name == "MSH" { 3 } else { 1 };
    for n in first..=numbers {
        check_field(s.field(n))?;
    }
    Ok(s)
}

#[inline(never)]
fn check_field(field: Node) -> Result<(), String> {
    let d = field.delimiters();
    let repetitions = field.all_repetitions();
    if repetitions.len() > MAX_REPETITIONS_PER_FIELD {
        return Err(over(field.at(), "repetitions", repetitions.len(), MAX_REPETITIONS_PER_FIELD));
    }
    for r in repetitions {
        let components = r.raw.split(d.component).count();
        if components > MAX_COMPONENTS_PER_REPETITION {
            return Err(over(field.at(), "components", components, MAX_COMPONENTS_PER_REPETITION));
        }
        if let Some(s) = d.subcomponent {
            let most = r.raw.split(d.component).map(|c| c.split(s).count()).max().unwrap_or(0);
            if most > MAX_SUBCOMPONENTS_PER_COMPONENT {
                return Err(over(field.at(), "subcomponents", most, MAX_SUBCOMPONENTS_PER_COMPONENT));
            }
        }
    }
    Ok(())
}
