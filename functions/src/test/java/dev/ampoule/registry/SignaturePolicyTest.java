package dev.ampoule.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.ampoule.registry.SignaturePolicy.Verdict;
import dev.ampoule.sandbox.ModuleSignature;
import java.io.ByteArrayOutputStream;
import java.security.KeyPair;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class SignaturePolicyTest {
  private static final KeyPair OURS = ModuleKeys.generate();
  private static final KeyPair SECOND = ModuleKeys.generate();
  private static final KeyPair STRANGER = ModuleKeys.generate();
  private static final byte[] MODULE = TestModules.echo();

  private static final SignaturePolicy REQUIRED =
      new SignaturePolicy(List.of(OURS.getPublic(), SECOND.getPublic()), true);
  private static final SignaturePolicy OPTIONAL =
      new SignaturePolicy(List.of(OURS.getPublic(), SECOND.getPublic()), false);

  private static byte[] signedBy(KeyPair pair, byte[] module) {
    return ModuleSignature.sign(
        module, pair.getPrivate(), ModuleKeys.id(pair.getPublic()).hash().bytes());
  }

  private static Verdict by(KeyPair pair) {
    return new Verdict.Accepted(Optional.of(ModuleKeys.id(pair.getPublic())));
  }

  private static final Verdict BY_NOBODY = new Verdict.Accepted(Optional.empty());

  private static Verdict refused(String why) {
    return new Verdict.Refused("signature: " + why);
  }

  @Test
  void aModuleIsOfTheTrustedKeyThatSignedItEmbeddedOrApart() {
    for (KeyPair pair : List.of(OURS, SECOND)) {
      byte[] signature = signedBy(pair, MODULE);
      for (SignaturePolicy policy : List.of(REQUIRED, OPTIONAL)) {
        assertThat(policy.judge(MODULE, Optional.of(signature))).isEqualTo(by(pair));
        assertThat(policy.judge(ModuleSignature.embed(MODULE, signature), Optional.empty()))
            .isEqualTo(by(pair));
      }
    }
  }

  @Test
  void aSignatureThatNamesNoKeyIsTriedWithEveryTrustedOne() {
    byte[] signature = ModuleSignature.sign(MODULE, SECOND.getPrivate(), new byte[0]);
    assertThat(REQUIRED.judge(MODULE, Optional.of(signature))).isEqualTo(by(SECOND));
  }

  @Test
  void anUnsignedModuleIsTakenWhereNoneIsRequired() {
    assertThat(OPTIONAL.judge(MODULE, Optional.empty())).isEqualTo(BY_NOBODY);
    assertThat(SignaturePolicy.NONE.judge(MODULE, Optional.empty())).isEqualTo(BY_NOBODY);
    assertThat(REQUIRED.judge(MODULE, Optional.empty()))
        .isEqualTo(refused("none, and this deployment wants one"));
  }

  @Test
  void aStrangersSignatureIsNone() {
    byte[] signature = signedBy(STRANGER, MODULE);
    assertThat(OPTIONAL.judge(MODULE, Optional.of(signature))).isEqualTo(BY_NOBODY);
    assertThat(REQUIRED.judge(MODULE, Optional.of(signature)))
        .isEqualTo(refused("by no key that this deployment trusts"));
  }

  @Test
  void aSignatureThatNamesATrustedKeyWhichDidNotMakeItIsRefusedAlwaysAnywhere() {
    var id = ModuleKeys.id(OURS.getPublic());
    byte[] forged = ModuleSignature.sign(MODULE, STRANGER.getPrivate(), id.hash().bytes());
    for (SignaturePolicy policy : List.of(REQUIRED, OPTIONAL)) {
      assertThat(policy.judge(MODULE, Optional.of(forged)))
          .isEqualTo(refused("it names the key " + id + ", which did not make it"));
    }
  }

  @Test
  void aSignedModuleThatWasChangedIsRefusedWhicheverBitItIs() {
    byte[] signed = ModuleSignature.embed(MODULE, signedBy(OURS, MODULE));
    for (int bit = 8 * 8; bit < signed.length * 8; bit++) {
      byte[] changed = signed.clone();
      changed[bit / 8] ^= (byte) (1 << (bit % 8));
      // Not always told as a bad signature: the section may no longer be one.
      assertThat(REQUIRED.judge(changed, Optional.empty()))
          .as("bit %d", bit)
          .satisfiesAnyOf(
              verdict -> assertThat(verdict).isInstanceOf(Verdict.Refused.class),
              // In the name of the key: anybody may change that, and it proves nothing.
              verdict -> assertThat(verdict).isEqualTo(by(OURS)));
    }
    for (int at = 8 + 2 + 10 + 32; at < MODULE.length; at++) {
      byte[] changed = MODULE.clone();
      changed[at] ^= 1;
      assertThat(OPTIONAL.judge(changed, Optional.of(signedBy(OURS, MODULE))))
          .as("byte %d", at)
          .isInstanceOf(Verdict.Refused.class);
    }
  }

  @Test
  void aSignatureOfAnotherModuleIsRefusedWhetherOneIsRequiredOrNot() {
    byte[] other = signedBy(OURS, TestModules.otherEcho());
    for (SignaturePolicy policy : List.of(REQUIRED, OPTIONAL, SignaturePolicy.NONE)) {
      assertThat(policy.judge(MODULE, Optional.of(other)))
          .isEqualTo(
              refused(
                  "it is of another module, of a part of this one, or the module was changed"
                      + " after"));
    }
  }

  @Test
  void signingAgainReplacesTheEmbeddedSignatureAndSignsTheSameContent() {
    byte[] once = ModuleSignature.embed(MODULE, signedBy(STRANGER, MODULE));
    byte[] twice = ModuleSignature.embed(once, signedBy(OURS, once));
    assertThat(REQUIRED.judge(twice, Optional.empty())).isEqualTo(by(OURS));
    assertThat(twice).isEqualTo(ModuleSignature.embed(MODULE, signedBy(OURS, MODULE)));
    // Apart from the module that somebody else signed.
    assertThat(REQUIRED.judge(once, Optional.of(signedBy(OURS, once)))).isEqualTo(by(OURS));
  }

  @Test
  void aSignatureSectionThatIsNotTheFirstIsRefused() {
    byte[] signed = ModuleSignature.embed(MODULE, signedBy(OURS, MODULE));
    int sectionBytes = signed.length - MODULE.length;
    var moved = new ByteArrayOutputStream();
    moved.writeBytes(MODULE);
    moved.write(signed, 8, sectionBytes);
    assertThat(OPTIONAL.judge(moved.toByteArray(), Optional.empty()))
        .isEqualTo(refused("the signature section must be the first of the module"));
  }

  @Test
  void signatureDataThatIsFramedBadlyIsRefusedAndSaysWhere() {
    byte[] good = signedBy(OURS, MODULE);
    for (int length = 0; length < good.length; length++) {
      assertThat(OPTIONAL.judge(MODULE, Optional.of(Arrays.copyOf(good, length))))
          .as("%d bytes", length)
          .isInstanceOf(Verdict.Refused.class);
    }
    byte[] later = good.clone();
    later[0] = 2;
    assertThat(OPTIONAL.judge(MODULE, Optional.of(later)))
        .isEqualTo(refused("version of the specification 2 at byte 0; only 1 is known"));
    assertThat(OPTIONAL.judge(MODULE, Optional.of(Arrays.copyOf(good, good.length + 1))))
        .isEqualTo(refused("1 bytes follow the last signature"));
    assertThat(OPTIONAL.judge(MODULE, Optional.of(new byte[ModuleSignature.BYTES_MAX + 1])))
        .isEqualTo(refused("it has 65537 bytes; at most 65536"));
    assertThat(OPTIONAL.judge(MODULE, Optional.of(new byte[] {1, 1, 1, 65})))
        .isEqualTo(refused("65 sets of hashes; at most 64"));
  }

  /** As wasmsign2 writes it: each set and each signature after its length. */
  @Test
  void theFramingOfWasmsign2IsReadToo() {
    byte[] plain = signedBy(OURS, MODULE);
    byte[] signature = Arrays.copyOfRange(plain, 3 + 1 + 1 + 32 + 1, plain.length);
    var framed = new ByteArrayOutputStream();
    framed.write(plain, 0, 4);
    int setBytes = 1 + 32 + 1 + 1 + signature.length;
    framed.write((setBytes & 0x7f) | 0x80);
    framed.write(setBytes >> 7);
    framed.write(plain, 4, 1 + 32 + 1);
    framed.write(signature.length);
    framed.writeBytes(signature);
    assertThat(signature.length).isLessThan(128);
    assertThat(REQUIRED.judge(MODULE, Optional.of(framed.toByteArray()))).isEqualTo(by(OURS));
  }

  @Test
  void aPolicyThatCannotHoldIsNone() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SignaturePolicy(List.of(), true))
        .withMessage("signatures are required and no key is trusted");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SignaturePolicy(Collections.nCopies(33, OURS.getPublic()), false))
        .withMessage("33 trusted keys; at most 32");
  }
}
