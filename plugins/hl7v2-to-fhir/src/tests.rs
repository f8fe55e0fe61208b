//! Run by test.sh from the plugin's folder.

use crate::bundle::Bundle;
use crate::convert;
use crate::datetime;
use crate::limits::*;
use crate::observation::{base64, decimal};
use crate::terminology as t;
use crate::uuid;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

const HEADER: &str = "MSH|^~\\&|APP|FAC|EHR|HOSP|20260101120000+0000||ORU^R01|C1|P|2.5\r";
const PATIENT: &str = "PID|1||1^^^HOSP^MR||DOE^JO||19700101|M\r";
const ORDER: &str = "OBR|1|||X^Test^L|||20260101110000||||||||||||||||||F\r";

fn bundle(message: &str) -> String {
    match convert(message.as_bytes()) {
        Ok(c) => c.json,
        Err(e) => panic!("not converted: {}", e),
    }
}

fn error(message: &[u8]) -> String {
    match convert(message) {
        Ok(_) => panic!("converted"),
        Err(e) => e,
    }
}

fn result(obx: &str) -> String {
    bundle(&format!("{}{}{}{}\r", HEADER, PATIENT, ORDER, obx))
}

#[track_caller]
fn holds(json: &str, part: &str) {
    assert!(json.contains(part), "{} is not in\n{}", part, json);
}

#[track_caller]
fn lacks(json: &str, part: &str) {
    assert!(!json.contains(part), "{} is in\n{}", part, json);
}

fn inputs() -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = fs::read_dir("testdata/input").unwrap().map(|e| e.unwrap().path()).collect();
    all.sort();
    assert!(all.len() >= 20, "testdata/input holds {} messages", all.len());
    all
}

#[test]
fn every_message_in_testdata_gives_the_expected_bundle_or_error() {
    for path in inputs() {
        let name = path.file_stem().unwrap().to_str().unwrap().to_string();
        let expected = |suffix: &str| fs::read_to_string(format!("testdata/expected/{}{}", name, suffix));
        match convert(&fs::read(&path).unwrap()) {
            Ok(c) => assert_eq!(c.json, expected(".json").unwrap(), "{}", name),
            Err(e) => assert_eq!(e, expected(".error.txt").unwrap(), "{}", name),
        }
    }
}

#[test]
fn the_same_message_gives_the_same_bytes() {
    for path in inputs() {
        let bytes = fs::read(&path).unwrap();
        let once = convert(&bytes).map(|c| c.json);
        assert_eq!(once, convert(&bytes).map(|c| c.json), "{:?}", path);
    }
}

#[test]
fn every_reference_names_an_entry_and_no_two_entries_share_a_full_url() {
    for path in inputs() {
        if let Ok(c) = convert(&fs::read(&path).unwrap()) {
            let urls: Vec<&str> = c.json.split("\"fullUrl\":\"").skip(1).filter_map(|s| s.split('"').next()).collect();
            let known: BTreeSet<&str> = urls.iter().copied().collect();
            assert_eq!(known.len(), urls.len(), "{:?}", path);
            for reference in c.json.split("\"reference\":\"").skip(1).filter_map(|s| s.split('"').next()) {
                assert!(known.contains(reference), "{:?}: {}", path, reference);
            }
        }
    }
}

/// Words of the test messages that stand for protected health information.
#[test]
fn no_error_and_no_issue_shows_a_value() {
    const PHI: [&str; 14] = [
        "DOE", "JO", "MARY", "LAMB", "1970", "GON", "Mrs", "results of", "comment that", "notbase64", "MOREIRA", "KOWALSKI",
        "105", "20260230",
    ];
    for path in inputs() {
        let texts: Vec<String> = match convert(&fs::read(&path).unwrap()) {
            Err(e) => vec![e],
            Ok(c) => c
                .json
                .split("\"details\":{\"text\":\"")
                .skip(1)
                .map(|s| s.split('"').next().unwrap_or("").to_string())
                .collect(),
        };
        for text in texts {
            for word in PHI {
                assert!(!text.contains(word), "{:?} shows {}: {}", path, word, text);
            }
        }
    }
}

#[test]
fn dates_become_fhir_dates_of_the_same_precision() {
    let table = [
        ("1984", "1984"),
        ("198402", "1984-02"),
        ("19840229", "1984-02-29"),
        ("20000229", "2000-02-29"),
        ("20260101+0100", "2026-01-01"),
    ];
    for (hl7, fhir) in table {
        assert_eq!(datetime::parse(hl7).unwrap().date(), fhir, "{}", hl7);
    }
}

#[test]
fn times_become_fhir_date_times_only_with_a_zone_and_minutes() {
    let default = datetime::parse("20260101+0530").unwrap().zone;
    let table = [
        ("20260102030405+0100", Some("2026-01-02T03:04:05+01:00")),
        ("202601020304-0330", Some("2026-01-02T03:04:00-03:30")),
        ("20260102030405.1234+0000", Some("2026-01-02T03:04:05.1234+00:00")),
        ("20260102030405-0000", Some("2026-01-02T03:04:05+00:00")),
        ("20260102030405", Some("2026-01-02T03:04:05+05:30")),
        ("2026010203", None),
        ("20260102", None),
    ];
    for (hl7, fhir) in table {
        assert_eq!(datetime::parse(hl7).unwrap().date_time(default).as_deref(), fhir, "{}", hl7);
    }
    assert_eq!(datetime::parse("20260102030405").unwrap().date_time(None), None);
}

#[test]
fn what_is_no_day_or_time_of_the_calendar_is_no_date() {
    let table = [
        "", "198", "19841", "1984022", "19840230", "19000229", "20230431", "00000101", "19841301", "19840001", "19840100",
        "1984-02-29", "1970-0101", "2026010224", "202601020360", "20260102030460", "20260102030405.", "20260102030405.12345x",
        "20260102030405+1", "20260102030405+1430", "20260102030405+0060", "2026010203040506", "２０２６", "20260102T0304",
    ];
    for hl7 in table {
        assert!(datetime::parse(hl7).is_none(), "{}", hl7);
    }
}

#[test]
fn numbers_keep_their_digits() {
    let table = [
        ("105", Some("105")), ("4.10", Some("4.10")), ("+06.50", Some("6.50")), ("-.5", Some("-0.5")), ("5.", Some("5")),
        ("000", Some("0")), ("1e5", None), ("", None), (".", None), ("-", None), ("1.2.3", None), ("<5", None), ("１", None),
        ("1234567890123456789", None), ("--1", None), ("1 000", None),
    ];
    for (hl7, json) in table {
        assert_eq!(decimal(hl7).as_deref(), json, "{}", hl7);
    }
}

#[test]
fn names_of_resources_are_rfc_9562_version_5_uuids() {
    let hex = |b: &[u8]| b.iter().map(|x| format!("{:02x}", x)).collect::<String>();
    // FIPS 180-4 examples.
    assert_eq!(hex(&uuid::sha1(b"abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_eq!(
        hex(&uuid::sha1(b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
        "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
    );
    let id = uuid::v5("x");
    assert!(t::is_uuid(&id), "{}", id);
    assert_eq!(&id[14..15], "5");
    assert!("89ab".contains(&id[19..20]));
    assert_ne!(Bundle::new("A|1".into()).urn("Patient", "2"), Bundle::new("A|2".into()).urn("Patient", "2"));
}

#[test]
fn coding_systems_get_their_uri() {
    let table = [
        ("LN", "http://loinc.org"),
        ("SCT", "http://snomed.info/sct"),
        ("ucum", "http://unitsofmeasure.org"),
        ("I10", "http://hl7.org/fhir/sid/icd-10"),
        ("I10C", "http://hl7.org/fhir/sid/icd-10-cm"),
        ("HL70078", "http://terminology.hl7.org/CodeSystem/v2-0078"),
        ("2.16.840.1.113883.6.96", "urn:oid:2.16.840.1.113883.6.96"),
        ("http://example.org/codes", "http://example.org/codes"),
        ("99ÉLAB X", "urn:id:99%C3%89LAB%20X"),
    ];
    for (name, uri) in table {
        assert_eq!(t::code_system(name), uri, "{}", name);
    }
}

#[test]
fn bytes_become_base64_of_rfc_4648() {
    for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
        assert_eq!(base64(plain.as_bytes()), coded);
    }
}

#[test]
fn any_encoding_characters_give_the_same_bundle() {
    let plain = "MSH|^~\\&|APP^1.2.3^ISO|FAC|EHR||20260101120000+0000||ADT^A01|C1|P|2.5\rPID|1||1^^^H&1.2^MR~2||DOE^JO||19700101|M\rPV1|1|I\r";
    let expected = bundle(plain);
    for set in ["#*@?!", "$%:/;", "\t()[]", " ,'<>", "^|&~\\"] {
        let to: Vec<char> = set.chars().collect();
        let swapped: String = plain
            .chars()
            .map(|c| "|^~\\&".chars().position(|d| d == c).map_or(c, |i| to[i]))
            .collect();
        assert_eq!(bundle(&swapped), expected, "{:?}", set);
    }
}

#[test]
fn encoding_characters_left_out_are_data() {
    let json = bundle("MSH|^|A|B|C|D|20260101||ADT^A01|C1|P|2.5\rPID|1||1||A~T&T^JO\\\rPV1|1|I\r");
    holds(&json, r#""family":"A~T&T","given":["JO\\"]"#);
}

#[test]
fn line_ends_framing_and_byte_order_mark_do_not_matter() {
    let cr = "MSH|^~\\&|A|B|C|D|20260101||ADT^A01|C1|P|2.5\rPID|1||1||DOE\rPV1|1|I\r";
    let expected = bundle(cr);
    let variants = [
        cr.replace('\r', "\n"),
        cr.replace('\r', "\r\n"),
        cr.trim_end().to_string(),
        format!("\u{b}{}\u{1c}\r", cr),
        format!("\u{feff}{}", cr),
        format!("\u{b}\u{feff}\r\n{}\r\n\u{1c}", cr),
    ];
    for v in variants {
        assert_eq!(bundle(&v), expected, "{:?}", v);
    }
}

#[test]
fn escapes_are_resolved_and_unknown_ones_kept() {
    let table = [
        (r"a\F\b\S\c\T\d\R\e\E\f", r#""a|b^c&d~e\\f""#),
        (r"x\.br\y", r#""x\ny""#),
        (r"x\.sp2\y", r#""x\n\ny""#),
        (r"x\.sp999999999\y", r#""x\\.sp999999999\\y""#),
        (r"\H\bold\N\ plain", r#""bold plain""#),
        (r"\X41C3A9\", r#""Aé""#),
        (r"\X4\ \XZZ\ \X\", r#""\\X4\\ \\XZZ\\ \\X\\""#),
        (r"\Cxxyy\ \Z1\", r#""\\Cxxyy\\ \\Z1\\""#),
        (r"end\", r#""end\\""#),
        (r#"say "hi""#, r#""say \"hi\"""#),
        (r"\X07\", "\"\u{fffd}\""),
    ];
    for (hl7, json) in table {
        holds(&result(&format!("OBX|1|ST|X^Y^L||{}||||||F", hl7)), &format!("\"valueString\":{}", json));
    }
}

#[test]
fn the_hl7_null_leaves_the_element_out() {
    let json = result("OBX|1|ST|X^Y^L||\"\"||||||F");
    lacks(&json, "valueString");
    lacks(&json, "\\\"\\\"");
}

#[test]
fn each_value_type_gets_its_element() {
    let table = [
        ("NM|X^Y^L||7.0|mg^^UCUM", r#""valueQuantity":{"value":7.0,"unit":"mg","system":"http://unitsofmeasure.org","code":"mg"}"#),
        ("NM|X^Y^L||7|mg^milli^L^mg^milligram^UCUM", r#""unit":"milligram","system":"http://unitsofmeasure.org","code":"mg""#),
        ("NM|X^Y^L||<7|mg", r#""valueString":"<7""#),
        ("SN|X^Y^L||<=^7|mg", r#""valueQuantity":{"value":7,"comparator":"<=","unit":"mg"}"#),
        ("SN|X^Y^L||^1^:^128|", r#""valueRatio":{"numerator":{"value":1},"denominator":{"value":128}}"#),
        ("SN|X^Y^L||^1^-^3|", r#""valueRange":{"low":{"value":1},"high":{"value":3}}"#),
        ("SN|X^Y^L||^2^+|", r#""valueString":"2 +""#),
        ("SN|X^Y^L||<>^2||", r#""valueString":"<> 2""#),
        ("CE|X^Y^L||1^One^SCT|", r#""valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"1","display":"One"}]}"#),
        ("CWE|X^Y^L||^^^^^^^^As written|", r#""valueCodeableConcept":{"text":"As written"}"#),
        ("IS|X^Y^L||POS|", r#""valueCodeableConcept":{"coding":[{"code":"POS"}]}"#),
        ("DT|X^Y^L||202603|", r#""valueDateTime":"2026-03""#),
        ("DT|X^Y^L||next week|", r#""valueString":"next week""#),
        ("TS|X^Y^L||20260301101500|", r#""valueDateTime":"2026-03-01T10:15:00+00:00""#),
        ("TM|X^Y^L||101530.5|", r#""valueTime":"10:15:30.5""#),
        ("TM|X^Y^L||1015+0100|", r#""valueString":"1015+0100""#),
        ("DR|X^Y^L||20260301^20260302|", r#""valuePeriod":{"start":"2026-03-01","end":"2026-03-02"}"#),
        ("NR|X^Y^L||1^2|", r#""valueRange":{"low":{"value":1},"high":{"value":2}}"#),
        ("TX|X^Y^L||a~~b|", r#""valueString":"a\n\nb""#),
        ("ST|X^Y^L||AT&T ^ co|", r#""valueString":"AT&T ^ co""#),
        ("QQ|X^Y^L||a^b|", r#""valueString":"a^b""#),
        ("ED|X^Y^L||^TX^PLAIN^A^hello|", r#""presentedForm":[{"contentType":"text/plain","data":"aGVsbG8=","title":"Y"}]"#),
        ("ED|X^Y^L||^IM^PNG^Hex^00ff|", r#""presentedForm":[{"contentType":"image/png","data":"AP8=","title":"Y"}]"#),
        ("RP|X^Y^L||https://pacs.example.org/1^^IM^JPEG|", r#""presentedForm":[{"contentType":"image/jpeg","url":"https://pacs.example.org/1","title":"Y"}]"#),
    ];
    for (obx, json) in table {
        holds(&result(&format!("OBX|1|{}|||||F", obx)), json);
    }
}

#[test]
fn statuses_follow_the_concept_maps() {
    let observation = [
        ("F", "final"), ("C", "corrected"), ("P", "preliminary"), ("X", "cancelled"), ("D", "entered-in-error"),
        ("W", "entered-in-error"), ("A", "amended"), ("I", "registered"), ("O", "unknown"), ("", "unknown"), ("?", "unknown"),
    ];
    for (v2, fhir) in observation {
        holds(&result(&format!("OBX|1|ST|X^Y^L||v||||||{}", v2)), &format!(r#"}}],"status":"{}","code""#, fhir));
    }
    let report = [
        ("O", "registered"), ("S", "registered"), ("A", "partial"), ("R", "partial"), ("P", "preliminary"), ("C", "corrected"),
        ("F", "final"), ("X", "cancelled"), ("Y", "unknown"), ("", "unknown"),
    ];
    for (v2, fhir) in report {
        let obr = format!("OBR|1|||X^Test^L|||20260101110000||||||||||||||||||{}\r", v2);
        let json = bundle(&format!("{}{}{}", HEADER, PATIENT, obr));
        let line = json.lines().find(|l| l.contains("\"DiagnosticReport\"")).unwrap();
        holds(line, &format!(r#""status":"{}""#, fhir));
    }
}

#[test]
fn reference_ranges_are_split_only_where_they_are_plain() {
    let table = [
        ("1-2", r#"[{"low":{"value":1},"high":{"value":2},"text":"1-2"}]"#),
        ("-5 - 5", r#"[{"low":{"value":-5},"high":{"value":5},"text":"-5 - 5"}]"#),
        ("<5", r#"[{"high":{"value":5},"text":"<5"}]"#),
        (">=5.0", r#"[{"low":{"value":5.0},"text":">=5.0"}]"#),
        ("male 1-2", r#"[{"text":"male 1-2"}]"#),
    ];
    for (hl7, json) in table {
        holds(&result(&format!("OBX|1|NM|X^Y^L||1||{}||||F", hl7)), &format!("\"referenceRange\":{}", json));
    }
}

#[test]
fn notes_stay_with_what_they_follow() {
    let json = bundle(&format!(
        "{}{}{}NTE|1||order\rOBX|1|ST|X^Y^L||v||||||F\rNTE|1||one\rNTE|2||two\rSPM|1|||BLD\rNTE|1||tube\r",
        HEADER, PATIENT, ORDER
    ));
    for (kind, note) in [("ServiceRequest", "order"), ("Observation", r"one\ntwo"), ("Specimen", "tube")] {
        let start = format!("{{\"resourceType\":\"{}\"", kind);
        let line = json.lines().find(|l| l.contains(&start)).unwrap();
        holds(line, &format!(r#""note":[{{"text":"{}"}}]"#, note));
    }
}

#[test]
fn results_of_two_patients_stay_apart() {
    let json = bundle(&format!(
        "{}{}{}OBX|1|ST|X^Y^L||first||||||F\rPID|2||2||ROE\r{}OBX|1|ST|X^Y^L||second||||||F\r",
        HEADER, PATIENT, ORDER, ORDER
    ));
    let subject = |value: &str| {
        let line = json.lines().find(|l| l.contains(value)).unwrap();
        line.split("\"subject\":{\"reference\":\"").nth(1).unwrap()[..45].to_string()
    };
    assert_ne!(subject("\"first\""), subject("\"second\""));
    for (name, value) in [("DOE", "\"first\""), ("ROE", "\"second\"")] {
        let line = json.lines().find(|l| l.contains(name)).unwrap();
        holds(line, &format!("\"fullUrl\":\"{}\"", subject(value)));
    }
}

#[test]
fn a_date_without_digits_is_a_placeholder_and_one_with_digits_an_error() {
    let adt = |born: &str| format!("MSH|^~\\&|A|B|C|D|20260101||ADT^A01|C1|P|2.5\rPID|1||1||DOE||{}\rPV1|1|I\r", born);
    holds(&bundle(&adt("DOB")), "PID-7 (segment 2): a placeholder without any digit instead of a date; left out");
    assert_eq!(error(adt("19-04-1970").as_bytes()), "PID-7 (segment 2): not an HL7 date/time, 10 characters");
}

#[test]
fn latin_1_is_read_as_declared_and_refused_undeclared() {
    let message = |charset: &str| {
        let mut m = format!("MSH|^~\\&|A|B|C|D|20260101||ADT^A01|C1|P|2.5||||||{}\rPID|1||1||GON", charset).into_bytes();
        m.push(0xc7);
        m.extend_from_slice(b"ALVES\rPV1|1|I\r");
        m
    };
    holds(&convert(&message("8859/1")).map_err(|e| panic!("{}", e)).unwrap().json, "GONÇALVES");
    for charset in ["", "ASCII", "UNICODE UTF-8", "8859/15"] {
        assert!(error(&message(charset)).starts_with("MSH-18 (segment 1): byte "), "{}", charset);
    }
}

#[test]
fn every_limit_names_itself_and_the_size() {
    let pid = |field: String| format!("{}PID|1||{}||DOE\r", HEADER, field);
    let table: Vec<(String, String)> = vec![
        (
            format!("{}{}", HEADER, "ZZZ|1\r".repeat(MAX_SEGMENTS)),
            format!("message: {} segments, the limit is {}", MAX_SEGMENTS + 1, MAX_SEGMENTS),
        ),
        (
            format!("{}PID{}", HEADER, "|".repeat(MAX_FIELDS_PER_SEGMENT + 1)),
            format!("PID (segment 2): {} fields, the limit is {}", MAX_FIELDS_PER_SEGMENT + 1, MAX_FIELDS_PER_SEGMENT),
        ),
        (
            pid("~".repeat(MAX_REPETITIONS_PER_FIELD)),
            format!("PID-3 (segment 2): {} repetitions, the limit is {}", MAX_REPETITIONS_PER_FIELD + 1, MAX_REPETITIONS_PER_FIELD),
        ),
        (
            pid("^".repeat(MAX_COMPONENTS_PER_REPETITION)),
            format!("PID-3 (segment 2): {} components, the limit is {}", MAX_COMPONENTS_PER_REPETITION + 1, MAX_COMPONENTS_PER_REPETITION),
        ),
        (
            pid("&".repeat(MAX_SUBCOMPONENTS_PER_COMPONENT)),
            format!(
                "PID-3 (segment 2): {} subcomponents, the limit is {}",
                MAX_SUBCOMPONENTS_PER_COMPONENT + 1,
                MAX_SUBCOMPONENTS_PER_COMPONENT
            ),
        ),
        (
            " ".repeat(MAX_INPUT_BYTES + 1),
            format!("message: {} bytes, the limit is {} bytes", MAX_INPUT_BYTES + 1, MAX_INPUT_BYTES),
        ),
    ];
    for (message, text) in table {
        assert_eq!(error(message.as_bytes()), text);
    }
}

#[test]
fn a_bundle_over_the_output_limit_is_an_error() {
    let long = "x".repeat(480);
    let obx = format!("OBX|1|CWE|X^{0}^L||{1}||||||F\r", long, vec!["1^a^SCT"; 60].join("~"));
    let message = format!("{}{}{}{}", HEADER, PATIENT, ORDER, obx.repeat(1000));
    assert!(message.len() < MAX_INPUT_BYTES, "{}", message.len());
    assert_eq!(error(message.as_bytes()), format!("message: its Bundle exceeds the limit of {} bytes", MAX_OUTPUT_BYTES));
}

#[test]
fn issues_over_the_limit_are_counted() {
    let message = format!("{}{}{}{}", HEADER, PATIENT, ORDER, "ZZZ|1\r".repeat(MAX_ISSUES + 5));
    let c = convert(message.as_bytes()).map_err(|e| panic!("{}", e)).unwrap();
    assert_eq!(c.warnings, MAX_ISSUES + 5);
    holds(&c.json, &format!("5 more issues, not listed: the limit is {}", MAX_ISSUES));
}

/// The JSON of RFC 8259, strictly; returns what follows the value.
fn json_value(s: &[u8], depth: usize) -> Option<&[u8]> {
    fn space(s: &[u8]) -> &[u8] {
        let n = s.iter().take_while(|b| matches!(**b, b' ' | b'\n')).count();
        &s[n..]
    }
    fn string(s: &[u8]) -> Option<&[u8]> {
        let mut i = 1;
        loop {
            match *s.get(i)? {
                b'"' => return if i == 1 { None } else { Some(&s[i + 1..]) },
                b'\\' if matches!(s.get(i + 1), Some(b'"' | b'\\' | b'n' | b'r' | b't')) => i += 2,
                c if c < 0x20 || c == b'\\' => return None,
                _ => i += 1,
            }
        }
    }
    if depth > 20 {
        return None;
    }
    let s = space(s);
    match *s.first()? {
        b'"' => string(s),
        open @ (b'{' | b'[') => {
            let close = if open == b'{' { b'}' } else { b']' };
            let mut rest = space(&s[1..]);
            loop {
                if open == b'{' {
                    if rest.first() != Some(&b'"') {
                        return None;
                    }
                    rest = space(string(rest)?);
                    if rest.first() != Some(&b':') {
                        return None;
                    }
                    rest = &rest[1..];
                }
                rest = space(json_value(rest, depth + 1)?);
                match *rest.first()? {
                    b',' => rest = space(&rest[1..]),
                    c if c == close => return Some(&rest[1..]),
                    _ => return None,
                }
            }
        }
        b't' => s.strip_prefix(b"true"),
        b'f' => s.strip_prefix(b"false"),
        _ => {
            let n = s.iter().take_while(|b| matches!(**b, b'0'..=b'9' | b'-' | b'.')).count();
            if n == 0 { None } else { Some(&s[n..]) }
        }
    }
}

/// Mutated messages: whatever the bytes, the answer is a well-formed Bundle (with no empty string, object or array,
/// which `json_value` refuses) or an error, never a panic. The seed is fixed, so a failure comes back.
#[test]
fn no_bytes_make_it_panic() {
    let rounds: usize = std::env::var("MUTATIONS").ok().and_then(|v| v.parse().ok()).unwrap_or(20_000);
    let seeds: Vec<Vec<u8>> = inputs().iter().map(|p| fs::read(p).unwrap()).collect();
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    const BITS: [&[u8]; 24] = [
        b"|", b"^", b"~", b"\\", b"&", b"#", b"\r", b"\n", b"\"\"", b"\\X", b"\\.sp99\\", b"\x0b", b"\x1c", b"\xff", b"\xc3", b"\xe2\x82",
        b"\xf0\x9f\x98\x80", b"20260230", b"-0", b"+9999", b"\x00", b"OBX|1|SN|X||^^^", b"MSH", b"8859/1",
    ];
    let mut converted = 0;
    for round in 0..rounds {
        let mut m = seeds[next(seeds.len())].clone();
        for _ in 0..1 + next(6) {
            let at = next(m.len() + 1);
            match next(6) {
                0 if !m.is_empty() => {
                    let i = next(m.len());
                    m[i] = next(256) as u8;
                }
                1 => {
                    let end = (at + next(12)).min(m.len());
                    m.drain(at..end);
                }
                2 => {
                    let bit = BITS[next(BITS.len())];
                    m.splice(at..at, bit.iter().copied());
                }
                3 => {
                    let end = (at + next(200)).min(m.len());
                    let piece = m[at..end].to_vec();
                    let to = next(m.len() + 1);
                    m.splice(to..to, piece);
                }
                4 => m.truncate(at),
                _ => {
                    let other = &seeds[next(seeds.len())];
                    let from = next(other.len() + 1);
                    let end = (from + next(300)).min(other.len());
                    m.splice(at..at, other[from..end].iter().copied());
                }
            }
        }
        match convert(&m) {
            Ok(c) => {
                converted += 1;
                let rest = json_value(c.json.as_bytes(), 0);
                assert_eq!(rest, Some(&b"\n"[..]), "round {}: {:?}\n{}", round, String::from_utf8_lossy(&m), c.json);
            }
            Err(e) => assert!(!e.is_empty() && e.len() < 400 && e.is_ascii(), "round {}: {}", round, e),
        }
    }
    // A test that only ever sees refusals would prove little.
    assert!(converted > rounds / 20, "{} of {} converted", converted, rounds);
}
