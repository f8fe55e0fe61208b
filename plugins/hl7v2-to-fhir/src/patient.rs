//! Who and where: PID, PD1, NK1, PV1, PV2, AL1, DG1.

use crate::bundle::{reference, Bundle};
use crate::datatypes::*;
use crate::er7::{Node, Segment};
use crate::json::{text, Json, Object};
use crate::terminology as t;

fn extension(url: &str) -> Object {
    Object::new().with("url", text(url))
}

#[inline(never)]
fn gender(bundle: &mut Bundle, node: Node) -> Option<Json> {
    let code = node.code()?;
    let mapped = t::gender(&code);
    if mapped.is_none() {
        bundle.warn(node.at(), "code is not in HL70001, so no gender");
    }
    mapped.map(text)
}

#[inline(never)]
fn yes_no(bundle: &mut Bundle, node: Node) -> Option<Json> {
    match node.code()?.as_str() {
        "Y" => Some(Json::bool(true)),
        "N" => Some(Json::bool(false)),
        _ => {
            bundle.warn(node.at(), "neither Y nor N; left out");
            None
        }
    }
}

/// PID-7: the date, and the time of birth where there is one.
#[inline(never)]
fn birth_date(bundle: &mut Bundle, node: Node) -> Option<Json> {
    let stamp = match bundle.stamp(node) {
        Some(s) => s,
        None => return None,
    };
    if !stamp.has_clock() {
        return Some(Json::text(stamp.date()));
    }
    match stamp.date_time(bundle.zone) {
        Some(full) => {
            let time = extension("http://hl7.org/fhir/StructureDefinition/patient-birthTime").with("valueDateTime", Json::text(full));
            Some(Json::extended(Some(stamp.date()), time.into()))
        }
        None => bundle.date_time(node),
    }
}

#[inline(never)]
pub fn patient(bundle: &mut Bundle, urn: &str, pid: &Segment, pd1: Option<&Segment>) {
    let mut out = Object::resource("Patient");
    let mut extensions = Vec::new();
    if let Some(name) = pid.field(6).component(1).text() {
        extensions.push(Json::object(
            extension("http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName").with("valueString", Json::text(name)),
        ));
    }
    if let Some(place) = pid.field(23).text() {
        extensions.push(Json::object(
            extension("http://hl7.org/fhir/StructureDefinition/patient-birthPlace")
                .with("valueAddress", Json::object(Object::new().with("text", Json::text(place)))),
        ));
    }
    out.put("extension", Json::array(extensions));

    let mut identifiers = Vec::new();
    // PID-2 and PID-4 are what PID-3 repetitions were before v2.3; still sent by many.
    for n in [3, 2, 4] {
        for one in cx_all(bundle, pid.field(n), None) {
            if !identifiers.iter().any(|have| same(have, &one)) {
                identifiers.push(one);
            }
        }
    }
    if identifiers.is_empty() {
        bundle.warn(pid.field(3).at(), "required but empty: the Patient has no identifier");
    }
    if let Some(ssn) = pid.field(19).text() {
        let ssn = Object::new()
            .with("type", identifier_type("SS"))
            .with("system", text("http://hl7.org/fhir/sid/us-ssn"))
            .with("value", Json::text(ssn));
        identifiers.push(ssn.into());
    }
    if let Some(number) = pid.field(20).text() {
        let licence = Object::new()
            .with("type", identifier_type("DL"))
            .with_text("system", pid.field(20).component(2).text().map(|s| t::local_uri(&s)))
            .with("value", Json::text(number));
        identifiers.push(licence.into());
    }
    out.put("identifier", Json::array(identifiers));

    let mut names = xpn_all(bundle, pid.field(5));
    for alias in xpn_all(bundle, pid.field(9)) {
        // An alias is a name no longer in use unless its type says otherwise.
        names.push(alias.with_default("use", "old"));
    }
    out.put("name", Json::array(names));

    let mut telecom = xtn_all(pid.field(13), Some("home"));
    telecom.extend(xtn_all(pid.field(14), Some("work")));
    telecom.extend(xtn_all(pid.field(40), None));
    out.put("telecom", Json::array(telecom));
    out.put("gender", gender(bundle, pid.field(8)));
    out.put("birthDate", birth_date(bundle, pid.field(7)));
    if !pid.field(29).is_empty() {
        let died = bundle.date_time(pid.field(29));
        out.put("deceasedDateTime", died);
    }
    if !out.has("deceasedDateTime") {
        out.put("deceasedBoolean", yes_no(bundle, pid.field(30)));
    }
    out.put("address", Json::array(xad_all(bundle, pid.field(11))));
    out.put("maritalStatus", mapped(bundle, pid.field(16), "v2-0002", t::marital_status));
    match pid.field(25).text() {
        Some(order) if (1..=2).contains(&order.len()) && order.bytes().all(|b| b.is_ascii_digit()) && !order.starts_with('0') => {
            out.put("multipleBirthInteger", Json::number(order));
        }
        other => {
            if other.is_some() {
                bundle.warn(pid.field(25).at(), "not a birth order; left out");
            }
            out.put("multipleBirthBoolean", yes_no(bundle, pid.field(24)));
        }
    }
    if let Some(language) = codeable(pid.field(15), Some("urn:ietf:bcp:47")) {
        let one = Object::new().with("language", language).with("preferred", Json::bool(true));
        out.put("communication", Json::one(one.into()));
    }
    if let Some(pd1) = pd1 {
        let mut doctors = Vec::new();
        for (i, d) in pd1.field(4).repetitions().into_iter().enumerate() {
            doctors.extend(xcn(bundle, d, i + 1).map(|u| reference(&u)));
        }
        for o in pd1.field(3).repetitions() {
            doctors.extend(xon_organization(bundle, o, None).map(|u| reference(&u)));
        }
        out.put("generalPractitioner", Json::array(doctors));
    }
    bundle.add(urn, out)
}

fn same(a: &Json, b: &Json) -> bool {
    let (mut x, mut y) = (String::new(), String::new());
    a.write(&mut x);
    b.write(&mut y);
    x == y
}

#[inline(never)]
pub fn related_person(bundle: &mut Bundle, nk1: &Segment, patient: &str) {
    let urn = bundle.urn("RelatedPerson", &nk1.ordinal.to_string());
    let identifiers = cx_all(bundle, nk1.field(33), None);
    let mut relation = Vec::new();
    relation.extend(mapped(bundle, nk1.field(3), "v2-0063", t::relationship));
    relation.extend(codeable_all_vec(nk1.field(7), "v2-0131"));
    let names = xpn_all(bundle, nk1.field(2));
    let mut telecom = xtn_all(nk1.field(5), Some("home"));
    telecom.extend(xtn_all(nk1.field(6), Some("work")));
    let born = bundle.stamp(nk1.field(16)).map(|s| Json::text(s.date()));
    let mut out = Object::resource("RelatedPerson")
        .with("identifier", Json::array(identifiers))
        .with("patient", reference(patient))
        .with("relationship", Json::array(relation))
        .with("name", Json::array(names))
        .with("telecom", Json::array(telecom));
    out.put("gender", gender(bundle, nk1.field(15)));
    out.put("birthDate", born);
    out.put("address", Json::array(xad_all(bundle, nk1.field(4))));
    out.put("period", period(bundle, nk1.field(8), nk1.field(9)));
    if let Some(language) = codeable(nk1.field(20), Some("urn:ietf:bcp:47")) {
        let one = Object::new().with("language", language);
        out.put("communication", Json::one(one.into()));
    }
    bundle.add(&urn, out)
}

fn codeable_all_vec(node: Node, table: &str) -> Vec<Json> {
    let system = t::hl7(table);
    node.repetitions().into_iter().filter_map(|r| codeable(r, Some(&system))).collect()
}

/// What DG1 adds to the Encounter.
pub struct Diagnosis {
    pub condition: String,
    kind: Option<String>,
    rank: Option<String>,
}

#[inline(never)]
pub fn condition(bundle: &mut Bundle, dg1: &Segment, patient: &str, encounter: Option<&str>, notes: Option<Json>) -> Diagnosis {
    let urn = bundle.urn("Condition", &dg1.ordinal.to_string());
    // Before v2.3 the code's system stood in DG1-2 and its text in DG1-4.
    let system = dg1.field(2).text().map(|s| t::code_system(&s));
    let mut code = codeable(dg1.field(3), system.as_deref());
    let description = dg1.field(4).text();
    if let Some(words) = description {
        code = Some(code.unwrap_or_else(|| Object::new().into()).with_default("text", &words));
    }
    if code.is_none() {
        bundle.warn(dg1.field(3).at(), "required but empty: the Condition has no code");
    }
    let kind = dg1.field(6).code();
    let verification = match kind.as_deref() {
        Some("F") => Some(("confirmed", "Confirmed")),
        Some("A") | Some("W") => Some(("provisional", "Provisional")),
        _ => None,
    };
    let mut out = Object::resource("Condition");
    out.put("identifier", ei(dg1.field(20), None).map(|i| Json::one(i)));
    out.put("verificationStatus", verification.map(|(c, d)| concept("condition-ver-status", c, d)));
    out.put("category", Json::one(concept("condition-category", "encounter-diagnosis", "Encounter Diagnosis")));
    out.put("code", code);
    out.put("subject", reference(patient));
    out.put("encounter", encounter.map(reference));
    out.put("onsetDateTime", bundle.date_time(dg1.field(5)));
    out.put("recordedDate", bundle.date_time(dg1.field(19)));
    if let Some(doctor) = xcn(bundle, dg1.field(16).first(), 1) {
        out.put("asserter", reference(&doctor));
    }
    out.put("note", notes);
    bundle.add(&urn, out);
    let rank = dg1.field(15).text().filter(|r| r.len() <= 4 && r.bytes().all(|b| b.is_ascii_digit()) && !r.starts_with('0'));
    Diagnosis { condition: urn, kind, rank }
}

#[inline(never)]
pub fn allergy(bundle: &mut Bundle, al1: &Segment, patient: &str, notes: Option<Json>) {
    let code = match codeable(al1.field(3), None) {
        Some(c) => c,
        None => {
            bundle.warn(al1.field(3).at(), "required but empty: no AllergyIntolerance without an allergen");
            return ;
        }
    };
    let urn = bundle.urn("AllergyIntolerance", &al1.ordinal.to_string());
    let kind = al1.field(2).code().unwrap_or_default();
    let category = t::allergy_category(&kind);
    if category.is_none() && !kind.is_empty() && !matches!(kind.as_str(), "MA" | "MC") {
        bundle.warn(al1.field(2).at(), "code is not in HL70127, so no category");
    }
    let allergy = category.is_some() || kind == "MA";
    let severity = al1.field(4).code().unwrap_or_default();
    let manifestations: Vec<Json> = al1
        .field(5)
        .repetitions()
        .into_iter()
        .filter_map(|r| {
            let words = r.component(2).text().or_else(|| r.text())?;
            Some(Object::new().with("text", Json::text(words)).into())
        })
        .collect();
    let mut out = Object::resource("AllergyIntolerance")
        .with("clinicalStatus", concept("allergyintolerance-clinical", "active", "Active"))
        .with("type", if allergy { Some(text("allergy")) } else { None })
        .with("category", category.map(|c| Json::one(text(c))));
    // HL70128 rates the reaction; without a reaction to carry it, it can only say how critical the allergy is.
    let of_reaction = match severity.as_str() {
        "SV" => Some("severe"),
        "MO" => Some("moderate"),
        "MI" => Some("mild"),
        _ => None,
    };
    if manifestations.is_empty() || of_reaction.is_none() {
        let critical = match severity.as_str() {
            "SV" => Some("high"),
            "MI" => Some("low"),
            "U" => Some("unable-to-assess"),
            _ => None,
        };
        if critical.is_none() && !severity.is_empty() {
            bundle.warn(al1.field(4).at(), "severity has no FHIR criticality, or is not in HL70128; left out");
        }
        out.put("criticality", critical.map(text));
    }
    out.put("code", code);
    out.put("patient", reference(patient));
    out.put("onsetDateTime", bundle.date_time(al1.field(6)));
    out.put("note", notes);
    if !manifestations.is_empty() {
        let reaction = Object::new().with("manifestation", Json::array(manifestations)).with("severity", of_reaction.map(text));
        out.put("reaction", Json::one(reaction.into()));
    }
    bundle.add(&urn, out)
}

pub struct Visit<'a, 'm> {
    pub pv1: &'a Segment<'m>,
    pub pv2: Option<&'a Segment<'m>>,
    pub diagnoses: Vec<Diagnosis>,
    /// ADT^A13 takes a discharge back: a discharge date it still carries no longer holds.
    pub discharge_cancelled: bool,
}

#[inline(never)]
pub fn encounter(bundle: &mut Bundle, urn: &str, visit: Visit, patient: &str) {
    let pv1 = visit.pv1;
    let v2 = |table: &str| Some(t::hl7(table));
    let class = pv1.field(2).code();
    let discharged = !pv1.field(45).is_empty() && !visit.discharge_cancelled;
    if visit.discharge_cancelled && !pv1.field(45).is_empty() {
        bundle.warn(pv1.field(45).at(), "the message cancels the discharge; discharge date left out");
    }
    let mut identifiers = cx_all(bundle, pv1.field(19), Some("VN"));
    identifiers.extend(cx_all(bundle, pv1.field(50), None));
    let mut out = Object::resource("Encounter").with("identifier", Json::array(identifiers));
    let status = if discharged { "finished" } else { t::encounter_status(class.as_deref().unwrap_or("")) };
    out.put("status", text(status));
    let class = match class.as_deref().map(|c| (c, t::encounter_class(c))) {
        Some((_, Some((system, code, display)))) => {
            coding(v2(system), Some(code.to_string()), Some(display.to_string()))
        }
        Some((code, None)) => {
            bundle.warn(pv1.field(2).at(), "code is not in HL70004; kept as sent");
            let system = pv1.field(2).component(3).text().map(|s| t::code_system(&s)).or_else(|| v2("v2-0004"));
            coding(system, Some(code.to_string()), pv1.field(2).component(2).text())
        }
        None => {
            bundle.warn(pv1.field(2).at(), "required but empty: class and status are unknown");
            coding(v2("v2-0004"), Some("U".to_string()), Some("Unknown".to_string()))
        }
    };
    out.put("class", Json::object(class));
    out.put("type", codeable(pv1.field(4), v2("v2-0007").as_deref()).map(|c| Json::one(c)));
    out.put("serviceType", codeable(pv1.field(10), v2("v2-0069").as_deref()));
    out.put("subject", reference(patient));

    let mut participants = Vec::new();
    let roles = [(7, "ATND", "attender"), (8, "REF", "referrer"), (9, "CON", "consultant"), (17, "ADM", "admitter")];
    for (field, code, display) in roles {
        for (i, doctor) in pv1.field(field).repetitions().into_iter().enumerate() {
            if let Some(who) = xcn(bundle, doctor, i + 1) {
                let one = Object::new()
                    .with("type", Json::one(concept("v3-ParticipationType", code, display)))
                    .with("individual", reference(&who));
                participants.push(Json::object(one));
            }
        }
    }
    out.put("participant", Json::array(participants));
    let start = bundle.date_time(pv1.field(44));
    let end = if discharged { bundle.date_time(pv1.field(45)) } else { None };
    out.put("period", Json::object(Object::new().with("start", start).with("end", end)));
    if let Some(pv2) = visit.pv2 {
        out.put("reasonCode", codeable(pv2.field(3), None).map(|c| Json::one(c)));
    }
    let diagnoses = visit
        .diagnoses
        .into_iter()
        .map(|d| {
            let role = match d.kind.as_deref() {
                Some("A") => Some(concept("diagnosis-role", "AD", "Admission diagnosis")),
                Some("F") => Some(concept("diagnosis-role", "DD", "Discharge diagnosis")),
                Some("W") => Some(concept("v2-0052", "W", "Working")),
                _ => None,
            };
            Object::new()
                .with("condition", reference(&d.condition))
                .with("use", role)
                .with("rank", d.rank.map(Json::number))
                .into()
        })
        .collect();
    out.put("diagnosis", Json::array(diagnoses));

    let stay = Object::new()
        .with("preAdmissionIdentifier", cx(bundle, pv1.field(5).first(), None))
        .with("admitSource", codeable(pv1.field(14), v2("v2-0023").as_deref()))
        .with("reAdmission", codeable(pv1.field(13), v2("v2-0092").as_deref()))
        .with("dietPreference", codeable_all(pv1.field(38), v2("v2-0114").as_deref()))
        .with("specialCourtesy", codeable_all(pv1.field(16), v2("v2-0099").as_deref()))
        .with("specialArrangement", codeable_all(pv1.field(15), v2("v2-0009").as_deref()))
        .with("dischargeDisposition", codeable(pv1.field(36), v2("v2-0112").as_deref()));
    out.put("hospitalization", Json::object(stay));

    let mut locations = Vec::new();
    let now = if pv1.field(2).code().as_deref() == Some("P") { "planned" } else { "active" };
    for (field, status) in [(3, now), (6, "completed")] {
        if let Some(place) = pl(bundle, pv1.field(field).first()) {
            let one = Object::new().with("location", reference(&place)).with("status", text(status));
            locations.push(Json::object(one));
        }
    }
    out.put("location", Json::array(locations));
    bundle.add(urn, out)
}
