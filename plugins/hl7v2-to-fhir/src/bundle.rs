//! The Bundle while it is being built: entries, references, issues.

use crate::datetime::{self, Stamp, Zone};
use crate::er7::{At, Node};
use crate::json::{text, Json, Object};
use crate::limits::{MAX_ISSUES, MAX_OUTPUT_BYTES};
use crate::uuid;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

/// A conversion ends at the first error; the text is what the caller of the plugin reads.
pub type Outcome<T> = Result<T, String>;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Warning,
    Information,
}

pub struct Bundle {
    /// Sender and control id: what makes the names of this message's resources unique.
    identity: String,
    /// MSH-7's offset, the default time zone of the whole message (HL7 v2 chapter 2, MSH-7).
    pub zone: Option<Zone>,
    entries: Vec<String>,
    bytes: usize,
    issues: Vec<Object>,
    unlisted: usize,
    /// Several resources read the same field; it is reported once.
    said: BTreeSet<String>,
    pub warnings: usize,
    failure: Option<String>,
    /// Practitioners, organizations and locations already written, by what identifies them.
    shared: BTreeMap<String, String>,
}

impl Bundle {
    pub fn new(identity: String) -> Bundle {
        Bundle {
            identity,
            zone: None,
            // The first place is the MessageHeader's: FHIR wants it there, but it is written last.
            entries: vec![String::new()],
            bytes: 0,
            issues: Vec::new(),
            unlisted: 0,
            said: BTreeSet::new(),
            warnings: 0,
            failure: None,
            shared: BTreeMap::new(),
        }
    }

    /// The fullUrl of a resource made from this place of the message.
    #[inline(never)]
    pub fn urn(&self, kind: &str, place: &str) -> String {
        format!("urn:uuid:{}", uuid::v5(&format!("{}|{}|{}", self.identity, kind, place)))
    }

    pub fn uuid(&self) -> String {
        uuid::v5(&format!("{}|Bundle", self.identity))
    }

    /// The conversion has failed; the first text stands. It is kept here and not returned through every mapping
    /// function, whose results are then plain values: the flow asks `check` after each segment.
    #[inline(never)]
    pub fn fail(&mut self, text: String) {
        self.failure.get_or_insert(text);
    }

    pub fn check(&mut self) -> Outcome<()> {
        match self.failure.take() {
            Some(text) => Err(text),
            None => Ok(()),
        }
    }

    fn entry(&mut self, urn: &str, resource: Object) -> String {
        let mut out = String::new();
        Object::new().with("fullUrl", text(urn)).with("resource", Json::object(resource)).write(&mut out);
        self.bytes += out.len() + 2;
        if self.bytes > MAX_OUTPUT_BYTES {
            self.fail(format!("message: its Bundle exceeds the limit of {} bytes", MAX_OUTPUT_BYTES));
            // What is built until the next check is thrown away.
            out = String::new();
        }
        out
    }

    #[inline(never)]
    pub fn add(&mut self, urn: &str, resource: Object) {
        let entry = self.entry(urn, resource);
        self.entries.push(entry);
    }

    pub fn set_header(&mut self, urn: &str, resource: Object) {
        self.entries[0] = self.entry(urn, resource);
    }

    /// The reference to a resource several segments may name; written the first time.
    pub fn share(&mut self, key: String, kind: &str, place: &str, resource: impl FnOnce() -> Object) -> String {
        if let Some(urn) = self.shared.get(&key) {
            return urn.clone();
        }
        let urn = self.urn(kind, place);
        self.add(&urn, resource());
        self.shared.insert(key, urn.clone());
        urn
    }

    #[inline(never)]
    pub fn warn(&mut self, at: At, what: &str) {
        self.issue(Severity::Warning, "incomplete", &at, what);
    }

    #[inline(never)]
    pub fn issue(&mut self, severity: Severity, code: &str, at: &dyn Display, what: &str) {
        self.note(severity, code, format!("{}: {}", at, what));
    }

    #[inline(never)]
    pub fn note(&mut self, severity: Severity, code: &str, details: String) {
        if !self.said.insert(details.clone()) {
            return;
        }
        if severity == Severity::Warning {
            self.warnings += 1;
        }
        if self.issues.len() == MAX_ISSUES {
            self.unlisted += 1;
            return;
        }
        let severity = match severity {
            Severity::Warning => "warning",
            Severity::Information => "information",
        };
        self.issues.push(
            Object::new()
                .with("severity", text(severity))
                .with("code", text(code))
                .with("details", Json::object(Object::new().with("text", Json::text(details)))),
        );
    }

    /// A date or time that must not be lost: a value with digits that is no HL7 date is an error. One without any
    /// digit ("DOB", "UNKNOWN") is a placeholder that holds no date to lose: left out with a warning.
    #[inline(never)]
    pub fn stamp(&mut self, node: Node) -> Option<Stamp> {
        let value = node.text()?;
        match datetime::parse(&value) {
            Some(s) => Some(s),
            None if !value.chars().any(|c| c.is_numeric()) => {
                self.warn(node.at(), "a placeholder without any digit instead of a date; left out");
                None
            }
            None => {
                self.fail(format!("{}: not an HL7 date/time, {} characters", node.at(), value.chars().count()));
                None
            }
        }
    }

    /// A FHIR dateTime. FHIR allows no time without a zone, and a guessed zone would be a wrong instant: where
    /// neither the value nor MSH-7 has one the date stays, and the local time goes into `originalText`.
    #[inline(never)]
    pub fn date_time(&mut self, node: Node) -> Option<Json> {
        let stamp = self.stamp(node)?;
        if !stamp.has_clock() {
            return Some(Json::text(stamp.date()));
        }
        if let Some(full) = stamp.date_time(self.zone) {
            return Some(Json::text(full));
        }
        self.warn(node.at(), NO_ZONE);
        Some(Json::extended(Some(stamp.date()), original(&node)))
    }

    /// A FHIR instant: like dateTime but nothing less than a full one will do.
    #[inline(never)]
    pub fn instant(&mut self, node: Node) -> Option<Json> {
        let stamp = self.stamp(node)?;
        if let Some(full) = stamp.date_time(self.zone) {
            return Some(Json::text(full));
        }
        self.warn(node.at(), "no time of day or no time zone, here or in MSH-7; a FHIR instant needs both, kept as originalText");
        Some(Json::extended(None, original(&node)))
    }

    #[inline(never)]
    pub fn render(mut self, identifier: Object, timestamp: Option<String>) -> Outcome<String> {
        if self.unlisted > 0 {
            let more = format!("{} more issues, not listed: the limit is {}", self.unlisted, MAX_ISSUES);
            self.issues.push(
                Object::new()
                    .with("severity", text("warning"))
                    .with("code", text("incomplete"))
                    .with("details", Json::object(Object::new().with("text", Json::text(more)))),
            );
        }
        if !self.issues.is_empty() {
            let issues = std::mem::take(&mut self.issues).into_iter().map(Json::object).collect();
            let outcome = Object::resource("OperationOutcome").with("issue", Json::array(issues));
            let urn = self.urn("OperationOutcome", "message");
            self.add(&urn, outcome);
            self.check()?;
        }
        let mut out = String::with_capacity(self.bytes + 512);
        let mut head = String::new();
        Object::resource("Bundle")
            .with("id", Json::text(self.uuid()))
            .with("identifier", Json::object(identifier))
            .with("type", text("message"))
            .with("timestamp", timestamp.map(Json::text))
            .write(&mut head);
        // One entry a line: as small as compact JSON, yet a difference between two Bundles names the resource.
        head.pop();
        out.push_str(&head);
        out.push_str(",\"entry\":[\n");
        out.push_str(&self.entries.join(",\n"));
        out.push_str("\n]}\n");
        if out.len() > MAX_OUTPUT_BYTES {
            return Err(format!("message: its Bundle exceeds the limit of {} bytes", MAX_OUTPUT_BYTES));
        }
        Ok(out)
    }
}

pub const NO_ZONE: &str =
    "time of day without minutes or without time zone, here and in MSH-7; degraded to a date, kept as originalText";

fn original(node: &Node) -> Json {
    Object::new()
        .with("url", text("http://hl7.org/fhir/StructureDefinition/originalText"))
        .with_text("valueString", node.text())
        .into()
}

#[inline(never)]
pub fn reference(urn: &str) -> Json {
    Object::new().with("reference", text(urn)).into()
}
