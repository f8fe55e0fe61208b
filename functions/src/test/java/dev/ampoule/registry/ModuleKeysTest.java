package dev.ampoule.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The keys are those of RFC 8032 §7.1, test 1. */
final class ModuleKeysTest {
  private static final byte[] SECRET =
      HexFormat.of().parseHex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  private static final byte[] PUBLIC =
      HexFormat.of().parseHex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");

  private static final String PUBLIC_BASE64 =
      Base64.getEncoder()
          .encodeToString(join(HexFormat.of().parseHex("302a300506032b6570032100"), PUBLIC));
  private static final String PRIVATE_BASE64 =
      Base64.getEncoder()
          .encodeToString(
              join(HexFormat.of().parseHex("302e020100300506032b657004220420"), SECRET));

  private static byte[] join(byte[] a, byte[] b) {
    return ByteBuffer.allocate(a.length + b.length).put(a).put(b).array();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Test
  void aPublicKeyIsReadInEveryFormItIsKeptIn() {
    var pem = "-----BEGIN PUBLIC KEY-----\n" + PUBLIC_BASE64 + "\n-----END PUBLIC KEY-----\n";
    var conventions = join(new byte[] {1}, PUBLIC);
    for (byte[] file : List.of(ascii(pem), ascii(PUBLIC_BASE64 + "\n"), conventions)) {
      assertThat(ModuleKeys.publicKey(file).getEncoded())
          .isEqualTo(Base64.getDecoder().decode(PUBLIC_BASE64));
    }
  }

  @Test
  void aPrivateKeyIsReadInEveryFormAndItsPublicKeyIsWorkedOut() {
    var pem = "-----BEGIN PRIVATE KEY-----\n" + PRIVATE_BASE64 + "\n-----END PRIVATE KEY-----\n";
    var conventions = join(join(new byte[] {(byte) 0x81}, SECRET), PUBLIC);
    for (byte[] file : List.of(ascii(pem), ascii(PRIVATE_BASE64), conventions)) {
      assertThat(ModuleKeys.keyPair(file).getPublic().getEncoded())
          .isEqualTo(Base64.getDecoder().decode(PUBLIC_BASE64));
    }
  }

  @Test
  void whatIsWrittenIsReadAgain() {
    var pair = ModuleKeys.generate();
    assertThat(ModuleKeys.publicKey(ascii(ModuleKeys.pem(pair.getPublic()))))
        .isEqualTo(pair.getPublic());
    assertThat(ModuleKeys.keyPair(ascii(ModuleKeys.pem(pair.getPrivate()))).getPublic())
        .isEqualTo(pair.getPublic());
  }

  @Test
  void whatIsNoKeyIsToldSoWithoutAWordOfIt() {
    for (String file : List.of("", "x", PRIVATE_BASE64, "-----BEGIN PUBLIC KEY-----\nAAAA\n")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ModuleKeys.publicKey(ascii(file)))
          .withMessage("not a public key of Ed25519");
    }
    for (String file : List.of("", "x", PUBLIC_BASE64, "-----BEGIN PRIVATE KEY-----\nAAAA\n")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ModuleKeys.keyPair(ascii(file)))
          .withMessage("not a private key of Ed25519");
    }
  }
}
