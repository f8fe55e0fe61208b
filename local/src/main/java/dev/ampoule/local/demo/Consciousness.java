package dev.ampoule.local.demo;

import java.util.Arrays;
import java.util.Optional;

/** The ACVPU scale, as NEWS2 has it, with its SNOMED CT codes. */
public enum Consciousness {
  A("248234008", "Mentally alert"),
  C("130987000", "Acute confusion"),
  V("300202002", "Responds to voice"),
  P("450847001", "Responds to pain"),
  U("422768004", "Unresponsive");

  private final String code;
  private final String display;

  Consciousness(String code, String display) {
    this.code = code;
    this.display = display;
  }

  String code() {
    return code;
  }

  String display() {
    return display;
  }

  static Optional<Consciousness> ofCode(String code) {
    return Arrays.stream(values()).filter(level -> level.code.equals(code)).findFirst();
  }
}
