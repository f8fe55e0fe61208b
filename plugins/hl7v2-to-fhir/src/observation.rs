//! Orders and results: ORC, OBR, TQ1, OBX, SPM, and the notes under them.

use crate::bundle::{reference, Bundle};
use crate::datatypes::*;
use crate::datetime;
use crate::er7::{Node, Segment};
use crate::json::{text, Json, Object};
use crate::terminology as t;

/// Consecutive NTE segments are the lines of one comment.
pub fn note(notes: &[&Segment]) -> Option<Json> {
    annotation(notes).map(|one| Json::one(one))
}

#[inline(never)]
fn annotation(notes: &[&Segment]) -> Option<Json> {
    let lines: Vec<String> = notes
        .iter()
        .flat_map(|n| n.field(3).all_repetitions().into_iter().map(|r| r.whole()).collect::<Vec<_>>())
        .collect();
    let all = lines.join("\n");
    if all.trim().is_empty() {
        return None;
    }
    Some(Object::new().with("text", text(all.trim_matches('\n'))).into())
}

/// A segment and the NTE segments right under it.
pub struct Noted<'a, 'm> {
    pub segment: &'a Segment<'m>,
    pub notes: Vec<&'a Segment<'m>>,
}

/// One ORDER_OBSERVATION group of ORU^R01.
pub struct Order<'a, 'm> {
    pub orc: Option<Noted<'a, 'm>>,
    pub obr: Noted<'a, 'm>,
    pub tq1: Option<&'a Segment<'m>>,
    /// OBX and SPM, in the order sent: an OBX after an SPM is about that specimen.
    pub parts: Vec<Noted<'a, 'm>>,
}

/// The code without which neither a report nor an observation means anything.
#[inline(never)]
fn required(bundle: &mut Bundle, node: Node, what: &str) -> Json {
    codeable(node, None).unwrap_or_else(|| {
        bundle.fail(format!("{}: {} is required, empty", node.at(), what));
        Object::new().into()
    })
}

pub struct Context {
    pub patient: String,
    pub encounter: Option<String>,
}

/// The DiagnosticReport's URL, for MessageHeader.focus.
#[inline(never)]
pub fn order(bundle: &mut Bundle, order: &Order, context: &Context) -> String {
    let obr = order.obr.segment;
    let spot = obr.ordinal.to_string();
    let code = required(bundle, obr.field(4), "universal service identifier");
    let report_urn = bundle.urn("DiagnosticReport", &spot);
    let request_urn = bundle.urn("ServiceRequest", &spot);

    let mut specimens: Vec<String> = Vec::new();
    for part in order.parts.iter().filter(|p| p.segment.name == "SPM") {
        specimens.push(specimen(bundle, part, context));
    }
    if specimens.is_empty() {
        specimens.extend(specimen_of_obr(bundle, obr, context));
    }
    let specimen_list = Json::array(specimens.iter().map(|s| reference(s)).collect());

    request(bundle, &request_urn, order, code.clone(), specimen_list.clone(), context);

    let mut results = Vec::new();
    let mut forms = Vec::new();
    let mut seen = 0;
    for part in &order.parts {
        if part.segment.name == "SPM" {
            seen += 1;
            continue;
        }
        // Before any SPM the OBX is about the order's specimen, which is certain only if there is one.
        let of = match seen {
            0 if specimens.len() == 1 => specimens.first(),
            0 => None,
            n => specimens.get(n - 1),
        };
        let under = Under { obr: Some(obr), request: Some(&request_urn), specimen: of.map(String::as_str) };
        results.push(reference(&observation(bundle, part, &under, context, Some(&mut forms))));
    }

    let mut out = Object::resource("DiagnosticReport");
    out.put("identifier", Json::array(numbers(order)));
    out.put("basedOn", Json::one(reference(&request_urn)));
    let status = obr.field(25).code();
    out.put(
        "status",
        text(match status.as_deref().and_then(t::report_status) {
            Some(s) => s,
            None => {
                bundle.warn(
                    obr.field(25).at(),
                    if status.is_some() {
                        "status has no FHIR equivalent; unknown"
                    } else {
                        "result status is empty; unknown"
                    },
                );
                "unknown"
            }
        }),
    );
    out.put("category", codeable(obr.field(24), Some(&t::hl7("v2-0074"))).map(|c| Json::one(c)));
    out.put("code", code);
    out.put("subject", reference(&context.patient));
    out.put("encounter", context.encounter.as_deref().map(reference));
    effective(bundle, &mut out, obr);
    out.put("issued", bundle.instant(obr.field(22)));
    let mut readers = Vec::new();
    for (i, n) in obr.field(32).repetitions().into_iter().enumerate() {
        readers.extend(cnn(bundle, n, i + 1).map(|u| reference(&u)));
    }
    out.put("resultsInterpreter", Json::array(readers));
    out.put("specimen", specimen_list);
    out.put("result", Json::array(results));
    out.put("presentedForm", Json::array(forms));
    bundle.add(&report_urn, out);
    report_urn
}

/// OBR-7 and OBR-8.
#[inline(never)]
fn effective(bundle: &mut Bundle, out: &mut Object, obr: &Segment) {
    if obr.field(8).is_empty() {
        out.put("effectiveDateTime", bundle.date_time(obr.field(7)));
    } else {
        out.put("effectivePeriod", period(bundle, obr.field(7), obr.field(8)));
    }
    
}

/// Placer and filler numbers; the ORC's win over the OBR's, which repeat them.
#[inline(never)]
fn numbers(order: &Order) -> Vec<Json> {
    let obr = order.obr.segment;
    let orc = order.orc.as_ref().map(|o| o.segment);
    let mut out = Vec::new();
    for (n, kind) in [(2, "PLAC"), (3, "FILL")] {
        let of = match orc {
            Some(o) if !o.field(n).is_empty() => o.field(n),
            _ => obr.field(n),
        };
        out.extend(of.repetitions().into_iter().filter_map(|r| ei(r, Some(kind))));
    }
    out
}

#[inline(never)]
fn request(bundle: &mut Bundle, urn: &str, order: &Order, code: Json, specimens: Json, context: &Context) {
    let obr = order.obr.segment;
    let orc = order.orc.as_ref().map(|o| o.segment);
    let mut out = Object::resource("ServiceRequest").with("identifier", Json::array(numbers(order)));
    out.put("requisition", orc.and_then(|o| ei(o.field(4), None)));
    // ORC-5, else ORC-1, else what the result says: an order whose results are final is done.
    let stated = orc.and_then(|o| o.field(5).code()).and_then(|c| t::order_status(&c));
    let control = orc.and_then(|o| o.field(1).code()).and_then(|c| t::order_control(&c));
    let status = stated.or(control).unwrap_or_else(|| match obr.field(25).code().as_deref() {
        Some("F") | Some("C") => "completed",
        Some("X") => "revoked",
        Some(_) => "active",
        None => "unknown",
    });
    out.put("status", text(status));
    out.put("intent", text("order"));
    let urgency = order
        .tq1
        .and_then(|q| q.field(9).code())
        .or_else(|| obr.field(5).code())
        .and_then(|c| t::priority(&c.to_ascii_uppercase()));
    out.put("priority", urgency.map(text));
    out.put("code", code);
    out.put("subject", reference(&context.patient));
    out.put("encounter", context.encounter.as_deref().map(reference));
    if let Some(o) = orc {
        out.put("authoredOn", bundle.date_time(o.field(9)));
    }
    let mut asking = xcn(bundle, obr.field(16).first(), 1);
    if asking.is_none() {
        if let Some(o) = orc {
            asking = xcn(bundle, o.field(12).first(), 1);
        }
    }
    out.put("requester", asking.as_deref().map(reference));
    out.put("reasonCode", codeable_all(obr.field(31), None));
    out.put("specimen", specimens);
    // A DiagnosticReport has no note in R4, so what is said about the order stays with the order.
    let mut notes: Vec<&Segment> = order.orc.iter().flat_map(|o| o.notes.iter().copied()).collect();
    notes.extend(order.obr.notes.iter().copied());
    out.put("note", note(&notes));
    bundle.add(urn, out)
}

#[inline(never)]
fn specimen(bundle: &mut Bundle, part: &Noted, context: &Context) -> String {
    let spm = part.segment;
    let urn = bundle.urn("Specimen", &spm.ordinal.to_string());
    let mut out = Object::resource("Specimen");
    let pair = spm.field(2);
    let ids: Vec<Json> = [(1, "PLAC"), (2, "FILL")]
        .iter()
        .filter_map(|(n, kind)| ei(pair.component(*n).sub_as_components(), Some(kind)))
        .collect();
    out.put("identifier", Json::array(ids));
    let status = match spm.field(20).code().as_deref() {
        Some("Y") => Some("available"),
        Some("N") => Some("unavailable"),
        _ => None,
    };
    out.put("status", status.map(text));
    out.put("type", codeable(spm.field(4), Some(&t::hl7("v2-0487"))));
    out.put("subject", reference(&context.patient));
    out.put("receivedTime", bundle.date_time(spm.field(18)));
    let mut collection = Object::new();
    let when = spm.field(17);
    if when.component(2).is_empty() {
        collection.put("collectedDateTime", bundle.date_time(when.component(1)));
    } else {
        collection.put("collectedPeriod", period(bundle, when.component(1), when.component(2)));
    }
    if let Some(value) = spm.field(12).text() {
        match decimal(&value) {
            Some(n) => {
                let mut quantity = Object::new().with("value", Json::number(n));
                quantity.extend(units(spm.field(12).component(2).sub_as_components()));
                collection.put("quantity", Json::object(quantity));
            }
            None => bundle.warn(spm.field(12).at(), "not a number; left out"),
        }
    }
    collection.put("method", codeable(spm.field(7), Some(&t::hl7("v2-0488"))));
    collection.put("bodySite", codeable(spm.field(8), None));
    out.put("collection", Json::object(collection));
    out.put("condition", codeable_all(spm.field(24), Some(&t::hl7("v2-0493"))));
    let mut notes: Vec<Json> = Vec::new();
    if let Some(words) = spm.field(14).text() {
        notes.push(Object::new().with("text", Json::text(words)).into());
    }
    notes.extend(annotation(&part.notes));
    out.put("note", Json::array(notes));
    bundle.add(&urn, out);
    urn
}

/// OBR-15, the specimen as it was sent before SPM (v2.5) existed.
#[inline(never)]
fn specimen_of_obr(bundle: &mut Bundle, obr: &Segment, context: &Context) -> Option<String> {
    let source = obr.field(15);
    let kind = source.component(1).sub_as_components();
    let kind = match codeable(kind, Some(&t::hl7("v2-0070"))) {
        Some(k) => k,
        None => return None,
    };
    let urn = bundle.urn("Specimen", &format!("{}-15", obr.ordinal));
    let mut out = Object::resource("Specimen").with("type", kind).with("subject", reference(&context.patient));
    out.put("receivedTime", bundle.date_time(obr.field(14)));
    let site = codeable(source.component(4).sub_as_components(), Some(&t::hl7("v2-0163")));
    let mut collection = Object::new();
    if obr.field(8).is_empty() {
        collection.put("collectedDateTime", bundle.date_time(obr.field(7)));
    } else {
        collection.put("collectedPeriod", period(bundle, obr.field(7), obr.field(8)));
    }
    collection.put("bodySite", site);
    out.put("collection", Json::object(collection));
    bundle.add(&urn, out);
    Some(urn)
}

/// What an OBX stands under.
pub struct Under<'a, 'm> {
    pub obr: Option<&'a Segment<'m>>,
    pub request: Option<&'a str>,
    pub specimen: Option<&'a str>,
}

#[inline(never)]
pub fn observation(
    bundle: &mut Bundle,
    part: &Noted,
    under: &Under,
    context: &Context,
    forms: Option<&mut Vec<Json>>,
) -> String {
    let obx = part.segment;
    let urn = bundle.urn("Observation", &obx.ordinal.to_string());
    let code = required(bundle, obx.field(3), "observation identifier");
    let mut value = value(bundle, obx, &code, forms);

    let mut extensions = std::mem::take(&mut value.extensions);
    extensions.extend(sub_id(obx));
    if let Some(when) = bundle.date_time(obx.field(19)) {
        let analysed = Object::new()
            .with("url", text("http://hl7.org/fhir/StructureDefinition/observation-analysis-date-time"))
            .with("valueDateTime", when);
        extensions.push(analysed.into());
    }
    let mut out = Object::resource("Observation").with("extension", Json::array(extensions));
    out.put("identifier", ei(obx.field(21), Some("FILL")).map(|i| Json::one(i)));
    out.put("basedOn", under.request.map(|r| Json::one(reference(r))));
    let status = obx.field(11).code();
    out.put(
        "status",
        text(match status.as_deref().and_then(t::observation_status) {
            Some(s) => s,
            None => {
                if status.as_deref() != Some("N") {
                    let why = if status.is_some() {
                        "status has no FHIR equivalent; unknown"
                    } else {
                        "result status is empty; unknown"
                    };
                    bundle.warn(obx.field(11).at(), why);
                }
                "unknown"
            }
        }),
    );
    out.put("category", codeable(obx.field(29), Some(&t::hl7("v2-0936"))).map(|c| Json::one(c)));
    out.put("code", code);
    out.put("subject", reference(&context.patient));
    out.put("encounter", context.encounter.as_deref().map(reference));
    // OBX-14 is there to differ from OBR-7; without it the observation was made when the OBR says.
    match under.obr {
        Some(obr) if obx.field(14).is_empty() => effective(bundle, &mut out, obr),
        _ => out.put("effectiveDateTime", bundle.date_time(obx.field(14))),
    }
    let mut performers = Vec::new();
    for (i, who) in obx.field(16).repetitions().into_iter().enumerate() {
        performers.extend(xcn(bundle, who, i + 1).map(|u| reference(&u)));
    }
    if let Some(lab) = xon_organization(bundle, obx.field(23).first(), Some(obx.field(24))) {
        performers.push(reference(&lab));
    } else if let Some(producer) = producer(bundle, obx.field(15)) {
        performers.push(reference(&producer));
    }
    out.put("performer", Json::array(performers));
    let absent = value.absent.take();
    let has_value = value.holds.is_some() || !value.components.is_empty();
    if let Some((key, v)) = value.holds.take() {
        out.put(key, v);
    }
    if let Some(words) = absent {
        out.put("dataAbsentReason", Json::object(Object::new().with("text", text(words))));
    } else if status.as_deref() == Some("N") && !has_value {
        out.put("dataAbsentReason", concept("data-absent-reason", "not-asked", "Not Asked"));
    }
    out.put("interpretation", interpretation(bundle, obx.field(8)));
    out.put("note", note(&part.notes));
    out.put("bodySite", codeable(obx.field(20), Some(&t::hl7("v2-0163"))));
    out.put("method", codeable(obx.field(17), None));
    out.put("specimen", under.specimen.map(reference));
    out.put("referenceRange", range(obx));
    out.put("component", Json::array(value.components));
    bundle.add(&urn, out);
    urn
}

/// OBX-4 as the guide's extension; v2.8.2 made it four components.
#[inline(never)]
fn sub_id(obx: &Segment) -> Option<Json> {
    let field = obx.field(4);
    let part = |n: usize, url: &str| {
        let v = field.component(n).text()?;
        Some(Json::object(Object::new().with("url", text(url)).with("valueString", Json::text(v))))
    };
    let parts: Vec<Json> = [(1, "original-sub-identifier"), (2, "group"), (3, "sequence"), (4, "identifier")]
        .iter()
        .filter_map(|(n, url)| part(*n, url))
        .collect();
    if parts.is_empty() {
        return None;
    }
    Some(
        Object::new()
            .with("extension", Json::array(parts))
            .with("url", text("http://hl7.org/fhir/StructureDefinition/observation-v2-subid"))
            .into(),
    )
}

/// OBX-15, a CWE that names the laboratory.
#[inline(never)]
fn producer(bundle: &mut Bundle, node: Node) -> Option<String> {
    let id = node.component(1).text();
    let name = node.component(2).text();
    if id.is_none() && name.is_none() {
        return None;
    }
    let system = node.component(3).text().map(|s| t::local_uri(&s));
    let key = key("Producer", &[&id, &system, &name]);
    let place = format!("{}-15", node.at().ordinal);
    Some(bundle
        .share(key, "Organization", &place, || {
            let identifier = id.map(|v| {
                Json::one(Object::new().with_text("system", system).with("value", Json::text(v)).into())
            });
            Object::resource("Organization").with("identifier", identifier).with_text("name", name)
        }))
}

#[inline(never)]
fn interpretation(bundle: &mut Bundle, node: Node) -> Json {
    let mut out = Vec::new();
    for r in node.repetitions() {
        let code = r.code().unwrap_or_default();
        match t::interpretation(&code) {
            Some(Ok(display)) => out.push(concept("v3-ObservationInterpretation", &code, display)),
            Some(Err(display)) => out.push(concept("v2-0078", &code, display)),
            None => {
                bundle.warn(r.at(), "code is not in HL70078; kept as sent");
                out.extend(codeable(r, None));
            }
        }
    }
    Json::array(out)
}

/// An HL7 NM as a JSON number with the same digits; None if it is no NM.
#[inline(never)]
pub fn decimal(value: &str) -> Option<String> {
    let (sign, digits) = match value.strip_prefix('-') {
        Some(d) => ("-", d),
        None => ("", value.strip_prefix('+').unwrap_or(value)),
    };
    let mut halves = digits.splitn(2, '.');
    let whole = halves.next().unwrap_or("");
    let fraction = halves.next().unwrap_or("");
    let numeric = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    // 18 digits is what FHIR asks every receiver to be able to hold.
    if whole.len() + fraction.len() == 0 || whole.len() + fraction.len() > 18 || !numeric(whole) || !numeric(fraction) {
        return None;
    }
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        w => w,
    };
    Some(if fraction.is_empty() {
        format!("{}{}", sign, whole)
    } else {
        format!("{}{}.{}", sign, whole, fraction)
    })
}

/// OBX-6 as the unit of a Quantity. A code without a coding system is only a unit: it may not be UCUM.
#[inline(never)]
fn units(node: Node) -> Object {
    let mut from = 1;
    // The alternate triplet is the better one if it alone is UCUM.
    let system = |n: usize| node.component(n + 2).text().map(|s| t::code_system(&s));
    if system(1).as_deref() != Some(UCUM) && system(4).as_deref() == Some(UCUM) {
        from = 4;
    }
    let code = node.component(from).code();
    let name = node.component(from + 1).text().or_else(|| code.clone());
    let mut out = Object::new().with_text("unit", name);
    if let (Some(code), Some(system)) = (code, system(from)) {
        out.put("system", Json::text(system));
        out.put("code", Json::text(code));
    }
    out
}

const UCUM: &str = "http://unitsofmeasure.org";

#[inline(never)]
fn quantity(comparator: Option<&str>, number: String, obx: &Segment) -> Object {
    let mut out = Object::new().with("value", Json::number(number)).with("comparator", comparator.map(text));
    out.extend(units(obx.field(6)));
    out
}

/// OBX-7: always the text, and low and high where it plainly is a range of numbers.
#[inline(never)]
fn range(obx: &Segment) -> Option<Json> {
    let field = obx.field(7);
    let mut words = field.first().whole();
    words = words.trim().to_string();
    if field.is_empty() || words.is_empty() {
        return None;
    }
    let mut out = Object::new();
    let bare = words.as_str();
    let bound = |s: &str| decimal(s.trim()).map(|n| Json::object(quantity(None, n, obx)));
    let numeric = matches!(obx.field(2).code().as_deref(), Some("NM") | Some("SN"));
    if numeric {
        if let Some(high) = bare.strip_prefix("<=").or_else(|| bare.strip_prefix('<')) {
            out.put("high", bound(high));
        } else if let Some(low) = bare.strip_prefix(">=").or_else(|| bare.strip_prefix('>')) {
            out.put("low", bound(low));
        } else if let Some(dash) = bare.char_indices().skip(1).find(|(_, c)| *c == '-').map(|(i, _)| i) {
            if let (Some(low), Some(high)) = (bound(&bare[..dash]), bound(&bare[dash + 1..])) {
                out.put("low", low);
                out.put("high", high);
            }
        }
    }
    out.put("text", Json::text(words));
    Some(Json::one(out.into()))
}

#[derive(Default)]
struct Value {
    holds: Option<(&'static str, Json)>,
    components: Vec<Json>,
    extensions: Vec<Json>,
    absent: Option<&'static str>,
}

/// OBX-5. `forms` takes the attachments of a report; an observation outside a report keeps its own.
#[inline(never)]
fn value(bundle: &mut Bundle, obx: &Segment, code: &Json, forms: Option<&mut Vec<Json>>) -> Value {
    let kind = obx.field(2).code().unwrap_or_default();
    let field = obx.field(5);
    let mut out = Value::default();
    if field.is_empty() {
        return out;
    }
    if matches!(kind.as_str(), "ST" | "TX" | "FT" | "") {
        if kind.is_empty() {
            bundle.warn(obx.field(2).at(), "value type is required, empty; read as text");
        }
        // In text a repetition is a line.
        let lines: Vec<String> = field.all_repetitions().iter().map(|r| r.whole()).collect();
        out.holds = Some(("valueString", text(lines.join("\n").trim_matches('\n'))));
        return out;
    }
    let repetitions = field.repetitions();
    if kind == "ED" || kind == "RP" {
        let title = obx.field(3).component(2).text();
        let mut attachments = Vec::new();
        for r in repetitions {
            let one = if kind == "ED" { encapsulated(bundle, r) } else { pointer(r) };
            if one.has("data") || one.has("url") {
                attachments.push(Json::object(one.with_text("title", title.clone())));
            } else {
                bundle.warn(r.at(), "an attachment without data; left out");
            }
        }
        if attachments.is_empty() {
            return out;
        }
        match forms {
            Some(forms) => {
                forms.extend(attachments);
                out.absent = Some("in DiagnosticReport.presentedForm");
            }
            None => out.extensions = attachments.into_iter().map(attachment_extension).collect(),
        }
        return out;
    }
    if let [one] = repetitions.as_slice() {
        out.holds = single(bundle, obx, *one, &kind);
        return out;
    }
    // Several values of one test: a component each, under the same code.
    for r in repetitions {
        if let Some((key, v)) = single(bundle, obx, r, &kind) {
            out.components.push(Object::new().with("code", code.clone()).with(key, v).into());
        }
    }
    out
}

/// R5's Observation.valueAttachment, as an R4 extension.
fn attachment_extension(attachment: Json) -> Json {
    Object::new()
        .with("url", text("http://hl7.org/fhir/5.0/StructureDefinition/extension-Observation.value"))
        .with("valueAttachment", attachment)
        .into()
}

/// One value of OBX-5. One that does not have the type OBX-2 says is kept as text: nothing of it is lost then.
#[inline(never)]
fn single(bundle: &mut Bundle, obx: &Segment, node: Node, kind: &str) -> Option<(&'static str, Json)> {
    let found = match kind {
        "NM" => node.text().and_then(|v| decimal(&v)).map(|n| ("valueQuantity", Json::object(quantity(None, n, obx)))),
        "SN" => structured(obx, node),
        "CE" | "CWE" | "CNE" | "CF" | "IS" | "ID" => codeable(node, None).map(|c| ("valueCodeableConcept", c)),
        "DT" | "DTM" | "TS" => match node.text().and_then(|v| datetime::parse(&v)) {
            Some(_) => bundle.date_time(node).map(|d| ("valueDateTime", d)),
            None => None,
        },
        "TM" => node.text().and_then(|v| datetime::time(&v)).map(|v| ("valueTime", Json::text(v))),
        "DR" => {
            let plain = [1, 2].iter().all(|n| match node.component(*n).text() {
                Some(v) => datetime::parse(&v).is_some(),
                None => true,
            });
            if plain {
                period(bundle, node.component(1), node.component(2)).map(|p| ("valuePeriod", p))
            } else {
                None
            }
        }
        "NR" => {
            let bound = |n: usize| {
                let v = node.component(n).text().and_then(|v| decimal(&v))?;
                Some(Json::object(quantity(None, v, obx)))
            };
            let (low, high) = (bound(1), bound(2));
            if low.is_none() && high.is_none() {
                None
            } else {
                Some(("valueRange", Json::object(Object::new().with("low", low).with("high", high))))
            }
        }
        _ => {
            bundle.warn(obx.field(2).at(), "value type has no mapping; OBX-5 is kept as text");
            return Some(("valueString", Json::text(node.whole())));
        }
    };
    if found.is_none() {
        bundle.warn(node.at(), "not a value of the type in OBX-2; kept as text");
        return Some(("valueString", Json::text(node.whole())));
    }
    found
}

/// SN: comparator, number, separator or suffix, number.
#[inline(never)]
fn structured(obx: &Segment, node: Node) -> Option<(&'static str, Json)> {
    let comparator = node.component(1).text().unwrap_or_default();
    let separator = node.component(3).text().unwrap_or_default();
    let first = node.component(2).text();
    let second = node.component(4).text();
    let one = first.as_deref().and_then(decimal);
    let two = second.as_deref().and_then(decimal);
    let plain = match comparator.as_str() {
        "" | "=" => Some(None),
        "<" | "<=" | ">" | ">=" => Some(Some(comparator.as_str())),
        _ => None,
    };
    let found = match (plain, separator.as_str(), one, two) {
        (Some(c), "", Some(n), None) if second.is_none() => Some(("valueQuantity", quantity(c, n, obx))),
        (Some(c), ":" | "/", Some(a), Some(b)) => Some((
            "valueRatio",
            Object::new()
                .with("numerator", Json::object(quantity(c, a, obx)))
                .with("denominator", Json::object(quantity(None, b, obx))),
        )),
        (Some(None), "-", Some(low), Some(high)) => Some((
            "valueRange",
            Object::new()
                .with("low", Json::object(quantity(None, low, obx)))
                .with("high", Json::object(quantity(None, high, obx))),
        )),
        _ => None,
    };
    if let Some((key, value)) = found {
        return Some((key, value.into()));
    }
    // "<>", "+" and whatever else has no FHIR type: the parts as one text, with the unit.
    let unit = obx.field(6).component(1).text();
    let parts = [node.component(1).text(), first, node.component(3).text(), second, unit];
    let words: Vec<String> = parts.iter().flatten().cloned().collect();
    if words.is_empty() {
        None
    } else {
        Some(("valueString", Json::text(words.join(" "))))
    }
}

/// HL70191 and HL70291 to a MIME type, where the pair is one.
#[inline(never)]
fn mime(kind: Option<String>, subtype: Option<String>) -> Option<Json> {
    let sub = subtype?.to_ascii_lowercase();
    if sub.contains('/') {
        return Some(Json::text(sub));
    }
    let kind = kind.unwrap_or_default().to_ascii_lowercase();
    let found = match (kind.as_str(), sub.as_str()) {
        (_, "pdf") => "application/pdf".to_string(),
        (_, "rtf") => "application/rtf".to_string(),
        (_, "dicom") => "application/dicom".to_string(),
        (_, "html") => "text/html".to_string(),
        (_, "xml") => "text/xml".to_string(),
        (_, "x-hl7-cda-level-one") => "application/x-hl7-cda-level-one+xml".to_string(),
        (_, "jpg") | (_, "jpeg") => "image/jpeg".to_string(),
        (_, "png") | (_, "gif") | (_, "tiff") => format!("image/{}", sub),
        ("text", "plain") | ("tx", "plain") => "text/plain".to_string(),
        _ => return None,
    };
    Some(Json::text(found))
}

/// ED to Attachment.
#[inline(never)]
fn encapsulated(bundle: &mut Bundle, node: Node) -> Object {
    let data: String = node.component(5).whole().chars().filter(|c| !c.is_whitespace()).collect();
    let encoding = node.component(4).text().unwrap_or_default().to_ascii_lowercase();
    let encoded = match encoding.as_str() {
        "base64" | "" if is_base64(&data) => data,
        "hex" if data.len() % 2 == 0 && data.bytes().all(|b| b.is_ascii_hexdigit()) => {
            let bytes: Vec<u8> = (0..data.len())
                .step_by(2)
                .filter_map(|i| u8::from_str_radix(&data[i..i + 2], 16).ok())
                .collect();
            base64(&bytes)
        }
        "a" => base64(node.component(5).whole().as_bytes()),
        _ => {
            bundle.fail(format!(
                "{}: encapsulated data is not what its encoding (component 4) says, {} characters",
                node.at(),
                data.chars().count()
            ));
            String::new()
        }
    };
    Object::new()
        .with("contentType", mime(node.component(2).text(), node.component(3).text()))
        .with("data", Json::text(encoded))
}

/// RP to Attachment.
#[inline(never)]
fn pointer(node: Node) -> Object {
    let target = node.component(1).text();
    let url = target.map(|p| if t::is_url(&p) { p } else { t::local_uri(&p) });
    Object::new()
        .with("contentType", mime(node.component(3).text(), node.component(4).text()))
        .with_text("url", url)
}

fn is_base64(data: &str) -> bool {
    let body = data.trim_end_matches('=');
    data.len() % 4 == 0
        && data.len() - body.len() <= 2
        && body.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/')
}

pub fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len() / 3 * 4 + 4);
    for chunk in bytes.chunks(3) {
        let n = (chunk[0] as u32) << 16
            | (chunk.get(1).copied().unwrap_or(0) as u32) << 8
            | chunk.get(2).copied().unwrap_or(0) as u32;
        for i in 0..4 {
            if i <= chunk.len() {
                out.push(ALPHABET[(n >> (18 - 6 * i)) as usize & 63] as char);
            } else {
                out.push('=');
            }
        }
    }
    out
}
