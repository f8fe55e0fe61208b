package dev.ampoule.sandbox;

import com.dylibso.chicory.compiler.internal.Compiler;
import com.dylibso.chicory.runtime.Machine;
import com.dylibso.chicory.wasm.WasmModule;
import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.plugin.Manifest;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.commons.ClassRemapper;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.analysis.Analyzer;
import org.objectweb.asm.util.CheckClassAdapter;

/**
 * Inspects and compiles modules, each in a child process of its own: parsing and compiling an
 * untrusted module can take minutes and gigabytes and ignore interrupts, and a process can be
 * killed. Safe to share between threads.
 */
public final class ModuleCompiler {
  private static final int STDERR_BYTES_MAX = 4_096;

  private final CompileLimits limits;
  private final List<String> command;
  private final Semaphore children;

  public ModuleCompiler(CompileLimits limits) {
    this(limits, command(limits, CompilerProcess.class));
  }

  ModuleCompiler(CompileLimits limits, List<String> command) {
    this.limits = limits;
    this.command = List.copyOf(command);
    this.children = new Semaphore(limits.children(), true);
  }

  /**
   * Takes up to {@link CompileLimits#time()}, and longer while {@link CompileLimits#children()}
   * others are under way.
   *
   * @throws InterruptedException the child was killed, nothing is left behind
   * @throws UncheckedIOException no child process could be started
   * @throws IllegalStateException the child process does not work on this host
   */
  public Compilation compile(byte[] wasm, Manifest manifest) throws InterruptedException {
    Optional<Rejection> tooBig = ModuleInspector.sizeRejection(wasm.length, limits.moduleBytes());
    if (tooBig.isPresent()) {
      return new Compilation.Rejected(List.of(tooBig.get()));
    }
    children.acquire();
    try {
      return compileInChild(wasm, manifest);
    } finally {
      children.release();
    }
  }

  private Compilation compileInChild(byte[] wasm, Manifest manifest) throws InterruptedException {
    CompilerProcess.Request request =
        new CompilerProcess.Request(
            ModuleInspector.Declared.of(manifest),
            limits.moduleBytes(),
            limits.artifactBytes(),
            wasm);
    Process child = start();
    try {
      Child streams = new Child(child, request, limits.artifactBytes());
      return switch (streams.await(limits)) {
        case Ended.Answered(CompilerProcess.Reply reply) ->
            switch (reply) {
              case CompilerProcess.Reply.Compiled(byte[] jar) -> compiled(wasm, jar);
              case CompilerProcess.Reply.Rejected(List<Rejection> rejections) ->
                  new Compilation.Rejected(rejections);
            };
        case Ended.OutOfTime() ->
            rejected(
                Rejection.Code.COMPILE_TIME,
                "takes longer to compile than the limit of " + limits.time().toMillis() + " ms");
        case Ended.Died(int exit) when exit == CompilerProcess.EXIT_MEMORY ->
            rejected(
                Rejection.Code.COMPILE_MEMORY,
                "takes more memory to compile than the limit of "
                    + limits.heapMebibytes()
                    + " MiB");
        case Ended.Died(int exit) ->
            rejected(
                Rejection.Code.COMPILE_CRASH,
                "makes the compiler crash (exit status " + exit + ")");
        case Ended.Broken(int exit, String words) ->
            throw new IllegalStateException(
                "running the compiler process failed with exit status " + exit + ": " + words);
      };
    } finally {
      // Returns when the process is gone, so a permit is never given back for a living child.
      child.destroyForcibly().onExit().join();
      closeQuietly(child.getOutputStream());
      closeQuietly(child.getInputStream());
      closeQuietly(child.getErrorStream());
    }
  }

  private static Compilation rejected(Rejection.Code code, String reason) {
    return new Compilation.Rejected(List.of(new Rejection(code, reason)));
  }

  private static Compilation compiled(byte[] wasm, byte[] jar) {
    ArtifactFormat.Header header;
    try {
      header = ArtifactFormat.readHeader(jar);
    } catch (ArtifactFormat.CorruptArtifactException e) {
      throw new IllegalStateException("the compiler's artifact " + e.getMessage(), e);
    }
    if (!header.wasmDigest().equals(ContentDigest.of(wasm))
        || !header.engine().equals(EngineId.current())) {
      throw new IllegalStateException("the compiler's artifact is of another module or engine");
    }
    return new Compilation.Compiled(
        new CompiledModule(header.wasmDigest(), header.engine(), header.facts(), jar));
  }

  private Process start() {
    ProcessBuilder builder = new ProcessBuilder(command);
    // Nothing of ours: no credentials, no JAVA_TOOL_OPTIONS. UTF-8, or paths in it are misread.
    builder.environment().clear();
    builder.environment().put("LC_ALL", "C.UTF-8");
    builder.directory(new File(System.getProperty("java.io.tmpdir")));
    try {
      return builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException("starting the compiler process", e);
    }
  }

  /** The command line of a child: this JDK, this class path cut to what it needs. */
  static List<String> command(CompileLimits limits, Class<?> main) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx" + limits.heapMebibytes() + "m");
    command.add("-Xss16m");
    command.add("-XX:+UseSerialGC");
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-XX:+ExitOnOutOfMemoryError");
    command.add("-XX:MaxMetaspaceSize=512m");
    command.add("-XX:-UsePerfData");
    command.add("-XX:+DisableAttachMechanism");
    command.add("-XX:-CreateCoredumpOnCrash");
    command.add("-XX:+SuppressFatalErrorMessage");
    // The JVM's own words would stand in the middle of the reply.
    command.add("-Xlog:disable");
    command.add("-XX:+DisplayVMOutputToStderr");
    command.add("-cp");
    command.add(String.join(File.pathSeparator, classPath(main)));
    command.add(main.getName());
    return command;
  }

  private static Set<String> classPath(Class<?> main) {
    Set<String> path = new LinkedHashSet<>();
    for (Class<?> needed :
        List.of(
            main,
            CompilerProcess.class,
            Compiler.class,
            Machine.class,
            WasmModule.class,
            ClassWriter.class,
            ClassRemapper.class,
            ClassNode.class,
            Analyzer.class,
            CheckClassAdapter.class)) {
      CodeSource source = needed.getProtectionDomain().getCodeSource();
      if (source == null) {
        throw new IllegalStateException("no code source for " + needed.getName());
      }
      try {
        path.add(Path.of(source.getLocation().toURI()).toString());
      } catch (URISyntaxException | IllegalArgumentException e) {
        throw new IllegalStateException("no file for " + needed.getName(), e);
      }
    }
    return path;
  }

  private static void closeQuietly(AutoCloseable stream) {
    try {
      stream.close();
    } catch (Exception e) {
      // The process is gone; there is nothing left to close.
    }
  }

  /** How a child ended. */
  private sealed interface Ended {
    record Answered(CompilerProcess.Reply reply) implements Ended {}

    record OutOfTime() implements Ended {}

    record Died(int exit) implements Ended {}

    record Broken(int exit, String words) implements Ended {}
  }

  /** A running child and the threads at its three pipes; they end with the process. */
  private static final class Child {
    private final Process process;
    private final FutureTask<Ended> answer;
    private final FutureTask<String> words;

    Child(Process process, CompilerProcess.Request request, int artifactBytesMax) {
      this.process = process;
      words = new FutureTask<>(() -> firstWords(process.getErrorStream()));
      answer = new FutureTask<>(() -> answer(artifactBytesMax));
      start("stdin", () -> feed(process.getOutputStream(), request));
      start("stderr", words);
      start("stdout", answer);
    }

    private void start(String pipe, Runnable task) {
      Thread.ofPlatform().name("compiler-" + process.pid() + "-" + pipe).daemon().start(task);
    }

    Ended await(CompileLimits limits) throws InterruptedException {
      try {
        return answer.get(limits.time().toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        return new Ended.OutOfTime();
      } catch (ExecutionException e) {
        throw new IllegalStateException("reading the compiler's reply", e.getCause());
      }
    }

    private Ended answer(int artifactBytesMax) throws IOException, InterruptedException {
      InputStream in = process.getInputStream();
      int hello = in.read();
      if (hello != CompilerProcess.HELLO) {
        if (hello >= 0) {
          throw new IllegalStateException("the compiler said " + hello + " first");
        }
        return new Ended.Broken(process.waitFor(), wordsNow());
      }
      try {
        return new Ended.Answered(CompilerProcess.Reply.read(in, artifactBytesMax));
      } catch (EOFException e) {
        int exit = process.waitFor();
        if (exit == 0) {
          throw new IllegalStateException("the compiler ended without a reply", e);
        }
        return exit == CompilerProcess.EXIT_BROKEN
            ? new Ended.Broken(exit, wordsNow())
            : new Ended.Died(exit);
      }
    }

    private String wordsNow() throws InterruptedException {
      try {
        return words.get();
      } catch (ExecutionException e) {
        return "(its standard error could not be read)";
      }
    }

    /** Does not close the pipe: the child takes its end for ours. */
    private static void feed(OutputStream to, CompilerProcess.Request request) {
      try {
        request.write(to);
      } catch (IOException e) {
        // The child ended before it had read it all; its output says why.
      }
    }

    private static String firstWords(InputStream from) throws IOException {
      ByteArrayOutputStream first = new ByteArrayOutputStream();
      byte[] buffer = new byte[1024];
      for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
        first.write(buffer, 0, Math.min(n, STDERR_BYTES_MAX - first.size()));
      }
      return first.toString(StandardCharsets.UTF_8).strip();
    }
  }
}
