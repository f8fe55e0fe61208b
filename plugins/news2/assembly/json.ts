/** A strict RFC 8259 reader for one flat object. No error text ever holds a value from the input. */

export enum Kind {
  Null,
  Boolean,
  Number,
  String,
  Array,
  Object,
}

export function nameOf(kind: Kind): string {
  switch (kind) {
    case Kind.Null:
      return "null";
    case Kind.Boolean:
      return "a boolean";
    case Kind.Number:
      return "a number";
    case Kind.String:
      return "a string";
    case Kind.Array:
      return "an array";
    default:
      return "an object";
  }
}

export class Member {
  constructor(
    /** Decoded. */
    public name: string,
    /** Zero-based byte offset of the name's opening quote. */
    public at: i32,
    public kind: Kind,
    /** The literal of a number or boolean, the decoded text of a string, else empty. */
    public text: string,
  ) {}
}

const MAX_DEPTH: i32 = 32;

const QUOTE: i32 = 0x22;
const BACKSLASH: i32 = 0x5c;

export class Reader {
  /** What is wrong with the JSON, or empty. */
  error: string = "";
  /** Zero-based byte offset of the error. */
  errorAt: i32 = 0;

  private at: i32 = 0;
  private first: bool = true;
  private kind: Kind = Kind.Null;
  private text: string = "";

  constructor(private bytes: Uint8Array) {}

  /** Kind of the whole document, found from its first byte; reads nothing else. */
  start(): Kind {
    this.space();
    const c = this.peek();
    switch (c) {
      case 0x7b:
        return Kind.Object;
      case 0x5b:
        return Kind.Array;
      case QUOTE:
        return Kind.String;
      case 0x74:
      case 0x66:
        return Kind.Boolean;
      case 0x6e:
        return Kind.Null;
      default:
        return Kind.Number;
    }
  }

  /** Reads the document through without keeping it; false on an error. */
  skipDocument(): bool {
    return this.value(0) && this.end();
  }

  /** The next member of the top-level object; null after the last one or on an error. */
  next(): Member | null {
    if (this.first) {
      this.at++;
    }
    this.space();
    if (this.peek() == 0x7d && this.first) {
      this.at++;
      this.end();
      return null;
    }
    if (!this.first) {
      if (this.peek() == 0x7d) {
        this.at++;
        this.end();
        return null;
      }
      if (!this.expect(0x2c, "',' or '}'")) {
        return null;
      }
      this.space();
    }
    this.first = false;
    const at = this.at;
    if (this.peek() != QUOTE) {
      this.fail("expected a name in double quotes");
      return null;
    }
    if (!this.string()) {
      return null;
    }
    const name = this.text;
    this.space();
    if (!this.expect(0x3a, "':'")) {
      return null;
    }
    this.space();
    if (!this.value(1)) {
      return null;
    }
    return new Member(name, at, this.kind, this.text);
  }

  private peek(): i32 {
    return this.at < this.bytes.length ? <i32>this.bytes[this.at] : -1;
  }

  private fail(what: string): bool {
    if (this.error.length == 0) {
      this.error = this.at < this.bytes.length ? what : what + ", the input ends here";
      this.errorAt = this.at;
    }
    return false;
  }

  private expect(c: i32, what: string): bool {
    if (this.peek() != c) {
      return this.fail("expected " + what);
    }
    this.at++;
    return true;
  }

  private space(): void {
    let c = this.peek();
    while (c == 0x20 || c == 0x09 || c == 0x0a || c == 0x0d) {
      this.at++;
      c = this.peek();
    }
  }

  private end(): bool {
    this.space();
    return this.at == this.bytes.length || this.fail("expected nothing more");
  }

  private value(depth: i32): bool {
    if (depth > MAX_DEPTH) {
      return this.fail("nested deeper than " + MAX_DEPTH.toString() + " levels");
    }
    const c = this.peek();
    switch (c) {
      case QUOTE:
        this.kind = Kind.String;
        return this.string();
      case 0x7b:
        return this.container(0x7d, depth);
      case 0x5b:
        return this.container(0x5d, depth);
      case 0x74:
        return this.word("true", Kind.Boolean);
      case 0x66:
        return this.word("false", Kind.Boolean);
      case 0x6e:
        return this.word("null", Kind.Null);
      default:
        return this.number();
    }
  }

  private container(close: i32, depth: i32): bool {
    const isObject = close == 0x7d;
    this.at++;
    this.space();
    if (this.peek() != close) {
      for (;;) {
        if (isObject) {
          if (this.peek() != QUOTE) {
            return this.fail("expected a name in double quotes");
          }
          if (!this.string()) {
            return false;
          }
          this.space();
          if (!this.expect(0x3a, "':'")) {
            return false;
          }
          this.space();
        }
        if (!this.value(depth + 1)) {
          return false;
        }
        this.space();
        if (this.peek() == close) {
          break;
        }
        if (!this.expect(0x2c, isObject ? "',' or '}'" : "',' or ']'")) {
          return false;
        }
        this.space();
      }
    }
    this.at++;
    this.kind = isObject ? Kind.Object : Kind.Array;
    this.text = "";
    return true;
  }

  private word(word: string, kind: Kind): bool {
    for (let i = 0; i < word.length; i++) {
      if (this.peek() != word.charCodeAt(i)) {
        return this.fail("expected " + word);
      }
      this.at++;
    }
    this.kind = kind;
    this.text = word;
    return true;
  }

  private digits(): bool {
    const from = this.at;
    while (isDigit(this.peek())) {
      this.at++;
    }
    return this.at > from || this.fail("expected a digit");
  }

  private number(): bool {
    const from = this.at;
    if (this.peek() == 0x2d) {
      this.at++;
      if (!isDigit(this.peek())) {
        return this.fail("expected a digit");
      }
    } else if (!isDigit(this.peek())) {
      return this.fail("expected a value");
    }
    if (this.peek() == 0x30) {
      this.at++;
      if (isDigit(this.peek())) {
        return this.fail("a number must not start with 0");
      }
    } else {
      this.digits();
    }
    if (this.peek() == 0x2e) {
      this.at++;
      if (!this.digits()) {
        return false;
      }
    }
    if ((this.peek() | 0x20) == 0x65) {
      this.at++;
      if (this.peek() == 0x2b || this.peek() == 0x2d) {
        this.at++;
      }
      if (!this.digits()) {
        return false;
      }
    }
    this.kind = Kind.Number;
    this.text = String.UTF8.decodeUnsafe(this.bytes.dataStart + from, this.at - from);
    return true;
  }

  /** Reads a string; its UTF-8 must be well formed (Unicode table 3-7). */
  private string(): bool {
    this.at++;
    let text = "";
    let from = this.at;
    for (;;) {
      const c = this.peek();
      if (c == QUOTE) {
        break;
      }
      if (c < 0) {
        return this.fail("expected the closing quote");
      }
      if (c < 0x20) {
        return this.fail("a control character in a string must be escaped");
      }
      if (c == BACKSLASH) {
        text += String.UTF8.decodeUnsafe(this.bytes.dataStart + from, this.at - from);
        const decoded = this.escape();
        if (decoded < 0) {
          return false;
        }
        text += String.fromCharCode(decoded);
        from = this.at;
      } else if (c < 0x80) {
        this.at++;
      } else if (!this.multibyte(c)) {
        return this.fail("not valid UTF-8");
      }
    }
    this.text = text + String.UTF8.decodeUnsafe(this.bytes.dataStart + from, this.at - from);
    this.at++;
    return true;
  }

  private escape(): i32 {
    this.at++;
    const c = this.peek();
    let decoded: i32 = -1;
    switch (c) {
      case QUOTE:
      case BACKSLASH:
      case 0x2f:
        decoded = c;
        break;
      case 0x62:
        decoded = 8;
        break;
      case 0x66:
        decoded = 12;
        break;
      case 0x6e:
        decoded = 10;
        break;
      case 0x72:
        decoded = 13;
        break;
      case 0x74:
        decoded = 9;
        break;
      case 0x75: {
        decoded = 0;
        for (let i = 0; i < 4; i++) {
          this.at++;
          const digit = hexValue(this.peek());
          if (digit < 0) {
            this.fail("expected four hexadecimal digits");
            return -1;
          }
          decoded = (decoded << 4) | digit;
        }
        break;
      }
      default:
        this.fail("unknown escape");
        return -1;
    }
    this.at++;
    return decoded;
  }

  private multibyte(lead: i32): bool {
    const length = lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
    if (length == 0 || this.at + length > this.bytes.length) {
      return false;
    }
    let code = lead & (0xff >> (length + 1));
    for (let i = 1; i < length; i++) {
      const b = <i32>this.bytes[this.at + i];
      if ((b & 0xc0) != 0x80) {
        return false;
      }
      code = (code << 6) | (b & 0x3f);
    }
    if (length == 3 && (code < 0x800 || (code >= 0xd800 && code <= 0xdfff))) {
      return false;
    }
    if (length == 4 && (code < 0x10000 || code > 0x10ffff)) {
      return false;
    }
    this.at += length;
    return true;
  }
}

function isDigit(c: i32): bool {
  return c >= 0x30 && c <= 0x39;
}

function hexValue(c: i32): i32 {
  if (isDigit(c)) {
    return c - 0x30;
  }
  const lower = c | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** A number literal as tenths, rounded half away from zero in decimal: 38.05 is 381, whatever binary makes of it. */
export class Decimal {
  /** Clamped to one million either way. */
  tenths: i32 = 0;
  whole: bool = true;

  constructor(literal: string) {
    let digits = "";
    let exponent: i32 = 0;
    let negative = false;
    let i = 0;
    let fraction = false;
    for (; i < literal.length; i++) {
      const c = literal.charCodeAt(i);
      if (c == 0x2d) {
        negative = true;
      } else if (c == 0x2e) {
        fraction = true;
      } else if ((c | 0x20) == 0x65) {
        break;
      } else {
        if (digits.length > 0 || c != 0x30) {
          digits += String.fromCharCode(c);
        }
        if (fraction) {
          exponent--;
        }
      }
    }
    exponent += readExponent(literal, i + 1);
    let length = digits.length;
    while (length > 0 && digits.charCodeAt(length - 1) == 0x30) {
      length--;
      exponent++;
    }
    let magnitude: i32 = 0;
    if (length > 0) {
      this.whole = exponent >= 0;
      magnitude = 1000000;
      const kept = length + exponent + 1;
      if (kept <= 6) {
        magnitude = 0;
        for (let k = 0; k < kept; k++) {
          magnitude = magnitude * 10 + (k < length ? digits.charCodeAt(k) - 0x30 : 0);
        }
        if (kept >= 0 && kept < length && digits.charCodeAt(kept) >= 0x35) {
          magnitude++;
        }
      }
    }
    this.tenths = negative ? -magnitude : magnitude;
  }
}

function readExponent(literal: string, from: i32): i32 {
  let negative = false;
  let exponent: i32 = 0;
  for (let i = from; i < literal.length; i++) {
    const c = literal.charCodeAt(i);
    if (c == 0x2d) {
      negative = true;
    } else if (c != 0x2b && exponent < 1000000) {
      exponent = exponent * 10 + (c - 0x30);
    }
  }
  return negative ? -exponent : exponent;
}
