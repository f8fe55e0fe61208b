package dev.ampoule.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.dylibso.chicory.compiler.internal.Compiler;
import com.dylibso.chicory.runtime.HostFunction;
import com.dylibso.chicory.runtime.ImportValues;
import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.Machine;
import com.dylibso.chicory.wabt.Wat2Wasm;
import com.dylibso.chicory.wasm.Parser;
import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.Manifest;
import dev.ampoule.sandbox.ArtifactFormat.CorruptArtifactException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ArtifactsTest {
  private static final ArtifactSigner SIGNER = new ArtifactSigner(key(1));
  private static final Artifacts ARTIFACTS = new Artifacts(SIGNER);

  private static final byte[] WASM =
      Wat2Wasm.parse(
          """
          (module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
            (memory 1) (data (i32.const 8) "\\2a")
            (func (export "answer") (result i32) (i32.load8_u (i32.const 8))))
          """);
  private static final ContentDigest DIGEST = ContentDigest.of(WASM);
  private static CompiledModule compiled;

  @BeforeAll
  static void compileOnce() throws InterruptedException {
    Compilation compilation =
        new ModuleCompiler(CompileLimits.DEFAULT).compile(WASM, Manifest.UNDECLARED);
    compiled = ((Compilation.Compiled) compilation).module();
  }

  @Test
  void whatWasSignedIsLoadedAndRunsWithoutBeingCompiledAgain() {
    ArtifactCheck check = ARTIFACTS.open(SIGNER.sign(compiled), DIGEST);

    assertThat(check).isInstanceOf(ArtifactCheck.Loaded.class);
    LoadedModule module = ((ArtifactCheck.Loaded) check).module();
    assertThat(module.digest()).isEqualTo(DIGEST);
    assertThat(module.facts()).isEqualTo(compiled.facts());
    assertThat(module.weightBytes()).isGreaterThan(compiled.jar().length);
    assertThat(run(module)).containsExactly(42);
    // The bodies are gone from the wasm, so the classes of the artifact must be what ran.
    assertThat(module.module().codeSection().getFunctionBody(0).instructions())
        .extracting(i -> i.opcode().name())
        .containsExactly("UNREACHABLE", "END");
  }

  @Test
  void loadingDoesNotNeedTheCompiler() throws Exception {
    // Seen by a loader of its own, which knows what it was asked for.
    Set<String> asked = new TreeSet<>();
    ClassLoader recording = new RecordingLoader(asked);
    Class<?> loader = Class.forName(ModuleLoader.class.getName(), true, recording);
    var load =
        loader.getDeclaredMethod(
            "load", byte[].class, recording.loadClass(ContentDigest.class.getName()));
    load.setAccessible(true);
    Object digest =
        recording
            .loadClass(ContentDigest.class.getName())
            .getConstructor(String.class)
            .newInstance(DIGEST.hex());

    Object module = load.invoke(null, compiled.jar(), digest);

    assertThat(module.getClass().getName()).isEqualTo(LoadedModule.class.getName());
    assertThat(asked).anyMatch(name -> name.startsWith("com.dylibso.chicory.wasm."));
    assertThat(asked)
        .noneMatch(name ->
            name.startsWith("com.dylibso.chicory.compiler")
                || name.startsWith("org.objectweb.asm"));
  }

  @Test
  void everyFlippedBitOfTheSignatureIsRefused() {
    SignedArtifact good = SIGNER.sign(compiled);
    for (int i = 0; i < good.signature().length * 8; i++) {
      byte[] signature = good.signature().clone();
      signature[i / 8] ^= (byte) (1 << (i % 8));
      assertThat(ARTIFACTS.open(with(good, good.engine(), good.jar(), signature), DIGEST))
          .isEqualTo(new ArtifactCheck.BadSignature());
    }
    for (byte[] signature : List.of(new byte[0], new byte[31], new byte[32], new byte[33])) {
      assertThat(ARTIFACTS.open(with(good, good.engine(), good.jar(), signature), DIGEST))
          .isEqualTo(new ArtifactCheck.BadSignature());
    }
  }

  @Test
  void everyFlippedByteOfTheArtifactIsRefused() {
    SignedArtifact good = SIGNER.sign(compiled);
    Random random = new Random(1);
    for (int i = 0; i < 500; i++) {
      byte[] jar = good.jar().clone();
      jar[random.nextInt(jar.length)] ^= (byte) (1 + random.nextInt(255));
      assertThat(ARTIFACTS.open(with(good, good.engine(), jar, good.signature()), DIGEST))
          .isEqualTo(new ArtifactCheck.BadSignature());
    }
  }

  @Test
  void everyChangedCharacterOfTheEngineIsRefused() {
    SignedArtifact good = SIGNER.sign(compiled);
    String engine = good.engine().value();
    for (int i = 0; i < engine.length(); i++) {
      char other = engine.charAt(i) == 'x' ? 'y' : 'x';
      EngineId changed = new EngineId(engine.substring(0, i) + other + engine.substring(i + 1));
      assertThat(ARTIFACTS.open(with(good, changed, good.jar(), good.signature()), DIGEST))
          .isEqualTo(new ArtifactCheck.BadSignature());
    }
  }

  @Test
  void anotherModulesArtifactIsRefusedThoughItIsSigned() {
    ContentDigest other = ContentDigest.of(new byte[] {1});
    SignedArtifact good = SIGNER.sign(compiled);

    assertThat(ARTIFACTS.open(good, other)).isEqualTo(new ArtifactCheck.BadSignature());
    assertThat(
            ARTIFACTS.open(
                new SignedArtifact(other, good.engine(), good.jar(), good.signature()), other))
        .isEqualTo(new ArtifactCheck.BadSignature());
  }

  @Test
  void anotherKeysSignatureIsRefused() {
    SignedArtifact foreign = new ArtifactSigner(key(2)).sign(compiled);

    assertThat(ARTIFACTS.open(foreign, DIGEST)).isEqualTo(new ArtifactCheck.BadSignature());
  }

  @Test
  void aSignedArtifactOfAnotherEngineIsToBeRecompiled() {
    EngineId older = new EngineId("chicory-1.7.4-nointerp-f1-jdk25");
    SignedArtifact signed =
        SIGNER.sign(new CompiledModule(DIGEST, older, compiled.facts(), compiled.jar()));

    assertThat(ARTIFACTS.open(signed, DIGEST)).isEqualTo(new ArtifactCheck.OtherEngine(older));
  }

  static Stream<Arguments> corruptJars() throws IOException {
    String properties =
        "format=1\nwasm="
            + DIGEST.hex()
            + "\nengine="
            + EngineId.current()
            + "\nmain=dev.M\nabi=EXTISM\nfunctions=answer\n";
    byte[] text = utf8(properties);
    byte[] empty = {0, 'a', 's', 'm', 1, 0, 0, 0};
    return Stream.of(
        Arguments.of(new byte[0], "does not start with its properties"),
        Arguments.of(utf8("PK not"), "does not start with its properties"),
        Arguments.of(zip(entry("module.wasm", empty)), "does not start with its properties"),
        Arguments.of(
            zip(entry("ampoule.properties", utf8(properties.replace("format=1", "format=2")))),
            "of another format"),
        Arguments.of(
            zip(entry("ampoule.properties", utf8(properties.replace("abi=EXTISM\n", "")))),
            "lacks the property abi"),
        Arguments.of(
            zip(entry("ampoule.properties", utf8(properties.replace("EXTISM", "EXTREME")))),
            "has a property that is not of its form"),
        Arguments.of(zip(entry("ampoule.properties", text)), "lacks its module"),
        Arguments.of(
            zip(entry("ampoule.properties", text), entry("module.wasm", empty)),
            "lacks its main class"),
        Arguments.of(
            zip(entry("ampoule.properties", text), entry("../../etc/passwd", empty)),
            "has an entry that does not belong there"),
        Arguments.of(
            zip(
                entry("ampoule.properties", text),
                entry("module.wasm", empty),
                entry("dev/M.class", utf8("no class"))),
            "has a main class that does not load"),
        Arguments.of(
            zip(
                entry("ampoule.properties", text),
                entry("module.wasm", utf8("no wasm at all")),
                entry("dev/M.class", empty)),
            "has a module that cannot be parsed"));
  }

  @ParameterizedTest
  @MethodSource("corruptJars")
  void aSignedArtifactThatIsNoneIsCorrupt(byte[] jar, String reason) {
    SignedArtifact signed =
        SIGNER.sign(new CompiledModule(DIGEST, EngineId.current(), compiled.facts(), jar));

    assertThat(ARTIFACTS.open(signed, DIGEST)).isEqualTo(new ArtifactCheck.Corrupt(reason));
  }

  @Test
  void anArtifactUnpacksToItsLimitsAndNoFurther() throws Exception {
    byte[] jar = compiled.jar();
    ArtifactFormat.Artifact whole = ArtifactFormat.read(jar);
    int entries = whole.classes().size() + 2;
    int bytes = (int) ArtifactFormat.unpackedBytes(whole.strippedWasm(), whole.classes());

    assertThat(ArtifactFormat.read(jar, entries, bytes).classes()).hasSize(entries - 2);
    assertThatThrownBy(() -> ArtifactFormat.read(jar, entries - 1, bytes))
        .isInstanceOf(CorruptArtifactException.class)
        .hasMessage("has more than " + (entries - 1) + " entries");
    assertThatThrownBy(() -> ArtifactFormat.read(jar, entries, bytes - 1))
        .isInstanceOf(CorruptArtifactException.class)
        .hasMessage("unpacks to more than its limit");
  }

  @Test
  void aZipBombIsNotUnpacked() throws Exception {
    byte[] jar =
        zip(entry("ampoule.properties", new byte[ArtifactFormat.UNPACKED_BYTES_MAX / 1024]));
    assertThat(jar.length).isLessThan(2_000);

    assertThatThrownBy(() -> ArtifactFormat.read(jar, 10, 100_000))
        .isInstanceOf(CorruptArtifactException.class)
        .hasMessage("unpacks to more than its limit");
  }

  @Test
  void theClassesOfAModuleSeeNeitherAmpouleNorAnyLibrary() throws Exception {
    LoadedModule module = ModuleLoader.load(compiled.jar(), DIGEST);
    Machine machine = module.machineFactory().apply(instance(module));
    ClassLoader loader = machine.getClass().getClassLoader();

    assertThat(loader).isNotSameAs(ArtifactsTest.class.getClassLoader());
    assertThat(loader.loadClass("java.util.List")).isSameAs(List.class);
    assertThat(loader.loadClass(Machine.class.getName())).isSameAs(Machine.class);
    for (String hidden :
        List.of(
            LoadedModule.class.getName(),
            "software.amazon.awssdk.services.s3.S3Client",
            "com.dylibso.chicory.compiler.internal.Compiler",
            "java.util.logging.Logger",
            "java.sql.Connection")) {
      assertThatThrownBy(() -> loader.loadClass(hidden)).isInstanceOf(ClassNotFoundException.class);
    }
  }

  @Test
  void theClassesOfADroppedModuleAreUnloaded() throws Exception {
    WeakReference<ClassLoader> loader = loadRunAndDrop();

    for (int i = 0; i < 50 && loader.get() != null; i++) {
      System.gc();
      Thread.sleep(20);
    }

    assertThat(loader.get()).isNull();
  }

  private static WeakReference<ClassLoader> loadRunAndDrop() throws CorruptArtifactException {
    LoadedModule module = ModuleLoader.load(compiled.jar(), DIGEST);
    assertThat(run(module)).containsExactly(42);
    Machine machine = module.machineFactory().apply(instance(module));
    return new WeakReference<>(machine.getClass().getClassLoader());
  }

  @Test
  void theStrippedModuleKeepsEverythingButBodiesAndCustomSections() throws Exception {
    byte[] stripped = ArtifactFormat.read(compiled.jar()).strippedWasm();
    var before = Parser.parse(WASM);
    var after = Parser.builder().withValidation(false).build().parse(() -> stream(stripped));

    assertThat(after.importSection()).isEqualTo(before.importSection());
    assertThat(after.typeSection()).isEqualTo(before.typeSection());
    assertThat(after.functionSection()).isEqualTo(before.functionSection());
    assertThat(after.exportSection()).isEqualTo(before.exportSection());
    assertThat(after.memorySection()).isEqualTo(before.memorySection());
    assertThat(after.dataSection().getDataSegment(0).data()).containsExactly(42);
    assertThat(after.customSections()).isEmpty();
    assertThat(after.codeSection().functionBodyCount()).isEqualTo(1);
  }

  @Test
  void theEngineIsNamedAfterTheChicoryThatCompiles() throws Exception {
    Properties maven = new Properties();
    try (var in =
        Compiler.class.getResourceAsStream(
            "/META-INF/maven/com.dylibso.chicory/compiler/pom.properties")) {
      maven.load(in);
    }

    assertThat(EngineId.current().value())
        .isEqualTo(
            "chicory-"
                + maven.getProperty("version")
                + "-nointerp-f1-jdk"
                + Runtime.version().feature());
  }

  @Test
  void aKeyIsLongEnoughAndNeverPrinted() {
    assertThatThrownBy(() -> new SigningKey(new byte[31]))
        .hasMessage("a signing key of 31 bytes; at least 32 are needed");
    assertThat(key(7)).hasToString("SigningKey[...]");
  }

  @Test
  void noTwoTriplesShareAnEncoding() {
    // The same characters, cut between digest, engine and artifact at other places.
    byte[] first = SIGNER.sign(DIGEST, new EngineId("a1"), new byte[] {});
    byte[] second = SIGNER.sign(DIGEST, new EngineId("a"), new byte[] {'1'});

    assertThat(first).hasSize(ArtifactSigner.SIGNATURE_BYTES).isNotEqualTo(second);
    assertThat(SIGNER.verify(DIGEST, new EngineId("a1"), new byte[] {}, first)).isTrue();
    assertThat(SIGNER.verify(DIGEST, new EngineId("a"), new byte[] {'1'}, first)).isFalse();
  }

  @Test
  void factsSurviveTheArtifact() throws Exception {
    ModuleFacts facts =
        new ModuleFacts(
            Abi.WASI_COMMAND,
            new TreeSet<>(List.of(new FunctionName("a:b/c#d.e-f$1"), FunctionName.START)));
    Map<String, byte[]> classes = new HashMap<>();
    classes.put("dev.M", new byte[] {1});
    classes.put("dev.M$N", new byte[] {2});
    ArtifactFormat.Header header =
        new ArtifactFormat.Header(DIGEST, EngineId.current(), "dev.M", facts);

    byte[] jar = ArtifactFormat.write(new ArtifactFormat.Artifact(header, new byte[] {3}, classes));

    assertThat(ArtifactFormat.readHeader(jar)).isEqualTo(header);
    ArtifactFormat.Artifact read = ArtifactFormat.read(jar);
    assertThat(read.header()).isEqualTo(header);
    assertThat(read.strippedWasm()).containsExactly(3);
    assertThat(read.classes().keySet()).isEqualTo(classes.keySet());
    assertThat(read.classes().get("dev.M$N")).containsExactly(2);
  }

  private static SignedArtifact with(
      SignedArtifact good, EngineId engine, byte[] jar, byte[] signature) {
    return new SignedArtifact(good.wasmDigest(), engine, jar, signature);
  }

  private static SigningKey key(int fill) {
    byte[] secret = new byte[32];
    Arrays.fill(secret, (byte) fill);
    return new SigningKey(secret);
  }

  private static long[] run(LoadedModule module) {
    return instance(module).export("answer").apply();
  }

  private static Instance instance(LoadedModule module) {
    return Instance.builder(module.module())
        .withImportValues(
            ImportValues.builder()
                .addFunction(
                    new HostFunction(
                        HostImports.WASI_MODULE,
                        "proc_exit",
                        HostImports.WASI.get("proc_exit"),
                        (instance, args) -> new long[0]))
                .build())
        .withMachineFactory(module.machineFactory())
        .build();
  }

  private static InputStream stream(byte[] bytes) {
    return new ByteArrayInputStream(bytes);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Map.Entry<String, byte[]> entry(String name, byte[] content) {
    return Map.entry(name, content);
  }

  @SafeVarargs
  private static byte[] zip(Map.Entry<String, byte[]>... entries) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> entry : entries) {
        zip.putNextEntry(new ZipEntry(entry.getKey()));
        zip.write(entry.getValue());
        zip.closeEntry();
      }
    }
    return bytes.toByteArray();
  }

  /** Loads everything of ours and Chicory's anew and writes down what was asked for. */
  private static final class RecordingLoader extends ClassLoader {
    private final Set<String> asked;

    RecordingLoader(Set<String> asked) {
      super(ArtifactsTest.class.getClassLoader());
      this.asked = asked;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      synchronized (getClassLoadingLock(name)) {
        asked.add(name);
        Class<?> known = findLoadedClass(name);
        if (known != null) {
          return known;
        }
        if (!name.startsWith("dev.ampoule.") && !name.startsWith("com.dylibso.")) {
          return super.loadClass(name, resolve);
        }
        try (var in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
          if (in == null) {
            throw new ClassNotFoundException(name);
          }
          byte[] bytes = in.readAllBytes();
          return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException e) {
          throw new ClassNotFoundException(name, e);
        }
      }
    }
  }
}
