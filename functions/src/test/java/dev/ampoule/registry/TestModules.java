package dev.ampoule.registry;

import com.dylibso.chicory.wabt.Wat2Wasm;

/** Small modules for tests. */
public final class TestModules {
  private TestModules() {}

  /** Exports {@code run}: the output is the input. */
  public static byte[] echo() {
    return extism(
        """
        (func (export "run") (result i32)
          (call $output_set (call $input_offset) (call $input_length))
          (i32.const 0))
        """);
  }

  /** As {@link #echo}, with other bytes. */
  public static byte[] otherEcho() {
    return extism(
        """
        (func (export "run") (result i32)
          (call $output_set (call $input_offset) (call $input_length))
          (i32.const 0))
        (func (export "more") (result i32) (i32.const 0))
        """);
  }

  /** Exports that each end in another way. */
  public static byte[] everyEnd() {
    return extism(
        """
        (memory 1)
        (func (export "ok") (result i32)
          (call $output_set (call $input_offset) (call $input_length))
          (i32.const 0))
        (func (export "fail") (result i32)
          (call $error_set (call $input_offset))
          (i32.const 7))
        (func (export "trap") (result i32) unreachable)
        (func (export "loop") (result i32) (loop $forever (br $forever)) (i32.const 0))
        (func $deeper (export "recurse") (result i32) (i32.add (call $deeper) (i32.const 1)))
        """);
  }

  /** As {@link #everyEnd}, but {@code ok} answers nothing. */
  public static byte[] otherEnds() {
    return extism(
        """
        (func (export "ok") (result i32) (i32.const 0))
        """);
  }

  public static byte[] importsWhatNoAbiProvides() {
    return Wat2Wasm.parse(
        """
        (module (import "env" "foo" (func $foo)) (func (export "run") (result i32) (call $foo) (i32.const 0)))
        """);
  }

  private static byte[] extism(String functions) {
    return Wat2Wasm.parse(
        """
        (module
          (import "extism:host/env" "input_offset" (func $input_offset (result i64)))
          (import "extism:host/env" "input_length" (func $input_length (result i64)))
          (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
          (import "extism:host/env" "error_set" (func $error_set (param i64)))
        """
            + functions
            + ")");
  }
}
