package dev.ampoule.sandbox;

import static java.util.Map.entry;

import com.dylibso.chicory.runtime.WasmFunctionHandle;
import dev.ampoule.plugin.Capabilities;
import dev.ampoule.sandbox.PluginCall.LogLevel;
import dev.ampoule.sandbox.RunOutcome.Limit;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The host side of Extism's ABI for one call, {@code extism:host/env}: the kernel's functions
 * ({@code kernel/src/lib.rs}) and the runtime's ({@code runtime/src/pdk.rs}), with their answers
 * for absent values and bad offsets. As there, {@code config_get}, {@code var_get}, {@code
 * var_set}, {@code http_request} and the log functions take over the blocks handed to them and free
 * them. Where the runtime raises an error for a bad offset, the run ends with {@link
 * RunOutcome.TrapKind#BAD_HOST_CALL}.
 */
final class ExtismHost {
  /** Extism numbers the levels from here up; {@code i32::MAX} is "off". */
  private static final int LOG_TRACE = 0;

  private static final int LOG_OFF = Integer.MAX_VALUE;

  private static final long[] NOTHING = {};

  private static final Map<String, Function<ExtismHost, WasmFunctionHandle>> CALLS =
      Map.ofEntries(
          entry("alloc", h -> (i, a) -> value(h.blocks().alloc(a[0]))),
          entry("free", h -> (i, a) -> h.free(a[0])),
          entry("length", h -> (i, a) -> value(h.blocks().length(a[0]))),
          entry("length_unsafe", h -> (i, a) -> value(h.blocks().length(a[0]))),
          entry("load_u8", h -> (i, a) -> value(h.blocks().loadU8(a[0]))),
          entry("load_u64", h -> (i, a) -> value(h.blocks().loadU64(a[0]))),
          entry("store_u8", h -> (i, a) -> h.storeU8(a[0], (int) a[1])),
          entry("store_u64", h -> (i, a) -> h.storeU64(a[0], a[1])),
          entry("input_offset", h -> (i, a) -> value(h.blocks().inputOffset())),
          entry("input_length", h -> (i, a) -> value(h.blocks().inputLength())),
          entry("input_load_u8", h -> (i, a) -> value(h.blocks().inputU8(a[0]))),
          entry("input_load_u64", h -> (i, a) -> value(h.blocks().inputU64(a[0]))),
          entry("input_set", h -> (i, a) -> h.inputSet(a[0], a[1])),
          entry("output_set", h -> (i, a) -> h.outputSet(a[0], a[1])),
          entry("output_offset", h -> (i, a) -> value(h.blocks().outputOffset())),
          entry("output_length", h -> (i, a) -> value(h.blocks().outputLength())),
          entry("error_set", h -> (i, a) -> h.errorSet(a[0])),
          entry("error_get", h -> (i, a) -> value(h.blocks().errorOffset())),
          entry("reset", h -> (i, a) -> h.reset()),
          entry("memory_bytes", h -> (i, a) -> value(h.blocks().memoryBytes())),
          entry("config_get", h -> (i, a) -> value(h.configGet(a[0]))),
          entry("var_get", h -> (i, a) -> value(h.varGet(a[0]))),
          entry("var_set", h -> (i, a) -> h.varSet(a[0], a[1])),
          entry("http_request", h -> (i, a) -> value(h.httpRequest(a[0], a[1]))),
          entry("http_status_code", h -> (i, a) -> value(h.httpStatusCode())),
          entry("http_headers", h -> (i, a) -> value(h.httpHeaders())),
          entry("get_log_level", h -> (i, a) -> value(h.logLevel())),
          entry("log_trace", h -> (i, a) -> h.log(LogLevel.TRACE, a[0])),
          entry("log_debug", h -> (i, a) -> h.log(LogLevel.DEBUG, a[0])),
          entry("log_info", h -> (i, a) -> h.log(LogLevel.INFO, a[0])),
          entry("log_warn", h -> (i, a) -> h.log(LogLevel.WARN, a[0])),
          entry("log_error", h -> (i, a) -> h.log(LogLevel.ERROR, a[0])));

  private final RunBudget budget;
  private final Capabilities capabilities;
  private final int outputBytesMax;
  private final RunLog log;
  private final HttpRequests http;
  private final HostBlocks blocks;
  private final Map<String, byte[]> vars = new HashMap<>();
  private long varsBytes;
  private int httpStatus;
  private Map<String, String> httpHeaders = Map.of();

  ExtismHost(RunBudget budget, PluginCall call, RunLog log, HttpRequests http) {
    this.budget = budget;
    this.capabilities = call.capabilities();
    this.outputBytesMax = call.limits().outputBytes();
    this.log = log;
    this.http = http;
    this.blocks = new HostBlocks(budget);
  }

  WasmFunctionHandle handle(String name) {
    var call = CALLS.get(name);
    if (call == null) {
      throw new IllegalArgumentException(name);
    }
    return call.apply(this);
  }

  /** After the initialisers, which see no input: whatever they left in the blocks is gone. */
  void begin(byte[] input) {
    blocks.reset();
    blocks.setInput(blocks.put(input), input.length);
  }

  byte[] output() {
    return blocks.output();
  }

  /**
   * What the plugin set as its error, if anything; text that is not UTF-8 is told as the runtime
   * does.
   */
  Optional<String> error(String function) {
    int length = blocks.length(blocks.errorOffset());
    if (length == 0) {
      return Optional.empty();
    }
    byte[] text = blocks.bytes(blocks.errorOffset());
    return Optional.of(
        utf8(text)
            .orElse(
                "Call to Extism plugin function "
                    + function
                    + " encountered an error: invalid utf-8"));
  }

  /** Every call comes through here, so that each is counted once. */
  private HostBlocks blocks() {
    budget.hostCall();
    return blocks;
  }

  private long[] free(long offset) {
    blocks().free(offset);
    return NOTHING;
  }

  private long[] storeU8(long offset, int value) {
    blocks().storeU8(offset, value);
    return NOTHING;
  }

  private long[] storeU64(long offset, long value) {
    blocks().storeU64(offset, value);
    return NOTHING;
  }

  private long[] inputSet(long offset, long length) {
    blocks().setInput(offset, length);
    return NOTHING;
  }

  private long[] outputSet(long offset, long length) {
    blocks().setOutput(offset, length);
    if (blocks.outputLength() > outputBytesMax) {
      throw RunStopped.limit(Limit.OUTPUT_BYTES, outputBytesMax);
    }
    return NOTHING;
  }

  private long[] errorSet(long offset) {
    blocks().setError(offset);
    return NOTHING;
  }

  private long[] reset() {
    blocks().reset();
    return NOTHING;
  }

  private long configGet(long keyOffset) {
    String value = capabilities.config().get(takeText(blocks(), keyOffset));
    return value == null ? 0 : blocks.put(value.getBytes(StandardCharsets.UTF_8));
  }

  private long varGet(long keyOffset) {
    byte[] value = vars.get(takeText(blocks(), keyOffset));
    return value == null ? 0 : blocks.put(value);
  }

  private long[] varSet(long keyOffset, long valueOffset) {
    byte[] key = blocks().bytes(keyOffset);
    String name = utf8(key).orElseThrow(RunStopped::badHostCall);
    byte[] old = vars.get(name);
    long without = old == null ? varsBytes : varsBytes - key.length - old.length;
    if (valueOffset == 0) {
      vars.remove(name);
      varsBytes = without;
      blocks.free(keyOffset);
      return NOTHING;
    }
    byte[] value = blocks.bytes(valueOffset);
    long with = without + key.length + value.length;
    if (with > capabilities.varsBytes()
        || (old == null && vars.size() >= budget.limits().variables())) {
      throw RunStopped.limit(Limit.VARS_BYTES, capabilities.varsBytes());
    }
    blocks.free(valueOffset);
    blocks.free(keyOffset);
    vars.put(name, value);
    varsBytes = with;
    return NOTHING;
  }

  private long httpRequest(long requestOffset, long bodyOffset) {
    httpStatus = 0;
    httpHeaders = Map.of();
    byte[] request = take(blocks(), requestOffset);
    byte[] body = take(blocks, bodyOffset);
    HttpRequests.Answer answer = http.send(request, body);
    httpStatus = answer.status();
    httpHeaders = answer.headers();
    return blocks.put(answer.body());
  }

  private int httpStatusCode() {
    budget.hostCall();
    return httpStatus;
  }

  private long httpHeaders() {
    return blocks().put(HttpRequests.json(new TreeMap<>(httpHeaders)));
  }

  private int logLevel() {
    budget.hostCall();
    return log.isKept() ? LOG_TRACE : LOG_OFF;
  }

  private long[] log(LogLevel level, long offset) {
    int length = blocks().length(offset);
    if (length == 0 && offset != 0) {
      if (log.isKept()) {
        throw RunStopped.badHostCall();
      }
      return NOTHING;
    }
    // Counted before it is copied, so that a long line costs nothing.
    budget.requireLogRoom(length + 1L);
    byte[] text = take(blocks, offset);
    log.line(level, text, 0, text.length);
    return NOTHING;
  }

  private static byte[] take(HostBlocks blocks, long offset) {
    byte[] bytes = blocks.bytes(offset);
    blocks.free(offset);
    return bytes;
  }

  private static String takeText(HostBlocks blocks, long offset) {
    return utf8(take(blocks, offset)).orElseThrow(RunStopped::badHostCall);
  }

  private static Optional<String> utf8(byte[] bytes) {
    try {
      return Optional.of(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  private static long[] value(long value) {
    return new long[] {value};
  }
}
