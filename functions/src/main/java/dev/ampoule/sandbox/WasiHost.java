package dev.ampoule.sandbox;

import static java.util.Map.entry;

import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.Memory;
import com.dylibso.chicory.runtime.WasmFunctionHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * WASI preview 1 for one call: three standard streams, arguments, environment, clocks, randomness,
 * and no file system, no sockets. Every function of the <a
 * href="https://github.com/WebAssembly/WASI/blob/v0.2.1/legacy/preview1/docs.md">specification</a>
 * links; what has nothing to work on answers with the errno that an empty system gives.
 *
 * <p>Not {@code com.dylibso.chicory:wasi}: that one copies as many bytes as a plugin names before
 * it looks at the descriptor, waits for ever on a stdin at its end, and most of it is the file
 * system that is not to be had here.
 */
final class WasiHost {
  /** Where a standard stream's bytes go. */
  @FunctionalInterface
  interface Output {
    void write(byte[] bytes);
  }

  private static final int SUCCESS = 0;
  private static final int BADF = 8;
  private static final int INVAL = 28;
  private static final int NOSYS = 52;
  private static final int NOTSOCK = 57;
  private static final int SPIPE = 70;

  private static final int STDIN = 0;
  private static final int STDOUT = 1;
  private static final int STDERR = 2;
  private static final int CLOSED = -1;

  private static final long RIGHT_FD_READ = 1L << 1;
  private static final long RIGHT_FD_WRITE = 1L << 6;
  private static final long RIGHT_FD_FILESTAT_GET = 1L << 21;
  private static final long RIGHT_POLL_FD_READWRITE = 1L << 27;
  private static final byte FILETYPE_CHARACTER_DEVICE = 2;

  private static final int EVENT_CLOCK = 0;
  private static final int EVENT_FD_READ = 1;
  private static final int EVENT_FD_WRITE = 2;
  private static final int ABSTIME = 1;
  private static final int SUBSCRIPTION_BYTES = 48;
  private static final int EVENT_BYTES = 32;

  /** Subscriptions of one {@code poll_oneoff}; more is answered with {@code inval}. */
  private static final int SUBSCRIPTIONS_MAX = 1024;

  /** Bytes moved between two looks at the deadline. */
  private static final int CHUNK_BYTES = 64 * 1024;

  static final Randomness RANDOM = new Randomness(SecureRandom::new);
  private static final long PROCESS_START_NANOS = System.nanoTime();

  private static Function<WasiHost, Body> always(int errno) {
    return h -> (m, a) -> errno;
  }

  private static Function<WasiHost, Body> onStream(int errno) {
    return h -> (m, a) -> h.stream(a[0]) == CLOSED ? BADF : errno;
  }

  @FunctionalInterface
  private interface Body {
    int call(Guest guest, long[] args);
  }

  private static final Map<String, Function<WasiHost, Body>> CALLS =
      Map.ofEntries(
          entry("args_get", h -> (m, a) -> h.strings(m, h.args, a)),
          entry("args_sizes_get", h -> (m, a) -> h.sizes(m, h.args, a)),
          entry("environ_get", h -> (m, a) -> h.strings(m, h.environment, a)),
          entry("environ_sizes_get", h -> (m, a) -> h.sizes(m, h.environment, a)),
          entry("clock_res_get", h -> (m, a) -> h.clockResolution(m, a)),
          entry("clock_time_get", h -> (m, a) -> h.clockTime(m, a)),
          entry("fd_advise", onStream(SPIPE)),
          entry("fd_allocate", onStream(INVAL)),
          entry("fd_close", h -> (m, a) -> h.close(a[0])),
          entry("fd_datasync", onStream(INVAL)),
          entry("fd_fdstat_get", h -> (m, a) -> h.fdstat(m, a)),
          entry("fd_fdstat_set_flags", onStream(SUCCESS)),
          entry("fd_fdstat_set_rights", onStream(SUCCESS)),
          entry("fd_filestat_get", h -> (m, a) -> h.filestat(m, a)),
          entry("fd_filestat_set_size", onStream(INVAL)),
          entry("fd_filestat_set_times", onStream(INVAL)),
          entry("fd_pread", onStream(SPIPE)),
          entry("fd_prestat_get", always(BADF)),
          entry("fd_prestat_dir_name", always(BADF)),
          entry("fd_pwrite", onStream(SPIPE)),
          entry("fd_read", h -> (m, a) -> h.read(m, a)),
          entry("fd_readdir", always(BADF)),
          entry("fd_renumber", h -> (m, a) -> h.renumber(a[0], a[1])),
          entry("fd_seek", onStream(SPIPE)),
          entry("fd_sync", onStream(INVAL)),
          entry("fd_tell", onStream(SPIPE)),
          entry("fd_write", h -> (m, a) -> h.write(m, a)),
          entry("path_create_directory", always(BADF)),
          entry("path_filestat_get", always(BADF)),
          entry("path_filestat_set_times", always(BADF)),
          entry("path_link", always(BADF)),
          entry("path_open", always(BADF)),
          entry("path_readlink", always(BADF)),
          entry("path_remove_directory", always(BADF)),
          entry("path_rename", always(BADF)),
          entry("path_symlink", always(BADF)),
          entry("path_unlink_file", always(BADF)),
          entry("poll_oneoff", h -> (m, a) -> h.poll(m, a)),
          entry("proc_exit", h -> (m, a) -> exit(a[0])),
          entry("proc_raise", always(NOSYS)),
          entry("random_get", h -> (m, a) -> random(m, a)),
          entry("sched_yield", always(SUCCESS)),
          entry("sock_accept", onStream(NOTSOCK)),
          entry("sock_recv", onStream(NOTSOCK)),
          entry("sock_send", onStream(NOTSOCK)),
          entry("sock_shutdown", onStream(NOTSOCK)));

  private final RunBudget budget;
  private final List<byte[]> args;
  private final List<byte[]> environment;
  private final byte[] stdin;
  private final Output stdout;
  private final Output stderr;
  private final long startNanos = System.nanoTime();

  private final int[] descriptors = {STDIN, STDOUT, STDERR};
  private int stdinRead;

  WasiHost(
      RunBudget budget,
      List<String> args,
      Map<String, String> environment,
      byte[] stdin,
      Output stdout,
      Output stderr) {
    this.budget = budget;
    this.args = args.stream().map(WasiHost::zeroTerminated).toList();
    this.environment =
        environment.entrySet().stream()
            .filter(e -> e.getKey().indexOf('=') < 0 && !e.getKey().isEmpty())
            .map(e -> zeroTerminated(e.getKey() + "=" + e.getValue()))
            .toList();
    this.stdin = stdin;
    this.stdout = stdout;
    this.stderr = stderr;
  }

  WasmFunctionHandle handle(String name) {
    var call = CALLS.get(name);
    if (call == null) {
      throw new IllegalArgumentException(name);
    }
    Body body = call.apply(this);
    return (instance, args) -> {
      budget.hostCall();
      return new long[] {body.call(new Guest(instance), args)};
    };
  }

  /** The plugin's memory with every access checked as unsigned and ended as a bad host call. */
  private record Guest(Instance instance) {

    Memory require(long address, long length) {
      Memory memory = instance.memory();
      if (memory == null
          || length < 0
          || address < 0
          || address + length > (long) memory.pages() * Memory.PAGE_SIZE) {
        throw RunStopped.badHostCall();
      }
      return memory;
    }

    void putInt(long address, int value) {
      require(address, Integer.BYTES).writeI32((int) address, value);
    }

    void putLong(long address, long value) {
      require(address, Long.BYTES).writeLong((int) address, value);
    }

    void put(long address, byte[] bytes, int from, int length) {
      require(address, length).write((int) address, bytes, from, length);
    }

    long uint(long address) {
      return Integer.toUnsignedLong(require(address, Integer.BYTES).readInt((int) address));
    }
  }

  private static byte[] zeroTerminated(String text) {
    return (text.replace("\0", "") + "\0").getBytes(StandardCharsets.UTF_8);
  }

  private static long unsigned(long i32) {
    return i32 & 0xFFFF_FFFFL;
  }

  private int stream(long fd) {
    return fd >= 0 && fd < descriptors.length ? descriptors[(int) fd] : CLOSED;
  }

  private int strings(Guest guest, List<byte[]> strings, long[] a) {
    long pointers = unsigned(a[0]);
    long text = unsigned(a[1]);
    for (byte[] string : strings) {
      guest.putInt(pointers, (int) text);
      guest.put(text, string, 0, string.length);
      pointers += Integer.BYTES;
      text += string.length;
    }
    return SUCCESS;
  }

  private int sizes(Guest guest, List<byte[]> strings, long[] a) {
    guest.putInt(unsigned(a[0]), strings.size());
    guest.putInt(unsigned(a[1]), strings.stream().mapToInt(s -> s.length).sum());
    return SUCCESS;
  }

  private int clockResolution(Guest guest, long[] a) {
    if (a[0] < 0 || a[0] > 3) {
      return INVAL;
    }
    guest.putLong(unsigned(a[1]), 1);
    return SUCCESS;
  }

  private int clockTime(Guest guest, long[] a) {
    if (a[0] < 0 || a[0] > 3) {
      return INVAL;
    }
    guest.putLong(unsigned(a[2]), now((int) a[0]));
    return SUCCESS;
  }

  /** Nanoseconds; the CPU clocks count from the start of the run. */
  private long now(int clock) {
    return switch (clock) {
      case 0 -> {
        Instant now = Instant.now();
        yield now.getEpochSecond() * 1_000_000_000L + now.getNano();
      }
      case 1 -> System.nanoTime() - PROCESS_START_NANOS;
      default -> System.nanoTime() - startNanos;
    };
  }

  private int close(long fd) {
    if (stream(fd) == CLOSED) {
      return BADF;
    }
    descriptors[(int) fd] = CLOSED;
    return SUCCESS;
  }

  private int renumber(long from, long to) {
    if (stream(from) == CLOSED || stream(to) == CLOSED) {
      return BADF;
    }
    if (from != to) {
      descriptors[(int) to] = descriptors[(int) from];
      descriptors[(int) from] = CLOSED;
    }
    return SUCCESS;
  }

  /** No file type: a pipe, so that C libraries buffer it. */
  private int fdstat(Guest guest, long[] a) {
    int stream = stream(a[0]);
    if (stream == CLOSED) {
      return BADF;
    }
    long at = unsigned(a[1]);
    guest.put(at, new byte[24], 0, 24);
    guest.putLong(
        at + 8,
        (stream == STDIN ? RIGHT_FD_READ : RIGHT_FD_WRITE)
            | RIGHT_FD_FILESTAT_GET
            | RIGHT_POLL_FD_READWRITE);
    return SUCCESS;
  }

  private int filestat(Guest guest, long[] a) {
    if (stream(a[0]) == CLOSED) {
      return BADF;
    }
    byte[] stat = new byte[64];
    stat[16] = FILETYPE_CHARACTER_DEVICE;
    stat[24] = 1;
    guest.put(unsigned(a[1]), stat, 0, stat.length);
    return SUCCESS;
  }

  private int read(Guest guest, long[] a) {
    if (stream(a[0]) != STDIN) {
      return BADF;
    }
    long vectors = unsigned(a[1]);
    long count = unsigned(a[2]);
    guest.require(vectors, count * 8);
    int total = 0;
    for (long i = 0; i < count && stdinRead < stdin.length; i++) {
      requireTime();
      long at = guest.uint(vectors + i * 8);
      int length = (int) Math.min(guest.uint(vectors + i * 8 + 4), stdin.length - stdinRead);
      guest.put(at, stdin, stdinRead, length);
      stdinRead += length;
      total += length;
    }
    guest.putInt(unsigned(a[3]), total);
    return SUCCESS;
  }

  private int write(Guest guest, long[] a) {
    int stream = stream(a[0]);
    if (stream == CLOSED || stream == STDIN) {
      return BADF;
    }
    Output output = stream == STDOUT ? stdout : stderr;
    long vectors = unsigned(a[1]);
    long count = unsigned(a[2]);
    guest.require(vectors, count * 8);
    int total = 0;
    for (long i = 0; i < count; i++) {
      requireTime();
      long at = guest.uint(vectors + i * 8);
      long length = guest.uint(vectors + i * 8 + 4);
      Memory memory = guest.require(at, length);
      for (long done = 0; done < length; ) {
        int chunk = (int) Math.min(CHUNK_BYTES, length - done);
        output.write(memory.readBytes((int) (at + done), chunk));
        done += chunk;
      }
      total += (int) length;
    }
    guest.putInt(unsigned(a[3]), total);
    return SUCCESS;
  }

  private static int random(Guest guest, long[] a) {
    long at = unsigned(a[0]);
    long length = unsigned(a[1]);
    guest.require(at, length);
    byte[] chunk = new byte[(int) Math.min(length, CHUNK_BYTES)];
    for (long done = 0; done < length; done += chunk.length) {
      requireTime();
      RANDOM.fill(chunk);
      guest.put(at + done, chunk, 0, (int) Math.min(chunk.length, length - done));
    }
    return SUCCESS;
  }

  private record ClockEvent(long userData, long timeoutNanos) {}

  /** The streams are always ready, so only clocks are ever waited for. */
  private int poll(Guest guest, long[] a) {
    long in = unsigned(a[0]);
    long out = unsigned(a[1]);
    long count = unsigned(a[2]);
    if (count == 0 || count > SUBSCRIPTIONS_MAX) {
      return INVAL;
    }
    guest.require(in, count * SUBSCRIPTION_BYTES);
    guest.require(out, count * EVENT_BYTES);
    List<ClockEvent> clocks = new ArrayList<>();
    List<byte[]> events = new ArrayList<>();
    for (long at = in; at < in + count * SUBSCRIPTION_BYTES; at += SUBSCRIPTION_BYTES) {
      byte[] subscription =
          guest.require(at, SUBSCRIPTION_BYTES).readBytes((int) at, SUBSCRIPTION_BYTES);
      var fields = ByteBuffer.wrap(subscription).order(ByteOrder.LITTLE_ENDIAN);
      long userData = fields.getLong(0);
      int type = fields.get(8);
      switch (type) {
        case EVENT_CLOCK -> {
          int clock = fields.getInt(16);
          if (clock < 0 || clock > 3) {
            return INVAL;
          }
          long timeout = fields.getLong(24);
          if ((fields.getShort(40) & ABSTIME) != 0) {
            timeout = Math.max(0, timeout - now(clock));
          }
          clocks.add(new ClockEvent(userData, timeout < 0 ? Long.MAX_VALUE : timeout));
        }
        case EVENT_FD_READ, EVENT_FD_WRITE -> {
          int stream = stream(fields.getInt(16));
          boolean fits = stream != CLOSED && (stream == STDIN) == (type == EVENT_FD_READ);
          int available = type == EVENT_FD_READ ? stdin.length - stdinRead : CHUNK_BYTES;
          events.add(event(userData, fits ? SUCCESS : BADF, type, fits ? available : 0));
        }
        default -> {
          return INVAL;
        }
      }
    }
    long wait =
        events.isEmpty() ? clocks.stream().mapToLong(ClockEvent::timeoutNanos).min().orElse(0) : 0;
    sleep(wait);
    for (var clock : clocks) {
      if (clock.timeoutNanos() <= wait) {
        events.add(event(clock.userData(), SUCCESS, EVENT_CLOCK, 0));
      }
    }
    for (int i = 0; i < events.size(); i++) {
      guest.put(out + (long) i * EVENT_BYTES, events.get(i), 0, EVENT_BYTES);
    }
    guest.putInt(unsigned(a[3]), events.size());
    return SUCCESS;
  }

  private static byte[] event(long userData, int errno, int type, int available) {
    return ByteBuffer.allocate(EVENT_BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(0, userData)
        .putShort(8, (short) errno)
        .put(10, (byte) type)
        .putLong(16, available)
        .array();
  }

  private static void sleep(long nanos) {
    if (nanos == 0) {
      return;
    }
    try {
      Thread.sleep(Duration.ofNanos(nanos));
    } catch (InterruptedException e) {
      throw new Interrupted();
    }
  }

  private static int exit(long code) {
    throw new GuestExit((int) code);
  }

  /** Only the deadline interrupts a run's thread. */
  private static void requireTime() {
    if (Thread.currentThread().isInterrupted()) {
      throw new Interrupted();
    }
  }
}
