package dev.ampoule.plugin;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.ampoule.plugin.ManifestReading.Fault;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads a {@code plugin.json} strictly: a field that is unknown, doubled, of the wrong type or out
 * of range is a fault, and all faults are told at once.
 */
public final class ManifestReader {
  public static final int MANIFEST_BYTES_MAX = 64 * 1024;
  public static final int FAULTS_MAX = 20;
  public static final int CONFIG_KEYS_MAX = 100;
  public static final int CONFIG_KEY_CHARS_MAX = 128;
  public static final int CONFIG_VALUE_CHARS_MAX = 8 * 1024;
  public static final int LIST_MAX = 50;

  private static final int NESTING_MAX = 8;
  private static final int LEGAL_BASIS_CHARS_MAX = 200;
  private static final Pattern MEDIA_TYPE =
      Pattern.compile(
          "[a-zA-Z0-9][a-zA-Z0-9!#$&^_.+-]{0,126}/[a-zA-Z0-9][a-zA-Z0-9!#$&^_.+-]{0,126}"
              + "(; ?[a-zA-Z0-9_-]{1,40}=[a-zA-Z0-9_.\"-]{1,60})*");
  private static final Pattern HOST =
      Pattern.compile("(\\*|(\\*\\.)?[a-zA-Z0-9]([a-zA-Z0-9.-]{0,251}[a-zA-Z0-9])?)(:[0-9]{1,5})?");
  private static final Pattern TOPIC =
      Pattern.compile("[a-zA-Z0-9_{}*-]+(/[a-zA-Z0-9_{}*-]+){0,7}");

  private static final Pattern CODE = Pattern.compile("[A-Z]{3,12}");

  private static final JsonMapper JSON =
      StrictJson.mapper(
          StreamReadConstraints.builder()
              .maxNestingDepth(NESTING_MAX)
              .maxDocumentLength(MANIFEST_BYTES_MAX)
              .build());

  private final List<Fault> faults = new ArrayList<>();

  private ManifestReader() {}

  /**
   * Reads the manifest that stands beside {@code name}'s {@code version}; a name or version that it
   * gives itself must be the same.
   */
  public static ManifestReading read(byte[] json, PluginName name, PluginVersion version) {
    if (json.length > MANIFEST_BYTES_MAX) {
      return invalid("", json.length + " bytes; at most " + MANIFEST_BYTES_MAX);
    }
    String text;
    try {
      // Strictly: what is stored as text must read back as what was read here.
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json)).toString();
    } catch (CharacterCodingException e) {
      return invalid("", "must be UTF-8 (RFC 8259 §8.1)");
    }
    if (text.startsWith("\ufeff")) {
      return invalid("", "begins with a byte order mark, which JSON must not (RFC 8259 §8.1)");
    }
    JsonNode root;
    try {
      root = JSON.readTree(text);
    } catch (JacksonException e) {
      var at = e.getLocation();
      return invalid(
          "",
          at == null
              ? "not JSON"
              : "not JSON, or a field stands twice, at line "
                  + at.getLineNr()
                  + ", column "
                  + at.getColumnNr());
    }
    if (!root.isObject()) {
      return invalid("", "must be a JSON object");
    }
    var reader = new ManifestReader();
    var manifest = reader.manifest(reader.new Fields("", root), name, version);
    return manifest == null || !reader.faults.isEmpty()
        ? new ManifestReading.Invalid(
            reader.faults.subList(0, Math.min(FAULTS_MAX, reader.faults.size())))
        : new ManifestReading.Valid(manifest);
  }

  private static ManifestReading invalid(String field, String reason) {
    return new ManifestReading.Invalid(List.of(new Fault(field, reason)));
  }

  private @Nullable Manifest manifest(Fields root, PluginName name, PluginVersion version) {
    root.only(
        Set.of(
            "name",
            "version",
            "description",
            "function",
            "input",
            "output",
            "capabilities",
            "limits",
            "phi",
            "onFailure"));
    root.text("name", PluginName.MAX_CHARS)
        .filter(given -> !given.equals(name.value()))
        .ifPresent(_ -> fault("name", "must be the name in the object's key, " + name));
    root.text("version", PluginVersion.MAX_CHARS)
        .filter(given -> !given.equals(version.value()))
        .ifPresent(_ -> fault("version", "must be the version in the object's key, " + version));
    var description = root.text("description", Manifest.DESCRIPTION_CHARS_MAX).orElse("");
    var function =
        root.text("function", FunctionName.MAX_CHARS)
            .flatMap(text -> {
              var parsed = FunctionName.parse(text);
              if (parsed.isEmpty()) {
                fault("function", "must be the name of an exported function");
              }
              return parsed;
            });
    var input = mediaType(root, "input");
    var output = mediaType(root, "output").orElse(Manifest.OUTPUT_DEFAULT);
    var capabilities = capabilities(root.object("capabilities"));
    var limits = limits(root.object("limits"));
    var phi = phi(root.object("phi"));
    var onFailure =
        root.oneOf(
                "onFailure",
                Map.of("closed", Manifest.OnFailure.CLOSED, "open", Manifest.OnFailure.OPEN))
            .orElse(Manifest.OnFailure.CLOSED);
    if (onFailure == Manifest.OnFailure.OPEN && phi.access() != Phi.Access.NONE) {
      fault("onFailure", "open is only for plugins whose phi.access is none");
    }
    if (!faults.isEmpty()) {
      return null;
    }
    return new Manifest(
        true, description, function, input, output, capabilities, limits, phi, onFailure);
  }

  private Optional<String> mediaType(Fields root, String field) {
    return root.text(field, 300)
        .filter(text -> {
          boolean good = MEDIA_TYPE.matcher(text).matches();
          if (!good) {
            fault(field, "must be a media type such as application/fhir+json (RFC 6838)");
          }
          return good;
        });
  }

  private Capabilities capabilities(Fields fields) {
    fields.only(Set.of("config", "http", "vars", "publish", "log"));
    var config = config(fields.object("config"));
    var http = fields.object("http");
    http.only(Set.of("hosts"));
    Optional<List<String>> hosts =
        fields.has("http")
            ? Optional.of(
                http.texts(
                    "hosts", HOST, "a host name, name:port or *.suffix, without scheme or path"))
            : Optional.empty();
    var vars = fields.object("vars");
    vars.only(Set.of("bytes"));
    var publish = fields.object("publish");
    publish.only(Set.of("topics"));
    return new Capabilities(
        config,
        hosts,
        vars.whole("bytes", 0, Capabilities.VARS_BYTES_MAX, Capabilities.VARS_BYTES_DEFAULT),
        publish.texts("topics", TOPIC, "a topic such as patient/{id}/vitals"),
        fields.flag("log", false));
  }

  private Map<String, String> config(Fields fields) {
    var config = new LinkedHashMap<String, String>();
    if (fields.size() > CONFIG_KEYS_MAX) {
      fault(fields.path, fields.size() + " keys; at most " + CONFIG_KEYS_MAX);
      return config;
    }
    for (String key : fields.names()) {
      if (key.isEmpty() || key.length() > CONFIG_KEY_CHARS_MAX) {
        fault(
            fields.path, "a key has " + key.length() + " characters; 1 to " + CONFIG_KEY_CHARS_MAX);
      } else {
        fields.text(key, CONFIG_VALUE_CHARS_MAX).ifPresent(value -> config.put(key, value));
      }
    }
    return config;
  }

  private Limits limits(Fields fields) {
    fields.only(Set.of("timeoutMs", "memoryPages", "inputBytes", "outputBytes"));
    return new Limits(
        Duration.ofMillis(
            fields.whole(
                "timeoutMs",
                1,
                (int) Limits.TIMEOUT_MAX.toMillis(),
                (int) Limits.DEFAULT.timeout().toMillis())),
        fields.whole("memoryPages", 1, Limits.MEMORY_PAGES_MAX, Limits.DEFAULT.memoryPages()),
        fields.whole("inputBytes", 1, Limits.INPUT_BYTES_MAX, Limits.DEFAULT.inputBytes()),
        fields.whole("outputBytes", 1, Limits.OUTPUT_BYTES_MAX, Limits.DEFAULT.outputBytes()));
  }

  private Phi phi(Fields fields) {
    fields.only(Set.of("access", "purposes", "legalBasis"));
    var access =
        fields
            .oneOf(
                "access",
                Map.of(
                    "none",
                    Phi.Access.NONE,
                    "redacted",
                    Phi.Access.REDACTED,
                    "raw",
                    Phi.Access.RAW))
            .orElse(Phi.Access.NONE);
    var purposes = new ArrayList<PurposeOfUse>();
    for (String code : fields.texts("purposes", CODE, "an HL7 PurposeOfUse code")) {
      PurposeOfUse.parse(code)
          .ifPresentOrElse(
              purposes::add,
              () -> fault(fields.at("purposes"), code + " is not an HL7 PurposeOfUse code"));
    }
    return new Phi(access, purposes, fields.text("legalBasis", LEGAL_BASIS_CHARS_MAX));
  }

  private void fault(String field, String reason) {
    faults.add(new Fault(field, reason));
  }

  /** The fields of one object, or of an absent one. */
  private final class Fields {
    private final String path;
    private final @Nullable JsonNode node;

    Fields(String path, @Nullable JsonNode node) {
      this.path = path;
      this.node = node;
    }

    String at(String field) {
      return path.isEmpty() ? field : path + "." + field;
    }

    boolean has(String field) {
      return node != null && node.has(field);
    }

    int size() {
      return node == null ? 0 : node.size();
    }

    List<String> names() {
      var names = new ArrayList<String>();
      if (node != null) {
        node.fieldNames().forEachRemaining(names::add);
      }
      return names;
    }

    void only(Set<String> known) {
      for (String name : names()) {
        if (!known.contains(name)) {
          fault(
              name.length() <= 64 ? at(name) : at("a name of " + name.length() + " characters"),
              "unknown field; known are " + String.join(", ", known.stream().sorted().toList()));
        }
      }
    }

    private @Nullable JsonNode value(String field) {
      return node == null ? null : node.get(field);
    }

    Fields object(String field) {
      var value = value(field);
      if (value != null && !value.isObject()) {
        fault(at(field), "must be an object");
        value = null;
      }
      return new Fields(at(field), value);
    }

    Optional<String> text(String field, int charsMax) {
      var value = value(field);
      if (value == null) {
        return Optional.empty();
      }
      if (!value.isTextual()) {
        fault(at(field), "must be a string");
        return Optional.empty();
      }
      if (value.textValue().length() > charsMax) {
        fault(at(field), value.textValue().length() + " characters; at most " + charsMax);
        return Optional.empty();
      }
      return Optional.of(value.textValue());
    }

    List<String> texts(String field, Pattern form, String expected) {
      var value = value(field);
      if (value == null) {
        return List.of();
      }
      if (!value.isArray()) {
        fault(at(field), "must be a list of strings");
        return List.of();
      }
      if (value.size() > LIST_MAX) {
        fault(at(field), value.size() + " items; at most " + LIST_MAX);
        return List.of();
      }
      var texts = new ArrayList<String>();
      for (int i = 0; i < value.size(); i++) {
        var item = value.get(i);
        if (item.isTextual() && form.matcher(item.textValue()).matches()) {
          texts.add(item.textValue());
        } else {
          fault(at(field) + "[" + i + "]", "must be " + expected);
        }
      }
      return texts;
    }

    boolean flag(String field, boolean absent) {
      var value = value(field);
      if (value == null) {
        return absent;
      }
      if (!value.isBoolean()) {
        fault(at(field), "must be true or false");
      }
      return value.booleanValue();
    }

    int whole(String field, int min, int max, int absent) {
      var value = value(field);
      if (value == null) {
        return absent;
      }
      var number =
          value.isIntegralNumber() && value.canConvertToLong()
              ? OptionalLong.of(value.longValue())
              : OptionalLong.empty();
      if (number.isEmpty() || number.getAsLong() < min || number.getAsLong() > max) {
        fault(at(field), "must be a whole number from " + min + " to " + max);
        return absent;
      }
      return (int) number.getAsLong();
    }

    <T> Optional<T> oneOf(String field, Map<String, T> choices) {
      var value = value(field);
      if (value == null) {
        return Optional.empty();
      }
      var choice = value.isTextual() ? choices.get(value.textValue()) : null;
      if (choice == null) {
        fault(
            at(field),
            "must be one of " + String.join(", ", choices.keySet().stream().sorted().toList()));
      }
      return Optional.ofNullable(choice);
    }
  }
}
