package dev.ampoule.sandbox;

import java.io.ByteArrayOutputStream;

/** Builds modules that no assembler puts out: too big, too wide, too deep, or wrong. */
final class WasmBytes {
  private static final int BLOCK = 0x02;
  private static final int END = 0x0b;
  private static final int BR_TABLE = 0x0e;
  private static final int EMPTY = 0x40;
  private static final int LOCAL_GET = 0x20;
  private static final int I32_CONST = 0x41;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  static WasmBytes module() {
    return new WasmBytes().bytes(0, 'a', 's', 'm', 1, 0, 0, 0);
  }

  WasmBytes bytes(int... bytes) {
    for (int b : bytes) {
      out.write(b);
    }
    return this;
  }

  WasmBytes u32(long value) {
    long rest = value;
    while (rest >= 0x80) {
      out.write((int) (rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    out.write((int) rest);
    return this;
  }

  WasmBytes name(String ascii) {
    u32(ascii.length());
    ascii.chars().forEach(out::write);
    return this;
  }

  WasmBytes section(int id, WasmBytes content) {
    byte[] bytes = content.toBytes();
    out.write(id);
    u32(bytes.length);
    out.writeBytes(bytes);
    return this;
  }

  WasmBytes sized(WasmBytes content) {
    byte[] bytes = content.toBytes();
    u32(bytes.length);
    out.writeBytes(bytes);
    return this;
  }

  byte[] toBytes() {
    return out.toByteArray();
  }

  /** One exported function {@code f} of type () → i32 among {@code functions} of that body. */
  static byte[] functions(int functions, WasmBytes body) {
    WasmBytes types = new WasmBytes().u32(1).bytes(0x60, 0, 1, 0x7f);
    WasmBytes indices = new WasmBytes().u32(functions);
    WasmBytes code = new WasmBytes().u32(functions);
    for (int i = 0; i < functions; i++) {
      indices.u32(0);
      code.sized(body);
    }
    WasmBytes exports = new WasmBytes().u32(1).name("f").bytes(0).u32(0);
    return module()
        .section(WasmSections.TYPE, types)
        .section(WasmSections.FUNCTION, indices)
        .section(WasmSections.EXPORT, exports)
        .section(WasmSections.CODE, code)
        .toBytes();
  }

  /** Takes minutes to compile, and ignores interrupts while it does. */
  static byte[] wideBranchTables(int functions) {
    int depth = 1_000;
    int targets = 10_000;
    WasmBytes body = new WasmBytes().u32(1).u32(1).bytes(0x7f);
    for (int i = 0; i < depth; i++) {
      body.bytes(BLOCK, EMPTY);
    }
    body.bytes(LOCAL_GET, 0, BR_TABLE).u32(targets);
    for (int i = 0; i <= targets; i++) {
      body.u32(i % depth);
    }
    for (int i = 0; i < depth; i++) {
      body.bytes(END);
    }
    body.bytes(LOCAL_GET, 0, END);
    return functions(functions, body);
  }

  /** Nested deeper than a parser or compiler that recurses can go. */
  static byte[] nestedBlocks(int depth) {
    WasmBytes body = new WasmBytes().u32(0);
    for (int i = 0; i < depth; i++) {
      body.bytes(BLOCK, EMPTY);
    }
    for (int i = 0; i < depth; i++) {
      body.bytes(END);
    }
    return functions(1, body.bytes(I32_CONST, 0, END));
  }
}
