package dev.ampoule.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A server's JVM (RATIONALE: "Why does the server of ten thousand connections run in a process of
 * its own, with its heap touched?").
 */
final class ServerProcess implements AutoCloseable {
  private static final Duration START = Duration.ofMinutes(3);
  private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");
  private static final Pattern HISTOGRAM_TOTAL = Pattern.compile("(?m)^Total\\s+\\d+\\s+(\\d+)");

  /**
   * Bytes of a process.
   *
   * @param heap of live objects, after a collection
   * @param resident physical memory, the whole heap included
   */
  record Memory(long heap, long resident) {}

  private final Process process;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

  private ServerProcess(Process process) {
    this.process = process;
    Thread.ofVirtual().name("server-output").start(this::read);
  }

  static ServerProcess start(String mainClass, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(tool("java"));
    command.addAll(
        List.of(
            "-Xms1g",
            "-Xmx1g",
            "-XX:+AlwaysPreTouch",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Dhttp.maxConnections=64",
            "-Dampoule.root=" + System.getProperty("ampoule.root"),
            "-cp",
            System.getProperty("java.class.path"),
            mainClass));
    command.addAll(List.of(arguments));
    return new ServerProcess(
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  private static String tool(String name) {
    return Path.of(System.getProperty("java.home"), "bin", name).toString();
  }

  private void read() {
    try (var out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      out.lines().forEach(lines::add);
    } catch (IOException | UncheckedIOException e) {
      lines.add("its output ended: " + e.getClass().getSimpleName());
    }
  }

  /** The next line of its output that matches. */
  MatchResult await(Pattern pattern) throws InterruptedException {
    long deadline = System.nanoTime() + START.toNanos();
    while (true) {
      String line = lines.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (line == null) {
        throw new AssertionError("the server never printed " + pattern);
      }
      Matcher matcher = pattern.matcher(line);
      if (matcher.find()) {
        return matcher.toMatchResult();
      }
    }
  }

  Memory memory() throws IOException, InterruptedException {
    // Takes a collection first.
    var histogram =
        new ProcessBuilder(tool("jcmd"), String.valueOf(process.pid()), "GC.class_histogram")
            .start();
    String classes = new String(histogram.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    histogram.waitFor();
    String status = Files.readString(Path.of("/proc/" + process.pid() + "/status"));
    return new Memory(number(HISTOGRAM_TOTAL, classes), number(RESIDENT, status) << 10);
  }

  private static long number(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    if (!matcher.find()) {
      throw new AssertionError("no " + pattern);
    }
    return Long.parseLong(matcher.group(1));
  }

  /** At once: it would tell every connection, and has nothing to keep. */
  @Override
  public void close() {
    process.destroyForcibly();
  }
}
