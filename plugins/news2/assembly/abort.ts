import { Memory } from "@extism/as-pdk";
import { error_set } from "@extism/as-pdk/lib/env";

/** Sets the plugin's error text. The PDK has the import but no call for it. */
export function setError(text: string): void {
  error_set(Memory.allocateString(text).offset);
}

/** Takes the place of AssemblyScript's `env.abort`, which no Extism host provides; never shows a value. */
export function abort(message: string | null, fileName: string | null, line: u32, column: u32): void {
  setError("bug in news2, please report it: " + (fileName === null ? "?" : fileName) + ":" + line.toString());
  unreachable();
}
