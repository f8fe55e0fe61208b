package dev.ampoule.audit;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.ampoule.plugin.StrictJson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How far every chain had come at some time, signed. Kept where it cannot be overwritten, it pins
 * all blocks up to those heads.
 *
 * @param time when it was taken, to the millisecond
 * @param heads one per chain, sorted by chain, at most {@value #HEADS_MAX}
 * @param root the Merkle tree hash (RFC 6962 §2.1) over the heads; as read, not as computed
 * @param keyId which key signed it
 * @param signature Ed25519 over time, number of heads, root and key id, in Base64url; as read, not
 *     verified
 */
public record Checkpoint(
    Instant time, List<ChainHead> heads, Sha256 root, SigningKeyId keyId, String signature) {
  /** About 15 MB of JSON; a chain is one execution environment's whole life. */
  public static final int HEADS_MAX = 100_000;

  public static final int BYTES_MAX = 32 * 1024 * 1024;

  private static final String DOMAIN = "ampoule.dev/audit-checkpoint/v1";
  private static final int VERSION = 1;
  private static final JsonMapper JSON = StrictJson.mapper(StreamReadConstraints.defaults());

  public Checkpoint {
    time = AuditEntry.requireTime(time);
    heads = List.copyOf(heads);
    Objects.requireNonNull(root, "root");
    Objects.requireNonNull(keyId, "keyId");
    Objects.requireNonNull(signature, "signature");
    if (heads.size() > HEADS_MAX) {
      throw new IllegalArgumentException(heads.size() + " heads, more than " + HEADS_MAX);
    }
    for (int i = 1; i < heads.size(); i++) {
      if (chain(heads.get(i - 1)).compareTo(chain(heads.get(i))) >= 0) {
        throw new IllegalArgumentException("heads are not sorted by chain, each once");
      }
    }
  }

  private static ChainId chain(ChainHead head) {
    return head.block().chain();
  }

  static List<ChainHead> sorted(List<ChainHead> heads) {
    return heads.stream().sorted(Comparator.comparing(Checkpoint::chain)).toList();
  }

  static Sha256 root(List<ChainHead> sorted) {
    return MerkleTree.root(sorted.stream().map(ChainHead::encoded).toList());
  }

  static byte[] signed(Instant time, int heads, Sha256 root, SigningKeyId keyId) {
    return Encoding.join(
        Encoding.ascii(DOMAIN),
        Encoding.number(time.toEpochMilli()),
        Encoding.number(heads),
        root.bytes(),
        keyId.hash().bytes());
  }

  /** Whether the root is that of the heads. */
  public boolean rootHolds() {
    return root(heads).equals(root);
  }

  /** Whether {@code key} made the signature. */
  public boolean signedBy(PublicKey key) {
    try {
      Signature verifier = Signature.getInstance("Ed25519");
      verifier.initVerify(key);
      verifier.update(signed(time, heads.size(), root, keyId));
      byte[] bytes = Base64.getUrlDecoder().decode(signature);
      return Base64.getUrlEncoder().encodeToString(bytes).equals(signature)
          && verifier.verify(bytes);
    } catch (GeneralSecurityException | IllegalArgumentException _) {
      return false;
    }
  }

  /** What it is stored as: {@code yyyymmddThhmmss.mmmZ}, which sorts by time. */
  public String name() {
    return name(time);
  }

  /** The name of a checkpoint of that time. */
  public static String name(Instant time) {
    return EntryJson.time(AuditEntry.requireTime(time)).replace("-", "").replace(":", "");
  }

  /** As JSON: fields in one order, no blanks. */
  public byte[] json() {
    ByteArrayOutputStream out = new ByteArrayOutputStream(512);
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeNumberField("version", VERSION);
      json.writeStringField("time", EntryJson.time(time));
      json.writeArrayFieldStart("heads");
      for (ChainHead head : heads) {
        json.writeStartObject();
        json.writeStringField("chain", head.block().chain().value());
        json.writeNumberField("seq", head.block().seq());
        json.writeStringField("hash", head.hash().hex());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeStringField("root", root.hex());
      json.writeStringField("keyId", keyId.toString());
      json.writeStringField("signature", signature);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return out.toByteArray();
  }

  /** Empty where {@code json} is not, byte for byte, what {@link #json} writes. */
  public static Optional<Checkpoint> read(byte[] json) {
    try {
      JsonNode node = JSON.readTree(json);
      Optional<Instant> time = EntryJson.parseTime(node.path("time").asText());
      Optional<Sha256> root = Sha256.parse(node.path("root").asText());
      Optional<SigningKeyId> keyId = SigningKeyId.parse(node.path("keyId").asText());
      if (time.isEmpty() || root.isEmpty() || keyId.isEmpty()) {
        return Optional.empty();
      }
      List<ChainHead> heads = new ArrayList<>();
      for (JsonNode head : node.path("heads")) {
        Optional<ChainId> chain = ChainId.parse(head.path("chain").asText());
        Optional<Sha256> hash = Sha256.parse(head.path("hash").asText());
        if (chain.isEmpty() || hash.isEmpty()) {
          return Optional.empty();
        }
        heads.add(
            new ChainHead(new BlockKey(chain.get(), head.path("seq").asLong(-1)), hash.get()));
      }
      Checkpoint read =
          new Checkpoint(
              time.get(), heads, root.get(), keyId.get(), node.path("signature").asText());
      // Written again it must be the same: so nothing in it went unread.
      return Arrays.equals(read.json(), json) ? Optional.of(read) : Optional.empty();
    } catch (IOException | IllegalArgumentException _) {
      return Optional.empty();
    }
  }
}
