;; One export for each limit: what a hostile or broken plugin does, as a caller meets it.
(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u8" (func $store_u8 (param i64 i32)))
  (import "extism:host/env" "length" (func $length (param i64) (result i64)))
  (import "extism:host/env" "load_u8" (func $load_u8 (param i64) (result i32)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (import "extism:host/env" "error_set" (func $error_set (param i64)))
  (import "extism:host/env" "var_set" (func $var_set (param i64 i64)))
  (import "extism:host/env" "log_info" (func $log_info (param i64)))
  (import "extism:host/env" "input_offset" (func $input_offset (result i64)))
  (import "extism:host/env" "input_length" (func $input_length (result i64)))
  (import "extism:host/env" "http_request" (func $http_request (param i64 i64) (result i64)))
  (memory 1)

  (func (export "echo") (result i32)
    (call $output_set (call $input_offset) (call $input_length))
    (i32.const 0))

  (func (export "loop") (result i32)
    (loop $forever (br $forever))
    (i32.const 0))

  (func $deeper (export "recurse") (result i32)
    (i32.add (call $deeper) (i32.const 1)))

  (func (export "unreachable") (result i32)
    unreachable)

  (func (export "wild-load") (result i32)
    (i32.load (i32.const -4)))

  (func (export "grow") (result i32)
    (loop $more
      (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
    unreachable)

  (func (export "output") (result i32)
    (local $block i64)
    (local.set $block (call $alloc (i64.const 200000)))
    (call $output_set (local.get $block) (i64.const 200000))
    (i32.const 0))

  (func (export "vars") (result i32)
    (local $name i64)
    (local.set $name (call $alloc (i64.const 1)))
    (call $store_u8 (local.get $name) (i32.const 118))
    (call $var_set (local.get $name) (call $alloc (i64.const 5000)))
    (i32.const 0))

  (func (export "logs") (result i32)
    (loop $more
      (call $log_info (call $alloc (i64.const 10000)))
      (br $more))
    (i32.const 0))

  (func (export "calls") (result i32)
    (loop $more
      (drop (call $length (i64.const 1)))
      (br $more))
    (i32.const 0))

  (func (export "http") (result i32)
    (local $request i64)
    ;; {"url":"http://x.invalid/"}
    (local.set $request (call $alloc (i64.const 27)))
    (call $write (local.get $request))
    (drop (call $http_request (local.get $request) (i64.const 0)))
    (i32.const 0))

  (data (i32.const 0) "{\22url\22:\22http://x.invalid/\22}")
  (func $write (param $to i64)
    (local $i i32)
    (loop $next
      (call $store_u8
        (i64.add (local.get $to) (i64.extend_i32_u (local.get $i)))
        (i32.load8_u (local.get $i)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 27)))))

  (func (export "fail") (result i32)
    (call $error_set (call $input_offset))
    (i32.const 3)))
