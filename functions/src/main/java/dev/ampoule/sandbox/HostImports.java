package dev.ampoule.sandbox;

import static com.dylibso.chicory.wasm.types.ValType.I32;
import static com.dylibso.chicory.wasm.types.ValType.I64;

import com.dylibso.chicory.wasm.types.FunctionType;
import com.dylibso.chicory.wasm.types.ValType;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Every function that a module may import, with its type. Inspection checks imports against this
 * table and the sandbox implements it; there is no other list.
 */
public final class HostImports {

  public static final String EXTISM_MODULE = "extism:host/env";

  public static final String WASI_MODULE = "wasi_snapshot_preview1";

  /** The one import that reaches out of the sandbox, so the one that a manifest has to declare. */
  public static final String HTTP_REQUEST = "http_request";

  private HostImports() {}

  /**
   * By name, in the order of the source: the exports of {@code extism/extism kernel/src/lib.rs} (a
   * plugin is linked against all of them), then the {@code add_funcs!} of {@code
   * runtime/src/plugin.rs}. A handle, a pointer and a length are i64; a byte, a status and a level
   * are i32.
   */
  public static final Map<String, FunctionType> EXTISM =
      new Table()
          .put("alloc", params(I64), I64)
          .put("free", params(I64))
          .put("length_unsafe", params(I64), I64)
          .put("length", params(I64), I64)
          .put("load_u8", params(I64), I32)
          .put("load_u64", params(I64), I64)
          .put("input_load_u8", params(I64), I32)
          .put("input_load_u64", params(I64), I64)
          .put("store_u8", params(I64, I32))
          .put("store_u64", params(I64, I64))
          .put("input_set", params(I64, I64))
          .put("output_set", params(I64, I64))
          .put("input_length", params(), I64)
          .put("input_offset", params(), I64)
          .put("output_length", params(), I64)
          .put("output_offset", params(), I64)
          .put("reset", params())
          .put("error_set", params(I64))
          .put("error_get", params(), I64)
          .put("memory_bytes", params(), I64)
          .put("config_get", params(I64), I64)
          .put("var_get", params(I64), I64)
          .put("var_set", params(I64, I64))
          .put(HTTP_REQUEST, params(I64, I64), I64)
          .put("http_status_code", params(), I32)
          .put("http_headers", params(), I64)
          .put("log_warn", params(I64))
          .put("log_info", params(I64))
          .put("log_debug", params(I64))
          .put("log_error", params(I64))
          .put("log_trace", params(I64))
          .put("get_log_level", params(), I32)
          .frozen();

  /**
   * By name: WASI preview 1, {@code wasi_snapshot_preview1.witx}. All but {@code proc_exit} return
   * an errno.
   */
  public static final Map<String, FunctionType> WASI =
      new Table()
          .put("args_get", params(I32, I32), I32)
          .put("args_sizes_get", params(I32, I32), I32)
          .put("environ_get", params(I32, I32), I32)
          .put("environ_sizes_get", params(I32, I32), I32)
          .put("clock_res_get", params(I32, I32), I32)
          .put("clock_time_get", params(I32, I64, I32), I32)
          .put("fd_advise", params(I32, I64, I64, I32), I32)
          .put("fd_allocate", params(I32, I64, I64), I32)
          .put("fd_close", params(I32), I32)
          .put("fd_datasync", params(I32), I32)
          .put("fd_fdstat_get", params(I32, I32), I32)
          .put("fd_fdstat_set_flags", params(I32, I32), I32)
          .put("fd_fdstat_set_rights", params(I32, I64, I64), I32)
          .put("fd_filestat_get", params(I32, I32), I32)
          .put("fd_filestat_set_size", params(I32, I64), I32)
          .put("fd_filestat_set_times", params(I32, I64, I64, I32), I32)
          .put("fd_pread", params(I32, I32, I32, I64, I32), I32)
          .put("fd_prestat_get", params(I32, I32), I32)
          .put("fd_prestat_dir_name", params(I32, I32, I32), I32)
          .put("fd_pwrite", params(I32, I32, I32, I64, I32), I32)
          .put("fd_read", params(I32, I32, I32, I32), I32)
          .put("fd_readdir", params(I32, I32, I32, I64, I32), I32)
          .put("fd_renumber", params(I32, I32), I32)
          .put("fd_seek", params(I32, I64, I32, I32), I32)
          .put("fd_sync", params(I32), I32)
          .put("fd_tell", params(I32, I32), I32)
          .put("fd_write", params(I32, I32, I32, I32), I32)
          .put("path_create_directory", params(I32, I32, I32), I32)
          .put("path_filestat_get", params(I32, I32, I32, I32, I32), I32)
          .put("path_filestat_set_times", params(I32, I32, I32, I32, I64, I64, I32), I32)
          .put("path_link", params(I32, I32, I32, I32, I32, I32, I32), I32)
          .put("path_open", params(I32, I32, I32, I32, I32, I64, I64, I32, I32), I32)
          .put("path_readlink", params(I32, I32, I32, I32, I32, I32), I32)
          .put("path_remove_directory", params(I32, I32, I32), I32)
          .put("path_rename", params(I32, I32, I32, I32, I32, I32), I32)
          .put("path_symlink", params(I32, I32, I32, I32, I32), I32)
          .put("path_unlink_file", params(I32, I32, I32), I32)
          .put("poll_oneoff", params(I32, I32, I32, I32), I32)
          .put("proc_exit", params(I32))
          .put("proc_raise", params(I32), I32)
          .put("sched_yield", params(), I32)
          .put("random_get", params(I32, I32), I32)
          .put("sock_accept", params(I32, I32, I32), I32)
          .put("sock_recv", params(I32, I32, I32, I32, I32, I32), I32)
          .put("sock_send", params(I32, I32, I32, I32, I32), I32)
          .put("sock_shutdown", params(I32, I32), I32)
          .frozen();

  /** The type of an import; empty where no ABI provides it. */
  public static Optional<FunctionType> find(String module, String name) {
    return switch (module) {
      case EXTISM_MODULE -> Optional.ofNullable(EXTISM.get(name));
      case WASI_MODULE -> Optional.ofNullable(WASI.get(name));
      default -> Optional.empty();
    };
  }

  private static List<ValType> params(ValType... types) {
    return List.of(types);
  }

  private static final class Table {
    private final Map<String, FunctionType> types = new LinkedHashMap<>();

    Table put(String name, List<ValType> params, ValType... results) {
      if (types.put(name, FunctionType.of(params, List.of(results))) != null) {
        throw new IllegalStateException("twice: " + name);
      }
      return this;
    }

    Map<String, FunctionType> frozen() {
      return Collections.unmodifiableMap(types);
    }
  }
}
