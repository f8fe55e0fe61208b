import { Host } from "@extism/as-pdk";
import { input_length } from "@extism/as-pdk/lib/env";
import { setError } from "./abort";
import { Decimal, Kind, Member, nameOf, Reader } from "./json";
import * as news2 from "./news2";

const INPUT_LIMIT_BYTES: u64 = 16384;
const UNKNOWN_SHOWN: i32 = 8;
const GUIDELINE = "Royal College of Physicians. National Early Warning Score (NEWS) 2: Standardising the assessment of acute-illness severity in the NHS. Updated report of a working party. London: RCP, 2017.";

class Field {
  member: Member | null = null;
  count: i32 = 0;

  constructor(
    public name: string,
    public rule: string,
  ) {}
}

class Input {
  respiratoryRate: Field = new Field("respiratoryRate", "must be a whole number from 0 to 100 breaths/min");
  spo2: Field = new Field("spo2", "must be a whole number from 20 to 100 %");
  spo2Scale: Field = new Field("spo2Scale", "must be 1 or 2");
  supplementalOxygen: Field = new Field("supplementalOxygen", "must be true or false");
  systolicBloodPressure: Field = new Field("systolicBloodPressure", "must be a whole number from 20 to 350 mmHg");
  pulse: Field = new Field("pulse", "must be a whole number from 10 to 350 beats/min");
  consciousness: Field = new Field("consciousness", 'must be one of "A", "C", "V", "P", "U"');
  temperature: Field = new Field("temperature", "must be a number from 20 to 45 °C");

  /** All violations so far. */
  errors: string[] = [];
  unknown: i32 = 0;

  take(member: Member): void {
    const name = member.name;
    let field: Field;
    if (name == "respiratoryRate") field = this.respiratoryRate;
    else if (name == "spo2") field = this.spo2;
    else if (name == "spo2Scale") field = this.spo2Scale;
    else if (name == "supplementalOxygen") field = this.supplementalOxygen;
    else if (name == "systolicBloodPressure") field = this.systolicBloodPressure;
    else if (name == "pulse") field = this.pulse;
    else if (name == "consciousness") field = this.consciousness;
    else if (name == "temperature") field = this.temperature;
    else {
      this.unknown++;
      if (this.unknown <= UNKNOWN_SHOWN) {
        this.errors.push((showable(name) ? name : "a field whose name is not shown") + ": unknown field, at byte " + member.at.toString());
      }
      return;
    }
    field.count++;
    if (field.count == 1) {
      field.member = member;
    }
  }

  /** The member if it was given exactly once and is of that kind; else the violation is noted. */
  of(field: Field, kind: Kind): Member | null {
    const member = field.member;
    if (member === null) {
      this.reject(field, "missing");
      return null;
    }
    if (field.count > 1) {
      this.reject(field, "given " + field.count.toString() + " times");
      return null;
    }
    if (member.kind != kind) {
      this.reject(field, nameOf(member.kind));
      return null;
    }
    return member;
  }

  reject(field: Field, was: string): void {
    this.errors.push(field.name + ": " + field.rule + ", was " + was);
  }

  /** Tenths, between the two limits (also tenths). */
  tenths(field: Field, least: i32, most: i32, whole: bool): i32 {
    const member = this.of(field, Kind.Number);
    if (member === null) {
      return 0;
    }
    const number = new Decimal(member.text);
    if (number.tenths < least) {
      this.reject(field, "below it");
    } else if (number.tenths > most) {
      this.reject(field, "above it");
    } else if (whole && !number.whole) {
      this.reject(field, "not whole");
    }
    return number.tenths;
  }

  whole(field: Field, least: i32, most: i32): i32 {
    return this.tenths(field, least * 10, most * 10, true) / 10;
  }
}

/** Whether a name chosen by the caller may stand in an error text: letters, at most two digits, no more than 40. */
function showable(name: string): bool {
  let digits = 0;
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i);
    const letter = ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a) || c == 0x5f;
    if (c >= 0x30 && c <= 0x39) {
      digits++;
    } else if (!letter) {
      return false;
    }
  }
  return name.length > 0 && name.length <= 40 && digits <= 2;
}

function fail(text: string): i32 {
  setError(text);
  return 1;
}

function malformed(reader: Reader): i32 {
  return fail("input: malformed JSON at byte " + reader.errorAt.toString() + ": " + reader.error);
}

/** Reads the vital signs, writes the score; returns 0, or 1 with the error set. */
export function score(): i32 {
  const length = input_length();
  if (length > INPUT_LIMIT_BYTES) {
    return fail("input: must be at most " + INPUT_LIMIT_BYTES.toString() + " bytes, was " + length.toString() + " bytes");
  }
  const reader = new Reader(Host.input());
  const kind = reader.start();
  if (kind != Kind.Object) {
    return reader.skipDocument() ? fail("input: must be a JSON object, was " + nameOf(kind)) : malformed(reader);
  }
  const input = new Input();
  for (let member = reader.next(); member !== null; member = reader.next()) {
    input.take(member);
  }
  if (reader.error.length > 0) {
    return malformed(reader);
  }
  if (input.unknown > UNKNOWN_SHOWN) {
    input.errors.push("and " + (input.unknown - UNKNOWN_SHOWN).toString() + " more unknown fields");
  }
  return respond(input);
}

function respond(input: Input): i32 {
  const rate = input.whole(input.respiratoryRate, 0, 100);
  const saturation = input.whole(input.spo2, 20, 100);
  let scale = 1;
  if (input.spo2Scale.count > 0) {
    const member = input.of(input.spo2Scale, Kind.Number);
    if (member !== null) {
      const tenths = new Decimal(member.text);
      scale = tenths.tenths / 10;
      if (!tenths.whole || (scale != 1 && scale != 2)) {
        input.reject(input.spo2Scale, "another number");
      }
    }
  }
  const oxygen = input.of(input.supplementalOxygen, Kind.Boolean);
  const pressure = input.whole(input.systolicBloodPressure, 20, 350);
  const pulse = input.whole(input.pulse, 10, 350);
  const level = input.of(input.consciousness, Kind.String);
  if (level !== null && (level.text.length != 1 || !"ACVPU".includes(level.text))) {
    input.reject(input.consciousness, "another string");
  }
  const degrees = input.tenths(input.temperature, 200, 450, false);
  if (input.errors.length > 0 || oxygen === null || level === null) {
    return fail(input.errors.join("; "));
  }

  const onOxygen = oxygen.text == "true";
  const scores: i32[] = [
    news2.respiratoryRate(rate),
    scale == 1 ? news2.spo2Scale1(saturation) : news2.spo2Scale2(saturation, onOxygen),
    news2.airOrOxygen(onOxygen),
    news2.systolicBloodPressure(pressure),
    news2.pulse(pulse),
    news2.consciousness(level.text == "A"),
    news2.temperature(degrees),
  ];
  let total = 0;
  let red = false;
  for (let i = 0; i < scores.length; i++) {
    total += scores[i];
    red = red || scores[i] == 3;
  }
  const json =
    '{"score":' + total.toString() +
    ',"risk":"' + news2.risk(total, red) +
    '","scores":{"respiratoryRate":' + scores[0].toString() +
    ',"spo2":' + scores[1].toString() +
    ',"airOrOxygen":' + scores[2].toString() +
    ',"systolicBloodPressure":' + scores[3].toString() +
    ',"pulse":' + scores[4].toString() +
    ',"consciousness":' + scores[5].toString() +
    ',"temperature":' + scores[6].toString() +
    '},"redScore":' + (red ? "true" : "false") +
    ',"monitoring":"' + news2.monitoring(total, red) +
    '","guideline":"' + GUIDELINE + '"}';
  Host.output(Uint8Array.wrap(String.UTF8.encode(json)));
  return 0;
}
