;; The input is the request JSON, up to a zero byte if there is one; what follows is the body.
(module
  %IMPORTS%
  (func $copy (param $from i64) (param $to i64) (result i64)
    (local $block i64) (local $i i64)
    (local.set $block (call $alloc (i64.sub (local.get $to) (local.get $from))))
    (block $done
      (loop $next
        (br_if $done
          (i64.ge_u (i64.add (local.get $from) (local.get $i)) (local.get $to)))
        (call $store_u8 (i64.add (local.get $block) (local.get $i))
          (call $input_load_u8 (i64.add (local.get $from) (local.get $i))))
        (local.set $i (i64.add (local.get $i) (i64.const 1)))
        (br $next)))
    (local.get $block))
  (func $request (result i64)
    (local $end i64) (local $length i64)
    (local.set $length (call $input_length))
    (block $found
      (loop $next
        (br_if $found (i64.ge_u (local.get $end) (local.get $length)))
        (br_if $found (i32.eqz (call $input_load_u8 (local.get $end))))
        (local.set $end (i64.add (local.get $end) (i64.const 1)))
        (br $next)))
    (call $http_request
      (call $copy (i64.const 0) (local.get $end))
      (if (result i64) (i64.lt_u (local.get $end) (local.get $length))
        (then (call $copy (i64.add (local.get $end) (i64.const 1)) (local.get $length)))
        (else (i64.const 0)))))
  (func (export "body") (local $body i64)
    (local.set $body (call $request))
    (call $output_set (local.get $body) (call $length (local.get $body))))
  (func (export "status") (result i32)
    (drop (call $request))
    (call $http_status_code))
  (func (export "headers") (local $headers i64)
    (drop (call $request))
    (local.set $headers (call $http_headers))
    (call $output_set (local.get $headers) (call $length (local.get $headers))))
  (func (export "before") (local $headers i64)
    (if (call $http_status_code) (then (unreachable)))
    (local.set $headers (call $http_headers))
    (call $output_set (local.get $headers) (call $length (local.get $headers)))))
