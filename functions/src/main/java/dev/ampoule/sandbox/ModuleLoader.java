package dev.ampoule.sandbox;

import com.dylibso.chicory.runtime.ByteArrayMemory;
import com.dylibso.chicory.runtime.HostFunction;
import com.dylibso.chicory.runtime.ImportValues;
import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.Machine;
import com.dylibso.chicory.wasm.ChicoryException;
import com.dylibso.chicory.wasm.Parser;
import com.dylibso.chicory.wasm.WasmModule;
import dev.ampoule.plugin.ContentDigest;
import java.io.ByteArrayInputStream;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Makes a {@link LoadedModule} of an artifact. It compiles nothing and validates nothing again, so
 * it must only be given artifacts whose signature was verified; see {@link Artifacts}.
 */
final class ModuleLoader {
  /** Bytes of metaspace per byte of class file: 1.0 to 1.6 measured, and the JIT's code on top. */
  private static final int WEIGHT_PER_CLASS_BYTE = 2;

  /** Bytes of heap per byte of the stripped module: its data segments, and an object an entry. */
  private static final int WEIGHT_PER_WASM_BYTE = 2;

  private static final int WEIGHT_BASE_BYTES = 64 * 1024;

  private ModuleLoader() {}

  static LoadedModule load(byte[] jar, ContentDigest expected)
      throws ArtifactFormat.CorruptArtifactException {
    ArtifactFormat.Artifact artifact = ArtifactFormat.read(jar);
    if (!artifact.header().wasmDigest().equals(expected)) {
      throw new ArtifactFormat.CorruptArtifactException("is of another module");
    }
    long weight =
        WEIGHT_BASE_BYTES
            + (long) artifact.strippedWasm().length * WEIGHT_PER_WASM_BYTE
            + artifact.classes().values().stream().mapToLong(c -> c.length).sum()
                * WEIGHT_PER_CLASS_BYTE;
    return new LoadedModule(
        expected,
        artifact.header().facts(),
        weight,
        parse(artifact.strippedWasm()),
        new Machines(
            constructor(new Loader(expected, artifact.classes()), artifact.header().mainClass())));
  }

  /**
   * Tries what the first run would have to do: the JVM verifies every class, and an instance is
   * made, its memory and tables filled. No code of the module runs.
   *
   * @throws LinkageError the JVM refuses a class
   * @throws RuntimeException no instance can be made, as a data segment lies outside the memory
   */
  static void rehearse(ArtifactFormat.Artifact artifact)
      throws ArtifactFormat.CorruptArtifactException {
    Loader loader = new Loader(artifact.header().wasmDigest(), artifact.classes());
    for (String name : artifact.classes().keySet()) {
      try {
        Class.forName(name, true, loader);
      } catch (ClassNotFoundException e) {
        throw new IllegalStateException("linking compiled classes", e);
      }
    }
    // Without its start section: Instance.Builder.withStart(false) leaves out _start only.
    WasmModule module = parse(withoutStart(artifact.strippedWasm()));
    Instance.builder(module)
        .withMemoryFactory(ByteArrayMemory::new)
        .withMachineFactory(new Machines(constructor(loader, artifact.header().mainClass())))
        .withImportValues(unusableImports(module))
        .withStart(false)
        .build();
  }

  private static byte[] withoutStart(byte[] strippedWasm) {
    try {
      return WasmSections.of(strippedWasm).withoutStart();
    } catch (WasmSections.MalformedModule e) {
      throw new IllegalStateException("rehearsing a module that was not parsed", e);
    }
  }

  private static ImportValues unusableImports(WasmModule module) {
    ImportValues.Builder imports = ImportValues.builder();
    module.importSection().stream()
        .forEach(imported ->
            imports.addFunction(
                new HostFunction(
                    imported.module(),
                    imported.name(),
                    HostImports.find(imported.module(), imported.name()).orElseThrow(),
                    (instance, args) -> {
                      throw new IllegalStateException("called in a rehearsal");
                    })));
    return imports.build();
  }

  private static WasmModule parse(byte[] strippedWasm)
      throws ArtifactFormat.CorruptArtifactException {
    try {
      return Parser.builder()
          .withValidation(false)
          .build()
          .parse(() -> new ByteArrayInputStream(strippedWasm));
    } catch (ChicoryException e) {
      throw new ArtifactFormat.CorruptArtifactException("has a module that cannot be parsed");
    }
  }

  private static MethodHandle constructor(Loader loader, String mainClass)
      throws ArtifactFormat.CorruptArtifactException {
    try {
      Class<?> main = loader.loadClass(mainClass);
      if (!Machine.class.isAssignableFrom(main)) {
        throw new ArtifactFormat.CorruptArtifactException("has a main class that is no machine");
      }
      return MethodHandles.publicLookup()
          .findConstructor(main, MethodType.methodType(void.class, Instance.class))
          .asType(MethodType.methodType(Machine.class, Instance.class));
    } catch (ReflectiveOperationException | LinkageError e) {
      throw new ArtifactFormat.CorruptArtifactException("has a main class that does not load");
    }
  }

  /** One for every instance of a module. It alone keeps the module's classes alive. */
  private record Machines(MethodHandle constructor) implements Function<Instance, Machine> {
    @Override
    public Machine apply(Instance instance) {
      try {
        return (Machine) constructor.invokeExact(instance);
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new IllegalStateException("constructing a machine", e);
      }
    }
  }

  /**
   * Defines the classes of one module as they are needed. They see {@code java.base} and Chicory's
   * runtime, and nothing of Ampoule, of the AWS SDK or of another module.
   */
  private static final class Loader extends ClassLoader {
    static {
      registerAsParallelCapable();
    }

    private final Map<String, byte[]> undefined;

    Loader(ContentDigest digest, Map<String, byte[]> classes) {
      super("module-" + digest.hex().substring(0, 12), null);
      undefined = new ConcurrentHashMap<>(classes);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (name.startsWith("com.dylibso.chicory.runtime.")
          || name.startsWith("com.dylibso.chicory.wasm.")) {
        return Class.forName(name, false, Machine.class.getClassLoader());
      }
      Class<?> loaded = super.loadClass(name, resolve);
      if (loaded.getClassLoader() != this && loaded.getModule() != Object.class.getModule()) {
        throw new ClassNotFoundException(name);
      }
      return loaded;
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
      byte[] bytes = undefined.remove(name);
      if (bytes == null) {
        throw new ClassNotFoundException(name);
      }
      return defineClass(name, bytes, 0, bytes.length);
    }
  }
}
