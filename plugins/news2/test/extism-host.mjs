// The part of the Extism host interface this plugin uses: memory blocks that live outside the plugin.

export class Host {
  constructor(module) {
    this.module = module;
  }

  /** Runs `name` on the bytes in a new instance: { status, output, error }, the texts undefined if not set. */
  async call(name, input) {
    const blocks = [{ at: 1n, bytes: new Uint8Array(0) }];
    let end = 1n;
    let output;
    let error;
    const block = (offset) => {
      const found = blocks.find((b) => b.at <= offset && offset < b.at + BigInt(b.bytes.length));
      if (!found) {
        throw new Error(`no block holds offset ${offset}`);
      }
      return found;
    };
    const view = (offset, size) => {
      const { at, bytes } = block(offset);
      const from = Number(offset - at);
      if (from + size > bytes.length) {
        throw new Error(`${size} bytes at ${offset} pass the end of their block`);
      }
      return new DataView(bytes.buffer, from, size);
    };
    const inputView = (offset, size) => {
      const from = Number(offset);
      if (from + size > input.length) {
        throw new Error(`${size} bytes at ${offset} pass the end of the input`);
      }
      return new DataView(input.buffer, input.byteOffset + from, size);
    };
    const env = {
      input_length: () => BigInt(input.length),
      input_load_u8: (offset) => inputView(offset, 1).getUint8(0),
      input_load_u64: (offset) => inputView(offset, 8).getBigUint64(0, true),
      alloc: (length) => {
        const at = end;
        end += length + 64n; // a gap, so that writing past a block shows
        blocks.push({ at, bytes: new Uint8Array(Number(length)) });
        return at;
      },
      store_u8: (offset, value) => view(offset, 1).setUint8(0, value),
      store_u64: (offset, value) => view(offset, 8).setBigUint64(0, value, true),
      output_set: (offset, length) => {
        const { at, bytes } = block(offset);
        const from = Number(offset - at);
        output = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(from, from + Number(length)));
      },
      error_set: (offset) => {
        error = new TextDecoder('utf-8', { fatal: true }).decode(block(offset).bytes);
      },
    };
    const instance = await WebAssembly.instantiate(this.module, { 'extism:host/env': env });
    const status = instance.exports[name]();
    return { status, output, error };
  }
}
