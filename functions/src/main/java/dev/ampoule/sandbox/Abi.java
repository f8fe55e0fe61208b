package dev.ampoule.sandbox;

/** How a module takes input and gives output; found out from its imports. */
public enum Abi {
  /** {@code extism:host/env}: any Extism PDK plugin. */
  EXTISM,
  /** WASI preview 1 command: {@code _start}, stdin in, stdout out. */
  WASI_COMMAND
}
