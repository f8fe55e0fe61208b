package dev.ampoule.sandbox;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A module cut into its sections, without looking into them (WebAssembly Core 2.0 §5.5). What it
 * accepts is framed well: every section lies inside the module, in the order of the specification.
 *
 * @param wasm the module; not copied
 * @param sections in the order of the module, custom sections included
 */
@SuppressWarnings("ArrayRecordComponent") // the module itself; never compared
record WasmSections(byte[] wasm, List<WasmSections.Section> sections) {
  static final int CUSTOM = 0;
  static final int TYPE = 1;
  static final int IMPORT = 2;
  static final int FUNCTION = 3;
  static final int TABLE = 4;
  static final int MEMORY = 5;
  static final int GLOBAL = 6;
  static final int EXPORT = 7;
  static final int START = 8;
  static final int ELEMENT = 9;
  static final int CODE = 10;
  static final int DATA = 11;
  static final int DATA_COUNT = 12;
  static final int TAG = 13;

  /** Place of each section id in a module; tags stand before globals, data count before code. */
  private static final int[] RANK = {0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6};

  private static final int HEADER_BYTES = 8;

  /** One section: {@code bytes} of content from {@code offset}, both in bytes of the module. */
  record Section(int id, int offset, int bytes) {
    String name() {
      return switch (id) {
        case CUSTOM -> "custom";
        case TYPE -> "type";
        case IMPORT -> "import";
        case FUNCTION -> "function";
        case TABLE -> "table";
        case MEMORY -> "memory";
        case GLOBAL -> "global";
        case EXPORT -> "export";
        case START -> "start";
        case ELEMENT -> "element";
        case CODE -> "code";
        case DATA -> "data";
        case DATA_COUNT -> "data count";
        case TAG -> "tag";
        default -> "section " + id;
      };
    }
  }

  /** The module is not framed as one; the message is for its author. */
  static final class MalformedModule extends Exception {
    private final Rejection rejection;

    MalformedModule(Rejection.Code code, String reason) {
      super(reason);
      rejection = new Rejection(code, reason);
    }

    Rejection rejection() {
      return rejection;
    }
  }

  WasmSections {
    sections = List.copyOf(sections);
  }

  static WasmSections of(byte[] wasm) throws MalformedModule {
    requireHeader(wasm);
    List<Section> sections = new ArrayList<>();
    int rank = 0;
    int at = HEADER_BYTES;
    while (at < wasm.length) {
      int start = at;
      int id = wasm[at++] & 0xff;
      if (id >= RANK.length) {
        throw malformed("unknown section id " + id + " at byte " + start);
      }
      long declared = u32(wasm, at, wasm.length);
      at += u32Bytes(wasm, at);
      if (declared > wasm.length - at) {
        throw malformed(
            "the "
                + new Section(id, 0, 0).name()
                + " section at byte "
                + start
                + " declares "
                + declared
                + " bytes, and "
                + (wasm.length - at)
                + " are left");
      }
      Section section = new Section(id, at, (int) declared);
      if (id != CUSTOM) {
        if (RANK[id] <= rank) {
          throw malformed(
              "the " + section.name() + " section at byte " + start + " is twice or out of order");
        }
        rank = RANK[id];
      }
      sections.add(section);
      at += section.bytes();
    }
    return new WasmSections(wasm, sections);
  }

  private static void requireHeader(byte[] wasm) throws MalformedModule {
    byte[] magic = {0, 'a', 's', 'm'};
    for (int i = 0; i < magic.length; i++) {
      if (i >= wasm.length) {
        throw new MalformedModule(
            Rejection.Code.NOT_WASM,
            "not a WebAssembly module: it ends at byte " + wasm.length + ", before its magic");
      }
      if (wasm[i] != magic[i]) {
        throw new MalformedModule(
            Rejection.Code.NOT_WASM,
            "not a WebAssembly module: byte "
                + (wasm[i] & 0xff)
                + " at byte "
                + i
                + ", where the magic \\0asm has "
                + magic[i]
                + hint(wasm));
      }
    }
    if (wasm.length < HEADER_BYTES) {
      throw new MalformedModule(
          Rejection.Code.NOT_WASM,
          "not a WebAssembly module: it ends at byte " + wasm.length + ", before its version");
    }
    int version = (wasm[4] & 0xff) | (wasm[5] & 0xff) << 8;
    int layer = (wasm[6] & 0xff) | (wasm[7] & 0xff) << 8;
    if (layer == 1) {
      throw new MalformedModule(
          Rejection.Code.COMPONENT,
          "a WebAssembly component (layer 1, version "
              + version
              + "), not a core module; build for wasm32-wasip1, or take the core module out of the"
              + " component");
    }
    if (version != 1 || layer != 0) {
      throw new MalformedModule(
          Rejection.Code.NOT_WASM,
          "not a WebAssembly module: version "
              + version
              + ", layer "
              + layer
              + " at byte 4; only version 1, layer 0 is known");
    }
  }

  private static String hint(byte[] wasm) {
    if (wasm[0] == '(') {
      return "; this looks like WebAssembly text, assemble it with wat2wasm";
    }
    if ((wasm[0] & 0xff) == 0x1f && wasm.length > 1 && (wasm[1] & 0xff) == 0x8b) {
      return "; this looks like gzip, upload it unpacked";
    }
    return "";
  }

  private static MalformedModule malformed(String what) {
    return new MalformedModule(Rejection.Code.MALFORMED, "not a valid WebAssembly module: " + what);
  }

  Optional<Section> find(int id) {
    return sections.stream().filter(s -> s.id() == id).findFirst();
  }

  /** The number of entries that a section declares: the u32 it starts with. */
  long count(Section section) throws MalformedModule {
    return u32(wasm, section.offset(), section.offset() + section.bytes());
  }

  /** An entry takes a byte at least; nothing is to be allocated for more of them. */
  MalformedModule countBeyondBytes(Section section, long count) {
    return malformed(
        "the "
            + section.name()
            + " section of "
            + section.bytes()
            + " bytes at byte "
            + section.offset()
            + " declares "
            + count
            + " entries");
  }

  /** The content of the first custom section of that name. */
  Optional<byte[]> custom(String name) throws MalformedModule {
    for (Section section : sections) {
      Optional<byte[]> content = custom(section, name);
      if (content.isPresent()) {
        return content;
      }
    }
    return Optional.empty();
  }

  /** The content of a section, where it is a custom one of that name. */
  Optional<byte[]> custom(Section section, String name) throws MalformedModule {
    if (section.id() != CUSTOM) {
      return Optional.empty();
    }
    int end = section.offset() + section.bytes();
    long length = u32(wasm, section.offset(), end);
    int at = section.offset() + u32Bytes(wasm, section.offset());
    return length <= end - at
            && name.equals(new String(wasm, at, (int) length, StandardCharsets.UTF_8))
        ? Optional.of(Arrays.copyOfRange(wasm, at + (int) length, end))
        : Optional.empty();
  }

  /** The same module without its custom sections, which no instruction can see. */
  byte[] withoutCustom() {
    return rewritten(Set.of(CUSTOM), false);
  }

  /** The same module with nothing that runs when an instance is made. */
  byte[] withoutStart() {
    return rewritten(Set.of(CUSTOM, START), false);
  }

  /**
   * The module that an artifact keeps: types, imports, tables, globals, exports and data as they
   * are, every body replaced by {@code unreachable}, as the bodies are in the classes.
   */
  byte[] stripped() {
    return rewritten(Set.of(CUSTOM), true);
  }

  private byte[] rewritten(Set<Integer> dropped, boolean stripBodies) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(wasm.length);
    out.write(wasm, 0, HEADER_BYTES);
    for (Section section : sections) {
      if (section.id() == CODE && stripBodies) {
        byte[] code = strippedCode(section);
        out.write(CODE);
        writeU32(out, code.length);
        out.writeBytes(code);
      } else if (!dropped.contains(section.id())) {
        out.write(section.id());
        writeU32(out, section.bytes());
        out.write(wasm, section.offset(), section.bytes());
      }
    }
    return out.toByteArray();
  }

  private byte[] strippedCode(Section section) {
    long count;
    try {
      count = count(section);
    } catch (MalformedModule e) {
      throw new IllegalStateException("stripped before it was parsed", e);
    }
    // size 3, no locals, unreachable, end
    byte[] body = {3, 0, 0, 0x0b};
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    writeU32(out, count);
    for (long i = 0; i < count; i++) {
      out.writeBytes(body);
    }
    return out.toByteArray();
  }

  static void writeU32(ByteArrayOutputStream out, long value) {
    long rest = value;
    while (rest >= 0x80) {
      out.write((int) (rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  /** LEB128 of at most 5 bytes and 32 bits (§5.2.2). */
  static long u32(byte[] bytes, int from, int end) throws MalformedModule {
    long value = 0;
    for (int i = 0; i < 5; i++) {
      if (from + i >= end) {
        throw malformed("a number at byte " + from + " is cut off");
      }
      int b = bytes[from + i] & 0xff;
      value |= (long) (b & 0x7f) << (7 * i);
      if (b < 0x80) {
        if (value > 0xffff_ffffL) {
          break;
        }
        return value;
      }
    }
    throw malformed("the number at byte " + from + " has more than 32 bits");
  }

  /** Bytes of the number that {@link #u32} read there. */
  static int u32Bytes(byte[] bytes, int from) {
    int n = 1;
    while (bytes[from + n - 1] < 0) {
      n++;
    }
    return n;
  }
}
