//! Code systems and the concept maps of the HL7 v2-to-FHIR guide (http://hl7.org/fhir/uv/v2mappings, 1.0.0).

pub const V2_0203: &str = "http://terminology.hl7.org/CodeSystem/v2-0203";
const TERMINOLOGY: &str = "http://terminology.hl7.org/CodeSystem/";

pub fn hl7(system: &str) -> String {
    format!("{}{}", TERMINOLOGY, system)
}

/// A v2 name as a URI nobody else uses: `urn:id:` and the name, percent-encoded.
pub fn local_uri(name: &str) -> String {
    let mut out = String::from("urn:id:");
    for b in name.bytes() {
        if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b':') {
            out.push(b as char);
        } else {
            out.push_str(&format!("%{:02X}", b));
        }
    }
    out
}

pub fn is_oid(text: &str) -> bool {
    let mut arcs = text.split('.');
    let root = arcs.next().unwrap_or("");
    let rest: Vec<&str> = arcs.collect();
    matches!(root, "0" | "1" | "2")
        && !rest.is_empty()
        && rest
            .iter()
            .all(|a| !a.is_empty() && a.bytes().all(|b| b.is_ascii_digit()) && (*a == "0" || !a.starts_with('0')))
}

pub fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

pub fn is_url(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    (lower.starts_with("http://") || lower.starts_with("https://") || lower.starts_with("ftp://") || lower.starts_with("urn:"))
        && text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}'))
}

/// HL70396 coding system name to the system's URI.
pub fn code_system(name: &str) -> String {
    let upper = name.to_ascii_uppercase();
    let known = match upper.as_str() {
        "LN" | "LOINC" => "http://loinc.org",
        "SCT" | "SNOMED" | "SNOMED-CT" | "SNOMED CT" | "SNM3" => "http://snomed.info/sct",
        "UCUM" => "http://unitsofmeasure.org",
        "I10" | "ICD10" | "ICD-10" => "http://hl7.org/fhir/sid/icd-10",
        "I10C" | "ICD10CM" | "ICD-10-CM" => "http://hl7.org/fhir/sid/icd-10-cm",
        "I10P" | "ICD10PCS" | "ICD-10-PCS" => "http://www.cms.gov/Medicare/Coding/ICD10",
        "I9" | "ICD9" | "ICD-9" => "http://hl7.org/fhir/sid/icd-9",
        "I9C" | "I9CDX" | "ICD9CM" | "ICD-9-CM" => "http://hl7.org/fhir/sid/icd-9-cm",
        "C4" | "CPT" | "CPTM" => "http://www.ama-assn.org/go/cpt",
        "CVX" => "http://hl7.org/fhir/sid/cvx",
        "MVX" => "http://terminology.hl7.org/CodeSystem/MVX",
        "NDC" => "http://hl7.org/fhir/sid/ndc",
        "RXNORM" => "http://www.nlm.nih.gov/research/umls/rxnorm",
        "ATC" | "WC" => "http://www.whocc.no/atc",
        "DCM" => "http://dicom.nema.org/resources/ontology/DCM",
        "UNII" => "http://fdasis.nlm.nih.gov",
        "ISO3166_1" | "ISO3166" => "urn:iso:std:iso:3166",
        "ISO639" => "urn:ietf:bcp:47",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_string();
    }
    if let Some(table) = upper.strip_prefix("HL7") {
        if table.len() == 4 && table.bytes().all(|b| b.is_ascii_digit()) {
            return hl7(&format!("v2-{}", table));
        }
    }
    if is_oid(name) {
        return format!("urn:oid:{}", name);
    }
    if is_url(name) {
        return name.to_string();
    }
    local_uri(name)
}

/// HL70001 to administrative-gender.
pub fn gender(code: &str) -> Option<&'static str> {
    Some(match code {
        "F" => "female",
        "M" => "male",
        "O" | "A" | "N" => "other",
        "U" => "unknown",
        _ => return None,
    })
}

/// HL70002 to v3-MaritalStatus and v3-NullFlavor.
pub fn marital_status(code: &str) -> Option<(&'static str, &'static str, &'static str)> {
    let m = "v3-MaritalStatus";
    let n = "v3-NullFlavor";
    Some(match code {
        "A" | "E" => (m, "L", "Legally Separated"),
        "D" => (m, "D", "Divorced"),
        "M" => (m, "M", "Married"),
        "S" => (m, "S", "Never Married"),
        "W" => (m, "W", "Widowed"),
        "C" => (m, "C", "Common Law"),
        "G" | "P" | "R" => (m, "T", "Domestic partner"),
        "N" => (m, "A", "Annulled"),
        "I" => (m, "I", "Interlocutory"),
        "B" => (m, "U", "unmarried"),
        "U" => (n, "UNK", "unknown"),
        "O" => (n, "OTH", "other"),
        "T" => (n, "NAVU", "not available"),
        _ => return None,
    })
}

/// HL70004 to Encounter.class.
pub fn encounter_class(code: &str) -> Option<(&'static str, &'static str, &'static str)> {
    let v3 = "v3-ActCode";
    let v2 = "v2-0004";
    Some(match code {
        "E" => (v3, "EMER", "emergency"),
        "I" => (v3, "IMP", "inpatient encounter"),
        "O" => (v3, "AMB", "ambulatory"),
        "P" => (v3, "PRENC", "pre-admission"),
        "R" => (v2, "R", "Recurring patient"),
        "B" => (v2, "B", "Obstetrics"),
        "C" => (v2, "C", "Commercial Account"),
        "N" => (v2, "N", "Not Applicable"),
        "U" => (v2, "U", "Unknown"),
        _ => return None,
    })
}

/// HL70004 to encounter-status, for a visit without discharge date.
pub fn encounter_status(class: &str) -> &'static str {
    match class {
        "P" => "planned",
        "E" | "I" | "O" | "R" | "B" | "C" | "N" => "in-progress",
        _ => "unknown",
    }
}

/// HL70063 to v3-RoleCode (or the v2 table where v3 has nothing).
pub fn relationship(code: &str) -> Option<(&'static str, &'static str, &'static str)> {
    let v3 = "v3-RoleCode";
    let v2 = "v2-0063";
    let role = "v2-0131";
    Some(match code {
        "SEL" => (v3, "ONESELF", "self"),
        "SPO" => (v3, "SPS", "spouse"),
        "DOM" => (v3, "SIGOTHR", "significant other"),
        "CHD" => (v3, "CHILD", "child"),
        "GCH" => (v3, "GRNDCHILD", "grandchild"),
        "NCH" => (v3, "NCHILD", "natural child"),
        "SCH" => (v3, "STPCHLD", "step child"),
        "FCH" => (v3, "CHLDFOST", "foster child"),
        "PAR" => (v3, "PRN", "parent"),
        "MTH" => (v3, "MTH", "mother"),
        "FTH" => (v3, "FTH", "father"),
        "GRP" => (v3, "GRPRN", "grandparent"),
        "EXF" => (v3, "EXT", "extended family member"),
        "SIB" => (v3, "SIB", "sibling"),
        "BRO" => (v3, "BRO", "brother"),
        "SIS" => (v3, "SIS", "sister"),
        "FND" => (v3, "FRND", "unrelated friend"),
        "DEP" => (v2, "DEP", "Handicapped dependent"),
        "WRD" => (v2, "WRD", "Ward of court"),
        "CGV" => (v2, "CGV", "Care giver"),
        "GRD" => (v2, "GRD", "Guardian"),
        "OAD" => (v2, "OAD", "Other adult"),
        "EME" => (v2, "EME", "Employee"),
        "ASC" => (v2, "ASC", "Associate"),
        "OWN" => (v2, "OWN", "Owner"),
        "TRA" => (v2, "TRA", "Trainer"),
        "MGR" => (v2, "MGR", "Manager"),
        "NON" => (v2, "NON", "None"),
        "EMR" => (role, "E", "Employer"),
        "EMC" => (role, "C", "Emergency Contact"),
        "UNK" => (role, "U", "Unknown"),
        "OTH" => (role, "O", "Other"),
        _ => return None,
    })
}

/// HL70200 to name-use.
pub fn name_use(code: &str) -> Option<&'static str> {
    Some(match code {
        "BAD" => "old",
        "D" => "usual",
        "L" | "R" => "official",
        "M" => "maiden",
        "MSK" => "anonymous",
        "N" => "nickname",
        "NAV" | "TEMP" => "temp",
        _ => return None,
    })
}

/// HL70190 to address-use.
pub fn address_use(code: &str) -> Option<&'static str> {
    Some(match code {
        "H" | "P" => "home",
        "B" | "O" => "work",
        "C" => "temp",
        "BA" => "old",
        "BI" => "billing",
        _ => return None,
    })
}

/// HL70190 to address-type.
pub fn address_type(code: &str) -> Option<&'static str> {
    Some(match code {
        "M" => "postal",
        "SH" => "postal",
        _ => return None,
    })
}

/// HL70201 to contact-point-use.
pub fn telecom_use(code: &str) -> Option<&'static str> {
    Some(match code {
        "PRN" | "ORN" | "VHN" => "home",
        "WPN" => "work",
        "PRS" => "mobile",
        _ => return None,
    })
}

/// HL70202 to contact-point-system.
pub fn telecom_system(code: &str) -> Option<&'static str> {
    Some(match code {
        "PH" | "CP" | "SAT" => "phone",
        "FX" => "fax",
        "BP" => "pager",
        "INTERNET" | "X.400" => "email",
        "MD" | "TDD" | "TTY" => "other",
        _ => return None,
    })
}

/// HL70085 to observation-status. None where the guide has no map (I, N, O, …) and nothing fits for sure.
pub fn observation_status(code: &str) -> Option<&'static str> {
    Some(match code {
        "A" | "B" => "amended",
        "C" => "corrected",
        "D" | "W" => "entered-in-error",
        "F" | "U" | "V" => "final",
        "I" => "registered",
        "P" | "R" | "S" => "preliminary",
        "X" => "cancelled",
        _ => return None,
    })
}

/// HL70123 to diagnostic-report-status.
pub fn report_status(code: &str) -> Option<&'static str> {
    Some(match code {
        "O" | "I" | "S" | "N" => "registered",
        "A" | "R" => "partial",
        "P" | "M" => "preliminary",
        "C" => "corrected",
        "F" => "final",
        "X" => "cancelled",
        _ => return None,
    })
}

/// HL70038 (ORC-5) to request-status.
pub fn order_status(code: &str) -> Option<&'static str> {
    Some(match code {
        "CA" | "DC" | "RP" => "revoked",
        "CM" => "completed",
        "ER" => "entered-in-error",
        "HD" => "on-hold",
        "A" | "IP" | "SC" => "active",
        _ => return None,
    })
}

/// HL70119 (ORC-1) to request-status, used where ORC-5 says nothing.
pub fn order_control(code: &str) -> Option<&'static str> {
    Some(match code {
        "AF" | "CA" | "HD" | "NW" | "OK" | "PR" | "PY" | "RL" | "RO" | "RQ" => "active",
        "CR" | "DC" | "DF" | "DR" | "OC" | "OD" => "revoked",
        "FU" => "completed",
        "HR" | "OH" => "on-hold",
        _ => return None,
    })
}

/// OBR-5, TQ1-9 (HL70485) to request-priority.
pub fn priority(code: &str) -> Option<&'static str> {
    Some(match code {
        "S" | "STAT" => "stat",
        "A" | "ASAP" => "asap",
        "R" | "ROUTINE" => "routine",
        "U" | "URGENT" => "urgent",
        _ => return None,
    })
}

/// HL70127 to allergy-intolerance-category.
pub fn allergy_category(code: &str) -> Option<&'static str> {
    Some(match code {
        "DA" => "medication",
        "FA" => "food",
        "EA" | "PA" | "LA" => "environment",
        "AA" => "biologic",
        _ => return None,
    })
}

/// HL70078 to v3-ObservationInterpretation; Err for codes that only the v2 table still has.
pub fn interpretation(code: &str) -> Option<Result<&'static str, &'static str>> {
    Some(match code {
        "<" => Ok("Off scale low"),
        ">" => Ok("Off scale high"),
        "A" => Ok("Abnormal"),
        "AA" => Ok("Critical abnormal"),
        "B" => Ok("Better"),
        "CAR" => Ok("Carrier"),
        "D" => Ok("Significant change down"),
        "DET" => Ok("Detected"),
        "E" => Ok("Equivocal"),
        "EX" => Ok("outside threshold"),
        "EXP" => Ok("Expected"),
        "H" => Ok("High"),
        "HH" => Ok("Critical high"),
        "HU" => Ok("Significantly high"),
        "I" => Ok("Intermediate"),
        "IE" => Ok("Insufficient evidence"),
        "IND" => Ok("Indeterminate"),
        "L" => Ok("Low"),
        "LL" => Ok("Critical low"),
        "LU" => Ok("Significantly low"),
        "N" => Ok("Normal"),
        "NCL" => Ok("No CLSI defined breakpoint"),
        "ND" => Ok("Not detected"),
        "NEG" => Ok("Negative"),
        "NR" => Ok("Non-reactive"),
        "NS" => Ok("Non-susceptible"),
        "POS" => Ok("Positive"),
        "R" => Ok("Resistant"),
        "RR" => Ok("Reactive"),
        "S" => Ok("Susceptible"),
        "SDD" => Ok("Susceptible-dose dependent"),
        "SYN-R" => Ok("Synergy - resistant"),
        "SYN-S" => Ok("Synergy - susceptible"),
        "U" => Ok("Significant change up"),
        "UNE" => Ok("Unexpected"),
        "W" => Ok("Worse"),
        "WR" => Ok("Weakly reactive"),
        "AC" => Err("Anti-complementary substances present"),
        "HM" => Err("Hold for Medical Review"),
        "MS" => Err("Moderately susceptible"),
        "OBX" => Err("Interpretation qualifiers in separate OBX segments"),
        "QCF" => Err("Quality Control Failure"),
        "TOX" => Err("Cytotoxic substance present"),
        "VS" => Err("Very susceptible"),
        _ => return None,
    })
}
