package dev.ampoule.local.demo;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * An unsolicited observation of HL7 v2.5.1, ORU^R01 in ER7, as a bedside monitor sends it. MSH-11
 * is {@code T}, training: nobody shall take it for a real one.
 */
public final class OruMessage {
  static final String RESPIRATORY_RATE = "9279-1";
  static final String SPO2 = "59408-5";
  static final String OXYGEN_FLOW = "3151-8";
  static final String SYSTOLIC = "8480-6";
  static final String HEART_RATE = "8867-4";
  static final String TEMPERATURE = "8310-5";

  /**
   * SNOMED CT (RATIONALE: "Why does the demo take the level of consciousness from the UK edition of
   * SNOMED CT?").
   */
  static final String ACVPU = "1104441000000107";

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMddHHmmss'+0000'", Locale.ROOT).withZone(ZoneOffset.UTC);

  /** What someone on oxygen is given here, L/min; 0 is room air. */
  private static final int FLOW = 4;

  private OruMessage() {}

  /**
   * The bytes of the message, UTF-8, segments ended by CR.
   *
   * @param number makes the control id unique within the second
   */
  public static byte[] of(Ward ward, Patient patient, VitalSigns signs, Instant at, int number) {
    String time = TIME.format(at);
    var message = new StringBuilder(1_024);
    segment(
        message,
        "MSH|^~\\&|MONITOR|WARD %s|EHR|DEMO HOSPITAL|%s||ORU^R01^ORU_R01|%s-%d-%d|T|2.5.1|||||||UNICODE UTF-8",
        ward.name(),
        time,
        patient.id(),
        at.getEpochSecond(),
        number);
    segment(
        message,
        "PID|1||%s^^^DEMO^MR||DEMO^PATIENT %d||%d0101|%s",
        patient.id(),
        patient.bed(),
        1935 + patient.bed(),
        patient.bed() % 2 == 0 ? "F" : "M");
    segment(message, "PV1|1|I|%s^^%d", ward.name(), patient.bed());
    segment(
        message,
        "OBR|1||%s-%d-%d^MONITOR|85353-1^Vital signs panel^LN|||%s||||||||||||||||||F",
        patient.id(),
        at.getEpochSecond(),
        number,
        time);
    number(message, 1, RESPIRATORY_RATE, "Respiratory rate", signs.respiratoryRate(), "/min", time);
    number(message, 2, SPO2, "Oxygen saturation by pulse oximetry", signs.spo2(), "%", time);
    number(
        message,
        3,
        OXYGEN_FLOW,
        "Inhaled oxygen flow rate",
        signs.supplementalOxygen() ? FLOW : 0,
        "L/min",
        time);
    number(
        message,
        4,
        SYSTOLIC,
        "Systolic blood pressure",
        signs.systolicBloodPressure(),
        "mm[Hg]",
        time);
    number(message, 5, HEART_RATE, "Heart rate", signs.pulse(), "/min", time);
    number(message, 6, TEMPERATURE, "Body temperature", signs.temperature(), "Cel", time);
    segment(
        message,
        "OBX|7|CWE|%s^ACVPU scale score^SCT||%s^%s^SCT||||||F|||%s",
        ACVPU,
        signs.consciousness().code(),
        signs.consciousness().display(),
        time);
    return message.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void number(
      StringBuilder message,
      int ordinal,
      String code,
      String name,
      Number value,
      String unit,
      String time) {
    segment(
        message,
        "OBX|%d|NM|%s^%s^LN||%s|%s^^UCUM|||||F|||%s",
        ordinal,
        code,
        name,
        value,
        unit,
        time);
  }

  @FormatMethod
  private static void segment(StringBuilder message, @FormatString String form, Object... fields) {
    message.append(form.formatted(fields)).append('\r');
  }
}
