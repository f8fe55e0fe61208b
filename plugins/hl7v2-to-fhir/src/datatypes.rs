//! HL7 v2 data types to FHIR data types, as in the guide's data type maps.

use crate::bundle::{reference, Bundle};
use crate::er7::Node;
use crate::json::{text, Json, Object};
use crate::terminology as t;

#[inline(never)]
pub fn coding(system: Option<String>, code: Option<String>, display: Option<String>) -> Object {
    Object::new().with_text("system", system).with_text("code", code).with_text("display", display)
}

#[inline(never)]
pub fn concept(system: &str, code: &str, display: &str) -> Json {
    let one = coding(Some(t::hl7(system)), Some(code.to_string()), Some(display.to_string()));
    Object::new().with("coding", Json::one(one.into())).into()
}

/// One triplet of a CWE: code, text, coding system; `version` is where its version stands.
fn triplet(node: Node, from: usize, version: usize, default: Option<&str>) -> Option<Object> {
    let code = node.component(from).code()?;
    let system = match node.component(from + 2).text() {
        Some(name) => Some(t::code_system(&name)),
        None => default.map(str::to_string),
    };
    Some(
        Object::new()
            .with_text("system", system)
            .with_text("version", node.component(version).text())
            .with("code", Json::text(code))
            .with_text("display", node.component(from + 1).text()),
    )
}

/// CWE, CNE, CE, CF, IS, ID to CodeableConcept. `default` is the system of codes that name none: the field's table.
#[inline(never)]
pub fn codeable(node: Node, default: Option<&str>) -> Option<Json> {
    let codings: Vec<Json> = [(1, 7), (4, 8), (10, 13)]
        .iter()
        .filter_map(|(from, version)| triplet(node, *from, *version, if *from == 1 { default } else { None }))
        .map(Json::object)
        .collect();
    let original = node.component(9).text();
    let words = if codings.is_empty() {
        original.or_else(|| node.component(2).text()).or_else(|| node.component(5).text())
    } else {
        original
    };
    let out = Object::new().with("coding", Json::array(codings)).with_text("text", words);
    if out.is_empty() {
        None
    } else {
        Some(out.into())
    }
}

#[inline(never)]
pub fn codeable_all(node: Node, default: Option<&str>) -> Json {
    Json::array(node.repetitions().into_iter().filter_map(|r| codeable(r, default)).collect())
}

/// A code of an HL7 table, mapped; one the table does not have is kept as sent and reported.
#[inline(never)]
pub fn mapped(
    bundle: &mut Bundle,
    node: Node,
    table: &str,
    map: fn(&str) -> Option<(&'static str, &'static str, &'static str)>,
) -> Option<Json> {
    let code = node.code();
    match code.as_deref().and_then(map) {
        Some((system, code, display)) => Some(concept(system, code, display)),
        None => {
            if code.is_some() && node.component(3).is_empty() {
                bundle.warn(node.at(), "code is not in its HL7 table; kept as sent");
            }
            codeable(node, Some(&t::hl7(table)))
        }
    }
}

/// HD (components 1 to 3 of `node`) to a URI.
#[inline(never)]
pub fn hd_uri(node: Node) -> Option<String> {
    let id = node.component(2).code();
    let kind = node.component(3).code().unwrap_or_default().to_ascii_uppercase();
    let namespace = node.component(1).code();
    if let Some(id) = id {
        return Some(match kind.as_str() {
            "ISO" | "" if t::is_oid(&id) => format!("urn:oid:{}", id),
            "UUID" | "GUID" | "" if t::is_uuid(&id) => format!("urn:uuid:{}", id.to_ascii_lowercase()),
            _ if t::is_url(&id) => id,
            "CLIA" => "urn:oid:2.16.840.1.113883.4.7".to_string(),
            _ => t::local_uri(&id),
        });
    }
    namespace.map(|n| match n.to_ascii_uppercase().as_str() {
        "NPI" => "http://hl7.org/fhir/sid/us-npi".to_string(),
        "SSA" | "USSSA" => "http://hl7.org/fhir/sid/us-ssn".to_string(),
        _ => t::local_uri(&n),
    })
}

#[inline(never)]
pub fn identifier_type(code: &str) -> Json {
    let one = coding(Some(t::V2_0203.to_string()), Some(code.to_string()), None);
    Object::new().with("coding", Json::one(one.into())).into()
}

/// CX to Identifier.
#[inline(never)]
pub fn cx(bundle: &mut Bundle, node: Node, default_type: Option<&str>) -> Option<Json> {
    let value = match node.component(1).text() {
        Some(v) => v,
        None => return None,
    };
    let kind = node.component(5).code().or_else(|| default_type.map(str::to_string));
    let authority = node.component(4).sub_as_components();
    let mut system = hd_uri(authority);
    if system.is_none() && kind.as_deref() == Some("NPI") {
        system = Some("http://hl7.org/fhir/sid/us-npi".to_string());
    }
    let period = period(bundle, node.component(7), node.component(8));
    let mut out = Object::new();
    out.put("type", kind.map(|k| identifier_type(&k)));
    out.text("system", system);
    out.put("value", Json::text(value));
    out.put("period", period);
    if authority.component(2).text().is_some() {
        if let Some(name) = authority.component(1).text() {
            out.put("assigner", Json::object(Object::new().with("display", Json::text(name))));
        }
    }
    Some(out.into())
}

#[inline(never)]
pub fn cx_all(bundle: &mut Bundle, node: Node, default_type: Option<&str>) -> Vec<Json> {
    let mut out = Vec::new();
    for r in node.repetitions() {
        out.extend(cx(bundle, r, default_type));
    }
    out
}

/// EI (components 1 to 4) to Identifier.
#[inline(never)]
pub fn ei(node: Node, kind: Option<&str>) -> Option<Json> {
    let value = node.component(1).text()?;
    // EI 2 to 4 are an HD spread over components.
    let system = match (node.component(3).code(), node.component(4).code()) {
        (Some(id), kind) => Some(match kind.unwrap_or_default().to_ascii_uppercase().as_str() {
            "ISO" | "" if t::is_oid(&id) => format!("urn:oid:{}", id),
            "UUID" | "GUID" | "" if t::is_uuid(&id) => format!("urn:uuid:{}", id.to_ascii_lowercase()),
            _ if t::is_url(&id) => id,
            _ => t::local_uri(&id),
        }),
        (None, _) => node.component(2).code().map(|n| t::local_uri(&n)),
    };
    let mut out = Object::new();
    out.put("type", kind.map(identifier_type));
    out.text("system", system);
    out.put("value", Json::text(value));
    Some(out.into())
}

#[inline(never)]
pub fn period(bundle: &mut Bundle, start: Node, end: Node) -> Option<Json> {
    let mut out = Object::new();
    out.put("start", bundle.date_time(start));
    out.put("end", bundle.date_time(end));
    if out.is_empty() { None } else { Some(out.into()) }
}

/// XPN to HumanName.
#[inline(never)]
pub fn xpn(bundle: &mut Bundle, node: Node) -> Option<Json> {
    let given: Vec<Json> = [2, 3].iter().filter_map(|n| node.component(*n).text()).map(Json::text).collect();
    let suffix: Vec<Json> = [4, 6, 14].iter().filter_map(|n| node.component(*n).text()).map(Json::text).collect();
    let prefix: Vec<Json> = node.component(5).text().map(Json::text).into_iter().collect();
    let family = node.component(1).text();
    if family.is_none() && given.is_empty() {
        return None;
    }
    let kind = node.component(7).code().and_then(|c| t::name_use(&c));
    let period = period(bundle, node.component(12), node.component(13));
    Some(
        Object::new()
            .with("use", kind.map(text))
            .with_text("family", family)
            .with("given", Json::array(given))
            .with("prefix", Json::array(prefix))
            .with("suffix", Json::array(suffix))
            .with("period", period)
            .into(),
    )
}

#[inline(never)]
pub fn xpn_all(bundle: &mut Bundle, node: Node) -> Vec<Json> {
    let mut out = Vec::new();
    for r in node.repetitions() {
        out.extend(xpn(bundle, r));
    }
    out
}

/// XAD to Address.
#[inline(never)]
pub fn xad(bundle: &mut Bundle, node: Node) -> Option<Json> {
    let line: Vec<Json> = [1, 2, 19].iter().filter_map(|n| node.component(*n).text()).map(Json::text).collect();
    let kind = node.component(7).code().unwrap_or_default();
    let period = period(bundle, node.component(13), node.component(14));
    let place = Object::new()
        .with("line", Json::array(line))
        .with_text("city", node.component(3).text())
        .with_text("district", node.component(9).text())
        .with_text("state", node.component(4).text())
        .with_text("postalCode", node.component(5).text())
        .with_text("country", node.component(6).text());
    if place.is_empty() {
        return None;
    }
    let mut out = Object::new().with("use", t::address_use(&kind).map(text)).with("type", t::address_type(&kind).map(text));
    out.extend(place);
    out.put("period", period);
    Some(out.into())
}

#[inline(never)]
pub fn xad_all(bundle: &mut Bundle, node: Node) -> Vec<Json> {
    let mut out = Vec::new();
    for r in node.repetitions() {
        out.extend(xad(bundle, r));
    }
    out
}

/// XTN to ContactPoint. XTN-12 is the number as one text since v2.7, XTN-1 before; else it is put together.
#[inline(never)]
pub fn xtn(node: Node, default_use: Option<&'static str>) -> Option<Json> {
    let equipment = node.component(3).code().unwrap_or_default().to_ascii_uppercase();
    let purpose = node.component(2).code().unwrap_or_default();
    let mail = node.component(4).text();
    let parts: Vec<String> = [(5, "+"), (6, ""), (7, ""), (8, "ext. ")]
        .iter()
        .filter_map(|(n, lead)| node.component(*n).text().map(|v| format!("{}{}", lead, v.trim_start_matches('+'))))
        .collect();
    let spelled = node.component(12).text().or_else(|| node.component(1).text());
    let is_mail = mail.is_some() && (purpose == "NET" || matches!(equipment.as_str(), "INTERNET" | "X.400"));
    let (value, system) = if is_mail {
        (mail?, "email")
    } else if let Some(v) = spelled {
        (v, t::telecom_system(&equipment).unwrap_or("phone"))
    } else if !parts.is_empty() {
        (parts.join(" "), t::telecom_system(&equipment).unwrap_or("phone"))
    } else {
        (mail?, "email")
    };
    let kind = if equipment == "CP" { Some("mobile") } else { t::telecom_use(&purpose).or(default_use) };
    Some(
        Object::new()
            .with("system", text(system))
            .with("value", Json::text(value))
            .with("use", kind.map(text))
            .into(),
    )
}

#[inline(never)]
pub fn xtn_all(node: Node, default_use: Option<&'static str>) -> Vec<Json> {
    node.repetitions().into_iter().filter_map(|r| xtn(r, default_use)).collect()
}

/// What tells one shared resource from another. The lengths keep parts from running into each other.
pub fn key(kind: &str, parts: &[&Option<String>]) -> String {
    let mut out = kind.to_string();
    for p in parts {
        match p {
            Some(v) => out.push_str(&format!("|{}:{}", v.len(), v)),
            None => out.push('|'),
        }
    }
    out
}

fn place(node: Node, nth: usize) -> String {
    format!("{}-{}.{}", node.at().ordinal, node.at().field, nth)
}

/// XCN to a Practitioner; None if neither an identifier nor a name is there.
#[inline(never)]
pub fn xcn(bundle: &mut Bundle, node: Node, nth: usize) -> Option<String> {
    practitioner(bundle, node, node.component(9).sub_as_components(), node.component(13).code(), nth)
}

/// CNN inside an NDL (OBR-32): the same person in subcomponents.
#[inline(never)]
pub fn cnn(bundle: &mut Bundle, node: Node, nth: usize) -> Option<String> {
    let person = node.component(1).sub_as_components();
    practitioner(bundle, person, person.component(9), None, nth)
}

fn practitioner(bundle: &mut Bundle, node: Node, authority: Node, kind: Option<String>, nth: usize) -> Option<String> {
    let id = node.component(1).text();
    let family = node.component(2).text();
    let given: Vec<String> = [3, 4].iter().filter_map(|n| node.component(*n).text()).collect();
    if id.is_none() && family.is_none() && given.is_empty() {
        return None;
    }
    let mut system = hd_uri(authority);
    if system.is_none() && kind.as_deref() == Some("NPI") {
        system = Some("http://hl7.org/fhir/sid/us-npi".to_string());
    }
    let key = key("Practitioner", &[&id, &system, &family, &given.first().cloned(), &given.get(1).cloned()]);
    let spot = place(node, nth);
    Some(bundle
        .share(key, "Practitioner", &spot, || {
            let mut out = Object::resource("Practitioner");
            if let Some(id) = id {
                let identifier = Object::new()
                    .with("type", kind.map(|k| identifier_type(&k)))
                    .with_text("system", system)
                    .with("value", Json::text(id));
                out.put("identifier", Json::one(identifier.into()));
            }
            let affix = |n: usize| Json::array(node.component(n).text().map(Json::text).into_iter().collect());
            let name = Object::new()
                .with_text("family", family)
                .with("given", Json::array(given.into_iter().map(Json::text).collect()))
                .with("prefix", affix(6))
                .with("suffix", affix(5));
            if !name.is_empty() {
                out.put("name", Json::one(name.into()));
            }
            out
        }))
}

/// HD to an Organization (MSH-4, MSH-6).
#[inline(never)]
pub fn hd_organization(bundle: &mut Bundle, node: Node) -> Option<String> {
    let id = node.component(2).text();
    let name = node.component(1).text();
    if id.is_none() && name.is_none() {
        return None;
    }
    let uri = if id.is_some() { hd_uri(node) } else { None };
    let identifier = uri.map(|u| Object::new().with("system", text("urn:ietf:rfc:3986")).with("value", Json::text(u)));
    Some(organization(bundle, node, name, identifier, None))
}

/// XON to an Organization.
#[inline(never)]
pub fn xon_organization(bundle: &mut Bundle, node: Node, address: Option<Node>) -> Option<String> {
    let name = node.component(1).text();
    let id = node.component(10).text().or_else(|| node.component(3).text());
    if name.is_none() && id.is_none() {
        return None;
    }
    let identifier = id.map(|v| {
        Object::new()
            .with("type", node.component(7).code().map(|k| identifier_type(&k)))
            .with_text("system", hd_uri(node.component(6).sub_as_components()))
            .with("value", Json::text(v))
    });
    let address = match address {
        Some(a) => xad(bundle, a.first()),
        None => None,
    };
    Some(organization(bundle, node, name, identifier, address))
}

fn organization(bundle: &mut Bundle, node: Node, name: Option<String>, identifier: Option<Object>, address: Option<Json>) -> String {
    let mut key = key("Organization", &[&name]);
    if let Some(i) = &identifier {
        i.write(&mut key);
    }
    if let Some(a) = &address {
        a.write(&mut key);
    }
    let spot = place(node, 1);
    bundle.share(key, "Organization", &spot, || {
        let mut out = Object::resource("Organization");
        if let Some(i) = identifier {
            out.put("identifier", Json::one(i.into()));
        }
        out.text("name", name);
        if let Some(a) = address {
            out.put("address", Json::one(a));
        }
        out
    })
}

/// PL to Locations, one a level, each part of the one above; the reference is to the finest.
#[inline(never)]
pub fn pl(bundle: &mut Bundle, node: Node) -> Option<String> {
    const LEVELS: [(usize, &str, &str); 6] = [
        (4, "si", "Site"),
        (7, "bu", "Building"),
        (8, "lvl", "Level"),
        (1, "wa", "Ward"),
        (2, "ro", "Room"),
        (3, "bd", "Bed"),
    ];
    let mut above: Option<String> = None;
    let mut key = String::from("Location");
    for (component, code, display) in LEVELS {
        let name = match node.component(component).text() {
            Some(n) => n,
            None => continue,
        };
        key.push_str(&self::key(code, &[&Some(name.clone())]));
        let parent = above.take();
        let spot = format!("{}.{}", place(node, 1), code);
        let urn = bundle.share(key.clone(), "Location", &spot, || {
            Object::resource("Location")
                .with("name", Json::text(name))
                .with("mode", text("instance"))
                .with("physicalType", concept("location-physical-type", code, display))
                .with("partOf", parent.map(|p| reference(&p)))
        });
        above = Some(urn);
    }
    above
}
