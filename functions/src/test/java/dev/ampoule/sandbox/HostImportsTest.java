package dev.ampoule.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.dylibso.chicory.runtime.HostFunction;
import com.dylibso.chicory.wasi.WasiOptions;
import com.dylibso.chicory.wasi.WasiPreview1;
import com.dylibso.chicory.wasm.types.FunctionType;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class HostImportsTest {
  @Test
  void wasiIsWhatChicoryProvidesButForTheComponentAdaptersOwn() {
    Map<String, FunctionType> provided = new TreeMap<>();
    try (WasiPreview1 wasi =
        WasiPreview1.builder().withOptions(WasiOptions.builder().build()).build()) {
      for (HostFunction function : wasi.toHostFunctions()) {
        if (!function.name().startsWith("adapter_")) {
          provided.put(function.name(), function.functionType());
        }
      }
    }

    assertThat(new TreeMap<>(HostImports.WASI)).isEqualTo(provided);
  }

  @Test
  void onlyTheTwoModulesAreProvided() {
    assertThat(HostImports.find("extism:host/env", "alloc")).isPresent();
    assertThat(HostImports.find("wasi_snapshot_preview1", "fd_write")).isPresent();
    assertThat(HostImports.find("extism:host/env", "fd_write")).isEmpty();
    assertThat(HostImports.find("env", "alloc")).isEmpty();
  }
}
