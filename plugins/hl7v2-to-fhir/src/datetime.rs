//! HL7 v2 DT, TM, DTM/TS (HL7 v2.9 chapter 2A) and the FHIR date, dateTime, instant and time they become.

/// An offset from UTC in minutes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Zone(i32);

impl Zone {
    fn render(self) -> String {
        let sign = if self.0 < 0 { '-' } else { '+' };
        let m = self.0.abs();
        format!("{}{:02}:{:02}", sign, m / 60, m % 60)
    }
}

#[derive(Clone, Debug)]
pub struct Stamp {
    year: u32,
    month: Option<u32>,
    day: Option<u32>,
    clock: Option<Clock>,
    pub zone: Option<Zone>,
}

#[derive(Clone, Debug)]
struct Clock {
    hour: u32,
    minute: Option<u32>,
    second: u32,
    fraction: String,
}

fn number(text: &str, from: usize, len: usize) -> Option<u32> {
    let piece = text.get(from..from + len)?;
    if piece.bytes().all(|b| b.is_ascii_digit()) {
        piece.parse().ok()
    } else {
        None
    }
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// `+ZZZZ` or `-ZZZZ`; FHIR goes to 14:00 either way.
fn zone(text: &str) -> Option<Zone> {
    let sign = match text.bytes().next()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    if text.len() != 5 {
        return None;
    }
    let minutes = number(text, 1, 2)? * 60 + number(text, 3, 2)?;
    if number(text, 3, 2)? > 59 || minutes > 14 * 60 {
        return None;
    }
    Some(Zone(sign * minutes as i32))
}

fn split_zone(text: &str) -> (&str, Option<&str>) {
    match text.find(|c| c == '+' || c == '-') {
        Some(i) => (&text[..i], Some(&text[i..])),
        None => (text, None),
    }
}

/// `HH[MM[SS[.S[S[S[S]]]]]]`
fn clock(text: &str) -> Option<Clock> {
    let (digits, fraction) = match text.find('.') {
        Some(i) if i + 1 == text.len() => return None,
        Some(i) => (&text[..i], &text[i + 1..]),
        None => (text, ""),
    };
    if fraction.len() > 4 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    if !matches!(digits.len(), 2 | 4 | 6) || !fraction.is_empty() && digits.len() != 6 {
        return None;
    }
    let hour = number(digits, 0, 2)?;
    let minute = if digits.len() >= 4 { Some(number(digits, 2, 2)?) } else { None };
    let second = if digits.len() == 6 { number(digits, 4, 2)? } else { 0 };
    if hour > 23 || minute.unwrap_or(0) > 59 || second > 59 {
        return None;
    }
    Some(Clock { hour, minute, second, fraction: fraction.to_string() })
}

/// `YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]`; None if it is not that, or no day of the calendar.
pub fn parse(text: &str) -> Option<Stamp> {
    let (local, offset) = split_zone(text);
    let zone = match offset {
        Some(o) => Some(zone(o)?),
        None => None,
    };
    if !local.is_ascii() {
        return None;
    }
    let year = number(local, 0, 4)?;
    if year == 0 {
        return None;
    }
    // The standard's grammar would take "1970-0101" as the year 1970 at an offset of -01:01. It is a misspelt day.
    if zone.is_some() && local.len() < 8 {
        return None;
    }
    let mut stamp = Stamp { year, month: None, day: None, clock: None, zone };
    if local.len() == 4 {
        return Some(stamp);
    }
    let month = number(local, 4, 2)?;
    if !(1..=12).contains(&month) {
        return None;
    }
    stamp.month = Some(month);
    if local.len() == 6 {
        return Some(stamp);
    }
    let day = number(local, 6, 2)?;
    if day == 0 || day > days_in(year, month) {
        return None;
    }
    stamp.day = Some(day);
    if local.len() > 8 {
        stamp.clock = Some(clock(&local[8..])?);
    }
    Some(stamp)
}

/// A TM as a FHIR time: `hh:mm:ss`, which has no zone and no partial precision but missing seconds.
pub fn time(text: &str) -> Option<String> {
    let (local, offset) = split_zone(text);
    if let Some(o) = offset {
        zone(o)?;
        // Dropping the offset would change what the time means.
        return None;
    }
    let c = clock(local)?;
    c.minute?;
    Some(render_clock(&c))
}

fn render_clock(c: &Clock) -> String {
    let mut out = format!("{:02}:{:02}:{:02}", c.hour, c.minute.unwrap_or(0), c.second);
    if !c.fraction.is_empty() {
        out.push('.');
        out.push_str(&c.fraction);
    }
    out
}

impl Stamp {
    /// FHIR date, as precise as it was sent.
    pub fn date(&self) -> String {
        let mut out = format!("{:04}", self.year);
        if let Some(m) = self.month {
            out.push_str(&format!("-{:02}", m));
        }
        if let Some(d) = self.day {
            out.push_str(&format!("-{:02}", d));
        }
        out
    }

    pub fn has_clock(&self) -> bool {
        self.clock.is_some()
    }

    /// FHIR dateTime with a time of day, which needs a zone and minutes; None when either is missing. Missing
    /// seconds are zero-filled, as FHIR says.
    pub fn date_time(&self, default: Option<Zone>) -> Option<String> {
        let clock = self.clock.as_ref()?;
        clock.minute?;
        let zone = self.zone.or(default)?;
        Some(format!("{}T{}{}", self.date(), render_clock(clock), zone.render()))
    }
}
