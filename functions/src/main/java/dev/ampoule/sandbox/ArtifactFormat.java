package dev.ampoule.sandbox;

import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.plugin.FunctionName;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The jar that a compiled module is stored as: {@value #PROPERTIES} first, then {@value #WASM} (the
 * stripped module) and the classes by name. Equal content gives equal bytes.
 */
final class ArtifactFormat {
  /** Raised when the layout or what the classes rely on changes; part of {@link EngineId}. */
  static final int NUMBER = 1;

  static final int ENTRIES_MAX = 4_096;

  /** Bytes of all entries unpacked. */
  static final int UNPACKED_BYTES_MAX = 256 * 1024 * 1024;

  private static final String PROPERTIES = "ampoule.properties";
  private static final String WASM = "module.wasm";
  private static final String CLASS = ".class";

  /** A ZIP has no earlier date; any fixed one does. */
  private static final LocalDateTime DATE = LocalDateTime.of(1980, 1, 1, 0, 0);

  private ArtifactFormat() {}

  /** Not an artifact, or not a whole one. The message holds nothing of its content. */
  static final class CorruptArtifactException extends Exception {
    CorruptArtifactException(String message) {
      super(message);
    }
  }

  /** What the properties say. */
  record Header(ContentDigest wasmDigest, EngineId engine, String mainClass, ModuleFacts facts) {}

  /** An unpacked artifact: classes by binary name. */
  @SuppressWarnings("ArrayRecordComponent") // megabytes of content; never compared
  record Artifact(Header header, byte[] strippedWasm, Map<String, byte[]> classes) {}

  static long unpackedBytes(byte[] strippedWasm, Map<String, byte[]> classes) {
    return strippedWasm.length + classes.values().stream().mapToLong(c -> c.length).sum();
  }

  static byte[] write(Artifact artifact) {
    NavigableMap<String, byte[]> classes = new TreeMap<>(artifact.classes());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      // Nearly as small as the default level and several times as fast.
      zip.setLevel(Deflater.BEST_SPEED + 2);
      put(zip, PROPERTIES, properties(artifact.header()).getBytes(StandardCharsets.UTF_8));
      put(zip, WASM, artifact.strippedWasm());
      for (Map.Entry<String, byte[]> entry : classes.entrySet()) {
        put(zip, entry.getKey().replace('.', '/') + CLASS, entry.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return bytes.toByteArray();
  }

  private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    entry.setTimeLocal(DATE);
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }

  /** No value holds a line break: digests, ids, class and function names only. */
  private static String properties(Header header) {
    return "format="
        + NUMBER
        + "\nwasm="
        + header.wasmDigest().hex()
        + "\nengine="
        + header.engine().value()
        + "\nmain="
        + header.mainClass()
        + "\nabi="
        + header.facts().abi().name()
        + "\nfunctions="
        + String.join(",", header.facts().functions().stream().map(FunctionName::value).toList())
        + "\n";
  }

  /** Reads the first entry only. */
  static Header readHeader(byte[] jar) throws CorruptArtifactException {
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(jar))) {
      return header(zip, UNPACKED_BYTES_MAX);
    } catch (IOException e) {
      throw new CorruptArtifactException("not a zip");
    }
  }

  private static Header header(ZipInputStream zip, int bytesMax)
      throws IOException, CorruptArtifactException {
    ZipEntry first = zip.getNextEntry();
    if (first == null || !first.getName().equals(PROPERTIES)) {
      throw new CorruptArtifactException("does not start with its properties");
    }
    Map<String, String> values = new HashMap<>();
    new String(content(zip, bytesMax), StandardCharsets.UTF_8)
        .lines()
        .forEach(line -> {
          int equals = line.indexOf('=');
          if (equals > 0) {
            values.put(line.substring(0, equals), line.substring(equals + 1));
          }
        });
    if (!String.valueOf(NUMBER).equals(values.get("format"))) {
      throw new CorruptArtifactException("of another format");
    }
    try {
      TreeSet<FunctionName> functions = new TreeSet<>();
      for (String name : value(values, "functions").split(",", -1)) {
        functions.add(new FunctionName(name));
      }
      return new Header(
          new ContentDigest(value(values, "wasm")),
          new EngineId(value(values, "engine")),
          value(values, "main"),
          new ModuleFacts(Abi.valueOf(value(values, "abi")), functions));
    } catch (IllegalArgumentException e) {
      throw new CorruptArtifactException("has a property that is not of its form");
    }
  }

  private static String value(Map<String, String> values, String key)
      throws CorruptArtifactException {
    String value = values.get(key);
    if (value == null) {
      throw new CorruptArtifactException("lacks the property " + key);
    }
    return value;
  }

  static Artifact read(byte[] jar) throws CorruptArtifactException {
    return read(jar, ENTRIES_MAX, UNPACKED_BYTES_MAX);
  }

  /** As {@link #read(byte[])}, never unpacking more than the two limits. */
  static Artifact read(byte[] jar, int entriesMax, int bytesMax) throws CorruptArtifactException {
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(jar))) {
      Header header = header(zip, bytesMax);
      byte @Nullable [] wasm = null;
      Map<String, byte[]> classes = new HashMap<>();
      int left = bytesMax;
      int entries = 1;
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        if (++entries > entriesMax) {
          throw new CorruptArtifactException("has more than " + entriesMax + " entries");
        }
        byte[] content = content(zip, left);
        left -= content.length;
        String name = entry.getName();
        if (name.equals(WASM)) {
          wasm = content;
        } else if (name.endsWith(CLASS)) {
          String className = name.substring(0, name.length() - CLASS.length()).replace('/', '.');
          classes.put(className, content);
        } else {
          throw new CorruptArtifactException("has an entry that does not belong there");
        }
      }
      if (wasm == null) {
        throw new CorruptArtifactException("lacks its module");
      }
      if (!classes.containsKey(header.mainClass())) {
        throw new CorruptArtifactException("lacks its main class");
      }
      return new Artifact(header, wasm, classes);
    } catch (IOException | IllegalArgumentException e) {
      // IllegalArgumentException: an entry's name is not UTF-8.
      throw new CorruptArtifactException("not a zip");
    }
  }

  private static byte[] content(ZipInputStream zip, int bytesMax)
      throws IOException, CorruptArtifactException {
    byte[] content = zip.readNBytes(bytesMax);
    if (zip.read() >= 0) {
      throw new CorruptArtifactException("unpacks to more than its limit");
    }
    return content;
  }
}
