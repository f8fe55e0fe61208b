package dev.ampoule.audit;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.plugin.PurposeOfUse;
import dev.ampoule.plugin.StrictJson;
import dev.ampoule.privacy.Redacted;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Entries as JSON in UTF-8: fields in one order, absent ones left out, no blanks. Reading is
 * strict: an unknown or repeated field is no entry.
 */
final class EntryJson {
  private static final JsonMapper JSON = StrictJson.mapper(StreamReadConstraints.defaults());

  /** RFC 3339 in UTC with exactly three digits of a second, so that it sorts as text. */
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private static final Set<String> FIELDS =
      Set.of(
          "time",
          "action",
          "actor",
          "plugin",
          "version",
          "digest",
          "signedBy",
          "function",
          "outcome",
          "detail",
          "policy",
          "request",
          "purposeOfUse",
          "durationMs",
          "inputBytes",
          "outputBytes");

  private EntryJson() {}

  static String time(Instant time) {
    return TIME.format(time);
  }

  static Optional<Instant> parseTime(String text) {
    try {
      Instant time = Instant.parse(text);
      return time(time).equals(text) ? Optional.of(time) : Optional.empty();
    } catch (DateTimeException _) {
      return Optional.empty();
    }
  }

  static byte[] write(AuditEntry entry) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(512);
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("time", time(entry.time()));
      json.writeStringField("action", entry.action().name());
      json.writeStringField("actor", entry.actor().toString());
      write(json, "plugin", entry.plugin());
      write(json, "version", entry.version());
      write(json, "digest", entry.digest().map(ContentDigest::hex));
      write(json, "signedBy", entry.signedBy());
      write(json, "function", entry.function());
      json.writeStringField("outcome", entry.outcome().name());
      if (!entry.detail().isEmpty()) {
        json.writeStringField("detail", entry.detail().toString());
      }
      write(json, "policy", entry.policy());
      write(json, "request", entry.request());
      write(json, "purposeOfUse", entry.purposeOfUse());
      json.writeNumberField("durationMs", entry.duration().toMillis());
      json.writeNumberField("inputBytes", entry.inputBytes());
      json.writeNumberField("outputBytes", entry.outputBytes());
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return out.toByteArray();
  }

  private static void write(JsonGenerator json, String field, Optional<?> value)
      throws IOException {
    if (value.isPresent()) {
      json.writeStringField(field, value.get().toString());
    }
  }

  /** A JSON array of what {@link #write} made. */
  static byte[] array(List<byte[]> entries) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    char separator = '[';
    for (byte[] entry : entries) {
      out.write(separator);
      out.writeBytes(entry);
      separator = ',';
    }
    out.write(']');
    return out.toByteArray();
  }

  /** Bytes that {@link #array} takes for entries of these lengths. */
  static long arrayBytes(long entryBytes, int entries) {
    return entryBytes + entries + 1;
  }

  /** Empty where {@code body} is no array of 1 to {@link AuditBlock#ENTRIES_MAX} entries. */
  static Optional<List<AuditEntry>> read(byte[] body) {
    JsonNode array;
    try {
      array = JSON.readTree(body);
    } catch (IOException _) {
      return Optional.empty();
    }
    if (!array.isArray() || array.isEmpty() || array.size() > AuditBlock.ENTRIES_MAX) {
      return Optional.empty();
    }
    List<AuditEntry> entries = new ArrayList<>(array.size());
    for (JsonNode node : array) {
      Optional<AuditEntry> entry = new Reader(node).entry();
      if (entry.isEmpty()) {
        return Optional.empty();
      }
      entries.add(entry.get());
    }
    return Optional.of(List.copyOf(entries));
  }

  /** Reads one object; remembers whether any field of it was wrong. */
  private static final class Reader {
    private final JsonNode node;
    private boolean wrong;

    Reader(JsonNode node) {
      this.node = node;
    }

    Optional<AuditEntry> entry() {
      if (!node.isObject()) {
        return Optional.empty();
      }
      for (var field : node.properties()) {
        wrong |= !FIELDS.contains(field.getKey());
      }
      Optional<Instant> time = required("time", EntryJson::parseTime);
      Optional<AuditAction> action = required("action", AuditAction::parse);
      Optional<Actor> actor = required("actor", Actor::parse);
      Optional<AuditOutcome> outcome = required("outcome", AuditOutcome::parse);
      Optional<PluginName> plugin = optional("plugin", PluginName::parse);
      Optional<PluginVersion> version = optional("version", PluginVersion::parse);
      Optional<ContentDigest> digest =
          optional("digest", hex -> Sha256.parse(hex).map(h -> new ContentDigest(h.hex())));
      Optional<SigningKeyId> signedBy = optional("signedBy", SigningKeyId::parse);
      Optional<FunctionName> function = optional("function", FunctionName::parse);
      Optional<Redacted> detail =
          optional(
              "detail",
              text ->
                  text.isEmpty() || text.length() > AuditEntry.DETAIL_CHARS_MAX
                      ? Optional.empty()
                      : Optional.of(Redacted.recorded(text)));
      Optional<PolicyId> policy = optional("policy", PolicyId::parse);
      Optional<RequestId> request = optional("request", RequestId::parse);
      Optional<PurposeOfUse> purpose = optional("purposeOfUse", PurposeOfUse::parse);
      long durationMs = number("durationMs");
      long inputBytes = number("inputBytes");
      long outputBytes = number("outputBytes");
      if (wrong
          || time.orElseThrow().isBefore(AuditEntry.TIME_MIN)
          || time.orElseThrow().isAfter(AuditEntry.TIME_MAX)) {
        return Optional.empty();
      }
      return Optional.of(
          new AuditEntry(
              time.orElseThrow(),
              action.orElseThrow(),
              actor.orElseThrow(),
              plugin,
              version,
              digest,
              signedBy,
              function,
              outcome.orElseThrow(),
              detail.orElse(Redacted.EMPTY),
              policy,
              request,
              purpose,
              Duration.ofMillis(durationMs),
              inputBytes,
              outputBytes));
    }

    private <T> Optional<T> required(String field, Function<String, Optional<T>> parse) {
      Optional<T> value = optional(field, parse);
      wrong |= value.isEmpty();
      return value;
    }

    private <T> Optional<T> optional(String field, Function<String, Optional<T>> parse) {
      JsonNode value = node.get(field);
      if (value == null) {
        return Optional.empty();
      }
      Optional<T> parsed = value.isTextual() ? parse.apply(value.textValue()) : Optional.empty();
      wrong |= parsed.isEmpty();
      return parsed;
    }

    private long number(String field) {
      JsonNode value = node.get(field);
      if (value == null
          || !value.isIntegralNumber()
          || !value.canConvertToLong()
          || value.longValue() < 0) {
        wrong = true;
        return 0;
      }
      return value.longValue();
    }
  }
}
