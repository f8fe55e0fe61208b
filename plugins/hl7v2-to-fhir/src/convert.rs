//! The flow: bytes, text, segments, groups, Bundle.

use crate::bundle::{reference, Bundle, Outcome, Severity};
use crate::charset;
use crate::datatypes::{coding, hd_organization, hd_uri, xon_organization};
use crate::er7::{self, Message, Segment};
use crate::limits::MAX_FIELDS_PER_SEGMENT;
use crate::json::{text, Json, Object};
use crate::observation::{self, Context, Noted, Order, Under};
use crate::patient::{self, Visit};
use crate::terminology as t;

pub struct Converted {
    /// The Bundle as FHIR JSON.
    pub json: String,
    pub warnings: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Adt,
    Oru,
}

/// The trigger events whose message structure is ADT_A01, and ORU^R01.
const SUPPORTED: &str = "ADT^A01, ADT^A04, ADT^A08, ADT^A13, ORU^R01";

/// Every field this plugin reads; what a message holds beyond them is listed in the OperationOutcome.
const MAPPED: &[(&str, &[usize])] = &[
    // MSH-13 to 17 and 20 are about the v2 transport (acknowledgements, sequence): nothing in a Bundle answers them.
    ("MSH", &[1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 23, 24, 25]),
    ("SFT", &[2, 3]),
    ("EVN", &[1]),
    ("PID", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 14, 15, 16, 19, 20, 23, 24, 25, 29, 30, 40]),
    ("PD1", &[3, 4]),
    ("NK1", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 20, 33]),
    ("PV1", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16, 17, 19, 36, 38, 44, 45, 50]),
    ("PV2", &[3]),
    ("AL1", &[1, 2, 3, 4, 5, 6]),
    ("DG1", &[1, 2, 3, 4, 5, 6, 15, 16, 19, 20]),
    ("ORC", &[1, 2, 3, 4, 5, 9, 12]),
    ("OBR", &[1, 2, 3, 4, 5, 7, 8, 14, 15, 16, 22, 24, 25, 31, 32]),
    ("TQ1", &[1, 9]),
    ("OBX", &[1, 2, 3, 4, 5, 6, 7, 8, 11, 14, 15, 16, 17, 19, 20, 21, 23, 24, 29]),
    ("NTE", &[1, 3]),
    ("SPM", &[1, 2, 4, 7, 8, 12, 14, 17, 18, 20, 24]),
];

/// The mapped fields whose every repetition is read; of the others the first is, as FHIR has room for one only.
const REPEATABLE: &[(&str, &[usize])] = &[
    ("PID", &[2, 3, 4, 5, 9, 11, 13, 14, 40]),
    ("PD1", &[3, 4]),
    ("NK1", &[2, 4, 5, 6, 7, 33]),
    ("PV1", &[7, 8, 9, 15, 16, 17, 19, 38, 50]),
    ("AL1", &[5]),
    ("ORC", &[2, 3]),
    ("OBR", &[2, 3, 31, 32]),
    ("OBX", &[5, 8, 16]),
    ("NTE", &[3]),
    ("SPM", &[24]),
];

/// Converts one HL7 v2 message. The error names segment and field and never shows a value.
pub fn convert(input: &[u8]) -> Result<Converted, String> {
    let decoded = charset::decode(input)?;
    let delimiters = er7::delimiters(&decoded.text, decoded.charset)?;
    let message = er7::parse(&decoded.text, &delimiters)?;
    let (kind, event) = message_type(&message)?;
    let msh = &message.segments[0];
    let control = msh
        .field(10)
        .text()
        .ok_or_else(|| format!("{}: message control ID is required, empty", msh.field(10).at()))?;
    let sender = |n: usize| hd_uri(msh.field(n)).unwrap_or_default();
    let mut bundle = Bundle::new(format!("{}|{}|{}", sender(3), sender(4), control));
    if let Some(w) = decoded.warning {
        bundle.note(Severity::Warning, "incomplete", w);
    }
    let sent = bundle.stamp(msh.field(7));
    bundle.check()?;
    bundle.zone = sent.as_ref().and_then(|s| s.zone);
    let timestamp = sent.as_ref().and_then(|s| s.date_time(None));
    if !msh.field(7).is_empty() && timestamp.is_none() {
        bundle.warn(msh.field(7).at(), "no time zone or no time of day; the Bundle has no timestamp");
    }
    if !msh.field(12).code().unwrap_or_default().starts_with("2.") {
        bundle.warn(msh.field(12).at(), "version is not 2.x; read as HL7 v2");
    }
    survey(&mut bundle, &message);

    let focus = match kind {
        Kind::Adt => adt(&mut bundle, &message, &event)?,
        Kind::Oru => oru(&mut bundle, &message)?,
    };
    header(&mut bundle, &message, &event, &focus);
    bundle.check()?;

    let mut identifier = Object::new();
    identifier.text("system", hd_uri(msh.field(3)).or_else(|| hd_uri(msh.field(4))));
    identifier.put("value", Json::text(control));
    let warnings = bundle.warnings;
    Ok(Converted { json: bundle.render(identifier, timestamp)?, warnings })
}

/// MSH-9. The only value an error shows, and only when it has the shape of a message type.
#[inline(never)]
fn message_type(message: &Message) -> Outcome<(Kind, String)> {
    let field = message.segments[0].field(9);
    if field.is_empty() {
        return Err(format!("{}: message type is required, empty", field.at()));
    }
    let code = field.component(1).code().unwrap_or_default();
    let structure = field.component(3).code().unwrap_or_default();
    let event = match field.component(2).code() {
        Some(e) => e,
        None if code == "ORU" && structure == "ORU_R01" => "R01".to_string(),
        None => String::new(),
    };
    match (code.as_str(), event.as_str()) {
        ("ADT", "A01" | "A04" | "A08" | "A13") => Ok((Kind::Adt, event)),
        ("ORU", "R01") => Ok((Kind::Oru, event)),
        _ => {
            let plain = |s: &str| s.len() == 3 && s.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
            let shown = if plain(&code) && plain(&event) {
                format!("message type {}^{}", code, event)
            } else if plain(&code) && event.is_empty() {
                format!("message type {} without trigger event", code)
            } else {
                format!("message type ({} characters)", field.characters())
            };
            Err(format!("MSH-9: {} is not supported; supported: {}", shown, SUPPORTED))
        }
    }
}

fn lists(table: &[(&str, &[usize])], name: &str, field: usize) -> bool {
    table.iter().any(|(n, fields)| *n == name && fields.contains(&field))
}

/// What the message holds and the mapping does not: unknown segments one by one, fields summed up by segment name.
#[inline(never)]
fn survey(bundle: &mut Bundle, message: &Message) {
    let mut unread = vec![[false; MAX_FIELDS_PER_SEGMENT + 1]; MAPPED.len()];
    for s in &message.segments {
        let row = match MAPPED.iter().position(|(name, _)| *name == s.name) {
            Some(row) => row,
            None => {
                bundle.issue(Severity::Warning, "not-supported", &s.at(), "no mapping for this segment; not in the Bundle");
                continue;
            }
        };
        for n in s.valued() {
            if !MAPPED[row].1.contains(&n) {
                unread[row][n] = true;
            } else if s.name != "MSH" && s.field(n).repetitions().len() > 1 && !lists(REPEATABLE, s.name, n) {
                bundle.warn(s.field(n).at(), "only the first repetition is in the Bundle");
            }
            if s.name != "MSH" && s.field(n).holds_truncated() {
                bundle.warn(s.field(n).at(), "the sender marked the value as truncated");
            }
        }
    }
    for ((name, _), row) in MAPPED.iter().zip(&unread) {
        let list: Vec<String> = (1..row.len()).filter(|n| row[*n]).map(|n| format!("{}-{}", name, n)).collect();
        if !list.is_empty() {
            bundle.note(Severity::Information, "not-supported", format!("fields without mapping, not in the Bundle: {}", list.join(", ")));
        }
    }
}

#[inline(never)]
fn header(bundle: &mut Bundle, message: &Message, event: &str, focus: &[String]) {
    let msh = &message.segments[0];
    let mut out = Object::resource("MessageHeader");
    if let Some(mode) = msh.field(11).code() {
        let tag = coding(Some(t::hl7("v2-0103")), Some(mode), None);
        out.put("meta", Json::object(Object::new().with("tag", Json::one(tag.into()))));
    }
    let trigger = coding(Some(t::hl7("v2-0003")), Some(event.to_string()), None);
    out.put("eventCoding", Json::object(trigger));

    let receiver = match hd_organization(bundle, msh.field(6).first()) {
        Some(r) => Some(r),
        None => xon_organization(bundle, msh.field(23).first(), None),
    };
    let target = msh.field(5).first();
    let address = hd_uri(msh.field(25).first()).or_else(|| hd_uri(target));
    if receiver.is_some() || address.is_some() {
        let one = Object::new()
            .with_text("name", target.component(1).text())
            .with("endpoint", endpoint(address))
            .with("receiver", receiver.as_deref().map(reference));
        out.put("destination", Json::one(one.into()));
    }
    let sender = hd_organization(bundle, msh.field(4));
    out.put("sender", sender.as_deref().map(reference));
    let mut source = Object::new().with_text("name", msh.field(3).component(1).text());
    if let Some(sft) = message.segments.iter().find(|s| s.name == "SFT") {
        source.text("software", sft.field(3).text());
        source.text("version", sft.field(2).text());
    }
    source.put("endpoint", endpoint(hd_uri(msh.field(24)).or_else(|| hd_uri(msh.field(3)))));
    out.put("source", Json::object(source));
    let responsible = xon_organization(bundle, msh.field(22), None);
    out.put("responsible", responsible.as_deref().map(reference));
    out.put("focus", Json::array(focus.iter().map(|f| reference(f)).collect()));
    let urn = bundle.urn("MessageHeader", "1");
    bundle.set_header(&urn, out);
}

/// MessageHeader requires an endpoint; the guide has "unknown" for a message that names none.
#[inline(never)]
fn endpoint(uri: Option<String>) -> Json {
    match uri {
        Some(u) => Json::text(u),
        None => Json::extended(
            None,
            Object::new()
                .with("url", text("http://hl7.org/fhir/StructureDefinition/data-absent-reason"))
                .with("valueCode", text("unknown"))
                .into(),
        ),
    }
}

/// The NTE segments right under position `i`.
#[inline(never)]
fn notes_under<'a, 'm>(segments: &'a [Segment<'m>], i: usize) -> Vec<&'a Segment<'m>> {
    segments[i + 1..].iter().take_while(|s| s.name == "NTE").collect()
}

/// Segments whose resource has nowhere to put a note.
#[inline(never)]
fn warn_of_lost_notes(bundle: &mut Bundle, segments: &[Segment]) {
    let mut above = "";
    for s in segments {
        if s.name == "NTE" {
            if !matches!(above, "OBR" | "ORC" | "OBX" | "SPM" | "AL1" | "DG1" | "TQ1") {
                bundle.issue(Severity::Warning, "not-supported", &s.at(), "FHIR has no note where this one stands; not in the Bundle");
            }
        } else {
            above = s.name;
        }
    }
}

fn no_patient() -> String {
    "PID: required, missing".to_string()
}

#[inline(never)]
fn adt(bundle: &mut Bundle, message: &Message, event: &str) -> Outcome<Vec<String>> {
    let segments = &message.segments[..];
    let find = |name: &str| segments.iter().find(|s| s.name == name);
    for name in ["PID", "PV1"] {
        if let Some(second) = segments.iter().filter(|s| s.name == name).nth(1) {
            return Err(format!("{}: a second {}; this ADT structure holds one", second.at(), name));
        }
    }
    for s in segments.iter().filter(|s| matches!(s.name, "ORC" | "OBR" | "SPM" | "TQ1")) {
        bundle.issue(Severity::Warning, "not-supported", &s.at(), "no mapping for this segment in an ADT message; not in the Bundle");
    }
    warn_of_lost_notes(bundle, segments);
    let pid = find("PID").ok_or_else(no_patient)?;
    let patient = bundle.urn("Patient", &pid.ordinal.to_string());
    patient::patient(bundle, &patient, pid, find("PD1"));
    let encounter = find("PV1").map(|s| bundle.urn("Encounter", &s.ordinal.to_string()));
    if encounter.is_none() {
        bundle.note(Severity::Warning, "incomplete", "PV1: required, missing; no Encounter".to_string());
    }
    let context = Context { patient: patient.clone(), encounter: encounter.clone() };
    let mut diagnoses = Vec::new();
    for (i, s) in segments.iter().enumerate() {
        let notes = notes_under(segments, i);
        match s.name {
            "NK1" => patient::related_person(bundle, s, &patient),
            "AL1" => patient::allergy(bundle, s, &patient, observation::note(&notes)),
            "DG1" => diagnoses.push(patient::condition(bundle, s, &patient, encounter.as_deref(), observation::note(&notes))),
            "OBX" => {
                let part = Noted { segment: s, notes };
                let under = Under { obr: None, request: None, specimen: None };
                observation::observation(bundle, &part, &under, &context, None);
            }
            _ => {}
        }
        bundle.check()?;
    }
    let mut focus = vec![patient.clone()];
    if let (Some(urn), Some(pv1)) = (encounter, find("PV1")) {
        let visit = Visit { pv1, pv2: find("PV2"), diagnoses, discharge_cancelled: event == "A13" };
        patient::encounter(bundle, &urn, visit, &patient);
        focus.push(urn);
    }
    Ok(focus)
}

/// ORU^R01: {patient, visit, {order, results}}.
#[inline(never)]
fn oru(bundle: &mut Bundle, message: &Message) -> Outcome<Vec<String>> {
    let segments = &message.segments[..];
    warn_of_lost_notes(bundle, segments);
    let starts: Vec<usize> = (0..segments.len()).filter(|i| segments[*i].name == "PID").collect();
    if starts.is_empty() {
        return Err(no_patient());
    }
    if !segments.iter().any(|s| s.name == "OBR") {
        return Err("OBR: required, missing".to_string());
    }
    let mut focus = Vec::new();
    for (n, start) in starts.iter().enumerate() {
        // What stands before the first PID belongs to the first patient: some senders put NK1 there.
        let from = if n == 0 { 1 } else { *start };
        let to = starts.get(n + 1).copied().unwrap_or(segments.len());
        result_group(bundle, &segments[from..to], &segments[*start], &mut focus)?;
    }
    Ok(focus)
}

#[inline(never)]
fn result_group(bundle: &mut Bundle, segments: &[Segment], pid: &Segment, focus: &mut Vec<String>) -> Outcome<()> {
    let find = |name: &str| segments.iter().find(|s| s.name == name);
    let patient = bundle.urn("Patient", &pid.ordinal.to_string());
    patient::patient(bundle, &patient, pid, find("PD1"));
    focus.push(patient.clone());
    let pv1 = find("PV1");
    if let Some(second) = segments.iter().filter(|s| s.name == "PV1").nth(1) {
        return Err(format!("{}: a second PV1 for one patient", second.at()));
    }
    let encounter = pv1.map(|s| bundle.urn("Encounter", &s.ordinal.to_string()));
    let context = Context { patient: patient.clone(), encounter: encounter.clone() };
    let mut diagnoses = Vec::new();

    let mut orc: Option<Noted> = None;
    let mut open: Option<Order> = None;
    for (i, s) in segments.iter().enumerate() {
        let notes = notes_under(segments, i);
        match s.name {
            "NK1" => patient::related_person(bundle, s, &patient),
            "AL1" => patient::allergy(bundle, s, &patient, observation::note(&notes)),
            "DG1" => diagnoses.push(patient::condition(bundle, s, &patient, encounter.as_deref(), observation::note(&notes))),
            "ORC" => {
                if let Some(done) = open.take() {
                    focus.push(observation::order(bundle, &done, &context));
                }
                if let Some(lone) = orc.replace(Noted { segment: s, notes }) {
                    bundle.warn(lone.segment.at(), "no OBR follows this ORC; not in the Bundle");
                }
            }
            "OBR" => {
                if let Some(done) = open.take() {
                    focus.push(observation::order(bundle, &done, &context));
                }
                open = Some(Order { orc: orc.take(), obr: Noted { segment: s, notes }, tq1: None, parts: Vec::new() });
            }
            "TQ1" => match &mut open {
                Some(order) if order.tq1.is_none() => {
                    order.tq1 = Some(s);
                    order.obr.notes.extend(notes);
                }
                _ => bundle.warn(s.at(), "not the first TQ1 of an order; not in the Bundle"),
            },
            "OBX" | "SPM" => match &mut open {
                Some(order) => order.parts.push(Noted { segment: s, notes }),
                None if s.name == "OBX" => {
                    let part = Noted { segment: s, notes };
                    let under = Under { obr: None, request: None, specimen: None };
                    observation::observation(bundle, &part, &under, &context, None);
                }
                None => return Err(format!("{}: no OBR before it", s.at())),
            },
            _ => {}
        }
        bundle.check()?;
    }
    if let Some(done) = open.take() {
        focus.push(observation::order(bundle, &done, &context));
    }
    if let Some(lone) = orc {
        bundle.warn(lone.segment.at(), "no OBR follows this ORC; not in the Bundle");
    }
    if let (Some(urn), Some(pv1)) = (encounter, pv1) {
        let visit = Visit { pv1, pv2: find("PV2"), diagnoses, discharge_cancelled: false };
        patient::encounter(bundle, &urn, visit, &patient);
        focus.push(urn);
    }
    Ok(())
}
