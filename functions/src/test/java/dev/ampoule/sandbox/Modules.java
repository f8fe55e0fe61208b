package dev.ampoule.sandbox;

import com.dylibso.chicory.compiler.InterpreterFallback;
import com.dylibso.chicory.compiler.MachineFactoryCompiler;
import com.dylibso.chicory.wabt.Wat2Wasm;
import com.dylibso.chicory.wasm.Parser;
import com.dylibso.chicory.wasm.types.ExternalType;
import dev.ampoule.plugin.Capabilities;
import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.Limits;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** Test modules, compiled in process, and calls of them. Never interpreted. */
final class Modules {
  private Modules() {}

  static LoadedModule extism(String wat) {
    return load(Wat2Wasm.parse(wat), Abi.EXTISM);
  }

  static LoadedModule command(String wat) {
    return load(Wat2Wasm.parse(wat), Abi.WASI_COMMAND);
  }

  /** From {@code functions/src/test/resources/dev/ampoule/sandbox}. */
  static String wat(String name) {
    try (InputStream in = Modules.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalArgumentException("no resource " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The same with {@code %IMPORTS%} replaced by every import of Extism's ABI. */
  static String extismWat(String name) {
    return wat(name).replace("%IMPORTS%", wat("extism-imports.wat"));
  }

  static LoadedModule load(byte[] wasm, Abi abi) {
    var module = Parser.parse(wasm);
    TreeSet<FunctionName> functions = new TreeSet<>();
    for (int i = 0; i < module.exportSection().exportCount(); i++) {
      var export = module.exportSection().getExport(i);
      if (export.exportType() == ExternalType.FUNCTION) {
        FunctionName.parse(export.name()).ifPresent(functions::add);
      }
    }
    return new LoadedModule(
        ContentDigest.of(wasm),
        new ModuleFacts(abi, functions),
        wasm.length,
        module,
        MachineFactoryCompiler.builder(module)
            .withInterpreterFallback(InterpreterFallback.FAIL)
            .compile());
  }

  static PluginCall call(String function, byte[] input, Capabilities capabilities, Limits limits) {
    return new PluginCall(
        new FunctionName(function), input, capabilities, limits, (level, text) -> {});
  }

  static PluginCall call(String function, String input) {
    return call(function, utf8(input), Capabilities.NONE, Limits.DEFAULT);
  }

  static PluginCall call(String function, Limits limits) {
    return call(function, new byte[0], Capabilities.NONE, limits);
  }

  static Limits limits(int timeoutMs, int memoryPages) {
    return new Limits(
        Duration.ofMillis(timeoutMs),
        memoryPages,
        Limits.DEFAULT.inputBytes(),
        Limits.DEFAULT.outputBytes());
  }

  static Capabilities config(Map<String, String> config) {
    return new Capabilities(
        config, Optional.empty(), Capabilities.VARS_BYTES_DEFAULT, List.of(), false);
  }

  static Capabilities vars(int bytes) {
    return new Capabilities(Map.of(), Optional.empty(), bytes, List.of(), false);
  }

  static Capabilities http(List<String> hosts) {
    return new Capabilities(
        Map.of(), Optional.of(hosts), Capabilities.VARS_BYTES_DEFAULT, List.of(), false);
  }

  static Capabilities logging() {
    return new Capabilities(
        Map.of(), Optional.empty(), Capabilities.VARS_BYTES_DEFAULT, List.of(), true);
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** The outcome in one line, its bytes and words as text: what tables compare. */
  static String told(RunOutcome outcome) {
    return switch (outcome) {
      case RunOutcome.Output o -> "output " + new String(o.bytes(), StandardCharsets.UTF_8);
      case RunOutcome.PluginError e -> "error " + e.exitCode() + " " + e.text().forCaller();
      case RunOutcome.Trap t -> "trap " + t.kind();
      case RunOutcome.TimedOut t -> "timed out " + t.limit().toMillis();
      case RunOutcome.LimitExceeded l -> "limit " + l.limit() + " " + l.max();
      case RunOutcome.CapabilityDenied d -> "denied " + d.capability();
    };
  }
}
