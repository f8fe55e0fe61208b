package dev.ampoule.local;

import java.util.Objects;

/** One header line; the name as the sender wrote it. */
public record HttpHeader(String name, String value) {
  public HttpHeader {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(value, "value");
  }
}
