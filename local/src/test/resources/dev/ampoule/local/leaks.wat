;; Hands its input to everything a plugin can hand text to: where could content get out?
(module
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (import "extism:host/env" "error_set" (func $error_set (param i64)))
  (import "extism:host/env" "config_get" (func $config_get (param i64) (result i64)))
  (import "extism:host/env" "var_get" (func $var_get (param i64) (result i64)))
  (import "extism:host/env" "var_set" (func $var_set (param i64 i64)))
  (import "extism:host/env" "log_trace" (func $log_trace (param i64)))
  (import "extism:host/env" "log_debug" (func $log_debug (param i64)))
  (import "extism:host/env" "log_info" (func $log_info (param i64)))
  (import "extism:host/env" "log_warn" (func $log_warn (param i64)))
  (import "extism:host/env" "log_error" (func $log_error (param i64)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u8" (func $store_u8 (param i64 i32)))
  (import "extism:host/env" "input_load_u8" (func $input_load_u8 (param i64) (result i32)))
  (import "extism:host/env" "input_length" (func $input_length (result i64)))
  (import "extism:host/env" "http_request" (func $http_request (param i64 i64) (result i64)))
  (memory 1)
  (table $table 1 funcref)

  ;; A block of its own for each host call: most of them free what they are given.
  (func $input (result i64) (local $block i64) (local $i i64)
    (local.set $block (call $alloc (call $input_length)))
    (loop $next
      (if (i64.lt_u (local.get $i) (call $input_length))
        (then
          (call $store_u8
            (i64.add (local.get $block) (local.get $i))
            (call $input_load_u8 (local.get $i)))
          (local.set $i (i64.add (local.get $i) (i64.const 1)))
          (br $next))))
    (local.get $block))

  (func (export "echo") (result i32)
    (call $output_set (call $input) (call $input_length))
    (i32.const 0))

  (func $logs
    (call $log_trace (call $input))
    (call $log_debug (call $input))
    (call $log_info (call $input))
    (call $log_warn (call $input))
    (call $log_error (call $input)))
  (func (export "log") (result i32)
    (call $logs)
    (i32.const 0))
  (func (export "log-and-fail") (result i32)
    (call $logs)
    (call $error_set (call $input))
    (i32.const 99887))
  (func (export "log-and-trap") (result i32)
    (call $logs)
    unreachable)
  (func (export "log-and-loop") (result i32)
    (call $logs)
    (loop $forever (br $forever))
    (i32.const 0))
  (func (export "log-flood") (result i32)
    (loop $more (call $logs) (br $more))
    (i32.const 0))

  (func (export "config") (result i32)
    (drop (call $config_get (call $input)))
    (i32.const 0))
  (func (export "var") (result i32)
    (call $var_set (call $input) (call $input))
    (drop (call $var_get (call $input)))
    (i32.const 0))

  ;; The input is the request, as JSON.
  (func (export "request") (result i32)
    (drop (call $http_request (call $input) (call $input)))
    (i32.const 0))

  (func (export "tables") (result i32)
    (loop $more
      (br_if $more
        (i32.ne
          (table.grow $table (ref.null func) (i32.const 100000))
          (i32.const -1))))
    unreachable))
