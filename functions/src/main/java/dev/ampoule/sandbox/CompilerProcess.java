package dev.ampoule.sandbox;

import com.dylibso.chicory.compiler.InterpreterFallback;
import com.dylibso.chicory.compiler.internal.ByteClassCollector;
import com.dylibso.chicory.compiler.internal.Compiler;
import com.dylibso.chicory.compiler.internal.CompilerResult;
import com.dylibso.chicory.wasm.ChicoryException;
import com.dylibso.chicory.wasm.types.ExternalType;
import com.dylibso.chicory.wasm.types.NameCustomSection;
import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.plugin.FunctionName;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.objectweb.asm.ClassTooLargeException;
import org.objectweb.asm.MethodTooLargeException;

/**
 * The child process of {@link ModuleCompiler}: inspects and compiles one module and ends. It meets
 * hostile bytes, so it gets nothing but them, and may run out of time or memory by itself.
 *
 * <p>Standard input: a {@link Request}. Standard output: {@link #HELLO}, then a {@link Reply}.
 */
final class CompilerProcess {
  /** Written before the module is read: from here on, what goes wrong is the module's doing. */
  static final int HELLO = 0x41;

  /** Exit status of {@code -XX:+ExitOnOutOfMemoryError}. */
  static final int EXIT_MEMORY = 3;

  /** The class path of this host is not whole. */
  static final int EXIT_BROKEN = 5;

  static final int EXIT_PARENT_GONE = 4;
  private static final int MESSAGE_CHARS_MAX = 300;
  private static final int END = 0x414d5031;
  private static final String FUNCTION_METHOD_PREFIX = "func_";
  private static final String CLASS_PREFIX = "dev.ampoule.module.M";

  private CompilerProcess() {}

  /** What to compile. */
  @SuppressWarnings("ArrayRecordComponent") // the module itself; never compared
  record Request(
      ModuleInspector.Declared declared, int moduleBytesMax, int artifactBytesMax, byte[] wasm) {

    void write(OutputStream to) throws IOException {
      DataOutputStream out = new DataOutputStream(to);
      out.writeBoolean(declared.manifest());
      out.writeUTF(declared.function().map(FunctionName::value).orElse(""));
      out.writeBoolean(declared.http());
      out.writeInt(declared.memoryPages());
      out.writeInt(moduleBytesMax);
      out.writeInt(artifactBytesMax);
      out.writeInt(wasm.length);
      out.write(wasm);
      out.flush();
    }

    static Request read(InputStream from) throws IOException {
      DataInputStream in = new DataInputStream(from);
      ModuleInspector.Declared declared =
          new ModuleInspector.Declared(
              in.readBoolean(), FunctionName.parse(in.readUTF()), in.readBoolean(), in.readInt());
      int moduleBytesMax = in.readInt();
      int artifactBytesMax = in.readInt();
      byte[] wasm = new byte[in.readInt()];
      in.readFully(wasm);
      return new Request(declared, moduleBytesMax, artifactBytesMax, wasm);
    }
  }

  /** What became of it. */
  sealed interface Reply {
    @SuppressWarnings("ArrayRecordComponent") // the artifact itself; never compared
    record Compiled(byte[] jar) implements Reply {}

    record Rejected(List<Rejection> rejections) implements Reply {}

    default void write(OutputStream to) throws IOException {
      DataOutputStream out = new DataOutputStream(to);
      switch (this) {
        case Compiled(byte[] jar) -> {
          out.writeBoolean(true);
          out.writeInt(jar.length);
          out.write(jar);
        }
        case Rejected(List<Rejection> rejections) -> {
          out.writeBoolean(false);
          out.writeInt(rejections.size());
          for (Rejection rejection : rejections) {
            out.writeUTF(rejection.code().name());
            out.writeUTF(rejection.reason());
          }
        }
      }
      out.writeInt(END);
      out.flush();
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @throws java.io.EOFException the child ended before it had answered
     * @throws IllegalStateException what it wrote is no reply
     */
    static Reply read(InputStream from, int artifactBytesMax) throws IOException {
      DataInputStream in = new DataInputStream(from);
      Reply reply;
      if (in.readBoolean()) {
        int length = in.readInt();
        if (length < 0 || length > artifactBytesMax) {
          throw new IllegalStateException("the compiler announced " + length + " bytes");
        }
        byte[] jar = new byte[length];
        in.readFully(jar);
        reply = new Compiled(jar);
      } else {
        int count = in.readInt();
        if (count < 1 || count > ModuleInspector.REJECTIONS_MAX) {
          throw new IllegalStateException("the compiler announced " + count + " rejections");
        }
        Rejection[] rejections = new Rejection[count];
        for (int i = 0; i < count; i++) {
          rejections[i] = new Rejection(Rejection.Code.valueOf(in.readUTF()), in.readUTF());
        }
        reply = new Rejected(List.of(rejections));
      }
      if (in.readInt() != END) {
        throw new IllegalStateException("the compiler's reply does not end as one");
      }
      return reply;
    }
  }

  public static void main(String[] args) throws IOException {
    OutputStream out = new FileOutputStream(FileDescriptor.out);
    System.setOut(System.err); // the engine may print; the reply must not be mixed with it
    try {
      out.write(HELLO);
      out.flush();
      Request request = Request.read(System.in);
      endWithParent();
      reply(request).write(out);
    } catch (OutOfMemoryError e) {
      Runtime.getRuntime().halt(EXIT_MEMORY);
    } catch (LinkageError e) {
      // A class of ours is missing or does not start: no module can cause that.
      e.printStackTrace();
      Runtime.getRuntime().halt(EXIT_BROKEN);
    }
    Runtime.getRuntime().halt(0);
  }

  /** The parent holds our standard input open for as long as it lives and wants an answer. */
  private static void endWithParent() {
    Thread.ofPlatform()
        .name("parent")
        .daemon()
        .start(() -> {
          try {
            while (System.in.read() >= 0) {
              // nothing more is sent; only the end matters
            }
          } catch (IOException e) {
            // the same: nobody is there
          }
          Runtime.getRuntime().halt(EXIT_PARENT_GONE);
        });
  }

  /** Never throws for what is wrong with the module. */
  static Reply reply(Request request) {
    ModuleInspector.Findings findings = new ModuleInspector.Findings();
    Optional<ModuleInspector.Inspected> inspected =
        new ModuleInspector(request.moduleBytesMax())
            .inspect(request.wasm(), request.declared(), findings);
    return inspected.isEmpty()
        ? new Reply.Rejected(findings.list())
        : compile(request, inspected.get());
  }

  private static Reply compile(Request request, ModuleInspector.Inspected inspected) {
    ContentDigest digest = ContentDigest.of(request.wasm());
    String mainClass = CLASS_PREFIX + digest.hex();
    CompilerResult result;
    try {
      result =
          Compiler.builder(inspected.module())
              .withClassName(mainClass)
              .withClassCollectorFactory(ByteClassCollector::new)
              .withInterpreterFallback(InterpreterFallback.FAIL)
              .build()
              .compile();
    } catch (MethodTooLargeException | ClassTooLargeException e) {
      return rejected(tooBig(e, inspected));
    } catch (ChicoryException e) {
      return rejected(
          e.getCause() instanceof MethodTooLargeException cause
              ? tooBig(cause, inspected)
              : unsupported(e));
    } catch (StackOverflowError e) {
      return rejected(
          new Rejection(
              Rejection.Code.MODULE_TOO_BIG, "nests its blocks too deep for the compiler"));
    } catch (RuntimeException e) {
      // The compiler meets code that the validator let through; what it cannot do, it throws.
      return rejected(unsupported(e));
    }
    if (!result.interpretedFunctions().isEmpty()) {
      return rejected(
          new Rejection(
              Rejection.Code.FUNCTION_TOO_BIG,
              result.interpretedFunctions().size() + " functions are too big for the JVM"));
    }
    return artifact(request, inspected, digest, mainClass, result.classBytes());
  }

  private static Reply artifact(
      Request request,
      ModuleInspector.Inspected inspected,
      ContentDigest digest,
      String mainClass,
      Map<String, byte[]> classBytes) {
    // The compiler names some classes with dots and some with slashes.
    Map<String, byte[]> classes = new HashMap<>();
    classBytes.forEach((name, bytes) -> classes.put(name.replace('/', '.'), bytes));
    byte[] stripped = inspected.sections().stripped();
    long unpacked = ArtifactFormat.unpackedBytes(stripped, classes);
    if (unpacked > ArtifactFormat.UNPACKED_BYTES_MAX
        || classes.size() > ArtifactFormat.ENTRIES_MAX - 2) {
      return rejected(
          tooBig(
              unpacked + " bytes in " + classes.size() + " classes",
              ArtifactFormat.UNPACKED_BYTES_MAX + " in " + (ArtifactFormat.ENTRIES_MAX - 2)));
    }
    ArtifactFormat.Artifact artifact =
        new ArtifactFormat.Artifact(
            new ArtifactFormat.Header(digest, EngineId.current(), mainClass, inspected.facts()),
            stripped,
            classes);
    try {
      // Better here than at a patient's bedside.
      ModuleLoader.rehearse(artifact);
    } catch (ArtifactFormat.CorruptArtifactException e) {
      throw new IllegalStateException("rehearsing an artifact that " + e.getMessage(), e);
    } catch (VerifyError | ClassFormatError e) {
      return rejected(
          new Rejection(
              Rejection.Code.UNSUPPORTED,
              "the JVM refuses what the compiler made of it ("
                  + e.getClass().getSimpleName()
                  + ")"));
    } catch (RuntimeException e) {
      // A segment outside its memory or table, and whatever else the validator left to run time.
      return rejected(
          new Rejection(
              Rejection.Code.INVALID,
              "no instance can be made of it: "
                  + ModuleText.escaped(String.valueOf(e.getMessage()), MESSAGE_CHARS_MAX)));
    }
    byte[] jar = ArtifactFormat.write(artifact);
    return jar.length > request.artifactBytesMax()
        ? rejected(tooBig(jar.length + " bytes", String.valueOf(request.artifactBytesMax())))
        : new Reply.Compiled(jar);
  }

  private static Reply rejected(Rejection rejection) {
    return new Reply.Rejected(List.of(rejection));
  }

  private static Rejection tooBig(String size, String max) {
    return new Rejection(
        Rejection.Code.MODULE_TOO_BIG, "compiles to " + size + "; at most " + max + " is accepted");
  }

  private static Rejection tooBig(RuntimeException e, ModuleInspector.Inspected inspected) {
    if (e instanceof MethodTooLargeException method
        && method.getMethodName().startsWith(FUNCTION_METHOD_PREFIX)) {
      int index =
          Integer.parseInt(method.getMethodName().substring(FUNCTION_METHOD_PREFIX.length()));
      return new Rejection(
          Rejection.Code.FUNCTION_TOO_BIG,
          "function "
              + index
              + functionName(inspected, index).map(n -> " (" + ModuleText.name(n) + ")").orElse("")
              + " compiles to more than the 65535 bytes that a JVM method may have; split it, or"
              + " build with less inlining (-Os, -fno-inline)");
    }
    return new Rejection(
        Rejection.Code.MODULE_TOO_BIG, "has more functions or types than a JVM class can dispatch");
  }

  /** From the name section, else from an export. */
  @SuppressWarnings("CatchingUnchecked")
  private static Optional<String> functionName(ModuleInspector.Inspected inspected, int index) {
    try {
      Optional<byte[]> names = inspected.sections().custom("name");
      if (names.isPresent()) {
        String name = NameCustomSection.parse(names.get()).nameOfFunction(index);
        if (name != null) {
          return Optional.of(name);
        }
      }
    } catch (WasmSections.MalformedModule | RuntimeException | AssertionError e) {
      // A broken name section must not matter (WebAssembly Core 2.0 §7.4.1).
    }
    var exports = inspected.module().exportSection();
    for (int i = 0; i < exports.exportCount(); i++) {
      if (exports.getExport(i).exportType() == ExternalType.FUNCTION
          && exports.getExport(i).index() == index) {
        return Optional.of(exports.getExport(i).name());
      }
    }
    return Optional.empty();
  }

  private static Rejection unsupported(RuntimeException e) {
    return new Rejection(
        Rejection.Code.UNSUPPORTED,
        "uses what the compiler does not support: "
            + ModuleText.escaped(String.valueOf(e.getMessage()), MESSAGE_CHARS_MAX));
  }
}
