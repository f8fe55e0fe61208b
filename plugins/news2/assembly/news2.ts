/**
 * National Early Warning Score 2. Every band is Chart 1 of: Royal College of Physicians, National Early
 * Warning Score (NEWS) 2, updated report of a working party, London: RCP, 2017.
 */

/** Breaths per minute. */
export function respiratoryRate(perMinute: i32): i32 {
  if (perMinute <= 8) return 3;
  if (perMinute <= 11) return 1;
  if (perMinute <= 20) return 0;
  if (perMinute <= 24) return 2;
  return 3;
}

/** SpO2 scale 1, percent. */
export function spo2Scale1(percent: i32): i32 {
  if (percent <= 91) return 3;
  if (percent <= 93) return 2;
  if (percent <= 95) return 1;
  return 0;
}

/** SpO2 scale 2, percent: target range 88 to 92 in hypercapnic respiratory failure. */
export function spo2Scale2(percent: i32, onOxygen: bool): i32 {
  if (percent <= 83) return 3;
  if (percent <= 85) return 2;
  if (percent <= 87) return 1;
  if (percent <= 92 || !onOxygen) return 0;
  if (percent <= 94) return 1;
  if (percent <= 96) return 2;
  return 3;
}

export function airOrOxygen(onOxygen: bool): i32 {
  return onOxygen ? 2 : 0;
}

/** mmHg. */
export function systolicBloodPressure(mmHg: i32): i32 {
  if (mmHg <= 90) return 3;
  if (mmHg <= 100) return 2;
  if (mmHg <= 110) return 1;
  if (mmHg <= 219) return 0;
  return 3;
}

/** Beats per minute. */
export function pulse(perMinute: i32): i32 {
  if (perMinute <= 40) return 3;
  if (perMinute <= 50) return 1;
  if (perMinute <= 90) return 0;
  if (perMinute <= 110) return 1;
  if (perMinute <= 130) return 2;
  return 3;
}

/** Alert, or new Confusion, Voice, Pain, Unresponsive. */
export function consciousness(alert: bool): i32 {
  return alert ? 0 : 3;
}

/** Tenths of a degree Celsius: the chart's bands are given to one decimal. */
export function temperature(tenths: i32): i32 {
  if (tenths <= 350) return 3;
  if (tenths <= 360) return 1;
  if (tenths <= 380) return 0;
  if (tenths <= 390) return 1;
  return 2;
}

/** Chart 2. `red`: a single parameter scores 3. */
export function risk(score: i32, red: bool): string {
  if (score >= 7) return "high";
  if (score >= 5) return "medium";
  return red ? "low-medium" : "low";
}

/** Chart 4, frequency of monitoring. */
export function monitoring(score: i32, red: bool): string {
  if (score >= 7) return "Continuous monitoring of vital signs";
  if (score >= 5 || red) return "Minimum 1 hourly";
  return score >= 1 ? "Minimum 4-6 hourly" : "Minimum 12 hourly";
}
