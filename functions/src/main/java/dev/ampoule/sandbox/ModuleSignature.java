package dev.ampoule.sandbox;

import dev.ampoule.sandbox.WasmSections.MalformedModule;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Who signed a module: the signature data of WebAssembly's tool conventions (Signatures.md, version
 * 1: Ed25519 over SHA-256), in a custom section {@code signature} that is the module's first, or
 * apart from it. A signature counts where it covers the module whole (RATIONALE: "Which format do
 * module signatures have, and what do they cover?").
 */
public final class ModuleSignature {
  /** Of the data, embedded or apart. */
  public static final int BYTES_MAX = 64 * 1024;

  private static final int HASHES_MAX = 64;
  private static final int SIGNATURES_MAX = 256;

  private static final String SECTION = "signature";
  private static final byte[] DOMAIN = "wasmsig".getBytes(StandardCharsets.US_ASCII);
  private static final byte SPEC_VERSION = 1;
  private static final byte MODULE = 1;
  private static final byte SHA_256 = 1;
  private static final byte ED25519 = 1;
  private static final int HASH_BYTES = 32;
  private static final int HEADER_BYTES = 8;

  /** What is found of signatures. */
  public sealed interface Reading {
    record Unsigned() implements Reading {}

    /** {@code reason} is for the module's author. */
    record Malformed(String reason) implements Reading {}

    record Signed(ModuleSignature signature) implements Reading {}
  }

  /** One signature and the name of its key, as its maker wrote it. */
  @SuppressWarnings("ArrayRecordComponent") // read once, never compared
  private record Signed(byte[] keyId, byte[] signature) {}

  /** Hashes and the signatures over all of them together. */
  @SuppressWarnings("ArrayRecordComponent") // read once, never compared
  private record SignedHashes(byte[] hashes, List<Signed> signatures) {
    byte[] message() {
      return ByteBuffer.allocate(DOMAIN.length + 3 + hashes.length)
          .put(DOMAIN)
          .put(SPEC_VERSION)
          .put(MODULE)
          .put(SHA_256)
          .put(hashes)
          .array();
    }

    /** The last hash is that of everything, whatever parts those before it are of. */
    boolean covers(byte[] moduleHash) {
      return hashes.length >= HASH_BYTES
          && Arrays.equals(
              hashes, hashes.length - HASH_BYTES, hashes.length, moduleHash, 0, HASH_BYTES);
    }
  }

  /** Those that cover the module. */
  private final List<SignedHashes> sets;

  private ModuleSignature(List<SignedHashes> sets) {
    this.sets = List.copyOf(sets);
  }

  /**
   * Reads the signatures of a module.
   *
   * @param detached signature data that came beside the module, which may hold some itself
   */
  public static Reading read(byte[] module, Optional<byte[]> detached) {
    WasmSections sections;
    Optional<byte[]> embedded;
    try {
      sections = WasmSections.of(module);
      embedded = embedded(sections);
    } catch (MalformedModule e) {
      // What is no module is told so by the inspector, with more to say.
      return detached.isEmpty()
          ? new Reading.Unsigned()
          : new Reading.Malformed(e.rejection().reason());
    } catch (MalformedSignature e) {
      return new Reading.Malformed(e.reason);
    }
    if (embedded.isEmpty() && detached.isEmpty()) {
      return new Reading.Unsigned();
    }
    var all = new ArrayList<SignedHashes>();
    try {
      if (embedded.isPresent()) {
        all.addAll(parse(embedded.get()));
      }
      if (detached.isPresent()) {
        all.addAll(parse(detached.get()));
      }
    } catch (MalformedSignature e) {
      return new Reading.Malformed(e.reason);
    }
    byte[] hash = hash(sections, embedded.isPresent());
    all.removeIf(set -> !set.covers(hash));
    return all.isEmpty()
        ? new Reading.Malformed(
            "it is of another module, of a part of this one, or the module was changed after")
        : new Reading.Signed(new ModuleSignature(all));
  }

  /** Whether one of the signatures was made with the private part of that Ed25519 key. */
  public boolean madeWith(PublicKey key) {
    for (SignedHashes set : sets) {
      for (Signed signed : set.signatures()) {
        if (verifies(key, set.message(), signed.signature())) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether one of the signatures names that key; anybody can write that. */
  public boolean names(byte[] keyId) {
    return sets.stream()
        .flatMap(set -> set.signatures().stream())
        .anyMatch(signed -> Arrays.equals(signed.keyId(), keyId));
  }

  /**
   * Signs a module whole; what it was signed with before is not part of it.
   *
   * @param key of Ed25519
   * @param keyId what the signature is to call the key, at most 127 bytes
   * @return signature data, to be kept beside the module or {@linkplain #embed embedded}
   * @throws IllegalArgumentException where the module is none, or the key is of another kind
   */
  public static byte[] sign(byte[] module, PrivateKey key, byte[] keyId) {
    var sections = sections(module);
    byte[] hash = hash(sections, isSigned(sections));
    byte[] signature;
    try {
      var signer = Signature.getInstance("Ed25519");
      signer.initSign(key);
      signer.update(new SignedHashes(hash, List.of()).message());
      signature = signer.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("not a private key of Ed25519", e);
    }
    var out = new ByteArrayOutputStream();
    out.write(SPEC_VERSION);
    out.write(MODULE);
    out.write(SHA_256);
    WasmSections.writeU32(out, 1);
    WasmSections.writeU32(out, 1);
    out.writeBytes(hash);
    WasmSections.writeU32(out, 1);
    WasmSections.writeU32(out, keyId.length);
    out.writeBytes(keyId);
    out.write(ED25519);
    WasmSections.writeU32(out, signature.length);
    out.writeBytes(signature);
    return out.toByteArray();
  }

  /**
   * The module with that signature data as its first section, in place of what it was signed with.
   *
   * @throws IllegalArgumentException where the module is none
   */
  public static byte[] embed(byte[] module, byte[] signature) {
    var sections = sections(module);
    byte[] name = SECTION.getBytes(StandardCharsets.US_ASCII);
    var content = new ByteArrayOutputStream();
    WasmSections.writeU32(content, name.length);
    content.writeBytes(name);
    content.writeBytes(signature);
    var out = new ByteArrayOutputStream(module.length + content.size() + HEADER_BYTES);
    out.write(module, 0, HEADER_BYTES);
    out.write(WasmSections.CUSTOM);
    WasmSections.writeU32(out, content.size());
    out.writeBytes(content.toByteArray());
    int from = contentStart(sections, isSigned(sections));
    out.write(module, from, module.length - from);
    return out.toByteArray();
  }

  private static WasmSections sections(byte[] module) {
    try {
      return WasmSections.of(module);
    } catch (MalformedModule e) {
      throw new IllegalArgumentException(e.rejection().reason(), e);
    }
  }

  private static boolean isSigned(WasmSections sections) {
    try {
      return embedded(sections).isPresent();
    } catch (MalformedModule | MalformedSignature e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  private static Optional<byte[]> embedded(WasmSections sections)
      throws MalformedModule, MalformedSignature {
    Optional<byte[]> found = Optional.empty();
    for (int i = 0; i < sections.sections().size(); i++) {
      var data = sections.custom(sections.sections().get(i), SECTION);
      if (data.isPresent() && i > 0) {
        throw new MalformedSignature("the signature section must be the first of the module");
      }
      found = found.or(() -> data);
    }
    return found;
  }

  private static int contentStart(WasmSections sections, boolean signed) {
    if (!signed) {
      return HEADER_BYTES;
    }
    var first = sections.sections().getFirst();
    return first.offset() + first.bytes();
  }

  private static byte[] hash(WasmSections sections, boolean signed) {
    try {
      var sha256 = MessageDigest.getInstance("SHA-256");
      int from = contentStart(sections, signed);
      sha256.update(sections.wasm(), from, sections.wasm().length - from);
      return sha256.digest();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static boolean verifies(PublicKey key, byte[] message, byte[] signature) {
    try {
      var verifier = Signature.getInstance("Ed25519");
      verifier.initVerify(key);
      verifier.update(message);
      return verifier.verify(signature);
    } catch (GeneralSecurityException e) {
      return false; // a signature of another length, or a key of another kind
    }
  }

  /** The data is not framed as it must be; the message is for the module's author. */
  private static final class MalformedSignature extends Exception {
    private static final long serialVersionUID = 1L;
    private final String reason;

    MalformedSignature(String reason) {
      super(reason);
      this.reason = reason;
    }
  }

  /** As the conventions write it or, with a length before each record, as wasmsign2 does. */
  private static List<SignedHashes> parse(byte[] data) throws MalformedSignature {
    if (data.length > BYTES_MAX) {
      throw new MalformedSignature("it has " + data.length + " bytes; at most " + BYTES_MAX);
    }
    try {
      return new Parser(data, false).all();
    } catch (MalformedSignature plain) {
      try {
        return new Parser(data, true).all();
      } catch (MalformedSignature e) {
        throw plain;
      }
    }
  }

  private static final class Parser {
    private final byte[] data;
    private final boolean lengths;
    private int at;

    Parser(byte[] data, boolean lengths) {
      this.data = data;
      this.lengths = lengths;
    }

    List<SignedHashes> all() throws MalformedSignature {
      expect(SPEC_VERSION, "version of the specification");
      expect(MODULE, "content type");
      expect(SHA_256, "hash function");
      int count = count("sets of hashes", HASHES_MAX);
      var sets = new ArrayList<SignedHashes>();
      for (int i = 0; i < count; i++) {
        int end = record();
        byte[] hashes = bytes(count("hashes", HASHES_MAX) * HASH_BYTES);
        int signatures = count("signatures", SIGNATURES_MAX);
        var signed = new ArrayList<Signed>();
        for (int j = 0; j < signatures; j++) {
          int endOfSignature = record();
          byte[] keyId = bytes(count("bytes of a key's name", BYTES_MAX));
          expect(ED25519, "signature algorithm");
          signed.add(new Signed(keyId, bytes(count("bytes of a signature", BYTES_MAX))));
          ended(endOfSignature);
        }
        ended(end);
        sets.add(new SignedHashes(hashes, signed));
      }
      if (at != data.length) {
        throw new MalformedSignature((data.length - at) + " bytes follow the last signature");
      }
      return sets;
    }

    /** Where a record ends that tells its length; -1 where none does. */
    private int record() throws MalformedSignature {
      return lengths ? count("bytes of a record", BYTES_MAX) + at : -1;
    }

    private void ended(int end) throws MalformedSignature {
      if (end >= 0 && end != at) {
        throw new MalformedSignature("a record does not have the length it tells");
      }
    }

    private void expect(byte value, String what) throws MalformedSignature {
      byte found = bytes(1)[0];
      if (found != value) {
        throw new MalformedSignature(
            "%s %d at byte %d; only %d is known".formatted(what, found & 0xff, at - 1, value));
      }
    }

    private int count(String what, int max) throws MalformedSignature {
      long value;
      try {
        value = WasmSections.u32(data, at, data.length);
      } catch (MalformedModule e) {
        throw new MalformedSignature("the number of " + what + " at byte " + at + " is cut off");
      }
      if (value > max) {
        throw new MalformedSignature("%d %s; at most %d".formatted(value, what, max));
      }
      at += WasmSections.u32Bytes(data, at);
      return (int) value;
    }

    private byte[] bytes(int count) throws MalformedSignature {
      if (count > data.length - at) {
        throw new MalformedSignature("it is cut off at byte " + data.length);
      }
      at += count;
      return Arrays.copyOfRange(data, at - count, at);
    }
  }
}
